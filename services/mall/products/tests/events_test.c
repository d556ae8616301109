/* What products relies on of events, and what they do here, once. */
#include "bed_events.h"
#include "migrations.h"
#include "policies.h"
#include "stock.h"
#include "store.h"

static void ten_pieces(bed *b) {
    products_store store = {b->pg, b->events};
    const pl_access call = {.deadline_ns = bed_deadline(), .arena = &b->arena};
    const product tv = {.name = PL_STR("TV"), .price = 10000, .stock = 10};
    product made;
    bed_must(b, products_store_create(&store, &call, &tv, &made, &b->err));
}

static void three_of_them_taken(bed *b) {
    const allocation wanted = {.order_id = 1, .product_id = 1, .quantity = 3};
    ten_pieces(b);
    pl_event_tx tx = bed_begin(b);
    bed_must(b, bed_end(b, &tx, stock_allocate(&tx, &wanted, pl_str_c("backorder"), &b->err)));
}

static void react(bed *b, const char *stream, pl_consumer *consumer) {
    static products_store store;
    (void)stream;
    store = (products_store){b->pg, b->events};
    products_react(consumer, &store);
}

int main(void) {
    static const char stock[] = "SELECT stock::text FROM product WHERE id = 1";
    static const bed_event_case cases[] = {
        {"mall.orders.v1", "an order takes stock", ten_pieces, stock, "7"},
        {"mall.orders.v1", "a cancelled order gives its stock back", three_of_them_taken, stock,
         "10"},
    };
    const bed_event_tests tests = {"mall.products", &pl_service_migrations, react,
                                   cases,           PL_COUNT(cases),        BED_EVENT_CONTRACTS};
    return bed_event_run(&tests);
}
