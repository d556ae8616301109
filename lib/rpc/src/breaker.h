/* Circuit breaker: stops calling an upstream that fails.
 *
 * Closed: calls go through; the outcomes of the last PL_BREAKER_WINDOW_S seconds are
 * counted, and with at least PL_BREAKER_CALLS_MIN of them and half failed it opens.
 * Open: calls are refused for PL_BREAKER_OPEN_MS. Half open: one call is let through
 * as a trial; its outcome closes or opens the breaker. Time is an argument: no clock
 * of its own. Not thread-safe: the channel's lock is held.
 */
#ifndef PARLEY_RPC_BREAKER_H
#define PARLEY_RPC_BREAKER_H

#include <stdbool.h>
#include <stdint.h>

#include "parley/rpc/channel.h"

#define PL_BREAKER_WINDOW_S       10
#define PL_BREAKER_CALLS_MIN      20
#define PL_BREAKER_FAILED_PERCENT 50
#define PL_BREAKER_OPEN_MS        5000

/* Zeroed: closed. */
typedef struct pl_breaker {
    pl_breaker_state state;
    struct {
        int64_t second; /* which one the counts are of */
        unsigned calls, failed;
    } slots[PL_BREAKER_WINDOW_S];
    int64_t open_until_ns;
    bool trial; /* the trial call is on its way */
    uint64_t opened;
} pl_breaker;

/* Whether a call may go out now; else *out_retry_ns says in how many ns to ask again.
 * *out_trial: it is the trial, and its outcome must be given as such. */
bool pl_breaker_allow(pl_breaker *breaker, int64_t now_ns, bool *out_trial, int64_t *out_retry_ns);

/* The outcome of a call that was let through. */
void pl_breaker_record(pl_breaker *breaker, int64_t now_ns, bool trial, bool failed);

#endif
