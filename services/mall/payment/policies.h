/* "Whenever X, then Y": what payment says, and what it does when others say something. */
#ifndef MALL_PAYMENT_POLICIES_H
#define MALL_PAYMENT_POLICIES_H

#include "parley/event/consumer.h"
#include "payment.h"

struct payment_store;

/* Publishes that PAID was charged, or refunded, in TX; VERSION is the wallet's after it. */
PL_NODISCARD pl_code payment_say_charged(pl_event_tx *tx, int64_t version, const payment *paid,
                                         pl_error *err);
PL_NODISCARD pl_code payment_say_refunded(pl_event_tx *tx, int64_t version, const payment *paid,
                                          pl_error *err);

/* Registers the reactions to mall.orders. */
void payment_react(pl_consumer *orders, struct payment_store *store);

#endif
