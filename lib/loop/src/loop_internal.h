/* What the files of lib/loop share. */
#ifndef PARLEY_LOOP_INTERNAL_H
#define PARLEY_LOOP_INTERNAL_H

#include <stdatomic.h>
#include <sys/epoll.h>

#include "parley/loop/loop.h"

#include "heap.h"

/* Greatest signal number the table holds, and one. */
#define PL_LOOP_SIGNALS 65

typedef struct pl_loop_signals {
    int fd; /* of signalfd; -1: none yet */
    pl_watch watch;
    struct {
        pl_signal_fn *fn;
        void *self;
    } handlers[PL_LOOP_SIGNALS];
} pl_loop_signals;

struct pl_loop {
    int epoll_fd;
    int wake_fd; /* an eventfd */
    pl_watch wake;
    pl_watch *watches; /* all of them, so that free can stop them */
    pl_heap timers;
    uint64_t timer_order;
    int64_t now_ns;
    uint64_t wakeups;

    struct epoll_event batch[PL_LOOP_BATCH];
    int batch_next, batch_count; /* the events not yet told */

    pl_task *deferred, *deferred_last;

    _Atomic(pl_task *) posted; /* newest first */
    atomic_bool stop;

    pl_loop_signals *signals; /* NULL until the first is asked for */
};

void pl_loop_signals_free(pl_loop_signals *signals);

#endif
