/* The rules of delivery. */
#include "check.h"

#include "delivery.h"

static void a_delivery_begins_in_preparation(void **state) {
    (void)state;
    assert_int_equal(delivery_first_state(&(delivery_early){0}), DELIVERY_PREPARING);
    assert_int_equal(delivery_first_state(&(delivery_early){.allocated = true}),
                     DELIVERY_PREPARING);
}

static void a_delivery_of_a_cancelled_order_begins_cancelled(void **state) {
    (void)state;
    const delivery_early both = {.allocated = true, .cancelled = true};
    assert_int_equal(delivery_first_state(&(delivery_early){.cancelled = true}),
                     DELIVERY_CANCELLED);
    assert_int_equal(delivery_first_state(&both), DELIVERY_CANCELLED);
}

static void only_what_is_prepared_starts(void **state) {
    (void)state;
    assert_true(delivery_can_start(DELIVERY_PREPARING));
    assert_false(delivery_can_start(DELIVERY_STARTED));
    assert_false(delivery_can_start(DELIVERY_COMPLETED));
    assert_false(delivery_can_start(DELIVERY_CANCELLED));
}

static void only_what_is_under_way_arrives(void **state) {
    (void)state;
    assert_false(delivery_can_complete(DELIVERY_PREPARING));
    assert_true(delivery_can_complete(DELIVERY_STARTED));
    assert_false(delivery_can_complete(DELIVERY_COMPLETED));
    assert_false(delivery_can_complete(DELIVERY_CANCELLED));
}

static void everything_is_cancelled_once(void **state) {
    (void)state;
    assert_true(delivery_can_cancel(DELIVERY_PREPARING));
    assert_true(delivery_can_cancel(DELIVERY_STARTED));
    assert_true(delivery_can_cancel(DELIVERY_COMPLETED));
    assert_false(delivery_can_cancel(DELIVERY_CANCELLED));
}

static void states_have_the_names_of_the_events(void **state) {
    (void)state;
    assert_string_equal(delivery_state_name(DELIVERY_PREPARING), "DeliveryPreparing");
    assert_string_equal(delivery_state_name(DELIVERY_STARTED), "DeliveryStarted");
    assert_string_equal(delivery_state_name(DELIVERY_COMPLETED), "DeliveryCompleted");
    assert_string_equal(delivery_state_name(DELIVERY_CANCELLED), "DeliveryCancelled");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_delivery_begins_in_preparation),
        cmocka_unit_test(a_delivery_of_a_cancelled_order_begins_cancelled),
        cmocka_unit_test(only_what_is_prepared_starts),
        cmocka_unit_test(only_what_is_under_way_arrives),
        cmocka_unit_test(everything_is_cancelled_once),
        cmocka_unit_test(states_have_the_names_of_the_events),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
