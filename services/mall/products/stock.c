#include "stock.h"

#include <stdio.h>

#include "policies.h"

pl_code stock_lock(pl_event_tx *tx, int64_t product_id, product *out_product, bool *out_there,
                   pl_error *err) {
    pl_pg_rows *rows = NULL;
    pl_code code = pl_pg_query(pl_event_tx_pg(tx),
                               "SELECT ver, name, price, stock, image_url, removed FROM product "
                               "WHERE id = $1 FOR UPDATE",
                               PL_PG_ARGS(pl_pg_i64(product_id)), &rows, err);
    if (code != PL_OK)
        return code;
    *out_product = (product){.id = product_id};
    *out_there = false;
    if (pl_pg_count(rows) == 0)
        return PL_OK;
    out_product->ver = pl_pg_get_i64(rows, 0, 0);
    out_product->name = pl_pg_get_str(rows, 0, 1);
    out_product->price = pl_pg_get_i64(rows, 0, 2);
    out_product->stock = pl_pg_get_i64(rows, 0, 3);
    out_product->image_url = pl_pg_get_str(rows, 0, 4);
    *out_there = !pl_pg_get_bool(rows, 0, 5);
    return PL_OK;
}

/* The same for an order: a product that never was becomes a tombstone first, which counts the
 * events that answer its orders. */
static pl_code lock_for_order(pl_event_tx *tx, int64_t product_id, product *out_product,
                              bool *out_there, pl_error *err) {
    pl_code code = pl_pg_exec(pl_event_tx_pg(tx),
                              "INSERT INTO product (id, name, price, stock, image_url, removed) "
                              "SELECT $1, '', 0, 0, '', true WHERE NOT EXISTS "
                              "(SELECT FROM product WHERE id = $1) ON CONFLICT DO NOTHING",
                              PL_PG_ARGS(pl_pg_i64(product_id)), err);
    return code == PL_OK ? stock_lock(tx, product_id, out_product, out_there, err) : code;
}

pl_code stock_save(pl_event_tx *tx, const product *changed, pl_error *err) {
    return pl_pg_exec(
        pl_event_tx_pg(tx), "UPDATE product SET stock = $2, ver = $3 WHERE id = $1",
        PL_PG_ARGS(pl_pg_i64(changed->id), pl_pg_i64(changed->stock), pl_pg_i64(changed->ver)),
        err);
}

static pl_code find_allocation(pl_pg_tx *pg, int64_t order_id, allocation *out, bool *out_found,
                               pl_error *err) {
    pl_pg_rows *rows = NULL;
    pl_code code = pl_pg_query(pg,
                               "SELECT product_id, quantity, state FROM allocation "
                               "WHERE order_id = $1 FOR UPDATE",
                               PL_PG_ARGS(pl_pg_i64(order_id)), &rows, err);
    if (code != PL_OK)
        return code;
    *out_found = pl_pg_count(rows) == 1;
    if (*out_found) {
        out->order_id = order_id;
        out->product_id = pl_pg_get_i64(rows, 0, 0);
        out->quantity = pl_pg_get_i64(rows, 0, 1);
        out->state = (allocation_state)pl_pg_get_i64(rows, 0, 2);
    }
    return PL_OK;
}

static pl_code insert_allocation(pl_pg_tx *pg, const allocation *a, pl_error *err) {
    return pl_pg_exec(pg,
                      "INSERT INTO allocation (order_id, product_id, quantity, state) "
                      "VALUES ($1, $2, $3, $4::int4)",
                      PL_PG_ARGS(pl_pg_i64(a->order_id), pl_pg_i64(a->product_id),
                                 pl_pg_i64(a->quantity), pl_pg_i32((int32_t)a->state)),
                      err);
}

static pl_code set_state(pl_pg_tx *pg, int64_t order_id, allocation_state state, pl_error *err) {
    return pl_pg_exec(pg, "UPDATE allocation SET state = $2::int4 WHERE order_id = $1",
                      PL_PG_ARGS(pl_pg_i64(order_id), pl_pg_i32((int32_t)state)), err);
}

