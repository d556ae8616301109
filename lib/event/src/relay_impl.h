/* The parts of the relay: life cycle (relay.c), the loop's steps (relay_step.c),
 * reconciling (relay_reconcile.c). All but the figures belongs to the relay's thread. */
#ifndef PARLEY_EVENT_RELAY_IMPL_H
#define PARLEY_EVENT_RELAY_IMPL_H

#include <pthread.h>

#include "lease.h"
#include "parley/event/relay.h"
#include "report.h"
#include "stream.h"
#include "waker.h"

#define PL_RELAY_STANDBY_MS 250
/* After a batch the next one gathers: under load a commit carries many events, and an event
 * that comes alone is not delayed. */
#define PL_RELAY_GATHER_MS        20
#define PL_RELAY_POLL_FIRST_MS    50
#define PL_RELAY_POLL_LAST_MS     1000
#define PL_RELAY_BACKOFF_FIRST_MS 50
#define PL_RELAY_BACKOFF_LAST_MS  5000
#define PL_RELAY_CHECK_MS         1000
/* Trimmed a second: at most this many steps of this many entries. */
#define PL_RELAY_TRIM_STEPS 20
#define PL_RELAY_TRIM_STEP  1000
/* A last id from here on leaves no room for ours: the stream is set aside. */
#define PL_RELAY_FOREIGN_MS (UINT64_C(1) << 62)

struct pl_relay {
    pl_event_store *store;
    pl_event_stream stream;
    int32_t part;
    int64_t keep_ms;
    int64_t keep_entries;
    char name[PL_LEASE_NAME_MAX];
    char holder[PL_EVENT_HOLDER_MAX];
    pl_reporter reporter;
    pl_span_fn *observer; /* NULL: none */
    void *observer_self;
    pl_waker waker;
    pthread_t thread;
    bool started;

    pl_lease *lease;
    int64_t epoch;
    bool must_reconcile;
    bool answered;            /* the stream was in order when last looked at; for reports */
    pl_event_stream_id known; /* the last id, as far as was sent */
    pl_event_pos head;
    int32_t singles;  /* rows still to be moved one by one, after a batch failed */
    int64_t check_ns; /* when to look at the stream again */
    pl_log_batch batch;

    pthread_mutex_t mu;
    pl_relay_stats stats; /* guarded by mu */
};

/* Takes the log and brings the stream to its head. PL_ABORTED: another relay owns the log. */
pl_code pl_relay_reconcile(pl_relay *relay, pl_error *err);

/* Moves and appends one batch; *out_moved is the number of its entries. PL_ABORTED: fenced, or
 * the stream is not as it was left. */
pl_code pl_relay_move(pl_relay *relay, size_t *out_moved, pl_error *err);

/* What is done once a second: the stream's last id, the figures, the trim. */
pl_code pl_relay_check(pl_relay *relay, pl_error *err);

#endif
