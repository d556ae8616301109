/* Packing; see codec.h.
 *
 * From the end to the beginning: the length of what stands behind a length is known when it is
 * written, so that nothing is measured beforehand. Fields stand in the order of protobuf-c.
 */
#include <stdlib.h>
#include <string.h>

#include "codec.h"
#include "codec_types.h"

/* Room for most messages, on the stack. */
#define FIRST_ROOM 4096

/* The longest tag and the longest value that is no bytes, or length. */
#define HEAD_MAX ((size_t)2 * PL_WIRE_VARINT_SIZE)

/* Bytes grow from END down to P, not beyond START. */
typedef struct writer {
    uint8_t *start, *p, *end;
    uint8_t *heap; /* NULL: still in the first room */
    size_t max;
} writer;

static inline size_t used(const writer *w) {
    return (size_t)(w->end - w->p);
}

/* False: over the maximum, or no memory. */
PL_COLD static bool grow(writer *w, size_t size) {
    size_t n = used(w), room = 2 * (size_t)(w->end - w->start);
    uint8_t *heap;

    if (n > w->max || size > w->max - n)
        return false;
    if (room < n + size + HEAD_MAX)
        room = n + size + HEAD_MAX;
    heap = malloc(room);
    if (!heap)
        return false;
    memcpy(heap + room - n, w->p, n);
    free(w->heap);
    w->heap = w->start = heap;
    w->end = heap + room;
    w->p = w->end - n;
    return true;
}

/* Room for SIZE bytes and what stands before them. */
static inline bool reserve(writer *w, size_t size) {
    size_t room = (size_t)(w->p - w->start);

    return (room >= HEAD_MAX && room - HEAD_MAX >= size) || grow(w, size);
}

/* These want room. They return where the bytes begin. */
static inline uint8_t *put_varint(uint8_t *p, uint64_t value) {
    if (value < 0x80)
        *--p = (uint8_t)value;
    else
        pl_varint_put(p -= pl_varint_size(value), value);
    return p;
}

static inline uint8_t *put_fixed32(uint8_t *p, uint32_t value) {
    p[-4] = (uint8_t)value;
    p[-3] = (uint8_t)(value >> 8);
    p[-2] = (uint8_t)(value >> 16);
    p[-1] = (uint8_t)(value >> 24);
    return p - 4;
}

static inline uint8_t *put_fixed64(uint8_t *p, uint64_t value) {
    return put_fixed32(put_fixed32(p, (uint32_t)(value >> 32)), (uint32_t)value);
}

static inline uint8_t *put_tag(uint8_t *p, uint32_t tag) {
    return tag ? put_varint(p, tag) : p;
}

/* The length of what was written since BEFORE bytes were used. */
static bool write_length(writer *w, uint32_t tag, size_t before) {
    if (!reserve(w, 0))
        return false;
    w->p = put_tag(put_varint(w->p, used(w) - before), tag);
    return true;
}

/* The value of a scalar as the wire has it. */
static inline uint64_t load_scalar(const void *member, ProtobufCType type) {
    uint32_t narrow;
    uint64_t value;

    if (field_shapes[type].size == sizeof narrow) {
        memcpy(&narrow, member, sizeof narrow);
        value = narrow;
    } else {
        memcpy(&value, member, sizeof value);
    }
    switch (type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_ENUM:
        return (uint64_t)(int32_t)value;
    case PROTOBUF_C_TYPE_SINT32:
        return pl_zigzag_encode((int32_t)value);
    case PROTOBUF_C_TYPE_SINT64:
        return pl_zigzag_encode((int64_t)value);
    case PROTOBUF_C_TYPE_BOOL:
        return value != 0;
    default:
        return value;
    }
}

static inline const void *load_pointer(const void *member) {
    const void *pointer;

    memcpy(&pointer, member, sizeof pointer);
    return pointer;
}

static bool write_message(writer *w, const ProtobufCMessage *message);

/* How a value is written. */
typedef struct manner {
    ProtobufCType type;
    uint32_t tag;      /* 0: none */
    bool without_zero; /* nothing is written for what is zero or empty */
} manner;

static inline bool write_scalar(writer *w, const manner *how, const void *member) {
    uint64_t value = load_scalar(member, how->type);
    uint8_t *p;

    if (!value && how->without_zero)
        return true;
    if (!reserve(w, 0))
        return false;
    if (field_shapes[how->type].wire == PL_WIRE_VARINT)
        p = put_varint(w->p, value);
    else if (field_shapes[how->type].wire == PL_WIRE_FIXED32)
        p = put_fixed32(w->p, (uint32_t)value);
    else
        p = put_fixed64(w->p, value);
    w->p = put_tag(p, how->tag);
    return true;
}

