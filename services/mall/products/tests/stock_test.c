/* Stock, allocations and waiting orders on a real database. */
#include "bed.h"

#include <stdio.h>

#include "migrations.h"
#include "stock.h"
#include "store.h"

/* One product, number 1, with ten pieces; its first event is the one that created it. */
static int setup(void **state) {
    bed *b = bed_new("mall.products", &pl_service_migrations);
    products_store store = {b->pg, b->events};
    const pl_access call = {.deadline_ns = bed_deadline(), .arena = &b->arena};
    const product tv = {.name = PL_STR("TV"), .price = 10000, .stock = 10};
    product made;
    bed_must(b, products_store_create(&store, &call, &tv, &made, &b->err));
    *state = b;
    return 0;
}

static void place(bed *b, int64_t order, int64_t quantity, const char *policy) {
    const allocation wanted = {.order_id = order, .product_id = 1, .quantity = quantity};
    pl_event_tx tx = bed_begin(b);
    bed_must(b, bed_end(b, &tx, stock_allocate(&tx, &wanted, pl_str_c(policy), &b->err)));
}

static void cancel(bed *b, int64_t order, int64_t quantity) {
    pl_event_tx tx = bed_begin(b);
    bed_must(b, bed_end(b, &tx, stock_release(&tx, order, 1, quantity, &b->err)));
}

static void restock(bed *b, int64_t quantity) {
    products_store store = {b->pg, b->events};
    const pl_access call = {.deadline_ns = bed_deadline(), .arena = &b->arena};
    product changed;
    bed_must(b, products_store_restock(&store, &call, 1, quantity, &changed, &b->err));
}

static int64_t stock(bed *b) {
    return bed_number(b, "SELECT stock FROM product WHERE id = 1");
}

/* What became of the order's allocation; 0: there is none. */
static int64_t fate(bed *b, int64_t order) {
    char sql[128];
    (void)snprintf(sql, sizeof sql,
                   "SELECT coalesce(max(state), 0)::int8 FROM allocation WHERE order_id = %lld",
                   (long long)order);
    return bed_number(b, sql);
}

/* stock + what is allocated is WANTED, and the events have no gap. */
static void check(bed *b, int64_t wanted) {
    assert_int_equal(bed_number(b, "SELECT (stock + (SELECT coalesce(sum(quantity), 0) FROM "
                                   "allocation WHERE state = 1))::int8 FROM product WHERE id = 1"),
                     wanted);
    assert_true(stock(b) >= 0);
    bed_check_versions(b);
    assert_int_equal(bed_number(b, "SELECT count(*) FROM product p WHERE ver <> (SELECT count(*) "
                                   "FROM outbox WHERE agg_id = p.id::text)"),
                     0);
}

static void an_order_takes_its_stock(void **state) {
    bed *b = *state;
    place(b, 7, 3, "backorder");
    assert_int_equal(stock(b), 7);
    assert_int_equal(fate(b, 7), ALLOCATION_TAKEN);
    assert_string_equal(bed_events(b),
                        "ProductChanged 1@1, StockAllocated 1@2, ProductChanged 1@3");
    check(b, 10);
}

static void the_last_piece_can_be_taken(void **state) {
    bed *b = *state;
    place(b, 7, 10, "reject");
    assert_int_equal(stock(b), 0);
    check(b, 10);
}

static void an_order_beyond_the_stock_waits_under_backorder(void **state) {
    bed *b = *state;
    place(b, 7, 11, "backorder");
    assert_int_equal(stock(b), 10);
    assert_int_equal(fate(b, 7), ALLOCATION_WAITING);
    assert_string_equal(bed_events(b), "ProductChanged 1@1, ProductOutOfStock 1@2");
    check(b, 10);
}

static void an_order_beyond_the_stock_is_refused_under_saga(void **state) {
    bed *b = *state;
    place(b, 7, 11, "saga");
    restock(b, 50);
    assert_int_equal(stock(b), 60);
    assert_int_equal(fate(b, 7), ALLOCATION_REFUSED);
    check(b, 60);
}

