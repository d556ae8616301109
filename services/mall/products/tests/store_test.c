/* The catalogue on a real database. */
#include "bed.h"

#include <stdatomic.h>

#include "migrations.h"
#include "stock.h"
#include "store.h"

static int setup(void **state) {
    *state = bed_new("mall.products", &pl_service_migrations);
    return 0;
}

static products_store store_of(const bed *b) {
    return (products_store){b->pg, b->events};
}

static pl_access call_of(bed *b) {
    return (pl_access){.deadline_ns = bed_deadline(), .arena = &b->arena};
}

static product create(bed *b, const char *name, int64_t price, int64_t stock) {
    static const product_option options[] = {{.name = PL_STR("size"), .desc = PL_STR("large")},
                                             {.name = PL_STR("colour"), .desc = PL_STR("red")}};
    products_store store = store_of(b);
    const pl_access call = call_of(b);
    const product wanted = {.name = pl_str_c(name),
                            .price = price,
                            .stock = stock,
                            .image_url = PL_STR("/goods/img/TV.jpg"),
                            .options = options,
                            .option_count = PL_COUNT(options)};
    product made = {0};
    bed_must(b, products_store_create(&store, &call, &wanted, &made, &b->err));
    return made;
}

static pl_code get(bed *b, int64_t id, product *out) {
    products_store store = store_of(b);
    const pl_access call = call_of(b);
    return products_store_get(&store, &call, id, out, &b->err);
}

static pl_code update(bed *b, const product *wanted, unsigned fields, int64_t ver, product *out) {
    products_store store = store_of(b);
    const pl_access call = call_of(b);
    return products_store_update(&store, &call, wanted, fields, ver, out, &b->err);
}

static pl_code remove_product(bed *b, int64_t id) {
    products_store store = store_of(b);
    const pl_access call = call_of(b);
    return products_store_remove(&store, &call, id, &b->err);
}

static pl_code restock(bed *b, int64_t id, int64_t quantity) {
    products_store store = store_of(b);
    const pl_access call = call_of(b);
    product changed;
    return products_store_restock(&store, &call, id, quantity, &changed, &b->err);
}

static products_list list(bed *b, const products_query *query) {
    products_store store = store_of(b);
    const pl_access call = call_of(b);
    products_list found = {0};
    bed_must(b, products_store_list(&store, &call, query, &found, &b->err));
    return found;
}

static void same_text(pl_str text, const char *wanted) {
    assert_true(pl_str_eqc(text, wanted));
}

static void a_created_product_is_read_back_whole(void **state) {
    bed *b = *state;
    product read;
    product made = create(b, "TV", 10000, 10);
    bed_must(b, get(b, made.id, &read));
    assert_int_equal(read.ver, 1);
    same_text(read.name, "TV");
    assert_int_equal(read.price, 10000);
    assert_int_equal(read.stock, 10);
    same_text(read.image_url, "/goods/img/TV.jpg");
    assert_int_equal(read.option_count, 2);
    same_text(read.options[0].name, "size");
    same_text(read.options[1].desc, "red");
    assert_string_equal(bed_events(b), "ProductChanged 1@1");
}

static void an_unknown_product_is_not_found_and_leaves_nothing(void **state) {
    bed *b = *state;
    product out;
    const product wanted = {.id = 7, .name = PL_STR("x")};
    assert_int_equal(get(b, 7, &out), PL_NOT_FOUND);
    assert_int_equal(update(b, &wanted, PRODUCT_ALL, -1, &out), PL_NOT_FOUND);
    assert_int_equal(restock(b, 7, 1), PL_NOT_FOUND);
    assert_int_equal(remove_product(b, 7), PL_NOT_FOUND);
    assert_int_equal(bed_number(b, "SELECT count(*) FROM product"), 0);
    assert_string_equal(bed_events(b), "");
}

static void an_update_changes_what_it_names_alone(void **state) {
    bed *b = *state;
    product changed;
    create(b, "TV", 10000, 10);
    const product wanted = {.id = 1, .name = PL_STR("no"), .price = 12000, .stock = 99};
    bed_must(b, update(b, &wanted, PRODUCT_PRICE, -1, &changed));
    same_text(changed.name, "TV");
    assert_int_equal(changed.price, 12000);
    assert_int_equal(changed.stock, 10);
    same_text(changed.image_url, "/goods/img/TV.jpg");
    assert_int_equal(changed.option_count, 2);
    assert_int_equal(changed.ver, 2);
}

