#include "policies.h"

#include <stdio.h>

#include "mall/orders/v1/events.parley.h"
#include "mall/payment/v1/events.parley.h"
#include "store.h"

pl_code payment_say_charged(pl_event_tx *tx, int64_t version, const payment *paid, pl_error *err) {
    mall_payment_v1_PaymentCharged event = mall_payment_v1_PaymentCharged_init_default;
    event.order_id = paid->order_id;
    event.amount = paid->amount;
    event.balance = paid->balance;
    (void)snprintf(event.customer_id, sizeof event.customer_id, "%.*s", PL_FMT(paid->customer_id));
    return mall_payment_v1_publish_payment_charged(tx, version, &event, err);
}

pl_code payment_say_refunded(pl_event_tx *tx, int64_t version, const payment *paid, pl_error *err) {
    mall_payment_v1_PaymentRefunded event = mall_payment_v1_PaymentRefunded_init_default;
    event.order_id = paid->order_id;
    event.amount = paid->amount;
    event.balance = paid->balance;
    (void)snprintf(event.customer_id, sizeof event.customer_id, "%.*s", PL_FMT(paid->customer_id));
    return mall_payment_v1_publish_payment_refunded(tx, version, &event, err);
}

/* Whenever an order is cancelled, its charge is refunded. */
static pl_code when_order_cancelled(void *self, pl_event_tx *tx, const pl_event_meta *meta,
                                    const mall_orders_v1_OrderCancelled *event, pl_error *err) {
    (void)self;
    (void)meta;
    payment_refund refund = {.order_id = event->order_id,
                             .customer_id = pl_str_c(event->customer_id)};
    if (!pl_uuid_parse(pl_str_c(event->charge_key), refund.charge_key))
        return pl_error_set(err, PL_INVALID_ARGUMENT, "charge_key: expected a UUID, got '%s'",
                            event->charge_key);
    payment paid;
    pl_code code = payment_store_refund_in(tx, &refund, &paid, err);
    if (code != PL_FAILED_PRECONDITION)
        return code;
    /* A refusal is final: the event is parked, and those behind it go on. */
    return pl_error_set(err, PL_INVALID_ARGUMENT, "charge_key %s belongs to another customer",
                        event->charge_key);
}

void payment_react(pl_consumer *orders, struct payment_store *store) {
    mall_orders_v1_on_order_cancelled(orders, when_order_cancelled, store);
}
