/* A thread's wait: until it is woken, told to stop, or a time has passed. */
#ifndef PARLEY_EVENT_WAKER_H
#define PARLEY_EVENT_WAKER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct pl_waker {
    pthread_mutex_t mu;
    pthread_cond_t cond;
    /* guarded by mu */
    bool woken;
    bool stopped;
} pl_waker;

void pl_waker_init(pl_waker *waker);
void pl_waker_done(pl_waker *waker);
void pl_waker_wake(pl_waker *waker);
void pl_waker_stop(pl_waker *waker);
/* Makes a stopped one usable again. */
void pl_waker_reset(pl_waker *waker);
bool pl_waker_stopped(pl_waker *waker);
/* Waits at most MS; a wake-up is consumed. True: it was woken. Returns at once where stopped. */
bool pl_waker_wait(pl_waker *waker, int64_t ms);
/* As above, deaf to wake-ups, which stay. */
void pl_waker_pause(pl_waker *waker, int64_t ms);

#endif
