/* The parts of the PostgreSQL event store. */
#ifndef PARLEY_EVENT_PG_IMPL_H
#define PARLEY_EVENT_PG_IMPL_H

#include "parley/event/event_pg.h"

/* Deadlines of the store's own transactions. */
#define PL_EVENT_PG_WORK_MS  5000
#define PL_EVENT_PG_LEASE_MS 1000

struct pl_event_pg {
    pl_event_store base;
    pl_pg *work;  /* relay and consumers */
    pl_pg *lease; /* one connection */
    char *source;
    char *stream;
};

static inline pl_event_pg *pl_event_pg_of(pl_event_store *store) {
    return PL_CONTAINER_OF(store, pl_event_pg, base);
}

/* publisher.c */
pl_code pl_event_pg_publish(pl_event_store *, void *, const pl_outbox_row *, pl_error *);
pl_code pl_event_pg_log_own(pl_event_store *, int32_t, int64_t, pl_log_head *, pl_error *);
pl_code pl_event_pg_log_generation(pl_event_store *, int64_t, int64_t, const pl_outbox_row *,
                                   pl_event_pos *, pl_error *);
pl_code pl_event_pg_log_assign(pl_event_store *, int32_t, int64_t, int32_t, int64_t, pl_log_batch *,
                               pl_error *);
pl_code pl_event_pg_log_first(pl_event_store *, int32_t, int64_t *, pl_error *);
pl_code pl_event_pg_log_reject(pl_event_store *, int32_t, int64_t, int64_t, const char *,
                               pl_error *);
/* log.c */
pl_code pl_event_pg_log_read(pl_event_store *, int32_t, pl_event_pos, int32_t, pl_log_batch *,
                             pl_error *);
pl_code pl_event_pg_log_window(pl_event_store *, int32_t, int64_t, int64_t, pl_event_pos *,
                               pl_error *);
pl_code pl_event_pg_log_trim(pl_event_store *, int32_t, pl_event_pos, int32_t, int64_t, int64_t,
                             pl_event_pos *, pl_error *);
pl_code pl_event_pg_outbox_state(pl_event_store *, int32_t, pl_outbox_state *, pl_error *);
/* Copies rows of (gen, pos, prev_gen, prev_pos, envelope), which begin at column FIRST, into
 * OUT; a row whose gen is NULL is skipped. */
pl_code pl_event_pg_take_rows(const pl_pg_rows *rows, size_t first, pl_log_batch *out,
                              pl_error *err);
/* cursor.c */
pl_code pl_event_pg_cursor_read(pl_event_store *, const pl_subscription *, pl_event_pos *,
                                pl_error *);
pl_code pl_event_pg_cursor_advance(pl_event_store *, void *, const pl_subscription *, pl_event_pos,
                                   pl_event_pos, pl_error *);
pl_code pl_event_pg_park(pl_event_store *, void *, const pl_subscription *, const pl_parked_row *,
                         pl_error *);
pl_code pl_event_pg_attempt_mark(pl_event_store *, const pl_subscription *, pl_event_pos, int64_t *,
                                 pl_error *);
pl_code pl_event_pg_attempt_unmark(pl_event_store *, const pl_subscription *, pl_event_pos,
                                   pl_error *);
pl_code pl_event_pg_attempt_clear(pl_event_store *, void *, const pl_subscription *, pl_event_pos,
                                  pl_error *);
/* lease.c */
pl_code pl_event_pg_lease_take(pl_event_store *, const char *, const char *, pl_lease_grant *,
                               pl_error *);
pl_code pl_event_pg_lease_renew(pl_event_store *, const char *, int64_t, pl_error *);
pl_code pl_event_pg_lease_release(pl_event_store *, const char *, int64_t, pl_error *);

#endif