static void an_order_that_comes_twice_is_answered_once(void **state) {
    bed *b = *state;
    place(b, 7, 3, "backorder");
    place(b, 7, 3, "backorder");
    assert_int_equal(stock(b), 7);
    assert_string_equal(bed_events(b),
                        "ProductChanged 1@1, StockAllocated 1@2, ProductChanged 1@3");
    check(b, 10);
}

static void a_cancelled_order_gives_its_stock_back_once(void **state) {
    bed *b = *state;
    place(b, 7, 3, "backorder");
    cancel(b, 7, 3);
    cancel(b, 7, 3);
    assert_int_equal(stock(b), 10);
    assert_int_equal(fate(b, 7), ALLOCATION_CANCELLED);
    check(b, 10);
}

static void a_cancelled_order_that_waited_gives_nothing_back(void **state) {
    bed *b = *state;
    place(b, 7, 11, "backorder");
    cancel(b, 7, 11);
    restock(b, 50);
    assert_int_equal(stock(b), 60);
    assert_int_equal(fate(b, 7), ALLOCATION_CANCELLED);
    check(b, 60);
}

static void a_refused_order_gives_nothing_back(void **state) {
    bed *b = *state;
    place(b, 7, 11, "saga");
    cancel(b, 7, 11);
    assert_int_equal(stock(b), 10);
    check(b, 10);
}

static void a_cancel_that_overtakes_its_order_is_remembered(void **state) {
    bed *b = *state;
    cancel(b, 7, 3);
    place(b, 7, 3, "backorder");
    assert_int_equal(stock(b), 10);
    assert_int_equal(fate(b, 7), ALLOCATION_CANCELLED);
    assert_string_equal(bed_events(b), "ProductChanged 1@1");
    check(b, 10);
}

static void a_restock_serves_the_oldest_first(void **state) {
    bed *b = *state;
    place(b, 1, 10, "backorder");
    place(b, 3, 4, "backorder");
    place(b, 2, 4, "backorder");
    restock(b, 5);
    assert_int_equal(fate(b, 3), ALLOCATION_TAKEN);
    assert_int_equal(fate(b, 2), ALLOCATION_WAITING);
    assert_int_equal(stock(b), 1);
    check(b, 15);
}

static void nobody_overtakes_a_large_order_that_waits(void **state) {
    bed *b = *state;
    place(b, 1, 10, "backorder");
    place(b, 2, 8, "backorder");
    place(b, 3, 1, "backorder");
    restock(b, 5);
    assert_int_equal(fate(b, 2), ALLOCATION_WAITING);
    assert_int_equal(fate(b, 3), ALLOCATION_WAITING);
    assert_int_equal(stock(b), 5);
    restock(b, 4);
    assert_int_equal(fate(b, 2), ALLOCATION_TAKEN);
    assert_int_equal(fate(b, 3), ALLOCATION_TAKEN);
    assert_int_equal(stock(b), 0);
    check(b, 19);
}

static void a_cancel_serves_who_waits(void **state) {
    bed *b = *state;
    place(b, 1, 8, "backorder");
    place(b, 2, 8, "backorder");
    cancel(b, 1, 8);
    assert_int_equal(fate(b, 2), ALLOCATION_TAKEN);
    assert_int_equal(stock(b), 2);
    assert_string_equal(bed_events(b),
                        "ProductChanged 1@1, StockAllocated 1@2, ProductChanged 1@3, "
                        "ProductOutOfStock 1@4, ProductChanged 1@5, StockAllocated 1@6, "
                        "ProductChanged 1@7");
    check(b, 10);
}

static void more_than_one_batch_waits_for_the_next_change(void **state) {
    bed *b = *state;
    place(b, 1000, 10, "backorder");
    for (int64_t order = 1; order <= STOCK_SERVE_MAX + 1; order++)
        place(b, order, 1, "backorder");
    restock(b, STOCK_SERVE_MAX + 1);
    assert_int_equal(fate(b, STOCK_SERVE_MAX), ALLOCATION_TAKEN);
    assert_int_equal(fate(b, STOCK_SERVE_MAX + 1), ALLOCATION_WAITING);
    restock(b, 1);
    assert_int_equal(fate(b, STOCK_SERVE_MAX + 1), ALLOCATION_TAKEN);
    check(b, STOCK_SERVE_MAX + 12);
}

