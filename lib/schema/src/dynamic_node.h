/* A dynamic message from inside. */
#ifndef SCHEMA_DYNAMIC_NODE_H
#define SCHEMA_DYNAMIC_NODE_H

#include "parley/schema/dynamic.h"

typedef struct dynamic_slot {
    size_t count, room;
    pl_dynamic_value one;   /* of a singular field */
    pl_dynamic_value *many; /* of a repeated one */
} dynamic_slot;

/* A field the type does not know, tag included; they are kept in order. */
typedef struct unknown_piece {
    struct unknown_piece *next;
    pl_str bytes;
} unknown_piece;

struct pl_dynamic {
    const pl_message_type *type;
    pl_arena *arena;
    dynamic_slot *slots; /* one a field */
    unknown_piece *unknown, *last_unknown;
};

#endif
