#include "store.h"

#include "policies.h"
#include "rows.h"

static pl_code not_found(int64_t id, pl_error *err) {
    return pl_error_set(err, PL_NOT_FOUND, "order %lld: no such order", (long long)id);
}

/* ROWS of one order, which go with it. */
static pl_code read_one(pl_pg_rows *rows, const pl_access *call, order *out_order, pl_error *err) {
    order found;
    pl_code code = rows_read(rows, 0, call->arena, &found, err);
    pl_pg_rows_free(rows);
    if (code == PL_OK)
        *out_order = found;
    return code;
}

pl_code orders_store_find_key(orders_store *store, const pl_access *call, pl_str customer_id,
                              const orders_key *key, order *out_order, pl_error *err) {
    pl_pg_rows *rows = NULL;
    pl_code code = pl_pg_once(store->pg, call->deadline_ns,
                              "SELECT " ORDER_COLUMNS ", k.request FROM idempotency k "
                              "JOIN orders ON orders.id = k.order_id "
                              "WHERE k.customer_id = $1 AND k.key = $2 AND orders.state <> 5",
                              PL_PG_ARGS(pl_pg_text(customer_id), pl_pg_text(key->key)), &rows,
                              err);
    if (code != PL_OK)
        return code;
    bool found = pl_pg_count(rows) == 1;
    bool same = found && pl_str_eq(pl_pg_get_bytes(rows, 0, ORDER_COLUMN_COUNT), key->request);
    if (same)
        return read_one(rows, call, out_order, err);
    pl_pg_rows_free(rows);
    if (!found)
        return pl_error_set(err, PL_NOT_FOUND, "this idempotency-key is new");
    pl_error_set(err, PL_ABORTED,
                 "idempotency-key '%.*s' was used with another request; use a new key",
                 PL_FMT(key->key));
    pl_error_info(err, ORDERS_DOMAIN, "KEY_REUSED");
    return PL_ABORTED;
}

static const char insert_order_sql[] =
    "INSERT INTO orders (charge_key, state, product_id, product_name, quantity, price, "
    "customer_id, customer_name, customer_addr, customer_phone, backorder, traceparent, "
    "tracestate) "
    "VALUES ($1, 1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) RETURNING id, ver, created_at";

#define INSERT_ORDER_ARGS(o)                                                                       \
    PL_PG_ARGS(pl_pg_uuid((o)->charge_key), pl_pg_i64((o)->product_id),                            \
               pl_pg_text((o)->product_name), pl_pg_i32((o)->quantity), pl_pg_i64((o)->price),     \
               pl_pg_text((o)->customer_id), pl_pg_text((o)->customer_name),                       \
               pl_pg_text((o)->customer_addr), pl_pg_text((o)->customer_phone),                    \
               pl_pg_bool((o)->backorder), pl_pg_text((o)->traceparent),                           \
               pl_pg_text((o)->tracestate))

static void read_inserted(const pl_pg_rows *rows, order *o) {
    o->id = pl_pg_get_i64(rows, 0, 0);
    o->ver = pl_pg_get_i64(rows, 0, 1);
    o->created_us = pl_pg_get_time_us(rows, 0, 2);
}

static pl_code insert_with_key(pl_pg_tx *tx, const orders_key *key, order *o, pl_error *err) {
    pl_pg_rows *rows = NULL;
    pl_code code = pl_pg_query(tx, insert_order_sql, INSERT_ORDER_ARGS(o), &rows, err);
    if (code != PL_OK)
        return code;
    read_inserted(rows, o);
    return pl_pg_exec(tx,
                      "INSERT INTO idempotency (customer_id, key, request, order_id) "
                      "VALUES ($1, $2, $3, $4)",
                      PL_PG_ARGS(pl_pg_text(o->customer_id), pl_pg_text(key->key),
                                 pl_pg_bytes(key->request.p, key->request.n), pl_pg_i64(o->id)),
                      err);
}

/* Without a key the row alone is one statement and one round trip. */
static pl_code insert_alone(orders_store *store, const pl_access *call, order *o, pl_error *err) {
    pl_pg_rows *rows = NULL;
    pl_code code = pl_pg_once(store->pg, call->deadline_ns, insert_order_sql, INSERT_ORDER_ARGS(o),
                              &rows, err);
    if (code != PL_OK)
        return code;
    read_inserted(rows, o);
    pl_pg_rows_free(rows);
    return PL_OK;
}

