/* A dynamic message from inside. */
#ifndef SCHEMA_DYNAMIC_NODE_H
#define SCHEMA_DYNAMIC_NODE_H

#include "parley/schema/dynamic.h"

typedef struct dynamic_slot {
    size_t count, room;
    pl_dynamic_value one;   /* of a singular field */
    pl_dynamic_value *many; /* of a repeated one */
} dynamic_slot;

struct pl_dynamic {
    const pl_message_type *type;
    pl_arena *arena;
    dynamic_slot *slots; /* one a field */
};

#endif