static void an_update_of_all_replaces_the_options(void **state) {
    bed *b = *state;
    product changed;
    const product_option option = {.name = PL_STR("weight"), .desc = PL_STR("3 kg")};
    create(b, "TV", 10000, 10);
    const product wanted = {.id = 1,
                            .name = PL_STR("SET"),
                            .price = 1,
                            .stock = 2,
                            .options = &option,
                            .option_count = 1};
    bed_must(b, update(b, &wanted, PRODUCT_ALL, -1, &changed));
    same_text(changed.name, "SET");
    same_text(changed.image_url, "");
    assert_int_equal(changed.option_count, 1);
    same_text(changed.options[0].name, "weight");
    assert_int_equal(bed_number(b, "SELECT count(*) FROM product_option"), 1);
}

static void an_update_from_a_stale_version_is_aborted(void **state) {
    bed *b = *state;
    product changed;
    create(b, "TV", 10000, 10);
    bed_must(b, restock(b, 1, 5));
    const product wanted = {.id = 1, .stock = 50};
    assert_int_equal(update(b, &wanted, PRODUCT_STOCK, 1, &changed), PL_ABORTED);
    assert_int_equal(bed_number(b, "SELECT stock FROM product"), 15);
    bed_must(b, update(b, &wanted, PRODUCT_STOCK, 2, &changed));
    assert_int_equal(changed.stock, 50);
    bed_check_versions(b);
}

static void a_stock_set_by_hand_serves_who_waits(void **state) {
    bed *b = *state;
    product changed;
    create(b, "TV", 10000, 10);
    const allocation waiting = {.order_id = 7, .product_id = 1, .quantity = 11};
    pl_event_tx tx = bed_begin(b);
    bed_must(b, bed_end(b, &tx, stock_allocate(&tx, &waiting, pl_str_c("backorder"), &b->err)));
    const product wanted = {.id = 1, .stock = 50};
    bed_must(b, update(b, &wanted, PRODUCT_STOCK, -1, &changed));
    assert_int_equal(changed.stock, 39);
    assert_int_equal(bed_number(b, "SELECT ver FROM product"), changed.ver);
    bed_check_versions(b);
}

static void a_restock_beyond_the_greatest_stock_is_refused(void **state) {
    bed *b = *state;
    create(b, "TV", 10000, 1000000000);
    assert_int_equal(restock(b, 1, 1), PL_FAILED_PRECONDITION);
    assert_int_equal(bed_number(b, "SELECT stock FROM product"), 1000000000);
    assert_string_equal(bed_events(b), "ProductChanged 1@1");
}

static void a_removed_product_is_gone_for_good(void **state) {
    bed *b = *state;
    product out;
    create(b, "TV", 10000, 10);
    bed_must(b, remove_product(b, 1));
    assert_int_equal(get(b, 1, &out), PL_NOT_FOUND);
    assert_int_equal(remove_product(b, 1), PL_NOT_FOUND);
    assert_int_equal(restock(b, 1, 1), PL_NOT_FOUND);
    assert_int_equal(list(b, &(products_query){.limit = 10}).total, 0);
    assert_string_equal(bed_events(b), "ProductChanged 1@1, ProductRemoved 1@2");
}

static void the_events_of_a_removed_product_go_on_counting(void **state) {
    bed *b = *state;
    create(b, "TV", 10000, 10);
    bed_must(b, remove_product(b, 1));
    const allocation late = {.order_id = 7, .product_id = 1, .quantity = 1};
    pl_event_tx tx = bed_begin(b);
    bed_must(b, bed_end(b, &tx, stock_allocate(&tx, &late, pl_str_c("backorder"), &b->err)));
    assert_string_equal(bed_events(b),
                        "ProductChanged 1@1, ProductRemoved 1@2, ProductOutOfStock 1@3");
}

static void a_new_product_passes_over_ids_that_orders_have_named(void **state) {
    bed *b = *state;
    const allocation early = {.order_id = 7, .product_id = 2, .quantity = 1};
    pl_event_tx tx = bed_begin(b);
    bed_must(b, bed_end(b, &tx, stock_allocate(&tx, &early, pl_str_c("saga"), &b->err)));
    assert_int_equal(create(b, "TV", 10000, 10).id, 1);
    assert_int_equal(create(b, "RADIO", 20000, 20).id, 3);
    bed_check_versions(b);
}

static void a_list_is_sorted_by_each_field(void **state) {
    bed *b = *state;
    static const struct {
        products_sort by;
        bool descending;
        int64_t first;
    } cases[] = {
        {PRODUCTS_BY_ID, false, 1},    {PRODUCTS_BY_ID, true, 3},     {PRODUCTS_BY_NAME, false, 3},
        {PRODUCTS_BY_NAME, true, 2},   {PRODUCTS_BY_PRICE, false, 2}, {PRODUCTS_BY_PRICE, true, 1},
        {PRODUCTS_BY_STOCK, false, 1}, {PRODUCTS_BY_STOCK, true, 3},
    };
    create(b, "RADIO", 30000, 1);
    create(b, "TV", 10000, 2);
    create(b, "CLOCK", 20000, 3);
    for (size_t i = 0; i < PL_COUNT(cases); i++) {
        products_list found = list(b, &(products_query){
                                          .sort = cases[i].by,
                                          .descending = cases[i].descending,
                                          .limit = 10,
                                      });
        assert_int_equal(found.count, 3);
        assert_int_equal(found.items[0].id, cases[i].first);
    }
}

