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
static bool grow(writer *w, size_t size) {
    size_t n = used(w), room = 2 * (size_t)(w->end - w->start);
    uint8_t *heap;

    if (n > w->max || size > w->max - n)
        return false;
    if (room < n + size)
        room = n + size;
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

static inline bool reserve(writer *w, size_t size) {
    if ((size_t)(w->p - w->start) < size && !grow(w, size))
        return false;
    w->p -= size;
    return true;
}

static inline bool write_varint(writer *w, uint64_t value) {
    if (!reserve(w, value < 0x80 ? 1 : pl_varint_size(value)))
        return false;
    pl_varint_put(w->p, value);
    return true;
}

static inline bool write_fixed(writer *w, size_t size, uint64_t value) {
    if (!reserve(w, size))
        return false;
    for (size_t i = 0; i < size; i++)
        w->p[i] = (uint8_t)(value >> (8 * i));
    return true;
}

static inline bool write_bytes(writer *w, const void *bytes, size_t size) {
    if (!reserve(w, size))
        return false;
    if (size)
        memcpy(w->p, bytes, size);
    return true;
}

static inline bool write_tag(writer *w, uint32_t number, unsigned wire) {
    return write_varint(w, (uint64_t)number << 3 | wire);
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

/* Without a tag. */
static inline bool write_value(writer *w, ProtobufCType type, const void *member) {
    const ProtobufCBinaryData *data = member;
    size_t before = used(w), size;
    const void *pointer;

    switch (type) {
    case PROTOBUF_C_TYPE_STRING:
        pointer = load_pointer(member);
        size = pointer ? strlen(pointer) : 0;
        return write_bytes(w, pointer, size) && write_varint(w, size);
    case PROTOBUF_C_TYPE_BYTES:
        return write_bytes(w, data->data, data->len) && write_varint(w, data->len);
    case PROTOBUF_C_TYPE_MESSAGE:
        pointer = load_pointer(member);
        return (!pointer || write_message(w, pointer)) && write_varint(w, used(w) - before);
    default:
        if (field_shapes[type].wire == PL_WIRE_VARINT)
            return write_varint(w, load_scalar(member, type));
        return write_fixed(w, field_shapes[type].size, load_scalar(member, type));
    }
}

static bool write_list(writer *w, const ProtobufCFieldDescriptor *field, const void *member,
                       size_t count) {
    const field_shape *shape = &field_shapes[field->type];
    bool packed = field->flags & PROTOBUF_C_FIELD_FLAG_PACKED;
    const char *items = load_pointer(member);
    size_t before = used(w);

    for (size_t i = count; i-- > 0;)
        if (!write_value(w, field->type, items + i * shape->size) ||
            (!packed && !write_tag(w, field->id, shape->wire)))
            return false;
    return !packed || !count ||
           (write_varint(w, used(w) - before) && write_tag(w, field->id, PL_WIRE_BYTES));
}

/* Whether a field that has no presence of its own is to be written: it is not zero. */
static inline bool is_something(ProtobufCType type, const void *member) {
    const char *text;

    switch (type) {
    case PROTOBUF_C_TYPE_STRING:
        text = load_pointer(member);
        return text && *text;
    case PROTOBUF_C_TYPE_BYTES:
        return ((const ProtobufCBinaryData *)member)->len > 0;
    case PROTOBUF_C_TYPE_MESSAGE:
        return load_pointer(member) != NULL;
    default:
        return load_scalar(member, type) != 0;
    }
}

static inline bool is_present(const ProtobufCFieldDescriptor *field, const void *member,
                              const void *quantifier) {
    bool in_oneof = field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF;

    if (field->label == PROTOBUF_C_LABEL_REQUIRED)
        return true;
    if (in_oneof && *(const uint32_t *)quantifier != field->id)
        return false;
    if (!in_oneof && field->label == PROTOBUF_C_LABEL_NONE)
        return is_something(field->type, member);
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

    if (field->label == PROTOBUF_C_LABEL_REPEATED)
        return write_list(w, field, member, *(const size_t *)quantifier);
    return !is_present(field, member, quantifier) ||
           (write_value(w, field->type, member) &&
            write_tag(w, field->id, field_shapes[field->type].wire));
}

static bool write_message(writer *w, const ProtobufCMessage *message) {
    for (size_t i = message->n_unknown_fields; i-- > 0;) {
        const ProtobufCMessageUnknownField *field = &message->unknown_fields[i];
        if (!write_bytes(w, field->data, field->len) ||
            !write_tag(w, field->tag, (unsigned)field->wire_type))
            return false;
    }
    for (size_t i = message->descriptor->n_fields; i-- > 0;)
        if (!write_field(w, message, &message->descriptor->fields[i]))
            return false;
    return true;
}

pl_code pl_message_pack(const ProtobufCMessage *message, size_t max, grpc_slice *out_slice,
                        pl_error *err) {
    uint8_t first[FIRST_ROOM];
    writer w = {first, first + sizeof first, first + sizeof first, NULL, max};
    pl_code code = PL_OK;

    if (write_message(&w, message) && used(&w) <= max) {
        *out_slice = grpc_slice_from_copied_buffer((const char *)w.p, used(&w));
    } else {
        size_t size = protobuf_c_message_get_packed_size(message);
        code = size > max ? PL_INTERNAL : PL_RESOURCE_EXHAUSTED;
        pl_error_set(err, code, "%s: %zu bytes, at most %zu can be sent", message->descriptor->name,
                     size, max);
    }
    free(w.heap);
    return code;
}
