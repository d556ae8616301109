#include "trace.h"

#include "parley/base/clock.h"

#define TRACE_AT 3
#define SPAN_AT  36
#define FLAGS_AT 53
#define LENGTH   55

static void write_hex(const unsigned char *bytes, size_t count, char *out) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < count; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
}

void trace_make(pl_str incoming, char out[TRACE_SIZE]) {
    unsigned char random[24];
    pl_random(random, sizeof random);
    memcpy(out, "00-", 3);
    out[SPAN_AT - 1] = '-';
    out[FLAGS_AT - 1] = '-';
    write_hex(random, 16, out + TRACE_AT);
    write_hex(random + 16, 8, out + SPAN_AT);
    memcpy(out + FLAGS_AT, "01", 2);
    if (incoming.n == LENGTH) {
        memcpy(out + TRACE_AT, incoming.p + TRACE_AT, 32);
        memcpy(out + FLAGS_AT, incoming.p + FLAGS_AT, 2);
    }
    out[LENGTH] = '\0';
}

pl_str trace_id(const char traceparent[TRACE_SIZE]) {
    return pl_str_make(traceparent + TRACE_AT, 32);
}
