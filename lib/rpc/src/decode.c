/* Unpacking; see codec.h. */
#include <string.h>

#include "codec.h"
#include "codec_types.h"

#define MALFORMED    "is no well-formed Protobuf message"
#define QUOTE(text)  #text
#define QUOTED(name) QUOTE(name)

/* In front of the values of a list: how many have room. As long as the arena's alignment. */
#define LIST_HEAD 16

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

/* ---- what is wrong ---- */

static void *quantifier_of(const place *at) {
    return (char *)at->message + at->field->quantifier_offset;
}

/* "items[2].name": a list has as many values as came before the one that is looked at. */
static void put_path(const place *at, pl_buf *out) {
    if (at->outer)
        put_path(at->outer, out);
    if (!at->field)
        return;
    pl_buf_printf(out, "%s%s", out->n ? "." : "", at->field->name);
    if (at->field->label == PROTOBUF_C_LABEL_REPEATED)
        pl_buf_printf(out, "[%zu]", *(size_t *)quantifier_of(at));
}

/* WHAT is wrong at PLACE. */
static pl_code refuse(decoder *d, const place *at, const char *what) {
    pl_buf path = pl_buf_make(PL_VIOLATION_PATH_MAX * 2);
    pl_str shown;

    put_path(at, &path);
    shown = pl_utf8_cut(pl_buf_view(&path), PL_VIOLATION_PATH_MAX - 1);
    if (shown.n)
        pl_error_set(d->err, PL_INVALID_ARGUMENT, "%.*s %s", PL_FMT(shown), what);
    else
        pl_error_set(d->err, PL_INVALID_ARGUMENT, "%s: the message %s",
                     at->message->descriptor->name, what);
    if (d->violations && shown.n) {
        char field[PL_VIOLATION_PATH_MAX];
        memcpy(field, shown.p, shown.n);
        field[shown.n] = '\0';
        pl_violations_add(d->violations, field, "%s", what);
    }
    pl_buf_done(&path);
    return PL_INVALID_ARGUMENT;
}

static pl_code refuse_whole(decoder *d, place *at, const char *what) {
    at->field = NULL;
    return refuse(d, at, what);
}

/* ---- reading ---- */

/* Readers return where to go on; NULL: malformed. */
static const uint8_t *read_long_varint(const uint8_t *p, const uint8_t *end, uint64_t *out) {
    pl_wire_reader reader = {p, end, false};

    return pl_wire_varint(&reader, out) ? reader.p : NULL;
}

static inline const uint8_t *read_varint(const uint8_t *p, const uint8_t *end, uint64_t *out) {
    if (p < end && *p < 0x80) {
        *out = *p;
        return p + 1;
    }
    return read_long_varint(p, end, out);
}

static inline const uint8_t *read_fixed(const uint8_t *p, const uint8_t *end, size_t size,
                                        uint64_t *out) {
    uint64_t value = 0;

    if ((size_t)(end - p) < size)
        return NULL;
    for (size_t i = 0; i < size; i++)
        value |= (uint64_t)p[i] << (8 * i);
    *out = value;
    return p + size;
}

