#include "mentions.h"

typedef bool (*question)(const pl_matcher *matcher, const void *about);

/* The answer is yes for a matcher of an item or an entry. */
static bool below(const pl_matcher *m, question ask, const void *about) {
    for (size_t i = 0; i < m->item_count; i++) {
        if (ask(m->items[i], about))
            return true;
    }
    for (size_t i = 0; i < m->member_count; i++) {
        if (ask(m->members[i].matcher, about))
            return true;
    }
    return false;
}

static bool has_number(const pl_matcher *m, const void *about) {
    const int32_t *number = about;
    if (m->kind == PL_MATCH_EQUAL && (int64_t)m->value.bits == *number)
        return true;
    return below(m, has_number, about) ||
           (m->example && m->example != m && has_number(m->example, about));
}

bool mentions_number(const pl_matcher *matcher, int32_t number) {
    return has_number(matcher, &number);
}

static bool has_one_of(const pl_matcher *m, const void *about) {
    return m->kind == PL_MATCH_ONE_OF || below(m, has_one_of, about);
}

bool mentions_some(const pl_matcher *matcher) {
    return has_one_of(matcher, NULL);
}

static bool is_open(const pl_matcher *m, const void *about) {
    switch (m->kind) {
    case PL_MATCH_EQUAL:
    case PL_MATCH_ABSENT:
        return false;
    case PL_MATCH_ONE_OF:
    case PL_MATCH_LIST:
    case PL_MATCH_UNORDERED:
    case PL_MATCH_EACH:
    case PL_MATCH_EACH_VALUE:
    case PL_MATCH_MAP:
        return below(m, is_open, about);
    default:
        return true;
    }
}

bool mentions_any(const pl_matcher *matcher) {
    return is_open(matcher, NULL);
}

static bool has_segment(pl_str path, pl_str name) {
    pl_str segment;
    while (pl_str_split(&path, '.', &segment)) {
        if (pl_str_eq(segment, name))
            return true;
    }
    return false;
}

static bool has_path(const pl_matcher *m, const void *about) {
    const pl_str *name = about;
    if (m->kind == PL_MATCH_EQUAL && has_segment(m->value.text, *name))
        return true;
    return below(m, has_path, about) ||
           (m->example && m->example != m && has_path(m->example, about));
}

bool mentions_in_path(const pl_matcher *matcher, pl_str name) {
    return has_path(matcher, &name);
}
