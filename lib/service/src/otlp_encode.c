/* ExportTraceServiceRequest, written by hand: the few fields of opentelemetry-proto's
 * trace.proto, common.proto and resource.proto that a span of ours has. */
#include <string.h>

#include "otlp.h"

enum wire { VARINT = 0, FIXED64 = 1, BYTES = 2, FIXED32 = 5 };
/* Bytes of the longest attribute list of a span. */
enum { SPAN_MAX = 1024, PART_MAX = 512 };

/* Field numbers. */
enum { REQUEST_RESOURCE_SPANS = 1 };
enum { RESOURCE_SPANS_RESOURCE = 1, RESOURCE_SPANS_SCOPE_SPANS = 2 };
enum { RESOURCE_ATTRIBUTES = 1 };
enum { SCOPE_SPANS_SCOPE = 1, SCOPE_SPANS_SPANS = 2 };
enum { SCOPE_NAME = 1 };
enum { KEY_VALUE_KEY = 1, KEY_VALUE_VALUE = 2 };
enum { ANY_STRING = 1, ANY_INT = 3 };
enum {
    SPAN_TRACE_ID = 1,
    SPAN_SPAN_ID = 2,
    SPAN_PARENT = 4,
    SPAN_NAME = 5,
    SPAN_KIND = 6,
    SPAN_START = 7,
    SPAN_END = 8,
    SPAN_ATTRIBUTES = 9,
    SPAN_STATUS = 15,
    SPAN_FLAGS = 16,
};
enum { STATUS_MESSAGE = 2, STATUS_CODE = 3 };
enum { STATUS_CODE_ERROR = 2, TRACE_FLAG_SAMPLED = 1 };

static void put_varint(pl_buf *out, uint64_t value) {
    while (value >= 0x80) {
        pl_buf_putc(out, (char)(value | 0x80));
        value >>= 7;
    }
    pl_buf_putc(out, (char)value);
}

static void put_tag(pl_buf *out, unsigned field, enum wire wire) {
    put_varint(out, field << 3 | wire);
}

static void put_number(pl_buf *out, unsigned field, uint64_t value) {
    put_tag(out, field, VARINT);
    put_varint(out, value);
}

static void put_fixed(pl_buf *out, unsigned field, enum wire wire, uint64_t value) {
    put_tag(out, field, wire);
    for (unsigned i = 0; i < (wire == FIXED64 ? 8u : 4u); i++)
        pl_buf_putc(out, (char)(value >> (8 * i)));
}

static void put_bytes(pl_buf *out, unsigned field, pl_str bytes) {
    put_tag(out, field, BYTES);
    put_varint(out, bytes.n);
    pl_buf_str(out, bytes);
}

static void put_text(pl_buf *out, unsigned field, const char *text) {
    if (*text)
        put_bytes(out, field, pl_str_c(text));
}

/* PART as a message in FIELD; ends PART. */
static void put_part(pl_buf *out, unsigned field, pl_buf *part) {
    if (part->failed)
        out->failed = true;
    else
        put_bytes(out, field, pl_buf_view(part));
    pl_buf_done(part);
}

static void put_attribute(pl_buf *out, unsigned field, const char *key, const char *text,
                          int64_t number) {
    pl_buf value = pl_buf_make(PART_MAX), pair = pl_buf_make(PART_MAX);
    if (text)
        put_bytes(&value, ANY_STRING, pl_str_c(text));
    else
        put_number(&value, ANY_INT, (uint64_t)number);
    put_text(&pair, KEY_VALUE_KEY, key);
    put_part(&pair, KEY_VALUE_VALUE, &value);
    put_part(out, field, &pair);
}

