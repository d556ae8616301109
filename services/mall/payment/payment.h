/* Payments: the rules, without I/O.
 *
 * A charge key has one fate. CHARGED: the money was taken; a repeat that carries the
 * same amount and customer answers the same, another is refused. REFUSED: the
 * balance did not suffice; final. REFUNDED: the money went back, or the refund came
 * first and bars the charge.
 */
#ifndef MALL_PAYMENT_PAYMENT_H
#define MALL_PAYMENT_PAYMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "parley/base/clock.h"
#include "parley/base/error.h"
#include "parley/base/str.h"

/* Won in a wallet when it opens. */
#define PAYMENT_OPENING_BALANCE INT64_C(1000000)
#define PAYMENT_DOMAIN          "mall"

typedef enum payment_state {
    PAYMENT_CHARGED = 1,
    PAYMENT_REFUSED = 2,
    PAYMENT_REFUNDED = 3,
} payment_state;

/* What became of a charge key. Texts are borrowed from whoever filled it. */
typedef struct payment {
    int64_t id;
    uint8_t charge_key[16];
    int64_t order_id;
    pl_str customer_id;
    int64_t amount;
    payment_state state;
    int64_t balance;
    int64_t charged_us;  /* 0: never */
    int64_t refunded_us; /* 0: never */
} payment;

/* What somebody asks to be taken. */
typedef struct payment_charge {
    uint8_t charge_key[16];
    int64_t order_id;
    pl_str customer_id;
    int64_t amount;
} payment_charge;

/* What somebody asks to be given back. */
typedef struct payment_refund {
    uint8_t charge_key[16];
    int64_t order_id;
    pl_str customer_id;
} payment_refund;

/* The answer to a charge whose key is known already: PL_OK where it is a repeat of
 * what was charged, else PL_FAILED_PRECONDITION with its reason. */
pl_code payment_judge_repeat(const payment *known, const payment_charge *charge, pl_error *err);

/* PL_FAILED_PRECONDITION, INSUFFICIENT_BALANCE. */
pl_code payment_insufficient(pl_error *err);

/* Whether KNOWN can be refunded by REFUND: PL_OK for the customer who was charged, also a second
 * time, else PL_FAILED_PRECONDITION, CHARGE_MISMATCH. */
pl_code payment_judge_refund(const payment *known, const payment_refund *refund, pl_error *err);

/* Whether a refund of KNOWN moves money. */
bool payment_refund_moves_money(const payment *known);

#endif
