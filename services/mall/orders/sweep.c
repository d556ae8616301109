#include "sweep.h"

#include <pthread.h>
#include <stdlib.h>

#include "parley/base/cond.h"
#include "parley/base/log.h"

enum { CALL_TIMEOUT_MS = 2000, ARENA_BUDGET = 1 << 20, FORGET_EVERY = 600 /* rounds */ };

struct orders_sweep {
    orders_placing *placing;
    pthread_t thread;
    pthread_mutex_t mu;
    pthread_cond_t changed;
    bool stopping; /* guarded by mu */
};

static bool stopping(orders_sweep *sweep) {
    pthread_mutex_lock(&sweep->mu);
    bool stop = sweep->stopping;
    pthread_mutex_unlock(&sweep->mu);
    return stop;
}

/* Waits for the next round; false when the sweep is to end. */
static bool wait_round(orders_sweep *sweep) {
    int64_t due = pl_deadline_ms(ORDERS_SWEEP_EVERY_MS);
    bool early = true;
    pthread_mutex_lock(&sweep->mu);
    while (!sweep->stopping && early)
        early = pl_cond_wait(&sweep->changed, &sweep->mu, due);
    bool go_on = !sweep->stopping;
    pthread_mutex_unlock(&sweep->mu);
    return go_on;
}

static void finish_pending(orders_placing *placing, pl_call *call, const pl_access *access,
                           order *o) {
    pl_error err = PL_ERROR_INIT;
    switch (upstreams_charge(&placing->upstreams, call, o)) {
    case CHARGE_DONE:
        /* What came of it is in the call's error, and logged. */
        if (orders_finish(placing, call, access, o) == PL_OK)
            pl_call_error_clear(call);
        break;
    case CHARGE_REFUSED:
    case CHARGE_BARRED:
        (void)orders_drop(placing, access, o, &err); /* else the next round does it */
        break;
    case CHARGE_NOT_KNOWN: /* still pending: the next round tries again */
        break;
    }
}

static void finish_one(orders_placing *placing, order *o) {
    static const char *const names[] = {"", "pending", "", "", "", "abandoned"};
    pl_call_opts opts = PL_CALL_OPTS_INIT;
    pl_call *call = NULL;
    opts.traceparent = o->traceparent.p; /* an order is one trace, whoever finishes it */
    opts.tracestate = o->tracestate.p;
    opts.timeout_ms = CALL_TIMEOUT_MS;
    opts.arena_budget = ARENA_BUDGET;
    if (pl_call_new(&opts, &call, NULL) != PL_OK)
        return;
    const pl_access access = pl_access_of(call);
    const char *was = names[o->state];
    const char *outer = pl_log_trace(pl_call_traceparent(call));
    pl_error err = PL_ERROR_INIT;
    if (o->state == ORDER_PENDING)
        finish_pending(placing, call, &access, o);
    else if (upstreams_refund(&placing->upstreams, call, o) == PL_OK)
        (void)orders_drop(placing, &access, o, &err);
    pl_log(PL_LOG_INFO, "orders.sweep", PL_LOG_I64("order", o->id), PL_LOG_STR("was", was),
           PL_LOG_STR("last_error", pl_call_error(call)->message));
    (void)pl_log_trace(outer);
    pl_call_free(call);
}

/* True where there may be more. */
static bool round_of(orders_sweep *sweep, pl_arena *arena) {
    orders_list list = {0};
    pl_error err = PL_ERROR_INIT;
    const pl_access access = {.deadline_ns = pl_deadline_ms(CALL_TIMEOUT_MS), .arena = arena};
    if (orders_store_claim(sweep->placing->store, &access, ORDERS_SWEEP_AFTER_MS,
                           ORDERS_SWEEP_BATCH, &list, &err) != PL_OK) {
        pl_log(PL_LOG_WARN, "orders.sweep_failed", PL_LOG_STR("error", err.message));
        return false;
    }
    for (size_t i = 0; i < list.count && !stopping(sweep); i++)
        finish_one(sweep->placing, &list.items[i]);
    return list.count == ORDERS_SWEEP_BATCH;
}

static void forget_keys(orders_store *store) {
    pl_error err = PL_ERROR_INIT;
    if (orders_store_forget_keys(store, pl_deadline_ms(CALL_TIMEOUT_MS), &err) != PL_OK)
        pl_log(PL_LOG_WARN, "orders.forget_keys_failed", PL_LOG_STR("error", err.message));
}

static void *run(void *self) {
    orders_sweep *sweep = self;
    pl_arena arena = pl_arena_make(ARENA_BUDGET);
    unsigned round = 0;
    bool more;
    do {
        more = round_of(sweep, &arena);
        if (round++ % FORGET_EVERY == 0)
            forget_keys(sweep->placing->store);
        pl_arena_clear(&arena);
    } while (more ? !stopping(sweep) : wait_round(sweep));
    pl_arena_done(&arena);
    return NULL;
}

static void init_waiting(orders_sweep *sweep) {
    pl_cond_init(&sweep->changed);
    pthread_mutex_init(&sweep->mu, NULL);
}

static void release(orders_sweep *sweep) {
    pthread_cond_destroy(&sweep->changed);
    pthread_mutex_destroy(&sweep->mu);
    free(sweep);
}

pl_code orders_sweep_start(orders_placing *placing, orders_sweep **out_sweep, pl_error *err) {
    orders_sweep *sweep = calloc(1, sizeof *sweep);
    if (!sweep)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "no memory for the sweep");
    sweep->placing = placing;
    init_waiting(sweep);
    int status = pthread_create(&sweep->thread, NULL, run, sweep);
    if (status != 0) {
        release(sweep);
        return pl_error_errno(err, status, "the sweep's thread");
    }
    *out_sweep = sweep;
    return PL_OK;
}

void orders_sweep_stop(orders_sweep *sweep) {
    if (!sweep)
        return;
    pthread_mutex_lock(&sweep->mu);
    sweep->stopping = true;
    pthread_cond_signal(&sweep->changed);
    pthread_mutex_unlock(&sweep->mu);
    pthread_join(sweep->thread, NULL);
    release(sweep);
}
