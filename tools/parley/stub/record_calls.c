/* The calls that go on, of which those that nobody waits for any more are given up. */
#include <stdlib.h>

#include "parley/base/clock.h"
#include "parley/base/cond.h"
#include "stub/record.h"

/* Milliseconds between looks. */
enum { LOOK_MS = 50 };

struct record_calls {
    pthread_t thread;
    pthread_mutex_t mu;
    pthread_cond_t ended;
    /* guarded by mu */
    record_open *first;
    bool ending;
};

static void *look(void *self) {
    record_calls *calls = self;

    pthread_mutex_lock(&calls->mu);
    while (!calls->ending) {
        for (const record_open *one = calls->first; one; one = one->next) {
            if (pl_call_cancelled(one->call))
                pl_stream_cancel(one->up);
        }
        (void)pl_cond_wait(&calls->ended, &calls->mu, pl_deadline_ms(LOOK_MS));
    }
    pthread_mutex_unlock(&calls->mu);
    return NULL;
}

record_calls *record_calls_new(void) {
    record_calls *calls = calloc(1, sizeof *calls);

    if (!calls)
        return NULL;
    (void)pthread_mutex_init(&calls->mu, NULL);
    pl_cond_init(&calls->ended);
    if (pthread_create(&calls->thread, NULL, look, calls) != 0) {
        (void)pthread_cond_destroy(&calls->ended);
        (void)pthread_mutex_destroy(&calls->mu);
        free(calls);
        return NULL;
    }
    return calls;
}

void record_calls_free(record_calls *calls) {
    if (!calls)
        return;
    pthread_mutex_lock(&calls->mu);
    calls->ending = true;
    (void)pthread_cond_signal(&calls->ended);
    pthread_mutex_unlock(&calls->mu);
    (void)pthread_join(calls->thread, NULL);
    (void)pthread_cond_destroy(&calls->ended);
    (void)pthread_mutex_destroy(&calls->mu);
    free(calls);
}

void record_calls_add(record_calls *calls, record_open *one) {
    pthread_mutex_lock(&calls->mu);
    one->next = calls->first;
    one->at = &calls->first;
    if (one->next)
        one->next->at = &one->next;
    calls->first = one;
    pthread_mutex_unlock(&calls->mu);
}

void record_calls_remove(record_calls *calls, record_open *one) {
    pthread_mutex_lock(&calls->mu);
    *one->at = one->next;
    if (one->next)
        one->next->at = one->at;
    pthread_mutex_unlock(&calls->mu);
}
