/* "Whenever X, then Y": what products says, and what it does when others say something. */
#ifndef MALL_PRODUCTS_POLICIES_H
#define MALL_PRODUCTS_POLICIES_H

#include "parley/event/consumer.h"
#include "products.h"

struct products_store;

/* Each publishes one event of PRODUCT in TX, with PRODUCT->ver + 1 as its version, and counts
 * PRODUCT->ver up; the store writes it back. */
PL_NODISCARD pl_code products_say_changed(pl_event_tx *tx, product *changed, pl_error *err);
PL_NODISCARD pl_code products_say_removed(pl_event_tx *tx, product *removed, pl_error *err);
PL_NODISCARD pl_code products_say_allocated(pl_event_tx *tx, product *from, const allocation *taken,
                                            pl_error *err);
PL_NODISCARD pl_code products_say_out_of_stock(pl_event_tx *tx, product *of,
                                               const allocation *refused, pl_error *err);

/* Registers the reactions to mall.orders. */
void products_react(pl_consumer *orders, struct products_store *store);

#endif
