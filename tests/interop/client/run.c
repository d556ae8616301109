#include "client/run.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "parley/base/macros.h"

const interop_case interop_cases[] = {
    {"empty_unary", interop_empty_unary, 0},
    {"large_unary", interop_large_unary, 0},
    {"client_streaming", interop_client_streaming, 0},
    {"server_streaming", interop_server_streaming, 0},
    {"ping_pong", interop_ping_pong, 0},
    {"empty_stream", interop_empty_stream, 0},
    {"custom_metadata", interop_custom_metadata, 0},
    {"status_code_and_message", interop_status_code_and_message, 0},
    {"special_status_message", interop_special_status_message, 0},
    {"unimplemented_method", interop_unimplemented_method, 0},
    {"unimplemented_service", interop_unimplemented_service, 0},
    {"cancel_after_begin", interop_cancel_after_begin, 0},
    {"cancel_after_first_response", interop_cancel_after_first_response, 0},
    {"timeout_on_sleeping_server", interop_timeout_on_sleeping_server, 1},
};
const unsigned interop_case_count = PL_COUNT(interop_cases);

grpc_testing_Payload interop_payload(const interop_run *run, int32_t size) {
    grpc_testing_Payload payload = grpc_testing_PAYLOAD_INIT;

    payload.body.data = run->zeros;
    payload.body.len = (size_t)size;
    return payload;
}

static bool note(interop_run *run, const char *format, ...) PL_PRINTF(2, 3);

static bool note(interop_run *run, const char *format, ...) {
    va_list args;

    va_start(args, format);
    (void)vsnprintf(run->failure, sizeof run->failure, format, args);
    va_end(args);
    return false;
}

bool interop_expect_code(interop_run *run, const char *what, pl_code expected, pl_code got) {
    const char *why = pl_call_error(run->call)->message;

    if (expected == got)
        return true;
    return note(run, "%s: expected %s, got %s%s%s", what, pl_code_name(expected), pl_code_name(got),
                *why ? ": " : "", why);
}

bool interop_expect_int(interop_run *run, const char *what, int64_t expected, int64_t got) {
    if (expected == got)
        return true;
    return note(run, "%s: expected %" PRId64 ", got %" PRId64, what, expected, got);
}

/* TEXT in printable ASCII: a case is told in one line. */
static void quote(pl_str text, char *out, size_t size) {
    size_t n = 0;

    for (size_t i = 0; i < text.n && n + sizeof "\\xff" < size; i++) {
        unsigned char byte = (unsigned char)text.p[i];
        bool plain = byte >= ' ' && byte < 0x7f;
        n += (size_t)snprintf(out + n, size - n, plain ? "%c" : "\\x%02x", byte);
    }
    out[n] = '\0';
}

bool interop_expect_text(interop_run *run, const char *what, pl_str expected, pl_str got) {
    char want[INTEROP_FAILURE_MAX / 3], have[INTEROP_FAILURE_MAX / 3];

    if (got.p && pl_str_eq(expected, got))
        return true;
    quote(expected, want, sizeof want);
    quote(got, have, sizeof have);
    return note(run, "%s: expected \"%s\", got %s%s%s", what, want, got.p ? "\"" : "none", have,
                got.p ? "\"" : "");
}

bool interop_expect_payload(interop_run *run, const char *what, int32_t size,
                            const grpc_testing_Payload *payload) {
    if (!payload)
        return note(run, "%s: expected a payload of %d bytes, got none", what, size);
    if (!interop_expect_int(run, what, size, (int64_t)payload->body.len))
        return false;
    if (memcmp(payload->body.data, run->zeros, payload->body.len) != 0)
        return note(run, "%s: expected zeros, got something else", what);
    return true;
}
