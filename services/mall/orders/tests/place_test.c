/* Placing an order between a real database and mocks of products and payment, served over gRPC
 * as the real ones are. */
#include "bed_rpc.h"

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mall/payment/v1/payment.parley.h"
#include "mall/products/v1/products.parley.h"
#include "migrations.h"
#include "parley/base/failpoint.h"
#include "place.h"
#include "replica.h"
#include "sweep.h"

#define CUSTOMER "1@uengine.org"

/* orders' upstreams. Payment takes money at `charge`, unless it is told to be slow. */
typedef struct world {
    bed *b;
    pl_server *products_server;
    pl_server *payment_server;
    mall_products_v1_ProductService_mock *products;
    mall_payment_v1_PaymentService_mock *payment;
    mall_payment_v1_PaymentService slow;
    pl_channel *products_channel;
    pl_channel *payment_channel;
    orders_store store;
    orders_placing placing;
    pthread_mutex_t mu;
    /* guarded by mu */
    int64_t taken;                   /* charges that were carried out */
    char trace[PL_TRACEPARENT_SIZE]; /* of the last one */
    char trace_state[32];
} world;

static world *world_of(void **state) {
    return *state;
}

/* Takes the money, but so late that nobody waits for the answer any more. */
static pl_code charge_late(void *self, pl_call *call, const mall_payment_v1_ChargeRequest *request,
                           mall_payment_v1_Payment **out_response) {
    world *w = self;
    (void)request;
    int64_t deadline = bed_deadline();
    while (!pl_call_cancelled(call) && pl_now_ns() < deadline)
        (void)poll(NULL, 0, 2);
    pthread_mutex_lock(&w->mu);
    w->taken++;
    pthread_mutex_unlock(&w->mu);
    *out_response = mall_payment_v1_Payment_new(pl_call_arena(call));
    return PL_OK;
}

static void sell(world *w, int64_t stock) {
    mall_products_v1_Product tv = mall_products_v1_PRODUCT_INIT;
    tv.id = 1;
    tv.name = "TV";
    tv.price = 10000;
    tv.stock = stock;
    bed_must(w->b, mall_products_v1_ProductService_mock_get_product_answer(w->products, &tv));
}

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

