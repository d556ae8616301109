/* Consumer: gives the events of one partition of one stream to handlers, in order,
 * with an effect exactly once.
 *
 * The cursor is a row of the consumer's own store and moves in the transaction of the
 * handlers' effects; entries are chained, so a gap is seen and filled from the
 * publisher's log; an entry that the publisher did not write is parked. Several
 * processes may run the same subscription: one is active, the others stand by.
 *
 * A handler has 1 s, makes no remote call, and publishes follow-up events in the
 * same transaction. What it returns decides: PL_OK commits; PL_INVALID_ARGUMENT and
 * PL_DATA_LOSS park the event (permanent); any other code rolls back and is tried
 * again, five times quickly, then with growing delay: the partition waits.
 *
 *     pl_consumer_new(&opts, &consumer, &err);
 *     mall_orders_v1_on_order_placed(consumer, on_order_placed, self);
 *     pl_consumer_start(consumer, &err);
 *     ...
 *     pl_consumer_free(consumer);       // stops it, hands the lease over
 */
#ifndef PARLEY_EVENT_CONSUMER_H
#define PARLEY_EVENT_CONSUMER_H

#include "parley/event/event.h"
#include "parley/event/relay.h"
#include "parley/event/store.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct pl_consumer pl_consumer;

/* Greatest number of event types of one consumer. */
#define PL_CONSUMER_HANDLERS_MAX 64

typedef struct pl_consumer_opts {
    pl_event_store *store;    /* borrowed: cursor and effects */
    const char *subscription; /* copied: "mall.delivery" */
    const char *stream;       /* copied: "mall.orders" */
    int32_t part;
    const char *redis_url;      /* copied */
    pl_log_reader log;          /* of the publisher of the stream */
    const char *holder;         /* copied; NULL: host and pid */
    pl_event_report_fn *report; /* NULL: pl_log */
    void *report_self;
    pl_span_fn *observer; /* told of each event that was handled, or whose handling failed:
                             PL_SPAN_CONSUMER, until its transaction has ended; NULL: none */
    void *observer_self;
} pl_consumer_opts;

#ifdef __cplusplus
#define PL_CONSUMER_OPTS_INIT                                                                      \
    {}
#else
#define PL_CONSUMER_OPTS_INIT                                                                      \
    { 0 }
#endif

/* Figures for /metrics. Counters count since pl_consumer_new. */
typedef struct pl_consumer_stats {
    bool active;    /* holds the lease */
    bool stream_ok; /* the last talk with Redis went well */
    bool waiting;   /* an event fails and is tried again with growing delay */
    int64_t lease_epoch;
    int64_t handled;    /* events given to a handler and committed */
    int64_t skipped;    /* of a type without a handler */
    int64_t duplicates; /* entries at or below the cursor */
    int64_t gaps;       /* gaps filled from the log */
    int64_t from_log;   /* entries taken from the log */
    int64_t foreign;
    int64_t parked;
    int64_t retries;
    int64_t aborted;     /* transactions that found the cursor moved */
    int64_t generations; /* Generation entries seen */
    int64_t lost_ranges; /* of them: the publisher lost events that were applied here */
    int64_t handler_us;  /* time in handlers, in total */
    int64_t handler_max_us;
    pl_event_pos cursor;
    pl_event_pos head; /* of the publisher's log, as last seen */
    int64_t lag_events;
    int64_t lag_ms;
    char last_error[256];
} pl_consumer_stats;

/* Makes a consumer; nothing runs yet. PL_INVALID_ARGUMENT: an option is missing or
 * malformed; PL_RESOURCE_EXHAUSTED: no memory. */
pl_code pl_consumer_new(const pl_consumer_opts *opts, pl_consumer **out_consumer,
                        pl_error *err) PL_NODISCARD;

/* Registers FN for the events of DESC; called by generated code, before pl_consumer_start.
 * A second handler for a type, another stream's type, or more than
 * PL_CONSUMER_HANDLERS_MAX is a programming error. */
void pl_consumer_on(pl_consumer *consumer, const pl_event_desc *desc, pl_event_thunk *thunk,
                    pl_event_fn fn, void *self);

/* Starts its thread. Database, Redis and publisher may be down. */
pl_code pl_consumer_start(pl_consumer *consumer, pl_error *err) PL_NODISCARD;

/* Ends the thread within a second and hands the lease over. Again: no effect. */
void pl_consumer_stop(pl_consumer *consumer);

/* Stops and frees it; NULL is allowed. */
void pl_consumer_free(pl_consumer *consumer);

/* A consistent copy of the figures. Any thread. */
void pl_consumer_stats_get(pl_consumer *consumer, pl_consumer_stats *out);

#ifdef __cplusplus
}
#endif
#endif
