#include "sets.h"

static const pl_matcher anything = {.kind = PL_MATCH_ANY, .example = &anything};
static const pl_matcher nothing = {.kind = PL_MATCH_ABSENT, .example = &nothing};

enum { SCRATCH_MAX = 4 << 20 };

static bool is_exact(const pl_matcher *m) {
    switch (m->kind) {
    case PL_MATCH_EQUAL:
    case PL_MATCH_TYPE:
    case PL_MATCH_ANY:
    case PL_MATCH_RANGE:
    case PL_MATCH_ONE_OF:
    case PL_MATCH_SIZE:
    case PL_MATCH_ABSENT:
    case PL_MATCH_PRESENT:
    case PL_MATCH_MESSAGE:
    case PL_MATCH_LIST:
    case PL_MATCH_MAP:
    case PL_MATCH_TYPED:
    case PL_MATCH_EVERY:
    case PL_MATCH_EVERY_VALUE:
        return true;
    default:
        return false;
    }
}

static const pl_matcher *example_of(const pl_matcher *m) {
    while (m->example != m)
        m = m->example;
    return m;
}

const pl_leaf_value *sets_literal(const pl_matcher *m) {
    const pl_matcher *point = is_exact(m) ? m : example_of(m);
    return point->kind == PL_MATCH_EQUAL ? &point->value : NULL;
}

/* POINT's example is a value of M. */
static bool holds(const pl_matcher *m, const pl_matcher *point, const pl_field *field,
                  bool single) {
    pl_arena scratch = pl_arena_make(SCRATCH_MAX);
    matching s = matching_make(NULL, NULL);
    bool yes = false;
    pl_dynamic_value value;
    if (single) {
        yes = example_value(point, field, NULL, &scratch, &value) &&
              match_value(&s, m, field, value);
    } else if (field->parent) {
        pl_dynamic *message = pl_dynamic_new(field->parent, &scratch);
        yes = message && example_field(point, field, message, NULL, &scratch) &&
              match_field(&s, m, field, message);
    } else { /* a text without a message */
        yes = example_value(point, field, NULL, &scratch, &value) &&
              match_value(&s, m, field, value);
    }
    pl_arena_done(&scratch);
    return yes;
}

static pl_matcher *made(const sets *s, pl_match_kind kind) {
    pl_matcher *m = PL_ARENA_NEW(s->arena, pl_matcher);
    if (!m)
        return NULL;
    m->kind = kind;
    m->example = m;
    return m;
}

/* ---- what they have in common ---------------------------------------------------------------- */

static const pl_matcher *meet_ranges(const sets *s, const pl_matcher *a, const pl_matcher *b,
                                     pl_leaf leaf) {
    const pl_leaf_value *low = a->has_low ? &a->low : NULL, *high = a->has_high ? &a->high : NULL;
    if (b->has_low && (!low || pl_leaf_compare(leaf, &b->low, low) > 0))
        low = &b->low;
    if (b->has_high && (!high || pl_leaf_compare(leaf, &b->high, high) < 0))
        high = &b->high;
    if (low && high && pl_leaf_compare(leaf, low, high) > 0)
        return NULL;
    pl_matcher *point = made(s, PL_MATCH_EQUAL);
    if (point)
        point->value = low ? *low : *high;
    return point;
}

/* The example of either that is a value of both. */
static const pl_matcher *meet_points(const sets *s, const pl_matcher *a, const pl_matcher *b,
                                     const pl_field *field, bool single) {
    const pl_matcher *of_a = example_of(a), *of_b = example_of(b);
    if (s->answer && (!is_exact(a) || !is_exact(b)))
        return is_exact(a) ? of_a : of_b;
    /* One that counts as its example alone is that value. */
    const pl_matcher *set_a = is_exact(a) ? a : of_a, *set_b = is_exact(b) ? b : of_b;
    if (holds(set_b, of_a, field, single))
        return of_a;
    return holds(set_a, of_b, field, single) ? of_b : NULL;
}

