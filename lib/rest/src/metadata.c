/* Headers that become metadata: an allow-list, so that nothing reaches a service by
 * accident, and nothing can claim an identity. */
#include "exchange.h"

/* Digits of grpc-timeout (its specification says at most 8). */
#define TIMEOUT_DIGITS_MAX 8
#define TRACEPARENT_LENGTH 55

static const struct {
    const char *name;
    bool once;    /* two different ones are refused */
    bool unquote; /* an entity tag without its quotes */
} allowed[] = {
    {"authorization", true, false},   {"accept-language", false, false},
    {"idempotency-key", true, false}, {"if-match", true, true},
    {"traceparent", false, false},
};

/* What gRPC may carry in a value that is not binary. */
static bool printable(pl_str value) {
    for (size_t i = 0; i < value.n; i++) {
        if (value.p[i] < 0x20 || value.p[i] > 0x7e)
            return false;
    }
    return true;
}

/* The form of W3C Trace Context: a wrong one is ignored, as it says, and so are
 * several. */
static bool trace_form(pl_str value) {
    if (value.n != TRACEPARENT_LENGTH)
        return false;
    for (size_t i = 0; i < value.n; i++) {
        char c = value.p[i];
        bool dash = i == 2 || i == 35 || i == 52;
        bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
        if (dash ? c != '-' : !hex)
            return false;
    }
    return true;
}

/* An empty tag keeps its quotes: it is one that nothing has, not none. */
static pl_str unquoted(pl_str tag) {
    if (tag.n > 2 && tag.p[0] == '"' && tag.p[tag.n - 1] == '"')
        return pl_str_make(tag.p + 1, tag.n - 2);
    return tag;
}

/* The value of header NAME; false where it is absent. */
static bool find_header(const pl_rest_request *request, pl_str name, pl_str *out_value,
                        bool *out_twice) {
    bool found = false;
    *out_twice = false;
    for (size_t i = 0; i < request->header_count; i++) {
        if (!pl_str_eq_nocase(request->headers[i].name, name))
            continue;
        if (!found)
            *out_value = request->headers[i].value;
        else if (!pl_str_eq(*out_value, request->headers[i].value))
            *out_twice = true;
        found = true;
    }
    return found;
}

pl_code rest_metadata(const pl_rest_request *request, pl_arena *arena, pl_rest_call *call,
                      int *out_status, pl_error *err) {
    pl_rest_pair *pairs = pl_arena_calloc(arena, PL_COUNT(allowed), sizeof *pairs);
    if (!pairs)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "the request does not fit its memory");
    size_t count = 0;
    size_t bytes = 0;
    for (size_t i = 0; i < PL_COUNT(allowed); i++) {
        pl_str name = pl_str_c(allowed[i].name);
        pl_str value = {NULL, 0};
        bool twice = false;
        if (!find_header(request, name, &value, &twice))
            continue;
        if (twice && allowed[i].once)
            return pl_error_set(err, PL_INVALID_ARGUMENT, "header %s: given twice",
                                allowed[i].name);
        if (allowed[i].unquote && pl_str_trim(value).n == 0)
            return pl_error_set(
                err, PL_INVALID_ARGUMENT,
                "header %s: expected an entity tag such as \"7\", or *, got nothing",
                allowed[i].name);
        if (!printable(value))
            return pl_error_set(err, PL_INVALID_ARGUMENT,
                                "header %s: expected printable ASCII characters", allowed[i].name);
        if (pl_str_eqc(name, "traceparent") && (twice || !trace_form(value)))
            continue;
        bytes += name.n + value.n;
        pairs[count++] = (pl_rest_pair){name, allowed[i].unquote ? unquoted(value) : value};
    }
    if (bytes > PL_REST_MAX_METADATA_BYTES) {
        *out_status = 431;
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED,
                            "the headers for the service have %zu bytes; at most %u are sent",
                            bytes, PL_REST_MAX_METADATA_BYTES);
    }
    call->metadata = pairs;
    call->metadata_count = count;
    return PL_OK;
}

pl_code rest_grpc_timeout(pl_str value, int64_t *out_ms) {
    if (value.n == 0)
        return PL_NOT_FOUND;
    int64_t number = 0;
    if (value.n < 2 || value.n > TIMEOUT_DIGITS_MAX + 1 || value.p[0] == '-' || value.p[0] == '+' ||
        !pl_str_i64(pl_str_make(value.p, value.n - 1), &number))
        return PL_INVALID_ARGUMENT;
    switch (value.p[value.n - 1]) {
    case 'H':
        *out_ms = number * 3600000;
        return PL_OK;
    case 'M':
        *out_ms = number * 60000;
        return PL_OK;
    case 'S':
        *out_ms = number * 1000;
        return PL_OK;
    case 'm':
        *out_ms = number;
        return PL_OK;
    case 'u':
        *out_ms = number / 1000;
        return PL_OK;
    case 'n':
        *out_ms = number / 1000000;
        return PL_OK;
    default:
        return PL_INVALID_ARGUMENT;
    }
}
