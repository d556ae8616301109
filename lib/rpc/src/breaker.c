#include "breaker.h"

#include <string.h>

#include "parley/base/clock.h"

static void open_now(pl_breaker *breaker, int64_t now_ns) {
    breaker->state = PL_BREAKER_OPEN;
    breaker->open_until_ns = now_ns + PL_BREAKER_OPEN_MS * PL_NS_PER_MS;
    breaker->opened++;
    /* What led here must not open it again after a good trial. */
    memset(breaker->slots, 0, sizeof breaker->slots);
}

bool pl_breaker_allow(pl_breaker *breaker, int64_t now_ns, bool *out_trial, int64_t *out_retry_ns) {
    *out_trial = false;
    if (breaker->state == PL_BREAKER_CLOSED)
        return true;
    if (now_ns < breaker->open_until_ns) {
        *out_retry_ns = breaker->open_until_ns - now_ns;
        return false;
    }
    breaker->state = PL_BREAKER_HALF_OPEN;
    if (breaker->trial) {
        *out_retry_ns = PL_BREAKER_OPEN_MS * PL_NS_PER_MS / 5;
        return false;
    }
    breaker->trial = true;
    *out_trial = true;
    return true;
}

/* Counts in the slot of the current second; true where the window is bad. */
static bool count(pl_breaker *breaker, int64_t now_ns, bool failed) {
    int64_t second = now_ns / PL_NS_PER_S;
    unsigned calls = 0, bad = 0;
    size_t at = (size_t)(second % PL_BREAKER_WINDOW_S);

    if (breaker->slots[at].second != second) {
        breaker->slots[at].second = second;
        breaker->slots[at].calls = breaker->slots[at].failed = 0;
    }
    breaker->slots[at].calls++;
    breaker->slots[at].failed += failed;
    for (size_t i = 0; i < PL_BREAKER_WINDOW_S; i++) {
        if (breaker->slots[i].second > second - PL_BREAKER_WINDOW_S) {
            calls += breaker->slots[i].calls;
            bad += breaker->slots[i].failed;
        }
    }
    return calls >= PL_BREAKER_CALLS_MIN && bad * 100 >= calls * PL_BREAKER_FAILED_PERCENT;
}

void pl_breaker_record(pl_breaker *breaker, int64_t now_ns, bool trial, bool failed) {
    if (trial) {
        breaker->trial = false;
        if (failed)
            open_now(breaker, now_ns);
        else
            breaker->state = PL_BREAKER_CLOSED;
        return;
    }
    /* Calls that were on their way when it opened say nothing new. */
    if (breaker->state != PL_BREAKER_CLOSED)
        return;
    if (count(breaker, now_ns, failed) && failed)
        open_now(breaker, now_ns);
}