static const pl_matcher *meet_sizes(const sets *s, const pl_matcher *a, const pl_matcher *b,
                                    const pl_field *field, bool single) {
    uint32_t min = a->min > b->min ? a->min : b->min, max = a->max < b->max ? a->max : b->max;
    if (min > max)
        return NULL;
    const pl_matcher *point = meet_points(s, a, b, field, single);
    if (point)
        return point;
    pl_leaf leaf = pl_leaf_of(field);
    pl_matcher *m = made(s, PL_MATCH_EQUAL);
    if (!m || (field->repeated && !single) || (leaf != PL_LEAF_STRING && leaf != PL_LEAF_BYTES))
        return example_of(a);
    char *text = pl_arena_calloc(s->arena, (size_t)min + 1, 1);
    if (!text)
        return NULL;
    memset(text, 'x', min);
    m->value.text = pl_str_make(text, min);
    return m;
}

static const pl_matcher *meet_lists(const sets *s, const pl_matcher *a, const pl_matcher *b,
                                    const pl_field *field) {
    if (a->item_count != b->item_count)
        return NULL;
    pl_matcher *list = made(s, PL_MATCH_LIST);
    const pl_matcher **items = pl_arena_calloc(s->arena, a->item_count + 1, sizeof *items);
    if (!list || !items)
        return NULL;
    for (size_t i = 0; i < a->item_count; i++) {
        items[i] = sets_meet(s, a->items[i], b->items[i], field, true);
        if (!items[i])
            return NULL;
    }
    list->items = items;
    list->item_count = a->item_count;
    return list;
}

static const pl_matcher *meet_one_of(const sets *s, const pl_matcher *a, const pl_matcher *b,
                                     const pl_field *field, bool single) {
    for (size_t i = 0; i < a->item_count; i++) {
        const pl_matcher *m = sets_meet(s, a->items[i], b, field, single);
        if (m)
            return m;
    }
    return NULL;
}

const pl_matcher *sets_meet(const sets *s, const pl_matcher *a, const pl_matcher *b,
                            const pl_field *field, bool single) {
    if (a->kind == PL_MATCH_ANY)
        return example_of(b);
    if (b->kind == PL_MATCH_ANY)
        return example_of(a);
    if (a->kind == PL_MATCH_ONE_OF)
        return meet_one_of(s, a, b, field, single);
    if (b->kind == PL_MATCH_ONE_OF)
        return meet_one_of(s, b, a, field, single);
    if (a->kind != b->kind)
        return meet_points(s, a, b, field, single);
    pl_leaf leaf = pl_leaf_of(field);
    switch (a->kind) {
    case PL_MATCH_EQUAL:
        return pl_leaf_compare(leaf, &a->value, &b->value) == 0 ? a : NULL;
    case PL_MATCH_RANGE:
        return meet_ranges(s, a, b, leaf);
    case PL_MATCH_SIZE:
        return meet_sizes(s, a, b, field, single);
    case PL_MATCH_MESSAGE:
        return sets_meet_messages(s, a, b);
    case PL_MATCH_LIST:
        return meet_lists(s, a, b, field);
    case PL_MATCH_TYPE:
    case PL_MATCH_PRESENT:
    case PL_MATCH_ABSENT:
        return example_of(a);
    default:
        return meet_points(s, a, b, field, single);
    }
}

static const pl_matcher *member_or(const pl_matcher *m, const pl_field *field,
                                   const pl_matcher *other) {
    for (size_t i = 0; i < m->member_count; i++) {
        if (m->members[i].field == field)
            return m->members[i].matcher;
    }
    return other;
}

static bool meet_member(const sets *s, const pl_matcher *a, const pl_matcher *b,
                        const pl_field *field, pl_matcher *out, pl_match_member *members) {
    const pl_matcher *rest = s->answer ? &anything : &nothing;
    const pl_matcher *m = sets_meet(s, member_or(a, field, rest), member_or(b, field, rest), field,
                                    false);
    if (!m)
        return false;
    members[out->member_count].field = field;
    members[out->member_count++].matcher = m;
    return true;
}

const pl_matcher *sets_meet_messages(const sets *s, const pl_matcher *a, const pl_matcher *b) {
    if (a->kind != PL_MATCH_MESSAGE || b->kind != PL_MATCH_MESSAGE)
        return a->kind == PL_MATCH_MESSAGE ? a : b;
    pl_matcher *out = made(s, PL_MATCH_MESSAGE);
    size_t room = a->member_count + b->member_count + 1;
    pl_match_member *members = pl_arena_calloc(s->arena, room, sizeof *members);
    if (!out || !members)
        return NULL;
    out->members = members;
    for (size_t i = 0; i < a->member_count; i++) {
        if (!meet_member(s, a, b, a->members[i].field, out, members))
            return NULL;
    }
    for (size_t i = 0; i < b->member_count; i++) {
        const pl_field *field = b->members[i].field;
        if (!member_or(a, field, NULL) && !meet_member(s, a, b, field, out, members))
            return NULL;
    }
    return out;
}

