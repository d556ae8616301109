#include "weaker.h"

static pl_leaf leaf_of(const pl_field *field) {
    return field ? pl_leaf_of(field) : PL_LEAF_NONE;
}

static bool same_value(const pl_leaf_value *a, const pl_leaf_value *b) {
    return a->bits == b->bits && a->nanos == b->nanos && pl_str_eq(a->text, b->text);
}

/* Every one of A's items is among B's. */
static bool covers(const pl_matcher *a, const pl_matcher *b, const pl_field *field) {
    for (size_t i = 0; i < a->item_count; i++) {
        bool found = false;
        for (size_t k = 0; k < b->item_count && !found; k++)
            found = !weaker(a->items[i], b->items[k], field);
        if (!found)
            return false;
    }
    return true;
}

static bool same_member(const pl_match_member *a, const pl_match_member *b) {
    if (a->field && b->field)
        return a->field->number == b->field->number;
    return !a->field && !b->field && same_value(&a->key, &b->key);
}

static bool members_weaker(const pl_matcher *a, const pl_matcher *b, const pl_field *field) {
    for (size_t i = 0; i < a->member_count; i++) {
        const pl_match_member *was = &a->members[i], *is = NULL;
        for (size_t k = 0; k < b->member_count && !is; k++)
            is = same_member(was, &b->members[k]) ? &b->members[k] : NULL;
        if (!is || weaker(was->matcher, is->matcher, was->field ? was->field : field))
            return true;
    }
    return false;
}

static bool items_weaker(const pl_matcher *a, const pl_matcher *b, const pl_field *field) {
    if (a->item_count != b->item_count)
        return true;
    for (size_t i = 0; i < a->item_count; i++) {
        if (weaker(a->items[i], b->items[i], field))
            return true;
    }
    return false;
}

static bool range_weaker(const pl_matcher *a, const pl_matcher *b, const pl_field *field) {
    pl_leaf leaf = leaf_of(field);
    if (a->has_low && (!b->has_low || pl_leaf_compare(leaf, &b->low, &a->low) < 0))
        return true;
    return a->has_high && (!b->has_high || pl_leaf_compare(leaf, &b->high, &a->high) > 0);
}

/* Both of one kind. */
static bool kind_weaker(const pl_matcher *a, const pl_matcher *b, const pl_field *field) {
    switch (a->kind) {
    case PL_MATCH_EQUAL:
    case PL_MATCH_REGEX:
    case PL_MATCH_FROM_STATE:
        return !same_value(&a->value, &b->value);
    case PL_MATCH_NEAR:
        return !same_value(&a->value, &b->value) || !same_value(&a->low, &b->low);
    case PL_MATCH_RANGE:
        return range_weaker(a, b, field);
    case PL_MATCH_SIZE:
        return b->min < a->min || b->max > a->max;
    case PL_MATCH_ONE_OF:
        return !covers(b, a, field);
    case PL_MATCH_CONTAINS:
        return !same_value(&a->value, &b->value) || !covers(a, b, field) ||
               members_weaker(a, b, field);
    case PL_MATCH_NOT:
        return items_weaker(a, b, field) || items_weaker(b, a, field);
    case PL_MATCH_MESSAGE:
        return members_weaker(a, b, field);
    case PL_MATCH_MAP:
        return a->member_count != b->member_count || members_weaker(a, b, field);
    case PL_MATCH_TYPED:
        return !pl_str_eq(a->type->full_name, b->type->full_name) || items_weaker(a, b, field);
    case PL_MATCH_LIST:
    case PL_MATCH_UNORDERED:
    case PL_MATCH_EACH:
    case PL_MATCH_EACH_KEY:
    case PL_MATCH_EACH_VALUE:
    case PL_MATCH_EVERY:
    case PL_MATCH_EVERY_VALUE:
        return items_weaker(a, b, field);
    default:
        return false;
    }
}

bool weaker(const pl_matcher *a, const pl_matcher *b, const pl_field *field) {
    if (a->kind == b->kind)
        return kind_weaker(a, b, field);
    if (a->kind == PL_MATCH_ANY)
        return false;
    /* A value of the field's type is all that is asked for. */
    if (a->kind == PL_MATCH_TYPE)
        return b->kind == PL_MATCH_ANY || b->kind == PL_MATCH_ABSENT;
    if (a->kind == PL_MATCH_ONE_OF && b->kind == PL_MATCH_EQUAL) {
        for (size_t i = 0; i < a->item_count; i++) {
            if (!weaker(a->items[i], b, field))
                return false;
        }
        return true;
    }
    if (a->kind == PL_MATCH_RANGE && b->kind == PL_MATCH_EQUAL)
        return (a->has_low && pl_leaf_compare(leaf_of(field), &b->value, &a->low) < 0) ||
               (a->has_high && pl_leaf_compare(leaf_of(field), &b->value, &a->high) > 0);
    if (a->kind == PL_MATCH_NON_EMPTY && b->kind == PL_MATCH_EQUAL)
        return b->value.bits == 0 && b->value.nanos == 0 && b->value.text.n == 0;
    return true;
}
