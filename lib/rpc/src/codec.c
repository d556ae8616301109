#include "codec.h"

#include "parley/schema/wire.h"

/* Fields of a message whose repetition is noticed; one with more is not watched
 * beyond, and protobuf-c merges as well as it can. */
#define SEEN_MAX 512

typedef struct checker {
    pl_error *err;
    unsigned depth;
} checker;

static const ProtobufCFieldDescriptor *find_field(const ProtobufCMessageDescriptor *type,
                                                  uint32_t number, unsigned *hint) {
    unsigned low = 0, high = type->n_fields;

    /* Fields mostly come in order: the one after the last is tried first. */
    if (*hint < high && type->fields[*hint].id == number)
        return &type->fields[(*hint)++];
    while (low < high) {
        unsigned middle = low + (high - low) / 2;
        if (type->fields[middle].id == number) {
            *hint = middle + 1;
            return &type->fields[middle];
        }
        if (type->fields[middle].id < number)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static pl_wire_type wire_type_of(ProtobufCType type) {
    switch (type) {
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_FLOAT:
        return PL_WIRE_FIXED32;
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_DOUBLE:
        return PL_WIRE_FIXED64;
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_BYTES:
    case PROTOBUF_C_TYPE_MESSAGE:
        return PL_WIRE_BYTES;
    default:
        return PL_WIRE_VARINT;
    }
}

static pl_code refuse(checker *c, const ProtobufCMessageDescriptor *type,
                      const ProtobufCFieldDescriptor *field, const char *what) {
    return pl_error_set(c->err, PL_INVALID_ARGUMENT, "%s.%s: %s", type->name, field->name, what);
}

static pl_code check_packed(checker *c, const ProtobufCMessageDescriptor *type,
                            const ProtobufCFieldDescriptor *field, pl_str bytes) {
    pl_wire_reader reader = pl_wire_reader_make(bytes);
    uint64_t value;
    bool good = true;

    switch (wire_type_of(field->type)) {
    case PL_WIRE_FIXED32:
        good = bytes.n % 4 == 0;
        break;
    case PL_WIRE_FIXED64:
        good = bytes.n % 8 == 0;
        break;
    default:
        while (pl_wire_varint(&reader, &value))
            continue;
        good = !reader.failed;
    }
    return good ? PL_OK : refuse(c, type, field, "its packed values are malformed");
}

static pl_code check_message(checker *c, const ProtobufCMessageDescriptor *type, pl_str bytes);

static pl_code check_field(checker *c, const ProtobufCMessageDescriptor *type,
                           const ProtobufCFieldDescriptor *field, const pl_wire_field *given) {
    pl_wire_type wanted = wire_type_of(field->type);

    if (given->type == PL_WIRE_BYTES && wanted != PL_WIRE_BYTES &&
        field->label == PROTOBUF_C_LABEL_REPEATED)
        return check_packed(c, type, field, given->bytes);
    if (given->type != wanted)
        return refuse(c, type, field, "its wire type is not that of the field");
    if (field->type == PROTOBUF_C_TYPE_STRING) {
        if (given->bytes.n && memchr(given->bytes.p, 0, given->bytes.n))
            return refuse(c, type, field, "holds a NUL character");
        if (!pl_utf8_valid(given->bytes))
            return refuse(c, type, field, "is not UTF-8");
    }
    if (field->type == PROTOBUF_C_TYPE_MESSAGE)
        return check_message(c, field->descriptor, given->bytes);
    return PL_OK;
}

/* True where a single message field is met for the second time. */
static bool seen_twice(const ProtobufCMessageDescriptor *type,
                       const ProtobufCFieldDescriptor *field, uint8_t seen[SEEN_MAX / 8]) {
    size_t index = (size_t)(field - type->fields);
    uint8_t bit = (uint8_t)(1u << (index % 8));

    if (field->type != PROTOBUF_C_TYPE_MESSAGE || field->label == PROTOBUF_C_LABEL_REPEATED ||
        index >= SEEN_MAX)
        return false;
    if (seen[index / 8] & bit)
        return true;
    seen[index / 8] |= bit;
    return false;
}

static pl_code check_message(checker *c, const ProtobufCMessageDescriptor *type, pl_str bytes) {
    pl_wire_reader reader = pl_wire_reader_make(bytes);
    uint8_t seen[SEEN_MAX / 8] = {0};
    pl_wire_field given;
    unsigned hint = 0;

    if (c->depth == PL_MESSAGE_DEPTH_MAX)
        return pl_error_set(c->err, PL_INVALID_ARGUMENT,
                            "%s: messages are nested more than %d deep", type->name,
                            PL_MESSAGE_DEPTH_MAX);
    c->depth++;
    while (pl_wire_next(&reader, &given)) {
        const ProtobufCFieldDescriptor *field = find_field(type, given.number, &hint);
        pl_code code;
        if (given.type == PL_WIRE_GROUP)
            return pl_error_set(c->err, PL_INVALID_ARGUMENT,
                                "%s: field %u is a group, which Protobuf has given up", type->name,
                                given.number);
        if (!field)
            continue;
        if (seen_twice(type, field, seen))
            return refuse(c, type, field, "stands in the message twice");
        code = check_field(c, type, field, &given);
        if (code != PL_OK)
            return code;
    }
    c->depth--;
    if (reader.failed)
        return pl_error_set(c->err, PL_INVALID_ARGUMENT, "%s: the bytes are no Protobuf message",
                            type->name);
    return PL_OK;
}

pl_code pl_message_check(const ProtobufCMessageDescriptor *type, pl_str bytes, pl_error *err) {
    checker c = {err, 0};

    return check_message(&c, type, bytes);
}

static void *arena_alloc(void *arena, size_t size) {
    return pl_arena_alloc(arena, size);
}

static void arena_free(void *arena, void *pointer) {
    (void)arena;
    (void)pointer;
}

pl_code pl_message_unpack(const ProtobufCMessageDescriptor *type, pl_str bytes, pl_arena *arena,
                          ProtobufCMessage **out_message, pl_error *err) {
    ProtobufCAllocator allocator = {arena_alloc, arena_free, arena};
    ProtobufCMessage *message;
    pl_code code = pl_message_check(type, bytes, err);

    if (code != PL_OK)
        return code;
    message = protobuf_c_message_unpack(type, &allocator, bytes.n, (const uint8_t *)bytes.p);
    if (!message)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED,
                            "%s: %zu bytes unpack to more than the call's memory (%zu bytes)",
                            type->name, bytes.n, arena->budget);
    *out_message = message;
    return PL_OK;
}

pl_code pl_message_pack(const ProtobufCMessage *message, size_t max, grpc_slice *out_slice,
                        pl_error *err) {
    size_t size = protobuf_c_message_get_packed_size(message);
    grpc_slice slice;

    if (size > max)
        return pl_error_set(err, PL_INTERNAL, "%s: %zu bytes, at most %zu can be sent",
                            message->descriptor->name, size, max);
    slice = grpc_slice_malloc(size);
    protobuf_c_message_pack(message, GRPC_SLICE_START_PTR(slice));
    *out_slice = slice;
    return PL_OK;
}
