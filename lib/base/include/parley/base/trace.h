/* W3C Trace Context: who a span is, and what is told about one that ended.
 * https://www.w3.org/TR/trace-context-1
 *
 * A trace is everything that follows from one request; a span is one piece of work in
 * it: a call served, a call made, an event published or handled. Whoever begins a span
 * gives its traceparent to what it calls, so that the next span knows its parent.
 *
 * Ids come from a generator a thread, seeded by the kernel: no system call and no lock
 * a span. They are unique, not secret.
 *
 *     pl_trace own;
 *     pl_trace_begin(&own, incoming);           // a child of INCOMING, or a new trace
 *     put(metadata, "traceparent", own.traceparent);
 */
#ifndef PARLEY_BASE_TRACE_H
#define PARLEY_BASE_TRACE_H

#include <stdbool.h>
#include <stdint.h>

#include "parley/base/error.h"
#include "parley/base/str.h"

#ifdef __cplusplus
extern "C" {
#endif

/* "00-<trace id>-<span id>-<flags>", terminating NUL included. */
#define PL_TRACEPARENT_SIZE 56
/* Hex digits of the ids, and where they stand in a traceparent. */
#define PL_TRACE_ID_LENGTH 32
#define PL_TRACE_ID_AT     3
#define PL_SPAN_ID_LENGTH  16
#define PL_SPAN_ID_AT      36
/* Bytes of a tracestate that is passed on; a longer one is dropped. */
#define PL_TRACESTATE_MAX 512

/* Who a span is. */
typedef struct pl_trace {
    char traceparent[PL_TRACEPARENT_SIZE]; /* its own */
    char parent[PL_SPAN_ID_LENGTH + 1];    /* id of the span it belongs to; "": the first */
} pl_trace;

/* Whether TEXT is a traceparent: lower case, no id of zeros. Of a version after 00 only what
 * version 00 has is looked at. */
bool pl_traceparent_valid(pl_str text);
/* Whether TEXT may be passed on as a tracestate. */
bool pl_tracestate_valid(pl_str text);

/* Begins a span as a child of PARENT, or a new sampled trace where PARENT is no traceparent. */
void pl_trace_begin(pl_trace *out, pl_str parent);
/* The same, of the span id ID (PL_SPAN_ID_LENGTH hex digits), which is made elsewhere. */
void pl_trace_begin_as(pl_trace *out, pl_str parent, const char *id);
/* No span of its own: what is begun with OUT is a child of PARENT itself. Without a PARENT the
 * trace is new, and its first span is never told. */
void pl_trace_continue(pl_trace *out, pl_str parent);

/* Whether whoever began the trace records it. */
bool pl_trace_sampled(const pl_trace *trace);
static inline pl_str pl_trace_id(const pl_trace *trace) {
    return pl_str_make(trace->traceparent + PL_TRACE_ID_AT, PL_TRACE_ID_LENGTH);
}
static inline pl_str pl_trace_span_id(const pl_trace *trace) {
    return pl_str_make(trace->traceparent + PL_SPAN_ID_AT, PL_SPAN_ID_LENGTH);
}

/* Writes SIZE bytes as 2 * SIZE hex digits, without a NUL. */
void pl_hex(const uint8_t *bytes, size_t size, char *out);

typedef enum pl_span_kind {
    PL_SPAN_SERVER,
    PL_SPAN_CLIENT,
    PL_SPAN_PRODUCER,
    PL_SPAN_CONSUMER
} pl_span_kind;

/* A span that ended; valid during the call that gets it. */
typedef struct pl_span {
    const pl_trace *trace; /* NULL: only to be counted */
    pl_span_kind kind;
    const char *name; /* "/mall.payment.v1.PaymentService/Charge", "mall.orders.v1.OrderPlaced" */
    const char *peer; /* the upstream or the stream; "" */
    int64_t start_us; /* wall clock, microseconds since 1970 */
    int64_t duration_ns;
    pl_code code;
    const char *error; /* "" where code is PL_OK */
} pl_span;

/* Gets every span that ended, on the thread that ended it: it must not block. */
typedef void pl_span_fn(void *self, const pl_span *span);

#ifdef __cplusplus
}
#endif
#endif
