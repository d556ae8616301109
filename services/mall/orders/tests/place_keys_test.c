/* Placing an order under an idempotency key: once, however often it is asked for. */
#include "world.h"

static void a_repeated_request_answers_the_same_order(void **state) {
    world *w = world_of(state);
    answer first = place(w, "k1", "body");
    answer second = place(w, "k1", "body");
    assert_int_equal(first.code, PL_OK);
    assert_int_equal(second.code, PL_OK);
    assert_int_equal(second.order.id, first.order.id);
    assert_int_equal(charges(w), 1);
    assert_int_equal(bed_number(w->b, "SELECT count(*) FROM orders"), 1);
}

static void a_key_with_another_body_is_refused(void **state) {
    world *w = world_of(state);
    (void)place(w, "k1", "body");
    answer a = place(w, "k1", "another body");
    assert_int_equal(a.code, PL_ABORTED);
    assert_string_equal(a.error.reason, "KEY_REUSED");
    assert_int_equal(bed_number(w->b, "SELECT count(*) FROM orders"), 1);
}

static void a_repeat_after_a_failure_is_a_new_attempt(void **state) {
    world *w = world_of(state);
    mall_payment_v1_PaymentService_mock_charge_fail(w->payment, PL_UNAVAILABLE, NULL, "down");
    assert_int_equal(place(w, "k1", "body").code, PL_UNAVAILABLE);
    bed_must(w->b, mall_payment_v1_PaymentService_mock_charge_answer(w->payment, NULL));
    assert_int_equal(place(w, "k1", "body").code, PL_OK);
    sweep(w);
    assert_int_equal(orders_in(w, ORDER_PLACED), 1);
    assert_int_equal(bed_number(w->b, "SELECT count(*) FROM orders"), 1);
}

enum { THREADS = 8 };

typedef struct crowd {
    world *w;
    pl_code codes[THREADS];
    int64_t ids[THREADS];
} crowd;

static void place_at_once(void *arg, int index) {
    crowd *c = arg;
    pl_call *call = NULL;
    pl_call_opts opts = PL_CALL_OPTS_INIT;
    order placed = {0};
    const orders_key with = {.key = PL_STR("k1"), .request = PL_STR("body")};
    const order wanted = {.product_id = 1, .quantity = 3, .customer_id = PL_STR(CUSTOMER)};
    if (pl_call_new(&opts, &call, NULL) != PL_OK)
        return;
    c->codes[index] = orders_place(&c->w->placing, call, &wanted, &with, &placed);
    c->ids[index] = placed.id;
    pl_call_free(call);
}

static void requests_with_one_key_at_once_are_one_order(void **state) {
    world *w = world_of(state);
    crowd c = {.w = w};
    bed_together(THREADS, place_at_once, &c);
    for (int i = 0; i < THREADS; i++) {
        /* On a machine without time for it a request may also be told to come again. */
        bool later = c.codes[i] == PL_UNAVAILABLE || c.codes[i] == PL_DEADLINE_EXCEEDED;
        assert_true(later || (c.codes[i] == PL_OK && c.ids[i] > 0));
    }
    answer again = place(w, "k1", "body");
    assert_int_equal(again.code, PL_OK);
    for (int i = 0; i < THREADS; i++)
        assert_true(c.codes[i] != PL_OK || c.ids[i] == again.order.id);
    sweep(w);
    assert_int_equal(bed_number(w->b, "SELECT count(*) FROM orders"), 1);
    assert_int_equal(bed_number(w->b, "SELECT count(*) FROM outbox"), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_repeated_request_answers_the_same_order),
        WORLD_TEST(a_key_with_another_body_is_refused),
        WORLD_TEST(a_repeat_after_a_failure_is_a_new_attempt),
        WORLD_TEST(requests_with_one_key_at_once_are_one_order),
    };
    return BED_RUN(tests);
}
