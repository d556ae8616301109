/* What orders calls, against stubs of products and payment: each contract of orders, and what
 * orders makes of its answer. */
#include "bed_stub.h"

#include <string.h>

#include "upstreams.h"

typedef struct stubs {
    bed_stub *products;
    bed_stub *payment;
    orders_upstreams upstreams;
} stubs;

static int start(void **state) {
    static stubs s;
    s.products = bed_stub_new(BED_STUB_BUNDLES, "mall.products.v1", "mall.orders");
    s.payment = bed_stub_new(BED_STUB_BUNDLES, "mall.payment.v1", "mall.orders");
    s.upstreams = (orders_upstreams){bed_stub_channel(s.products), bed_stub_channel(s.payment)};
    *state = &s;
    return 0;
}

static int stop(void **state) {
    stubs *s = *state;
    bed_stub_free(s->products);
    bed_stub_free(s->payment);
    return 0;
}

/* Of three pieces at 10,000 won; KEY ends the charge key that the contracts have in common. */
static order order_of(const char *customer, uint8_t key) {
    static const uint8_t common[] = {0x5f, 0x0c, 0x2a, 0x1e, 0x8d, 0x3b, 0x4c, 0x6f,
                                     0x9a, 0x7e, 0x1b, 0x2c, 0x3d, 0x4e, 0x5f};
    order o = {.id = 1, .customer_id = pl_str_c(customer), .price = 10000, .quantity = 3};
    memcpy(o.charge_key, common, sizeof common);
    o.charge_key[sizeof common] = key;
    return o;
}

static charge_fate charge(void **state, const char *customer, uint8_t key) {
    const stubs *s = *state;
    const order o = order_of(customer, key);
    return upstreams_charge(&s->upstreams, bed_stub_call(s->payment), &o);
}

static void a_product_on_sale_has_name_price_and_stock(void **state) {
    const stubs *s = *state;
    order_product tv = {0};
    assert_int_equal(upstreams_product(&s->upstreams, bed_stub_call(s->products), 1, &tv), PL_OK);
    assert_int_equal(tv.id, 1);
    assert_true(pl_str_eqc(tv.name, "TV"));
    assert_int_equal(tv.price, 10000);
    assert_int_equal(tv.stock, 10);
}

static void a_product_nobody_sells_is_not_found(void **state) {
    const stubs *s = *state;
    order_product none = {0};
    assert_int_equal(upstreams_product(&s->upstreams, bed_stub_call(s->products), 999, &none),
                     PL_NOT_FOUND);
}

static void an_order_is_charged(void **state) {
    assert_int_equal(charge(state, "user-1", 0x60), CHARGE_DONE);
}

static void a_wallet_with_too_little_refuses(void **state) {
    assert_int_equal(charge(state, "user-2", 0x61), CHARGE_REFUSED);
}

static void a_key_of_another_amount_refuses(void **state) {
    assert_int_equal(charge(state, "user-3", 0x62), CHARGE_REFUSED);
}

static void a_key_that_was_refunded_is_barred(void **state) {
    assert_int_equal(charge(state, "user-4", 0x64), CHARGE_BARRED);
}

static void a_charge_is_refunded(void **state) {
    const stubs *s = *state;
    const order abandoned = order_of("user-1", 0x63);
    assert_int_equal(upstreams_refund(&s->upstreams, bed_stub_call(s->payment), &abandoned), PL_OK);
}

/* After all others. */
static void every_contract_was_reached(void **state) {
    const stubs *s = *state;
    bed_stub_reached(s->products);
    bed_stub_reached(s->payment);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_product_on_sale_has_name_price_and_stock),
        cmocka_unit_test(a_product_nobody_sells_is_not_found),
        cmocka_unit_test(an_order_is_charged),
        cmocka_unit_test(a_wallet_with_too_little_refuses),
        cmocka_unit_test(a_key_of_another_amount_refuses),
        cmocka_unit_test(a_key_that_was_refunded_is_barred),
        cmocka_unit_test(a_charge_is_refunded),
        cmocka_unit_test(every_contract_was_reached),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
