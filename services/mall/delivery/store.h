/* The deliveries in PostgreSQL: all SQL of the service is here.
 *
 * The events of one order come on two streams, whose consumers run side by side: each
 * change takes an advisory lock on the order first, so that what one of them remembers the
 * other one sees. Results live in the given arena. Codes: those of parley/pg/pg.h.
 */
#ifndef MALL_DELIVERY_STORE_H
#define MALL_DELIVERY_STORE_H

#include "delivery.h"
#include "parley/backing/access.h"
#include "parley/event/event_pg.h"
#include "parley/pg/pg.h"

typedef struct delivery_store {
    pl_pg *pg;                   /* borrowed */
    pl_event_pg *events;         /* borrowed */
    int64_t duration_ms;         /* from start to arrival */
    void (*started)(void *self); /* told when a delivery has started that will arrive later */
    void *self;
} delivery_store;

/* Which deliveries, newest first. */
typedef struct delivery_query {
    int64_t order_id; /* 0: all */
    int64_t offset;
    int64_t limit;
} delivery_query;

typedef struct delivery_list {
    delivery *items;
    size_t count;
    int64_t total; /* of all pages */
} delivery_list;

/* Reactions, within the handler's transaction. */
PL_NODISCARD pl_code delivery_store_prepare(delivery_store *store, pl_event_tx *tx,
                                            const delivery *prepared, pl_error *err);
PL_NODISCARD pl_code delivery_store_start(delivery_store *store, pl_event_tx *tx, int64_t order_id,
                                          pl_error *err);
PL_NODISCARD pl_code delivery_store_cancel(delivery_store *store, pl_event_tx *tx, int64_t order_id,
                                           pl_error *err);

/* Completes at most LIMIT deliveries that are due; *out_next_ms is how long the next one takes, -1
 * where none is under way. */
PL_NODISCARD pl_code delivery_store_complete_due(delivery_store *store, const pl_access *call,
                                                 int64_t limit, int64_t *out_next_ms,
                                                 pl_error *err);

/* PL_NOT_FOUND where there is none. */
PL_NODISCARD pl_code delivery_store_get(delivery_store *store, const pl_access *call, int64_t id,
                                        delivery *out_delivery, pl_error *err);
PL_NODISCARD pl_code delivery_store_list(delivery_store *store, const pl_access *call,
                                         const delivery_query *query, delivery_list *out_list,
                                         pl_error *err);

#endif
