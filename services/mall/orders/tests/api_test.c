/* OrderService as its callers see it; what it does with products and payment is place_test.c's. */
#include "bed_rpc.h"

#include <stdlib.h>
#include <string.h>

#include "api.h"
#include "mall/orders/v1/orders.parley.h"
#include "migrations.h"

#define CUSTOMER "1@uengine.org"

typedef struct world {
    bed *b;
    orders_store store;
    orders_placing placing;
    bed_api api;
    mall_orders_v1_OrderService orders;
} world;

static int setup(void **state) {
    world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    *state = w;
    w->b = bed_new("mall.orders", &pl_service_migrations);
    w->store = (orders_store){w->b->pg, w->b->events};
    w->placing = (orders_placing){.store = &w->store, .policy = POLICY_SAGA};
    w->api = bed_api_open(w->b, "mall", "orders", orders_api_bind(&w->placing));
    w->orders = mall_orders_v1_OrderService_client(w->api.channel);
    return 0;
}

static int teardown(void **state) {
    world *w = *state;
    void *opened = w->b;
    bed_api_close(&w->api);
    free(w);
    return bed_teardown(&opened);
}

static order pending(world *w) {
    const pl_access call = {.deadline_ns = bed_deadline(), .arena = &w->b->arena};
    order o = {.product_id = 1,
               .product_name = PL_STR("TV"),
               .quantity = 3,
               .price = 10000,
               .customer_id = PL_STR(CUSTOMER)};
    pl_uuid7(o.charge_key);
    bed_must(w->b, orders_store_create(&w->store, &call, &(orders_key){0}, &o, &w->b->err));
    return o;
}

static order placed(world *w) {
    const pl_access call = {.deadline_ns = bed_deadline(), .arena = &w->b->arena};
    order o = pending(w);
    bed_must(w->b, orders_store_place(&w->store, &call, POLICY_SAGA, &o, &w->b->err));
    return o;
}

static pl_code get(world *w, int64_t id, mall_orders_v1_Order **out) {
    mall_orders_v1_GetOrderRequest request = mall_orders_v1_GET_ORDER_REQUEST_INIT;
    request.order_id = id;
    return w->orders.ops->get_order(w->orders.self, w->api.call, &request, out);
}

/* PATCH of the fields PATHS to STATE. */
static pl_code patch(world *w, int64_t id, const char *path, mall_orders_v1_OrderState wanted,
                     mall_orders_v1_Order **out) {
    const char *paths[] = {path};
    google_protobuf_FieldMask mask = google_protobuf_FIELD_MASK_INIT;
    mall_orders_v1_Order changed = mall_orders_v1_ORDER_INIT;
    mall_orders_v1_UpdateOrderRequest request = mall_orders_v1_UPDATE_ORDER_REQUEST_INIT;
    mask.paths = paths;
    mask.n_paths = 1;
    changed.state = wanted;
    request.order_id = id;
    request.order = &changed;
    request.update_mask = &mask;
    return w->orders.ops->update_order(w->orders.self, w->api.call, &request, out);
}

static mall_orders_v1_PlaceOrderRequest wanted(void) {
    mall_orders_v1_PlaceOrderRequest request = mall_orders_v1_PLACE_ORDER_REQUEST_INIT;
    request.product_id = 1;
    request.quantity = 3;
    request.customer_id = CUSTOMER;
    return request;
}

static void refuses_place(world *w, const mall_orders_v1_PlaceOrderRequest *request,
                          const char *path) {
    mall_orders_v1_Order *out = NULL;
    assert_int_equal(w->orders.ops->place_order(w->orders.self, w->api.call, request, &out),
                     PL_INVALID_ARGUMENT);
    bed_violates(w->api.call, PL_INVALID_ARGUMENT, path);
    assert_int_equal(bed_number(w->b, "SELECT count(*) FROM orders"), 0);
}

static void an_order_is_answered_whole(void **state) {
    world *w = *state;
    mall_orders_v1_Order *out = NULL;
    order o = placed(w);
    assert_int_equal(get(w, o.id, &out), PL_OK);
    assert_int_equal(out->id, o.id);
    assert_int_equal(out->product_id, 1);
    assert_string_equal(out->product_name, "TV");
    assert_int_equal(out->quantity, 3);
    assert_int_equal(out->price, 10000);
    assert_string_equal(out->customer_id, CUSTOMER);
    assert_int_equal(out->state, mall_orders_v1_ORDER_STATE_PLACED);
    assert_int_equal(out->created_at->seconds, o.created_us / 1000000);
}

