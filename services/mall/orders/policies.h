/* "Whenever X, then Y": what orders says, and what it does when others say something. */
#ifndef MALL_ORDERS_POLICIES_H
#define MALL_ORDERS_POLICIES_H

#include "orders.h"
#include "parley/event/consumer.h"

struct orders_store;

/* Publish in TX. The order's state is that after the change. */
PL_NODISCARD pl_code orders_say_placed(pl_event_tx *tx, const order *placed, stock_policy policy,
                                       pl_error *err);
PL_NODISCARD pl_code orders_say_cancelled(pl_event_tx *tx, const order *cancelled, pl_error *err);

/* Registers the reactions to mall.products. */
void orders_react(pl_consumer *products, struct orders_store *store);

#endif
