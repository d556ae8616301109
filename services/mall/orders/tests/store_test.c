/* Orders, keys and the replica on a real database. */
#include "bed.h"

#include <stdatomic.h>
#include <stdio.h>

#include "migrations.h"
#include "replica.h"
#include "store.h"

#define CUSTOMER "1@uengine.org"
/* Moves all orders into the past, as far as the sweep is concerned. */
#define AGE_ALL "UPDATE orders SET touched_at = now() - interval '1 minute'"
/* Makes a pending order old enough to be shown. */
#define SHOW_ALL "UPDATE orders SET created_at = now() - interval '3 s'"

static int setup(void **state) {
    *state = bed_new("mall.orders", &pl_service_migrations);
    return 0;
}

static orders_store store_of(const bed *b) {
    return (orders_store){b->pg, b->events};
}

static orders_call call_of(bed *b) {
    return (orders_call){.deadline_ns = bed_deadline(), .arena = &b->arena};
}

static order wanted(void) {
    order o = {.product_id = 1,
               .product_name = PL_STR("TV"),
               .quantity = 3,
               .price = 10000,
               .customer_id = PL_STR(CUSTOMER),
               .customer_name = PL_STR("유엔진"),
               .customer_addr = PL_STR("서울시"),
               .customer_phone = PL_STR("010")};
    pl_uuid7(o.charge_key);
    return o;
}

static const orders_key no_key;
static const orders_key key = {.key = PL_STR("k1"), .request = PL_STR("request")};

static order pending(bed *b, const orders_key *with) {
    orders_store store = store_of(b);
    const orders_call call = call_of(b);
    order o = wanted();
    bed_must(b, orders_store_create(&store, &call, with, &o, &b->err));
    return o;
}

static pl_code place(bed *b, order *o) {
    orders_store store = store_of(b);
    const orders_call call = call_of(b);
    return orders_store_place(&store, &call, POLICY_BACKORDER, o, &b->err);
}

static order placed(bed *b) {
    order o = pending(b, &no_key);
    bed_must(b, place(b, &o));
    return o;
}

static pl_code abandon(bed *b, const order *o) {
    orders_store store = store_of(b);
    const orders_call call = call_of(b);
    return orders_store_abandon(&store, &call, o, &b->err);
}

static pl_code drop(bed *b, const order *o) {
    orders_store store = store_of(b);
    const orders_call call = call_of(b);
    return orders_store_drop(&store, &call, o, &b->err);
}

static pl_code cancel(bed *b, int64_t id, order *out) {
    orders_store store = store_of(b);
    const orders_call call = call_of(b);
    return orders_store_cancel(&store, &call, id, out, &b->err);
}

static order get(bed *b, int64_t id) {
    orders_store store = store_of(b);
    const orders_call call = call_of(b);
    order o = {0};
    bed_must(b, orders_store_get(&store, &call, id, &o, &b->err));
    return o;
}

static pl_code find_key(bed *b, const orders_key *with, order *out) {
    orders_store store = store_of(b);
    const orders_call call = call_of(b);
    return orders_store_find_key(&store, &call, pl_str_c(CUSTOMER), with, out, &b->err);
}

static orders_list list(bed *b, const orders_query *query) {
    orders_store store = store_of(b);
    const orders_call call = call_of(b);
    orders_list found = {0};
    bed_must(b, orders_store_list(&store, &call, query, &found, &b->err));
    return found;
}

static orders_list claim(bed *b, int64_t limit) {
    orders_store store = store_of(b);
    const orders_call call = call_of(b);
    orders_list found = {0};
    bed_must(b, orders_store_claim(&store, &call, 3000, limit, &found, &b->err));
    return found;
}

static void fenced(const bed *b, pl_code code) {
    assert_int_equal(code, PL_ABORTED);
    assert_string_equal(b->err.reason, "FENCED");
}

static void an_order_is_pending_before_it_is_charged(void **state) {
    bed *b = *state;
    order made = pending(b, &no_key);
    order read = get(b, made.id);
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
    (void)placed(b); /* the statements are prepared */
    order o = pending(b, &no_key);
    pl_pg_stats_get(b->pg, &before);
    bed_must(b, place(b, &o));
    pl_pg_stats_get(b->pg, &after);
    assert_int_equal(after.round_trips - before.round_trips, 1);
    assert_int_equal(o.state, ORDER_PLACED);
    assert_int_equal(get(b, o.id).ver, o.ver);
    assert_string_equal(bed_events(b), "OrderPlaced 1@1, OrderPlaced 2@1");
}

