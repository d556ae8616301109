/* The rules of payment. */
#include "check.h"

#include "payment.h"

static const payment_charge wanted = {.customer_id = PL_STR("1@uengine.org"), .amount = 3000};

static payment known(payment_state state) {
    return (payment){.customer_id = PL_STR("1@uengine.org"), .amount = 3000, .state = state};
}

static void refused_as(pl_code code, const pl_error *err, const char *reason) {
    assert_int_equal(code, PL_FAILED_PRECONDITION);
    assert_string_equal(err->reason, reason);
    assert_string_equal(err->domain, "mall");
}

static void a_repeat_of_a_charge_is_accepted(void **state) {
    (void)state;
    const payment charged = known(PAYMENT_CHARGED);
    assert_int_equal(payment_judge_repeat(&charged, &wanted, NULL), PL_OK);
}

static void a_repeat_with_another_amount_is_refused(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    payment charged = known(PAYMENT_CHARGED);
    charged.amount = 2999;
    refused_as(payment_judge_repeat(&charged, &wanted, &err), &err, "CHARGE_MISMATCH");
}

static void a_repeat_by_another_customer_is_refused(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    payment charged = known(PAYMENT_CHARGED);
    charged.customer_id = pl_str_c("2@uengine.org");
    refused_as(payment_judge_repeat(&charged, &wanted, &err), &err, "CHARGE_MISMATCH");
}

static void a_refused_charge_stays_refused(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    const payment refused = known(PAYMENT_REFUSED);
    refused_as(payment_judge_repeat(&refused, &wanted, &err), &err, "INSUFFICIENT_BALANCE");
    assert_string_equal(err.message, "Insufficient balance");
}

static void a_refund_bars_every_charge_of_its_key(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    payment tombstone = known(PAYMENT_REFUNDED);
    tombstone.amount = 0; /* nothing is known of the charge that never came */
    refused_as(payment_judge_repeat(&tombstone, &wanted, &err), &err, "CHARGE_REFUNDED");
}

static void only_a_charge_moves_money_back(void **state) {
    (void)state;
    const payment charged = known(PAYMENT_CHARGED);
    const payment refused = known(PAYMENT_REFUSED);
    const payment refunded = known(PAYMENT_REFUNDED);
    assert_true(payment_refund_moves_money(&charged));
    assert_false(payment_refund_moves_money(&refused));
    assert_false(payment_refund_moves_money(&refunded));
}

static void a_refund_is_for_the_customer_who_was_charged(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    const payment charged = known(PAYMENT_CHARGED);
    const payment_refund own = {.customer_id = PL_STR("1@uengine.org")};
    const payment_refund foreign = {.customer_id = PL_STR("2@uengine.org")};
    assert_int_equal(payment_judge_refund(&charged, &own, &err), PL_OK);
    refused_as(payment_judge_refund(&charged, &foreign, &err), &err, "CHARGE_MISMATCH");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_repeat_of_a_charge_is_accepted),
        cmocka_unit_test(a_repeat_with_another_amount_is_refused),
        cmocka_unit_test(a_repeat_by_another_customer_is_refused),
        cmocka_unit_test(a_refused_charge_stays_refused),
        cmocka_unit_test(a_refund_bars_every_charge_of_its_key),
        cmocka_unit_test(only_a_charge_moves_money_back),
        cmocka_unit_test(a_refund_is_for_the_customer_who_was_charged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
