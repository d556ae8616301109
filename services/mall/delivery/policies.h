/* "Whenever X, then Y": what delivery says, and what it does when others say something. */
#ifndef MALL_DELIVERY_POLICIES_H
#define MALL_DELIVERY_POLICIES_H

#include "delivery.h"
#include "parley/event/consumer.h"

struct delivery_store;

/* Publishes what the delivery's state says (STARTED, COMPLETED or CANCELLED) in TX, with D->ver as
 * its version. */
PL_NODISCARD pl_code delivery_say(pl_event_tx *tx, const delivery *d, pl_error *err);

/* Registers the reactions to mall.orders and mall.products. */
void delivery_react_to_orders(pl_consumer *orders, struct delivery_store *store);
void delivery_react_to_products(pl_consumer *products, struct delivery_store *store);

#endif
