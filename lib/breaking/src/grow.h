/* Inside the library: a list in an arena that grows. */
#ifndef PL_BREAKING_GROW_H
#define PL_BREAKING_GROW_H

#include <string.h>

#include "parley/base/arena.h"

/* LIST of COUNT elements with room for one more: itself, or a copy with twice the room. NULL: the
 * arena is full. */
static inline void *grow(pl_arena *arena, void *list, size_t count, size_t *room, size_t size) {
    enum { FIRST_ROOM = 16 };
    if (count < *room)
        return list;
    size_t wanted = *room ? 2 * *room : FIRST_ROOM;
    void *grown = pl_arena_calloc(arena, wanted, size);
    if (!grown)
        return NULL;
    if (count)
        memcpy(grown, list, count * size);
    *room = wanted;
    return grown;
}

#endif
