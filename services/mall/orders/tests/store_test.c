/* Orders and keys on a real database: steps, fences, reactions. */
#include "fixture.h"

#include <stdatomic.h>

#include "migrations.h"

static int setup(void **state) {
    *state = bed_new("mall.orders", &pl_service_migrations);
    return 0;
}

static void fenced(const bed *b, pl_code code) {
    assert_int_equal(code, PL_ABORTED);
    assert_string_equal(b->err.reason, "FENCED");
}

static void an_order_is_pending_before_it_is_charged(void **state) {
    bed *b = *state;
    order made = order_pending(b, &no_key);
    order read = order_get(b, made.id);
    assert_int_equal(read.state, ORDER_PENDING);
    assert_int_equal(read.ver, made.ver);
    assert_memory_equal(read.charge_key, made.charge_key, 16);
    assert_int_equal(read.product_id, 1);
    assert_true(pl_str_eqc(read.product_name, "TV"));
    assert_int_equal(read.quantity, 3);
    assert_int_equal(read.price, 10000);
    assert_true(pl_str_eqc(read.customer_id, CUSTOMER));
    assert_true(pl_str_eqc(read.customer_name, "유엔진"));
    assert_true(pl_str_eqc(read.customer_addr, "서울시"));
    assert_true(pl_str_eqc(read.customer_phone, "010"));
    assert_false(read.backorder);
    assert_int_equal(read.created_us, made.created_us);
    assert_string_equal(bed_events(b), "");
}

static void a_placed_order_is_published_in_one_round_trip(void **state) {
    bed *b = *state;
    pl_pg_stats before;
    pl_pg_stats after;
    (void)order_placed(b); /* the statements are prepared */
    order o = order_pending(b, &no_key);
    pl_pg_stats_get(b->pg, &before);
    bed_must(b, order_place(b, &o));
    pl_pg_stats_get(b->pg, &after);
    assert_int_equal(after.round_trips - before.round_trips, 1);
    assert_int_equal(o.state, ORDER_PLACED);
    assert_int_equal(order_get(b, o.id).ver, o.ver);
    assert_string_equal(bed_events(b), "OrderPlaced 1@1, OrderPlaced 2@1");
}

static void an_order_beyond_the_stock_is_backordered(void **state) {
    bed *b = *state;
    orders_store store = fixture_store(b);
    const pl_access call = fixture_call(b);
    order o = order_wanted();
    o.backorder = true;
    bed_must(b, orders_store_create(&store, &call, &no_key, &o, &b->err));
    bed_must(b, order_place(b, &o));
    assert_int_equal(order_get(b, o.id).state, ORDER_BACKORDERED);
    assert_string_equal(bed_events(b), "OrderPlaced 1@1");
}

static void an_order_is_placed_once(void **state) {
    bed *b = *state;
    order o = order_pending(b, &no_key);
    order same = o;
    bed_must(b, order_place(b, &o));
    fenced(b, order_place(b, &same));
    assert_int_equal(same.state, ORDER_PENDING);
    assert_string_equal(bed_events(b), "OrderPlaced 1@1");
}

static void an_abandoned_order_cannot_be_placed(void **state) {
    bed *b = *state;
    order o = order_pending(b, &no_key);
    bed_must(b, order_abandon(b, &o));
    fenced(b, order_place(b, &o));
    assert_int_equal(order_get(b, o.id).state, ORDER_ABANDONED);
    assert_string_equal(bed_events(b), "");
}

static void a_placed_order_cannot_be_abandoned_or_dropped(void **state) {
    bed *b = *state;
    order seen = order_pending(b, &no_key);
    order o = seen;
    bed_must(b, order_place(b, &o));
    fenced(b, order_abandon(b, &seen));
    fenced(b, order_drop(b, &seen));
    fenced(b, order_drop(b, &o)); /* with the right version, too */
    assert_int_equal(order_get(b, o.id).state, ORDER_PLACED);
}

static void a_dropped_order_never_was(void **state) {
    bed *b = *state;
    order found;
    order o = order_pending(b, &key);
    bed_must(b, order_drop(b, &o));
    assert_int_equal(bed_number(b, "SELECT count(*) FROM orders"), 0);
    assert_int_equal(order_find_key(b, &key, &found), PL_NOT_FOUND);
    fenced(b, order_drop(b, &o));
}

