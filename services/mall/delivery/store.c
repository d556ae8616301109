#include "store.h"

#include <stdio.h>

#include "policies.h"

#define DELIVERY_COLUMNS                                                                           \
    "id, order_id, ver, state, product_id, product_name, quantity, customer_id, "                  \
    "customer_name, delivery_address, created_at"
#define DELIVERY_COLUMN_COUNT 11

static bool keep(pl_str *text, pl_arena *arena) {
    const char *copy = pl_arena_cstr(arena, *text);
    if (copy)
        text->p = copy;
    return copy != NULL;
}

/* A row of DELIVERY_COLUMNS; its texts live in ARENA, or as long as ROWS where ARENA is NULL. */
static pl_code read_delivery(const pl_pg_rows *rows, size_t row, pl_arena *arena, delivery *out,
                             pl_error *err) {
    out->id = pl_pg_get_i64(rows, row, 0);
    out->order_id = pl_pg_get_i64(rows, row, 1);
    out->ver = pl_pg_get_i64(rows, row, 2);
    out->state = (delivery_state)pl_pg_get_i64(rows, row, 3);
    out->product_id = pl_pg_get_i64(rows, row, 4);
    out->product_name = pl_pg_get_str(rows, row, 5);
    out->quantity = (int32_t)pl_pg_get_i64(rows, row, 6);
    out->customer_id = pl_pg_get_str(rows, row, 7);
    out->customer_name = pl_pg_get_str(rows, row, 8);
    out->delivery_address = pl_pg_get_str(rows, row, 9);
    out->created_us = pl_pg_get_time_us(rows, row, 10);
    if (arena && !(keep(&out->product_name, arena) && keep(&out->customer_id, arena) &&
                   keep(&out->customer_name, arena) && keep(&out->delivery_address, arena)))
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "the call's memory is used up");
    return PL_OK;
}

/* Locks the order and finds its delivery. */
static pl_code lock_order(pl_pg_tx *tx, int64_t order_id, bool *out_found, delivery *out,
                          pl_error *err) {
    pl_pg_rows *rows = NULL;
    pl_code code = pl_pg_exec(tx, "SELECT pg_advisory_xact_lock($1)",
                              PL_PG_ARGS(pl_pg_i64(order_id)), err);
    if (code == PL_OK)
        code = pl_pg_query(tx,
                           "SELECT " DELIVERY_COLUMNS " FROM delivery WHERE order_id = $1 "
                           "FOR UPDATE",
                           PL_PG_ARGS(pl_pg_i64(order_id)), &rows, err);
    if (code != PL_OK)
        return code;
    *out_found = pl_pg_count(rows) == 1;
    return *out_found ? read_delivery(rows, 0, NULL, out, err) : PL_OK;
}

/* Keeps the trace of TX, which an arrival in time goes on with. */
static pl_code save(pl_event_tx *tx, const delivery *d, int64_t duration_ms, pl_error *err) {
    return pl_pg_exec(pl_event_tx_pg(tx),
                      "UPDATE delivery SET state = $2::int4, ver = $3, due_at = CASE WHEN "
                      "$2::int4 = 2 THEN now() + $4::int8 * interval '1 ms' END, "
                      "traceparent = $5, tracestate = $6 WHERE id = $1",
                      PL_PG_ARGS(pl_pg_i64(d->id), pl_pg_i32((int32_t)d->state), pl_pg_i64(d->ver),
                                 pl_pg_i64(duration_ms), pl_pg_text(tx->context.traceparent),
                                 pl_pg_text(tx->context.tracestate)),
                      err);
}

/* Enters a state and says so; save follows. */
static pl_code enter(pl_event_tx *tx, delivery *d, delivery_state state, pl_error *err) {
    d->state = state;
    d->ver++;
    return delivery_say(tx, d, err);
}

/* On its way, and, where that takes no time, there. */
static pl_code start(delivery_store *store, pl_event_tx *tx, delivery *d, pl_error *err) {
    pl_code code = enter(tx, d, DELIVERY_STARTED, err);
    if (code == PL_OK && store->duration_ms == 0)
        code = enter(tx, d, DELIVERY_COMPLETED, err);
    if (code == PL_OK)
        code = save(tx, d, store->duration_ms, err);
    if (code == PL_OK && store->duration_ms && store->started)
        store->started(store->self);
    return code;
}

