/* Deliveries on a real database. */
#include "bed.h"

#include <stdatomic.h>

#include "arrivals.h"
#include "migrations.h"
#include "store.h"

static int setup(void **state) {
    *state = bed_new("mall.delivery", &pl_service_migrations);
    return 0;
}

static delivery_store store_of(const bed *b, int64_t duration_ms) {
    return (delivery_store){.pg = b->pg, .events = b->events, .duration_ms = duration_ms};
}

static delivery ordered(int64_t order) {
    return (delivery){.order_id = order,
                      .product_id = 1,
                      .product_name = PL_STR("TV"),
                      .quantity = 3,
                      .customer_id = PL_STR("1@uengine.org"),
                      .customer_name = PL_STR("유엔진"),
                      .delivery_address = PL_STR("서울시")};
}

static void order_placed(bed *b, delivery_store *store, int64_t order) {
    const delivery prepared = ordered(order);
    pl_event_tx tx = bed_begin(b);
    bed_must(b, bed_end(b, &tx, delivery_store_prepare(store, &tx, &prepared, &b->err)));
}

static void stock_allocated(bed *b, delivery_store *store, int64_t order) {
    pl_event_tx tx = bed_begin(b);
    bed_must(b, bed_end(b, &tx, delivery_store_start(store, &tx, order, &b->err)));
}

static void order_cancelled(bed *b, delivery_store *store, int64_t order) {
    pl_event_tx tx = bed_begin(b);
    bed_must(b, bed_end(b, &tx, delivery_store_cancel(store, &tx, order, &b->err)));
}

static int64_t complete_due(bed *b, delivery_store *store, int64_t limit) {
    int64_t next = 0;
    const pl_access call = {.deadline_ns = bed_deadline(), .arena = &b->arena};
    bed_must(b, delivery_store_complete_due(store, &call, limit, &next, &b->err));
    return next;
}

#define STATE_SQL "SELECT max(state)::int8 FROM delivery"

static void check(bed *b, delivery_state wanted, const char *events) {
    assert_int_equal(bed_number(b, STATE_SQL), wanted);
    assert_string_equal(bed_events(b), events);
    assert_int_equal(bed_number(b, "SELECT count(*) FROM delivery"), 1);
    assert_int_equal(bed_number(b, "SELECT count(*) FROM early"), 0);
    assert_int_equal(bed_number(b, "SELECT ver FROM delivery"),
                     bed_number(b, "SELECT count(*) FROM outbox"));
    bed_check_versions(b);
}

#define ARRIVED "DeliveryStarted 1@1, DeliveryCompleted 1@2"

static void a_placed_order_is_prepared_without_an_event(void **state) {
    bed *b = *state;
    delivery_store store = store_of(b, 0);
    order_placed(b, &store, 7);
    check(b, DELIVERY_PREPARING, "");
}

static void allocated_stock_starts_and_completes_at_once(void **state) {
    bed *b = *state;
    delivery_store store = store_of(b, 0);
    order_placed(b, &store, 7);
    stock_allocated(b, &store, 7);
    check(b, DELIVERY_COMPLETED, ARRIVED);
}

static void stock_allocated_before_the_order_is_heard_of_counts(void **state) {
    bed *b = *state;
    delivery_store store = store_of(b, 0);
    stock_allocated(b, &store, 7);
    order_placed(b, &store, 7);
    check(b, DELIVERY_COMPLETED, ARRIVED);
}

static void what_comes_twice_happens_once(void **state) {
    bed *b = *state;
    delivery_store store = store_of(b, 0);
    for (int i = 0; i < 2; i++)
        order_placed(b, &store, 7);
    for (int i = 0; i < 2; i++)
        stock_allocated(b, &store, 7);
    order_placed(b, &store, 7);
    check(b, DELIVERY_COMPLETED, ARRIVED);
    for (int i = 0; i < 2; i++)
        order_cancelled(b, &store, 7);
    check(b, DELIVERY_CANCELLED, ARRIVED ", DeliveryCancelled 1@3");
}

static void early_allocations_that_come_twice_start_once(void **state) {
    bed *b = *state;
    delivery_store store = store_of(b, 0);
    stock_allocated(b, &store, 7);
    stock_allocated(b, &store, 7);
    order_placed(b, &store, 7);
    check(b, DELIVERY_COMPLETED, ARRIVED);
}

