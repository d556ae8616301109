/* Tags with options: !regex !range !near !size !one_of !not. */
#include <math.h>

#include "compiler.h"
#include "leaf.h"

enum { MADE_SIZE_MAX = 4096 };

static pl_matcher *literal(compiler *c, const pl_leaf_value *value, const pl_yaml_node *node) {
    pl_matcher *matcher = compiler_matcher(c, PL_MATCH_EQUAL, node);
    if (matcher)
        matcher->value = *value;
    return matcher;
}

static void misplaced(compiler *c, const pl_yaml_node *node, const char *what) {
    compiler_error(c, node, "TAG_MISPLACED", "%s is for %s", pl_yaml_tag(node), what);
}

/* Without a special character a pattern is its own example. */
static bool says_itself(pl_str pattern) {
    for (size_t i = 0; i < pattern.n; i++) {
        if (memchr("\\^$.|?*+()[]{}", pattern.p[i], 14))
            return false;
    }
    return pattern.n > 0;
}

const pl_matcher *compile_regex(compiler *c, place where, const pl_yaml_node *node) {
    static const char *const keys[] = {"pattern", "example"};
    if (pl_leaf_of(where.field) != PL_LEAF_STRING) {
        misplaced(c, node, "texts");
        return NULL;
    }
    const pl_yaml_node *pattern = node;
    const pl_matcher *example = NULL;
    bool wrong = false;
    if (pl_yaml_kind_of(node) == PL_YAML_MAPPING) {
        (void)compiler_keys(c, node, keys, PL_COUNT(keys));
        pattern = pl_yaml_find(node, "pattern");
        example = compile_example(c, where, node, &wrong);
    }
    if (!pattern || pl_yaml_kind_of(pattern) != PL_YAML_SCALAR || pl_yaml_text(pattern).n == 0) {
        compiler_error(c, pattern ? pattern : node, "KEY_MISSING", "!regex without a pattern");
        compiler_hint(c, "!regex { pattern: '^[A-Z]{3}$', example: ABC }");
        return NULL;
    }
    pl_matcher *matcher = compiler_matcher(c, PL_MATCH_REGEX, node);
    if (!matcher)
        return NULL;
    matcher->value = leaf_of_text(compiler_copy(c, pl_yaml_text(pattern)));
    pl_error err = PL_ERROR_INIT;
    if (contract_set_pattern(c->set, matcher->value.text, &matcher->pattern, &err)) {
        compiler_error(c, pattern, "REGEX_INVALID", "%s", err.message);
        return NULL;
    }
    if (!example && !wrong && says_itself(matcher->value.text))
        example = literal(c, &matcher->value, node);
    if (!example && !wrong) {
        compiler_error(c, node, "EXAMPLE_MISSING", "a pattern needs an example");
        compiler_hint(c, "!regex { pattern: '%.48s', example: ... }", matcher->value.text.p);
    }
    matcher->example = example;
    return example ? matcher : NULL;
}

static bool is_ordered(pl_leaf leaf) {
    return leaf == PL_LEAF_SIGNED || leaf == PL_LEAF_UNSIGNED || leaf == PL_LEAF_FLOAT ||
           leaf == PL_LEAF_TIME || leaf == PL_LEAF_DURATION;
}

const pl_matcher *compile_range(compiler *c, place where, const pl_yaml_node *node) {
    static const char *const keys[] = {"min", "max", "example"};
    pl_leaf leaf = pl_leaf_of(where.field);
    if (!is_ordered(leaf)) {
        misplaced(c, node, "numbers, times and durations");
        return NULL;
    }
    pl_matcher *matcher = compiler_matcher(c, PL_MATCH_RANGE, node);
    if (!matcher || !compiler_keys(c, node, keys, PL_COUNT(keys)))
        return NULL;
    const pl_yaml_node *low = pl_yaml_find(node, "min"), *high = pl_yaml_find(node, "max");
    matcher->has_low = low != NULL;
    matcher->has_high = high != NULL;
    bool right = !low || compile_leaf(c, where.field, low, &matcher->low);
    right = (!high || compile_leaf(c, where.field, high, &matcher->high)) && right;
    if (!low && !high) {
        compiler_error(c, node, "KEY_MISSING", "!range needs min, max or both");
        return NULL;
    }
    if (right && low && high && pl_leaf_compare(leaf, &matcher->low, &matcher->high) > 0) {
        compiler_error(c, low, "OUT_OF_RANGE", "min is greater than max: nothing can match");
        right = false;
    }
    bool wrong;
    const pl_matcher *example = compile_example(c, where, node, &wrong);
    if (!example && right)
        example = literal(c, low ? &matcher->low : &matcher->high, node);
    matcher->example = example;
    return right && !wrong && matcher->example ? matcher : NULL;
}

