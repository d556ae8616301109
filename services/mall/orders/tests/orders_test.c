/* The rules of orders. */
#include "check.h"

#include <string.h>

#include "orders.h"

static order in(order_state state) {
    return (order){.id = 7, .state = state};
}

static const order_product ten = {.id = 1, .stock = 10};

static void stock_that_suffices_is_taken_under_every_policy(void **state) {
    (void)state;
    const stock_policy policies[] = {POLICY_BACKORDER, POLICY_REJECT, POLICY_SAGA};
    for (size_t i = 0; i < PL_COUNT(policies); i++) {
        bool backorder = true;
        assert_int_equal(orders_judge_stock(policies[i], &ten, 10, &backorder, NULL), PL_OK);
        assert_false(backorder);
    }
}

static void an_order_beyond_the_stock_waits_under_backorder(void **state) {
    (void)state;
    bool backorder = false;
    assert_int_equal(orders_judge_stock(POLICY_BACKORDER, &ten, 11, &backorder, NULL), PL_OK);
    assert_true(backorder);
}

static void an_order_beyond_the_stock_is_refused_under_reject(void **state) {
    (void)state;
    bool backorder = false;
    pl_error err = PL_ERROR_INIT;
    assert_int_equal(orders_judge_stock(POLICY_REJECT, &ten, 11, &backorder, &err),
                     PL_FAILED_PRECONDITION);
    assert_string_equal(err.message, "No Available stock!");
    assert_string_equal(err.reason, "OUT_OF_STOCK");
    assert_string_equal(err.domain, "mall");
}

static void an_order_beyond_the_stock_is_placed_under_saga(void **state) {
    (void)state;
    bool backorder = true;
    assert_int_equal(orders_judge_stock(POLICY_SAGA, &ten, 11, &backorder, NULL), PL_OK);
    assert_false(backorder);
}

static void a_charged_order_is_placed_or_waits(void **state) {
    (void)state;
    assert_int_equal(orders_charged(&(order){.backorder = false}), ORDER_PLACED);
    assert_int_equal(orders_charged(&(order){.backorder = true}), ORDER_BACKORDERED);
}

static void an_abandoned_order_is_never_seen(void **state) {
    (void)state;
    const order abandoned = in(ORDER_ABANDONED);
    const order cancelled = in(ORDER_CANCELLED);
    assert_false(orders_visible(&abandoned));
    assert_true(orders_visible(&cancelled));
}

static void an_order_is_cancelled_once(void **state) {
    (void)state;
    bool change = false;
    const order placed = in(ORDER_PLACED);
    const order waiting = in(ORDER_BACKORDERED);
    const order cancelled = in(ORDER_CANCELLED);
    assert_int_equal(orders_judge_cancel(&placed, &change, NULL), PL_OK);
    assert_true(change);
    change = false;
    assert_int_equal(orders_judge_cancel(&waiting, &change, NULL), PL_OK);
    assert_true(change);
    assert_int_equal(orders_judge_cancel(&cancelled, &change, NULL), PL_OK);
    assert_false(change);
}

static void an_order_that_is_being_placed_cannot_be_cancelled_yet(void **state) {
    (void)state;
    bool change = false;
    pl_error err = PL_ERROR_INIT;
    const order pending = in(ORDER_PENDING);
    assert_int_equal(orders_judge_cancel(&pending, &change, &err), PL_ABORTED);
    assert_false(change);
}

static void an_abandoned_order_cannot_be_cancelled(void **state) {
    (void)state;
    bool change = false;
    pl_error err = PL_ERROR_INIT;
    const order abandoned = in(ORDER_ABANDONED);
    assert_int_equal(orders_judge_cancel(&abandoned, &change, &err), PL_NOT_FOUND);
    assert_string_equal(err.message, "order 7: no such order");
}

static void allocated_stock_places_who_waits_and_nobody_else(void **state) {
    (void)state;
    assert_int_equal(orders_allocated(ORDER_BACKORDERED), ORDER_PLACED);
    assert_int_equal(orders_allocated(ORDER_PLACED), ORDER_PLACED);
    assert_int_equal(orders_allocated(ORDER_CANCELLED), ORDER_CANCELLED);
    assert_int_equal(orders_allocated(ORDER_PENDING), ORDER_PENDING);
}

static void stock_that_is_out_lets_wait_or_cancels(void **state) {
    (void)state;
    assert_int_equal(orders_out_of_stock(ORDER_PLACED, true), ORDER_BACKORDERED);
    assert_int_equal(orders_out_of_stock(ORDER_BACKORDERED, true), ORDER_BACKORDERED);
    assert_int_equal(orders_out_of_stock(ORDER_PLACED, false), ORDER_CANCELLED);
    assert_int_equal(orders_out_of_stock(ORDER_BACKORDERED, false), ORDER_CANCELLED);
    assert_int_equal(orders_out_of_stock(ORDER_CANCELLED, true), ORDER_CANCELLED);
    assert_int_equal(orders_out_of_stock(ORDER_ABANDONED, false), ORDER_ABANDONED);
}

static void a_key_has_1_to_64_printable_characters(void **state) {
    (void)state;
    char key[66];
    memset(key, 'k', sizeof key);
    assert_true(orders_key_valid(pl_str_make(key, 1)));
    assert_true(orders_key_valid(pl_str_make(key, 64)));
    assert_false(orders_key_valid(pl_str_make(key, 65)));
    assert_false(orders_key_valid(pl_str_make(key, 0)));
    assert_true(orders_key_valid(pl_str_c("!~")));
    assert_false(orders_key_valid(pl_str_c("a b")));
    assert_false(orders_key_valid(pl_str_c("a\x7f")));
    assert_false(orders_key_valid(pl_str_c("키")));
}

static void policies_have_the_names_of_the_setting(void **state) {
    (void)state;
    assert_string_equal(orders_policy_name(POLICY_BACKORDER), "backorder");
    assert_string_equal(orders_policy_name(POLICY_REJECT), "reject");
    assert_string_equal(orders_policy_name(POLICY_SAGA), "saga");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stock_that_suffices_is_taken_under_every_policy),
        cmocka_unit_test(an_order_beyond_the_stock_waits_under_backorder),
        cmocka_unit_test(an_order_beyond_the_stock_is_refused_under_reject),
        cmocka_unit_test(an_order_beyond_the_stock_is_placed_under_saga),
        cmocka_unit_test(a_charged_order_is_placed_or_waits),
        cmocka_unit_test(an_abandoned_order_is_never_seen),
        cmocka_unit_test(an_order_is_cancelled_once),
        cmocka_unit_test(an_order_that_is_being_placed_cannot_be_cancelled_yet),
        cmocka_unit_test(an_abandoned_order_cannot_be_cancelled),
        cmocka_unit_test(allocated_stock_places_who_waits_and_nobody_else),
        cmocka_unit_test(stock_that_is_out_lets_wait_or_cancels),
        cmocka_unit_test(a_key_has_1_to_64_printable_characters),
        cmocka_unit_test(policies_have_the_names_of_the_setting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
