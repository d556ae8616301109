/* Unpacking; see codec.h. */
#include "decode_internal.h"

#define MALFORMED    "is no well-formed Protobuf message"
#define QUOTE(text)  #text
#define QUOTED(name) QUOTE(name)

PL_COLD static pl_code refuse_whole(decoder *d, place *at, const char *what) {
    at->field = NULL;
    return decode_refuse(d, at, what);
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

/* ---- values ---- */

/* ASCII without NUL, as most text is; eight bytes at once. */
static inline bool is_plain(pl_str text) {
    const uint64_t ones = UINT64_C(0x0101010101010101), tops = ones << 7;
    uint64_t word, bad = 0;
    size_t i = 0;

    /* Below 0x80, subtracting one reaches the top bit of a NUL only. */
    for (; i + sizeof word < text.n; i += sizeof word) {
        memcpy(&word, text.p + i, sizeof word);
        bad |= (word - ones) | word;
    }
    word = ones;
    if (text.n >= sizeof word)
        memcpy(&word, text.p + text.n - sizeof word, sizeof word);
    else if (text.n)
        memcpy(&word, text.p, text.n);
    return !((bad | (word - ones) | word) & tops);
}

static pl_code put_text(decoder *d, const place *at, void *member, pl_str text) {
    char *copy;

    if (!is_plain(text)) {
        if (memchr(text.p, 0, text.n))
            return decode_refuse(d, at, "holds a NUL character");
        if (!pl_utf8_valid(text))
            return decode_refuse(d, at, "is not UTF-8");
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

PL_COLD static pl_code refuse_wire_type(decoder *d, const place *at) {
    return decode_refuse(d, at, "has a wire type that is not that of the field");
}

static inline pl_code decode_single(decoder *d, const place *at, const content *given) {
    const ProtobufCFieldDescriptor *field = at->field;
    char *member = (char *)at->message + field->offset;

    if (given->wire != field_shapes[field->type].wire)
        return refuse_wire_type(d, at);
    if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) {
        uint32_t *which = quantifier_of(at);
        /* What another one left there is no message to merge with. */
        if (*which != field->id && field->type == PROTOBUF_C_TYPE_MESSAGE)
            memset(member, 0, sizeof(ProtobufCMessage *));
        *which = field->id;
    } else if (field->quantifier_offset) {
        *(protobuf_c_boolean *)quantifier_of(at) = 1;
    }
    return put_value(d, at, member, given);
}

/* One value of a list; P is what follows it. */
static pl_code decode_item(decoder *d, const place *at, char **items, const content *given,
                           const uint8_t *p, const uint8_t *end) {
    size_t size = field_shapes[at->field->type].size, *count = quantifier_of(at);
    pl_code code;

    if (*count == list_room(*items, *count)) {
        size_t more = 1 + decode_count_run(p, end, at->field->id, given->wire);
        *items = decode_list_grow(d, *items, *count, more, size);
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
        size_t more = 1 + decode_count_run(next, end, number, wire);
        fields = decode_list_grow(d, fields, count, more, sizeof *fields);
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
        return decode_refuse(d, &at, "is nested more than " QUOTED(PL_MESSAGE_DEPTH_MAX) " deep");
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