static void a_cancel_before_the_start_prevents_it(void **state) {
    bed *b = *state;
    delivery_store store = store_of(b, 0);
    order_placed(b, &store, 7);
    order_cancelled(b, &store, 7);
    stock_allocated(b, &store, 7);
    check(b, DELIVERY_CANCELLED, "DeliveryCancelled 1@1");
}

static void a_cancel_that_overtakes_the_order_is_remembered(void **state) {
    bed *b = *state;
    delivery_store store = store_of(b, 0);
    order_cancelled(b, &store, 7);
    stock_allocated(b, &store, 7);
    order_placed(b, &store, 7);
    stock_allocated(b, &store, 7);
    check(b, DELIVERY_CANCELLED, "");
}

static void an_allocation_that_overtakes_a_cancel_is_remembered_too(void **state) {
    bed *b = *state;
    delivery_store store = store_of(b, 0);
    stock_allocated(b, &store, 7);
    order_cancelled(b, &store, 7);
    order_placed(b, &store, 7);
    check(b, DELIVERY_CANCELLED, "");
}

static void a_completed_delivery_can_be_cancelled(void **state) {
    bed *b = *state;
    delivery_store store = store_of(b, 0);
    order_placed(b, &store, 7);
    stock_allocated(b, &store, 7);
    order_cancelled(b, &store, 7);
    check(b, DELIVERY_CANCELLED, ARRIVED ", DeliveryCancelled 1@3");
}

static void a_delivery_that_takes_time_is_under_way(void **state) {
    bed *b = *state;
    delivery_store store = store_of(b, 60000);
    order_placed(b, &store, 7);
    stock_allocated(b, &store, 7);
    int64_t next = complete_due(b, &store, 10);
    assert_in_range(next, 1, 60000);
    check(b, DELIVERY_STARTED, "DeliveryStarted 1@1");
}

static void what_is_due_is_completed_up_to_the_limit(void **state) {
    bed *b = *state;
    delivery_store store = store_of(b, 1);
    for (int64_t order = 1; order <= 3; order++) {
        order_placed(b, &store, order);
        stock_allocated(b, &store, order);
    }
    bed_wait_number(b, "SELECT count(*) FROM delivery WHERE due_at <= now()", 3);
    assert_int_equal(complete_due(b, &store, 2), 0); /* the third one is due, too */
    assert_int_equal(bed_number(b, "SELECT count(*) FROM delivery WHERE state = 3"), 2);
    assert_int_equal(complete_due(b, &store, 2), -1);
    assert_int_equal(bed_number(b, "SELECT count(*) FROM delivery WHERE state = 3"), 3);
    bed_check_versions(b);
}

static void a_delivery_cancelled_under_way_never_arrives(void **state) {
    bed *b = *state;
    delivery_store store = store_of(b, 1);
    order_placed(b, &store, 7);
    stock_allocated(b, &store, 7);
    order_cancelled(b, &store, 7);
    assert_int_equal(complete_due(b, &store, 10), -1);
    check(b, DELIVERY_CANCELLED, "DeliveryStarted 1@1, DeliveryCancelled 1@2");
}

#define TRACE       "4bf92f3577b34da6a3ce929d0e0e4736"
#define TRACE_STATE "vendor=delivery"

static void an_arrival_is_of_the_trace_its_delivery_was_started_in(void **state) {
    bed *b = *state;
    delivery_store store = store_of(b, 1);
    order_placed(b, &store, 7);
    pl_event_tx tx = bed_begin(b);
    tx.context.traceparent = pl_str_c("00-" TRACE "-00f067aa0ba902b7-01");
    tx.context.tracestate = pl_str_c(TRACE_STATE);
    bed_must(b, bed_end(b, &tx, delivery_store_start(&store, &tx, 7, &b->err)));
    bed_wait_number(b, "SELECT count(*) FROM delivery WHERE due_at <= now()", 1);
    (void)complete_due(b, &store, 10);
    assert_string_equal(bed_events(b), ARRIVED);
    assert_int_equal(bed_number(b, "SELECT count(*) FROM outbox WHERE "
                                   "position('" TRACE "'::bytea in envelope) > 0 AND "
                                   "position('" TRACE_STATE "'::bytea in envelope) > 0"),
                     2);
}

static void the_arrivals_complete_what_starts_later(void **state) {
    bed *b = *state;
    delivery_store store = store_of(b, 20);
    arrivals *a = NULL;
    bed_must(b, arrivals_start(&store, &a, &b->err));
    order_placed(b, &store, 7);
    stock_allocated(b, &store, 7);
    bed_wait_number(b, STATE_SQL, DELIVERY_COMPLETED);
    arrivals_stop(a);
    check(b, DELIVERY_COMPLETED, ARRIVED);
}

