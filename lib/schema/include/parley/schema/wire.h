/* The Protobuf wire format: reading, writing and checking bytes.
 *
 * The reader never reads beyond its input and refuses what the format forbids:
 * varints over ten bytes, lengths beyond the end, field number 0, end-group tags
 * without their group. The check does so for a whole message against its type.
 * Nothing here allocates except what a pl_buf does.
 *
 *     pl_wire_reader r = pl_wire_reader_make(bytes);
 *     pl_wire_field f;
 *     while (pl_wire_next(&r, &f)) ...
 *     if (r.failed) ...
 */
#ifndef PARLEY_SCHEMA_WIRE_H
#define PARLEY_SCHEMA_WIRE_H

#include "parley/base/error.h"
#include "parley/base/str.h"
#include "parley/schema/pool.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Greatest depth of messages in one another that is read or written. */
#define PL_WIRE_DEPTH_MAX 100
/* Greatest field number. */
#define PL_WIRE_NUMBER_MAX ((1u << 29) - 1)
/* Greatest size of a message, as in every implementation of Protobuf. */
#define PL_WIRE_SIZE_MAX INT32_MAX
/* Greatest size of a varint and of a tag. */
#define PL_WIRE_VARINT_SIZE 10

typedef enum pl_wire_type {
    PL_WIRE_VARINT = 0,
    PL_WIRE_FIXED64 = 1,
    PL_WIRE_BYTES = 2,
    PL_WIRE_GROUP = 3,
    PL_WIRE_GROUP_END = 4,
    PL_WIRE_FIXED32 = 5
} pl_wire_type;

/* A position in a message. `failed` says that reading ended on malformed bytes. */
typedef struct pl_wire_reader {
    const uint8_t *p, *end;
    bool failed;
} pl_wire_reader;

/* One field as it stands: varints, fixed32 and fixed64 in value, the content of
 * bytes and groups (without the end tag) in bytes. */
typedef struct pl_wire_field {
    uint32_t number;
    pl_wire_type type;
    uint64_t value;
    pl_str bytes;
} pl_wire_field;

static inline pl_wire_reader pl_wire_reader_make(pl_str bytes) {
    const uint8_t *p = (const uint8_t *)(bytes.n ? bytes.p : "");
    pl_wire_reader r = {p, p + bytes.n, false};
    return r;
}

bool pl_wire_next_of_any(pl_wire_reader *reader, pl_wire_field *out_field); /* for pl_wire_next */
/* The next field; false at the end and on malformed bytes (failed is set). Groups are
 * skipped over as a whole, at most PL_WIRE_DEPTH_MAX deep. Inline because whoever reads waits for
 * it, and most tags, numbers and lengths have one byte. */
static inline bool pl_wire_next(pl_wire_reader *reader, pl_wire_field *out_field) {
    const uint8_t *p = reader->p;
    size_t left = (size_t)(reader->end - p);
    if (left < 2 || reader->failed || p[0] < 1 << 3 || (p[0] | p[1]) > 0x7f)
        return left && pl_wire_next_of_any(reader, out_field);
    pl_wire_type type = (pl_wire_type)(p[0] & 7);
    size_t size = type == PL_WIRE_BYTES ? p[1] : 0;
    if ((type != PL_WIRE_BYTES && type != PL_WIRE_VARINT) || size > left - 2)
        return pl_wire_next_of_any(reader, out_field);
    out_field->number = p[0] >> 3;
    out_field->type = type;
    out_field->value = type == PL_WIRE_VARINT ? p[1] : 0;
    out_field->bytes = pl_str_make(type == PL_WIRE_BYTES ? (const char *)p + 2 : NULL, size);
    reader->p = p + 2 + size;
    return true;
}

/* The next varint of the content; false at its end and on malformed bytes. For packed
 * fields. */
bool pl_wire_varint(pl_wire_reader *reader, uint64_t *out_value);
bool pl_wire_fixed32(pl_wire_reader *reader, uint32_t *out_value);
bool pl_wire_fixed64(pl_wire_reader *reader, uint64_t *out_value);
/* The next value of the kind (not bytes, messages, groups), as it stands on the wire. */
bool pl_wire_scalar(pl_wire_reader *reader, pl_kind kind, uint64_t *out_value);

/* What a value of the kind means, whatever bits too many its varint had: int32 and enum
 * sign-extended, uint32 and sint32 cut to 32 bits, bool 0 or 1. */
static inline uint64_t pl_wire_canonical(pl_kind kind, uint64_t value) {
    switch (kind) {
    case PL_KIND_INT32:
    case PL_KIND_ENUM:
        return (uint64_t)(int64_t)(int32_t)(uint32_t)value;
    case PL_KIND_UINT32:
    case PL_KIND_SINT32:
        return (uint32_t)value;
    case PL_KIND_BOOL:
        return value != 0;
    default:
        return value;
    }
}

/* The content last given for field NUMBER, as last-one-wins has it; false where it is
 * absent or MESSAGE malformed. */
bool pl_wire_find(pl_str message, uint32_t number, pl_wire_field *out_field);

static inline int64_t pl_zigzag_decode(uint64_t v) {
    return (int64_t)((v >> 1) ^ (~(v & 1) + 1));
}
static inline uint64_t pl_zigzag_encode(int64_t v) {
    return ((uint64_t)v << 1) ^ (v < 0 ? UINT64_MAX : 0);
}
static inline size_t pl_varint_size(uint64_t v) {
    size_t n = 1;
    for (; v >= 0x80; v >>= 7)
        n++;
    return n;
}
/* Writes V to P, which has room for PL_WIRE_VARINT_SIZE bytes; returns its size. */
static inline size_t pl_varint_put(uint8_t *p, uint64_t v) {
    size_t n = 0;
    for (; v >= 0x80; v >>= 7)
        p[n++] = (uint8_t)(v | 0x80);
    p[n++] = (uint8_t)v;
    return n;
}

/* Append to OUT; false where it is full (out->failed is set then). */
bool pl_wire_put_varint(pl_buf *out, uint64_t value);
bool pl_wire_put_fixed32(pl_buf *out, uint32_t value);
bool pl_wire_put_fixed64(pl_buf *out, uint64_t value);
bool pl_wire_put_tag(pl_buf *out, uint32_t number, pl_wire_type type);
/* Tag, length and content. */
bool pl_wire_put_bytes(pl_buf *out, uint32_t number, pl_str content);
/* One value of the kind as pl_wire_scalar reads it, without a tag. */
bool pl_wire_put_scalar(pl_buf *out, pl_kind kind, uint64_t value);

/* Checks that MESSAGE is a well-formed message of TYPE, of untrusted origin: wire types
 * as declared (packed or not), strings UTF-8, depth at most PL_WIRE_DEPTH_MAX, unknown
 * fields well-formed. refuse_nul also refuses NUL in strings, which C would cut.
 * PL_INVALID_ARGUMENT with the field path and what was expected. */
PL_NODISCARD pl_code pl_wire_check(const pl_message_type *type, pl_str message, bool refuse_nul,
                                   pl_error *err);

#ifdef __cplusplus
}
#endif
#endif
