#include "lease.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "parley/base/clock.h"
#include "parley/base/failpoint.h"
#include "waker.h"

struct pl_lease {
    pl_lease_keeper *keeper;
    char name[PL_LEASE_NAME_MAX];
    int64_t epoch;
    /* guarded by the keeper's mu */
    bool used;
    bool lost;
    uint64_t serial;    /* tells two uses of the place apart */
    int64_t renewed_ns; /* before the request that renewed it was sent */
};

struct pl_lease_keeper {
    pl_event_store *store;
    pl_waker waker;
    pthread_t thread;
    pthread_mutex_t mu;
    /* guarded by mu */
    bool running;
    uint64_t serial;
    pl_lease leases[PL_LEASES_MAX];
};

static void renew(pl_lease_keeper *keeper, pl_lease *lease) {
    pthread_mutex_lock(&keeper->mu);
    bool due = lease->used && !lease->lost;
    uint64_t serial = lease->serial;
    int64_t epoch = lease->epoch;
    char name[PL_LEASE_NAME_MAX];
    (void)snprintf(name, sizeof name, "%s", lease->name);
    pthread_mutex_unlock(&keeper->mu);
    if (!due)
        return;
    int64_t sent = pl_now_ns();
    pl_code code = PL_FAILPOINT("lease.renew")
                       ? PL_UNAVAILABLE
                       : keeper->store->ops->lease_renew(keeper->store, name, epoch, NULL);
    pthread_mutex_lock(&keeper->mu);
    if (lease->used && lease->serial == serial) {
        if (code == PL_OK)
            lease->renewed_ns = sent;
        else if (code == PL_ABORTED)
            lease->lost = true;
    }
    pthread_mutex_unlock(&keeper->mu);
}

static void *keep(void *self) {
    pl_lease_keeper *keeper = self;
    while (!pl_waker_stopped(&keeper->waker)) {
        (void)pl_waker_wait(&keeper->waker, PL_EVENT_LEASE_RENEW_MS);
        for (size_t i = 0; i < PL_LEASES_MAX && !pl_waker_stopped(&keeper->waker); i++)
            renew(keeper, &keeper->leases[i]);
    }
    return NULL;
}

pl_code pl_lease_keeper_new(pl_event_store *store, pl_lease_keeper **out, pl_error *err) {
    pl_lease_keeper *keeper = calloc(1, sizeof *keeper);
    if (!keeper)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "leases: no memory");
    keeper->store = store;
    pl_waker_init(&keeper->waker);
    pthread_mutex_init(&keeper->mu, NULL);
    *out = keeper;
    return PL_OK;
}

void pl_lease_keeper_free(pl_lease_keeper *keeper) {
    if (!keeper)
        return;
    if (keeper->running) {
        pl_waker_stop(&keeper->waker);
        pthread_join(keeper->thread, NULL);
    }
    pl_waker_done(&keeper->waker);
    pthread_mutex_destroy(&keeper->mu);
    free(keeper);
}

/* Called with mu held. */
static pl_code reserve(pl_lease_keeper *keeper, pl_lease **out, pl_error *err) {
    if (!keeper->running) {
        int failed = pthread_create(&keeper->thread, NULL, keep, keeper);
        if (failed)
            return pl_error_errno(err, failed, "leases: thread");
        keeper->running = true;
    }
    for (size_t i = 0; i < PL_LEASES_MAX; i++) {
        pl_lease *lease = &keeper->leases[i];
        if (lease->used)
            continue;
        *lease = (pl_lease){.keeper = keeper, .used = true, .lost = true};
        lease->serial = ++keeper->serial;
        *out = lease;
        return PL_OK;
    }
    return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "leases: more than %d", PL_LEASES_MAX);
}

static void forget(pl_lease *lease) {
    pthread_mutex_lock(&lease->keeper->mu);
    lease->used = false;
    pthread_mutex_unlock(&lease->keeper->mu);
}

pl_code pl_lease_take(pl_event_store *store, const char *name, const char *holder,
                      pl_lease **out_lease, pl_lease_grant *out_grant, pl_error *err) {
    pl_lease_keeper *keeper = store->keeper;
    pl_lease *lease = NULL;
    pthread_mutex_lock(&keeper->mu);
    pl_code code = reserve(keeper, &lease, err);
    pthread_mutex_unlock(&keeper->mu);
    if (code)
        return code;
    int64_t sent = pl_now_ns();
    pl_lease_grant grant = {.granted = false};
    code = store->ops->lease_take(store, name, holder, &grant, err);
    if (code || !grant.granted) {
        forget(lease);
        lease = NULL;
    } else {
        pthread_mutex_lock(&keeper->mu);
        (void)snprintf(lease->name, sizeof lease->name, "%s", name);
        lease->epoch = grant.epoch;
        lease->renewed_ns = sent;
        lease->lost = false;
        pthread_mutex_unlock(&keeper->mu);
    }
    if (code == PL_OK) {
        *out_lease = lease;
        *out_grant = grant;
    }
    return code;
}

bool pl_lease_held(pl_lease *lease) {
    pthread_mutex_lock(&lease->keeper->mu);
    bool held = !lease->lost && pl_now_ns() - lease->renewed_ns < PL_EVENT_LEASE_MS * PL_NS_PER_MS;
    pthread_mutex_unlock(&lease->keeper->mu);
    return held;
}

void pl_lease_give(pl_lease *lease, bool hand_over) {
    if (!lease)
        return;
    pl_event_store *store = lease->keeper->store;
    char name[PL_LEASE_NAME_MAX];
    int64_t epoch = lease->epoch;
    (void)snprintf(name, sizeof name, "%s", lease->name);
    forget(lease);
    /* Where this fails the lease runs out by itself. */
    if (hand_over)
        (void)store->ops->lease_release(store, name, epoch, NULL);
}