/* ---- whether one holds the other ------------------------------------------------------------- */

static bool accepts_absence(const pl_matcher *m, const pl_field *field) {
    return field->parent && !field->map && holds(m, &nothing, field, false);
}

static bool cover_range(const pl_matcher *a, const pl_matcher *b, pl_leaf leaf) {
    bool low = !a->has_low || (b->has_low && pl_leaf_compare(leaf, &b->low, &a->low) >= 0);
    bool high = !a->has_high || (b->has_high && pl_leaf_compare(leaf, &b->high, &a->high) <= 0);
    return low && high;
}

static bool cover_items(const sets *s, const pl_matcher *a, const pl_matcher *b,
                        const pl_field *field) {
    if (a->item_count != b->item_count)
        return false;
    for (size_t i = 0; i < a->item_count; i++) {
        if (!sets_cover(s, a->items[i], b->items[i], field, true))
            return false;
    }
    return true;
}

/* !type of a list: every item of B is one of it. */
static bool cover_every(const sets *s, const pl_matcher *a, const pl_matcher *b,
                        const pl_field *field) {
    if (a->item_count == 0)
        return true;
    if (b->kind != PL_MATCH_LIST && b->kind != PL_MATCH_EVERY)
        return false;
    for (size_t i = 0; i < b->item_count; i++) {
        if (!sets_cover(s, a->items[0], b->items[i], field, true))
            return false;
    }
    return b->kind == PL_MATCH_LIST || b->item_count > 0;
}

/* B is one value: a literal, or what counts as its example. */
static bool is_point(const pl_matcher *b) {
    return b->kind == PL_MATCH_EQUAL || b->kind == PL_MATCH_ABSENT || !is_exact(b);
}

bool sets_cover(const sets *s, const pl_matcher *a, const pl_matcher *b, const pl_field *field,
                bool single) {
    if (a->kind == PL_MATCH_ANY)
        return true;
    if (b->kind == PL_MATCH_ONE_OF) {
        for (size_t i = 0; i < b->item_count; i++) {
            if (!sets_cover(s, a, b->items[i], field, single))
                return false;
        }
        return true;
    }
    if (a->kind == PL_MATCH_ONE_OF) {
        for (size_t i = 0; i < a->item_count; i++) {
            if (sets_cover(s, a->items[i], b, field, single))
                return true;
        }
        return false;
    }
    if (is_point(b))
        return holds(is_exact(a) ? a : example_of(a), example_of(b), field, single);
    switch (a->kind) {
    case PL_MATCH_TYPE:
    case PL_MATCH_PRESENT:
        return b->kind != PL_MATCH_ANY &&
               (!field->presence || single || !accepts_absence(b, field));
    case PL_MATCH_RANGE:
        return b->kind == PL_MATCH_RANGE && cover_range(a, b, pl_leaf_of(field));
    case PL_MATCH_SIZE:
        return b->kind == PL_MATCH_SIZE && a->min <= b->min && a->max >= b->max;
    case PL_MATCH_MESSAGE:
        return b->kind == PL_MATCH_MESSAGE && sets_cover_messages(s, a, b);
    case PL_MATCH_LIST:
        return b->kind == PL_MATCH_LIST && cover_items(s, a, b, field);
    case PL_MATCH_EVERY:
        return cover_every(s, a, b, field);
    case PL_MATCH_TYPED:
        return b->kind == PL_MATCH_TYPED && a->type == b->type &&
               sets_cover_messages(s, a->items[0], b->items[0]);
    default:
        return false;
    }
}

bool sets_cover_messages(const sets *s, const pl_matcher *a, const pl_matcher *b) {
    for (size_t i = 0; i < a->member_count; i++) {
        const pl_field *field = a->members[i].field;
        if (!sets_cover(s, a->members[i].matcher, member_or(b, field, &nothing), field, false))
            return false;
    }
    for (size_t i = 0; i < b->member_count; i++) {
        const pl_field *field = b->members[i].field;
        if (!member_or(a, field, NULL) &&
            !sets_cover(s, &nothing, b->members[i].matcher, field, false))
            return false;
    }
    return true;
}
