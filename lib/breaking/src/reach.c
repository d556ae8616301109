#include "reach.h"

typedef struct walk {
    const pl_message_type
        *seen[PL_REACH_MAX]; /* each once; those from `next` on are to be looked at */
    size_t count;
    bool full;
} walk;

static void add(walk *w, const pl_message_type *type) {
    for (size_t i = 0; i < w->count; i++) {
        if (w->seen[i] == type)
            return;
    }
    w->full = w->full || w->count == PL_REACH_MAX;
    if (!w->full)
        w->seen[w->count++] = type;
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