pl_code orders_store_create(orders_store *store, const pl_access *call, const orders_key *key,
                            order *new_order, pl_error *err) {
    pl_pg_tx *tx = NULL;
    order o = *new_order;
    o.state = ORDER_PENDING;
    o.traceparent = call->context.traceparent;
    o.tracestate = call->context.tracestate;
    pl_code code;
    if (key->key.n == 0) {
        code = insert_alone(store, call, &o, err);
    } else {
        code = pl_pg_begin(store->pg, call->deadline_ns, &tx, err);
        if (code == PL_OK) {
            code = insert_with_key(tx, key, &o, err);
            if (code == PL_OK)
                code = pl_pg_commit(tx, err);
            else
                pl_pg_rollback(tx);
        }
    }
    if (code == PL_OK)
        *new_order = o;
    return code;
}

/* Runs one fenced statement of its own: $1 id, $2 the version that was seen. */
static pl_code fenced(orders_store *store, const pl_access *call, const char *sql, const order *o,
                      pl_error *err) {
    pl_pg_rows *rows = NULL;
    pl_code code = pl_pg_once(store->pg, call->deadline_ns, sql,
                              PL_PG_ARGS(pl_pg_i64(o->id), pl_pg_i64(o->ver)), &rows, err);
    pl_pg_rows_free(rows);
    return code;
}

pl_code orders_store_place(orders_store *store, const pl_access *call, stock_policy policy,
                           order *pending, pl_error *err) {
    pl_event_tx tx;
    pl_process process; /* the order: its id correlates all that follows from it */
    order placed = *pending;
    placed.state = orders_charged(pending);
    placed.ver = pending->ver + 1;
    pl_process_of(call, pending->id, &process);
    pl_code code = pl_event_pg_begin(store->events, store->pg, call->deadline_ns, &process.context,
                                     &tx, err);
    if (code != PL_OK)
        return code;
    pl_pg_tx *pg = pl_event_tx_pg(&tx);
    code = pl_pg_exec(pg,
                      "WITH u AS (UPDATE orders SET state = $3::int4, ver = ver + 1 "
                      "WHERE id = $1 AND ver = $2 AND state = 1 RETURNING 1) "
                      "SELECT parley_expect(count(*), 1) FROM u",
                      PL_PG_ARGS(pl_pg_i64(pending->id), pl_pg_i64(pending->ver),
                                 pl_pg_i32((int32_t)placed.state)),
                      err);
    if (code == PL_OK)
        code = orders_say_placed(&tx, &placed, policy, err);
    code = pl_event_pg_end(&tx, code, err);
    if (code == PL_OK)
        *pending = placed;
    return code;
}

pl_code orders_store_abandon(orders_store *store, const pl_access *call, const order *pending,
                             pl_error *err) {
    /* The key goes with it: a repeat is a new attempt. */
    return fenced(store, call,
                  "WITH u AS (UPDATE orders SET state = 5, ver = ver + 1 "
                  "WHERE id = $1 AND ver = $2 AND state = 1 RETURNING id), "
                  "k AS (DELETE FROM idempotency USING u WHERE order_id = u.id) "
                  "SELECT parley_expect(count(*), 1) FROM u",
                  pending, err);
}

pl_code orders_store_drop(orders_store *store, const pl_access *call, const order *unfinished,
                          pl_error *err) {
    return fenced(store, call,
                  "WITH u AS (DELETE FROM orders WHERE id = $1 AND ver = $2 AND state IN (1, 5) "
                  "RETURNING 1) SELECT parley_expect(count(*), 1) FROM u",
                  unfinished, err);
}

pl_code orders_store_get(orders_store *store, const pl_access *call, int64_t id, order *out_order,
                         pl_error *err) {
    pl_pg_rows *rows = NULL;
    pl_code code = pl_pg_once(store->pg, call->deadline_ns,
                              "SELECT " ORDER_COLUMNS " FROM orders WHERE id = $1",
                              PL_PG_ARGS(pl_pg_i64(id)), &rows, err);
    if (code != PL_OK)
        return code;
    if (pl_pg_count(rows) == 0) {
        pl_pg_rows_free(rows);
        return not_found(id, err);
    }
    return read_one(rows, call, out_order, err);
}