static int setup(void **state) {
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

static int teardown(void **state) {
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

/* What a client hears. */
typedef struct answer {
    pl_code code;
    pl_error error;
    order order;
    char name[32];
    int64_t ms;
} answer;

static answer place(world *w, const char *key, const char *body) {
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

#define PLACE(w) place((w), "", "")

static int64_t orders_in(world *w, order_state state) {
    char sql[96];
    (void)snprintf(sql, sizeof sql, "SELECT count(*) FROM orders WHERE state = %d", (int)state);
    return bed_number(w->b, sql);
}

static unsigned charges(world *w) {
    return mall_payment_v1_PaymentService_mock_charge_count(w->payment);
}

static unsigned refunds(world *w) {
    return mall_payment_v1_PaymentService_mock_refund_count(w->payment);
}

/* Runs the sweep over what lies there until nothing is unfinished. */
static void sweep(world *w) {
    orders_sweep *running = NULL;
    bed_exec(w->b, "UPDATE orders SET touched_at = now() - interval '1 minute'");
    bed_must(w->b, orders_sweep_start(&w->placing, &running, &w->b->err));
    bed_wait_number(w->b, "SELECT count(*) FROM orders WHERE state IN (1, 5)", 0);
    orders_sweep_stop(running);
}

static void no_order(world *w) {
    assert_int_equal(bed_number(w->b, "SELECT count(*) FROM orders"), 0);
    assert_string_equal(bed_events(w->b), "");
}

static void an_order_is_charged_and_placed(void **state) {
    world *w = world_of(state);
    answer a = PLACE(w);
    assert_int_equal(a.code, PL_OK);
    assert_int_equal(a.order.state, ORDER_PLACED);
    assert_int_equal(a.order.price, 10000);
    assert_string_equal(a.name, "TV");
    const mall_payment_v1_ChargeRequest *charged = mall_payment_v1_PaymentService_mock_charge_last(
        w->payment);
    char key[PL_UUID_SIZE];
    pl_uuid_text(a.order.charge_key, key);
    assert_int_equal(charges(w), 1);
    assert_string_equal(charged->charge_key, key);
    assert_int_equal(charged->order_id, a.order.id);
    assert_string_equal(charged->customer_id, CUSTOMER);
    assert_int_equal(charged->amount, 30000);
    assert_string_equal(bed_events(w->b), "OrderPlaced 1@1");
}

static void a_refused_charge_leaves_no_order(void **state) {
    world *w = world_of(state);
    mall_payment_v1_PaymentService_mock_charge_fail(w->payment, PL_FAILED_PRECONDITION,
                                                    "INSUFFICIENT_BALANCE", "Insufficient balance");
    answer a = PLACE(w);
    assert_int_equal(a.code, PL_FAILED_PRECONDITION);
    assert_string_equal(a.error.reason, "INSUFFICIENT_BALANCE");
    assert_string_equal(a.error.domain, "mall");
    assert_string_equal(a.error.message, "Insufficient balance");
    assert_int_equal(refunds(w), 0);
    no_order(w);
}

static void a_refusal_is_not_told_before_the_order_is_gone(void **state) {
    world *w = world_of(state);
    pl_pg *owner = NULL;
    pl_pg_opts opts = PL_PG_OPTS_INIT;
    opts.conninfo = w->b->owner;
    bed_must(w->b, pl_pg_new(&opts, &owner, &w->b->err));
    bed_must(w->b, pl_pg_once(owner, bed_deadline(), "REVOKE DELETE ON orders FROM service",
                              PL_PG_NO_ARGS, NULL, &w->b->err));
    mall_payment_v1_PaymentService_mock_charge_fail(w->payment, PL_FAILED_PRECONDITION,
                                                    "INSUFFICIENT_BALANCE", "Insufficient balance");
    answer a = PLACE(w);
    assert_int_equal(a.code, PL_DEADLINE_EXCEEDED);
    assert_int_equal(orders_in(w, ORDER_PENDING), 1);
    bed_must(w->b, pl_pg_once(owner, bed_deadline(), "GRANT DELETE ON orders TO service",
                              PL_PG_NO_ARGS, NULL, &w->b->err));
    pl_pg_free(owner);
    sweep(w);
    no_order(w);
}

static void an_unreachable_payment_abandons_the_order_until_it_is_refunded(void **state) {
    world *w = world_of(state);
    mall_payment_v1_PaymentService_mock_charge_fail(w->payment, PL_UNAVAILABLE, NULL, "down");
    answer a = PLACE(w);
    assert_int_equal(a.code, PL_UNAVAILABLE);
    assert_non_null(strstr(a.error.message, "payment cannot be reached"));
    assert_int_equal(orders_in(w, ORDER_ABANDONED), 1);
    sweep(w);
    assert_int_equal(refunds(w), 1);
    assert_string_equal(mall_payment_v1_PaymentService_mock_refund_last(w->payment)->charge_key,
                        mall_payment_v1_PaymentService_mock_charge_last(w->payment)->charge_key);
    no_order(w);
}

static void a_slow_payment_is_given_up_within_the_budget(void **state) {
    world *w = world_of(state);
    mall_payment_v1_PaymentService_mock_charge_handle(w->payment, &w->slow);
    answer a = PLACE(w);
    assert_int_equal(a.code, PL_UNAVAILABLE);
    assert_in_range(a.ms, 0, 1000);
    assert_int_equal(orders_in(w, ORDER_ABANDONED), 1);
    sweep(w);
    assert_true(refunds(w) >= 1);
    no_order(w);
}

static void an_abandoned_order_waits_for_payment_to_come_back(void **state) {
    world *w = world_of(state);
    mall_payment_v1_PaymentService_mock_charge_fail(w->payment, PL_UNAVAILABLE, NULL, "down");
    mall_payment_v1_PaymentService_mock_refund_fail(w->payment, PL_INTERNAL, NULL, "down");
    (void)PLACE(w);
    orders_sweep *running = NULL;
    bed_exec(w->b, "UPDATE orders SET touched_at = now() - interval '1 minute'");
    bed_must(w->b, orders_sweep_start(&w->placing, &running, &w->b->err));
    bed_wait_number(w->b, "SELECT count(*) FROM orders WHERE ver = 3", 1); /* it was tried */
    orders_sweep_stop(running);
    assert_int_equal(orders_in(w, ORDER_ABANDONED), 1);
    bed_must(w->b, mall_payment_v1_PaymentService_mock_refund_answer(w->payment, NULL));
    sweep(w);
    no_order(w);
}

static void a_charge_that_was_barred_means_that_the_order_is_gone(void **state) {
    world *w = world_of(state);
    mall_payment_v1_PaymentService_mock_charge_fail(w->payment, PL_FAILED_PRECONDITION,
                                                    "CHARGE_REFUNDED", "refunded");
    answer a = PLACE(w);
    assert_int_equal(a.code, PL_DEADLINE_EXCEEDED); /* the row is there: somebody is at it */
    sweep(w);
    no_order(w);
}

static void a_crash_after_the_charge_is_finished_by_the_sweep(void **state) {
    world *w = world_of(state);
    const pl_access access = {.deadline_ns = bed_deadline(), .arena = &w->b->arena};
    order o = {.product_id = 1, .quantity = 3, .price = 10000, .customer_id = PL_STR(CUSTOMER)};
    pl_uuid7(o.charge_key);
    bed_must(w->b, orders_store_create(&w->store, &access, &(orders_key){0}, &o, &w->b->err));
    sweep(w);
    assert_int_equal(charges(w), 1);
    assert_int_equal(orders_in(w, ORDER_PLACED), 1);
    assert_string_equal(bed_events(w->b), "OrderPlaced 1@1");
}

#define TRACE       "4bf92f3577b34da6a3ce929d0e0e4736"
#define TRACE_STATE "vendor=orders"

/* The charge of payment that only looks at the trace it is part of. */
static pl_code note_trace(void *self, pl_call *call, const mall_payment_v1_ChargeRequest *request,
                          mall_payment_v1_Payment **out_response) {
    world *w = self;
    (void)request;
    pthread_mutex_lock(&w->mu);
    (void)snprintf(w->trace, sizeof w->trace, "%s", pl_call_traceparent(call));
    (void)snprintf(w->trace_state, sizeof w->trace_state, "%.*s", PL_FMT(pl_call_tracestate(call)));
    pthread_mutex_unlock(&w->mu);
    *out_response = mall_payment_v1_Payment_new(pl_call_arena(call));
    return *out_response ? PL_OK : pl_call_no_memory(call);
}

static void an_order_that_the_sweep_finishes_stays_in_its_trace(void **state) {
    world *w = world_of(state);
    static const mall_payment_v1_PaymentService_ops OPS = {.charge = note_trace};
    const mall_payment_v1_PaymentService tracing = {w, &OPS};
    const pl_access access = {.deadline_ns = bed_deadline(),
                              .context = {.traceparent = PL_STR("00-" TRACE "-00f067aa0ba902b7-01"),
                                          .tracestate = PL_STR(TRACE_STATE)},
                              .arena = &w->b->arena};
    order o = {.product_id = 1, .quantity = 3, .price = 10000, .customer_id = PL_STR(CUSTOMER)};
    pl_uuid7(o.charge_key);
    bed_must(w->b, orders_store_create(&w->store, &access, &(orders_key){0}, &o, &w->b->err));
    mall_payment_v1_PaymentService_mock_charge_handle(w->payment, &tracing);
    sweep(w);
    assert_non_null(strstr(w->trace, TRACE));
    assert_string_equal(w->trace_state, TRACE_STATE);
    assert_int_equal(bed_number(w->b, "SELECT count(*) FROM outbox WHERE "
                                      "position('" TRACE "'::bytea in envelope) > 0 AND "
                                      "position('" TRACE_STATE "'::bytea in envelope) > 0"),
                     1);
}

static void the_sweep_drops_a_pending_order_whose_charge_is_refused(void **state) {
    world *w = world_of(state);
    const pl_access access = {.deadline_ns = bed_deadline(), .arena = &w->b->arena};
    order o = {.product_id = 1, .quantity = 3, .price = 10000, .customer_id = PL_STR(CUSTOMER)};
    bed_must(w->b, orders_store_create(&w->store, &access, &(orders_key){0}, &o, &w->b->err));
    mall_payment_v1_PaymentService_mock_charge_fail(w->payment, PL_FAILED_PRECONDITION,
                                                    "INSUFFICIENT_BALANCE", "Insufficient balance");
    sweep(w);
    assert_int_equal(refunds(w), 0);
    no_order(w);
}

static void a_charge_whose_answer_is_lost_is_refunded(void **state) {
    world *w = world_of(state);
    bed_must(w->b, pl_failpoint_set("orders.after_charge=error", &w->b->err));
    answer a = PLACE(w);
    assert_int_equal(a.code, PL_UNAVAILABLE);
    assert_int_equal(charges(w), 1);
    bed_must(w->b, pl_failpoint_set("", &w->b->err));
    sweep(w);
    assert_int_equal(refunds(w), 1);
    no_order(w);
}

/* The connection ends while the commit is on its way: nobody knows, and nobody guesses. */
static void a_commit_without_an_answer_is_not_known_until_the_sweep(void **state) {
    world *w = world_of(state);
    pl_pg *owner = NULL;
    pl_pg_opts opts = PL_PG_OPTS_INIT;
    opts.conninfo = w->b->owner;
    bed_must(w->b, pl_pg_new(&opts, &owner, &w->b->err));
    static const char *const cut[] = {
        "CREATE OR REPLACE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS "
        "$$BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END$$",
        "CREATE CONSTRAINT TRIGGER cut AFTER UPDATE ON orders DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW WHEN (NEW.state = 2) EXECUTE FUNCTION cut()"};
    for (size_t i = 0; i < PL_COUNT(cut); i++)
        bed_must(w->b, pl_pg_once(owner, bed_deadline(), cut[i], PL_PG_NO_ARGS, NULL, &w->b->err));
    answer a = place(w, "k1", "body");
    assert_int_equal(a.code, PL_DEADLINE_EXCEEDED);
    assert_non_null(strstr(a.error.message, "repeat the request with the same idempotency-key"));
    assert_int_equal(orders_in(w, ORDER_PENDING), 1);
    bed_must(w->b, pl_pg_once(owner, bed_deadline(), "DROP TRIGGER cut ON orders", PL_PG_NO_ARGS,
                              NULL, &w->b->err));
    pl_pg_free(owner);
    a = place(w, "k1", "body");
    assert_int_equal(a.code, PL_OK);
    assert_string_equal(bed_events(w->b), "OrderPlaced 1@1");
    assert_int_equal(bed_number(w->b, "SELECT count(*) FROM orders"), 1);
}

/* ---- products -------------------------------------------------------------------- */

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

/* ---- keys ------------------------------------------------------------------------ */

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

/* ---- the database ---------------------------------------------------------------- */

static void without_a_database_nothing_is_charged(void **state) {
    world *w = world_of(state);
    pl_pg_opts opts = PL_PG_OPTS_INIT;
    pl_pg *nowhere = NULL;
    opts.conninfo = "host=/nonexistent dbname=orders";
    bed_must(w->b, pl_pg_new(&opts, &nowhere, &w->b->err));
    w->store.pg = nowhere;
    answer a = PLACE(w);
    w->store.pg = w->b->pg;
    pl_pg_free(nowhere);
    assert_int_equal(a.code, PL_UNAVAILABLE);
    assert_in_range(a.ms, 0, 1000);
    assert_int_equal(charges(w), 0);
}

#define PLACE_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        PLACE_TEST(an_order_is_charged_and_placed),
        PLACE_TEST(a_refused_charge_leaves_no_order),
        PLACE_TEST(a_refusal_is_not_told_before_the_order_is_gone),
        PLACE_TEST(an_unreachable_payment_abandons_the_order_until_it_is_refunded),
        PLACE_TEST(a_slow_payment_is_given_up_within_the_budget),
        PLACE_TEST(an_abandoned_order_waits_for_payment_to_come_back),
        PLACE_TEST(a_charge_that_was_barred_means_that_the_order_is_gone),
        PLACE_TEST(a_crash_after_the_charge_is_finished_by_the_sweep),
        PLACE_TEST(an_order_that_the_sweep_finishes_stays_in_its_trace),
        PLACE_TEST(the_sweep_drops_a_pending_order_whose_charge_is_refused),
        PLACE_TEST(a_charge_whose_answer_is_lost_is_refunded),
        PLACE_TEST(a_commit_without_an_answer_is_not_known_until_the_sweep),
        PLACE_TEST(an_unknown_product_is_not_ordered),
        PLACE_TEST(while_products_is_down_the_replica_sells),
        PLACE_TEST(a_product_the_replica_does_not_know_cannot_be_sold),
        PLACE_TEST(strictly_nothing_is_sold_while_products_is_down),
        PLACE_TEST(slow_products_leave_time_for_a_slow_payment_to_be_given_up),
        PLACE_TEST(out_of_stock_is_refused_before_the_charge),
        PLACE_TEST(out_of_stock_is_backordered_and_charged),
        PLACE_TEST(a_repeated_request_answers_the_same_order),
        PLACE_TEST(a_key_with_another_body_is_refused),
        PLACE_TEST(a_repeat_after_a_failure_is_a_new_attempt),
        PLACE_TEST(requests_with_one_key_at_once_are_one_order),
        PLACE_TEST(without_a_database_nothing_is_charged),
    };
    return BED_RUN(tests);
}
