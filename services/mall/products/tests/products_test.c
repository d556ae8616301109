/* The rules of products. */
#include "check.h"

#include "products.h"

static allocation_state answer(int64_t stock, int64_t quantity, const char *policy) {
    return products_answer(stock, quantity, pl_str_c(policy));
}

static void stock_that_suffices_is_taken_under_every_policy(void **state) {
    (void)state;
    assert_int_equal(answer(3, 3, "backorder"), ALLOCATION_TAKEN);
    assert_int_equal(answer(3, 3, "reject"), ALLOCATION_TAKEN);
    assert_int_equal(answer(3, 3, "saga"), ALLOCATION_TAKEN);
}

static void only_a_backorder_waits(void **state) {
    (void)state;
    assert_int_equal(answer(2, 3, "backorder"), ALLOCATION_WAITING);
    assert_int_equal(answer(2, 3, "reject"), ALLOCATION_REFUSED);
    assert_int_equal(answer(2, 3, "saga"), ALLOCATION_REFUSED);
}

static void a_policy_nobody_knows_does_not_wait(void **state) {
    (void)state;
    assert_int_equal(answer(2, 3, ""), ALLOCATION_REFUSED);
}

static void a_waiting_order_is_served_whole_or_not(void **state) {
    (void)state;
    const allocation waiting = {.quantity = 3, .state = ALLOCATION_WAITING};
    assert_true(products_can_serve(3, &waiting));
    assert_false(products_can_serve(2, &waiting));
}

static void only_a_waiting_order_is_served(void **state) {
    (void)state;
    const allocation_state others[] = {ALLOCATION_TAKEN, ALLOCATION_REFUSED, ALLOCATION_CANCELLED};
    for (size_t i = 0; i < PL_COUNT(others); i++) {
        const allocation other = {.quantity = 1, .state = others[i]};
        assert_false(products_can_serve(10, &other));
    }
}

static void fields_are_known_by_their_names(void **state) {
    (void)state;
    assert_int_equal(products_field(pl_str_c("name")), PRODUCT_NAME);
    assert_int_equal(products_field(pl_str_c("price")), PRODUCT_PRICE);
    assert_int_equal(products_field(pl_str_c("stock")), PRODUCT_STOCK);
    assert_int_equal(products_field(pl_str_c("image_url")), PRODUCT_IMAGE_URL);
    assert_int_equal(products_field(pl_str_c("product_options")), PRODUCT_OPTIONS);
}

static void a_field_that_cannot_be_changed_has_no_bit(void **state) {
    (void)state;
    assert_int_equal(products_field(pl_str_c("id")), 0);
    assert_int_equal(products_field(pl_str_c("etag")), 0);
    assert_int_equal(products_field(pl_str_c("")), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stock_that_suffices_is_taken_under_every_policy),
        cmocka_unit_test(only_a_backorder_waits),
        cmocka_unit_test(a_policy_nobody_knows_does_not_wait),
        cmocka_unit_test(a_waiting_order_is_served_whole_or_not),
        cmocka_unit_test(only_a_waiting_order_is_served),
        cmocka_unit_test(fields_are_known_by_their_names),
        cmocka_unit_test(a_field_that_cannot_be_changed_has_no_bit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
