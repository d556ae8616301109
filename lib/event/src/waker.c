#include "waker.h"

#include "parley/base/clock.h"
#include "parley/base/cond.h"

void pl_waker_init(pl_waker *waker) {
    pthread_mutex_init(&waker->mu, NULL);
    pl_cond_init(&waker->cond);
    waker->woken = false;
    waker->stopped = false;
}

void pl_waker_done(pl_waker *waker) {
    pthread_cond_destroy(&waker->cond);
    pthread_mutex_destroy(&waker->mu);
}

void pl_waker_wake(pl_waker *waker) {
    pthread_mutex_lock(&waker->mu);
    if (!waker->woken) {
        waker->woken = true;
        pthread_cond_broadcast(&waker->cond);
    }
    pthread_mutex_unlock(&waker->mu);
}

void pl_waker_stop(pl_waker *waker) {
    pthread_mutex_lock(&waker->mu);
    waker->stopped = true;
    pthread_cond_broadcast(&waker->cond);
    pthread_mutex_unlock(&waker->mu);
}

void pl_waker_reset(pl_waker *waker) {
    pthread_mutex_lock(&waker->mu);
    waker->stopped = false;
    waker->woken = false;
    pthread_mutex_unlock(&waker->mu);
}

bool pl_waker_stopped(pl_waker *waker) {
    pthread_mutex_lock(&waker->mu);
    bool stopped = waker->stopped;
    pthread_mutex_unlock(&waker->mu);
    return stopped;
}

static bool wait_until(pl_waker *waker, int64_t ms, bool hears_wake) {
    int64_t deadline = pl_deadline_ms(ms);
    bool early = true;
    pthread_mutex_lock(&waker->mu);
    while (!waker->stopped && !(hears_wake && waker->woken) && early)
        early = pl_cond_wait(&waker->cond, &waker->mu, deadline);
    bool woken = hears_wake && waker->woken;
    if (woken)
        waker->woken = false;
    pthread_mutex_unlock(&waker->mu);
    return woken;
}

bool pl_waker_wait(pl_waker *waker, int64_t ms) {
    return wait_until(waker, ms, true);
}

void pl_waker_pause(pl_waker *waker, int64_t ms) {
    (void)wait_until(waker, ms, false);
}
