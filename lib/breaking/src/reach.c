#include "reach.h"

typedef struct walk {
    const void *seen[PL_REACH_MAX]; /* each once; those from `next` on are to be looked at */
    size_t count;
    bool full;
} walk;

static void add(walk *w, const void *one) {
    for (size_t i = 0; i < w->count; i++) {
        if (w->seen[i] == one)
            return;
    }
    w->full = w->full || w->count == PL_REACH_MAX;
    if (!w->full)
        w->seen[w->count++] = one;
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