static inline const uint8_t *read_content(const uint8_t *p, const uint8_t *end, content *out) {
    switch (out->wire) {
    case PL_WIRE_VARINT:
        return read_varint(p, end, &out->value);
    case PL_WIRE_FIXED32:
        return read_fixed(p, end, 4, &out->value);
    case PL_WIRE_FIXED64:
        return read_fixed(p, end, 8, &out->value);
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

/* Fields mostly come in order, lists one value after the other, so what follows the last one
 * found is tried first, then that one. NULL: unknown. */
static inline const ProtobufCFieldDescriptor *find_field(const ProtobufCMessageDescriptor *type,
                                                         uint32_t number, unsigned *next) {
    unsigned low = 0, high = type->n_fields, found = *next;

    if (found < high && type->fields[found].id == number) {
        *next = found + 1;
        return &type->fields[found];
    }
    if (found && type->fields[found - 1].id == number)
        return &type->fields[found - 1];
    while (low < high) {
        unsigned middle = low + (high - low) / 2;
        if (type->fields[middle].id == number) {
            *next = middle + 1;
            return &type->fields[middle];
        }
        if (type->fields[middle].id < number)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

/* ---- lists ---- */

static inline size_t list_room(const void *items, size_t count) {
    size_t room = 0;

    if (count)
        memcpy(&room, (const char *)items - LIST_HEAD, sizeof room);
    return room;
}

/* A copy of the COUNT values with room for MORE, twice as many at least: what comes in many short
 * runs is not copied for each of them. NULL: no memory. */
static void *list_grow(decoder *d, const void *items, size_t count, size_t more, size_t size) {
    size_t room = more > count ? count + more : 2 * count;
    char *list = pl_arena_alloc(d->arena, LIST_HEAD + room * size);

    if (!list)
        return NULL;
    memcpy(list, &room, sizeof room);
    if (count)
        memcpy(list + LIST_HEAD, items, count * size);
    return list + LIST_HEAD;
}

/* How many fields of NUMBER follow each other at P: a list that grows gets room for them. */
static size_t count_run(const uint8_t *p, const uint8_t *end, uint32_t number, pl_wire_type wire) {
    uint64_t tag = (uint64_t)number << 3 | (uint64_t)wire, next;
    content skipped = {.wire = wire};
    size_t count = 0;

    while (p < end && (p = read_varint(p, end, &next)) && next == tag &&
           (p = read_content(p, end, &skipped)))
        count++;
    return count;
}

static size_t count_packed(const field_shape *shape, pl_str bytes) {
    size_t count = 0;

    if (shape->wire != PL_WIRE_VARINT)
        return bytes.n / shape->size;
    for (size_t i = 0; i < bytes.n; i++)
        count += (uint8_t)bytes.p[i] < 0x80;
    return count;
}

/* ---- values ---- */

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

/* ASCII without NUL, as most text is; eight bytes at once. */
static inline bool is_plain(pl_str text) {
    const uint64_t ones = UINT64_C(0x0101010101010101), tops = ones << 7;
    uint64_t word, bad = 0;
    size_t i = 0;

    /* Below 0x80, subtracting one reaches the top bit of a NUL only. */
    for (; text.n - i >= sizeof word; i += sizeof word) {
        memcpy(&word, text.p + i, sizeof word);
        bad |= (word - ones) | word;
    }
    word = ones;
    if (i < text.n)
        memcpy(&word, text.p + i, text.n - i);
    return !((bad | (word - ones) | word) & tops);
}

static pl_code put_text(decoder *d, const place *at, void *member, pl_str text) {
    char *copy;

    if (!is_plain(text)) {
        if (memchr(text.p, 0, text.n))
            return refuse(d, at, "holds a NUL character");
        if (!pl_utf8_valid(text))
            return refuse(d, at, "is not UTF-8");
    }
    copy = pl_arena_alloc(d->arena, text.n + 1);
    if (!copy)
        return PL_RESOURCE_EXHAUSTED;
    if (text.n)
        memcpy(copy, text.p, text.n);
    copy[text.n] = '\0';
    memcpy(member, &copy, sizeof copy);
    return PL_OK;
}

static pl_code put_bytes(decoder *d, void *member, pl_str bytes) {
    ProtobufCBinaryData data = {bytes.n, NULL};

    if (bytes.n) {
        data.data = pl_arena_alloc(d->arena, bytes.n);
        if (!data.data)
            return PL_RESOURCE_EXHAUSTED;
        memcpy(data.data, bytes.p, bytes.n);
    }
    memcpy(member, &data, sizeof data);
    return PL_OK;
}

static ProtobufCMessage *new_message(decoder *d, const ProtobufCMessageDescriptor *type) {
    ProtobufCMessage *message = pl_arena_alloc(d->arena, type->sizeof_message);

    if (message)
        type->message_init(message);
    return message;
}

static pl_code decode_message(decoder *d, const place *outer, ProtobufCMessage *message,
                              pl_str bytes);

/* Into the message that is there, if one is: Protobuf merges. */
static pl_code put_message(decoder *d, const place *at, void *member, pl_str bytes) {
    ProtobufCMessage *message;

    memcpy(&message, member, sizeof message);
    if (!message || message == at->field->default_value) {
        message = new_message(d, at->field->descriptor);
        if (!message)
            return PL_RESOURCE_EXHAUSTED;
        memcpy(member, &message, sizeof message);
    }
    return decode_message(d, at, message, bytes);
}

static inline pl_code put_value(decoder *d, const place *at, void *member, const content *given) {
    ProtobufCType type = at->field->type;

    if (type == PROTOBUF_C_TYPE_STRING)
        return put_text(d, at, member, given->bytes);
    if (type == PROTOBUF_C_TYPE_MESSAGE)
        return put_message(d, at, member, given->bytes);
    if (type == PROTOBUF_C_TYPE_BYTES)
        return put_bytes(d, member, given->bytes);
    put_scalar(member, type, given->value);
    return PL_OK;
}

/* ---- fields ---- */

static pl_code refuse_wire_type(decoder *d, const place *at) {
    return refuse(d, at, "has a wire type that is not that of the field");
}

static inline pl_code decode_single(decoder *d, const place *at, const content *given) {
    const ProtobufCFieldDescriptor *field = at->field;
    char *member = (char *)at->message + field->offset;

    if (given->wire != field_shapes[field->type].wire)
        return refuse_wire_type(d, at);
    if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) {
        uint32_t *which = quantifier_of(at);
        /* What another one left there is no message to merge with. */
        if (*which != field->id)
            memset(member, 0, field_shapes[field->type].size);
        *which = field->id;
    } else if (field->quantifier_offset) {
        *(protobuf_c_boolean *)quantifier_of(at) = 1;
    }
    return put_value(d, at, member, given);
}

static pl_code decode_packed(decoder *d, const place *at, char **items, pl_str bytes) {
    const field_shape *shape = &field_shapes[at->field->type];
    const uint8_t *p = (const uint8_t *)bytes.p, *end = p + bytes.n;
    size_t *count = quantifier_of(at), added = *count;
    size_t more = count_packed(shape, bytes);
    uint64_t value;

    if (more > list_room(*items, *count) - *count) {
        *items = list_grow(d, *items, *count, more, shape->size);
        if (!*items)
            return PL_RESOURCE_EXHAUSTED;
    }
    for (; p < end; added++) {
        p = shape->wire == PL_WIRE_VARINT ? read_varint(p, end, &value)
                                          : read_fixed(p, end, shape->size, &value);
        if (!p)
            return refuse(d, at, "holds packed values that are malformed");
        put_scalar(*items + added * shape->size, at->field->type, value);
    }
    *count = added;
    return PL_OK;
}

/* One value of a list; P is what follows it. */
static pl_code decode_item(decoder *d, const place *at, char **items, const content *given,
                           const uint8_t *p, const uint8_t *end) {
    size_t size = field_shapes[at->field->type].size, *count = quantifier_of(at);
    pl_code code;

    if (*count == list_room(*items, *count)) {
        size_t more = 1 + count_run(p, end, at->field->id, given->wire);
        *items = list_grow(d, *items, *count, more, size);
        if (!*items)
            return PL_RESOURCE_EXHAUSTED;
    }
    memset(*items + *count * size, 0, size);
    code = put_value(d, at, *items + *count * size, given);
    *count += code == PL_OK;
    return code;
}

static pl_code decode_repeated(decoder *d, const place *at, const content *given, const uint8_t *p,
                               const uint8_t *end) {
    pl_wire_type wire = (pl_wire_type)field_shapes[at->field->type].wire;
    char *items, *member = (char *)at->message + at->field->offset;
    pl_code code;

    memcpy(&items, member, sizeof items);
    if (given->wire == wire)
        code = decode_item(d, at, &items, given, p, end);
    else if (given->wire == PL_WIRE_BYTES)
        code = decode_packed(d, at, &items, given->bytes);
    else
        return refuse_wire_type(d, at);
    memcpy(member, &items, sizeof items);
    return code;
}

/* BYTES are the content of field NUMBER as it stands, to be packed again. */
static pl_code keep_unknown(decoder *d, ProtobufCMessage *message, uint32_t number,
                            pl_wire_type wire, pl_str bytes, const uint8_t *end) {
    ProtobufCMessageUnknownField *fields = message->unknown_fields;
    const uint8_t *next = (const uint8_t *)bytes.p + bytes.n;
    size_t count = message->n_unknown_fields;
    ProtobufCBinaryData kept;
    pl_code code;

    if (count == list_room(fields, count)) {
        size_t more = 1 + count_run(next, end, number, wire);
        fields = list_grow(d, fields, count, more, sizeof *fields);
        if (!fields)
            return PL_RESOURCE_EXHAUSTED;
        message->unknown_fields = fields;
    }
    code = put_bytes(d, &kept, bytes);
    if (code != PL_OK)
        return code;
    fields[count] = (ProtobufCMessageUnknownField){number, (ProtobufCWireType)wire, kept.len,
                                                   kept.data};
    message->n_unknown_fields++;
    return PL_OK;
}

/* ---- messages ---- */

static pl_code decode_fields(decoder *d, place *at, const uint8_t *p, const uint8_t *end) {
    unsigned next = 0;

    while (p < end) {
        const uint8_t *start;
        content given;
        uint64_t tag;
        uint32_t number;
        pl_code code;

        start = read_varint(p, end, &tag);
        number = (uint32_t)(tag >> 3);
        if (!start || tag > UINT32_MAX || !number)
            return refuse_whole(d, at, MALFORMED);
        given.wire = (pl_wire_type)(tag & 7);
        at->field = find_field(at->message->descriptor, number, &next);
        if (given.wire == PL_WIRE_GROUP)
            return refuse_whole(d, at, "holds a group, which Protobuf has given up");
        p = read_content(start, end, &given);
        if (!p)
            return refuse_whole(d, at, MALFORMED);
        if (!at->field)
            code = keep_unknown(d, at->message, number, given.wire,
                                pl_str_make((const char *)start, (size_t)(p - start)), end);
        else if (at->field->label == PROTOBUF_C_LABEL_REPEATED)
            code = decode_repeated(d, at, &given, p, end);
        else
            code = decode_single(d, at, &given);
        if (code != PL_OK)
            return code;
    }
    return PL_OK;
}

static pl_code decode_message(decoder *d, const place *outer, ProtobufCMessage *message,
                              pl_str bytes) {
    const uint8_t *p = (const uint8_t *)(bytes.n ? bytes.p : "");
    place at = {outer, message, NULL};
    pl_code code;

    if (d->depth == PL_MESSAGE_DEPTH_MAX)
        return refuse(d, &at, "is nested more than " QUOTED(PL_MESSAGE_DEPTH_MAX) " deep");
    d->depth++;
    code = decode_fields(d, &at, p, p + bytes.n);
    d->depth--;
    return code;
}

pl_code pl_message_unpack(const ProtobufCMessageDescriptor *type, pl_str bytes, pl_arena *arena,
                          pl_violations *violations, ProtobufCMessage **out_message,
                          pl_error *err) {
    decoder d = {arena, violations, err, 0};
    ProtobufCMessage *message = new_message(&d, type);
    pl_code code = message ? decode_message(&d, NULL, message, bytes) : PL_RESOURCE_EXHAUSTED;

    if (code == PL_RESOURCE_EXHAUSTED)
        return pl_error_set(err, code,
                            "%s: %zu bytes unpack to more than the call's memory (%zu bytes)",
                            type->name, bytes.n, arena->budget);
    if (code == PL_OK)
        *out_message = message;
    return code;
}
