#include "parley/base/cond.h"

#include <time.h>

#include "parley/base/assert.h"
#include "parley/base/clock.h"

void pl_cond_init(pthread_cond_t *cond) {
    pthread_condattr_t attr;
    bool made = pthread_condattr_init(&attr) == 0 &&
                pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0 &&
                pthread_cond_init(cond, &attr) == 0;
    PL_ASSERT(made); /* it allocates nothing */
    pthread_condattr_destroy(&attr);
}

bool pl_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mu, int64_t until_ns) {
    const struct timespec until = {.tv_sec = (time_t)(until_ns / PL_NS_PER_S),
                                   .tv_nsec = (long)(until_ns % PL_NS_PER_S)};
    if (until_ns == PL_NEVER)
        return pthread_cond_wait(cond, mu) == 0;
    return pthread_cond_timedwait(cond, mu, &until) == 0;
}
