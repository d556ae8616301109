/* Placing an order: what payment answers, and what the sweep finishes. */
#include "world.h"

#include <stdio.h>
#include <string.h>

#include "parley/base/failpoint.h"
#include "sweep.h"

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
    assert_in_range(a.ms, 0, BED_WAIT_MS / 2); /* payment would take BED_WAIT_MS */
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
    assert_in_range(a.ms, 0, BED_WAIT_MS / 2);
    assert_int_equal(charges(w), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(an_order_is_charged_and_placed),
        WORLD_TEST(a_refused_charge_leaves_no_order),
        WORLD_TEST(a_refusal_is_not_told_before_the_order_is_gone),
        WORLD_TEST(an_unreachable_payment_abandons_the_order_until_it_is_refunded),
        WORLD_TEST(a_slow_payment_is_given_up_within_the_budget),
        WORLD_TEST(an_abandoned_order_waits_for_payment_to_come_back),
        WORLD_TEST(a_charge_that_was_barred_means_that_the_order_is_gone),
        WORLD_TEST(a_crash_after_the_charge_is_finished_by_the_sweep),
        WORLD_TEST(an_order_that_the_sweep_finishes_stays_in_its_trace),
        WORLD_TEST(the_sweep_drops_a_pending_order_whose_charge_is_refused),
        WORLD_TEST(a_charge_whose_answer_is_lost_is_refunded),
        WORLD_TEST(a_commit_without_an_answer_is_not_known_until_the_sweep),
        WORLD_TEST(without_a_database_nothing_is_charged),
    };
    return BED_RUN(tests);
}
