/* The way from a message to a field within it. */
#ifndef PARLEY_REST_FIELDS_H
#define PARLEY_REST_FIELDS_H

#include "parley/base/arena.h"
#include "parley/schema/pool.h"

/* A copy of the DEPTH fields of PATH in ARENA; NULL beyond its budget. */
static inline const pl_field *const *rest_fields_keep(pl_arena *arena, const pl_field *const *path,
                                                      size_t depth) {
    const pl_field **fields = pl_arena_calloc(arena, depth, sizeof(const pl_field *));
    if (fields)
        memcpy(fields, path, depth * sizeof(const pl_field *));
    return fields;
}

#endif