/* The rows of ROWS, with the total in the column behind the order's. */
static pl_code read_list(const pl_pg_rows *rows, const pl_access *call, orders_list *out,
                         pl_error *err) {
    out->count = pl_pg_count(rows);
    out->items = pl_arena_calloc(call->arena, out->count, sizeof *out->items);
    if (!out->items)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "the call's memory is used up");
    pl_code code = PL_OK;
    for (size_t i = 0; code == PL_OK && i < out->count; i++)
        code = rows_read(rows, i, call->arena, &out->items[i], err);
    return code;
}

#define ORDER_SEEN                                                                                 \
    "($1 = '' OR customer_id = $1) AND (state IN (2, 3, 4) OR (state = 1 AND "                     \
    "created_at < now() - $2::int8 * interval '1 ms'))"

pl_code orders_store_list(orders_store *store, const pl_access *call, const orders_query *query,
                          orders_list *out_list, pl_error *err) {
    static const char *const sql[] = {
        "SELECT " ORDER_COLUMNS ", (SELECT count(*) FROM orders WHERE " ORDER_SEEN ") "
        "FROM orders WHERE " ORDER_SEEN " ORDER BY id DESC LIMIT $3 OFFSET $4",
        "SELECT " ORDER_COLUMNS ", (SELECT count(*) FROM orders WHERE " ORDER_SEEN ") "
        "FROM orders WHERE " ORDER_SEEN " ORDER BY id LIMIT $3 OFFSET $4"};
    pl_pg_rows *rows = NULL;
    orders_list list = {0};
    pl_code code = pl_pg_once(store->pg, call->deadline_ns, sql[query->ascending],
                              PL_PG_ARGS(pl_pg_text(query->customer_id),
                                         pl_pg_i64(ORDERS_PENDING_SHOWN_MS),
                                         pl_pg_i64(query->limit), pl_pg_i64(query->offset)),
                              &rows, err);
    if (code != PL_OK)
        return code;
    code = read_list(rows, call, &list, err);
    if (list.count)
        list.total = pl_pg_get_i64(rows, 0, ORDER_COLUMN_COUNT);
    pl_pg_rows_free(rows);
    if (code == PL_OK && list.count == 0 && query->offset > 0) {
        /* A page behind the last one has no row to carry the total. */
        code = pl_pg_once(
            store->pg, call->deadline_ns, "SELECT count(*) FROM orders WHERE " ORDER_SEEN,
            PL_PG_ARGS(pl_pg_text(query->customer_id), pl_pg_i64(ORDERS_PENDING_SHOWN_MS)), &rows,
            err);
        if (code == PL_OK) {
            list.total = pl_pg_get_i64(rows, 0, 0);
            pl_pg_rows_free(rows);
        }
    }
    if (code == PL_OK)
        *out_list = list;
    return code;
}

/* Locks an order and reads it; its texts live as long as TX, or in ARENA. */
static pl_code lock_order(pl_pg_tx *tx, int64_t id, pl_arena *arena, order *out, pl_error *err) {
    pl_pg_rows *rows = NULL;
    pl_code code = pl_pg_query(tx, "SELECT " ORDER_COLUMNS " FROM orders WHERE id = $1 FOR UPDATE",
                               PL_PG_ARGS(pl_pg_i64(id)), &rows, err);
    if (code == PL_OK && pl_pg_count(rows) == 0)
        code = not_found(id, err);
    return code == PL_OK ? rows_read(rows, 0, arena, out, err) : code;
}

static pl_code set_state(pl_pg_tx *tx, order *o, order_state state, pl_error *err) {
    o->state = state;
    o->ver++;
    return pl_pg_exec(tx, "UPDATE orders SET state = $2::int4, ver = $3, reason = $4 WHERE id = $1",
                      PL_PG_ARGS(pl_pg_i64(o->id), pl_pg_i32((int32_t)state), pl_pg_i64(o->ver),
                                 pl_pg_text(o->reason)),
                      err);
}

static pl_code cancel_in(pl_event_tx *tx, order *o, const char *reason, pl_error *err) {
    o->reason = pl_str_c(reason);
    pl_code code = set_state(pl_event_tx_pg(tx), o, ORDER_CANCELLED, err);
    return code == PL_OK ? orders_say_cancelled(tx, o, err) : code;
}

