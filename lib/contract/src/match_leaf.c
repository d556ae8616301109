/* Matching of scalars, times and durations. */
#include <math.h>
#include <stdio.h>

#include "matching.h"

enum { ACTUAL_MAX = 512 };
/* 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z in seconds. */
#define TIME_FIRST INT64_C(-62135596800)
#define TIME_LAST  INT64_C(253402300799)

static long double seconds_of(const pl_leaf_value *value) {
    return (long double)(int64_t)value->bits + (long double)value->nanos / 1e9L;
}

static bool is_near(const pl_matcher *matcher, pl_leaf leaf, const pl_leaf_value *value) {
    switch (leaf) {
    case PL_LEAF_TIME:
    case PL_LEAF_DURATION:
        return fabsl(seconds_of(value) - seconds_of(&matcher->value)) <= seconds_of(&matcher->low);
    case PL_LEAF_FLOAT:
        return pl_leaf_compare(leaf, value, &matcher->value) == 0 ||
               fabs(leaf_double(value) - leaf_double(&matcher->value)) <=
                   leaf_double(&matcher->low);
    default: {
        bool less = pl_leaf_compare(leaf, value, &matcher->value) < 0;
        uint64_t distance = less ? matcher->value.bits - value->bits
                                 : value->bits - matcher->value.bits;
        return (long double)distance <= (long double)leaf_double(&matcher->low);
    }
    }
}

static bool is_within(const pl_matcher *matcher, pl_leaf leaf, const pl_leaf_value *value) {
    int low = matcher->has_low ? pl_leaf_compare(leaf, value, &matcher->low) : 0;
    int high = matcher->has_high ? pl_leaf_compare(leaf, value, &matcher->high) : 0;
    return low >= 0 && low != 2 && high <= 0;
}

static bool contains(pl_str text, pl_str part) {
    if (part.n == 0)
        return true;
    for (size_t i = 0; i + part.n <= text.n; i++) {
        if (memcmp(text.p + i, part.p, part.n) == 0)
            return true;
    }
    return false;
}

static bool is_time(pl_leaf leaf, const pl_leaf_value *value) {
    pl_leaf_value parsed;
    if (leaf == PL_LEAF_STRING)
        return leaf_parse_time(value->text, &parsed);
    int64_t seconds = (int64_t)value->bits;
    return seconds >= TIME_FIRST && seconds <= TIME_LAST && value->nanos >= 0 &&
           value->nanos < 1000000000;
}

/* A state's value is text, and is read as what FIELD holds. */
static bool is_of_state(const matching *s, const pl_matcher *matcher, const pl_field *field,
                        const pl_leaf_value *value) {
    const pl_matcher *example = matcher->example;
    pl_str text;
    /* Without states a request is told from others by its example, which they are compared by. */
    if (!s->opts->state_value)
        return !s->opts->closed || example->kind != PL_MATCH_EQUAL ||
               pl_leaf_compare(pl_leaf_of(field), value, &example->value) == 0;
    if (!s->opts->state_value(s->opts->self, matcher->value.text, &text))
        return false;
    pl_leaf_value wanted;
    return leaf_parse_state(field, text, &wanted) &&
           pl_leaf_compare(pl_leaf_of(field), value, &wanted) == 0;
}

static bool holds(const matching *s, const pl_matcher *matcher, const pl_field *field,
                  const pl_leaf_value *value) {
    pl_leaf leaf = pl_leaf_of(field);
    bool yes = false;
    switch (matcher->kind) {
    case PL_MATCH_EQUAL:
        return pl_leaf_compare(leaf, value, &matcher->value) == 0;
    case PL_MATCH_TYPE:
    case PL_MATCH_ANY:
    case PL_MATCH_PRESENT:
        return true;
    case PL_MATCH_NON_EMPTY:
        return !leaf_is_default(field, value);
    case PL_MATCH_REGEX:
        return pl_pattern_match(matcher->pattern, value->text, &yes, NULL) == PL_OK && yes;
    case PL_MATCH_RANGE:
        return is_within(matcher, leaf, value);
    case PL_MATCH_NEAR:
        return is_near(matcher, leaf, value);
    case PL_MATCH_SIZE:
        return leaf_size(leaf, value) >= matcher->min && leaf_size(leaf, value) <= matcher->max;
    case PL_MATCH_CONTAINS:
        return contains(value->text, matcher->value.text);
    case PL_MATCH_TIMESTAMP:
        return is_time(leaf, value);
    case PL_MATCH_UUID:
        return leaf_is_uuid(leaf, value);
    case PL_MATCH_FROM_STATE:
        return is_of_state(s, matcher, field, value);
    default:
        return false;
    }
}

/* Nobody knows whether the value matches: telling would take more steps than a pattern has. */
static bool gave_up(const pl_matcher *matcher, const pl_leaf_value *value) {
    bool yes = false;
    return matcher->kind == PL_MATCH_REGEX &&
           pl_pattern_match(matcher->pattern, value->text, &yes, NULL) == PL_RESOURCE_EXHAUSTED;
}

bool match_leaf(matching *s, const pl_matcher *matcher, const pl_field *field,
                const pl_leaf_value *value) {
    if (holds(s, matcher, field, value))
        return true;
    if (!s->verdict)
        return false;
    pl_buf actual = pl_buf_make(ACTUAL_MAX);
    pl_leaf_print(pl_leaf_of(field), field, value, &actual);
    if (matcher->kind == PL_MATCH_SIZE)
        pl_buf_printf(&actual, " (%zu)", leaf_size(pl_leaf_of(field), value));
    if (gave_up(matcher, value))
        pl_buf_puts(&actual, " (undecided: the pattern reached its limit of steps)");
    matching_differs(s, matcher, field, actual.p);
    pl_buf_done(&actual);
    return false;
}
