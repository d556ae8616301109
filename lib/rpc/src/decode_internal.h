/* The parts of unpacking: decode.c goes through messages, decode_list.c grows lists,
 * decode_refuse.c says what is wrong. */
#ifndef PARLEY_RPC_DECODE_INTERNAL_H
#define PARLEY_RPC_DECODE_INTERNAL_H

#include <string.h>

#include "codec.h"
#include "codec_types.h"

/* In front of the values of a list: how many have room. As long as the arena's alignment. */
#define DECODE_LIST_HEAD 16

typedef struct decoder {
    pl_arena *arena;
    pl_violations *violations; /* NULL: not wanted */
    pl_error *err;
    unsigned depth;
} decoder;

/* Where decoding stands in one message of those that it is in. */
typedef struct place {
    const struct place *outer; /* NULL: the outermost */
    ProtobufCMessage *message;
    const ProtobufCFieldDescriptor *field; /* NULL: none in particular */
} place;

/* A field's content: the value, or bytes. */
typedef struct content {
    pl_wire_type wire;
    uint64_t value;
    pl_str bytes;
} content;

/* Whether it is there, which of a oneof, how many of a list. */
static inline void *quantifier_of(const place *at) {
    return (char *)at->message + at->field->quantifier_offset;
}

/* WHAT is wrong at PLACE; PL_INVALID_ARGUMENT. */
pl_code decode_refuse(decoder *d, const place *at, const char *what);

/* ---- reading ---- */

/* Readers return where to go on; NULL: malformed. */
const uint8_t *decode_long_varint(const uint8_t *p, const uint8_t *end, uint64_t *out);

static inline const uint8_t *read_varint(const uint8_t *p, const uint8_t *end, uint64_t *out) {
    if (p < end && *p < 0x80) {
        *out = *p;
        return p + 1;
    }
    return decode_long_varint(p, end, out);
}

static inline uint32_t load32(const uint8_t *p) {
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline const uint8_t *read_fixed32(const uint8_t *p, const uint8_t *end, uint64_t *out) {
    if (end - p < 4)
        return NULL;
    *out = load32(p);
    return p + 4;
}

static inline const uint8_t *read_fixed64(const uint8_t *p, const uint8_t *end, uint64_t *out) {
    if (end - p < 8)
        return NULL;
    *out = (uint64_t)load32(p + 4) << 32 | load32(p);
    return p + 8;
}

/* The content of a field whose wire type is set. */
static inline const uint8_t *read_content(const uint8_t *p, const uint8_t *end, content *out) {
    switch (out->wire) {
    case PL_WIRE_VARINT:
        return read_varint(p, end, &out->value);
    case PL_WIRE_FIXED32:
        return read_fixed32(p, end, &out->value);
    case PL_WIRE_FIXED64:
        return read_fixed64(p, end, &out->value);
    case PL_WIRE_BYTES:
        p = read_varint(p, end, &out->value);
        if (!p || out->value > (uint64_t)(end - p))
            return NULL;
        out->bytes = pl_str_make((const char *)p, (size_t)out->value);
        return p + out->value;
    default:
        return NULL;
    }
}

/* What VALUE means for a field of TYPE, whatever bits too many it has. */
static inline void put_scalar(void *member, ProtobufCType type, uint64_t value) {
    uint32_t narrow;

    if (type == PROTOBUF_C_TYPE_BOOL)
        value = value != 0;
    else if (type == PROTOBUF_C_TYPE_SINT32)
        value = (uint64_t)pl_zigzag_decode((uint32_t)value);
    else if (type == PROTOBUF_C_TYPE_SINT64)
        value = (uint64_t)pl_zigzag_decode(value);
    narrow = (uint32_t)value;
    if (field_shapes[type].size == sizeof narrow)
        memcpy(member, &narrow, sizeof narrow);
    else
        memcpy(member, &value, sizeof value);
}

/* ---- lists ---- */

/* For how many values there is room; COUNT are there. */
static inline size_t list_room(const void *items, size_t count) {
    size_t room = 0;

    if (count)
        memcpy(&room, (const char *)items - DECODE_LIST_HEAD, sizeof room);
    return room;
}

/* A copy of the COUNT values with room for MORE, twice as many at least: what comes in many short
 * runs is not copied for each of them. NULL: no memory. */
void *decode_list_grow(decoder *d, const void *items, size_t count, size_t more, size_t size);

/* How many fields of NUMBER follow each other at P: a list that grows gets room for them. */
size_t decode_count_run(const uint8_t *p, const uint8_t *end, uint32_t number, pl_wire_type wire);

/* The packed values in BYTES, onto ITEMS of the list at PLACE. */
pl_code decode_packed(decoder *d, const place *at, char **items, pl_str bytes);

#endif
