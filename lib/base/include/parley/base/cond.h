/* Conditions that are waited for until a moment of the monotonic clock. */
#ifndef PARLEY_BASE_COND_H
#define PARLEY_BASE_COND_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Makes a condition for pl_cond_wait; the caller destroys it with pthread_cond_destroy. */
void pl_cond_init(pthread_cond_t *cond);

/* As pthread_cond_wait, but false when UNTIL_NS (as from pl_deadline_ms; PL_NEVER: no end) has
 * passed. True says only that it was woken: the caller looks again. */
bool pl_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mu, int64_t until_ns);

#ifdef __cplusplus
}
#endif
#endif
