#include "payment.h"

static pl_code refuse(pl_error *err, const char *reason, const char *message) {
    pl_error_set(err, PL_FAILED_PRECONDITION, "%s", message);
    pl_error_info(err, PAYMENT_DOMAIN, reason);
    return PL_FAILED_PRECONDITION;
}

pl_code payment_insufficient(pl_error *err) {
    return refuse(err, "INSUFFICIENT_BALANCE", "Insufficient balance");
}

pl_code payment_judge_repeat(const payment *known, const payment_charge *charge, pl_error *err) {
    /* A tombstone knows no amount: whatever was to be charged is barred. */
    if (known->state == PAYMENT_REFUNDED)
        return refuse(err, "CHARGE_REFUNDED", "the charge was refunded; use a new charge_key");
    if (known->amount != charge->amount || !pl_str_eq(known->customer_id, charge->customer_id))
        return refuse(err, "CHARGE_MISMATCH",
                      "charge_key was used with another amount or customer; use a new one");
    if (known->state == PAYMENT_REFUSED)
        return payment_insufficient(err);
    return PL_OK;
}

pl_code payment_judge_refund(const payment *known, const payment_refund *refund, pl_error *err) {
    if (pl_str_eq(known->customer_id, refund->customer_id))
        return PL_OK;
    return refuse(err, "CHARGE_MISMATCH",
                  "charge_key was used for another customer; nothing is refunded");
}

bool payment_refund_moves_money(const payment *known) {
    return known->state == PAYMENT_CHARGED;
}