static void a_page_has_its_part_and_the_whole_count(void **state) {
    bed *b = *state;
    create(b, "TV", 10000, 10);
    create(b, "RADIO", 20000, 20);
    create(b, "CLOCK", 50000, 50);
    products_list second = list(b, &(products_query){.offset = 2, .limit = 2});
    assert_int_equal(second.count, 1);
    assert_int_equal(second.items[0].id, 3);
    assert_int_equal(second.items[0].option_count, 2);
    assert_int_equal(second.total, 3);
}

static void a_page_behind_the_end_is_empty_and_has_the_count(void **state) {
    bed *b = *state;
    create(b, "TV", 10000, 10);
    products_list found = list(b, &(products_query){.offset = 20, .limit = 20});
    assert_int_equal(found.count, 0);
    assert_int_equal(found.total, 1);
}

static void a_search_finds_part_of_a_name_in_either_case(void **state) {
    bed *b = *state;
    create(b, "NOTEBOOK", 10000, 10);
    create(b, "TV", 10000, 10);
    products_list found = list(b, &(products_query){.name_part = PL_STR("book"), .limit = 20});
    assert_int_equal(found.total, 1);
    same_text(found.items[0].name, "NOTEBOOK");
    found = list(b, &(products_query){.name_part = PL_STR("%"), .limit = 20});
    assert_int_equal(found.total, 0);
}

typedef struct crowd {
    bed *b;
    atomic_int inserted;
    atomic_int failed;
} crowd;

static void insert_demo(void *arg, int index) {
    crowd *c = arg;
    (void)index;
    bool inserted = false;
    pl_error err = PL_ERROR_INIT;
    pl_arena arena = pl_arena_make(1 << 16);
    products_store store = store_of(c->b);
    const pl_access call = {.deadline_ns = bed_deadline(), .arena = &arena};
    if (products_store_demo(&store, &call, &inserted, &err) != PL_OK)
        atomic_fetch_add(&c->failed, 1);
    if (inserted)
        atomic_fetch_add(&c->inserted, 1);
    pl_arena_done(&arena);
}

static void the_demonstration_is_inserted_once_by_many_at_once(void **state) {
    bed *b = *state;
    crowd c = {.b = b};
    bed_together(6, insert_demo, &c);
    assert_int_equal(c.failed, 0);
    assert_int_equal(c.inserted, 1);
    assert_string_equal(
        bed_text(b, "SELECT string_agg(id || ' ' || name || ' ' || price || '/' || stock, ', ' "
                    "ORDER BY id) FROM product"),
        "1 TV 10000/10, 2 RADIO 20000/20, 3 NOTEBOOK 30000/30, 4 TABLE 40000/40, "
        "5 CLOCK 50000/50");
    assert_int_equal(bed_number(b, "SELECT count(*) FROM product_option"), 10);
    assert_int_equal(bed_number(b, "SELECT count(*) FROM outbox"), 5);
}

static void the_demonstration_stays_out_of_a_catalogue_in_use(void **state) {
    bed *b = *state;
    crowd c = {.b = b};
    create(b, "CHAIR", 1, 1);
    insert_demo(&c, 0);
    assert_int_equal(c.failed + c.inserted, 0);
    assert_int_equal(bed_number(b, "SELECT count(*) FROM product"), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        BED_TEST(a_created_product_is_read_back_whole),
        BED_TEST(an_unknown_product_is_not_found_and_leaves_nothing),
        BED_TEST(an_update_changes_what_it_names_alone),
        BED_TEST(an_update_of_all_replaces_the_options),
        BED_TEST(an_update_from_a_stale_version_is_aborted),
        BED_TEST(a_stock_set_by_hand_serves_who_waits),
        BED_TEST(a_restock_beyond_the_greatest_stock_is_refused),
        BED_TEST(a_removed_product_is_gone_for_good),
        BED_TEST(the_events_of_a_removed_product_go_on_counting),
        BED_TEST(a_new_product_passes_over_ids_that_orders_have_named),
        BED_TEST(a_list_is_sorted_by_each_field),
        BED_TEST(a_page_has_its_part_and_the_whole_count),
        BED_TEST(a_page_behind_the_end_is_empty_and_has_the_count),
        BED_TEST(a_search_finds_part_of_a_name_in_either_case),
        BED_TEST(the_demonstration_is_inserted_once_by_many_at_once),
        BED_TEST(the_demonstration_stays_out_of_a_catalogue_in_use),
    };
    return BED_RUN(tests);
}
