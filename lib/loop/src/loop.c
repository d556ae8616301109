#include "parley/loop/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "loop_internal.h"
#include "parley/base/assert.h"

/* Deferred tasks run in one round; those beyond wait for the next. */
#define DEFER_ROUND 4096

static void run_posted(pl_loop *loop) {
    pl_task *newest = atomic_exchange_explicit(&loop->posted, NULL, memory_order_acquire);
    pl_task *oldest = NULL;
    while (newest) {
        pl_task *next = newest->next;
        newest->next = oldest;
        oldest = newest;
        newest = next;
    }
    while (oldest) {
        pl_task *task = oldest;
        oldest = task->next;
        task->next = NULL;
        task->run(task);
    }
}

static void on_wake(void *self, uint32_t events) {
    (void)events;
    pl_loop *loop = self;
    uint64_t count;
    /* Emptied before the list is taken: a task posted between wakes the loop once more. */
    if (read(loop->wake_fd, &count, sizeof(count)) == (ssize_t)sizeof(count) || errno == EAGAIN)
        run_posted(loop);
}

static void wake(pl_loop *loop) {
    uint64_t one = 1;
    ssize_t wrote = write(loop->wake_fd, &one, sizeof(one));
    (void)wrote; /* fails only where the counter is full, and then the loop is awake */
}

pl_code pl_loop_new(pl_loop **out_loop, pl_error *err) {
    pl_loop *loop = calloc(1, sizeof(*loop));
    if (!loop)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "event loop: no memory");
    loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    loop->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    pl_code code = PL_OK;
    if (loop->epoll_fd < 0 || loop->wake_fd < 0)
        code = pl_error_errno(err, errno, "event loop");
    else
        code = pl_watch_start(loop, &loop->wake, loop->wake_fd, PL_LOOP_READ, on_wake, loop, err);
    if (code) {
        pl_loop_free(loop);
        return code;
    }
    loop->now_ns = pl_now_ns();
    *out_loop = loop;
    return PL_OK;
}

void pl_loop_free(pl_loop *loop) {
    if (!loop)
        return;
    pl_loop_signals_free(loop->signals);
    while (loop->watches)
        pl_watch_stop(loop->watches);
    while (loop->timers.top)
        pl_timer_stop(loop->timers.top);
    if (loop->wake_fd >= 0)
        close(loop->wake_fd);
    if (loop->epoll_fd >= 0)
        close(loop->epoll_fd);
    free(loop);
}

static void run_events(pl_loop *loop, int count) {
    loop->batch_count = count;
    for (loop->batch_next = 0; loop->batch_next < loop->batch_count;) {
        struct epoll_event *event = &loop->batch[loop->batch_next++];
        pl_watch *watch = event->data.ptr;
        if (watch)
            watch->fn(watch->self, event->events);
    }
    loop->batch_count = 0;
}

/* Timers started by these callbacks wait for the next round, or one that restarts
 * itself with a moment in the past would keep the loop from its sockets. */
static void run_timers(pl_loop *loop) {
    uint64_t order = loop->timer_order;
    for (;;) {
        pl_timer *timer = loop->timers.top;
        if (!timer || timer->due_ns > loop->now_ns || timer->order > order)
            return;
        pl_timer_fn *fn = timer->fn;
        pl_timer_stop(timer);
        fn(timer->self);
    }
}

static void run_deferred(pl_loop *loop) {
    for (int i = 0; i < DEFER_ROUND && loop->deferred; i++) {
        pl_task *task = loop->deferred;
        loop->deferred = task->next;
        if (!loop->deferred)
            loop->deferred_last = NULL;
        task->next = NULL;
        task->run(task);
    }
}

static int wait_ms(const pl_loop *loop, int timeout_ms) {
    if (loop->deferred)
        return 0;
    if (!loop->timers.top)
        return timeout_ms;
    int ms = pl_remaining_ms(loop->timers.top->due_ns);
    return timeout_ms < 0 || ms < timeout_ms ? ms : timeout_ms;
}

/* Whose callbacks this thread runs. */
static _Thread_local const pl_loop *running;

bool pl_loop_is_running_here(const pl_loop *loop) {
    return loop == running;
}

pl_code pl_loop_run_once(pl_loop *loop, int timeout_ms, pl_error *err) {
    const pl_loop *outer = running;
    int count = epoll_wait(loop->epoll_fd, loop->batch, PL_LOOP_BATCH, wait_ms(loop, timeout_ms));
    if (count < 0 && errno != EINTR)
        return pl_error_set(err, PL_INTERNAL, "event loop: epoll_wait fails with errno %d", errno);
    loop->wakeups++;
    loop->now_ns = pl_now_ns();
    running = loop;
    if (count > 0)
        run_events(loop, count);
    run_timers(loop);
    run_deferred(loop);
    running = outer;
    return PL_OK;
}

