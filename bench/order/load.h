/* A generator of orders: N connections to a gateway, in a closed or an open loop.
 *
 * Closed: each connection sends its next order when it has its answer; the rate is
 * what the system can do. Open: orders are due on a fixed schedule, whatever the
 * system does, and a latency counts from the moment an order was due, so that a
 * stall is seen by every order that it held up (no coordinated omission).
 *
 * One thread. Bounded by time and by number of orders.
 *
 *     load_result result;
 *     if (load_run(&opts, &result, &err)) ...
 *     samples_print(&result.latency, "latency");
 *     load_result_done(&result);
 */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include <stdint.h>

#include "parley/base/error.h"
#include "samples.h"

#define LOAD_MAX_CONNECTIONS 1000
#define LOAD_MAX_ORDERS      2000000 /* of a run */
#define LOAD_GRACE_MS        15000   /* for answers after the last order was due */

typedef struct load_opts {
    const char *address; /* of the gateway */
    size_t connections;
    double seconds;    /* in which orders are sent */
    double rate;       /* orders a second; 0: closed loop */
    int64_t customers; /* bench-1 to bench-N, chosen at random */
    int64_t products;  /* 1 to N, chosen at random */
    uint64_t seed;
} load_opts;

typedef struct load_result {
    samples latency;       /* of every answer, whatever its status */
    int64_t sent;          /* orders */
    int64_t created;       /* answered 201 */
    int64_t status[600];   /* answers by status */
    int64_t failed;        /* without an answer */
    int64_t elapsed_ns;    /* from the first order to the last answer */
    int64_t behind;        /* open loop: orders that were due but never sent */
    char first_fault[256]; /* what the first answer but 201 said; empty: none */
} load_result;

/* Runs to the end. PL_RESOURCE_EXHAUSTED, PL_INVALID_ARGUMENT; PL_DEADLINE_EXCEEDED where answers
 * did not come within the grace. What the system answers is no error. */
PL_NODISCARD pl_code load_run(const load_opts *opts, load_result *out_result, pl_error *err);
void load_result_done(load_result *result);

#endif
