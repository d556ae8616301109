#include "envelope.h"

#include <pb_decode.h>
#include <pb_encode.h>

/* The numbers of the fields in proto/parley/event/v1/envelope.proto. */
enum field {
    FIELD_ID = 1,
    FIELD_SOURCE,
    FIELD_TYPE,
    FIELD_SUBJECT,
    FIELD_VERSION,
    FIELD_TIME_US,
    FIELD_CORRELATION_ID,
    FIELD_CAUSATION_ID,
    FIELD_TRACEPARENT,
    FIELD_SCHEMA_HASH,
    FIELD_PAYLOAD,
    FIELD_TRACESTATE,
};

/* The length-delimited fields and their limits in bytes. */
typedef struct text_field {
    enum field number;
    const char *name;
    size_t offset;
    size_t min;
    size_t max;
    bool utf8;
} text_field;

#define TEXT(number, member, min, max, utf8)                                                       \
    { number, #member, offsetof(pl_envelope, member), min, max, utf8 }
static const text_field text_fields[] = {
    TEXT(FIELD_ID, id, PL_EVENT_ID_SIZE, PL_EVENT_ID_SIZE, false),
    TEXT(FIELD_SOURCE, source, 1, PL_EVENT_SOURCE_MAX, true),
    TEXT(FIELD_TYPE, type, 1, PL_EVENT_TYPE_MAX, true),
    TEXT(FIELD_SUBJECT, subject, 0, PL_EVENT_SUBJECT_MAX, true),
    TEXT(FIELD_CORRELATION_ID, correlation_id, 0, PL_EVENT_CORRELATION_MAX, true),
    TEXT(FIELD_CAUSATION_ID, causation_id, 0, PL_EVENT_ID_SIZE, false),
    TEXT(FIELD_TRACEPARENT, traceparent, 0, PL_EVENT_TRACEPARENT_MAX, true),
    TEXT(FIELD_PAYLOAD, payload, 0, PL_EVENT_PAYLOAD_MAX, false),
    TEXT(FIELD_TRACESTATE, tracestate, 0, PL_EVENT_TRACESTATE_MAX, true),
};
#undef TEXT

static const pl_str *text_get(const pl_envelope *envelope, const text_field *field) {
    return (const pl_str *)(const void *)((const char *)envelope + field->offset);
}

static pl_code check(const pl_envelope *envelope, pl_code code, pl_error *err) {
    for (size_t i = 0; i < PL_COUNT(text_fields); i++) {
        const text_field *field = &text_fields[i];
        pl_str text = *text_get(envelope, field);
        if (text.n < field->min || text.n > field->max)
            return pl_error_set(err, code, "envelope: %s: %zu bytes, expected %zu to %zu",
                                field->name, text.n, field->min, field->max);
        if (field->utf8 && (!pl_utf8_valid(text) || (text.n && memchr(text.p, 0, text.n))))
            return pl_error_set(err, code, "envelope: %s: not UTF-8", field->name);
    }
    if (envelope->causation_id.n != 0 && envelope->causation_id.n != PL_EVENT_ID_SIZE)
        return pl_error_set(err, code, "envelope: causation_id: %zu bytes, expected 0 or %d",
                            envelope->causation_id.n, PL_EVENT_ID_SIZE);
    if (envelope->version < 0)
        return pl_error_set(err, code, "envelope: version: %lld, expected 0 or more",
                            (long long)envelope->version);
    return PL_OK;
}

static bool write_to_buf(pb_ostream_t *stream, const pb_byte_t *bytes, size_t count) {
    return pl_buf_append(stream->state, bytes, count);
}

static bool put_text(pb_ostream_t *stream, const pl_envelope *envelope, enum field number) {
    for (size_t i = 0; i < PL_COUNT(text_fields); i++) {
        if (text_fields[i].number != number)
            continue;
        pl_str text = *text_get(envelope, &text_fields[i]);
        return text.n == 0 || (pb_encode_tag(stream, PB_WT_STRING, number) &&
                               pb_encode_string(stream, (const pb_byte_t *)text.p, text.n));
    }
    return false;
}

static bool put_number(pb_ostream_t *stream, enum field number, int64_t value) {
    return value == 0 || (pb_encode_tag(stream, PB_WT_VARINT, number) &&
                          pb_encode_varint(stream, (uint64_t)value));
}

pl_code pl_envelope_encode(const pl_envelope *envelope, pl_buf *out, pl_error *err) {
    pl_code code = check(envelope, PL_INVALID_ARGUMENT, err);
    if (code)
        return code;
    pb_ostream_t stream = {.callback = write_to_buf, .state = out, .max_size = SIZE_MAX};
    bool ok =
        put_text(&stream, envelope, FIELD_ID) && put_text(&stream, envelope, FIELD_SOURCE) &&
        put_text(&stream, envelope, FIELD_TYPE) && put_text(&stream, envelope, FIELD_SUBJECT) &&
        put_number(&stream, FIELD_VERSION, envelope->version) &&
        put_number(&stream, FIELD_TIME_US, envelope->time_us) &&
        put_text(&stream, envelope, FIELD_CORRELATION_ID) &&
        put_text(&stream, envelope, FIELD_CAUSATION_ID) &&
        put_text(&stream, envelope, FIELD_TRACEPARENT) &&
        (envelope->schema_hash == 0 || (pb_encode_tag(&stream, PB_WT_64BIT, FIELD_SCHEMA_HASH) &&
                                        pb_encode_fixed64(&stream, &envelope->schema_hash))) &&
        put_text(&stream, envelope, FIELD_PAYLOAD) && put_text(&stream, envelope, FIELD_TRACESTATE);
    if (!ok)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "envelope: no memory");
    return PL_OK;
}

