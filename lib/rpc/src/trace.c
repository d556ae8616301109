/* W3C Trace Context: "00-<32 hex trace id>-<16 hex span id>-<2 hex flags>".
 * https://www.w3.org/TR/trace-context-1 */
#include "call_internal.h"

#include <stdint.h>
#include <string.h>

enum { TRACE_ID = 3, SPAN_ID = 36, FLAGS = 53, LENGTH = 55 };

static bool hex(pl_str text, size_t from, size_t count) {
    bool zero = true;

    for (size_t i = from; i < from + count; i++) {
        char c = text.p[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
            return false;
        zero = zero && c == '0';
    }
    /* An id of zeros is no id; flags may be 0. */
    return !zero || count == 2;
}

static bool valid(pl_str text) {
    return text.n == LENGTH && text.p[0] == '0' && text.p[1] == '0' && text.p[2] == '-' &&
           text.p[SPAN_ID - 1] == '-' && text.p[FLAGS - 1] == '-' && hex(text, TRACE_ID, 32) &&
           hex(text, SPAN_ID, 16) && hex(text, FLAGS, 2);
}

static void put_hex(char *to, const uint8_t *bytes, size_t count) {
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < count; i++) {
        to[2 * i] = digits[bytes[i] >> 4];
        to[2 * i + 1] = digits[bytes[i] & 15];
    }
}

void pl_call_trace(pl_call *call, pl_str parent) {
    uint8_t fresh[24];

    pl_random(fresh, sizeof fresh);
    fresh[0] |= 1; /* not zero, as above */
    fresh[16] |= 1;
    if (valid(parent)) {
        memcpy(call->traceparent, parent.p, LENGTH);
    } else {
        memcpy(call->traceparent, "00-................................-................-01",
               LENGTH);
        put_hex(call->traceparent + TRACE_ID, fresh, 16);
    }
    put_hex(call->traceparent + SPAN_ID, fresh + 16, 8);
    call->traceparent[LENGTH] = '\0';
}