static pl_code read_early(pl_pg_tx *tx, int64_t order_id, delivery_early *out, pl_error *err) {
    pl_pg_rows *rows = NULL;
    pl_code code = pl_pg_query(tx,
                               "DELETE FROM early WHERE order_id = $1 "
                               "RETURNING allocated, cancelled",
                               PL_PG_ARGS(pl_pg_i64(order_id)), &rows, err);
    if (code == PL_OK && pl_pg_count(rows) == 1)
        *out = (delivery_early){.allocated = pl_pg_get_bool(rows, 0, 0),
                                .cancelled = pl_pg_get_bool(rows, 0, 1)};
    return code;
}

static pl_code insert_delivery(pl_pg_tx *tx, delivery *d, pl_error *err) {
    pl_pg_rows *rows = NULL;
    pl_code code = pl_pg_query(
        tx,
        "INSERT INTO delivery (order_id, state, product_id, product_name, quantity, "
        "customer_id, customer_name, delivery_address) "
        "VALUES ($1, $2::int4, $3, $4, $5, $6, $7, $8) RETURNING id",
        PL_PG_ARGS(pl_pg_i64(d->order_id), pl_pg_i32((int32_t)d->state), pl_pg_i64(d->product_id),
                   pl_pg_text(d->product_name), pl_pg_i32(d->quantity), pl_pg_text(d->customer_id),
                   pl_pg_text(d->customer_name), pl_pg_text(d->delivery_address)),
        &rows, err);
    if (code == PL_OK)
        d->id = pl_pg_get_i64(rows, 0, 0);
    return code;
}

pl_code delivery_store_prepare(delivery_store *store, pl_event_tx *tx, const delivery *prepared,
                               pl_error *err) {
    pl_pg_tx *pg = pl_event_tx_pg(tx);
    delivery d = *prepared;
    delivery known;
    delivery_early early = {0};
    bool found = false;
    pl_code code = lock_order(pg, prepared->order_id, &found, &known, err);
    if (code != PL_OK || found)
        return code;
    code = read_early(pg, prepared->order_id, &early, err);
    if (code != PL_OK)
        return code;
    d.state = delivery_first_state(&early);
    code = insert_delivery(pg, &d, err);
    if (code == PL_OK && early.allocated && delivery_can_start(d.state))
        code = start(store, tx, &d, err);
    return code;
}

pl_code delivery_store_start(delivery_store *store, pl_event_tx *tx, int64_t order_id,
                             pl_error *err) {
    pl_pg_tx *pg = pl_event_tx_pg(tx);
    delivery d;
    bool found = false;
    pl_code code = lock_order(pg, order_id, &found, &d, err);
    if (code != PL_OK)
        return code;
    if (!found)
        return pl_pg_exec(pg,
                          "INSERT INTO early (order_id, allocated) VALUES ($1, true) "
                          "ON CONFLICT (order_id) DO UPDATE SET allocated = true",
                          PL_PG_ARGS(pl_pg_i64(order_id)), err);
    return delivery_can_start(d.state) ? start(store, tx, &d, err) : PL_OK;
}

pl_code delivery_store_cancel(delivery_store *store, pl_event_tx *tx, int64_t order_id,
                              pl_error *err) {
    pl_pg_tx *pg = pl_event_tx_pg(tx);
    delivery d;
    bool found = false;
    pl_code code = lock_order(pg, order_id, &found, &d, err);
    if (code != PL_OK)
        return code;
    if (!found)
        return pl_pg_exec(pg,
                          "INSERT INTO early (order_id, cancelled) VALUES ($1, true) "
                          "ON CONFLICT (order_id) DO UPDATE SET cancelled = true",
                          PL_PG_ARGS(pl_pg_i64(order_id)), err);
    if (!delivery_can_cancel(d.state))
        return PL_OK;
    code = enter(tx, &d, DELIVERY_CANCELLED, err);
    return code == PL_OK ? save(tx, &d, store->duration_ms, err) : code;
}

static pl_code complete_in(delivery_store *store, pl_pg_tx *pg, int64_t limit, pl_event_tx *tx,
                           pl_error *err) {
    pl_pg_rows *rows = NULL;
    pl_code code = pl_pg_query(pg,
                               "SELECT " DELIVERY_COLUMNS
                               ", traceparent, tracestate FROM delivery WHERE state = 2 AND "
                               "due_at <= now() ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED",
                               PL_PG_ARGS(pl_pg_i64(limit)), &rows, err);
    for (size_t i = 0; code == PL_OK && i < pl_pg_count(rows); i++) {
        delivery d;
        char process[24];
        code = read_delivery(rows, i, NULL, &d, err);
        (void)snprintf(process, sizeof process, "%lld", (long long)d.order_id);
        tx->context.correlation_id = pl_str_c(process);
        tx->context.traceparent = pl_pg_get_str(rows, i, DELIVERY_COLUMN_COUNT);
        tx->context.tracestate = pl_pg_get_str(rows, i, DELIVERY_COLUMN_COUNT + 1);
        if (code == PL_OK)
            code = enter(tx, &d, DELIVERY_COMPLETED, err);
        if (code == PL_OK)
            code = save(tx, &d, store->duration_ms, err);
    }
    tx->context = (pl_event_context)PL_EVENT_CONTEXT_INIT; /* it pointed into the rows */
    return code;
}

