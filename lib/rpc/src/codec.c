#include "codec.h"

#include "parley/schema/wire.h"

/* Fields of a message whose repetition is noticed; one with more is not watched
 * beyond, and protobuf-c merges as well as it can. */
#define SEEN_MAX 512

#define QUOTE(text)  #text
#define QUOTED(name) QUOTE(name)

typedef struct checker {
    pl_violations *violations; /* NULL: not wanted */
    pl_error *err;
    unsigned depth;
} checker;

/* Where the check stands in one message of those that it is in. */
typedef struct place {
    const struct place *outer; /* NULL: the outermost */
    const ProtobufCMessageDescriptor *type;
    pl_str bytes;
    const ProtobufCFieldDescriptor *field; /* NULL: none in particular */
    size_t ordinal;                        /* of it among all fields in the bytes */
} place;

/* The how-manieth value of its list the field at PLACE is. */
static size_t index_of(const place *at) {
    pl_wire_reader reader = pl_wire_reader_make(at->bytes);
    pl_wire_field given;
    size_t index = 0;

    for (size_t i = 0; i < at->ordinal && pl_wire_next(&reader, &given); i++)
        index += given.number == at->field->id;
    return index;
}

/* "items[2].name" */
static void put_path(const place *at, pl_buf *out) {
    if (at->outer)
        put_path(at->outer, out);
    if (!at->field)
        return;
    pl_buf_printf(out, "%s%s", out->n ? "." : "", at->field->name);
    if (at->field->label == PROTOBUF_C_LABEL_REPEATED)
        pl_buf_printf(out, "[%zu]", index_of(at));
}

/* WHAT is wrong at PLACE. */
static pl_code refuse(checker *c, const place *at, const char *what) {
    pl_buf path = pl_buf_make(PL_VIOLATION_PATH_MAX * 2);
    pl_str shown;

    put_path(at, &path);
    shown = pl_utf8_cut(pl_buf_view(&path), PL_VIOLATION_PATH_MAX - 1);
    if (shown.n)
        pl_error_set(c->err, PL_INVALID_ARGUMENT, "%.*s %s", PL_FMT(shown), what);
    else
        pl_error_set(c->err, PL_INVALID_ARGUMENT, "%s: the message %s", at->type->name, what);
    if (c->violations && shown.n) {
        char field[PL_VIOLATION_PATH_MAX];
        memcpy(field, shown.p, shown.n);
        field[shown.n] = '\0';
        pl_violations_add(c->violations, field, "%s", what);
    }
    pl_buf_done(&path);
    return PL_INVALID_ARGUMENT;
}

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

static pl_code check_packed(checker *c, const place *at, pl_str bytes) {
    pl_wire_reader reader = pl_wire_reader_make(bytes);
    uint64_t value;
    bool good = true;

    switch (wire_type_of(at->field->type)) {
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
    return good ? PL_OK : refuse(c, at, "holds packed values that are malformed");
}

static pl_code check_message(checker *c, const place *outer, const ProtobufCMessageDescriptor *type,
                             pl_str bytes);

static pl_code check_field(checker *c, const place *at, const pl_wire_field *given) {
    const ProtobufCFieldDescriptor *field = at->field;
    pl_wire_type wanted = wire_type_of(field->type);

    if (given->type == PL_WIRE_BYTES && wanted != PL_WIRE_BYTES &&
        field->label == PROTOBUF_C_LABEL_REPEATED)
        return check_packed(c, at, given->bytes);
    if (given->type != wanted)
        return refuse(c, at, "has a wire type that is not that of the field");
    if (field->type == PROTOBUF_C_TYPE_STRING) {
        if (given->bytes.n && memchr(given->bytes.p, 0, given->bytes.n))
            return refuse(c, at, "holds a NUL character");
        if (!pl_utf8_valid(given->bytes))
            return refuse(c, at, "is not UTF-8");
    }
    if (field->type == PROTOBUF_C_TYPE_MESSAGE)
        return check_message(c, at, field->descriptor, given->bytes);
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

static pl_code check_message(checker *c, const place *outer, const ProtobufCMessageDescriptor *type,
                             pl_str bytes) {
    pl_wire_reader reader = pl_wire_reader_make(bytes);
    place at = {outer, type, bytes, NULL, 0};
    uint8_t seen[SEEN_MAX / 8] = {0};
    pl_wire_field given;
    unsigned hint = 0;

    if (c->depth == PL_MESSAGE_DEPTH_MAX)
        return refuse(c, &at, "is nested more than " QUOTED(PL_MESSAGE_DEPTH_MAX) " deep");
    c->depth++;
    for (; pl_wire_next(&reader, &given); at.ordinal++) {
        pl_code code;
        at.field = find_field(type, given.number, &hint);
        if (given.type == PL_WIRE_GROUP) {
            at.field = NULL;
            return refuse(c, &at, "holds a group, which Protobuf has given up");
        }
        if (!at.field)
            continue;
        if (seen_twice(type, at.field, seen))
            return refuse(c, &at, "stands in the message twice");
        code = check_field(c, &at, &given);
        if (code != PL_OK)
            return code;
    }
    c->depth--;
    at.field = NULL;
    return reader.failed ? refuse(c, &at, "is no well-formed Protobuf message") : PL_OK;
}

pl_code pl_message_check(const ProtobufCMessageDescriptor *type, pl_str bytes,
                         pl_violations *violations, pl_error *err) {
    checker c = {violations, err, 0};

    return check_message(&c, NULL, type, bytes);
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
    pl_code code = pl_message_check(type, bytes, NULL, err);

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
