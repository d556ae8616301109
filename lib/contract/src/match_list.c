/* Matching of lists and maps. */
#include <stdio.h>
#include <stdlib.h>

#include "matching.h"

static bool count_differs(matching *s, const pl_matcher *matcher, const pl_field *field,
                          size_t count) {
    char actual[48];
    snprintf(actual, sizeof actual, "%zu %s", count,
             field->map ? (count == 1 ? "entry" : "entries") : (count == 1 ? "item" : "items"));
    return matching_differs(s, matcher, field, actual);
}

static bool match_items(matching *s, const pl_matcher *matcher, const pl_field *field,
                        const pl_dynamic *message) {
    size_t count = pl_dynamic_count(message, field);
    if (count != matcher->item_count)
        return count_differs(s, matcher, field, count);
    bool same = true;
    for (size_t i = 0; i < count && (same || s->verdict); i++) {
        size_t mark = matching_enter_item(s, i);
        same = match_value(s, matcher->items[i], field, pl_dynamic_at(message, field, i)) && same;
        matching_leave(s, mark);
    }
    return same;
}

static bool match_each(matching *s, const pl_matcher *one, const pl_field *field,
                       const pl_dynamic *message) {
    bool same = true;
    size_t count = pl_dynamic_count(message, field);
    for (size_t i = 0; i < count && (same || s->verdict); i++) {
        size_t mark = matching_enter_item(s, i);
        same = match_value(s, one, field, pl_dynamic_at(message, field, i)) && same;
        matching_leave(s, mark);
    }
    return same;
}

/* ---- in any order: a matching in a bipartite graph, by augmenting paths ---------------------- */

typedef struct pairing {
    size_t wanted, there;
    uint8_t *fits; /* wanted x there */
    size_t *taken; /* by which wanted item + 1, of each that is there */
    uint8_t *seen;
} pairing;

static bool place_one(pairing *p, size_t wanted) {
    for (size_t i = 0; i < p->there; i++) {
        if (!p->fits[wanted * p->there + i] || p->seen[i])
            continue;
        p->seen[i] = 1;
        if (!p->taken[i] || place_one(p, p->taken[i] - 1)) {
            p->taken[i] = wanted + 1;
            return true;
        }
    }
    return false;
}

/* Every wanted item has an item of its own; the first that has none is in *out_left. */
static bool pair_all(pairing *p, size_t *out_left) {
    for (size_t w = 0; w < p->wanted; w++) {
        memset(p->seen, 0, p->there + 1);
        if (!place_one(p, w)) {
            *out_left = w;
            return false;
        }
    }
    return true;
}

static bool match_unordered(matching *s, const pl_matcher *matcher, const pl_field *field,
                            const pl_dynamic *message) {
    pairing p = {.wanted = matcher->item_count, .there = pl_dynamic_count(message, field)};
    if (p.there > PL_MATCH_ITEMS_MAX || p.wanted > PL_MATCH_ITEMS_MAX) {
        char actual[64];
        snprintf(actual, sizeof actual, "more than %u items, which are not compared",
                 PL_MATCH_ITEMS_MAX);
        return matching_differs(s, matcher, field, actual);
    }
    if (p.there < p.wanted)
        return count_differs(s, matcher, field, p.there);
    matching quiet = *s;
    quiet.verdict = NULL;
    p.fits = calloc(p.wanted * p.there + 1, 1);
    p.taken = calloc(p.there + 1, sizeof *p.taken);
    p.seen = calloc(p.there + 1, 1);
    size_t left = 0;
    bool same = p.fits && p.taken && p.seen;
    for (size_t w = 0; same && w < p.wanted; w++) {
        for (size_t i = 0; i < p.there; i++)
            p.fits[w * p.there + i] = match_value(&quiet, matcher->items[w], field,
                                                  pl_dynamic_at(message, field, i));
    }
    same = same && pair_all(&p, &left);
    if (!same && s->verdict && p.wanted) {
        char actual[64];
        snprintf(actual, sizeof actual, "none of %zu items", p.there);
        matching_differs(s, matcher->items[left], field, actual);
    }
    free(p.fits);
    free(p.taken);
    free(p.seen);
    return same;
}

bool match_list(matching *s, const pl_matcher *matcher, const pl_field *field,
                const pl_dynamic *message) {
    size_t count = pl_dynamic_count(message, field);
    switch (matcher->kind) {
    case PL_MATCH_LIST:
        return match_items(s, matcher, field, message);
    case PL_MATCH_UNORDERED:
        if (count != matcher->item_count)
            return count_differs(s, matcher, field, count);
        return match_unordered(s, matcher, field, message);
    case PL_MATCH_CONTAINS:
        return match_unordered(s, matcher, field, message);
    case PL_MATCH_EACH:
        if (count == 0)
            return count_differs(s, matcher, field, count);
        return match_each(s, matcher->items[0], field, message);
    case PL_MATCH_EVERY:
        return matcher->item_count == 0 || match_each(s, matcher->items[0], field, message);
    case PL_MATCH_NON_EMPTY:
        return count > 0 || count_differs(s, matcher, field, count);
    case PL_MATCH_SIZE:
        return (count >= matcher->min && count <= matcher->max) ||
               count_differs(s, matcher, field, count);
    default:
        return count_differs(s, matcher, field, count);
    }
}

