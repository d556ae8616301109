#include "status.h"

#include <stdio.h>

#include "parley/base/clock.h"
#include "parley/schema/wire.h"

#define TYPE_PREFIX      "type.googleapis.com/google.rpc."
#define TYPE_ERROR_INFO  TYPE_PREFIX "ErrorInfo"
#define TYPE_BAD_REQUEST TYPE_PREFIX "BadRequest"
#define TYPE_RETRY_INFO  TYPE_PREFIX "RetryInfo"

/* Longest time to wait that is believed. */
#define RETRY_AFTER_MAX_S 86400

enum {
    STATUS_CODE = 1,
    STATUS_MESSAGE = 2,
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

bool pl_status_has_details(const pl_error *err, const pl_violations *violations) {
    return err->reason[0] || err->retry_after_ms > 0 || (violations && violations->kept);
}

static void put_number(pl_buf *out, uint32_t field, uint64_t value) {
    pl_wire_put_tag(out, field, PL_WIRE_VARINT);
    pl_wire_put_varint(out, value);
}

static void put_any(pl_buf *out, const char *type, const pl_buf *value) {
    pl_buf any = pl_buf_make(PL_STATUS_DETAILS_MAX);

    pl_wire_put_bytes(&any, ANY_TYPE_URL, pl_str_c(type));
    pl_wire_put_bytes(&any, ANY_VALUE, pl_buf_view(value));
    if (!any.failed && !value->failed)
        pl_wire_put_bytes(out, STATUS_DETAILS, pl_buf_view(&any));
    pl_buf_done(&any);
}

bool pl_status_put_detail(const char *type, pl_str message, pl_buf *out) {
    pl_buf url = pl_buf_make(PL_STATUS_DETAILS_MAX), value = pl_buf_make(PL_STATUS_DETAILS_MAX);
    size_t before = out->n;

    pl_buf_printf(&url, "type.googleapis.com/%s", type);
    pl_buf_str(&value, message);
    put_any(out, url.p, &value);
    pl_buf_done(&url);
    pl_buf_done(&value);
    return out->n > before && !out->failed;
}

bool pl_status_put_metadata(pl_str key, pl_str value, pl_buf *out) {
    pl_buf entry = pl_buf_make(PL_STATUS_DETAILS_MAX);
    bool put = pl_wire_put_bytes(&entry, MAP_KEY, key) &&
               pl_wire_put_bytes(&entry, MAP_VALUE, value) &&
               pl_wire_put_bytes(out, ERROR_INFO_METADATA, pl_buf_view(&entry));

    pl_buf_done(&entry);
    return put;
}

static void put_error_info(pl_buf *out, const pl_error *err, pl_str metadata) {
    pl_buf info = pl_buf_make(PL_STATUS_DETAILS_MAX);

    pl_wire_put_bytes(&info, ERROR_INFO_REASON, pl_str_c(err->reason));
    pl_wire_put_bytes(&info, ERROR_INFO_DOMAIN, pl_str_c(err->domain));
    pl_buf_str(&info, metadata);
    put_any(out, TYPE_ERROR_INFO, &info);
    pl_buf_done(&info);
}

static void put_retry_info(pl_buf *out, int64_t retry_after_ms) {
    pl_buf delay = pl_buf_make(64);
    pl_buf info = pl_buf_make(64);

    put_number(&delay, DURATION_SECONDS, (uint64_t)(retry_after_ms / 1000));
    put_number(&delay, DURATION_NANOS, (uint64_t)(retry_after_ms % 1000 * PL_NS_PER_MS));
    pl_wire_put_bytes(&info, RETRY_INFO_DELAY, pl_buf_view(&delay));
    put_any(out, TYPE_RETRY_INFO, &info);
    pl_buf_done(&delay);
    pl_buf_done(&info);
}

static void put_bad_request(pl_buf *out, const pl_violations *violations) {
    /* Half of the room: message, reason and retry always fit beside it. */
    pl_buf list = pl_buf_make(PL_STATUS_DETAILS_MAX / 2);
    pl_buf one = pl_buf_make(PL_STATUS_DETAILS_MAX);

    for (size_t i = 0; i < violations->kept; i++) {
        pl_buf_clear(&one);
        pl_wire_put_bytes(&one, VIOLATION_FIELD, pl_str_c(violations->items[i].field));
        pl_wire_put_bytes(&one, VIOLATION_DESCRIPTION, pl_str_c(violations->items[i].description));
        /* Tag and length take at most six bytes. */
        if (one.failed || list.n + one.n + 6 > list.max)
            break;
        pl_wire_put_bytes(&list, BAD_REQUEST_VIOLATIONS, pl_buf_view(&one));
    }
    put_any(out, TYPE_BAD_REQUEST, &list);
    pl_buf_done(&one);
    pl_buf_done(&list);
}

void pl_status_encode(const pl_error *err, pl_str metadata, const pl_violations *violations,
                      pl_buf *out) {
    put_number(out, STATUS_CODE, (uint64_t)err->code);
    pl_wire_put_bytes(out, STATUS_MESSAGE, pl_str_c(err->message));
    if (err->reason[0])
        put_error_info(out, err, metadata);
    if (err->retry_after_ms > 0)
        put_retry_info(out, err->retry_after_ms);
    if (violations && violations->kept)
        put_bad_request(out, violations);
}

/* ---- reading ---- */

static pl_str find_bytes(pl_str message, uint32_t number) {
    pl_str none = {NULL, 0};
    pl_wire_field field;

    return pl_wire_find(message, number, &field) && field.type == PL_WIRE_BYTES ? field.bytes
                                                                                : none;
}

static uint64_t find_number(pl_str message, uint32_t number) {
    pl_wire_field field;

    return pl_wire_find(message, number, &field) && field.type == PL_WIRE_VARINT ? field.value : 0;
}

static void copy_text(char *to, size_t size, pl_str from) {
    if (!pl_utf8_valid(from) || (from.n && memchr(from.p, 0, from.n)))
        return;
    from = pl_utf8_cut(from, size - 1);
    snprintf(to, size, "%.*s", PL_FMT(from));
}

bool pl_status_has_metadata(pl_str metadata, pl_str key) {
    pl_wire_reader reader = pl_wire_reader_make(metadata);
    pl_wire_field field;

    while (pl_wire_next(&reader, &field)) {
        if (pl_str_eq(find_bytes(field.bytes, MAP_KEY), key))
            return true;
    }
    return false;
}

static void read_retry_info(pl_str info, pl_error *err) {
    pl_str delay = find_bytes(info, RETRY_INFO_DELAY);
    uint64_t seconds = find_number(delay, DURATION_SECONDS);
    uint64_t nanos = find_number(delay, DURATION_NANOS);

    if (seconds <= RETRY_AFTER_MAX_S && nanos < (uint64_t)PL_NS_PER_S)
        err->retry_after_ms = (int64_t)(seconds * 1000 + nanos / (uint64_t)PL_NS_PER_MS);
}

static void read_bad_request(pl_str request, pl_violations *violations) {
    pl_wire_reader reader = pl_wire_reader_make(request);
    pl_wire_field field;

    while (pl_wire_next(&reader, &field)) {
        char path[PL_VIOLATION_PATH_MAX] = "", text[PL_VIOLATION_TEXT_MAX] = "";
        if (field.number != BAD_REQUEST_VIOLATIONS || field.type != PL_WIRE_BYTES)
            continue;
        copy_text(path, sizeof path, find_bytes(field.bytes, VIOLATION_FIELD));
        copy_text(text, sizeof text, find_bytes(field.bytes, VIOLATION_DESCRIPTION));
        pl_violations_add(violations, path, "%s", text);
    }
}

void pl_status_decode(pl_str bytes, pl_error *err, pl_violations *violations) {
    pl_wire_reader reader = pl_wire_reader_make(bytes);
    pl_wire_field field;

    while (pl_wire_next(&reader, &field)) {
        pl_str type, value;
        if (field.number != STATUS_DETAILS || field.type != PL_WIRE_BYTES)
            continue;
        type = find_bytes(field.bytes, ANY_TYPE_URL);
        value = find_bytes(field.bytes, ANY_VALUE);
        if (pl_str_eqc(type, TYPE_ERROR_INFO)) {
            copy_text(err->reason, sizeof err->reason, find_bytes(value, ERROR_INFO_REASON));
            copy_text(err->domain, sizeof err->domain, find_bytes(value, ERROR_INFO_DOMAIN));
        } else if (pl_str_eqc(type, TYPE_RETRY_INFO)) {
            read_retry_info(value, err);
        } else if (pl_str_eqc(type, TYPE_BAD_REQUEST) && violations) {
            read_bad_request(value, violations);
        }
    }
}
