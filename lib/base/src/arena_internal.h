/* What an arena is made of; for lib/base only. */
#ifndef PARLEY_BASE_ARENA_INTERNAL_H
#define PARLEY_BASE_ARENA_INTERNAL_H

#include "parley/base/arena.h"

enum { PL_ARENA_ALIGNMENT = 16 };

struct pl_arena_block {
    pl_arena_block *next;
    size_t size; /* of data */
    size_t used; /* of data */
    /* Aligned because the header is a multiple of it. */
    _Alignas(PL_ARENA_ALIGNMENT) unsigned char data[];
};

#endif
