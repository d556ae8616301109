#include "arrivals.h"

#include <pthread.h>
#include <stdlib.h>

#include "parley/base/clock.h"
#include "parley/base/cond.h"
#include "parley/base/log.h"

enum {
    TIMEOUT_MS = 2000,
    ARENA_BUDGET = 1 << 20,
    LOOK_MS = 5000,   /* another replica may have started one that nobody completes */
    SHORTEST_MS = 10, /* what is due may be locked: it is being cancelled, or completed elsewhere */
    RETRY_MS = 500,
};

struct arrivals {
    delivery_store *store;
    pthread_t thread;
    pthread_mutex_t mu;
    pthread_cond_t changed;
    bool stopping; /* guarded by mu */
    bool started;  /* guarded by mu: a delivery has started since the last look */
};

static void on_started(void *self) {
    arrivals *a = self;
    pthread_mutex_lock(&a->mu);
    a->started = true;
    pthread_cond_signal(&a->changed);
    pthread_mutex_unlock(&a->mu);
}

/* Waits for at most MS, less where a delivery starts; false when the thread is to end. */
static bool wait_for(arrivals *a, int64_t ms) {
    int64_t due = pl_deadline_ms(ms);
    bool early = true;
    pthread_mutex_lock(&a->mu);
    while (!a->stopping && !a->started && early)
        early = pl_cond_wait(&a->changed, &a->mu, due);
    a->started = false;
    bool go_on = !a->stopping;
    pthread_mutex_unlock(&a->mu);
    return go_on;
}

/* How long to wait where the next delivery is due in NEXT_MS (-1: none is under way). One that
 * starts is heard before it is seen: nothing is waited for longer than a delivery takes. */
static int64_t pause_of(const delivery_store *store, int64_t next_ms) {
    int64_t duration = store->duration_ms;
    int64_t longest = duration && duration < LOOK_MS ? duration : LOOK_MS;
    if (next_ms < 0 || next_ms > longest)
        return longest;
    return next_ms < SHORTEST_MS ? SHORTEST_MS : next_ms;
}

static void *run(void *self) {
    arrivals *a = self;
    pl_arena arena = pl_arena_make(ARENA_BUDGET);
    int64_t wait_ms = 0;
    while (wait_for(a, wait_ms)) {
        pl_error err = PL_ERROR_INIT;
        int64_t next = -1;
        const pl_access call = {.deadline_ns = pl_deadline_ms(TIMEOUT_MS), .arena = &arena};
        pl_code code = delivery_store_complete_due(a->store, &call, ARRIVALS_BATCH, &next, &err);
        if (code != PL_OK) {
            pl_log(PL_LOG_WARN, "delivery.arrivals_failed", PL_LOG_STR("error", err.message));
            wait_ms = RETRY_MS;
        } else {
            wait_ms = pause_of(a->store, next);
        }
        pl_arena_clear(&arena);
    }
    pl_arena_done(&arena);
    return NULL;
}

pl_code arrivals_start(delivery_store *store, arrivals **out_arrivals, pl_error *err) {
    arrivals *a = calloc(1, sizeof *a);
    if (!a)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "no memory for the arrivals");
    pl_cond_init(&a->changed);
    pthread_mutex_init(&a->mu, NULL);
    a->store = store;
    store->started = on_started;
    store->self = a;
    int status = pthread_create(&a->thread, NULL, run, a);
    if (status != 0) {
        store->started = NULL;
        pthread_cond_destroy(&a->changed);
        pthread_mutex_destroy(&a->mu);
        free(a);
        return pl_error_errno(err, status, "the arrivals' thread");
    }
    *out_arrivals = a;
    return PL_OK;
}

void arrivals_stop(arrivals *a) {
    if (!a)
        return;
    pthread_mutex_lock(&a->mu);
    a->stopping = true;
    pthread_cond_signal(&a->changed);
    pthread_mutex_unlock(&a->mu);
    pthread_join(a->thread, NULL);
    a->store->started = NULL;
    pthread_cond_destroy(&a->changed);
    pthread_mutex_destroy(&a->mu);
    free(a);
}
