/* The wallets, payments and ledger in PostgreSQL: all SQL of the service is here.
 *
 * Every operation is one transaction. Charges and refunds of one key are serialized by
 * an advisory lock on the key, changes of one wallet by its row. Texts in results live in
 * the given arena. Codes beside the domain's: those of parley/pg/pg.h.
 */
#ifndef MALL_PAYMENT_STORE_H
#define MALL_PAYMENT_STORE_H

#include "parley/backing/access.h"
#include "parley/event/event_pg.h"
#include "parley/pg/pg.h"
#include "payment.h"

/* Payments of one order that are shown. */
#define PAYMENT_FIND_MAX 100

typedef struct payment_store {
    pl_pg *pg;           /* borrowed */
    pl_event_pg *events; /* borrowed */
} payment_store;

/* Takes the money, or answers what became of the key before. PL_FAILED_PRECONDITION with a reason
 * where it is refused. */
PL_NODISCARD pl_code payment_store_charge(payment_store *store, const pl_access *call,
                                          const payment_charge *charge, payment *out_paid,
                                          pl_error *err);

/* Gives the money back, or bars the key; a second time nothing moves. PL_FAILED_PRECONDITION: it
 * was another customer's. */
PL_NODISCARD pl_code payment_store_refund(payment_store *store, const pl_access *call,
                                          const payment_refund *refund, payment *out_paid,
                                          pl_error *err);

/* The same within TX: for a handler. out_paid's texts live as long as TX. */
PL_NODISCARD pl_code payment_store_refund_in(pl_event_tx *tx, const payment_refund *refund,
                                             payment *out_paid, pl_error *err);

/* A wallet's balance; the opening balance where there is none yet. */
PL_NODISCARD pl_code payment_store_balance(payment_store *store, const pl_access *call,
                                           pl_str customer_id, int64_t *out_balance, pl_error *err);

/* The payments of an order, oldest first, at most PAYMENT_FIND_MAX. */
PL_NODISCARD pl_code payment_store_find(payment_store *store, const pl_access *call,
                                        int64_t order_id, payment **out_list, size_t *out_count,
                                        pl_error *err);

#endif
