/* DeliveryService as its callers see it. */
#include "bed_rpc.h"

#include <stdlib.h>

#include "api.h"
#include "mall/delivery/v1/delivery.parley.h"
#include "migrations.h"

typedef struct world {
    bed *b;
    delivery_store store;
    bed_api api;
    mall_delivery_v1_DeliveryService deliveries;
} world;

static int setup(void **state) {
    world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    *state = w;
    w->b = bed_new("mall.delivery", &pl_service_migrations);
    w->store = (delivery_store){.pg = w->b->pg, .events = w->b->events};
    w->api = bed_api_open(w->b, "mall", "delivery", delivery_api_bind(&w->store));
    w->deliveries = mall_delivery_v1_DeliveryService_client(w->api.channel);
    return 0;
}

static int teardown(void **state) {
    world *w = *state;
    void *opened = w->b;
    bed_api_close(&w->api);
    free(w);
    return bed_teardown(&opened);
}

static void order_placed(world *w, int64_t order) {
    const delivery prepared = {.order_id = order,
                               .product_id = 1,
                               .product_name = PL_STR("TV"),
                               .quantity = 3,
                               .customer_id = PL_STR("1@uengine.org"),
                               .customer_name = PL_STR("유엔진"),
                               .delivery_address = PL_STR("서울시")};
    pl_event_tx tx = bed_begin(w->b);
    bed_must(w->b,
             bed_end(w->b, &tx, delivery_store_prepare(&w->store, &tx, &prepared, &w->b->err)));
}

static void a_delivery_is_answered_whole(void **state) {
    world *w = *state;
    mall_delivery_v1_GetDeliveryRequest request = mall_delivery_v1_GET_DELIVERY_REQUEST_INIT;
    mall_delivery_v1_Delivery *out = NULL;
    order_placed(w, 7);
    request.delivery_id = 1;
    assert_int_equal(
        w->deliveries.ops->get_delivery(w->deliveries.self, w->api.call, &request, &out), PL_OK);
    assert_int_equal(out->order_id, 7);
    assert_int_equal(out->product_id, 1);
    assert_string_equal(out->product_name, "TV");
    assert_int_equal(out->quantity, 3);
    assert_string_equal(out->customer_id, "1@uengine.org");
    assert_string_equal(out->customer_name, "유엔진");
    assert_string_equal(out->delivery_address, "서울시");
    assert_int_equal(out->delivery_state, mall_delivery_v1_DELIVERY_STATE_PREPARING);
    assert_true(out->created_at && out->created_at->seconds > 0);
}

static void an_unknown_delivery_is_not_found(void **state) {
    world *w = *state;
    mall_delivery_v1_GetDeliveryRequest request = mall_delivery_v1_GET_DELIVERY_REQUEST_INIT;
    mall_delivery_v1_Delivery *out = NULL;
    request.delivery_id = 1;
    assert_int_equal(
        w->deliveries.ops->get_delivery(w->deliveries.self, w->api.call, &request, &out),
        PL_NOT_FOUND);
}

static void pages_say_where_they_stand(void **state) {
    world *w = *state;
    mall_delivery_v1_ListDeliveriesRequest request = mall_delivery_v1_LIST_DELIVERIES_REQUEST_INIT;
    mall_delivery_v1_ListDeliveriesResponse *out = NULL;
    for (int64_t order = 1; order <= 3; order++)
        order_placed(w, order);
    request.page = 1;
    request.size = 2;
    assert_int_equal(
        w->deliveries.ops->list_deliveries(w->deliveries.self, w->api.call, &request, &out), PL_OK);
    assert_int_equal(out->n_deliveries, 1);
    assert_int_equal(out->deliveries[0]->order_id, 1);
    assert_int_equal(out->page->number, 1);
    assert_int_equal(out->page->size, 2);
    assert_int_equal(out->page->total_elements, 3);
    assert_int_equal(out->page->total_pages, 2);
}

static void the_delivery_of_an_order_is_found(void **state) {
    world *w = *state;
    mall_delivery_v1_FindByOrderIdRequest request = mall_delivery_v1_FIND_BY_ORDER_ID_REQUEST_INIT;
    mall_delivery_v1_FindByOrderIdResponse *out = NULL;
    order_placed(w, 7);
    order_placed(w, 8);
    request.order_id = 8;
    assert_int_equal(
        w->deliveries.ops->find_by_order_id(w->deliveries.self, w->api.call, &request, &out),
        PL_OK);
    assert_int_equal(out->n_deliveries, 1);
    assert_int_equal(out->deliveries[0]->order_id, 8);
}

#define API_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        API_TEST(a_delivery_is_answered_whole),
        API_TEST(an_unknown_delivery_is_not_found),
        API_TEST(pages_say_where_they_stand),
        API_TEST(the_delivery_of_an_order_is_found),
    };
    return BED_RUN(tests);
}
