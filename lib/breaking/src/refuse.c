#include "refuse.h"

#include <string.h>

#include "parley/schema/pattern.h"
#include "reach.h"

static bool outside(uint64_t value, uint64_t least, uint64_t most) {
    return value < least || (most && value > most);
}

static bool mismatches(pl_str text, const pl_limits_options *limits) {
    pl_pattern *pattern = NULL;
    bool matches = false;
    if (!limits->pattern.n || (!text.n && !limits->required))
        return false;
    if (pl_pattern_new(limits->pattern, &pattern, NULL) != PL_OK)
        return true;
    if (pl_pattern_match(pattern, text, &matches, NULL) != PL_OK)
        matches = false;
    pl_pattern_free(pattern);
    return !matches;
}

static bool number_refused(pl_leaf leaf, const pl_leaf_value *value,
                           const pl_limits_options *limits) {
    int64_t number = (int64_t)value->bits;
    if (leaf == PL_LEAF_UNSIGNED && value->bits > INT64_MAX)
        number = INT64_MAX;
    if (limits->required && value->bits == 0)
        return true;
    return (limits->has_min && number < limits->min) || (limits->has_max && number > limits->max);
}

/* A known value. Numbers with a fraction are left open. */
static bool value_refused(const pl_field *field, const pl_leaf_value *value,
                          const pl_limits_options *limits) {
    switch (pl_leaf_of(field)) {
    case PL_LEAF_STRING:
        return (limits->required && !value->text.n) || mismatches(value->text, limits) ||
               outside(pl_utf8_length(value->text), limits->min_length, limits->max_length);
    case PL_LEAF_BYTES:
        return (limits->required && !value->text.n) ||
               outside(value->text.n, limits->min_length, limits->max_length);
    case PL_LEAF_SIGNED:
    case PL_LEAF_UNSIGNED:
    case PL_LEAF_BOOL:
    case PL_LEAF_ENUM:
        return number_refused(pl_leaf_of(field), value, limits);
    default:
        return true;
    }
}

static bool items_refused(const pl_field *field, const pl_matcher *m,
                          const pl_limits_options *limits) {
    size_t count = m->kind == PL_MATCH_MAP ? m->member_count : m->item_count;
    if ((m->kind != PL_MATCH_LIST && m->kind != PL_MATCH_MAP) || (limits->required && !count) ||
        outside(count, limits->min_items, limits->max_items))
        return true;
    for (size_t i = 0; m->kind == PL_MATCH_LIST && i < count && !field->message; i++) {
        const pl_matcher *item = m->items[i];
        if (item->kind != PL_MATCH_EQUAL || value_refused(field, &item->value, limits))
            return true;
    }
    return false;
}

/* The changed field as a request has it. */
static bool field_refused(const pl_field *field, const pl_matcher *m,
                          const pl_limits_options *limits) {
    if (m->kind == PL_MATCH_ABSENT)
        return limits->required;
    if (field->repeated)
        return items_refused(field, m, limits);
    if (m->kind == PL_MATCH_EQUAL)
        return value_refused(field, &m->value, limits);
    return m->kind != PL_MATCH_MESSAGE;
}

/* A field that the request does not have. */
static bool default_refused(const pl_field *field, const pl_limits_options *limits) {
    static const pl_leaf_value zero = {.text = {"", 0}};
    if (limits->required)
        return true;
    if (field->repeated)
        return limits->min_items > 0;
    return !field->presence && value_refused(field, &zero, limits);
}

/* A value that is there for certain (MATCHER NULL: the field is not listed) was refused before the
 * change, too: the contract asks for the refusal. */
static bool was_refused(const pl_field *field, const pl_matcher *matcher) {
    pl_leaf leaf = field ? pl_leaf_of(field) : PL_LEAF_NONE;
    bool open = leaf == PL_LEAF_NONE || leaf == PL_LEAF_FLOAT || leaf == PL_LEAF_TIME ||
                leaf == PL_LEAF_DURATION || field->repeated;
    if (open || !field->limits)
        return false;
    if (!matcher)
        return default_refused(field, field->limits);
    return (matcher->kind == PL_MATCH_EQUAL || matcher->kind == PL_MATCH_ABSENT) &&
           field_refused(field, matcher, field->limits);
}

static bool message_refused(const pl_matcher *m, const pl_change *change) {
    const pl_field *changed = change->new_field;
    const pl_field *listed = NULL;
    const pl_matcher *matcher = NULL;
    for (size_t i = 0; i < m->member_count; i++) {
        if (m->members[i].field && m->members[i].field->number == changed->number) {
            listed = m->members[i].field;
            matcher = m->members[i].matcher;
        }
    }
    bool refused = listed ? field_refused(listed, matcher, changed->limits)
                          : default_refused(changed, changed->limits);
    return refused && !was_refused(change->field, matcher);
}

static const pl_message_type *type_of(const pl_match_member *member) {
    const pl_field *field = member->field;
    if (!field || !field->message)
        return NULL;
    return field->map ? field->message->fields[1].message : field->message;
}

/* Of messages in its place some are as the contract's request has them, the others are not said. */
static bool leaves_open(const pl_matcher *m) {
    switch (m->kind) {
    case PL_MATCH_TYPE:
    case PL_MATCH_ANY:
    case PL_MATCH_NON_EMPTY:
    case PL_MATCH_NOT:
    case PL_MATCH_SIZE:
    case PL_MATCH_EACH_KEY:
    case PL_MATCH_CONTAINS:
    case PL_MATCH_PRESENT:
        return true;
    default:
        return false;
    }
}

bool refused_by_change(const pl_matcher *m, const pl_message_type *type, const pl_change *change) {
    const pl_field *changed = change->new_field;
    if (!type || !changed || !changed->limits)
        return false;
    if (leaves_open(m) && reaches(type, changed->parent->full_name))
        return true;
    bool here = pl_str_eq(type->full_name, changed->parent->full_name);
    if (here && m->kind == PL_MATCH_MESSAGE && message_refused(m, change))
        return true;
    for (size_t i = 0; i < m->member_count; i++) {
        /* An entry of a map has the type that the map's field gave. */
        const pl_message_type *below = m->kind == PL_MATCH_MESSAGE ? type_of(&m->members[i]) : type;
        if (refused_by_change(m->members[i].matcher, below, change))
            return true;
    }
    for (size_t i = 0; i < m->item_count; i++) {
        if (refused_by_change(m->items[i], m->type ? m->type : type, change))
            return true;
    }
    return false;
}
