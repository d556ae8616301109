#include "parley/base/trace.h"

#include <string.h>

#include "parley/base/clock.h"

enum { FLAGS_AT = 53, LENGTH = PL_TRACEPARENT_SIZE - 1, FLAG_SAMPLED = 1, FLAG_RANDOM = 2 };

/* What a byte is as a digit in lower case, and one more; 0: none. */
static const uint8_t digits[256] = {
    ['0'] = 1, ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
    ['8'] = 9, ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
};

static unsigned hex_value(char c) {
    return digits[(uint8_t)c] - 1u;
}

static bool is_hex(const char *p, size_t count) {
    bool all = true;
    for (size_t i = 0; i < count; i++)
        all &= digits[(uint8_t)p[i]] != 0;
    return all;
}

/* COUNT digits, a multiple of 8, of which one at least is not 0. Every call passes here, so eight
 * are looked at together: the highest bit of a byte of w + (128 - x) says whether it is x or more,
 * as long as the byte is ASCII. */
static bool is_id(const char *p, size_t count) {
    const uint64_t ones = UINT64_C(0x0101010101010101), highs = ones * 0x80;
    uint64_t bad = 0, any = 0;
    for (size_t i = 0; i < count; i += sizeof(uint64_t)) {
        uint64_t w;
        memcpy(&w, p + i, sizeof w);
        uint64_t ascii = w & ~highs;
        uint64_t digit = (ascii + ones * (0x80 - '0')) & ~(ascii + ones * (0x80 - '9' - 1));
        uint64_t letter = (ascii + ones * (0x80 - 'a')) & ~(ascii + ones * (0x80 - 'f' - 1));
        bad |= w | ~(digit | letter);
        any |= w ^ (ones * '0');
    }
    return !(bad & highs) && any;
}

bool pl_traceparent_valid(pl_str text) {
    if (text.n < LENGTH || !is_hex(text.p, 2) || memcmp(text.p, "ff", 2) == 0)
        return false;
    if (text.n > LENGTH && (memcmp(text.p, "00", 2) == 0 || text.p[LENGTH] != '-'))
        return false;
    return text.p[PL_TRACE_ID_AT - 1] == '-' && text.p[PL_SPAN_ID_AT - 1] == '-' &&
           text.p[FLAGS_AT - 1] == '-' && is_id(text.p + PL_TRACE_ID_AT, PL_TRACE_ID_LENGTH) &&
           is_id(text.p + PL_SPAN_ID_AT, PL_SPAN_ID_LENGTH) && is_hex(text.p + FLAGS_AT, 2);
}

bool pl_tracestate_valid(pl_str text) {
    if (text.n == 0 || text.n > PL_TRACESTATE_MAX)
        return false;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < 0x20 || text.p[i] > 0x7e)
            return false;
    }
    return true;
}

/* xoshiro256++ by Blackman and Vigna, https://prng.di.unimi.it: a state a thread. */
static uint64_t next_id(void) {
    static _Thread_local uint64_t s[4];
    static _Thread_local bool seeded;
    if (!seeded) {
        pl_random(s, sizeof s);
        s[0] |= 1; /* not all zero */
        seeded = true;
    }
    uint64_t sum = s[0] + s[3];
    uint64_t result = (sum << 23 | sum >> 41) + s[0];
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = s[3] << 45 | s[3] >> 19;
    return result ? result : 1;
}

void pl_hex(const uint8_t *bytes, size_t size, char *out) {
    static const char hex[] = "0123456789abcdef";
    for (size_t i = 0; i < size; i++) {
        out[2 * i] = hex[bytes[i] >> 4];
        out[2 * i + 1] = hex[bytes[i] & 15];
    }
}

static void put_id(char *out, uint64_t id) {
    uint8_t bytes[sizeof id];
    memcpy(bytes, &id, sizeof id);
    pl_hex(bytes, sizeof bytes, out);
}

/* The trace of PARENT or a new one, without a span id. */
static void begin(pl_trace *out, pl_str parent) {
    char *text = out->traceparent;
    memcpy(text, "00-................................-................-01", PL_TRACEPARENT_SIZE);
    if (!pl_traceparent_valid(parent)) {
        out->parent[0] = '\0';
        put_id(text + PL_TRACE_ID_AT, next_id());
        put_id(text + PL_TRACE_ID_AT + PL_SPAN_ID_LENGTH, next_id());
        return;
    }
    memcpy(text + PL_TRACE_ID_AT, parent.p + PL_TRACE_ID_AT, PL_TRACE_ID_LENGTH);
    memcpy(out->parent, parent.p + PL_SPAN_ID_AT, PL_SPAN_ID_LENGTH);
    out->parent[PL_SPAN_ID_LENGTH] = '\0';
    /* Flags that this version does not know are not passed on. */
    text[FLAGS_AT + 1] = (char)('0' +
                                (hex_value(parent.p[FLAGS_AT + 1]) & (FLAG_SAMPLED | FLAG_RANDOM)));
}

void pl_trace_begin(pl_trace *out, pl_str parent) {
    begin(out, parent);
    put_id(out->traceparent + PL_SPAN_ID_AT, next_id());
}

void pl_trace_begin_as(pl_trace *out, pl_str parent, const char *id) {
    begin(out, parent);
    memcpy(out->traceparent + PL_SPAN_ID_AT, id, PL_SPAN_ID_LENGTH);
}

void pl_trace_continue(pl_trace *out, pl_str parent) {
    begin(out, parent);
    if (out->parent[0])
        memcpy(out->traceparent + PL_SPAN_ID_AT, out->parent, PL_SPAN_ID_LENGTH);
    else
        put_id(out->traceparent + PL_SPAN_ID_AT, next_id());
}

bool pl_trace_sampled(const pl_trace *trace) {
    return hex_value(trace->traceparent[FLAGS_AT + 1]) & FLAG_SAMPLED;
}
