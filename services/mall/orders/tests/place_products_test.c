/* Placing an order: what products says, and what is known while it says nothing. */
#include "world.h"

#include <poll.h>
#include <string.h>

#include "replica.h"

/* Answers when nobody waits for it any more. */
static pl_code get_late(void *self, pl_call *call,
                        const mall_products_v1_GetProductRequest *request,
                        mall_products_v1_Product **out_response) {
    (void)self;
    (void)request;
    int64_t deadline = bed_deadline();
    while (!pl_call_cancelled(call) && pl_now_ns() < deadline)
        (void)poll(NULL, 0, 2);
    *out_response = mall_products_v1_Product_new(pl_call_arena(call));
    return PL_OK;
}

static void an_unknown_product_is_not_ordered(void **state) {
    world *w = world_of(state);
    mall_products_v1_ProductService_mock_get_product_fail(w->products, PL_NOT_FOUND, NULL,
                                                          "product 1: no such product");
    assert_int_equal(PLACE(w).code, PL_NOT_FOUND);
    assert_int_equal(charges(w), 0);
    no_order(w);
}

static void products_go_down(world *w) {
    mall_products_v1_ProductService_mock_get_product_fail(w->products, PL_UNAVAILABLE, NULL,
                                                          "down");
}

static void know_replica(world *w, int64_t price) {
    const order_product product = {.id = 1, .name = PL_STR("OLD TV"), .price = price, .stock = 1};
    pl_event_tx tx = bed_begin(w->b);
    bed_must(w->b, bed_end(w->b, &tx, replica_put(pl_event_tx_pg(&tx), &product, 1, &w->b->err)));
}

static void while_products_is_down_the_replica_sells(void **state) {
    world *w = world_of(state);
    know_replica(w, 9000);
    products_go_down(w);
    answer a = PLACE(w);
    assert_int_equal(a.code, PL_OK);
    assert_string_equal(a.name, "OLD TV");
    assert_int_equal(a.order.price, 9000);
    assert_int_equal(a.order.state, ORDER_BACKORDERED); /* by the replica's stock */
}

static void a_product_the_replica_does_not_know_cannot_be_sold(void **state) {
    world *w = world_of(state);
    products_go_down(w);
    assert_int_equal(PLACE(w).code, PL_UNAVAILABLE);
    assert_int_equal(charges(w), 0);
    no_order(w);
}

static void strictly_nothing_is_sold_while_products_is_down(void **state) {
    world *w = world_of(state);
    know_replica(w, 9000);
    products_go_down(w);
    w->placing.strict = true;
    answer a = PLACE(w);
    assert_int_equal(a.code, PL_UNAVAILABLE);
    assert_non_null(strstr(a.error.message, "products cannot be asked"));
    assert_int_equal(charges(w), 0);
    no_order(w);
}

static void slow_products_leave_time_for_a_slow_payment_to_be_given_up(void **state) {
    world *w = world_of(state);
    static const mall_products_v1_ProductService_ops slow_ops = {.get_product = get_late};
    const mall_products_v1_ProductService slow = {w, &slow_ops};
    know_replica(w, 9000);
    mall_products_v1_ProductService_mock_get_product_handle(w->products, &slow);
    mall_payment_v1_PaymentService_mock_charge_handle(w->payment, &w->slow);
    answer a = PLACE(w);
    assert_int_equal(a.code, PL_UNAVAILABLE);
    assert_in_range(a.ms, 0, 1000);
    assert_int_equal(orders_in(w, ORDER_ABANDONED), 1);
}

static void out_of_stock_is_refused_before_the_charge(void **state) {
    world *w = world_of(state);
    w->placing.policy = POLICY_REJECT;
    sell(w, 2);
    answer a = PLACE(w);
    assert_int_equal(a.code, PL_FAILED_PRECONDITION);
    assert_string_equal(a.error.message, "No Available stock!");
    assert_int_equal(charges(w), 0);
    no_order(w);
}

static void out_of_stock_is_backordered_and_charged(void **state) {
    world *w = world_of(state);
    sell(w, 2);
    assert_int_equal(PLACE(w).order.state, ORDER_BACKORDERED);
    assert_int_equal(charges(w), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(an_unknown_product_is_not_ordered),
        WORLD_TEST(while_products_is_down_the_replica_sells),
        WORLD_TEST(a_product_the_replica_does_not_know_cannot_be_sold),
        WORLD_TEST(strictly_nothing_is_sold_while_products_is_down),
        WORLD_TEST(slow_products_leave_time_for_a_slow_payment_to_be_given_up),
        WORLD_TEST(out_of_stock_is_refused_before_the_charge),
        WORLD_TEST(out_of_stock_is_backordered_and_charged),
    };
    return BED_RUN(tests);
}
