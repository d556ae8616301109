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
                      "the provider refuses this request: '%s' %s", field->name.p, what);
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

static void check_text(limit_check *l, const pl_field *field, const pl_matcher *matcher,
                       const pl_leaf_value *value) {
    const pl_limits_options *limits = field->limits;
    size_t size = leaf_size(pl_leaf_of(field), value);
    const char *unit = pl_leaf_of(field) == PL_LEAF_STRING ? "characters" : "bytes";
    if (size < limits->min_length)
        over(l, field, matcher, "has %zu %s, at least %u are taken", size, unit,
             limits->min_length);
    if (limits->max_length && size > limits->max_length)
        over(l, field, matcher, "has %zu %s, at most %u are taken", size, unit, limits->max_length);
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
                        pl_dynamic_value value) {
    pl_leaf_value leaf = leaf_read(field, value);
    switch (pl_leaf_of(field)) {
    case PL_LEAF_SIGNED:
    case PL_LEAF_UNSIGNED:
        check_number(l, field, matcher, &leaf);
        break;
    case PL_LEAF_STRING:
    case PL_LEAF_BYTES:
        check_text(l, field, matcher, &leaf);
        break;
    default:
        break;
    }
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

static void check_limits(limit_check *l, const pl_matcher *matcher, const pl_dynamic *message) {
    const pl_message_type *type = pl_dynamic_type(message);
    for (size_t i = 0; i < type->field_count; i++) {
        const pl_field *field = &type->fields[i];
        const pl_matcher *below = matcher_of(matcher, field);
        size_t count = pl_dynamic_count(message, field);
        pl_dynamic_value value;
        if (field->limits && field->limits->required && is_zero(field, message)) {
            over(l, field, below ? below : matcher, "is required");
            continue;
        }
        if (field->limits && field->repeated && count < field->limits->min_items)
            over(l, field, below ? below : matcher, "has %zu items, at least %u are taken", count,
                 field->limits->min_items);
        if (field->limits && field->limits->max_items && count > field->limits->max_items)
            over(l, field, below, "has %zu items, at most %u are taken", count,
                 field->limits->max_items);
        for (size_t k = 0; k < count; k++) {
            if (field->repeated)
                value = pl_dynamic_at(message, field, k);
            else if (!pl_dynamic_get(message, field, &value))
                break;
            if (pl_leaf_of(field) == PL_LEAF_NONE)
                check_limits(l, below, value.message);
            else if (field->limits)
                check_value(l, field, below, value);
        }
        if (count == 0 && field->limits && !field->repeated && !field->presence &&
            pl_leaf_of(field) == PL_LEAF_SIGNED) {
            pl_leaf_value zero = leaf_default(field);
            check_number(l, field, below ? below : matcher, &zero);
        }
    }
}

void check_example(compiler *c, const pl_yaml_node *node, const pl_matcher *matcher,
                   const pl_message_type *type, bool limits) {
    pl_arena scratch = pl_arena_make(SCRATCH_MAX);
    pl_verdict verdict = pl_verdict_make(&scratch);
    pl_match_opts opts = PL_MATCH_OPTS_INIT;
    pl_dynamic *example = pl_example_message(matcher, type, &opts, &scratch);
    if (!example)
        compiler_error(c, node, "TOO_LARGE", "the example has more than %d MiB", SCRATCH_MAX >> 20);
    else if (!pl_match_message(matcher, example, &opts, &verdict))
        report(c, node, &verdict);
    if (example && limits) {
        limit_check l = {.c = c, .node = node};
        check_limits(&l, matcher, example);
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