/* Takes the pieces and says so. */
static pl_code take(pl_event_tx *tx, product *from, const allocation *a, pl_error *err) {
    from->stock -= a->quantity;
    pl_code code = products_say_allocated(tx, from, a, err);
    return code == PL_OK ? products_say_changed(tx, from, err) : code;
}

pl_code stock_allocate(pl_event_tx *tx, const allocation *wanted, pl_str stock_policy,
                       pl_error *err) {
    pl_pg_tx *pg = pl_event_tx_pg(tx);
    product from;
    allocation known;
    bool there = false;
    bool found = false;
    pl_code code = lock_for_order(tx, wanted->product_id, &from, &there, err);
    if (code == PL_OK)
        code = find_allocation(pg, wanted->order_id, &known, &found, err);
    if (code != PL_OK || found)
        return code;
    allocation made = *wanted;
    /* Nobody waits for a product that is no longer sold. */
    made.state = there ? products_answer(from.stock, wanted->quantity, stock_policy)
                       : ALLOCATION_REFUSED;
    code = insert_allocation(pg, &made, err);
    if (code == PL_OK && made.state == ALLOCATION_TAKEN)
        code = take(tx, &from, &made, err);
    else if (code == PL_OK)
        code = products_say_out_of_stock(tx, &from, &made, err);
    return code == PL_OK ? stock_save(tx, &from, err) : code;
}

pl_code stock_release(pl_event_tx *tx, int64_t order_id, int64_t product_id, int64_t quantity,
                      pl_error *err) {
    pl_pg_tx *pg = pl_event_tx_pg(tx);
    product from;
    allocation known;
    bool there = false;
    bool found = false;
    pl_code code = lock_for_order(tx, product_id, &from, &there, err);
    if (code == PL_OK)
        code = find_allocation(pg, order_id, &known, &found, err);
    if (code != PL_OK)
        return code;
    if (!found) {
        const allocation tombstone = {order_id, product_id, quantity, ALLOCATION_CANCELLED};
        return insert_allocation(pg, &tombstone, err);
    }
    if (known.state == ALLOCATION_CANCELLED)
        return PL_OK;
    code = set_state(pg, order_id, ALLOCATION_CANCELLED, err);
    if (code != PL_OK || known.state != ALLOCATION_TAKEN)
        return code;
    from.stock += known.quantity;
    if (there)
        code = products_say_changed(tx, &from, err);
    if (code == PL_OK && there)
        code = stock_serve(tx, &from, err);
    return code == PL_OK ? stock_save(tx, &from, err) : code;
}

pl_code stock_serve(pl_event_tx *tx, product *from, pl_error *err) {
    pl_pg_tx *pg = pl_event_tx_pg(tx);
    pl_pg_rows *rows = NULL;
    pl_event_context before = tx->context;
    pl_code code = pl_pg_query(pg,
                               "SELECT order_id, quantity FROM allocation "
                               "WHERE product_id = $1 AND state = 2 ORDER BY arrived LIMIT $2 "
                               "FOR UPDATE",
                               PL_PG_ARGS(pl_pg_i64(from->id), pl_pg_i64(STOCK_SERVE_MAX)), &rows,
                               err);
    for (size_t i = 0; code == PL_OK && i < pl_pg_count(rows); i++) {
        allocation waiting = {.order_id = pl_pg_get_i64(rows, i, 0),
                              .product_id = from->id,
                              .quantity = pl_pg_get_i64(rows, i, 1),
                              .state = ALLOCATION_WAITING};
        char process[24];
        /* Oldest first, and nobody overtakes: a large order would wait for ever. */
        if (!products_can_serve(from->stock, &waiting))
            break;
        (void)snprintf(process, sizeof process, "%lld", (long long)waiting.order_id);
        tx->context.correlation_id = pl_str_c(process);
        code = set_state(pg, waiting.order_id, ALLOCATION_TAKEN, err);
        if (code == PL_OK)
            code = take(tx, from, &waiting, err);
    }
    tx->context = before;
    return code;
}
