/* Placing an order: the steps between products, the store and payment.
 *
 * Each step is durable before the next begins, and each may be the last that a crash
 * leaves: PENDING is stored before the charge, the order is placed after it in the
 * transaction that publishes OrderPlaced, and a failure is answered only after the row is
 * dropped or marked abandoned. What is left unfinished the sweep finishes (sweep.h).
 */
#ifndef MALL_ORDERS_PLACE_H
#define MALL_ORDERS_PLACE_H

#include "store.h"
#include "upstreams.h"

/* A handler's own budget, below any caller's default deadline of 1 s. */
#define ORDERS_PLACE_BUDGET_MS 800
/* What products and payment may use of it: the rest is for giving an order up. */
#define ORDERS_UPSTREAMS_BUDGET_MS 650

typedef struct orders_placing {
    orders_store *store; /* borrowed */
    orders_upstreams upstreams;
    stock_policy policy;
    bool strict; /* products must answer: no order from the replica */
} orders_placing;

/* Places WANTED (product_id, quantity and the customer's fields are read). The result's texts live
 * in CALL's arena, its error is CALL's: the codes of OrderService.PlaceOrder; PL_DEADLINE_EXCEEDED
 * where the outcome is not known. */
PL_NODISCARD pl_code orders_place(orders_placing *placing, pl_call *call, const order *wanted,
                                  const orders_key *key, order *out_order);

/* Places a charged order, or finds what somebody else made of it. For handler and sweep. */
PL_NODISCARD pl_code orders_finish(orders_placing *placing, pl_call *call, const pl_access *access,
                                   order *pending);

/* Drops an order of which nothing was charged. Where that fails the sweep will do it: the charge
 * is refused again, or the refund has no effect again. For handler and sweep. */
pl_code orders_drop(orders_placing *placing, const pl_access *access, const order *unfinished,
                    pl_error *err);

#endif
