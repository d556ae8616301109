/* Export of spans to a collector: OTLP over HTTP with Protobuf.
 * https://opentelemetry.io/docs/specs/otlp/
 *
 * Spans go into a bounded queue that is written without a lock and never waits: what has
 * no room is counted and dropped. A thread sends them in batches. An answer of 429, 502,
 * 503, 504 or none at all is tried again with growing delay, any other failure drops the
 * batch. Failures are logged once a minute. */
#ifndef PARLEY_SERVICE_OTLP_H
#define PARLEY_SERVICE_OTLP_H

#include <stddef.h>
#include <stdint.h>

#include "parley/base/error.h"
#include "parley/base/str.h"
#include "parley/base/trace.h"

#define PL_OTLP_QUEUE     2048         /* spans that wait; a power of two */
#define PL_OTLP_BATCH     256          /* spans of one request */
#define PL_OTLP_BATCH_MAX (512u << 10) /* bytes of one request */
#define PL_OTLP_EVERY_MS  1000         /* a span waits no longer for its batch */
/* Of one request; a second one is only made where the first could not be answered. */
#define PL_OTLP_TIMEOUT_MS     2000
#define PL_OTLP_ATTEMPTS       5
#define PL_OTLP_RETRY_FIRST_MS 500
#define PL_OTLP_RETRY_LAST_MS  15000 /* Retry-After counts up to here, too */
#define PL_OTLP_LOG_EVERY_MS   60000
/* Bytes of the texts of a span; longer ones are cut. */
#define PL_OTLP_NAME_MAX  128
#define PL_OTLP_PEER_MAX  64
#define PL_OTLP_ERROR_MAX 128

typedef struct pl_otlp pl_otlp;

/* Who the spans are of. */
typedef struct pl_otlp_opts {
    const char *endpoint; /* "http://127.0.0.1:4318": a collector's base address; copied */
    const char *service, *version, *instance; /* borrowed */
} pl_otlp_opts;

typedef struct pl_otlp_stats {
    uint64_t sent;    /* spans that the collector took */
    uint64_t dropped; /* that found the queue full, or that it did not take */
} pl_otlp_stats;

/* Starts the exporter. PL_INVALID_ARGUMENT: no http:// address; PL_RESOURCE_EXHAUSTED. */
pl_code pl_otlp_new(const pl_otlp_opts *opts, pl_otlp **out_otlp, pl_error *err) PL_NODISCARD;
/* Queues a copy of SPAN where it is sampled. Any thread; never blocks. */
void pl_otlp_add(pl_otlp *otlp, const pl_span *span);
/* Sends what is queued until DEADLINE_NS, and frees it. NULL is allowed. */
void pl_otlp_free(pl_otlp *otlp, int64_t deadline_ns);
pl_otlp_stats pl_otlp_read_stats(const pl_otlp *otlp);

/* ---- otlp_encode.c ---- */

/* A span as it is queued. */
typedef struct pl_otlp_record {
    char trace_id[PL_TRACE_ID_LENGTH], span_id[PL_SPAN_ID_LENGTH], parent[PL_SPAN_ID_LENGTH + 1];
    pl_span_kind kind;
    pl_code code;
    int64_t start_us, duration_ns;
    char name[PL_OTLP_NAME_MAX + 1], peer[PL_OTLP_PEER_MAX + 1], error[PL_OTLP_ERROR_MAX + 1];
} pl_otlp_record;

void pl_otlp_record_of(const pl_span *span, pl_otlp_record *out);
/* Appends an ExportTraceServiceRequest with COUNT spans; out->failed where it has no room. */
void pl_otlp_encode(const pl_otlp_opts *opts, const pl_otlp_record *records, size_t count,
                    pl_buf *out);

#endif
