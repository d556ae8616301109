/* The event store in PostgreSQL: outbox, log, cursors and leases in the service's
 * own database, beside the service's own tables.
 *
 * It publishes in a transaction of the service's pool, and has two small pools of
 * its own: one for relay and consumers, and one connection for leases, so that no
 * long transaction delays a renewal.
 *
 *     pl_event_pg_opts opts = PL_EVENT_PG_OPTS_INIT;
 *     opts.conninfo = database_url; opts.source = opts.stream = "mall.orders";
 *     pl_event_pg_new(&opts, &store, &err);
 *     ...
 *     if ((code = pl_event_pg_begin(store, pg, deadline, NULL, &tx, err)))
 *         return code;
 *     code = insert_order(pl_event_tx_pg(&tx), &order, err);
 *     if (code == PL_OK)
 *         code = mall_orders_v1_publish_order_placed(&tx, order.ver, &event, err);
 *     return pl_event_pg_end(&tx, code, err);
 */
#ifndef PARLEY_EVENT_EVENT_PG_H
#define PARLEY_EVENT_EVENT_PG_H

#include "parley/event/event.h"
#include "parley/event/store.h"
#include "parley/pg/migrate.h"
#include "parley/pg/pg.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct pl_event_pg pl_event_pg;

typedef struct pl_event_pg_opts {
    const char *conninfo;     /* of the service's database, data role; copied */
    const char *source;       /* the service: "mall.orders"; copied */
    const char *stream;       /* what it publishes on; NULL or "": nothing; copied */
    uint32_t max_connections; /* for relay and consumers: one each; opened when used */
} pl_event_pg_opts;

#ifdef __cplusplus
#define PL_EVENT_PG_OPTS_INIT                                                                      \
    { nullptr, nullptr, nullptr, 8 }
#else
#define PL_EVENT_PG_OPTS_INIT                                                                      \
    { .max_connections = 8 }
#endif

/* The tables; put it before the service's own set in the list given to pl_pg_migrate and
 * pl_pg_check_schema. */
extern const pl_pg_migration_set pl_event_pg_migrations;

/* Makes a store; connects to nothing yet. PL_INVALID_ARGUMENT: an option is missing or
 * malformed; PL_RESOURCE_EXHAUSTED: no memory. Thread-safe from here on. */
pl_code pl_event_pg_new(const pl_event_pg_opts *opts, pl_event_pg **out_store,
                        pl_error *err) PL_NODISCARD;

/* Frees it, after every relay and consumer that uses it. NULL is allowed. */
void pl_event_pg_free(pl_event_pg *store);

/* The store as relay, consumer and EventLogService take it; borrowed. */
pl_event_store *pl_event_pg_store(pl_event_pg *store);

/* TX as a place to publish in. Begin and end of TX stay the caller's; CONTEXT (NULL: none)
 * is copied, the texts in it are borrowed as long as the result is used. */
pl_event_tx pl_event_pg_tx(pl_event_pg *store, pl_pg_tx *tx, const pl_event_context *context);

/* Commits TX's transaction as pl_pg_commit does, and wakes the relay where events were
 * published in it. Codes as pl_pg_commit. */
pl_code pl_event_pg_commit(pl_event_tx *tx, pl_error *err) PL_NODISCARD;

/* Begins a transaction of PG, the service's pool, in which events may be published; as pl_pg_begin
 * and pl_event_pg_tx. Codes as pl_pg_begin. */
pl_code pl_event_pg_begin(pl_event_pg *store, pl_pg *pg, int64_t deadline_ns,
                          const pl_event_context *context, pl_event_tx *out_tx,
                          pl_error *err) PL_NODISCARD;

/* Ends what pl_event_pg_begin began: commits where CODE, what became of the work, is PL_OK, else
 * rolls back and returns CODE. Codes as pl_pg_commit. */
pl_code pl_event_pg_end(pl_event_tx *tx, pl_code code, pl_error *err) PL_NODISCARD;

/* The PostgreSQL transaction of TX: a handler's, for its effects. Borrowed; the consumer
 * ends it, never the handler. */
pl_pg_tx *pl_event_tx_pg(pl_event_tx *tx);

#ifdef __cplusplus
}
#endif
#endif