/* `by` of a time or duration is a duration, of a number a number. */
static bool read_distance(compiler *c, pl_leaf leaf, const pl_yaml_node *node, pl_leaf_value *out) {
    char got[PL_YAML_DESCRIBE_SIZE];
    double number;
    int64_t ms;
    if (leaf == PL_LEAF_TIME || leaf == PL_LEAF_DURATION) {
        if (pl_yaml_get_duration_ms(node, &ms, NULL) == PL_OK) {
            out->bits = (uint64_t)(ms / 1000);
            out->nanos = (int32_t)(ms % 1000) * 1000000;
            return true;
        }
    } else if (pl_yaml_get_f64(node, &number, NULL) == PL_OK && number >= 0) {
        *out = leaf_of_double(number);
        return true;
    }
    compiler_error(c, node, "TYPE_MISMATCH", "expected a distance such as %s, got %s",
                   leaf == PL_LEAF_TIME || leaf == PL_LEAF_DURATION ? "5s" : "0.01",
                   pl_yaml_describe(node, got));
    return false;
}

const pl_matcher *compile_near(compiler *c, place where, const pl_yaml_node *node) {
    static const char *const keys[] = {"value", "by", "example"};
    pl_leaf leaf = pl_leaf_of(where.field);
    if (!is_ordered(leaf)) {
        misplaced(c, node, "numbers, times and durations");
        return NULL;
    }
    pl_matcher *matcher = compiler_matcher(c, PL_MATCH_NEAR, node);
    if (!matcher || !compiler_keys(c, node, keys, PL_COUNT(keys)))
        return NULL;
    const pl_yaml_node *value = pl_yaml_find(node, "value"), *by = pl_yaml_find(node, "by");
    if (!value || !by) {
        compiler_error(c, node, "KEY_MISSING", "!near needs value and by");
        compiler_hint(c, "!near { value: 1.5, by: 0.01 }");
        return NULL;
    }
    bool right = compile_leaf(c, where.field, value, &matcher->value);
    right = read_distance(c, leaf, by, &matcher->low) && right;
    bool wrong;
    const pl_matcher *example = compile_example(c, where, node, &wrong);
    matcher->example = example ? example : literal(c, &matcher->value, value);
    return right && !wrong && matcher->example ? matcher : NULL;
}

/* N values that were not written: letters, zero bytes, default items. */
static const pl_matcher *made_of_size(compiler *c, place where, uint32_t n,
                                      const pl_yaml_node *node) {
    bool list = where.field->repeated && !where.single;
    if (n > MADE_SIZE_MAX || (where.field->map && list && n > 0))
        return NULL;
    if (!list) {
        char *text = compiler_alloc(c, (size_t)n + 1, 1);
        pl_leaf_value value = leaf_of_text(pl_str_make(text, n));
        if (text && pl_leaf_of(where.field) == PL_LEAF_STRING)
            memset(text, 'x', n);
        return text ? literal(c, &value, node) : NULL;
    }
    pl_matcher *matcher = compiler_matcher(c, where.field->map ? PL_MATCH_MAP : PL_MATCH_LIST,
                                           node);
    const pl_matcher **items = matcher ? compiler_alloc(c, (size_t)n + 1, sizeof *items) : NULL;
    if (!items)
        return NULL;
    bool message = pl_leaf_of(where.field) == PL_LEAF_NONE;
    for (uint32_t i = 0; i < n; i++) {
        pl_leaf_value zero = leaf_default(where.field);
        items[i] = message ? compiler_matcher(c, PL_MATCH_MESSAGE, node) : literal(c, &zero, node);
        if (!items[i])
            return NULL;
    }
    matcher->items = items;
    matcher->item_count = n;
    return matcher;
}

static bool read_size(compiler *c, const pl_yaml_node *node, pl_matcher *matcher) {
    static const char *const keys[] = {"min", "max", "example"};
    int64_t min = 0, max = UINT32_MAX - 1;
    if (pl_yaml_kind_of(node) == PL_YAML_SCALAR) {
        char got[PL_YAML_DESCRIBE_SIZE];
        if (!pl_str_i64(pl_yaml_text(node), &min) || min < 0 || min > UINT32_MAX - 1) {
            compiler_error(c, node, "TYPE_MISMATCH", "expected a size, got %s",
                           pl_yaml_describe(node, got));
            return false;
        }
        matcher->min = matcher->max = (uint32_t)min;
        return true;
    }
    if (!compiler_keys(c, node, keys, PL_COUNT(keys)))
        return false;
    const pl_yaml_node *low = pl_yaml_find(node, "min"), *high = pl_yaml_find(node, "max");
    bool right = !low || compiler_number(c, low, 0, UINT32_MAX - 1, &min);
    right = (!high || compiler_number(c, high, 0, UINT32_MAX - 1, &max)) && right;
    if (!low && !high) {
        compiler_error(c, node, "KEY_MISSING", "!size needs min, max or both");
        return false;
    }
    if (right && min > max) {
        compiler_error(c, low, "OUT_OF_RANGE", "min is greater than max: nothing can match");
        right = false;
    }
    matcher->min = (uint32_t)min;
    matcher->max = high ? (uint32_t)max : UINT32_MAX;
    return right;
}

