/* What is read of orders, and the replica, on a real database. */
#include "fixture.h"

#include "migrations.h"
#include "replica.h"

static int setup(void **state) {
    *state = bed_new("mall.orders", &pl_service_migrations);
    return 0;
}

/* ---- reading --------------------------------------------------------------------- */

static void an_order_is_hidden_while_it_is_being_placed(void **state) {
    bed *b = *state;
    (void)order_pending(b, &no_key);
    assert_int_equal(order_list(b, &(orders_query){.limit = 10}).total, 0);
    bed_exec(b, SHOW_ALL);
    assert_int_equal(order_list(b, &(orders_query){.limit = 10}).total, 1);
}

static void an_abandoned_order_is_never_listed(void **state) {
    bed *b = *state;
    order o = order_pending(b, &no_key);
    bed_must(b, order_abandon(b, &o));
    bed_exec(b, SHOW_ALL);
    assert_int_equal(order_list(b, &(orders_query){.limit = 10}).total, 0);
}

static void a_customer_lists_the_own_orders(void **state) {
    bed *b = *state;
    orders_store store = fixture_store(b);
    const pl_access call = fixture_call(b);
    order other = order_wanted();
    other.customer_id = pl_str_c("2@uengine.org");
    bed_must(b, orders_store_create(&store, &call, &no_key, &other, &b->err));
    bed_must(b, order_place(b, &other));
    order own = order_placed(b);
    orders_list found = order_list(b,
                                   &(orders_query){.customer_id = PL_STR(CUSTOMER), .limit = 10});
    assert_int_equal(found.total, 1);
    assert_int_equal(found.items[0].id, own.id);
    assert_int_equal(order_list(b, &(orders_query){.limit = 10}).total, 2);
}

static void pages_are_newest_first_or_oldest_first(void **state) {
    bed *b = *state;
    for (int i = 0; i < 3; i++)
        (void)order_placed(b);
    orders_list newest = order_list(b, &(orders_query){.limit = 2});
    assert_int_equal(newest.total, 3);
    assert_int_equal(newest.count, 2);
    assert_int_equal(newest.items[0].id, 3);
    orders_list oldest = order_list(b, &(orders_query){.ascending = true, .offset = 2, .limit = 2});
    assert_int_equal(oldest.count, 1);
    assert_int_equal(oldest.items[0].id, 3);
}

static void a_page_behind_the_end_is_empty_and_has_the_count(void **state) {
    bed *b = *state;
    (void)order_placed(b);
    orders_list found = order_list(b, &(orders_query){.offset = 20, .limit = 20});
    assert_int_equal(found.count, 0);
    assert_int_equal(found.total, 1);
}

static void unfinished_orders_are_counted(void **state) {
    bed *b = *state;
    int64_t waiting = 0;
    int64_t given_up = 0;
    orders_store store = fixture_store(b);
    order o = order_pending(b, &no_key);
    (void)order_pending(b, &no_key);
    (void)order_placed(b);
    bed_must(b, order_abandon(b, &o));
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

int main(void) {
    const struct CMUnitTest tests[] = {
        BED_TEST(an_order_is_hidden_while_it_is_being_placed),
        BED_TEST(an_abandoned_order_is_never_listed),
        BED_TEST(a_customer_lists_the_own_orders),
        BED_TEST(pages_are_newest_first_or_oldest_first),
        BED_TEST(a_page_behind_the_end_is_empty_and_has_the_count),
        BED_TEST(unfinished_orders_are_counted),
        BED_TEST(the_replica_keeps_the_latest_version),
        BED_TEST(the_replica_forgets_a_removed_product),
    };
    return BED_RUN(tests);
}