/* ---- maps ------------------------------------------------------------------------------------ */

static pl_leaf_value key_of(const pl_field *map, const pl_dynamic *entry) {
    const pl_field *key = &map->message->fields[0];
    pl_dynamic_value value;
    return pl_dynamic_get(entry, key, &value) ? leaf_read(key, value) : leaf_default(key);
}

static const pl_dynamic *entry_of(const pl_field *map, const pl_dynamic *message,
                                  const pl_leaf_value *key) {
    pl_leaf leaf = pl_leaf_of(&map->message->fields[0]);
    for (size_t i = 0; i < pl_dynamic_count(message, map); i++) {
        const pl_dynamic *entry = pl_dynamic_at(message, map, i).message;
        pl_leaf_value other = key_of(map, entry);
        if (pl_leaf_compare(leaf, &other, key) == 0)
            return entry;
    }
    return NULL;
}

/* The value of an entry; one that is left out is the default, of a message an empty one. */
static bool match_entry(matching *s, const pl_matcher *matcher, const pl_field *map,
                        const pl_dynamic *entry) {
    const pl_field *field = &map->message->fields[1];
    pl_dynamic_value value;
    if (pl_dynamic_get(entry, field, &value))
        return match_value(s, matcher, field, value);
    if (pl_leaf_of(field) != PL_LEAF_NONE) {
        pl_leaf_value leaf = leaf_default(field);
        return match_leaf(s, matcher, field, &leaf);
    }
    pl_arena arena = pl_arena_make(1 << 20);
    value.message = pl_dynamic_new(field->message, &arena);
    bool same = value.message && match_value(s, matcher, field, value);
    pl_arena_done(&arena);
    return same;
}

static bool match_entries(matching *s, const pl_matcher *matcher, const pl_field *field,
                          const pl_dynamic *message) {
    bool same = true;
    for (size_t i = 0; i < matcher->member_count && (same || s->verdict); i++) {
        const pl_match_member *member = &matcher->members[i];
        const pl_dynamic *entry = entry_of(field, message, &member->key);
        size_t mark = matching_enter_key(s, &field->message->fields[0], &member->key);
        if (!entry)
            same = matching_differs(s, member->matcher, &field->message->fields[1], "no such key");
        else
            same = match_entry(s, member->matcher, field, entry) && same;
        matching_leave(s, mark);
    }
    return same;
}

static bool match_all_entries(matching *s, const pl_matcher *one, const pl_field *field,
                              const pl_dynamic *message, bool keys) {
    const pl_field *key = &field->message->fields[0];
    bool same = true;
    for (size_t i = 0; i < pl_dynamic_count(message, field) && (same || s->verdict); i++) {
        const pl_dynamic *entry = pl_dynamic_at(message, field, i).message;
        pl_leaf_value value = key_of(field, entry);
        size_t mark = matching_enter_key(s, key, &value);
        same = (keys ? match_leaf(s, one, key, &value) : match_entry(s, one, field, entry)) && same;
        matching_leave(s, mark);
    }
    return same;
}

bool match_map(matching *s, const pl_matcher *matcher, const pl_field *field,
               const pl_dynamic *message) {
    size_t count = pl_dynamic_count(message, field);
    switch (matcher->kind) {
    case PL_MATCH_MAP:
        if (count != matcher->member_count) {
            count_differs(s, matcher, field, count);
            return s->verdict ? match_entries(s, matcher, field, message) && false : false;
        }
        return match_entries(s, matcher, field, message);
    case PL_MATCH_CONTAINS:
        return match_entries(s, matcher, field, message);
    case PL_MATCH_EACH_KEY:
    case PL_MATCH_EACH_VALUE:
        if (count == 0)
            return count_differs(s, matcher, field, count);
        return match_all_entries(s, matcher->items[0], field, message,
                                 matcher->kind == PL_MATCH_EACH_KEY);
    case PL_MATCH_EVERY_VALUE:
        return matcher->item_count == 0 ||
               match_all_entries(s, matcher->items[0], field, message, false);
    case PL_MATCH_NON_EMPTY:
        return count > 0 || count_differs(s, matcher, field, count);
    case PL_MATCH_SIZE:
        return (count >= matcher->min && count <= matcher->max) ||
               count_differs(s, matcher, field, count);
    default:
        return count_differs(s, matcher, field, count);
    }
}
