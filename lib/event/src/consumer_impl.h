/* The parts of the consumer: life cycle (consumer.c), entries and gaps
 * (consumer_read.c), transactions (consumer_apply.c). All but the figures belongs to
 * the consumer's thread. */
#ifndef PARLEY_EVENT_CONSUMER_IMPL_H
#define PARLEY_EVENT_CONSUMER_IMPL_H

#include <pthread.h>

#include "envelope.h"
#include "lease.h"
#include "parley/event/consumer.h"
#include "report.h"
#include "stream.h"
#include "waker.h"

#define PL_CONSUMER_STANDBY_MS       250
#define PL_CONSUMER_BACKOFF_FIRST_MS 50
#define PL_CONSUMER_BACKOFF_LAST_MS  5000
/* Tries of one event: quick ones first, then the partition waits and shows it. */
#define PL_CONSUMER_QUICK_TRIES    5
#define PL_CONSUMER_QUICK_FIRST_MS 10
#define PL_CONSUMER_QUICK_LAST_MS  1000
#define PL_CONSUMER_SLOW_LAST_MS   30000
/* Processes that an event may crash before it is parked. */
#define PL_CONSUMER_CRASHES_MAX 3
/* Events tried one by one after a take-over from an owner that crashed. */
#define PL_CONSUMER_CAREFUL   200
#define PL_CONSUMER_BATCH_MS  5000
#define PL_CONSUMER_SINGLE_MS 2000
/* How often the publisher is asked for its head; less often while it does not answer, because
 * a publisher that hangs must not hold up events that are in the stream. */
#define PL_CONSUMER_LAG_MS      5000
#define PL_CONSUMER_LAG_DOWN_MS 15000
/* Greatest number of entries given to one transaction. */
#define PL_CONSUMER_BATCH 200

typedef struct pl_consumer_handler {
    const pl_event_desc *desc;
    pl_event_thunk *thunk;
    pl_event_fn fn;
    void *self;
} pl_consumer_handler;

/* What one transaction did, counted when it is committed. */
typedef struct pl_consumer_tally {
    int64_t handled;
    int64_t skipped;
    int64_t parked;
    int64_t generations;
    int64_t lost_ranges;
    size_t published;
    pl_event_pos before; /* the position of the entry before the next one */
} pl_consumer_tally;

/* One call of a handler, told when its transaction is through. */
typedef struct pl_consumer_span {
    pl_trace trace;
    const char *type; /* the handler's */
    int64_t start_us, start_ns;
} pl_consumer_span;

/* Types without a handler that are told of, each once. */
#define PL_CONSUMER_TOLD_MAX 16

struct pl_consumer {
    pl_event_store *store;
    pl_event_stream stream;
    pl_log_reader log;
    char subscription[PL_EVENT_SUBSCRIPTION_MAX + 1];
    char stream_name[PL_EVENT_STREAM_MAX + 1];
    pl_subscription sub; /* points to the two above */
    char name[PL_LEASE_NAME_MAX];
    char holder[PL_EVENT_HOLDER_MAX];
    pl_reporter reporter;
    pl_consumer_handler handlers[PL_CONSUMER_HANDLERS_MAX];
    size_t handler_count;
    pl_waker waker;
    pthread_t thread;
    bool started;

    pl_lease *lease;
    bool must_read_cursor;
    bool answered; /* the last round went well; for reports */
    pl_event_pos cursor;
    pl_event_stream_id read; /* where XREAD goes on; set back to the cursor whenever in doubt */
    int32_t careful;         /* events still to be tried one by one, each marked before */
    int64_t lag_ns;          /* when to ask for the log's head again */
    pl_log_entry chain[PL_CONSUMER_BATCH]; /* entries that follow the cursor without a gap */
    size_t chained;
    pl_log_batch batch;
    pl_span_fn *observer; /* NULL: none */
    void *observer_self;
    pl_consumer_span spans[PL_CONSUMER_BATCH]; /* of the transaction */
    size_t span_count;
    char told[PL_CONSUMER_TOLD_MAX][PL_EVENT_TYPE_MAX + 1]; /* types without a handler */
    size_t told_count;

    pthread_mutex_t mu;
    pl_consumer_stats stats; /* guarded by mu */
};

/* Adds N to a counter of the figures. */
#define PL_CONSUMER_COUNT(consumer, member, n)                                                     \
    do {                                                                                           \
        pthread_mutex_lock(&(consumer)->mu);                                                       \
        (consumer)->stats.member += (int64_t)(n);                                                  \
        pthread_mutex_unlock(&(consumer)->mu);                                                     \
    } while (0)

/* consumer_read.c: reads what comes next and applies it. PL_ABORTED: the cursor is not where it
 * was left. */
pl_code pl_consumer_round(pl_consumer *consumer, pl_error *err);

/* consumer_apply.c: gives ENTRIES, which follow the cursor, to their handlers and moves the cursor
 * behind them. PL_ABORTED: the cursor was moved by another; PL_CANCELLED: stopped. */
pl_code pl_consumer_apply(pl_consumer *consumer, const pl_log_entry *entries, size_t count,
                          pl_error *err);

/* consumer_deliver.c: one entry in TX; adds to TALLY. */
pl_code pl_consumer_deliver(pl_consumer *consumer, void *tx, const pl_log_entry *entry,
                            pl_consumer_tally *tally, pl_error *err);

/* Parks ENTRY in TX (NULL: in a transaction of its own). */
pl_code pl_consumer_park(pl_consumer *consumer, void *tx, const pl_log_entry *entry,
                         const char *reason, const char *detail, pl_error *err);

#endif