pl_code orders_store_cancel(orders_store *store, const pl_access *call, int64_t id,
                            order *out_order, pl_error *err) {
    pl_event_tx tx;
    pl_process process; /* the order: its id correlates all that follows from it */
    order o;
    bool change = false;
    pl_process_of(call, id, &process);
    pl_code code = pl_event_pg_begin(store->events, store->pg, call->deadline_ns, &process.context,
                                     &tx, err);
    if (code != PL_OK)
        return code;
    pl_pg_tx *pg = pl_event_tx_pg(&tx);
    code = lock_order(pg, id, call->arena, &o, err);
    if (code == PL_OK)
        code = orders_judge_cancel(&o, &change, err);
    if (code == PL_OK && change)
        code = cancel_in(&tx, &o, "customer", err);
    code = pl_event_pg_end(&tx, code, err);
    if (code == PL_OK)
        *out_order = o;
    return code;
}

pl_code orders_store_allocated(pl_event_tx *tx, int64_t id, pl_error *err) {
    pl_pg_tx *pg = pl_event_tx_pg(tx);
    order o;
    pl_code code = lock_order(pg, id, NULL, &o, err);
    if (code == PL_NOT_FOUND) /* of a database that was restored older: nothing to change */
        return PL_OK;
    if (code != PL_OK || orders_allocated(o.state) == o.state)
        return code;
    return set_state(pg, &o, orders_allocated(o.state), err);
}

pl_code orders_store_out_of_stock(pl_event_tx *tx, int64_t id, bool waiting, pl_error *err) {
    pl_pg_tx *pg = pl_event_tx_pg(tx);
    order o;
    pl_code code = lock_order(pg, id, NULL, &o, err);
    if (code == PL_NOT_FOUND)
        return PL_OK;
    order_state next = code == PL_OK ? orders_out_of_stock(o.state, waiting) : o.state;
    if (code != PL_OK || next == o.state)
        return code;
    return next == ORDER_CANCELLED ? cancel_in(tx, &o, "out_of_stock", err)
                                   : set_state(pg, &o, next, err);
}

pl_code orders_store_claim(orders_store *store, const pl_access *call, int64_t older_ms,
                           int64_t limit, orders_list *out_list, pl_error *err) {
    pl_pg_rows *rows = NULL;
    orders_list list = {0};
    pl_code code = pl_pg_once(store->pg, call->deadline_ns,
                              "UPDATE orders SET ver = ver + 1, touched_at = now() "
                              "WHERE id IN (SELECT id FROM orders WHERE state IN (1, 5) "
                              "AND touched_at < now() - $1::int8 * interval '1 ms' "
                              "ORDER BY touched_at LIMIT $2 FOR UPDATE SKIP LOCKED) "
                              "RETURNING " ORDER_COLUMNS,
                              PL_PG_ARGS(pl_pg_i64(older_ms), pl_pg_i64(limit)), &rows, err);
    if (code != PL_OK)
        return code;
    code = read_list(rows, call, &list, err);
    pl_pg_rows_free(rows);
    if (code == PL_OK)
        *out_list = list;
    return code;
}

pl_code orders_store_forget_keys(orders_store *store, int64_t deadline_ns, pl_error *err) {
    return pl_pg_once(store->pg, deadline_ns,
                      "DELETE FROM idempotency WHERE created_at < now() - $1::int4 * "
                      "interval '1 hour'",
                      PL_PG_ARGS(pl_pg_i32(ORDERS_KEY_HOURS)), NULL, err);
}

pl_code orders_store_count_unfinished(orders_store *store, int64_t deadline_ns,
                                      int64_t *out_pending, int64_t *out_abandoned, pl_error *err) {
    pl_pg_rows *rows = NULL;
    pl_code code = pl_pg_once(store->pg, deadline_ns,
                              "SELECT count(*) FILTER (WHERE state = 1), "
                              "count(*) FILTER (WHERE state = 5) FROM orders "
                              "WHERE state IN (1, 5)",
                              PL_PG_NO_ARGS, &rows, err);
    if (code != PL_OK)
        return code;
    *out_pending = pl_pg_get_i64(rows, 0, 0);
    *out_abandoned = pl_pg_get_i64(rows, 0, 1);
    pl_pg_rows_free(rows);
    return PL_OK;
}
