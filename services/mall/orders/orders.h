/* Orders: the rules, without I/O.
 *
 *     PENDING --charged--> PLACED or BACKORDERED --cancel--> CANCELLED
 *        |                    ^          |
 *        |                    +----------+  StockAllocated / ProductOutOfStock(waiting)
 *        +--failure--> ABANDONED --refunded--> (gone)
 *
 * PENDING is stored before the charge, so that a crash never leaves a charge nobody
 * knows; ABANDONED is never shown to anybody.
 */
#ifndef MALL_ORDERS_ORDERS_H
#define MALL_ORDERS_ORDERS_H

#include <stdbool.h>
#include <stdint.h>

#include "parley/base/clock.h"
#include "parley/base/error.h"
#include "parley/base/str.h"

#define ORDERS_DOMAIN "mall"

typedef enum order_state {
    ORDER_PENDING = 1,
    ORDER_PLACED = 2,
    ORDER_BACKORDERED = 3,
    ORDER_CANCELLED = 4,
    ORDER_ABANDONED = 5,
} order_state;

typedef enum stock_policy { POLICY_BACKORDER, POLICY_REJECT, POLICY_SAGA } stock_policy;

/* The versions of an order's events: it is placed once and cancelled at most once. */
enum { ORDER_EVENT_PLACED = 1, ORDER_EVENT_CANCELLED = 2 };

/* An order. Texts are borrowed from whoever filled it. */
typedef struct order {
    int64_t id;
    int64_t ver;
    uint8_t charge_key[16];
    order_state state;
    int64_t product_id;
    pl_str product_name;
    int32_t quantity;
    int64_t price;
    pl_str customer_id;
    pl_str customer_name;
    pl_str customer_addr;
    pl_str customer_phone;
    bool backorder;
    pl_str reason;
    int64_t created_us;
    pl_str traceparent; /* of the call that asked for it */
    pl_str tracestate;  /* the same */
} order;

/* What orders knows of a product when it takes an order. */
typedef struct order_product {
    int64_t id;
    pl_str name;
    int64_t price;
    int64_t stock;
} order_product;

/* "backorder", "reject", "saga". */
const char *orders_policy_name(stock_policy policy);

/* Judges the stock before the charge. PL_OK, with *out_backorder set where the order
 * will have to wait; PL_FAILED_PRECONDITION, OUT_OF_STOCK under POLICY_REJECT. */
pl_code orders_judge_stock(stock_policy policy, const order_product *product, int32_t quantity,
                           bool *out_backorder, pl_error *err);

/* The state a charged order takes. */
order_state orders_charged(const order *o);

/* Whether the order exists for its customer: not while it is being placed or dropped. */
bool orders_visible(const order *o);

/* What a cancellation does. PL_OK, *out_change false where it is cancelled already;
 * PL_ABORTED while it is being placed; PL_NOT_FOUND for one that never was. */
pl_code orders_judge_cancel(const order *o, bool *out_change, pl_error *err);

/* The state after StockAllocated, or after ProductOutOfStock; the same state where
 * the event changes nothing. */
order_state orders_allocated(order_state state);
order_state orders_out_of_stock(order_state state, bool waiting);

/* An Idempotency-Key: 1 to 64 printable ASCII characters. */
bool orders_key_valid(pl_str key);

#endif
