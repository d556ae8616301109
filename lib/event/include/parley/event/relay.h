/* Relay: moves events from the outbox to the log and from the log to the stream.
 *
 * A position is committed in the log first and then used as the stream entry id, so
 * Redis itself refuses a second copy. One relay is active a partition (a lease, and
 * the epoch in log_head as the fence); others stand by. When Redis is down the outbox
 * is the buffer. It never deletes what it did not write: a stream that a foreign hand
 * brought above our ids is renamed, and a new generation begins.
 *
 *     pl_relay_opts opts = PL_RELAY_OPTS_INIT;
 *     opts.store = store; opts.redis_url = "redis://...";
 *     pl_relay_new(&opts, &relay, &err);   // also makes commits of the store wake it
 *     pl_relay_start(relay, &err);
 *     ...
 *     pl_relay_free(relay);                // stops it, hands the lease over
 */
#ifndef PARLEY_EVENT_RELAY_H
#define PARLEY_EVENT_RELAY_H

#include "parley/base/log.h"
#include "parley/base/trace.h"
#include "parley/event/event.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct pl_relay pl_relay;

/* Tells what an operator should know: EVENT is a constant such as "relay.generation",
 * DETAIL a sentence. Called from the relay's or consumer's thread. */
typedef void pl_event_report_fn(void *self, pl_log_level level, const char *event,
                                const char *detail);

typedef struct pl_relay_opts {
    pl_event_store *store; /* borrowed; must outlive the relay */
    const char *redis_url; /* copied */
    const char *holder;    /* names this process in the lease; copied; NULL: host and pid */
    int32_t part;
    int64_t keep_ms;            /* the hot window: this long or */
    int64_t keep_entries;       /* this many entries, whichever is more */
    pl_event_report_fn *report; /* NULL: pl_log */
    void *report_self;
    pl_span_fn *observer; /* told of each event that got its place in the log: PL_SPAN_PRODUCER,
                             from its publication until then; NULL: none */
    void *observer_self;
} pl_relay_opts;

#define PL_RELAY_KEEP_MS      (INT64_C(3600) * 1000)
#define PL_RELAY_KEEP_ENTRIES INT64_C(100000)
#define PL_RELAY_OPTS_INIT                                                                         \
    { NULL, NULL, NULL, 0, PL_RELAY_KEEP_MS, PL_RELAY_KEEP_ENTRIES, NULL, NULL, NULL, NULL }

/* Figures for /metrics. Counters count since pl_relay_new. */
typedef struct pl_relay_stats {
    bool active;    /* holds the lease and the log */
    bool stream_ok; /* the last talk with Redis went well */
    int64_t lease_epoch;
    int64_t outbox_rows; /* up to PL_OUTBOX_COUNT_MAX */
    int64_t outbox_oldest_ms;
    int64_t published;  /* entries appended in the loop */
    int64_t resent;     /* entries appended by reconciling */
    int64_t reconciled; /* reconciliations */
    int64_t generations;
    int64_t rejected; /* rows moved to outbox_rejected */
    int64_t trimmed;
    pl_event_pos position; /* the last id known to be in the stream */
    pl_event_pos head;     /* the last id of the log */
    char last_error[256];  /* "" while all is well */
} pl_relay_stats;

/* Makes a relay; nothing runs yet. PL_INVALID_ARGUMENT: an option is missing or malformed;
 * PL_RESOURCE_EXHAUSTED: no memory. */
pl_code pl_relay_new(const pl_relay_opts *opts, pl_relay **out_relay, pl_error *err) PL_NODISCARD;

/* Starts its thread. The database and Redis may be down. PL_RESOURCE_EXHAUSTED: no thread. */
pl_code pl_relay_start(pl_relay *relay, pl_error *err) PL_NODISCARD;

/* Tells it that a transaction with events was committed. Any thread; does not block. */
void pl_relay_wake(pl_relay *relay);

/* Ends the thread within a second and hands the lease over. Again: no effect. */
void pl_relay_stop(pl_relay *relay);

/* Stops and frees it; NULL is allowed. */
void pl_relay_free(pl_relay *relay);

/* A consistent copy of the figures. Any thread. */
void pl_relay_stats_get(pl_relay *relay, pl_relay_stats *out);

#ifdef __cplusplus
}
#endif
#endif