static void an_order_is_not_found_while_it_is_being_placed(void **state) {
    world *w = *state;
    mall_orders_v1_Order *out = NULL;
    order o = pending(w);
    assert_int_equal(get(w, o.id, &out), PL_NOT_FOUND);
    bed_exec(w->b, "UPDATE orders SET created_at = now() - interval '3 s'");
    assert_int_equal(get(w, o.id, &out), PL_OK);
    assert_int_equal(out->state, mall_orders_v1_ORDER_STATE_PENDING);
}

static void an_unknown_order_is_not_found(void **state) {
    world *w = *state;
    mall_orders_v1_Order *out = NULL;
    assert_int_equal(get(w, 99, &out), PL_NOT_FOUND);
}

static void a_patch_of_the_state_cancels(void **state) {
    world *w = *state;
    mall_orders_v1_Order *out = NULL;
    order o = placed(w);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(patch(w, o.id, "state", mall_orders_v1_ORDER_STATE_CANCELLED, &out),
                         PL_OK);
        assert_int_equal(out->state, mall_orders_v1_ORDER_STATE_CANCELLED);
        assert_string_equal(out->reason, "customer");
    }
    assert_string_equal(bed_events(w->b), "OrderPlaced 1@1, OrderCancelled 1@2");
}

static void a_patch_to_another_state_is_refused(void **state) {
    world *w = *state;
    mall_orders_v1_Order *out = NULL;
    order o = placed(w);
    assert_int_equal(patch(w, o.id, "state", mall_orders_v1_ORDER_STATE_PLACED, &out),
                     PL_INVALID_ARGUMENT);
    bed_violates(w->api.call, PL_INVALID_ARGUMENT, "state");
}

static void a_patch_of_another_field_is_refused(void **state) {
    world *w = *state;
    mall_orders_v1_Order *out = NULL;
    order o = placed(w);
    assert_int_equal(patch(w, o.id, "quantity", mall_orders_v1_ORDER_STATE_CANCELLED, &out),
                     PL_INVALID_ARGUMENT);
    bed_violates(w->api.call, PL_INVALID_ARGUMENT, "quantity");
    assert_string_equal(bed_events(w->b), "OrderPlaced 1@1");
}

static void an_order_of_nothing_or_too_much_is_refused(void **state) {
    world *w = *state;
    const int32_t quantities[] = {0, -1, 1001, INT32_MAX};
    for (size_t i = 0; i < PL_COUNT(quantities); i++) {
        mall_orders_v1_PlaceOrderRequest request = wanted();
        request.quantity = quantities[i];
        refuses_place(w, &request, "quantity");
    }
}

static void an_order_by_nobody_or_of_nothing_is_refused(void **state) {
    world *w = *state;
    mall_orders_v1_PlaceOrderRequest nobody = wanted();
    mall_orders_v1_PlaceOrderRequest nothing = wanted();
    nobody.customer_id = "";
    nothing.product_id = 0;
    refuses_place(w, &nobody, "customer_id");
    refuses_place(w, &nothing, "product_id");
}

static void a_key_of_65_characters_is_refused(void **state) {
    world *w = *state;
    char key[66] = {0};
    const mall_orders_v1_PlaceOrderRequest request = wanted();
    memset(key, 'k', 65);
    pl_call_set_outgoing(w->api.call, "idempotency-key", pl_str_c(key));
    refuses_place(w, &request, "idempotency-key");
}

static void pages_say_where_they_stand(void **state) {
    world *w = *state;
    mall_orders_v1_ListOrdersRequest request = mall_orders_v1_LIST_ORDERS_REQUEST_INIT;
    mall_orders_v1_ListOrdersResponse *out = NULL;
    for (int i = 0; i < 3; i++)
        (void)placed(w);
    request.page = 1;
    request.size = 2;
    request.sort = "id,asc";
    assert_int_equal(w->orders.ops->list_orders(w->orders.self, w->api.call, &request, &out),
                     PL_OK);
    assert_int_equal(out->n_orders, 1);
    assert_int_equal(out->orders[0]->id, 3);
    assert_int_equal(out->page->number, 1);
    assert_int_equal(out->page->size, 2);
    assert_int_equal(out->page->total_pages, 2);
    assert_int_equal(out->page->total_elements, 3);
}