static void a_claim_takes_the_fence_from_whoever_had_it(void **state) {
    bed *b = *state;
    order o = order_pending(b, &no_key);
    bed_exec(b, AGE_ALL);
    orders_list claimed = order_claim(b, 10);
    assert_int_equal(claimed.count, 1);
    fenced(b, order_place(b, &o));
    fenced(b, order_abandon(b, &o));
    /* Else a charge that the claim repeats would be left without its order. */
    fenced(b, order_drop(b, &o));
    bed_must(b, order_place(b, &claimed.items[0]));
    assert_int_equal(order_get(b, o.id).state, ORDER_PLACED);
}

static void a_claim_leaves_what_is_being_worked_on(void **state) {
    bed *b = *state;
    (void)order_pending(b, &no_key);
    assert_int_equal(order_claim(b, 10).count, 0);
    bed_exec(b, AGE_ALL);
    assert_int_equal(order_claim(b, 10).count, 1);
    assert_int_equal(order_claim(b, 10).count, 0);
}

static void a_claim_takes_pending_and_abandoned_orders_alone(void **state) {
    bed *b = *state;
    order given_up = order_pending(b, &no_key);
    (void)order_pending(b, &no_key);
    order done = order_placed(b);
    bed_must(b, order_abandon(b, &given_up));
    bed_exec(b, AGE_ALL);
    orders_list claimed = order_claim(b, 10);
    assert_int_equal(claimed.count, 2);
    for (size_t i = 0; i < claimed.count; i++)
        assert_true(claimed.items[i].id != done.id);
}

static void a_claim_is_limited_to_the_oldest(void **state) {
    bed *b = *state;
    (void)order_pending(b, &no_key);
    order oldest = order_pending(b, &no_key);
    bed_exec(b, "UPDATE orders SET touched_at = now() - id * interval '1 minute'");
    orders_list claimed = order_claim(b, 1);
    assert_int_equal(claimed.count, 1);
    assert_int_equal(claimed.items[0].id, oldest.id);
}

/* ---- keys ------------------------------------------------------------------------ */

static void a_key_finds_its_order(void **state) {
    bed *b = *state;
    order found;
    order o = order_pending(b, &key);
    bed_must(b, order_find_key(b, &key, &found));
    assert_int_equal(found.id, o.id);
}

static void a_key_with_another_request_is_refused(void **state) {
    bed *b = *state;
    order found;
    const orders_key other = {.key = key.key, .request = PL_STR("another")};
    (void)order_pending(b, &key);
    assert_int_equal(order_find_key(b, &other, &found), PL_ABORTED);
    assert_string_equal(b->err.reason, "KEY_REUSED");
    assert_string_equal(b->err.domain, "mall");
}

static void a_key_belongs_to_its_customer(void **state) {
    bed *b = *state;
    orders_store store = fixture_store(b);
    const pl_access call = fixture_call(b);
    order found;
    (void)order_pending(b, &key);
    assert_int_equal(
        orders_store_find_key(&store, &call, pl_str_c("2@uengine.org"), &key, &found, &b->err),
        PL_NOT_FOUND);
    order other = order_wanted();
    other.customer_id = pl_str_c("2@uengine.org");
    bed_must(b, orders_store_create(&store, &call, &key, &other, &b->err));
}

static void the_second_order_under_a_key_is_not_stored(void **state) {
    bed *b = *state;
    orders_store store = fixture_store(b);
    const pl_access call = fixture_call(b);
    order second = order_wanted();
    (void)order_pending(b, &key);
    assert_int_equal(orders_store_create(&store, &call, &key, &second, &b->err), PL_ALREADY_EXISTS);
    assert_int_equal(second.id, 0);
    assert_int_equal(bed_number(b, "SELECT count(*) FROM orders"), 1);
}

static void an_abandoned_order_sets_its_key_free(void **state) {
    bed *b = *state;
    order found;
    order o = order_pending(b, &key);
    bed_must(b, order_abandon(b, &o));
    assert_int_equal(order_find_key(b, &key, &found), PL_NOT_FOUND);
    order again = order_pending(b, &key);
    bed_must(b, order_find_key(b, &key, &found));
    assert_int_equal(found.id, again.id);
}

static void keys_are_forgotten_after_a_day(void **state) {
    bed *b = *state;
    orders_store store = fixture_store(b);
    const orders_key old = {.key = PL_STR("old"), .request = PL_STR("request")};
    (void)order_pending(b, &old);
    bed_exec(b, "UPDATE idempotency SET created_at = now() - interval '25 hours'");
    (void)order_pending(b, &key);
    bed_must(b, orders_store_forget_keys(&store, bed_deadline(), &b->err));
    assert_string_equal(bed_text(b, "SELECT string_agg(key, ',') FROM idempotency"), "k1");
    assert_int_equal(bed_number(b, "SELECT count(*) FROM orders"), 2);
}

