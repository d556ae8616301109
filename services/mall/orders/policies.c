#include "policies.h"

#include <stdio.h>

#include "mall/orders/v1/events.parley.h"
#include "mall/products/v1/events.parley.h"
#include "replica.h"
#include "store.h"

/* The limits of the events are those of the request: nothing is cut. */
#define COPY(field, text) (void)snprintf((field), sizeof(field), "%.*s", PL_FMT(text))

pl_code orders_say_placed(pl_event_tx *tx, const order *placed, stock_policy policy,
                          pl_error *err) {
    mall_orders_v1_OrderPlaced event = mall_orders_v1_OrderPlaced_init_default;
    event.order_id = placed->id;
    event.product_id = placed->product_id;
    event.quantity = placed->quantity;
    event.price = placed->price;
    COPY(event.product_name, placed->product_name);
    COPY(event.customer_id, placed->customer_id);
    COPY(event.customer_name, placed->customer_name);
    COPY(event.customer_addr, placed->customer_addr);
    COPY(event.customer_phone, placed->customer_phone);
    COPY(event.stock_policy, pl_str_c(orders_policy_name(policy)));
    return mall_orders_v1_publish_order_placed(tx, ORDER_EVENT_PLACED, &event, err);
}

pl_code orders_say_cancelled(pl_event_tx *tx, const order *cancelled, pl_error *err) {
    mall_orders_v1_OrderCancelled event = mall_orders_v1_OrderCancelled_init_default;
    char key[PL_UUID_SIZE];
    event.order_id = cancelled->id;
    event.product_id = cancelled->product_id;
    event.quantity = cancelled->quantity;
    event.price = cancelled->price;
    pl_uuid_text(cancelled->charge_key, key);
    COPY(event.charge_key, pl_str_c(key));
    COPY(event.product_name, cancelled->product_name);
    COPY(event.customer_id, cancelled->customer_id);
    COPY(event.customer_name, cancelled->customer_name);
    COPY(event.reason, cancelled->reason);
    return mall_orders_v1_publish_order_cancelled(tx, ORDER_EVENT_CANCELLED, &event, err);
}

/* Whenever a product changes, the replica follows: orders are taken from it while products is down.
 */
static pl_code when_product_changed(void *self, pl_event_tx *tx, const pl_event_meta *meta,
                                    const mall_products_v1_ProductChanged *event, pl_error *err) {
    (void)self;
    const order_product product = {.id = event->product_id,
                                   .name = pl_str_c(event->product_name),
                                   .price = event->product_price,
                                   .stock = event->product_stock};
    return replica_put(pl_event_tx_pg(tx), &product, meta->version, err);
}

/* Whenever a product is removed, the replica forgets it. */
static pl_code when_product_removed(void *self, pl_event_tx *tx, const pl_event_meta *meta,
                                    const mall_products_v1_ProductRemoved *event, pl_error *err) {
    (void)self;
    (void)meta;
    return replica_remove(pl_event_tx_pg(tx), event->product_id, err);
}

/* Whenever stock is allocated to an order that waits for it, the order is placed. */
static pl_code when_stock_allocated(void *self, pl_event_tx *tx, const pl_event_meta *meta,
                                    const mall_products_v1_StockAllocated *event, pl_error *err) {
    (void)self;
    (void)meta;
    return orders_store_allocated(tx, event->order_id, err);
}

/* Whenever the stock did not suffice, the order waits with products, or is cancelled. */
static pl_code when_out_of_stock(void *self, pl_event_tx *tx, const pl_event_meta *meta,
                                 const mall_products_v1_ProductOutOfStock *event, pl_error *err) {
    (void)self;
    (void)meta;
    return orders_store_out_of_stock(tx, event->order_id, event->waiting, err);
}

void orders_react(pl_consumer *products, struct orders_store *store) {
    mall_products_v1_on_product_changed(products, when_product_changed, store);
    mall_products_v1_on_product_removed(products, when_product_removed, store);
    mall_products_v1_on_stock_allocated(products, when_stock_allocated, store);
    mall_products_v1_on_product_out_of_stock(products, when_out_of_stock, store);
}