static void a_list_without_a_size_has_20(void **state) {
    world *w = *state;
    mall_orders_v1_FindByCustomerIdRequest request =
        mall_orders_v1_FIND_BY_CUSTOMER_ID_REQUEST_INIT;
    mall_orders_v1_FindByCustomerIdResponse *out = NULL;
    request.customer_id = CUSTOMER;
    assert_int_equal(
        w->orders.ops->find_by_customer_id(w->orders.self, w->api.call, &request, &out), PL_OK);
    assert_int_equal(out->n_orders, 0);
    assert_int_equal(out->page->size, 20);
    assert_int_equal(out->page->total_pages, 0);
}

static void the_policy_is_told(void **state) {
    world *w = *state;
    mall_orders_v1_GetPolicyRequest request = mall_orders_v1_GET_POLICY_REQUEST_INIT;
    mall_orders_v1_Policy *out = NULL;
    assert_int_equal(w->orders.ops->get_policy(w->orders.self, w->api.call, &request, &out), PL_OK);
    assert_string_equal(out->stock_policy, "saga");
}

static void a_database_that_is_down_is_unavailable_without_details(void **state) {
    world *w = *state;
    pl_pg *nowhere = NULL;
    pl_pg_opts opts = PL_PG_OPTS_INIT;
    mall_orders_v1_Order *out = NULL;
    opts.conninfo = "host=/nonexistent dbname=orders";
    bed_must(w->b, pl_pg_new(&opts, &nowhere, &w->b->err));
    w->store.pg = nowhere;
    pl_code code = get(w, 1, &out);
    w->store.pg = w->b->pg;
    pl_pg_free(nowhere);
    assert_int_equal(code, PL_UNAVAILABLE);
    assert_null(strstr(pl_call_error(w->api.call)->message, "nonexistent"));
}

/* On a thread of its own: who holds a transaction makes no call. */
static void place_with_a_key(void *arg, int index) {
    world *w = arg;
    const mall_orders_v1_PlaceOrderRequest request = wanted();
    mall_orders_v1_Order *out = NULL;
    (void)index;
    pl_call_set_outgoing(w->api.call, "idempotency-key", pl_str_c("k"));
    (void)w->orders.ops->place_order(w->orders.self, w->api.call, &request, &out);
}

static void a_database_that_is_held_up_is_given_up_within_the_budget(void **state) {
    world *w = *state;
    pl_event_tx other = bed_begin(w->b);
    int64_t began = pl_now_ns();
    bed_must(w->b, pl_pg_exec(pl_event_tx_pg(&other), "LOCK TABLE idempotency", PL_PG_NO_ARGS,
                              &w->b->err));
    bed_must(w->b, pl_pg_flush(pl_event_tx_pg(&other), &w->b->err));
    bed_together(1, place_with_a_key, w);
    (void)bed_end(w->b, &other, PL_ABORTED);
    assert_int_equal(pl_call_error(w->api.call)->code, PL_DEADLINE_EXCEEDED);
    assert_in_range(pl_now_ns() - began, 0, BED_WAIT_MS / 2 * PL_NS_PER_MS);
}

#define API_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        API_TEST(an_order_is_answered_whole),
        API_TEST(an_order_is_not_found_while_it_is_being_placed),
        API_TEST(an_unknown_order_is_not_found),
        API_TEST(a_patch_of_the_state_cancels),
        API_TEST(a_patch_to_another_state_is_refused),
        API_TEST(a_patch_of_another_field_is_refused),
        API_TEST(an_order_of_nothing_or_too_much_is_refused),
        API_TEST(an_order_by_nobody_or_of_nothing_is_refused),
        API_TEST(a_key_of_65_characters_is_refused),
        API_TEST(pages_say_where_they_stand),
        API_TEST(a_list_without_a_size_has_20),
        API_TEST(the_policy_is_told),
        API_TEST(a_database_that_is_down_is_unavailable_without_details),
        API_TEST(a_database_that_is_held_up_is_given_up_within_the_budget),
    };
    return BED_RUN(tests);
}
