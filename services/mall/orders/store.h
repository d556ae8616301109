/* The orders in PostgreSQL: with replica.h all SQL of the service.
 *
 * `ver` is the fence of an order: whoever changes it says which version it saw, and a
 * change that finds another one has no effect and answers PL_ABORTED, reason FENCED.
 * Results live in the given arena. Codes beside the named ones: those of parley/pg/pg.h.
 */
#ifndef MALL_ORDERS_STORE_H
#define MALL_ORDERS_STORE_H

#include "orders.h"
#include "parley/backing/access.h"
#include "parley/event/event_pg.h"
#include "parley/pg/pg.h"

/* A pending order is shown once it is so old: before, it is about to be placed. */
#define ORDERS_PENDING_SHOWN_MS 2000
/* Keys are kept for a day. */
#define ORDERS_KEY_HOURS 24

typedef struct orders_store {
    pl_pg *pg;           /* borrowed */
    pl_event_pg *events; /* borrowed */
} orders_store;

/* What makes placing an order repeatable; key.n 0: nothing. */
typedef struct orders_key {
    pl_str key;
    pl_str request; /* the request's bytes */
} orders_key;

typedef struct orders_query {
    pl_str customer_id; /* empty: everybody's */
    bool ascending;
    int64_t offset;
    int64_t limit;
} orders_query;

typedef struct orders_list {
    order *items;
    size_t count;
    int64_t total; /* of all pages */
} orders_list;

/* The order placed before under this key. PL_NOT_FOUND: none; PL_ABORTED, reason KEY_REUSED: the
 * key was used with another request. */
PL_NODISCARD pl_code orders_store_find_key(orders_store *store, const pl_access *call,
                                           pl_str customer_id, const orders_key *key,
                                           order *out_order, pl_error *err);

/* Stores a new order as PENDING and gives it id, ver and time. PL_ALREADY_EXISTS: another call was
 * first with this key. */
PL_NODISCARD pl_code orders_store_create(orders_store *store, const pl_access *call,
                                         const orders_key *key, order *new_order, pl_error *err);

/* A charged order: PLACED or BACKORDERED, with OrderPlaced, in one round trip. Fenced. */
PL_NODISCARD pl_code orders_store_place(orders_store *store, const pl_access *call,
                                        stock_policy policy, order *pending, pl_error *err);

/* The charge's fate is not known: the sweep refunds and drops it. Fenced. */
PL_NODISCARD pl_code orders_store_abandon(orders_store *store, const pl_access *call,
                                          const order *pending, pl_error *err);

/* Nothing was charged, or it was refunded: the order never was. Fenced. */
PL_NODISCARD pl_code orders_store_drop(orders_store *store, const pl_access *call,
                                       const order *unfinished, pl_error *err);

/* Any order by its id, in whatever state. PL_NOT_FOUND. */
PL_NODISCARD pl_code orders_store_get(orders_store *store, const pl_access *call, int64_t id,
                                      order *out_order, pl_error *err);

/* The orders that are to be seen. */
PL_NODISCARD pl_code orders_store_list(orders_store *store, const pl_access *call,
                                       const orders_query *query, orders_list *out_list,
                                       pl_error *err);

/* Cancels on the customer's wish. Codes of orders_judge_cancel. */
PL_NODISCARD pl_code orders_store_cancel(orders_store *store, const pl_access *call, int64_t id,
                                         order *out_order, pl_error *err);

/* Reactions, within the handler's transaction. */
PL_NODISCARD pl_code orders_store_allocated(pl_event_tx *tx, int64_t id, pl_error *err);
PL_NODISCARD pl_code orders_store_out_of_stock(pl_event_tx *tx, int64_t id, bool waiting,
                                               pl_error *err);

/* Takes over at most LIMIT unfinished orders that nobody has worked on for OLDER_MS: their fence
 * moves, so that whoever had them has lost them. */
PL_NODISCARD pl_code orders_store_claim(orders_store *store, const pl_access *call,
                                        int64_t older_ms, int64_t limit, orders_list *out_list,
                                        pl_error *err);

/* Forgets keys older than ORDERS_KEY_HOURS. */
PL_NODISCARD pl_code orders_store_forget_keys(orders_store *store, int64_t deadline_ns,
                                              pl_error *err);

/* Unfinished orders, for the gauge. */
PL_NODISCARD pl_code orders_store_count_unfinished(orders_store *store, int64_t deadline_ns,
                                                   int64_t *out_pending, int64_t *out_abandoned,
                                                   pl_error *err);

#endif
