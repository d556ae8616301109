#include "options.h"

/* The content of a length-delimited field, without the length before it. */
static pl_str content(const ProtobufCMessageUnknownField *field) {
    size_t skip = 0;
    while (skip < field->len && (field->data[skip] & 0x80))
        skip++;
    skip++;
    if (field->wire_type != PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED || skip > field->len)
        return pl_str_make(NULL, 0);
    return pl_str_make((const char *)field->data + skip, field->len - skip);
}

static size_t pieces(const ProtobufCMessage *options, uint32_t tag) {
    size_t n = 0;
    for (unsigned i = 0; options && i < options->n_unknown_fields; i++)
        n += options->unknown_fields[i].tag == tag;
    return n;
}

static pl_code unpack(pl_arena *arena, pl_str bytes, const ProtobufCMessageDescriptor *type,
                      const void **out_message, pl_error *err) {
    ProtobufCAllocator allocator = pl_plugin_allocator(arena);
    static const uint8_t NOTHING[1];
    const uint8_t *data = bytes.p ? (const uint8_t *)bytes.p : NOTHING;
    const void *message = protobuf_c_message_unpack(type, &allocator, bytes.n, data);
    if (!message)
        return pl_error_set(err, PL_INVALID_ARGUMENT, "an option of type %s cannot be read",
                            type->name);
    *out_message = message;
    return PL_OK;
}

pl_code pl_option_message(pl_arena *arena, const ProtobufCMessage *options, uint32_t tag,
                          const ProtobufCMessageDescriptor *type, const void **out_message,
                          pl_error *err) {
    if (pieces(options, tag) == 0) {
        *out_message = NULL;
        return PL_OK;
    }
    size_t size = 0;
    for (unsigned i = 0; i < options->n_unknown_fields; i++)
        size += options->unknown_fields[i].len;
    char *bytes = pl_arena_alloc(arena, size);
    size_t n = 0;
    if (!bytes)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "out of memory");
    for (unsigned i = 0; i < options->n_unknown_fields; i++) {
        if (options->unknown_fields[i].tag != tag)
            continue;
        pl_str piece = content(&options->unknown_fields[i]);
        if (piece.n)
            memcpy(bytes + n, piece.p, piece.n);
        n += piece.n;
    }
    return unpack(arena, pl_str_make(bytes, n), type, out_message, err);
}

pl_code pl_option_messages(pl_arena *arena, const ProtobufCMessage *options, uint32_t tag,
                           const ProtobufCMessageDescriptor *type, const void ***out_messages,
                           size_t *out_count, pl_error *err) {
    size_t n = pieces(options, tag), k = 0;
    const void **messages = pl_arena_calloc(arena, n + 1, sizeof(*messages));
    if (!messages)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "out of memory");
    for (unsigned i = 0; n && i < options->n_unknown_fields; i++) {
        if (options->unknown_fields[i].tag != tag)
            continue;
        pl_code code = unpack(arena, content(&options->unknown_fields[i]), type, &messages[k++],
                              err);
        if (code)
            return code;
    }
    *out_messages = messages;
    *out_count = n;
    return PL_OK;
}

pl_code pl_option_string(pl_arena *arena, const ProtobufCMessage *options, uint32_t tag,
                         const char **out_text, pl_error *err) {
    const char *text = NULL;
    for (unsigned i = 0; options && i < options->n_unknown_fields; i++) {
        if (options->unknown_fields[i].tag != tag)
            continue;
        text = pl_arena_cstr(arena, content(&options->unknown_fields[i]));
        if (!text)
            return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "out of memory");
    }
    *out_text = text;
    return PL_OK;
}
