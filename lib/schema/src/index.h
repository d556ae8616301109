/* The tables behind the look-ups of pool.h. */
#ifndef SCHEMA_INDEX_H
#define SCHEMA_INDEX_H

#include "parley/schema/pool.h"
#include "symtab.h"

/* Field numbers below this are found in one step. */
#define DENSE_NUMBERS 256

typedef struct name_slot {
    uint32_t hash;
    uint16_t field;   /* index + 1; 0: empty */
    bool json, proto; /* which names of the field the slot stands for */
} name_slot;

struct pl_field_index {
    uint16_t *dense; /* by number, index + 1 */
    uint32_t dense_count;
    uint16_t *sorted; /* indexes of the fields beyond, by number */
    size_t sorted_count;
    name_slot *names;
    size_t names_mask;
};

struct pl_enum_index {
    uint32_t *by_number; /* indexes of values without later aliases, by number */
    size_t number_count;
    bool contiguous; /* by_number[i] has number first + i */
    int32_t first;
    symtab names, json_names; /* things are values */
};

#endif
