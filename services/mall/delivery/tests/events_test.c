/* What delivery relies on of events, and what they do here, once. */
#include "bed_events.h"

#include <string.h>

#include "migrations.h"
#include "policies.h"
#include "store.h"

static delivery_store store; /* deliveries take no time */

static void prepared(bed *b) {
    const delivery wanted = {.order_id = 1,
                             .product_id = 1,
                             .product_name = PL_STR("TV"),
                             .quantity = 3,
                             .customer_id = PL_STR("user-1"),
                             .customer_name = PL_STR("홍길동"),
                             .delivery_address = PL_STR("서울시")};
    store = (delivery_store){.pg = b->pg, .events = b->events};
    pl_event_tx tx = bed_begin(b);
    bed_must(b, bed_end(b, &tx, delivery_store_prepare(&store, &tx, &wanted, &b->err)));
}

static void react(bed *b, const char *stream, pl_consumer *consumer) {
    store = (delivery_store){.pg = b->pg, .events = b->events};
    if (strcmp(stream, "mall.orders") == 0)
        delivery_react_to_orders(consumer, &store);
    else
        delivery_react_to_products(consumer, &store);
}

int main(void) {
    static const char state[] = "SELECT state::text FROM delivery WHERE order_id = 1";
    static const bed_event_case cases[] = {
        {"mall.orders.v1", "an order is to be delivered", NULL,
         "SELECT count(*)::text FROM delivery WHERE order_id = 1 AND state = 1", "1"},
        {"mall.orders.v1", "a cancelled order is not delivered", prepared, state, "4"},
        {"mall.products.v1", "an order has its stock", prepared, state, "3"},
    };
    const bed_event_tests tests = {"mall.delivery", &pl_service_migrations, react,
                                   cases,           PL_COUNT(cases),        BED_EVENT_CONTRACTS};
    return bed_event_run(&tests);
}
