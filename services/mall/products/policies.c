#include "policies.h"

#include <stdio.h>

#include "mall/orders/v1/events.parley.h"
#include "mall/products/v1/events.parley.h"
#include "stock.h"

/* The limits of the event are those of the product: nothing is cut. */
#define COPY(field, text) (void)snprintf((field), sizeof(field), "%.*s", PL_FMT(text))

pl_code products_say_changed(pl_event_tx *tx, product *changed, pl_error *err) {
    mall_products_v1_ProductChanged event = mall_products_v1_ProductChanged_init_default;
    event.product_id = changed->id;
    event.product_price = changed->price;
    event.product_stock = changed->stock;
    COPY(event.product_name, changed->name);
    COPY(event.image_url, changed->image_url);
    return mall_products_v1_publish_product_changed(tx, ++changed->ver, &event, err);
}

pl_code products_say_removed(pl_event_tx *tx, product *removed, pl_error *err) {
    mall_products_v1_ProductRemoved event = mall_products_v1_ProductRemoved_init_default;
    event.product_id = removed->id;
    return mall_products_v1_publish_product_removed(tx, ++removed->ver, &event, err);
}

pl_code products_say_allocated(pl_event_tx *tx, product *from, const allocation *taken,
                               pl_error *err) {
    mall_products_v1_StockAllocated event = mall_products_v1_StockAllocated_init_default;
    event.product_id = from->id;
    event.order_id = taken->order_id;
    event.quantity = (int32_t)taken->quantity;
    return mall_products_v1_publish_stock_allocated(tx, ++from->ver, &event, err);
}

pl_code products_say_out_of_stock(pl_event_tx *tx, product *of, const allocation *refused,
                                  pl_error *err) {
    mall_products_v1_ProductOutOfStock event = mall_products_v1_ProductOutOfStock_init_default;
    event.product_id = of->id;
    event.order_id = refused->order_id;
    event.waiting = refused->state == ALLOCATION_WAITING;
    return mall_products_v1_publish_product_out_of_stock(tx, ++of->ver, &event, err);
}

/* Whenever an order is placed, it is answered: its stock is taken, or it waits, or it cannot be. */
static pl_code when_order_placed(void *self, pl_event_tx *tx, const pl_event_meta *meta,
                                 const mall_orders_v1_OrderPlaced *event, pl_error *err) {
    (void)self;
    (void)meta;
    const allocation wanted = {
        .order_id = event->order_id, .product_id = event->product_id, .quantity = event->quantity};
    /* Stock would grow by an order of less than nothing. */
    if (wanted.quantity < 1)
        return pl_error_set(err, PL_INVALID_ARGUMENT, "quantity: expected at least 1, got %lld",
                            (long long)wanted.quantity);
    return stock_allocate(tx, &wanted, pl_str_c(event->stock_policy), err);
}

/* Whenever an order is cancelled, what it took goes back, and who waits is served. */
static pl_code when_order_cancelled(void *self, pl_event_tx *tx, const pl_event_meta *meta,
                                    const mall_orders_v1_OrderCancelled *event, pl_error *err) {
    (void)self;
    (void)meta;
    return stock_release(tx, event->order_id, event->product_id, event->quantity, err);
}

void products_react(pl_consumer *orders, struct products_store *store) {
    mall_orders_v1_on_order_placed(orders, when_order_placed, store);
    mall_orders_v1_on_order_cancelled(orders, when_order_cancelled, store);
}
