#include "world.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "migrations.h"
#include "parley/base/failpoint.h"
#include "sweep.h"

world *world_of(void **state) {
    return *state;
}

/* Takes the money, but so late that nobody waits for the answer any more. */
static pl_code charge_late(void *self, pl_call *call, const mall_payment_v1_ChargeRequest *request,
                           mall_payment_v1_Payment **out_response) {
    (void)self;
    (void)request;
    int64_t deadline = bed_deadline();
    while (!pl_call_cancelled(call) && pl_now_ns() < deadline)
        (void)poll(NULL, 0, 2);
    *out_response = mall_payment_v1_Payment_new(pl_call_arena(call));
    return PL_OK;
}

void sell(world *w, int64_t stock) {
    mall_products_v1_Product tv = mall_products_v1_PRODUCT_INIT;
    tv.id = 1;
    tv.name = "TV";
    tv.price = 10000;
    tv.stock = stock;
    bed_must(w->b, mall_products_v1_ProductService_mock_get_product_answer(w->products, &tv));
}

int world_setup(void **state) {
    static mall_products_v1_ProductService products;
    static mall_payment_v1_PaymentService payment;
    static const mall_payment_v1_PaymentService_ops slow_ops = {.charge = charge_late};
    world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    *state = w;
    w->b = bed_new("mall.orders", &pl_service_migrations);
    pthread_mutex_init(&w->mu, NULL);
    w->slow = (mall_payment_v1_PaymentService){w, &slow_ops};
    w->products = mall_products_v1_ProductService_mock_new();
    w->payment = mall_payment_v1_PaymentService_mock_new();
    assert_true(w->products && w->payment);
    products = mall_products_v1_ProductService_mock_service(w->products);
    payment = mall_payment_v1_PaymentService_mock_service(w->payment);
    w->products_server = bed_serve(w->b, "mall", mall_products_v1_ProductService_bind(&products));
    w->payment_server = bed_serve(w->b, "mall", mall_payment_v1_PaymentService_bind(&payment));
    w->products_channel = bed_connect(w->b, "products", w->products_server);
    w->payment_channel = bed_connect(w->b, "payment", w->payment_server);
    w->store = (orders_store){w->b->pg, w->b->events};
    w->placing = (orders_placing){.store = &w->store,
                                  .upstreams = {w->products_channel, w->payment_channel}};
    sell(w, 10);
    bed_must(w->b, mall_payment_v1_PaymentService_mock_charge_answer(w->payment, NULL));
    bed_must(w->b, mall_payment_v1_PaymentService_mock_refund_answer(w->payment, NULL));
    return 0;
}

int world_teardown(void **state) {
    world *w = world_of(state);
    bed_must(w->b, pl_failpoint_set("", &w->b->err));
    pl_channel_free(w->products_channel);
    pl_channel_free(w->payment_channel);
    pl_server_free(w->products_server);
    pl_server_free(w->payment_server);
    mall_products_v1_ProductService_mock_free(w->products);
    mall_payment_v1_PaymentService_mock_free(w->payment);
    pthread_mutex_destroy(&w->mu);
    void *opened = w->b;
    free(w);
    return bed_teardown(&opened);
}

answer place(world *w, const char *key, const char *body) {
    answer a = {0};
    pl_call *call = NULL;
    pl_call_opts opts = PL_CALL_OPTS_INIT;
    const orders_key with = {.key = pl_str_c(key), .request = pl_str_c(body)};
    const order wanted = {.product_id = 1,
                          .quantity = 3,
                          .customer_id = PL_STR(CUSTOMER),
                          .customer_name = PL_STR("유엔진")};
    int64_t began = pl_now_ns();
    bed_must(w->b, pl_call_new(&opts, &call, &w->b->err));
    a.code = orders_place(&w->placing, call, &wanted, &with, &a.order);
    a.error = *pl_call_error(call);
    a.ms = (pl_now_ns() - began) / PL_NS_PER_MS;
    if (a.code == PL_OK)
        (void)snprintf(a.name, sizeof a.name, "%.*s", PL_FMT(a.order.product_name));
    pl_call_free(call);
    return a;
}

int64_t orders_in(world *w, order_state state) {
    char sql[96];
    (void)snprintf(sql, sizeof sql, "SELECT count(*) FROM orders WHERE state = %d", (int)state);
    return bed_number(w->b, sql);
}

unsigned charges(world *w) {
    return mall_payment_v1_PaymentService_mock_charge_count(w->payment);
}

unsigned refunds(world *w) {
    return mall_payment_v1_PaymentService_mock_refund_count(w->payment);
}

void sweep(world *w) {
    orders_sweep *running = NULL;
    bed_exec(w->b, "UPDATE orders SET touched_at = now() - interval '1 minute'");
    bed_must(w->b, orders_sweep_start(&w->placing, &running, &w->b->err));
    bed_wait_number(w->b, "SELECT count(*) FROM orders WHERE state IN (1, 5)", 0);
    orders_sweep_stop(running);
}

void no_order(world *w) {
    assert_int_equal(bed_number(w->b, "SELECT count(*) FROM orders"), 0);
    assert_string_equal(bed_events(w->b), "");
}
