/* What a store gives to relay and consumer. Implemented by the adapters in
 * lib/event/stores/; services see it only as a pl_event_store pointer.
 *
 * One store belongs to one service: its outbox and log (as a publisher on one
 * stream), and the cursors of its subscriptions. Every function may be called from
 * several threads; a transaction belongs to the thread that began it.
 *
 * Codes common to all: PL_UNAVAILABLE (no connection), PL_ABORTED (fenced or to be
 * tried again), PL_UNKNOWN (a commit whose outcome is not known), PL_DEADLINE_EXCEEDED,
 * PL_INTERNAL.
 */
#ifndef PARLEY_EVENT_STORE_H
#define PARLEY_EVENT_STORE_H

#include "parley/base/arena.h"
#include "parley/event/event.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Greatest entries and bytes of one batch: relay, log read. */
#define PL_EVENT_BATCH_MAX   500
#define PL_EVENT_BATCH_BYTES ((size_t)1 << 20)
/* Leases live for 3 s of the store's clock and are renewed once a second. */
#define PL_EVENT_LEASE_MS       3000
#define PL_EVENT_LEASE_RENEW_MS 1000

/* One row for the outbox; all borrowed. */
typedef struct pl_outbox_row {
    int32_t part;
    const uint8_t *event_id; /* 16 bytes */
    pl_str agg_type;         /* empty: no aggregate */
    pl_str agg_id;
    int64_t agg_ver;
    pl_str type;
    pl_str envelope;
} pl_outbox_row;

/* One entry of a log. */
typedef struct pl_log_entry {
    pl_event_pos at;
    pl_event_pos prev;
    pl_str envelope;
} pl_log_entry;

/* Entries and the memory they live in. */
typedef struct pl_log_batch {
    pl_arena arena;
    pl_log_entry *entries;
    size_t count;
    pl_event_pos head; /* the last position of the log; set by reads */
    bool fenced;       /* set by log_assign: another relay owns the part */
} pl_log_batch;

void pl_log_batch_init(pl_log_batch *batch);
/* Frees the entries; the batch may be used again. NULL is allowed. */
void pl_log_batch_done(pl_log_batch *batch);
/* Empties it for entries up to COUNT; false without memory. */
bool pl_log_batch_reset(pl_log_batch *batch, size_t count);
/* Adds a copy; false without memory. */
bool pl_log_batch_add(pl_log_batch *batch, pl_event_pos at, pl_event_pos prev, pl_str envelope);

/* The head of a log, as its owner finds it. */
typedef struct pl_log_head {
    pl_event_pos pos;
    bool identity_changed; /* restored or promoted since the head was written */
} pl_log_head;

/* How much waits in the outbox. */
typedef struct pl_outbox_state {
    int64_t rows; /* counted up to PL_OUTBOX_COUNT_MAX */
    int64_t oldest_ms;
    int64_t rejected;
} pl_outbox_state;
#define PL_OUTBOX_COUNT_MAX 10000

/* A subscription to one partition of a stream. */
typedef struct pl_subscription {
    const char *name;   /* "mall.delivery" */
    const char *stream; /* "mall.orders" */
    int32_t part;
} pl_subscription;

/* A row of `parked`; all borrowed. */
typedef struct pl_parked_row {
    pl_str entry_id; /* as in the stream, "<ms>-<seq>" */
    const char *reason;
    pl_str type;
    pl_str detail;
    pl_str bytes;
} pl_parked_row;

/* A lease as it was granted. */
typedef struct pl_lease_grant {
    bool granted;
    int64_t epoch;
    bool crashed; /* the owner before did not hand it over */
} pl_lease_grant;