static inline bool write_bytes(writer *w, const manner *how, const void *bytes, size_t size) {
    if (!size && how->without_zero)
        return true;
    if (!reserve(w, size))
        return false;
    w->p -= size;
    if (size)
        memcpy(w->p, bytes, size);
    w->p = put_tag(put_varint(w->p, size), how->tag);
    return true;
}

static inline bool write_value(writer *w, const manner *how, const void *member) {
    const ProtobufCBinaryData *data = member;
    size_t before = used(w);
    const void *pointer;

    switch (how->type) {
    case PROTOBUF_C_TYPE_STRING:
        pointer = load_pointer(member);
        return write_bytes(w, how, pointer, pointer ? strlen(pointer) : 0);
    case PROTOBUF_C_TYPE_BYTES:
        return write_bytes(w, how, data->data, data->len);
    case PROTOBUF_C_TYPE_MESSAGE:
        pointer = load_pointer(member);
        if (!pointer)
            return how->without_zero || write_length(w, how->tag, before);
        return write_message(w, pointer) && write_length(w, how->tag, before);
    default:
        return write_scalar(w, how, member);
    }
}

static bool write_list(writer *w, const ProtobufCFieldDescriptor *field, const void *member,
                       size_t count) {
    const field_shape *shape = &field_shapes[field->type];
    bool packed = field->flags & PROTOBUF_C_FIELD_FLAG_PACKED;
    manner how = {field->type, packed ? 0 : field->id << 3 | shape->wire, false};
    const char *items = load_pointer(member);
    size_t before = used(w);

    for (size_t i = count; i-- > 0;)
        if (!write_value(w, &how, items + i * shape->size))
            return false;
    return !packed || !count || write_length(w, field->id << 3 | PL_WIRE_BYTES, before);
}

/* Whether a field with presence is there. */
static bool is_present(const ProtobufCFieldDescriptor *field, const void *member,
                       const void *quantifier) {
    bool in_oneof = field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF;

    if (field->label == PROTOBUF_C_LABEL_REQUIRED)
        return true;
    if (in_oneof && *(const uint32_t *)quantifier != field->id)
        return false;
    if (field->type == PROTOBUF_C_TYPE_STRING || field->type == PROTOBUF_C_TYPE_MESSAGE) {
        const void *pointer = load_pointer(member);
        return pointer && pointer != field->default_value;
    }
    return in_oneof || *(const protobuf_c_boolean *)quantifier;
}

static inline bool write_field(writer *w, const ProtobufCMessage *message,
                               const ProtobufCFieldDescriptor *field) {
    const char *member = (const char *)message + field->offset;
    const void *quantifier = (const char *)message + field->quantifier_offset;
    manner how = {field->type, field->id << 3 | field_shapes[field->type].wire, false};

    if (field->label == PROTOBUF_C_LABEL_REPEATED)
        return write_list(w, field, member, *(const size_t *)quantifier);
    if (field->label == PROTOBUF_C_LABEL_NONE && !(field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF))
        how.without_zero = true;
    else if (!is_present(field, member, quantifier))
        return true;
    return write_value(w, &how, member);
}

static bool write_message(writer *w, const ProtobufCMessage *message) {
    for (size_t i = message->n_unknown_fields; i-- > 0;) {
        const ProtobufCMessageUnknownField *field = &message->unknown_fields[i];
        if (!reserve(w, field->len))
            return false;
        w->p -= field->len;
        if (field->len)
            memcpy(w->p, field->data, field->len);
        w->p = put_tag(w->p, field->tag << 3 | (uint32_t)field->wire_type);
    }
    for (size_t i = message->descriptor->n_fields; i-- > 0;)
        if (!write_field(w, message, &message->descriptor->fields[i]))
            return false;
    return true;
}

PL_COLD static pl_code refuse(const ProtobufCMessage *message, size_t max, pl_error *err) {
    const char *name = message->descriptor->name;
    size_t size = protobuf_c_message_get_packed_size(message);

    if (size > max)
        return pl_error_set(err, PL_INTERNAL, "%s: %zu bytes, at most %zu can be sent", name, size,
                            max);
    return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "%s: no memory to pack %zu bytes", name, size);
}

pl_code pl_message_pack(const ProtobufCMessage *message, size_t max, grpc_slice *out_slice,
                        pl_error *err) {
    uint8_t first[FIRST_ROOM];
    writer w = {first, first + sizeof first, first + sizeof first, NULL, max};
    pl_code code = PL_OK;

    if (write_message(&w, message) && used(&w) <= max) {
        *out_slice = grpc_slice_from_copied_buffer((const char *)w.p, used(&w));
    } else {
        code = refuse(message, max, err);
    }
    free(w.heap);
    return code;
}
