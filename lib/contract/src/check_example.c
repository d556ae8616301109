/* An example must match its own matcher, and a request what the provider lets in. */
#include <stdio.h>

#include "compiler.h"
#include "matching.h"

enum { SCRATCH_MAX = 16 << 20, TEXT_MAX = 256 };

static pl_contract_at place_of(const pl_matcher *matcher) {
    const pl_matcher *example = matcher;
    while (example->example != example)
        example = example->example;
    return example->at;
}

static void report(compiler *c, const pl_yaml_node *node, const pl_verdict *verdict) {
    for (size_t i = 0; i < verdict->count; i++) {
        const pl_difference *d = &verdict->differences[i];
        pl_contract_at at = d->matcher ? place_of(d->matcher) : compiler_at(node);
        compiler_error_at(
            c, pl_yaml_document(node), at.line ? at : compiler_at(node), "EXAMPLE_MISMATCH",
            "the example%s%s%s does not match: expected %s, got %s", d->path.n ? " of '" : "",
            d->path.p, d->path.n ? "'" : "", d->expected.p, d->actual.p);
    }
}

/* ---- limits ---------------------------------------------------------------------------------- */

typedef struct limit_check {
    compiler *c;
    const pl_yaml_node *node;
    bool event; /* of which lengths count alone */
} limit_check;

static void over(limit_check *l, const pl_field *field, const pl_matcher *matcher,
                 const char *format, ...) PL_PRINTF(4, 5);
