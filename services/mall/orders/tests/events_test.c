/* What orders relies on of events, and what they do here, once. */
#include "bed_events.h"
#include "fixture.h"
#include "migrations.h"
#include "policies.h"
#include "replica.h"

static void placed(bed *b) {
    (void)order_placed(b);
}

static void waiting(bed *b) {
    order o = order_placed(b);
    pl_event_tx tx = bed_begin(b);
    bed_must(b, bed_end(b, &tx, orders_store_out_of_stock(&tx, o.id, true, &b->err)));
}

static void known_product(bed *b) {
    const order_product tv = {.id = 1, .name = PL_STR("TV"), .price = 5, .stock = 5};
    pl_event_tx tx = bed_begin(b);
    bed_must(b, bed_end(b, &tx, replica_put(pl_event_tx_pg(&tx), &tv, 1, &b->err)));
}

static void react(bed *b, const char *stream, pl_consumer *consumer) {
    static orders_store store;
    (void)stream;
    store = fixture_store(b);
    orders_react(consumer, &store);
}

int main(void) {
    static const char replica[] =
        "SELECT coalesce(string_agg(name || ' ' || price || ' ' || stock, ', '), '') "
        "FROM product_replica WHERE id = 1";
    static const char state[] = "SELECT state || ' ' || reason FROM orders WHERE id = 1";
    static const char products[] = "mall.products.v1";
    static const bed_event_case cases[] = {
        {products, "the catalogue announces changes", known_product, replica, "TV 10000 10"},
        {products, "the catalogue announces that a product is gone", known_product, replica, ""},
        {products, "an order that waited has its stock", waiting, state, "2 "},
        {products, "the stock does not suffice and the order waits", placed, state, "3 "},
        {products, "the stock does not suffice and the order is refused", placed, state,
         "4 out_of_stock"},
    };
    const bed_event_tests tests = {"mall.orders", &pl_service_migrations, react,
                                   cases,         PL_COUNT(cases),        BED_EVENT_CONTRACTS};
    return bed_event_run(&tests);
}
