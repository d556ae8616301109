/* What payment relies on of events, and what they do here, once. */
#include "bed_events.h"
#include "migrations.h"
#include "policies.h"
#include "store.h"

/* The charge key of the contract's example. */
static void charged(bed *b) {
    payment_store store = {b->pg, b->events};
    const pl_access call = {.deadline_ns = bed_deadline(), .arena = &b->arena};
    payment_charge charge = {.order_id = 1, .customer_id = PL_STR("user-1"), .amount = 30000};
    payment paid;
    assert_true(pl_uuid_parse(pl_str_c("5f0c2a1e-8d3b-4c6f-9a7e-1b2c3d4e5f60"), charge.charge_key));
    bed_must(b, payment_store_charge(&store, &call, &charge, &paid, &b->err));
}

static void react(bed *b, const char *stream, pl_consumer *consumer) {
    static payment_store store;
    (void)stream;
    store = (payment_store){b->pg, b->events};
    payment_react(consumer, &store);
}

int main(void) {
    static const bed_event_case cases[] = {
        {"mall.orders.v1", "a cancelled order is refunded", charged,
         "SELECT balance::text FROM wallet WHERE customer_id = 'user-1'", "1000000"},
    };
    const bed_event_tests tests = {"mall.payment", &pl_service_migrations, react,
                                   cases,          PL_COUNT(cases),        BED_EVENT_CONTRACTS};
    return bed_event_run(&tests);
}