static void the_arrivals_complete_what_another_process_left(void **state) {
    bed *b = *state;
    delivery_store before = store_of(b, 60000);
    delivery_store after = store_of(b, 0);
    arrivals *a = NULL;
    order_placed(b, &before, 7);
    stock_allocated(b, &before, 7);
    bed_exec(b, "UPDATE delivery SET due_at = now()");
    bed_must(b, arrivals_start(&after, &a, &b->err));
    bed_wait_number(b, STATE_SQL, DELIVERY_COMPLETED);
    arrivals_stop(a);
    check(b, DELIVERY_COMPLETED, ARRIVED);
}

static void arrivals_that_have_nothing_to_do_stop(void **state) {
    bed *b = *state;
    delivery_store store = store_of(b, 60000);
    arrivals *a = NULL;
    bed_must(b, arrivals_start(&store, &a, &b->err));
    arrivals_stop(a);
    assert_null(store.started);
    arrivals_stop(NULL);
}

/* ---- at once --------------------------------------------------------------------- */

enum { THREADS = 12 };

typedef struct crowd {
    bed *b;
    int64_t duration_ms;
    atomic_int failed;
} crowd;

/* Each of the order's events, several times, in any order: what two streams may do. */
static void hear(void *arg, int index) {
    crowd *c = arg;
    pl_error err = PL_ERROR_INIT;
    pl_pg_tx *pg = NULL;
    delivery_store store = store_of(c->b, c->duration_ms);
    const delivery prepared = ordered(7);
    pl_code code = pl_pg_begin(c->b->pg, bed_deadline(), &pg, &err);
    if (code == PL_OK) {
        pl_event_tx tx = pl_event_pg_tx(c->b->events, pg, NULL);
        code = index % 3 == 0   ? delivery_store_prepare(&store, &tx, &prepared, &err)
               : index % 3 == 1 ? delivery_store_start(&store, &tx, 7, &err)
                                : delivery_store_cancel(&store, &tx, 7, &err);
        if (code == PL_OK)
            code = pl_event_pg_commit(&tx, &err);
        else
            pl_pg_rollback(pg);
    }
    if (code != PL_OK)
        atomic_fetch_add(&c->failed, 1);
}

static void events_at_once_end_in_a_cancelled_delivery(void **state) {
    bed *b = *state;
    crowd c = {.b = b};
    bed_together(THREADS, hear, &c);
    assert_int_equal(c.failed, 0);
    assert_int_equal(bed_number(b, "SELECT count(*) FROM delivery"), 1);
    assert_int_equal(bed_number(b, STATE_SQL), DELIVERY_CANCELLED);
    bed_check_versions(b);
}

static void complete_at_once(void *arg, int index) {
    crowd *c = arg;
    (void)index;
    int64_t next = 0;
    pl_error err = PL_ERROR_INIT;
    pl_arena arena = pl_arena_make(1 << 16);
    delivery_store store = store_of(c->b, 1);
    const pl_access call = {.deadline_ns = bed_deadline(), .arena = &arena};
    if (delivery_store_complete_due(&store, &call, 5, &next, &err) != PL_OK)
        atomic_fetch_add(&c->failed, 1);
    pl_arena_done(&arena);
}

static void replicas_complete_each_delivery_once(void **state) {
    bed *b = *state;
    crowd c = {.b = b};
    delivery_store store = store_of(b, 1);
    for (int64_t order = 1; order <= 20; order++) {
        order_placed(b, &store, order);
        stock_allocated(b, &store, order);
    }
    bed_wait_number(b, "SELECT count(*) FROM delivery WHERE due_at <= now()", 20);
    bed_together(THREADS, complete_at_once, &c);
    assert_int_equal(c.failed, 0);
    (void)complete_due(b, &store, 100);
    assert_int_equal(bed_number(b, "SELECT count(*) FROM delivery WHERE state = 3"), 20);
    assert_int_equal(bed_number(b, "SELECT count(*) FROM outbox"), 40);
    bed_check_versions(b);
}

/* ---- reading --------------------------------------------------------------------- */

static delivery_list list(bed *b, const delivery_query *query) {
    delivery_store store = store_of(b, 0);
    const pl_access call = {.deadline_ns = bed_deadline(), .arena = &b->arena};
    delivery_list found = {0};
    bed_must(b, delivery_store_list(&store, &call, query, &found, &b->err));
    return found;
}