static void an_order_beyond_the_stock_is_backordered(void **state) {
    bed *b = *state;
    orders_store store = store_of(b);
    const orders_call call = call_of(b);
    order o = wanted();
    o.backorder = true;
    bed_must(b, orders_store_create(&store, &call, &no_key, &o, &b->err));
    bed_must(b, place(b, &o));
    assert_int_equal(get(b, o.id).state, ORDER_BACKORDERED);
    assert_string_equal(bed_events(b), "OrderPlaced 1@1");
}

static void an_order_is_placed_once(void **state) {
    bed *b = *state;
    order o = pending(b, &no_key);
    order same = o;
    bed_must(b, place(b, &o));
    fenced(b, place(b, &same));
    assert_int_equal(same.state, ORDER_PENDING);
    assert_string_equal(bed_events(b), "OrderPlaced 1@1");
}

static void an_abandoned_order_cannot_be_placed(void **state) {
    bed *b = *state;
    order o = pending(b, &no_key);
    bed_must(b, abandon(b, &o));
    fenced(b, place(b, &o));
    assert_int_equal(get(b, o.id).state, ORDER_ABANDONED);
    assert_string_equal(bed_events(b), "");
}

static void a_placed_order_cannot_be_abandoned_or_dropped(void **state) {
    bed *b = *state;
    order seen = pending(b, &no_key);
    order o = seen;
    bed_must(b, place(b, &o));
    fenced(b, abandon(b, &seen));
    fenced(b, drop(b, &seen));
    fenced(b, drop(b, &o)); /* with the right version, too */
    assert_int_equal(get(b, o.id).state, ORDER_PLACED);
}

static void a_dropped_order_never_was(void **state) {
    bed *b = *state;
    order found;
    order o = pending(b, &key);
    bed_must(b, drop(b, &o));
    assert_int_equal(bed_number(b, "SELECT count(*) FROM orders"), 0);
    assert_int_equal(find_key(b, &key, &found), PL_NOT_FOUND);
    fenced(b, drop(b, &o));
}

static void a_claim_takes_the_fence_from_whoever_had_it(void **state) {
    bed *b = *state;
    order o = pending(b, &no_key);
    bed_exec(b, AGE_ALL);
    orders_list claimed = claim(b, 10);
    assert_int_equal(claimed.count, 1);
    fenced(b, place(b, &o));
    fenced(b, abandon(b, &o));
    bed_must(b, place(b, &claimed.items[0]));
    assert_int_equal(get(b, o.id).state, ORDER_PLACED);
}

static void a_claim_leaves_what_is_being_worked_on(void **state) {
    bed *b = *state;
    (void)pending(b, &no_key);
    assert_int_equal(claim(b, 10).count, 0);
    bed_exec(b, AGE_ALL);
    assert_int_equal(claim(b, 10).count, 1);
    assert_int_equal(claim(b, 10).count, 0);
}

static void a_claim_takes_pending_and_abandoned_orders_alone(void **state) {
    bed *b = *state;
    order given_up = pending(b, &no_key);
    (void)pending(b, &no_key);
    order done = placed(b);
    bed_must(b, abandon(b, &given_up));
    bed_exec(b, AGE_ALL);
    orders_list claimed = claim(b, 10);
    assert_int_equal(claimed.count, 2);
    for (size_t i = 0; i < claimed.count; i++)
        assert_true(claimed.items[i].id != done.id);
}

static void a_claim_is_limited_to_the_oldest(void **state) {
    bed *b = *state;
    (void)pending(b, &no_key);
    order oldest = pending(b, &no_key);
    bed_exec(b, "UPDATE orders SET touched_at = now() - id * interval '1 minute'");
    orders_list claimed = claim(b, 1);
    assert_int_equal(claimed.count, 1);
    assert_int_equal(claimed.items[0].id, oldest.id);
}

/* ---- keys ------------------------------------------------------------------------ */