/* ---- cancelling and reacting ----------------------------------------------------- */

static void a_cancelled_order_says_so_once(void **state) {
    bed *b = *state;
    order out;
    order o = order_placed(b);
    bed_must(b, order_cancel(b, o.id, &out));
    assert_int_equal(out.state, ORDER_CANCELLED);
    assert_true(pl_str_eqc(out.reason, "customer"));
    bed_must(b, order_cancel(b, o.id, &out));
    assert_int_equal(out.state, ORDER_CANCELLED);
    assert_string_equal(bed_events(b), "OrderPlaced 1@1, OrderCancelled 1@2");
}

static void an_order_that_is_not_there_cannot_be_cancelled(void **state) {
    bed *b = *state;
    order out;
    assert_int_equal(order_cancel(b, 99, &out), PL_NOT_FOUND);
    order o = order_pending(b, &no_key);
    assert_int_equal(order_cancel(b, o.id, &out), PL_ABORTED);
    bed_must(b, order_abandon(b, &o));
    assert_int_equal(order_cancel(b, o.id, &out), PL_NOT_FOUND);
    assert_string_equal(bed_events(b), "");
}

static void react(bed *b, int64_t id, bool allocated, bool waiting) {
    pl_event_tx tx = bed_begin(b);
    bed_must(b, bed_end(b, &tx,
                        allocated ? orders_store_allocated(&tx, id, &b->err)
                                  : orders_store_out_of_stock(&tx, id, waiting, &b->err)));
}

static void an_order_waits_and_is_placed_by_allocated_stock(void **state) {
    bed *b = *state;
    order o = order_placed(b);
    react(b, o.id, false, true);
    assert_int_equal(order_get(b, o.id).state, ORDER_BACKORDERED);
    react(b, o.id, true, false);
    assert_int_equal(order_get(b, o.id).state, ORDER_PLACED);
    assert_string_equal(bed_events(b), "OrderPlaced 1@1");
}

static void an_order_that_lost_the_race_is_cancelled_for_its_reason(void **state) {
    bed *b = *state;
    order o = order_placed(b);
    react(b, o.id, false, false);
    react(b, o.id, false, false);
    assert_int_equal(order_get(b, o.id).state, ORDER_CANCELLED);
    assert_true(pl_str_eqc(order_get(b, o.id).reason, "out_of_stock"));
    assert_string_equal(bed_events(b), "OrderPlaced 1@1, OrderCancelled 1@2");
}

static void stock_for_a_cancelled_order_changes_nothing(void **state) {
    bed *b = *state;
    order out;
    order o = order_placed(b);
    bed_must(b, order_cancel(b, o.id, &out));
    react(b, o.id, true, false);
    react(b, o.id, false, false);
    assert_int_equal(order_get(b, o.id).state, ORDER_CANCELLED);
    assert_true(pl_str_eqc(order_get(b, o.id).reason, "customer"));
    assert_string_equal(bed_events(b), "OrderPlaced 1@1, OrderCancelled 1@2");
}

static void stock_for_an_unknown_order_is_passed_over(void **state) {
    bed *b = *state;
    react(b, 99, true, false);
    react(b, 99, false, false);
    assert_string_equal(bed_events(b), "");
}

/* ---- at once --------------------------------------------------------------------- */

enum { THREADS = 8 };

typedef struct crowd {
    bed *b;
    order o; /* what all of them have seen */
    atomic_int won;
    atomic_int lost;
    atomic_int failed;
} crowd;

static void count(crowd *c, pl_code code, pl_code lost) {
    atomic_fetch_add(code == PL_OK ? &c->won : code == lost ? &c->lost : &c->failed, 1);
}

static void create_with_key(void *arg, int index) {
    crowd *c = arg;
    (void)index;
    pl_error err = PL_ERROR_INIT;
    orders_store store = fixture_store(c->b);
    const pl_access call = {.deadline_ns = bed_deadline()};
    order o = order_wanted();
    count(c, orders_store_create(&store, &call, &key, &o, &err), PL_ALREADY_EXISTS);
}

static void one_key_at_once_is_one_order(void **state) {
    crowd c = {.b = *state};
    bed_together(THREADS, create_with_key, &c);
    assert_int_equal(c.failed, 0);
    assert_int_equal(c.won, 1);
    assert_int_equal(bed_number(c.b, "SELECT count(*) FROM orders"), 1);
}

static void place_or_abandon(void *arg, int index) {
    crowd *c = arg;
    pl_error err = PL_ERROR_INIT;
    orders_store store = fixture_store(c->b);
    const pl_access call = {.deadline_ns = bed_deadline()};
    order o = c->o;
    count(c,
          index % 2 ? orders_store_abandon(&store, &call, &o, &err)
                    : orders_store_place(&store, &call, POLICY_BACKORDER, &o, &err),
          PL_ABORTED);
}