static void a_delivery_is_read_back_whole(void **state) {
    bed *b = *state;
    delivery_store store = store_of(b, 0);
    const pl_access call = {.deadline_ns = bed_deadline(), .arena = &b->arena};
    delivery read;
    order_placed(b, &store, 7);
    bed_must(b, delivery_store_get(&store, &call, 1, &read, &b->err));
    assert_int_equal(read.order_id, 7);
    assert_int_equal(read.product_id, 1);
    assert_int_equal(read.quantity, 3);
    assert_true(pl_str_eqc(read.product_name, "TV"));
    assert_true(pl_str_eqc(read.customer_id, "1@uengine.org"));
    assert_true(pl_str_eqc(read.customer_name, "유엔진"));
    assert_true(pl_str_eqc(read.delivery_address, "서울시"));
    assert_true(read.created_us > 0);
}

static void an_unknown_delivery_is_not_found(void **state) {
    bed *b = *state;
    delivery_store store = store_of(b, 0);
    const pl_access call = {.deadline_ns = bed_deadline(), .arena = &b->arena};
    delivery read;
    assert_int_equal(delivery_store_get(&store, &call, 1, &read, &b->err), PL_NOT_FOUND);
}

static void pages_are_newest_first_with_the_whole_count(void **state) {
    bed *b = *state;
    delivery_store store = store_of(b, 0);
    for (int64_t order = 1; order <= 3; order++)
        order_placed(b, &store, order);
    delivery_list first = list(b, &(delivery_query){.limit = 2});
    assert_int_equal(first.total, 3);
    assert_int_equal(first.count, 2);
    assert_int_equal(first.items[0].order_id, 3);
    delivery_list second = list(b, &(delivery_query){.offset = 2, .limit = 2});
    assert_int_equal(second.count, 1);
    assert_int_equal(second.items[0].order_id, 1);
}

static void a_page_behind_the_end_is_empty_and_has_the_count(void **state) {
    bed *b = *state;
    delivery_store store = store_of(b, 0);
    order_placed(b, &store, 7);
    delivery_list found = list(b, &(delivery_query){.offset = 20, .limit = 20});
    assert_int_equal(found.count, 0);
    assert_int_equal(found.total, 1);
}

static void an_order_has_its_delivery_alone(void **state) {
    bed *b = *state;
    delivery_store store = store_of(b, 0);
    order_placed(b, &store, 7);
    order_placed(b, &store, 8);
    delivery_list found = list(b, &(delivery_query){.order_id = 7, .limit = 10});
    assert_int_equal(found.total, 1);
    assert_int_equal(found.items[0].order_id, 7);
    assert_int_equal(list(b, &(delivery_query){.order_id = 9, .limit = 10}).total, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        BED_TEST(a_placed_order_is_prepared_without_an_event),
        BED_TEST(allocated_stock_starts_and_completes_at_once),
        BED_TEST(stock_allocated_before_the_order_is_heard_of_counts),
        BED_TEST(what_comes_twice_happens_once),
        BED_TEST(early_allocations_that_come_twice_start_once),
        BED_TEST(a_cancel_before_the_start_prevents_it),
        BED_TEST(a_cancel_that_overtakes_the_order_is_remembered),
        BED_TEST(an_allocation_that_overtakes_a_cancel_is_remembered_too),
        BED_TEST(a_completed_delivery_can_be_cancelled),
        BED_TEST(a_delivery_that_takes_time_is_under_way),
        BED_TEST(what_is_due_is_completed_up_to_the_limit),
        BED_TEST(a_delivery_cancelled_under_way_never_arrives),
        BED_TEST(an_arrival_is_of_the_trace_its_delivery_was_started_in),
        BED_TEST(the_arrivals_complete_what_starts_later),
        BED_TEST(the_arrivals_complete_what_another_process_left),
        BED_TEST(arrivals_that_have_nothing_to_do_stop),
        BED_TEST(events_at_once_end_in_a_cancelled_delivery),
        BED_TEST(replicas_complete_each_delivery_once),
        BED_TEST(a_delivery_is_read_back_whole),
        BED_TEST(an_unknown_delivery_is_not_found),
        BED_TEST(pages_are_newest_first_with_the_whole_count),
        BED_TEST(a_page_behind_the_end_is_empty_and_has_the_count),
        BED_TEST(an_order_has_its_delivery_alone),
    };
    return BED_RUN(tests);
}