static void over(limit_check *l, const pl_field *field, const pl_matcher *matcher,
                 const char *format, ...) {
    char what[TEXT_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    pl_contract_at at = matcher ? place_of(matcher) : compiler_at(l->node);
    compiler_error_at(l->c, pl_yaml_document(l->node), at.line ? at : compiler_at(l->node), "LIMIT",
                      "%s: '%s' %s",
                      l->event ? "no provider can publish this event"
                               : "the provider refuses this request",
                      field->name.p, what);
}

static void check_number(limit_check *l, const pl_field *field, const pl_matcher *matcher,
                         const pl_leaf_value *value) {
    const pl_limits_options *limits = field->limits;
    pl_leaf leaf = pl_leaf_of(field);
    int64_t number = (int64_t)value->bits;
    bool huge = leaf == PL_LEAF_UNSIGNED && number < 0;
    if (limits->has_min && !huge && number < limits->min)
        over(l, field, matcher, "is %lld, at least %lld is taken", (long long)number,
             (long long)limits->min);
    if (limits->has_max && (huge || number > limits->max))
        over(l, field, matcher, "is %lld, at most %lld is taken", (long long)number,
             (long long)limits->max);
}

static void check_fraction(limit_check *l, const pl_field *field, const pl_matcher *matcher,
                           const pl_leaf_value *value) {
    const pl_limits_options *limits = field->limits;
    double number = leaf_double(value);
    if (limits->has_min && !(number >= (double)limits->min))
        over(l, field, matcher, "is %g, at least %lld is taken", number, (long long)limits->min);
    if (limits->has_max && !(number <= (double)limits->max))
        over(l, field, matcher, "is %g, at most %lld is taken", number, (long long)limits->max);
}

static void check_text(limit_check *l, const pl_field *field, const pl_matcher *matcher,
                       const pl_leaf_value *value) {
    const pl_limits_options *limits = field->limits;
    size_t size = leaf_size(pl_leaf_of(field), value);
    const char *unit = pl_leaf_of(field) == PL_LEAF_STRING ? "characters" : "bytes";
    if (limits->max_length && size > limits->max_length)
        over(l, field, matcher, "has %zu %s, at most %u are taken", size, unit, limits->max_length);
    if (l->event)
        return;
    if (size < limits->min_length)
        over(l, field, matcher, "has %zu %s, at least %u are taken", size, unit,
             limits->min_length);
    if (!limits->pattern.n || !size)
        return;
    pl_pattern *pattern = NULL;
    bool matches = true;
    if (pl_pattern_new(limits->pattern, &pattern, NULL) == PL_OK &&
        pl_pattern_match(pattern, value->text, &matches, NULL) == PL_OK && !matches)
        over(l, field, matcher, "does not match the pattern %s", limits->pattern.p);
    pl_pattern_free(pattern);
}

static const pl_matcher *matcher_of(const pl_matcher *matcher, const pl_field *field) {
    for (size_t i = 0; matcher && i < matcher->member_count; i++) {
        if (matcher->members[i].field == field)
            return matcher->members[i].matcher;
    }
    return NULL;
}

static void check_value(limit_check *l, const pl_field *field, const pl_matcher *matcher,
                        const pl_leaf_value *value) {
    pl_leaf leaf = pl_leaf_of(field);
    if (leaf == PL_LEAF_STRING || leaf == PL_LEAF_BYTES)
        check_text(l, field, matcher, value);
    else if ((leaf == PL_LEAF_SIGNED || leaf == PL_LEAF_UNSIGNED) && !l->event)
        check_number(l, field, matcher, value);
    else if (leaf == PL_LEAF_FLOAT && !l->event)
        check_fraction(l, field, matcher, value);
}

static bool is_zero(const pl_field *field, const pl_dynamic *message) {
    pl_dynamic_value value;
    if (pl_dynamic_count(message, field) == 0)
        return true;
    if (field->repeated || field->presence || pl_leaf_of(field) == PL_LEAF_NONE ||
        !pl_dynamic_get(message, field, &value))
        return false;
    pl_leaf_value leaf = leaf_read(field, value);
    return leaf_is_default(field, &leaf);
}

/* What is said of a field that is not there. */
static void check_absent(limit_check *l, const pl_field *field, const pl_matcher *at) {
    if (field->limits->required) {
        over(l, field, at, "is required");
    } else if (field->repeated && field->limits->min_items) {
        over(l, field, at, "has 0 items, at least %u are taken", field->limits->min_items);
    } else if (!field->repeated && !field->presence) {
        pl_leaf_value zero = leaf_default(field);
        check_value(l, field, at, &zero);
    }
}

static void check_count(limit_check *l, const pl_field *field, const pl_matcher *at, size_t count) {
    const pl_limits_options *limits = field->limits;
    if (!l->event && count < limits->min_items)
        over(l, field, at, "has %zu items, at least %u are taken", count, limits->min_items);
    if (limits->max_items && count > limits->max_items)
        over(l, field, at, "has %zu items, at most %u are taken", count, limits->max_items);
}

/* An update says in update_mask what of its message counts: what is left out may be meant so. */
static bool is_partial(const pl_dynamic *message) {
    const pl_field *mask = pl_message_field_by_name(pl_dynamic_type(message),
                                                    pl_str_c("update_mask"));
    return mask && mask->message && mask->message->well_known == PL_WELL_KNOWN_FIELD_MASK &&
           pl_dynamic_count(message, mask) > 0;
}

/* PARTIAL: only what is there. */
static void check_limits(limit_check *l, const pl_matcher *matcher, const pl_dynamic *message,
                         bool partial) {
    const pl_message_type *type = pl_dynamic_type(message);
    bool below_partial = is_partial(message);
    for (size_t i = 0; i < type->field_count; i++) {
        const pl_field *field = &type->fields[i];
        const pl_matcher *below = matcher_of(matcher, field);
        size_t count = pl_dynamic_count(message, field);
        if (field->limits && is_zero(field, message)) {
            if (!partial && !l->event)
                check_absent(l, field, below ? below : matcher);
            continue;
        }
        if (field->limits && field->repeated)
            check_count(l, field, below, count);
        for (size_t k = 0; k < count; k++) {
            pl_dynamic_value value;
            if (field->repeated)
                value = pl_dynamic_at(message, field, k);
            else if (!pl_dynamic_get(message, field, &value))
                break;
            if (pl_leaf_of(field) == PL_LEAF_NONE) {
                check_limits(l, below, value.message, below_partial && !field->repeated);
            } else if (field->limits) {
                pl_leaf_value leaf = leaf_read(field, value);
                check_value(l, field, below, &leaf);
            }
        }
    }
}

void check_example(compiler *c, const pl_yaml_node *node, const pl_matcher *matcher,
                   const pl_message_type *type, example_limits limits) {
    pl_arena scratch = pl_arena_make(SCRATCH_MAX);
    pl_verdict verdict = pl_verdict_make(&scratch);
    pl_match_opts opts = PL_MATCH_OPTS_INIT;
    pl_dynamic *example = pl_example_message(matcher, type, &opts, &scratch);
    if (!example)
        compiler_error(c, node, "TOO_LARGE", "the example has more than %d MiB", SCRATCH_MAX >> 20);
    else if (!pl_match_message(matcher, example, &opts, &verdict))
        report(c, node, &verdict);
    if (example && limits != LIMITS_NONE) {
        limit_check l = {.c = c, .node = node, .event = limits == LIMITS_EVENT};
        check_limits(&l, matcher, example, false);
    }
    pl_arena_done(&scratch);
}

void check_text_example(compiler *c, const pl_yaml_node *node, const pl_matcher *matcher) {
    pl_arena scratch = pl_arena_make(SCRATCH_MAX);
    pl_verdict verdict = pl_verdict_make(&scratch);
    pl_match_opts opts = PL_MATCH_OPTS_INIT;
    pl_str text = pl_example_text(matcher, &opts, &scratch);
    if (matcher->kind != PL_MATCH_ABSENT && !pl_match_text(matcher, true, text, &opts, &verdict))
        report(c, node, &verdict);
    pl_arena_done(&scratch);
}
