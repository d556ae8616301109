#include "reach.h"

/* Slots for what was seen: a power of two, half of them empty at the least. */
enum { SLOT_BITS = 11, SLOTS = 1 << SLOT_BITS };
_Static_assert(SLOTS >= 2 * PL_REACH_MAX, "a slot is found soon");

typedef struct walk {
    const void *seen[PL_REACH_MAX]; /* each once; those from `next` on are to be looked at */
    size_t count;
    uint16_t slots[SLOTS]; /* where in `seen` it stands, and 1; 0: empty */
    bool full;
} walk;

static void add(walk *w, const void *one) {
    /* By the golden ratio: neighbours in memory get slots far from each other. */
    size_t slot = (size_t)((uint64_t)(uintptr_t)one * 0x9e3779b97f4a7c15u >> (64 - SLOT_BITS));
    for (; w->slots[slot]; slot = (slot + 1) % SLOTS) {
        if (w->seen[w->slots[slot] - 1] == one)
            return;
    }
    w->full = w->full || w->count == PL_REACH_MAX;
    if (w->full)
        return;
    w->seen[w->count++] = one;
    w->slots[slot] = (uint16_t)w->count;
}

bool reaches(const pl_message_type *from, pl_str full_name) {
    walk w = {.count = 0};
    add(&w, from);
    for (size_t next = 0; next < w.count && !w.full; next++) {
        const pl_message_type *type = w.seen[next];
        if (pl_str_eq(type->full_name, full_name))
            return true;
        for (size_t i = 0; i < type->field_count; i++) {
            if (type->fields[i].message)
                add(&w, type->fields[i].message);
        }
    }
    return w.full;
}

bool imports(const pl_pool *pool, pl_str package, pl_str name) {
    walk w = {.count = 0};
    for (size_t i = 0; i < pl_pool_file_count(pool); i++) {
        const pl_file *file = pl_pool_file_at(pool, i);
        if (pl_str_eq(file->package, package))
            add(&w, file);
    }
    for (size_t next = 0; next < w.count && !w.full; next++) {
        const pl_file *file = w.seen[next];
        if (pl_str_eq(file->name, name))
            return true;
        for (size_t i = 0; i < file->dependency_count; i++)
            add(&w, file->dependencies[i]);
    }
    return w.full;
}