static void one_of_many_who_hold_the_same_version_wins(void **state) {
    bed *b = *state;
    crowd c = {.b = b, .o = order_pending(b, &no_key)};
    bed_together(THREADS, place_or_abandon, &c);
    assert_int_equal(c.failed, 0);
    assert_int_equal(c.won, 1);
    bool was_placed = order_get(b, c.o.id).state == ORDER_PLACED;
    assert_string_equal(bed_events(b), was_placed ? "OrderPlaced 1@1" : "");
}

static void cancel_at_once(void *arg, int index) {
    crowd *c = arg;
    (void)index;
    pl_error err = PL_ERROR_INIT;
    order out;
    pl_arena arena = pl_arena_make(1 << 16);
    orders_store store = fixture_store(c->b);
    const pl_access call = {.deadline_ns = bed_deadline(), .arena = &arena};
    count(c, orders_store_cancel(&store, &call, c->o.id, &out, &err), PL_OK);
    pl_arena_done(&arena);
}

static void cancels_at_once_are_one_event(void **state) {
    bed *b = *state;
    crowd c = {.b = b, .o = order_placed(b)};
    bed_together(THREADS, cancel_at_once, &c);
    assert_int_equal(c.won, THREADS);
    assert_string_equal(bed_events(b), "OrderPlaced 1@1, OrderCancelled 1@2");
}

static void claim_at_once(void *arg, int index) {
    crowd *c = arg;
    (void)index;
    pl_error err = PL_ERROR_INIT;
    orders_list claimed = {0};
    pl_arena arena = pl_arena_make(1 << 20);
    orders_store store = fixture_store(c->b);
    const pl_access call = {.deadline_ns = bed_deadline(), .arena = &arena};
    if (orders_store_claim(&store, &call, 3000, 50, &claimed, &err) != PL_OK)
        atomic_fetch_add(&c->failed, 1);
    atomic_fetch_add(&c->won, (int)claimed.count);
    pl_arena_done(&arena);
}

static void sweeps_at_once_claim_each_order_once(void **state) {
    bed *b = *state;
    crowd c = {.b = b};
    for (int i = 0; i < 40; i++)
        (void)order_pending(b, &no_key);
    bed_exec(b, AGE_ALL);
    bed_together(THREADS, claim_at_once, &c);
    assert_int_equal(c.failed, 0);
    assert_int_equal(c.won, 40);
    assert_int_equal(bed_number(b, "SELECT count(*) FROM orders WHERE ver = 2"), 40);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        BED_TEST(an_order_is_pending_before_it_is_charged),
        BED_TEST(a_placed_order_is_published_in_one_round_trip),
        BED_TEST(an_order_beyond_the_stock_is_backordered),
        BED_TEST(an_order_is_placed_once),
        BED_TEST(an_abandoned_order_cannot_be_placed),
        BED_TEST(a_placed_order_cannot_be_abandoned_or_dropped),
        BED_TEST(a_dropped_order_never_was),
        BED_TEST(a_claim_takes_the_fence_from_whoever_had_it),
        BED_TEST(a_claim_leaves_what_is_being_worked_on),
        BED_TEST(a_claim_takes_pending_and_abandoned_orders_alone),
        BED_TEST(a_claim_is_limited_to_the_oldest),
        BED_TEST(a_key_finds_its_order),
        BED_TEST(a_key_with_another_request_is_refused),
        BED_TEST(a_key_belongs_to_its_customer),
        BED_TEST(the_second_order_under_a_key_is_not_stored),
        BED_TEST(an_abandoned_order_sets_its_key_free),
        BED_TEST(keys_are_forgotten_after_a_day),
        BED_TEST(a_cancelled_order_says_so_once),
        BED_TEST(an_order_that_is_not_there_cannot_be_cancelled),
        BED_TEST(an_order_waits_and_is_placed_by_allocated_stock),
        BED_TEST(an_order_that_lost_the_race_is_cancelled_for_its_reason),
        BED_TEST(stock_for_a_cancelled_order_changes_nothing),
        BED_TEST(stock_for_an_unknown_order_is_passed_over),
        BED_TEST(one_key_at_once_is_one_order),
        BED_TEST(one_of_many_who_hold_the_same_version_wins),
        BED_TEST(cancels_at_once_are_one_event),
        BED_TEST(sweeps_at_once_claim_each_order_once),
    };
    return BED_RUN(tests);
}
