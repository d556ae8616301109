/* When a failed call is tried again.
 *
 * A budget keeps retries from multiplying load: each call pays in a fifth of a
 * token, each retry costs one. Waiting grows with the attempts, with full jitter.
 * Not thread-safe: the channel's lock is held.
 */
#ifndef PARLEY_RPC_RETRY_H
#define PARLEY_RPC_RETRY_H

#include <stdbool.h>
#include <stdint.h>

/* Retries a call pays for, in percent; retries saved up at most, and at the start. */
#define PL_RETRY_PERCENT        20
#define PL_RETRY_SAVED_MAX      10
#define PL_RETRY_BACKOFF_MS     20
#define PL_RETRY_BACKOFF_MAX_MS 500

typedef struct pl_retry_budget {
    unsigned hundredths; /* of a retry */
} pl_retry_budget;

void pl_retry_init(pl_retry_budget *budget);
/* A first attempt was made. */
void pl_retry_earn(pl_retry_budget *budget);
/* Takes one retry out; false where there is none. */
bool pl_retry_spend(pl_retry_budget *budget);

/* Nanoseconds to wait before attempt ATTEMPT (2 is the first retry). RANDOM is any number. */
int64_t pl_retry_backoff(unsigned attempt, uint64_t random);

#endif