static pl_code next_due(pl_pg_tx *pg, int64_t *out_ms, pl_error *err) {
    pl_pg_rows *rows = NULL;
    pl_code code = pl_pg_query(pg,
                               "SELECT ceil(extract(epoch FROM min(due_at) - clock_timestamp()) "
                               "* 1000)::int8 FROM delivery WHERE state = 2",
                               PL_PG_NO_ARGS, &rows, err);
    if (code != PL_OK)
        return code;
    /* SQL's greatest(0, NULL) is 0: nothing under way would look like something overdue. */
    bool none = pl_pg_is_null(rows, 0, 0);
    int64_t ms = none ? -1 : pl_pg_get_i64(rows, 0, 0);
    *out_ms = !none && ms < 0 ? 0 : ms;
    return PL_OK;
}

pl_code delivery_store_complete_due(delivery_store *store, const pl_access *call, int64_t limit,
                                    int64_t *out_next_ms, pl_error *err) {
    pl_event_tx tx;
    pl_event_context context = PL_EVENT_CONTEXT_INIT;
    int64_t next = -1;
    pl_code code = pl_event_pg_begin(store->events, store->pg, call->deadline_ns, &context, &tx,
                                     err);
    if (code != PL_OK)
        return code;
    pl_pg_tx *pg = pl_event_tx_pg(&tx);
    code = complete_in(store, pg, limit, &tx, err);
    if (code == PL_OK)
        code = next_due(pg, &next, err);
    code = pl_event_pg_end(&tx, code, err);
    if (code == PL_OK)
        *out_next_ms = next;
    return code;
}

pl_code delivery_store_get(delivery_store *store, const pl_access *call, int64_t id,
                           delivery *out_delivery, pl_error *err) {
    pl_pg_rows *rows = NULL;
    delivery found;
    pl_code code = pl_pg_once(store->pg, call->deadline_ns,
                              "SELECT " DELIVERY_COLUMNS " FROM delivery WHERE id = $1",
                              PL_PG_ARGS(pl_pg_i64(id)), &rows, err);
    if (code != PL_OK)
        return code;
    if (pl_pg_count(rows) == 0)
        code = pl_error_set(err, PL_NOT_FOUND, "delivery %lld: no such delivery", (long long)id);
    else
        code = read_delivery(rows, 0, call->arena, &found, err);
    pl_pg_rows_free(rows);
    if (code == PL_OK)
        *out_delivery = found;
    return code;
}

pl_code delivery_store_list(delivery_store *store, const pl_access *call,
                            const delivery_query *query, delivery_list *out_list, pl_error *err) {
    pl_pg_rows *rows = NULL;
    delivery_list list = {0};
    pl_code code = pl_pg_once(
        store->pg, call->deadline_ns,
        "SELECT d.*, t.total FROM (SELECT count(*) AS total FROM delivery "
        "WHERE $1::int8 = 0 OR order_id = $1) t LEFT JOIN LATERAL (SELECT " DELIVERY_COLUMNS
        " FROM delivery WHERE $1 = 0 OR order_id = $1 ORDER BY id DESC LIMIT $2 OFFSET $3) d "
        "ON true ORDER BY d.id DESC",
        PL_PG_ARGS(pl_pg_i64(query->order_id), pl_pg_i64(query->limit), pl_pg_i64(query->offset)),
        &rows, err);
    if (code != PL_OK)
        return code;
    list.total = pl_pg_get_i64(rows, 0, DELIVERY_COLUMN_COUNT);
    /* The total is a row of its own where the page is empty. */
    list.count = pl_pg_is_null(rows, 0, 0) ? 0 : pl_pg_count(rows);
    list.items = pl_arena_calloc(call->arena, list.count, sizeof *list.items);
    if (!list.items)
        code = pl_error_set(err, PL_RESOURCE_EXHAUSTED, "the call's memory is used up");
    for (size_t i = 0; code == PL_OK && i < list.count; i++)
        code = read_delivery(rows, i, call->arena, &list.items[i], err);
    pl_pg_rows_free(rows);
    if (code == PL_OK)
        *out_list = list;
    return code;
}
