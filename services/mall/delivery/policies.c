#include "policies.h"

#include <stdio.h>

#include "mall/delivery/v1/events.parley.h"
#include "mall/orders/v1/events.parley.h"
#include "mall/products/v1/events.parley.h"
#include "parley/base/assert.h"
#include "store.h"

/* The limits of the events are those of what they are made from: nothing is cut. */
#define COPY(field, text) (void)snprintf((field), sizeof(field), "%.*s", PL_FMT(text))

/* The three events have the same fields. */
#define FILL(event, d)                                                                             \
    do {                                                                                           \
        (event).delivery_id = (d)->id;                                                             \
        (event).order_id = (d)->order_id;                                                          \
        (event).product_id = (d)->product_id;                                                      \
        (event).quantity = (d)->quantity;                                                          \
        COPY((event).product_name, (d)->product_name);                                             \
        COPY((event).customer_id, (d)->customer_id);                                               \
        COPY((event).customer_name, (d)->customer_name);                                           \
        COPY((event).delivery_address, (d)->delivery_address);                                     \
        COPY((event).delivery_state, pl_str_c(delivery_state_name((d)->state)));                   \
    } while (0)

pl_code delivery_say(pl_event_tx *tx, const delivery *d, pl_error *err) {
    if (d->state == DELIVERY_STARTED) {
        mall_delivery_v1_DeliveryStarted event = mall_delivery_v1_DeliveryStarted_init_default;
        FILL(event, d);
        return mall_delivery_v1_publish_delivery_started(tx, d->ver, &event, err);
    }
    if (d->state == DELIVERY_COMPLETED) {
        mall_delivery_v1_DeliveryCompleted event = mall_delivery_v1_DeliveryCompleted_init_default;
        FILL(event, d);
        return mall_delivery_v1_publish_delivery_completed(tx, d->ver, &event, err);
    }
    PL_ASSERT(d->state == DELIVERY_CANCELLED);
    mall_delivery_v1_DeliveryCancelled event = mall_delivery_v1_DeliveryCancelled_init_default;
    FILL(event, d);
    return mall_delivery_v1_publish_delivery_cancelled(tx, d->ver, &event, err);
}

/* Whenever an order is placed, its delivery is prepared. */
static pl_code when_order_placed(void *self, pl_event_tx *tx, const pl_event_meta *meta,
                                 const mall_orders_v1_OrderPlaced *event, pl_error *err) {
    (void)meta;
    const delivery prepared = {.order_id = event->order_id,
                               .product_id = event->product_id,
                               .product_name = pl_str_c(event->product_name),
                               .quantity = event->quantity,
                               .customer_id = pl_str_c(event->customer_id),
                               .customer_name = pl_str_c(event->customer_name),
                               .delivery_address = pl_str_c(event->customer_addr)};
    return delivery_store_prepare(self, tx, &prepared, err);
}

/* Whenever the stock of an order was taken, its delivery starts. */
static pl_code when_stock_allocated(void *self, pl_event_tx *tx, const pl_event_meta *meta,
                                    const mall_products_v1_StockAllocated *event, pl_error *err) {
    (void)meta;
    return delivery_store_start(self, tx, event->order_id, err);
}

/* Whenever an order is cancelled, so is its delivery, and one that has not begun never does. */
static pl_code when_order_cancelled(void *self, pl_event_tx *tx, const pl_event_meta *meta,
                                    const mall_orders_v1_OrderCancelled *event, pl_error *err) {
    (void)meta;
    return delivery_store_cancel(self, tx, event->order_id, err);
}

void delivery_react_to_orders(pl_consumer *orders, struct delivery_store *store) {
    mall_orders_v1_on_order_placed(orders, when_order_placed, store);
    mall_orders_v1_on_order_cancelled(orders, when_order_cancelled, store);
}

void delivery_react_to_products(pl_consumer *products, struct delivery_store *store) {
    mall_products_v1_on_stock_allocated(products, when_stock_allocated, store);
}