const pl_matcher *compile_size(compiler *c, place where, const pl_yaml_node *node) {
    pl_leaf leaf = pl_leaf_of(where.field);
    bool whole = where.field->repeated && !where.single;
    if (!whole && leaf != PL_LEAF_STRING && leaf != PL_LEAF_BYTES) {
        misplaced(c, node, "texts, bytes, lists and maps");
        return NULL;
    }
    pl_matcher *matcher = compiler_matcher(c, PL_MATCH_SIZE, node);
    if (!matcher || !read_size(c, node, matcher))
        return NULL;
    bool wrong = false;
    const pl_matcher *example = NULL;
    if (pl_yaml_kind_of(node) == PL_YAML_MAPPING)
        example = compile_example(c, where, node, &wrong);
    if (!example && !wrong && !(example = made_of_size(c, where, matcher->min, node))) {
        compiler_error(c, node, "EXAMPLE_MISSING", "this !size needs an example");
        compiler_hint(c, "!size { min: %u, example: ... }", matcher->min);
    }
    matcher->example = example;
    return example ? matcher : NULL;
}

const pl_matcher *compile_one_of(compiler *c, place where, const pl_yaml_node *node) {
    static const char *const keys[] = {"values", "example"};
    const pl_yaml_node *values = node;
    const pl_matcher *example = NULL;
    bool wrong = false;
    if (pl_yaml_kind_of(node) == PL_YAML_MAPPING) {
        (void)compiler_keys(c, node, keys, PL_COUNT(keys));
        values = pl_yaml_find(node, "values");
        example = compile_example(c, where, node, &wrong);
    }
    if (!values || pl_yaml_kind_of(values) != PL_YAML_SEQUENCE || pl_yaml_count(values) == 0) {
        compiler_error(c, values ? values : node, "KEY_MISSING", "!one_of lists the alternatives");
        compiler_hint(c, "!one_of [A, B], or !one_of { values: [A, B], example: B }");
        return NULL;
    }
    size_t count = pl_yaml_count(values);
    pl_matcher *matcher = compiler_matcher(c, PL_MATCH_ONE_OF, node);
    const pl_matcher **items = compiler_alloc(c, count, sizeof *items);
    if (!matcher || !items)
        return NULL;
    matcher->items = items;
    for (size_t i = 0; i < count; i++) {
        const pl_matcher *one = compile_place(c, where, pl_yaml_at(values, i));
        if (one)
            items[matcher->item_count++] = one;
    }
    matcher->example = example ? example : items[0];
    return matcher->item_count == count && !wrong ? matcher : NULL;
}

/* A value other than VALUE. */
static const pl_matcher *made_other(compiler *c, place where, const pl_leaf_value *value,
                                    const pl_yaml_node *node) {
    pl_leaf_value other = leaf_default(where.field);
    if (pl_leaf_compare(pl_leaf_of(where.field), value, &other) != 0)
        return literal(c, &other, node);
    switch (pl_leaf_of(where.field)) {
    case PL_LEAF_STRING:
    case PL_LEAF_BYTES:
        other = leaf_of_text(pl_str_c("x"));
        break;
    case PL_LEAF_FLOAT:
        other = leaf_of_double(1);
        break;
    case PL_LEAF_ENUM:
        if (where.field->enumeration->value_count < 2)
            return NULL;
        other.bits = (uint64_t)(int64_t)where.field->enumeration->values[1].number;
        break;
    default:
        other.bits = 1;
    }
    return literal(c, &other, node);
}

const pl_matcher *compile_not(compiler *c, place where, const pl_yaml_node *node) {
    static const char *const keys[] = {"value", "example"};
    const pl_yaml_node *value = node;
    const pl_matcher *example = NULL, *inner;
    bool wrong = false;
    pl_matcher *matcher = compiler_matcher(c, PL_MATCH_NOT, node);
    const pl_matcher **items = compiler_alloc(c, 1, sizeof *items);
    if (!matcher || !items)
        return NULL;
    where.typed = false;
    if (pl_yaml_kind_of(node) == PL_YAML_MAPPING) {
        if (!compiler_keys(c, node, keys, PL_COUNT(keys)))
            return NULL;
        value = pl_yaml_find(node, "value");
        example = compile_example(c, where, node, &wrong);
        if (!value) {
            compiler_error(c, node, "KEY_MISSING", "!not without a value");
            compiler_hint(c, "!not { value: TV, example: RADIO }");
            return NULL;
        }
        inner = compile_place(c, where, value);
    } else {
        inner = compile_plain(c, where, node);
    }
    if (!inner || wrong)
        return NULL;
    if (!example && inner->kind == PL_MATCH_EQUAL && pl_leaf_of(where.field) != PL_LEAF_NONE)
        example = made_other(c, where, &inner->value, node);
    if (!example) {
        compiler_error(c, node, "EXAMPLE_MISSING", "this !not needs an example");
        compiler_hint(c, "!not { value: ..., example: ... }");
        return NULL;
    }
    items[0] = inner;
    matcher->items = items;
    matcher->item_count = 1;
    matcher->example = example;
    return matcher;
}
