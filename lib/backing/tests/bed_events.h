/* A consumer's contracts about events, tried on its handlers and its own store.
 *
 * For each contract the service says what it has before, and what the event does to it. Each is
 * tried five times, on a fresh bed: the event as its publisher sends it today, with all its fields,
 * and then once more (nothing changes); with fields that nobody knows yet; as an older publisher
 * sends it, with what the contract names alone; an event of this type, and an entry, that are
 * garbage (parked, with no effect, and the next event is handled). A contract without a case fails.
 *
 *     static const bed_event_case cases[] = {
 *         {"mall.orders.v1", "an order takes stock", ten_pieces,
 *          "SELECT stock FROM product WHERE id = 1", "7"}};
 *     int main(void) {
 *         const bed_event_tests tests = {"mall.products", &pl_service_migrations, react,
 *                                        cases, PL_COUNT(cases), BED_EVENT_CONTRACTS};
 *         return bed_event_run(&tests);
 *     }
 */
#ifndef PARLEY_BACKING_TESTS_BED_EVENTS_H
#define PARLEY_BACKING_TESTS_BED_EVENTS_H

#include "bed.h"
#include "parley/event/consumer.h"

/* Cases of one program. */
#define BED_EVENT_CASES_MAX 64

typedef struct bed_event_case {
    const char *provider;    /* "mall.orders.v1" */
    const char *contract;    /* its name, of this consumer */
    void (*arrange)(bed *b); /* makes what is there before; NULL: nothing */
    const char *effect;      /* a query with one text as its answer ... */
    const char *wanted;      /* ... and the text, after the event */
} bed_event_case;

typedef struct bed_event_tests {
    const char *consumer; /* "mall.products": its contracts, and its own source and stream */
    const pl_pg_migration_set *migrations;
    /* Registers the service's handlers of STREAM ("mall.orders"), with a store on B. */
    void (*react)(bed *b, const char *stream, pl_consumer *consumer);
    const bed_event_case *cases;
    size_t count;
    const char *bundles;   /* folder with PROVIDER.stub, of every provider of the consumer */
    const char *providers; /* "mall.orders.v1;mall.products.v1": all of them */
} bed_event_tests;

/* The last two, which pl_contract_event_test of CMake knows. */
#define BED_EVENT_CONTRACTS PL_CONTRACT_BUNDLES, PL_CONTRACT_PROVIDERS

/* Runs all of them; what main returns. */
int bed_event_run(const bed_event_tests *tests);

#endif