static void a_key_finds_its_order(void **state) {
    bed *b = *state;
    order found;
    order o = pending(b, &key);
    bed_must(b, find_key(b, &key, &found));
    assert_int_equal(found.id, o.id);
}

static void a_key_with_another_request_is_refused(void **state) {
    bed *b = *state;
    order found;
    const orders_key other = {.key = key.key, .request = PL_STR("another")};
    (void)pending(b, &key);
    assert_int_equal(find_key(b, &other, &found), PL_ABORTED);
    assert_string_equal(b->err.reason, "KEY_REUSED");
    assert_string_equal(b->err.domain, "mall");
}

static void a_key_belongs_to_its_customer(void **state) {
    bed *b = *state;
    orders_store store = store_of(b);
    const orders_call call = call_of(b);
    order found;
    (void)pending(b, &key);
    assert_int_equal(
        orders_store_find_key(&store, &call, pl_str_c("2@uengine.org"), &key, &found, &b->err),
        PL_NOT_FOUND);
    order other = wanted();
    other.customer_id = pl_str_c("2@uengine.org");
    bed_must(b, orders_store_create(&store, &call, &key, &other, &b->err));
}

static void the_second_order_under_a_key_is_not_stored(void **state) {
    bed *b = *state;
    orders_store store = store_of(b);
    const orders_call call = call_of(b);
    order second = wanted();
    (void)pending(b, &key);
    assert_int_equal(orders_store_create(&store, &call, &key, &second, &b->err), PL_ALREADY_EXISTS);
    assert_int_equal(second.id, 0);
    assert_int_equal(bed_number(b, "SELECT count(*) FROM orders"), 1);
}

static void an_abandoned_order_sets_its_key_free(void **state) {
    bed *b = *state;
    order found;
    order o = pending(b, &key);
    bed_must(b, abandon(b, &o));
    assert_int_equal(find_key(b, &key, &found), PL_NOT_FOUND);
    order again = pending(b, &key);
    bed_must(b, find_key(b, &key, &found));
    assert_int_equal(found.id, again.id);
}

static void keys_are_forgotten_after_a_day(void **state) {
    bed *b = *state;
    orders_store store = store_of(b);
    const orders_key old = {.key = PL_STR("old"), .request = PL_STR("request")};
    (void)pending(b, &old);
    bed_exec(b, "UPDATE idempotency SET created_at = now() - interval '25 hours'");
    (void)pending(b, &key);
    bed_must(b, orders_store_forget_keys(&store, bed_deadline(), &b->err));
    assert_string_equal(bed_text(b, "SELECT string_agg(key, ',') FROM idempotency"), "k1");
    assert_int_equal(bed_number(b, "SELECT count(*) FROM orders"), 2);
}

/* ---- cancelling and reacting ----------------------------------------------------- */

static void a_cancelled_order_says_so_once(void **state) {
    bed *b = *state;
    order out;
    order o = placed(b);
    bed_must(b, cancel(b, o.id, &out));
    assert_int_equal(out.state, ORDER_CANCELLED);
    assert_true(pl_str_eqc(out.reason, "customer"));
    bed_must(b, cancel(b, o.id, &out));
    assert_int_equal(out.state, ORDER_CANCELLED);
    assert_string_equal(bed_events(b), "OrderPlaced 1@1, OrderCancelled 1@2");
}

static void an_order_that_is_not_there_cannot_be_cancelled(void **state) {
    bed *b = *state;
    order out;
    assert_int_equal(cancel(b, 99, &out), PL_NOT_FOUND);
    order o = pending(b, &no_key);
    assert_int_equal(cancel(b, o.id, &out), PL_ABORTED);
    bed_must(b, abandon(b, &o));
    assert_int_equal(cancel(b, o.id, &out), PL_NOT_FOUND);
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
    order o = placed(b);
    react(b, o.id, false, true);
    assert_int_equal(get(b, o.id).state, ORDER_BACKORDERED);
    react(b, o.id, true, false);
    assert_int_equal(get(b, o.id).state, ORDER_PLACED);
    assert_string_equal(bed_events(b), "OrderPlaced 1@1");
}

