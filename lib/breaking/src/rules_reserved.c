/* Rules about numbers and names that nobody may take, and numbers that are for extensions. */
#include "diff.h"

static bool covered(const raw_reserved *by, int64_t number, int64_t *out_until) {
    for (size_t i = 0; i < by->range_count; i++) {
        if (number >= by->ranges[i].first && number <= by->ranges[i].last) {
            *out_until = by->ranges[i].last;
            return true;
        }
    }
    return false;
}

/* The first number of RANGE that is no longer reserved. */
static bool first_missing(const raw_reserved *by, raw_range range, int64_t *out_number) {
    for (int64_t n = range.first, until; n <= range.last; n = until + 1) {
        if (!covered(by, n, &until)) {
            *out_number = n;
            return true;
        }
    }
    return false;
}

/* WHAT: "reserves", "has for extensions". */
static void compare_ranges(diff *d, const raw_reserved *a, const raw_reserved *b,
                           const pl_change *about, const char *name, const char *what) {
    for (size_t i = 0; i < a->range_count; i++) {
        int64_t number;
        if (first_missing(b, a->ranges[i], &number))
            diff_add(d, about, "%s no longer %s %lld of the range %lld to %lld", name, what,
                     (long long)number, (long long)a->ranges[i].first,
                     (long long)a->ranges[i].last);
    }
}

static void compare_reserved(diff *d, const raw_reserved *a, const raw_reserved *b,
                             const pl_change *about, const char *name) {
    compare_ranges(d, a, b, about, name, "reserves");
    for (size_t i = 0; i < a->name_count; i++) {
        bool found = false;
        for (size_t k = 0; k < b->name_count; k++)
            found = found || pl_str_eq(a->names[i], b->names[k]);
        if (!found)
            diff_add(d, about, "%s no longer reserves the name '%.*s'", name, PL_FMT(a->names[i]));
    }
}

void message_reserved(diff *d, const pl_message_type *a, const pl_message_type *b) {
    raw_reserved *both = d->reserved;
    pl_change about = diff_about_message(a, b);
    raw_reserved_of_message(d, a, &both[0]);
    raw_reserved_of_message(d, b, &both[1]);
    compare_reserved(d, &both[0], &both[1], &about, a->name.p);
}

void message_extension_ranges(diff *d, const pl_message_type *a, const pl_message_type *b) {
    raw_reserved *both = d->reserved;
    pl_change about = diff_about_message(a, b);
    raw_extension_ranges(d, a, &both[0]);
    raw_extension_ranges(d, b, &both[1]);
    compare_ranges(d, &both[0], &both[1], &about, a->name.p, "has for extensions");
}

void enum_reserved(diff *d, const pl_enum_type *a, const pl_enum_type *b) {
    raw_reserved *both = d->reserved;
    pl_change about = {.element = a->full_name,
                       .file = a->file,
                       .enumeration = a,
                       .old_at = a->source,
                       .new_at = b->source};
    raw_reserved_of_enum(d, a, &both[0]);
    raw_reserved_of_enum(d, b, &both[1]);
    compare_reserved(d, &both[0], &both[1], &about, a->name.p);
}
