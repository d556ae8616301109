#include "details.h"

#include <stdint.h>

#include "parley/json/base64.h"
#include "parley/schema/wire.h"

/* Field numbers of google/rpc/status.proto, error_details.proto and the well-known
 * types they use. */
enum {
    STATUS_DETAILS = 3,
    ANY_TYPE_URL = 1,
    ANY_VALUE = 2,
    ERROR_INFO_REASON = 1,
    ERROR_INFO_DOMAIN = 2,
    ERROR_INFO_METADATA = 3,
    MAP_KEY = 1,
    MAP_VALUE = 2,
    BAD_REQUEST_VIOLATIONS = 1,
    VIOLATION_FIELD = 1,
    VIOLATION_DESCRIPTION = 2,
    RETRY_INFO_DELAY = 1,
    DURATION_SECONDS = 1,
    DURATION_NANOS = 2
};

/* Bytes of a field path with JSON names; a longer one is shown as it came. */
enum { SHOWN_PATH_MAX = 1024 };

static pl_str text_of(pl_str message, uint32_t number) {
    pl_wire_field field;
    bool found = pl_wire_find(message, number, &field) && field.type == PL_WIRE_BYTES;
    return found ? field.bytes : pl_str_make(NULL, 0);
}

static int64_t int_of(pl_str message, uint32_t number) {
    pl_wire_field field;
    bool found = pl_wire_find(message, number, &field) && field.type == PL_WIRE_VARINT;
    return found ? (int64_t)field.value : 0;
}

static void write_error_info(pl_str value, pl_buf *out) {
    pl_buf_puts(out, ",\"reason\":");
    pl_buf_json(out, text_of(value, ERROR_INFO_REASON));
    pl_buf_puts(out, ",\"domain\":");
    pl_buf_json(out, text_of(value, ERROR_INFO_DOMAIN));
    pl_wire_reader reader = pl_wire_reader_make(value);
    pl_wire_field field;
    const char *before = ",\"metadata\":{";
    while (pl_wire_next(&reader, &field)) {
        if (field.number != ERROR_INFO_METADATA || field.type != PL_WIRE_BYTES)
            continue;
        pl_buf_puts(out, before);
        pl_buf_json(out, text_of(field.bytes, MAP_KEY));
        pl_buf_putc(out, ':');
        pl_buf_json(out, text_of(field.bytes, MAP_VALUE));
        before = ",";
    }
    if (before[1] == '\0')
        pl_buf_putc(out, '}');
}

/* What the paths of violations begin at. */
typedef struct names {
    const pl_message_type *request;
    const pl_field *body;
} names;

/* "items[2].unit_price" as "items[2].unitPrice"; from a step on that no field has, as it stands. */
static void write_path(pl_str path, const names *n, pl_buf *out) {
    pl_buf json = pl_buf_make(SHOWN_PATH_MAX);
    const pl_str given = path;
    const pl_message_type *type = n->request;
    pl_str step;
    bool first = true;
    if (n->body && n->body->message && pl_str_starts(path, n->body->name) &&
        path.n > n->body->name.n && path.p[n->body->name.n] == '.') {
        path = pl_str_make(path.p + n->body->name.n + 1, path.n - n->body->name.n - 1);
        type = n->body->message;
    }
    while (pl_str_split(&path, '.', &step)) {
        pl_str name = pl_str_make(step.p, pl_str_index(step, '['));
        const pl_field *field = type ? pl_message_field_by_name(type, name) : NULL;
        if (!first)
            pl_buf_putc(&json, '.');
        pl_buf_str(&json, field ? field->json_name : name);
        pl_buf_append(&json, step.p + name.n, step.n - name.n);
        type = field ? field->message : NULL;
        first = false;
    }
    pl_buf_json(out, json.failed ? given : pl_buf_view(&json));
    pl_buf_done(&json);
}

static void write_bad_request(pl_str value, const names *n, pl_buf *out) {
    pl_buf_puts(out, ",\"fieldViolations\":[");
    pl_wire_reader reader = pl_wire_reader_make(value);
    pl_wire_field field;
    const char *before = "{\"field\":";
    while (pl_wire_next(&reader, &field)) {
        if (field.number != BAD_REQUEST_VIOLATIONS || field.type != PL_WIRE_BYTES)
            continue;
        pl_buf_puts(out, before);
        write_path(text_of(field.bytes, VIOLATION_FIELD), n, out);
        pl_buf_puts(out, ",\"description\":");
        pl_buf_json(out, text_of(field.bytes, VIOLATION_DESCRIPTION));
        pl_buf_putc(out, '}');
        before = ",{\"field\":";
    }
    pl_buf_putc(out, ']');
}

static void write_retry_info(pl_str value, pl_buf *out, int64_t *out_retry_ms) {
    pl_str delay = text_of(value, RETRY_INFO_DELAY);
    int64_t seconds = int_of(delay, DURATION_SECONDS);
    int64_t nanos = int_of(delay, DURATION_NANOS);
    if (seconds < 0 || seconds > INT32_MAX || nanos < 0 || nanos > 999999999)
        return;
    pl_buf_printf(out, ",\"retryDelay\":\"%lld", (long long)seconds);
    if (nanos > 0)
        pl_buf_printf(out, ".%03lld", (long long)(nanos / 1000000));
    pl_buf_puts(out, "s\"");
    *out_retry_ms = seconds * 1000 + (nanos + 999999) / 1000000;
}

static void write_detail(pl_str any, const names *n, pl_buf *out, int64_t *out_retry_ms) {
    pl_str url = text_of(any, ANY_TYPE_URL);
    pl_str value = text_of(any, ANY_VALUE);
    pl_buf_puts(out, "{\"@type\":");
    pl_buf_json(out, url);
    pl_str name = url;
    for (size_t slash; (slash = pl_str_index(name, '/')) < name.n;)
        name = pl_str_make(name.p + slash + 1, name.n - slash - 1);
    if (pl_str_eqc(name, "google.rpc.ErrorInfo")) {
        write_error_info(value, out);
    } else if (pl_str_eqc(name, "google.rpc.BadRequest")) {
        write_bad_request(value, n, out);
    } else if (pl_str_eqc(name, "google.rpc.RetryInfo")) {
        write_retry_info(value, out, out_retry_ms);
    } else {
        pl_buf_puts(out, ",\"value\":\"");
        (void)pl_base64_encode(value, out);
        pl_buf_putc(out, '"');
    }
    pl_buf_putc(out, '}');
}

void rest_details_write(pl_str status, const pl_message_type *request, const pl_field *body,
                        pl_buf *out, int64_t *out_retry_ms) {
    const names n = {request, body};
    pl_wire_reader reader = pl_wire_reader_make(status);
    pl_wire_field field;
    bool first = true;
    while (pl_wire_next(&reader, &field)) {
        if (field.number != STATUS_DETAILS || field.type != PL_WIRE_BYTES)
            continue;
        if (!first)
            pl_buf_putc(out, ',');
        write_detail(field.bytes, &n, out, out_retry_ms);
        first = false;
    }
}
