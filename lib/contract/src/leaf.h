/* Values of leaves: between dynamic messages and matchers. */
#ifndef CONTRACT_LEAF_H
#define CONTRACT_LEAF_H

#include "parley/contract/matcher.h"
#include "parley/schema/dynamic.h"

/* Fields of google.protobuf.Timestamp and Duration. */
enum { NUMBER_SECONDS = 1, NUMBER_NANOS = 2 };

/* The leaf in VALUE, one value of FIELD. */
pl_leaf_value leaf_read(const pl_field *field, pl_dynamic_value value);
/* VALUE as one value of FIELD; false: the arena is full. */
bool leaf_write(const pl_field *field, const pl_leaf_value *value, pl_arena *arena,
                pl_dynamic_value *out);
/* The value is what an absent field reads as. */
bool leaf_is_default(const pl_field *field, const pl_leaf_value *value);
/* What an absent field of FIELD's reads as. */
pl_leaf_value leaf_default(const pl_field *field);

static inline pl_leaf_value leaf_of_text(pl_str text) {
    pl_leaf_value value = {0, 0, text};
    return value;
}
double leaf_double(const pl_leaf_value *value);
pl_leaf_value leaf_of_double(double number);
/* Characters of a string, bytes otherwise. */
size_t leaf_size(pl_leaf leaf, const pl_leaf_value *value);
/* Reads RFC 3339; false: it is none. */
bool leaf_parse_time(pl_str text, pl_leaf_value *out);
/* Reads what a state returned, which is text, as a value of FIELD; false: it is none. */
bool leaf_parse_state(const pl_field *field, pl_str text, pl_leaf_value *out);
bool leaf_is_uuid(pl_leaf leaf, const pl_leaf_value *value);

#endif