static void an_order_of_an_unknown_product_is_refused(void **state) {
    bed *b = *state;
    const allocation wanted = {.order_id = 7, .product_id = 2, .quantity = 1};
    pl_event_tx tx = bed_begin(b);
    bed_must(b, bed_end(b, &tx, stock_allocate(&tx, &wanted, pl_str_c("backorder"), &b->err)));
    assert_int_equal(fate(b, 7), ALLOCATION_REFUSED);
    assert_string_equal(bed_events(b), "ProductChanged 1@1, ProductOutOfStock 2@1");
    check(b, 10);
}

static void what_a_wanting_order_wants_survives_a_rollback(void **state) {
    bed *b = *state;
    const allocation wanted = {.order_id = 7, .product_id = 1, .quantity = 3};
    pl_event_tx tx = bed_begin(b);
    bed_must(b, stock_allocate(&tx, &wanted, pl_str_c("backorder"), &b->err));
    assert_int_equal(bed_end(b, &tx, PL_ABORTED), PL_ABORTED);
    assert_int_equal(fate(b, 7), 0);
    place(b, 7, 3, "backorder");
    assert_int_equal(fate(b, 7), ALLOCATION_TAKEN);
    check(b, 10);
}

/* ---- at once --------------------------------------------------------------------- */

enum { THREADS = 12 };

/* A third orders, a third cancels what was ordered, a third restocks. */
static void order_cancel_restock(void *arg, int index) {
    bed *b = arg;
    pl_error err = PL_ERROR_INIT;
    pl_arena arena = pl_arena_make(1 << 16);
    products_store store = {b->pg, b->events};
    const pl_access call = {.deadline_ns = bed_deadline(), .arena = &arena};
    const allocation wanted = {.order_id = index / 3 + 1, .product_id = 1, .quantity = 4};
    product changed;
    if (index % 3 == 2) {
        (void)(products_store_restock(&store, &call, 1, 1, &changed, &err) == PL_OK);
    } else {
        pl_pg_tx *pg = NULL;
        if (pl_pg_begin(b->pg, call.deadline_ns, &pg, &err) == PL_OK) {
            pl_event_tx tx = pl_event_pg_tx(b->events, pg, NULL);
            pl_code code = index % 3 == 0
                               ? stock_allocate(&tx, &wanted, pl_str_c("backorder"), &err)
                               : stock_release(&tx, wanted.order_id, 1, wanted.quantity, &err);
            if (code != PL_OK || pl_event_pg_commit(&tx, &err) != PL_OK)
                pl_pg_rollback(code != PL_OK ? pg : NULL);
        }
    }
    pl_arena_done(&arena);
}

static void stock_is_conserved_whoever_comes_first(void **state) {
    bed *b = *state;
    bed_together(THREADS, order_cancel_restock, b);
    assert_int_equal(bed_number(b, "SELECT count(*) FROM allocation WHERE state = 4"), THREADS / 3);
    assert_int_equal(stock(b), 10 + THREADS / 3);
    check(b, 10 + THREADS / 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        BED_TEST(an_order_takes_its_stock),
        BED_TEST(the_last_piece_can_be_taken),
        BED_TEST(an_order_beyond_the_stock_waits_under_backorder),
        BED_TEST(an_order_beyond_the_stock_is_refused_under_saga),
        BED_TEST(an_order_that_comes_twice_is_answered_once),
        BED_TEST(a_cancelled_order_gives_its_stock_back_once),
        BED_TEST(a_cancelled_order_that_waited_gives_nothing_back),
        BED_TEST(a_refused_order_gives_nothing_back),
        BED_TEST(a_cancel_that_overtakes_its_order_is_remembered),
        BED_TEST(a_restock_serves_the_oldest_first),
        BED_TEST(nobody_overtakes_a_large_order_that_waits),
        BED_TEST(a_cancel_serves_who_waits),
        BED_TEST(more_than_one_batch_waits_for_the_next_change),
        BED_TEST(an_order_of_an_unknown_product_is_refused),
        BED_TEST(what_a_wanting_order_wants_survives_a_rollback),
        BED_TEST(stock_is_conserved_whoever_comes_first),
    };
    return BED_RUN(tests);
}