pl_code pl_loop_run(pl_loop *loop, pl_error *err) {
    while (!atomic_exchange(&loop->stop, false)) {
        pl_code code = pl_loop_run_once(loop, -1, err);
        if (code)
            return code;
    }
    return PL_OK;
}

void pl_loop_stop(pl_loop *loop) {
    atomic_store(&loop->stop, true);
    wake(loop);
}

int64_t pl_loop_now(const pl_loop *loop) {
    return loop->now_ns;
}

uint64_t pl_loop_wakeups(const pl_loop *loop) {
    return loop->wakeups;
}

pl_code pl_watch_start(pl_loop *loop, pl_watch *watch, int fd, uint32_t events, pl_watch_fn *fn,
                       void *self, pl_error *err) {
    PL_ASSERT(!watch->loop && fn);
    struct epoll_event event = {.events = events, .data.ptr = watch};
    if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &event)) {
        pl_code code = errno == ENOMEM || errno == ENOSPC ? PL_RESOURCE_EXHAUSTED
                                                          : PL_INVALID_ARGUMENT;
        return pl_error_set(err, code, "event loop: descriptor %d cannot be watched (errno %d)", fd,
                            errno);
    }
    *watch = (pl_watch){.loop = loop, .fd = fd, .events = events, .fn = fn, .self = self};
    watch->next = loop->watches;
    if (watch->next)
        watch->next->prev = watch;
    loop->watches = watch;
    return PL_OK;
}

void pl_watch_set(pl_watch *watch, uint32_t events) {
    PL_ASSERT(watch->loop);
    if (watch->events == events)
        return;
    struct epoll_event event = {.events = events, .data.ptr = watch};
    int failed = epoll_ctl(watch->loop->epoll_fd, EPOLL_CTL_MOD, watch->fd, &event);
    PL_ASSERT(!failed); /* the descriptor is there and was accepted before */
    watch->events = events;
}

void pl_watch_stop(pl_watch *watch) {
    if (!watch || !watch->loop)
        return;
    pl_loop *loop = watch->loop;
    epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, watch->fd, &(struct epoll_event){0});
    for (int i = loop->batch_next; i < loop->batch_count; i++)
        if (loop->batch[i].data.ptr == watch)
            loop->batch[i].data.ptr = NULL;
    if (watch->prev)
        watch->prev->next = watch->next;
    else
        loop->watches = watch->next;
    if (watch->next)
        watch->next->prev = watch->prev;
    *watch = (pl_watch){0};
}

void pl_timer_start(pl_loop *loop, pl_timer *timer, int64_t due_ns, pl_timer_fn *fn, void *self) {
    PL_ASSERT(fn);
    pl_timer_stop(timer);
    if (due_ns == PL_NEVER)
        return;
    *timer = (pl_timer){.loop = loop, .due_ns = due_ns, .fn = fn, .self = self};
    timer->order = ++loop->timer_order;
    pl_heap_add(&loop->timers, timer);
}

void pl_timer_stop(pl_timer *timer) {
    if (!timer || !timer->loop)
        return;
    pl_heap_remove(&timer->loop->timers, timer);
    timer->loop = NULL;
}

void pl_loop_post(pl_loop *loop, pl_task *task) {
    PL_ASSERT(task->run);
    pl_task *newest = atomic_load_explicit(&loop->posted, memory_order_relaxed);
    do
        task->next = newest;
    while (!atomic_compare_exchange_weak_explicit(&loop->posted, &newest, task,
                                                  memory_order_release, memory_order_relaxed));
    if (!newest)
        wake(loop);
}

void pl_loop_defer(pl_loop *loop, pl_task *task) {
    PL_ASSERT(task->run);
    task->next = NULL;
    if (loop->deferred_last)
        loop->deferred_last->next = task;
    else
        loop->deferred = task;
    loop->deferred_last = task;
}

bool pl_loop_defer_cancel(pl_loop *loop, pl_task *task) {
    pl_task *before = NULL;
    for (pl_task *t = loop->deferred; t; before = t, t = t->next) {
        if (t != task)
            continue;
        if (before)
            before->next = t->next;
        else
            loop->deferred = t->next;
        if (loop->deferred_last == t)
            loop->deferred_last = before;
        t->next = NULL;
        return true;
    }
    return false;
}