static void an_order_that_lost_the_race_is_cancelled_for_its_reason(void **state) {
    bed *b = *state;
    order o = placed(b);
    react(b, o.id, false, false);
    react(b, o.id, false, false);
    assert_int_equal(get(b, o.id).state, ORDER_CANCELLED);
    assert_true(pl_str_eqc(get(b, o.id).reason, "out_of_stock"));
    assert_string_equal(bed_events(b), "OrderPlaced 1@1, OrderCancelled 1@2");
}

static void stock_for_a_cancelled_order_changes_nothing(void **state) {
    bed *b = *state;
    order out;
    order o = placed(b);
    bed_must(b, cancel(b, o.id, &out));
    react(b, o.id, true, false);
    react(b, o.id, false, false);
    assert_int_equal(get(b, o.id).state, ORDER_CANCELLED);
    assert_true(pl_str_eqc(get(b, o.id).reason, "customer"));
    assert_string_equal(bed_events(b), "OrderPlaced 1@1, OrderCancelled 1@2");
}

static void stock_for_an_unknown_order_is_passed_over(void **state) {
    bed *b = *state;
    react(b, 99, true, false);
    react(b, 99, false, false);
    assert_string_equal(bed_events(b), "");
}

/* ---- reading --------------------------------------------------------------------- */

static void an_order_is_hidden_while_it_is_being_placed(void **state) {
    bed *b = *state;
    (void)pending(b, &no_key);
    assert_int_equal(list(b, &(orders_query){.limit = 10}).total, 0);
    bed_exec(b, SHOW_ALL);
    assert_int_equal(list(b, &(orders_query){.limit = 10}).total, 1);
}

static void an_abandoned_order_is_never_listed(void **state) {
    bed *b = *state;
    order o = pending(b, &no_key);
    bed_must(b, abandon(b, &o));
    bed_exec(b, SHOW_ALL);
    assert_int_equal(list(b, &(orders_query){.limit = 10}).total, 0);
}

static void a_customer_lists_the_own_orders(void **state) {
    bed *b = *state;
    orders_store store = store_of(b);
    const orders_call call = call_of(b);
    order other = wanted();
    other.customer_id = pl_str_c("2@uengine.org");
    bed_must(b, orders_store_create(&store, &call, &no_key, &other, &b->err));
    bed_must(b, place(b, &other));
    order own = placed(b);
    orders_list found = list(b, &(orders_query){.customer_id = PL_STR(CUSTOMER), .limit = 10});
    assert_int_equal(found.total, 1);
    assert_int_equal(found.items[0].id, own.id);
    assert_int_equal(list(b, &(orders_query){.limit = 10}).total, 2);
}

static void pages_are_newest_first_or_oldest_first(void **state) {
    bed *b = *state;
    for (int i = 0; i < 3; i++)
        (void)placed(b);
    orders_list newest = list(b, &(orders_query){.limit = 2});
    assert_int_equal(newest.total, 3);
    assert_int_equal(newest.count, 2);
    assert_int_equal(newest.items[0].id, 3);
    orders_list oldest = list(b, &(orders_query){.ascending = true, .offset = 2, .limit = 2});
    assert_int_equal(oldest.count, 1);
    assert_int_equal(oldest.items[0].id, 3);
}

static void a_page_behind_the_end_is_empty_and_has_the_count(void **state) {
    bed *b = *state;
    (void)placed(b);
    orders_list found = list(b, &(orders_query){.offset = 20, .limit = 20});
    assert_int_equal(found.count, 0);
    assert_int_equal(found.total, 1);
}

static void unfinished_orders_are_counted(void **state) {
    bed *b = *state;
    int64_t waiting = 0;
    int64_t given_up = 0;
    orders_store store = store_of(b);
    order o = pending(b, &no_key);
    (void)pending(b, &no_key);
    (void)placed(b);
    bed_must(b, abandon(b, &o));
    bed_must(b,
             orders_store_count_unfinished(&store, bed_deadline(), &waiting, &given_up, &b->err));
    assert_int_equal(waiting, 1);
    assert_int_equal(given_up, 1);
}

/* ---- the replica ----------------------------------------------------------------- */