typedef struct pl_event_store_ops {
    /* The transaction of handlers, on the store's own connections. */
    pl_code (*begin)(pl_event_store *, int64_t deadline_ns, void **out_tx, pl_error *);
    pl_code (*commit)(pl_event_store *, void *tx, pl_error *); /* ends TX whatever it returns */
    void (*rollback)(pl_event_store *, void *tx);

    /* Publisher. publish is queued; the others are a transaction of their own. */
    pl_code (*publish)(pl_event_store *, void *tx, const pl_outbox_row *, pl_error *);
    /* Makes EPOCH the owner of the part's log (created at the first call). PL_ABORTED: a later
     * epoch owns it. */
    pl_code (*log_own)(pl_event_store *, int32_t part, int64_t epoch, pl_log_head *, pl_error *);
    /* Begins a generation: gen = max(gen + 1, clock, AT_LEAST_MS), and appends ROW, which has no
     * aggregate. PL_ABORTED: fenced. */
    pl_code (*log_generation)(pl_event_store *, int64_t epoch, int64_t at_least_ms,
                              const pl_outbox_row *row, pl_event_pos *out_head, pl_error *);
    /* Moves at most MAX outbox rows into the log; ROW not 0: only the row with that id.
     * PL_ALREADY_EXISTS and other codes of the rows' fault: nothing moved. */
    pl_code (*log_assign)(pl_event_store *, int32_t part, int64_t epoch, int32_t max, int64_t row,
                          pl_log_batch *out, pl_error *);
    /* The id of the first outbox row; 0: none. */
    pl_code (*log_first)(pl_event_store *, int32_t part, int64_t *out_row, pl_error *);
    /* Moves an outbox row to outbox_rejected. */
    pl_code (*log_reject)(pl_event_store *, int32_t part, int64_t epoch, int64_t row,
                          const char *reason, pl_error *);
    /* Entries after AFTER, at most MAX and PL_EVENT_BATCH_BYTES (one entry at least). */
    pl_code (*log_read)(pl_event_store *, int32_t part, pl_event_pos after, int32_t max,
                        pl_log_batch *out, pl_error *);
    /* The position after which the hot window begins; 0-0: the whole log is hot. */
    pl_code (*log_window)(pl_event_store *, int32_t part, int64_t keep_ms, int64_t keep_entries,
                          pl_event_pos *out_after, pl_error *);
    /* The position STEP entries above FIRST, where it is older than KEEP_MS and more than
     * KEEP_ENTRIES below the head; 0-0 otherwise: nothing to trim. */
    pl_code (*log_trim)(pl_event_store *, int32_t part, pl_event_pos first, int32_t step,
                        int64_t keep_ms, int64_t keep_entries, pl_event_pos *out, pl_error *);
    pl_code (*outbox_state)(pl_event_store *, int32_t part, pl_outbox_state *, pl_error *);

    /* Consumer. cursor_advance and attempt_clear are queued in TX; the others are a transaction
     * of their own. */
    pl_code (*cursor_read)(pl_event_store *, const pl_subscription *, pl_event_pos *, pl_error *);
    /* Fails the transaction (PL_ABORTED at a later call) where the cursor is not FROM. */
    pl_code (*cursor_advance)(pl_event_store *, void *tx, const pl_subscription *,
                              pl_event_pos from, pl_event_pos to, pl_error *);
    /* TX NULL: a transaction of its own. Again: no effect. */
    pl_code (*park)(pl_event_store *, void *tx, const pl_subscription *, const pl_parked_row *,
                    pl_error *);
    /* Counts a try before it is made; OUT_TRIES includes it. */
    pl_code (*attempt_mark)(pl_event_store *, const pl_subscription *, pl_event_pos,
                            int64_t *out_tries, pl_error *);
    /* Takes one mark back: the process survived the try. */
    pl_code (*attempt_unmark)(pl_event_store *, const pl_subscription *, pl_event_pos, pl_error *);
    pl_code (*attempt_clear)(pl_event_store *, void *tx, const pl_subscription *, pl_event_pos,
                             pl_error *);

    /* Leases, on a connection of their own. */
    pl_code (*lease_take)(pl_event_store *, const char *name, const char *holder, pl_lease_grant *,
                          pl_error *);
    /* PL_ABORTED: lost. */
    pl_code (*lease_renew)(pl_event_store *, const char *name, int64_t epoch, pl_error *);
    pl_code (*lease_release)(pl_event_store *, const char *name, int64_t epoch, pl_error *);
} pl_event_store_ops;

typedef struct pl_lease_keeper pl_lease_keeper;

/* The beginning of every adapter's object. */
struct pl_event_store {
    const pl_event_store_ops *ops;
    const char *source; /* the service: "mall.orders"; CloudEvents source */
    const char *stream; /* the stream it publishes on; "" for a service without one */
    int32_t parts;
    void (*wake)(void *self); /* the relay's, after a commit that published; set by pl_relay */
    void *wake_self;
    pl_lease_keeper *keeper; /* renews this process's leases */
};

/* Sets up the part of STORE that is common to all adapters; OPS, SOURCE and STREAM are borrowed.
 * PL_RESOURCE_EXHAUSTED: no memory. */
pl_code pl_event_store_init(pl_event_store *store, const pl_event_store_ops *ops,
                            const char *source, const char *stream, pl_error *err) PL_NODISCARD;
/* Ends it, after every relay and consumer; a store that is all zeros is allowed. */
void pl_event_store_done(pl_event_store *store);

/* The adapter calls it at the end of a commit that published events. */
void pl_event_store_committed(pl_event_store *store);

/* Reads a publisher's log, where the stream does not suffice: over the network
 * (event_rpc.h), from the own store, or a test's fake. Called from the consumer's
 * thread. PL_NOT_FOUND: no such stream. */
typedef struct pl_log_reader {
    void *self;
    pl_code (*read)(void *self, const char *stream, int32_t part, pl_event_pos after, int32_t max,
                    pl_log_batch *out, pl_error *err);
} pl_log_reader;

/* A reader of the log in STORE itself (borrowed), for a service that subscribes to itself. */
pl_log_reader pl_log_reader_store(pl_event_store *store);

#ifdef __cplusplus
}
#endif
#endif
