/* Values of a state's fields, from and to google.protobuf.Struct. */
#ifndef PARLEY_VERIFY_STATES_VALUES_H
#define PARLEY_VERIFY_STATES_VALUES_H

#include "google/protobuf/struct.parley.h"
#include "parley/base/arena.h"
#include "parley/verify/states.h"

typedef struct state_value {
    bool set;
    pl_str text;
    double number;
    uint64_t bits; /* bool, and integers by their type */
} state_value;

struct pl_state_values {
    const pl_state_field *fields;
    size_t count;
    state_value values[PL_STATE_FIELDS_MAX];
    pl_arena *arena;
    bool full; /* the arena was, when a text was returned */
};

/* Reads GIVEN (NULL: empty) as the parameters of STATE. PL_INVALID_ARGUMENT says which one is
 * unknown, missing or of another type, and what was expected. */
PL_NODISCARD pl_code state_values_read(const pl_state_def *state,
                                       const google_protobuf_Struct *given, pl_state_values *out,
                                       pl_error *err);

/* The returned values as a message in their arena; every field that is not optional was returned.
 * PL_INTERNAL: one was not; PL_RESOURCE_EXHAUSTED. */
PL_NODISCARD pl_code state_values_write(const pl_state_def *state, const pl_state_values *values,
                                        google_protobuf_Struct **out_message, pl_error *err);

#endif
