/* What orders calls, against stubs made of its own contracts with products and payment: whatever it
 * does here they cover, and whatever they say is reached. */
#include "bed_rpc.h"

#include <stdlib.h>

#include "parley/verify/stubs.h"
#include "upstreams.h"

typedef struct world {
    pl_contract_stub *products, *payment;
    orders_upstreams up;
    pl_call *call;
} world;

static void start_stub(const char *provider, pl_contract_stub **out_stub,
                       pl_channel **out_channel) {
    const pl_contract_stub_opts opts = {
        .bundles = PL_CONTRACT_BUNDLES, .provider = provider, .consumer = "mall.orders"};
    pl_channel_opts channel = PL_CHANNEL_OPTS_INIT;
    pl_error err = PL_ERROR_INIT;
    if (pl_contract_stub_start(&opts, out_stub, &err) != PL_OK)
        fail_msg("%s", err.message);
    channel.name = provider;
    channel.target = pl_contract_stub_address(*out_stub);
    assert_int_equal(pl_channel_new(&channel, out_channel, &err), PL_OK);
}

static int setup(void **state) {
    pl_call_opts opts = PL_CALL_OPTS_INIT;
    world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    *state = w;
    start_stub("mall.products.v1", &w->products, &w->up.products);
    start_stub("mall.payment.v1", &w->payment, &w->up.payment);
    opts.timeout_ms = BED_WAIT_MS;
    assert_int_equal(pl_call_new(&opts, &w->call, NULL), PL_OK);
    return 0;
}

static int teardown(void **state) {
    world *w = *state;
    pl_call_free(w->call);
    pl_channel_free(w->up.products);
    pl_channel_free(w->up.payment);
    pl_contract_stub_free(w->products);
    pl_contract_stub_free(w->payment);
    free(w);
    return 0;
}

/* An order of three TVs by CUSTOMER, charged under KEY. */
static order pending(const char *customer, const char *key) {
    order o = {.id = 7, .product_id = 1, .quantity = 3, .price = 10000};
    o.customer_id = pl_str_c(customer);
    assert_true(pl_uuid_parse(pl_str_c(key), o.charge_key));
    return o;
}

static charge_fate charge(world *w, const char *customer, const char *key) {
    const order o = pending(customer, key);
    return upstreams_charge(&w->up, w->call, &o);
}

static void a_product_is_known_by_name_price_and_stock(void **state) {
    world *w = *state;
    order_product tv = {0};
    bed_code(w->call, upstreams_product(&w->up, w->call, 1, &tv), PL_OK);
    assert_int_equal(tv.id, 1);
    assert_true(pl_str_eqc(tv.name, "TV"));
    assert_int_equal(tv.price, 10000);
    assert_int_equal(tv.stock, 10);
}

static void a_product_nobody_sells_is_not_found(void **state) {
    world *w = *state;
    order_product none = {0};
    bed_code(w->call, upstreams_product(&w->up, w->call, 999, &none), PL_NOT_FOUND);
}

static void an_order_is_charged_under_a_key_of_its_own(void **state) {
    world *w = *state;
    order o = pending("user-1", "5f0c2a1e-8d3b-4c6f-9a7e-1b2c3d4e5f60");
    assert_int_equal(upstreams_charge(&w->up, w->call, &o), CHARGE_DONE);
    pl_uuid7(o.charge_key);
    assert_int_equal(upstreams_charge(&w->up, w->call, &o), CHARGE_DONE);
}

static void a_wallet_that_holds_too_little_refuses(void **state) {
    world *w = *state;
    assert_int_equal(charge(w, "user-2", "5f0c2a1e-8d3b-4c6f-9a7e-1b2c3d4e5f61"), CHARGE_REFUSED);
    assert_string_equal(pl_call_error(w->call)->reason, "INSUFFICIENT_BALANCE");
}

static void a_key_that_was_used_otherwise_refuses(void **state) {
    world *w = *state;
    assert_int_equal(charge(w, "user-3", "5f0c2a1e-8d3b-4c6f-9a7e-1b2c3d4e5f62"), CHARGE_REFUSED);
}

static void a_charge_that_was_given_back_is_barred(void **state) {
    world *w = *state;
    assert_int_equal(charge(w, "user-4", "5f0c2a1e-8d3b-4c6f-9a7e-1b2c3d4e5f64"), CHARGE_BARRED);
}

static void an_abandoned_order_is_refunded(void **state) {
    world *w = *state;
    const order o = pending("user-1", "5f0c2a1e-8d3b-4c6f-9a7e-1b2c3d4e5f63");
    bed_code(w->call, upstreams_refund(&w->up, w->call, &o), PL_OK);
}

/* What the stub refuses because no contract covers it is no answer of payment's. */
static void a_charge_without_a_contract_is_no_answer(void **state) {
    world *w = *state;
    order o = pending("user-1", "5f0c2a1e-8d3b-4c6f-9a7e-1b2c3d4e5f60");
    o.quantity = 4;
    assert_int_equal(upstreams_charge(&w->up, w->call, &o), CHARGE_NOT_KNOWN);
    assert_string_equal(pl_call_error(w->call)->reason, "NO_CONTRACT");
}

static void every_contract_was_reached(void **state) {
    world *w = *state;
    pl_contract_stub_all_used(w->products);
    pl_contract_stub_all_used(w->payment);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_product_is_known_by_name_price_and_stock),
        cmocka_unit_test(a_product_nobody_sells_is_not_found),
        cmocka_unit_test(an_order_is_charged_under_a_key_of_its_own),
        cmocka_unit_test(a_wallet_that_holds_too_little_refuses),
        cmocka_unit_test(a_key_that_was_used_otherwise_refuses),
        cmocka_unit_test(a_charge_that_was_given_back_is_barred),
        cmocka_unit_test(an_abandoned_order_is_refunded),
        cmocka_unit_test(a_charge_without_a_contract_is_no_answer),
        cmocka_unit_test(every_contract_was_reached),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