/* Reads a length-delimited field as a view of the bytes it stands in. */
static bool get_text(pb_istream_t *stream, pl_str bytes, pl_str *out) {
    uint64_t size = 0;
    if (!pb_decode_varint(stream, &size) || size > stream->bytes_left)
        return false;
    *out = pl_str_make(bytes.p + (bytes.n - stream->bytes_left), (size_t)size);
    return pb_read(stream, NULL, (size_t)size);
}

static bool get_number(pb_istream_t *stream, int64_t *out) {
    uint64_t value = 0;
    if (!pb_decode_varint(stream, &value))
        return false;
    *out = (int64_t)value;
    return true;
}

static bool get_field(pb_istream_t *stream, pb_wire_type_t type, uint32_t number, pl_str bytes,
                      pl_envelope *out) {
    if (type == PB_WT_STRING)
        for (size_t i = 0; i < PL_COUNT(text_fields); i++)
            if (text_fields[i].number == number)
                return get_text(stream, bytes,
                                (pl_str *)(void *)((char *)out + text_fields[i].offset));
    if (type == PB_WT_VARINT && number == FIELD_VERSION)
        return get_number(stream, &out->version);
    if (type == PB_WT_VARINT && number == FIELD_TIME_US)
        return get_number(stream, &out->time_us);
    if (type == PB_WT_64BIT && number == FIELD_SCHEMA_HASH)
        return pb_decode_fixed64(stream, &out->schema_hash);
    return pb_skip_field(stream, type);
}

pl_code pl_envelope_decode(pl_str bytes, pl_envelope *out, pl_error *err) {
    pl_envelope envelope = {.version = 0};
    pb_istream_t stream = pb_istream_from_buffer((const pb_byte_t *)bytes.p, bytes.n);
    while (stream.bytes_left > 0) {
        pb_wire_type_t type;
        uint32_t number = 0;
        bool eof = false;
        if (!pb_decode_tag(&stream, &type, &number, &eof)) {
            if (eof)
                break;
            return pl_error_set(err, PL_DATA_LOSS, "envelope: malformed at byte %zu",
                                bytes.n - stream.bytes_left);
        }
        if (number == 0 || !get_field(&stream, type, number, bytes, &envelope))
            return pl_error_set(err, PL_DATA_LOSS, "envelope: field %u malformed", number);
    }
    pl_code code = check(&envelope, PL_DATA_LOSS, err);
    if (code)
        return code;
    *out = envelope;
    return PL_OK;
}

void pl_envelope_trace(const pl_envelope *envelope, pl_trace *out) {
    const uint8_t *id = (const uint8_t *)envelope->id.p;
    char span[PL_SPAN_ID_LENGTH];
    pl_hex(id + PL_EVENT_ID_SIZE - PL_SPAN_ID_LENGTH / 2, PL_SPAN_ID_LENGTH / 2, span);
    pl_trace_begin_as(out, envelope->traceparent, span);
    if (!out->parent[0])
        pl_hex(id, PL_EVENT_ID_SIZE, out->traceparent + PL_TRACE_ID_AT);
}

void pl_envelope_meta(const pl_envelope *envelope, pl_event_pos at, pl_event_meta *out) {
    *out = (pl_event_meta){
        .source = envelope->source,
        .type = envelope->type,
        .subject = envelope->subject,
        .version = envelope->version,
        .time_us = envelope->time_us,
        .correlation_id = envelope->correlation_id,
        .has_causation = envelope->causation_id.n == PL_EVENT_ID_SIZE,
        .traceparent = envelope->traceparent,
        .tracestate = envelope->tracestate,
        .schema_hash = envelope->schema_hash,
        .gen = at.gen,
        .pos = at.pos,
    };
    memcpy(out->id, envelope->id.p, PL_EVENT_ID_SIZE);
    if (out->has_causation)
        memcpy(out->causation_id, envelope->causation_id.p, PL_EVENT_ID_SIZE);
}