static void hear_of_product(bed *b, int64_t version, int64_t price) {
    const order_product product = {.id = 1, .name = PL_STR("TV"), .price = price, .stock = 10};
    pl_event_tx tx = bed_begin(b);
    bed_must(b, bed_end(b, &tx, replica_put(pl_event_tx_pg(&tx), &product, version, &b->err)));
}

static void the_replica_keeps_the_latest_version(void **state) {
    bed *b = *state;
    order_product product = {0};
    hear_of_product(b, 2, 12000);
    hear_of_product(b, 1, 10000);
    bed_must(b, replica_get(b->pg, bed_deadline(), 1, &b->arena, &product, &b->err));
    assert_int_equal(product.price, 12000);
    assert_int_equal(product.stock, 10);
    assert_true(pl_str_eqc(product.name, "TV"));
}

static void the_replica_forgets_a_removed_product(void **state) {
    bed *b = *state;
    order_product product;
    hear_of_product(b, 1, 10000);
    pl_event_tx tx = bed_begin(b);
    bed_must(b, bed_end(b, &tx, replica_remove(pl_event_tx_pg(&tx), 1, &b->err)));
    assert_int_equal(replica_get(b->pg, bed_deadline(), 1, &b->arena, &product, &b->err),
                     PL_NOT_FOUND);
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
    orders_store store = store_of(c->b);
    const orders_call call = {.deadline_ns = bed_deadline()};
    order o = wanted();
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
    orders_store store = store_of(c->b);
    const orders_call call = {.deadline_ns = bed_deadline()};
    order o = c->o;
    count(c,
          index % 2 ? orders_store_abandon(&store, &call, &o, &err)
                    : orders_store_place(&store, &call, POLICY_BACKORDER, &o, &err),
          PL_ABORTED);
}

static void one_of_many_who_hold_the_same_version_wins(void **state) {
    bed *b = *state;
    crowd c = {.b = b, .o = pending(b, &no_key)};
    bed_together(THREADS, place_or_abandon, &c);
    assert_int_equal(c.failed, 0);
    assert_int_equal(c.won, 1);
    bool was_placed = get(b, c.o.id).state == ORDER_PLACED;
    assert_string_equal(bed_events(b), was_placed ? "OrderPlaced 1@1" : "");
}

static void cancel_at_once(void *arg, int index) {
    crowd *c = arg;
    (void)index;
    pl_error err = PL_ERROR_INIT;
    order out;
    pl_arena arena = pl_arena_make(1 << 16);
    orders_store store = store_of(c->b);
    const orders_call call = {.deadline_ns = bed_deadline(), .arena = &arena};
    count(c, orders_store_cancel(&store, &call, c->o.id, &out, &err), PL_OK);
    pl_arena_done(&arena);
}

static void cancels_at_once_are_one_event(void **state) {
    bed *b = *state;
    crowd c = {.b = b, .o = placed(b)};
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
    orders_store store = store_of(c->b);
    const orders_call call = {.deadline_ns = bed_deadline(), .arena = &arena};
    if (orders_store_claim(&store, &call, 3000, 50, &claimed, &err) != PL_OK)
        atomic_fetch_add(&c->failed, 1);
    atomic_fetch_add(&c->won, (int)claimed.count);
    pl_arena_done(&arena);
}

static void sweeps_at_once_claim_each_order_once(void **state) {
    bed *b = *state;
    crowd c = {.b = b};
    for (int i = 0; i < 40; i++)
        (void)pending(b, &no_key);
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
        BED_TEST(an_order_is_hidden_while_it_is_being_placed),
        BED_TEST(an_abandoned_order_is_never_listed),
        BED_TEST(a_customer_lists_the_own_orders),
        BED_TEST(pages_are_newest_first_or_oldest_first),
        BED_TEST(a_page_behind_the_end_is_empty_and_has_the_count),
        BED_TEST(unfinished_orders_are_counted),
        BED_TEST(the_replica_keeps_the_latest_version),
        BED_TEST(the_replica_forgets_a_removed_product),
        BED_TEST(one_key_at_once_is_one_order),
        BED_TEST(one_of_many_who_hold_the_same_version_wins),
        BED_TEST(cancels_at_once_are_one_event),
        BED_TEST(sweeps_at_once_claim_each_order_once),
    };
    return BED_RUN(tests);
}
