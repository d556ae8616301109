/* PaymentService as its callers see it. */
#include "bed_rpc.h"

#include <stdlib.h>
#include <string.h>

#include "api.h"
#include "mall/payment/v1/payment.parley.h"
#include "migrations.h"

#define CUSTOMER "1@uengine.org"
#define KEY      "01890000-0000-7000-8000-000000000001"

typedef struct world {
    bed *b;
    payment_store store;
    bed_api api;
    mall_payment_v1_PaymentService payment;
} world;

static int setup(void **state) {
    world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    *state = w;
    w->b = bed_new("mall.payment", &pl_service_migrations);
    w->store = (payment_store){w->b->pg, w->b->events};
    w->api = bed_api_open(w->b, "mall", "payment", payment_api_bind(&w->store));
    w->payment = mall_payment_v1_PaymentService_client(w->api.channel);
    return 0;
}

static int teardown(void **state) {
    world *w = *state;
    void *opened = w->b;
    bed_api_close(&w->api);
    free(w);
    return bed_teardown(&opened);
}

static pl_code charge(world *w, const char *key, int64_t amount, mall_payment_v1_Payment **out) {
    mall_payment_v1_ChargeRequest request = mall_payment_v1_CHARGE_REQUEST_INIT;
    request.charge_key = key;
    request.order_id = 7;
    request.customer_id = CUSTOMER;
    request.amount = amount;
    return w->payment.ops->charge(w->payment.self, w->api.call, &request, out);
}

static pl_code refund(world *w, const char *key, mall_payment_v1_Payment **out) {
    mall_payment_v1_RefundRequest request = mall_payment_v1_REFUND_REQUEST_INIT;
    request.charge_key = key;
    request.order_id = 7;
    request.customer_id = CUSTOMER;
    return w->payment.ops->refund(w->payment.self, w->api.call, &request, out);
}

static int64_t balance(world *w) {
    mall_payment_v1_GetWalletRequest request = mall_payment_v1_GET_WALLET_REQUEST_INIT;
    mall_payment_v1_Wallet *wallet = NULL;
    request.customer_id = CUSTOMER;
    assert_int_equal(w->payment.ops->get_wallet(w->payment.self, w->api.call, &request, &wallet),
                     PL_OK);
    assert_string_equal(wallet->customer_id, CUSTOMER);
    return wallet->balance;
}

static void a_charge_and_its_refund_are_answered_whole(void **state) {
    world *w = *state;
    mall_payment_v1_Payment *paid = NULL;
    assert_int_equal(charge(w, KEY, 30000, &paid), PL_OK);
    assert_int_equal(paid->order_id, 7);
    assert_string_equal(paid->customer_id, CUSTOMER);
    assert_int_equal(paid->amount, 30000);
    assert_int_equal(paid->state, mall_payment_v1_PAYMENT_STATE_CHARGED);
    assert_int_equal(paid->balance, 970000);
    assert_true(paid->charged_at && !paid->refunded_at);
    assert_int_equal(balance(w), 970000);
    assert_int_equal(refund(w, KEY, &paid), PL_OK);
    assert_int_equal(paid->state, mall_payment_v1_PAYMENT_STATE_REFUNDED);
    assert_true(paid->charged_at && paid->refunded_at);
    assert_int_equal(balance(w), 1000000);
}

static void an_unknown_wallet_shows_the_opening_balance(void **state) {
    world *w = *state;
    assert_int_equal(balance(w), 1000000);
    assert_int_equal(bed_number(w->b, "SELECT count(*) FROM wallet"), 0);
}

static void a_refusal_carries_its_reason(void **state) {
    world *w = *state;
    mall_payment_v1_Payment *paid = NULL;
    assert_int_equal(charge(w, KEY, 1000001, &paid), PL_FAILED_PRECONDITION);
    assert_string_equal(pl_call_error(w->api.call)->reason, "INSUFFICIENT_BALANCE");
    assert_string_equal(pl_call_error(w->api.call)->domain, "mall");
    assert_string_equal(pl_call_error(w->api.call)->message, "Insufficient balance");
}

static void a_key_that_is_no_uuid_is_refused(void **state) {
    world *w = *state;
    mall_payment_v1_Payment *paid = NULL;
    const char *const keys[] = {"", "7", "01890000-0000-7000-8000-00000000000Z",
                                "01890000-0000-7000-8000-0000000000011"};
    for (size_t i = 0; i < PL_COUNT(keys); i++) {
        assert_int_equal(charge(w, keys[i], 1, &paid), PL_INVALID_ARGUMENT);
        bed_violates(w->api.call, PL_INVALID_ARGUMENT, "charge_key");
        assert_int_equal(refund(w, keys[i], &paid), PL_INVALID_ARGUMENT);
    }
}

static void an_amount_below_zero_is_refused(void **state) {
    world *w = *state;
    mall_payment_v1_Payment *paid = NULL;
    assert_int_equal(charge(w, KEY, -1, &paid), PL_INVALID_ARGUMENT);
    bed_violates(w->api.call, PL_INVALID_ARGUMENT, "amount");
    assert_int_equal(bed_number(w->b, "SELECT count(*) FROM payment"), 0);
}

static void the_payments_of_an_order_are_found(void **state) {
    world *w = *state;
    mall_payment_v1_Payment *paid = NULL;
    mall_payment_v1_FindByOrderIdRequest request = mall_payment_v1_FIND_BY_ORDER_ID_REQUEST_INIT;
    mall_payment_v1_FindByOrderIdResponse *found = NULL;
    assert_int_equal(charge(w, KEY, 30000, &paid), PL_OK);
    request.order_id = 7;
    assert_int_equal(
        w->payment.ops->find_by_order_id(w->payment.self, w->api.call, &request, &found), PL_OK);
    assert_int_equal(found->n_payments, 1);
    assert_int_equal(found->payments[0]->amount, 30000);
    assert_int_equal(found->page->total_elements, 1);
    request.order_id = 8;
    assert_int_equal(
        w->payment.ops->find_by_order_id(w->payment.self, w->api.call, &request, &found), PL_OK);
    assert_int_equal(found->n_payments, 0);
    assert_int_equal(found->page->total_pages, 0);
}

#define API_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        API_TEST(a_charge_and_its_refund_are_answered_whole),
        API_TEST(an_unknown_wallet_shows_the_opening_balance),
        API_TEST(a_refusal_carries_its_reason),
        API_TEST(a_key_that_is_no_uuid_is_refused),
        API_TEST(an_amount_below_zero_is_refused),
        API_TEST(the_payments_of_an_order_are_found),
    };
    return BED_RUN(tests);
}
