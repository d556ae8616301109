/* Dynamic messages: a message as a tree of values, for tools and tests.
 *
 * Decoding follows Protobuf: the last singular value wins, singular messages are
 * merged, a later branch of a oneof clears an earlier one, packed and unpacked are
 * read alike, later entries of a map replace earlier ones. Unknown fields are kept
 * and written last. Everything lives in the caller's arena; the pool must outlive it. The hot
 * paths (gateway) do not use it: lib/json goes from bytes to bytes.
 *
 *     pl_dynamic *m = NULL;
 *     if (pl_dynamic_decode(type, bytes, &arena, &m, &err)) ...
 *     pl_dynamic_get(m, pl_message_field_by_name(type, pl_str_c("state")), &value);
 *     pl_dynamic_encode(m, &out);
 */
#ifndef PARLEY_SCHEMA_DYNAMIC_H
#define PARLEY_SCHEMA_DYNAMIC_H

#include "parley/base/arena.h"
#include "parley/base/error.h"
#include "parley/schema/wire.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct pl_dynamic pl_dynamic;

/* One value; which member counts follows from the field's kind. */
typedef union pl_dynamic_value {
    uint64_t bits; /* numbers, bools and enums as on the wire (pl_wire_canonical) */
    pl_str text;   /* string, bytes */
    pl_dynamic *message;
} pl_dynamic_value;

/* An empty message; NULL beyond the arena's budget. */
pl_dynamic *pl_dynamic_new(const pl_message_type *type, pl_arena *arena);
const pl_message_type *pl_dynamic_type(const pl_dynamic *message);

/* Reads MESSAGE. Texts are copied to the arena. PL_INVALID_ARGUMENT: not well-formed;
 * PL_RESOURCE_EXHAUSTED: the arena is full. */
PL_NODISCARD pl_code pl_dynamic_decode(const pl_message_type *type, pl_str bytes, pl_arena *arena,
                                       pl_dynamic **out_message, pl_error *err);
/* Appends the wire form, fields in the order of declaration, without defaults of fields
 * that have no presence; false where OUT is full. */
bool pl_dynamic_encode(const pl_dynamic *message, pl_buf *out);

/* How often the field is there: 0 or 1, or the length of a list or map. */
size_t pl_dynamic_count(const pl_dynamic *message, const pl_field *field);
/* The singular value; false where it is absent. */
bool pl_dynamic_get(const pl_dynamic *message, const pl_field *field, pl_dynamic_value *out_value);
/* Item INDEX of a list or map (an entry message), which must exist. */
pl_dynamic_value pl_dynamic_at(const pl_dynamic *message, const pl_field *field, size_t index);
/* Sets the singular value, clearing the other branches of its oneof; appends to a
 * repeated one. Texts and messages are borrowed. False beyond the arena's budget. */
bool pl_dynamic_set(pl_dynamic *message, const pl_field *field, pl_dynamic_value value);
void pl_dynamic_clear(pl_dynamic *message, const pl_field *field);

/* Bytes in, bytes out: every singular field once, singular messages merged, fields in
 * the order of declaration. For readers that do not merge. */
PL_NODISCARD pl_code pl_wire_normalize(const pl_message_type *type, pl_str bytes, pl_buf *out,
                                       pl_error *err);

#ifdef __cplusplus
}
#endif
#endif
