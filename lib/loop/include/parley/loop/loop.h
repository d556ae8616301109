/* Event loop: sockets, timers, tasks from other threads and signals, on epoll.
 *
 * What it does not do: no I/O of its own, no threads, no name resolution.
 *
 * Invariants
 * - A loop belongs to the thread that runs it. Everything here is called on that
 *   thread (or before it runs), what says "from any thread" excepted.
 * - Watches, timers and tasks are embedded in the caller's objects and allocate
 *   nothing. After pl_watch_stop or pl_timer_stop the callback is not called any
 *   more, not even for an event that was already fetched; the object may be freed
 *   at once, also from within its own callback.
 * - Time is CLOCK_MONOTONIC in nanoseconds. Timers that are due together fire in
 *   the order of their due times; of equal ones, the one started first comes first.
 *
 *     pl_loop *loop = NULL;
 *     if (pl_loop_new(&loop, &err)) ...
 *     pl_timer_start(loop, &timer, pl_deadline_ms(50), on_timer, self);
 *     if (pl_loop_run(loop, &err)) ...       until pl_loop_stop(loop)
 *     pl_loop_free(loop);
 */
#ifndef PARLEY_LOOP_LOOP_H
#define PARLEY_LOOP_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "parley/base/clock.h"
#include "parley/base/error.h"
#include "parley/base/macros.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Events fetched from the kernel at a time. */
#define PL_LOOP_BATCH 128

typedef struct pl_loop pl_loop;
typedef struct pl_watch pl_watch;
typedef struct pl_timer pl_timer;
typedef struct pl_task pl_task;

/* What a watch asks for and is told; the values are epoll's. */
enum {
    PL_LOOP_READ = 0x001,     /* may be read, or the peer closed */
    PL_LOOP_WRITE = 0x004,    /* may be written */
    PL_LOOP_ERROR = 0x008,    /* told only */
    PL_LOOP_HANGUP = 0x010,   /* told only: both directions are closed */
    PL_LOOP_RDHANGUP = 0x2000 /* the peer will send no more */
};

typedef void pl_watch_fn(void *self, uint32_t events);
typedef void pl_timer_fn(void *self);
typedef void pl_task_fn(pl_task *task);
typedef void pl_signal_fn(void *self, int signo);

/* A file descriptor being watched. Zeroed: not watching. The fields are the loop's own. */
struct pl_watch {
    pl_loop *loop; /* NULL: not watching */
    int fd;
    uint32_t events;
    pl_watch_fn *fn;
    void *self;
    pl_watch *next, *prev;
};

/* A moment to be told of. Zeroed: not running. The fields are the loop's own. */
struct pl_timer {
    pl_loop *loop; /* NULL: not running */
    int64_t due_ns;
    uint64_t order; /* of starting, so that equal due times keep it */
    pl_timer *child, *next, *prev;
    pl_timer_fn *fn;
    void *self;
};

/* Work handed to a loop. Set `run`; get the object around it with PL_CONTAINER_OF. */
struct pl_task {
    pl_task_fn *run;
    pl_task *next; /* the loop's own */
};

/* A new loop; the caller frees it. PL_RESOURCE_EXHAUSTED without memory or descriptors. */
PL_NODISCARD pl_code pl_loop_new(pl_loop **out_loop, pl_error *err);

/* Stops all watches and timers it still has (their objects stay the caller's),
 * forgets posted tasks without running them. NULL is allowed. Not from a callback. */
void pl_loop_free(pl_loop *loop);

/* Runs callbacks until pl_loop_stop; may be called again after it.
 * PL_INTERNAL where the kernel refuses to wait. */
PL_NODISCARD pl_code pl_loop_run(pl_loop *loop, pl_error *err);

/* Waits for at most TIMEOUT_MS (-1: for ever) and runs what is ready, once. For
 * tests and for callers with a loop around it. PL_INTERNAL as above. */
PL_NODISCARD pl_code pl_loop_run_once(pl_loop *loop, int timeout_ms, pl_error *err);

/* Makes pl_loop_run return after the callbacks of this round; a stop before the
 * run makes it return at once. From any thread. */
void pl_loop_stop(pl_loop *loop);

/* The time at the start of this round of callbacks, as pl_now_ns. */
int64_t pl_loop_now(const pl_loop *loop);

/* Rounds in which the kernel woke the loop, since it was made: the measure of an
 * idle process. */
uint64_t pl_loop_wakeups(const pl_loop *loop);

/* Watches FD for EVENTS, level-triggered. WATCH must not be watching. The descriptor
 * stays the caller's: stop the watch before closing it. PL_RESOURCE_EXHAUSTED,
 * PL_INVALID_ARGUMENT for a descriptor that cannot be watched (a regular file). */
PL_NODISCARD pl_code pl_watch_start(pl_loop *loop, pl_watch *watch, int fd, uint32_t events,
                                    pl_watch_fn *fn, void *self, pl_error *err);
/* Changes the events; no system call where they are the same. */
void pl_watch_set(pl_watch *watch, uint32_t events);
/* NULL and a watch that is not watching are allowed. */
void pl_watch_stop(pl_watch *watch);

/* Calls FN(SELF) once, not before DUE_NS; a running timer is moved. PL_NEVER stops it. */
void pl_timer_start(pl_loop *loop, pl_timer *timer, int64_t due_ns, pl_timer_fn *fn, void *self);
/* NULL and a timer that is not running are allowed. */
void pl_timer_stop(pl_timer *timer);
static inline bool pl_timer_running(const pl_timer *timer) {
    return timer->loop != NULL;
}

/* Runs TASK on the loop's thread, in the order of posting. From any thread. The task
 * is the loop's until it runs; it must not be posted again before. The kernel is
 * asked to wake the loop only where no other task was waiting. */
void pl_loop_post(pl_loop *loop, pl_task *task);

/* Runs TASK after the callbacks of this round and before the loop sleeps, to do
 * once what several callbacks asked for (a write). Loop thread only. */
void pl_loop_defer(pl_loop *loop, pl_task *task);
/* Whether this is a callback of LOOP, so that what is deferred runs soon. From any thread. */
bool pl_loop_is_running_here(const pl_loop *loop);
/* Takes a deferred task back; false where it is not waiting. */
bool pl_loop_defer_cancel(pl_loop *loop, pl_task *task);

/* Tells of SIGNO through FN from now on (NULL: no more), on the loop's thread. The
 * signal is blocked in the calling thread: call before other threads start, which
 * inherit that. One loop in a process takes signals. Children started with child.h get
 * an empty signal mask. PL_RESOURCE_EXHAUSTED, PL_INVALID_ARGUMENT. */
PL_NODISCARD pl_code pl_loop_on_signal(pl_loop *loop, int signo, pl_signal_fn *fn, void *self,
                                       pl_error *err);

#ifdef __cplusplus
}
#endif
#endif