static unsigned digit(char c) {
    return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

static void put_id(pl_buf *out, unsigned field, const char *hex, size_t digits) {
    char bytes[PL_TRACE_ID_LENGTH / 2];
    for (size_t i = 0; i < digits / 2; i++)
        bytes[i] = (char)(digit(hex[2 * i]) << 4 | digit(hex[2 * i + 1]));
    put_bytes(out, field, pl_str_make(bytes, digits / 2));
}

/* By OpenTelemetry's semantic conventions for RPC and messaging. */
static void put_attributes(pl_buf *out, const pl_otlp_record *r) {
    bool message = r->kind == PL_SPAN_PRODUCER || r->kind == PL_SPAN_CONSUMER;
    if (message) {
        put_attribute(out, SPAN_ATTRIBUTES, "messaging.system", "parley", 0);
        put_attribute(out, SPAN_ATTRIBUTES, "messaging.destination.name", r->peer, 0);
    } else if (r->name[0] == '/') {
        put_attribute(out, SPAN_ATTRIBUTES, "rpc.system", "grpc", 0);
        put_attribute(out, SPAN_ATTRIBUTES, "rpc.grpc.status_code", NULL, r->code);
    }
    if (r->kind == PL_SPAN_CLIENT)
        put_attribute(out, SPAN_ATTRIBUTES, "peer.service", r->peer, 0);
}

static void put_span(pl_buf *out, const pl_otlp_record *r) {
    static const unsigned kinds[] = {
        [PL_SPAN_SERVER] = 2, [PL_SPAN_CLIENT] = 3, [PL_SPAN_PRODUCER] = 4, [PL_SPAN_CONSUMER] = 5};
    pl_buf span = pl_buf_make(SPAN_MAX), status = pl_buf_make(PART_MAX);
    uint64_t start = (uint64_t)r->start_us * 1000;
    put_id(&span, SPAN_TRACE_ID, r->trace_id, PL_TRACE_ID_LENGTH);
    put_id(&span, SPAN_SPAN_ID, r->span_id, PL_SPAN_ID_LENGTH);
    if (r->parent[0])
        put_id(&span, SPAN_PARENT, r->parent, PL_SPAN_ID_LENGTH);
    put_text(&span, SPAN_NAME, r->name + (r->name[0] == '/'));
    put_number(&span, SPAN_KIND, kinds[r->kind]);
    put_fixed(&span, SPAN_START, FIXED64, start);
    put_fixed(&span, SPAN_END, FIXED64, start + (uint64_t)r->duration_ns);
    put_attributes(&span, r);
    if (r->code) {
        put_text(&status, STATUS_MESSAGE, r->error);
        put_number(&status, STATUS_CODE, STATUS_CODE_ERROR);
        put_part(&span, SPAN_STATUS, &status);
    }
    put_fixed(&span, SPAN_FLAGS, FIXED32, TRACE_FLAG_SAMPLED);
    put_part(out, SCOPE_SPANS_SPANS, &span);
}

static void put_resource(pl_buf *out, const pl_otlp_opts *opts) {
    pl_buf resource = pl_buf_make(SPAN_MAX);
    put_attribute(&resource, RESOURCE_ATTRIBUTES, "service.name", opts->service, 0);
    put_attribute(&resource, RESOURCE_ATTRIBUTES, "service.version", opts->version, 0);
    put_attribute(&resource, RESOURCE_ATTRIBUTES, "service.instance.id", opts->instance, 0);
    put_part(out, RESOURCE_SPANS_RESOURCE, &resource);
}

void pl_otlp_encode(const pl_otlp_opts *opts, const pl_otlp_record *records, size_t count,
                    pl_buf *out) {
    pl_buf all = pl_buf_make(PL_OTLP_BATCH_MAX), spans = pl_buf_make(PL_OTLP_BATCH_MAX);
    pl_buf scope = pl_buf_make(PART_MAX);
    put_text(&scope, SCOPE_NAME, "parley");
    put_part(&spans, SCOPE_SPANS_SCOPE, &scope);
    for (size_t i = 0; i < count; i++)
        put_span(&spans, &records[i]);
    put_resource(&all, opts);
    put_part(&all, RESOURCE_SPANS_SCOPE_SPANS, &spans);
    put_part(out, REQUEST_RESOURCE_SPANS, &all);
}

static void copy_text(char *out, size_t max, const char *text) {
    pl_str cut = pl_utf8_cut(pl_str_c(text), max);
    if (cut.n)
        memcpy(out, cut.p, cut.n);
    out[cut.n] = '\0';
}

void pl_otlp_record_of(const pl_span *span, pl_otlp_record *out) {
    memcpy(out->trace_id, pl_trace_id(span->trace).p, sizeof out->trace_id);
    memcpy(out->span_id, pl_trace_span_id(span->trace).p, sizeof out->span_id);
    memcpy(out->parent, span->trace->parent, sizeof out->parent);
    out->kind = span->kind;
    out->code = span->code;
    out->start_us = span->start_us;
    out->duration_ns = span->duration_ns > 0 ? span->duration_ns : 0;
    copy_text(out->name, PL_OTLP_NAME_MAX, span->name);
    copy_text(out->peer, PL_OTLP_PEER_MAX, span->peer);
    copy_text(out->error, PL_OTLP_ERROR_MAX, span->error);
}
