/* Rows of the table orders. */
#ifndef MALL_ORDERS_ROWS_H
#define MALL_ORDERS_ROWS_H

#include "orders.h"
#include "parley/base/arena.h"
#include "parley/pg/pg.h"

/* The columns in the order rows_read takes them. */
#define ORDER_COLUMNS                                                                              \
    "orders.id, orders.ver, orders.charge_key, orders.state, orders.product_id, "                  \
    "orders.product_name, orders.quantity, orders.price, orders.customer_id, "                     \
    "orders.customer_name, orders.customer_addr, orders.customer_phone, orders.backorder, "        \
    "orders.reason, orders.created_at, orders.traceparent, orders.tracestate"
#define ORDER_COLUMN_COUNT 17

/* An order from a row; its texts live in ARENA and end in NUL, or live as long as ROWS where
 * ARENA is NULL. */
PL_NODISCARD pl_code rows_read(const pl_pg_rows *rows, size_t row, pl_arena *arena,
                               order *out_order, pl_error *err);

#endif
