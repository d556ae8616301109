#include "async.h"

#include <pthread.h>
#include <stdlib.h>

#include "parley/base/assert.h"

struct pl_async {
    grpc_completion_queue *queue;
    pthread_t thread;
    /* A call that is never made: an empty batch on it completes at once, which wakes the thread. */
    grpc_call *bell;
    pl_op rung;
    /* the thread's */
    pl_later tell;
    pl_async_op *ended, **ended_tail;

    pthread_mutex_t mu;
    /* guarded by mu */
    pl_async_op *waiting, **waiting_tail; /* to be started; the first sees to all */
};

/* ---- ending ---- */

/* On the loop: a row of operations. */
static void on_end(pl_task *task) {
    pl_async_op *op = PL_CONTAINER_OF(task, pl_async_op, at_end);

    while (op) {
        pl_async_op *next = op->next; /* OP may be freed, or started again */
        op->ended(op);
        op = next;
    }
}

/* Hands over those that ended: to each loop in a row what is its own. */
static void tell_loops(pl_later *later) {
    pl_async *async = PL_CONTAINER_OF(later, pl_async, tell);
    pl_async_op *first = async->ended;

    async->ended = NULL;
    while (first) {
        pl_async_op *last = first, *rest;
        while (last->next && last->next->loop == first->loop)
            last = last->next;
        rest = last->next;
        last->next = NULL;
        pl_loop_post(first->loop, &first->at_end);
        first = rest;
    }
}

/* On the thread. */
static void on_completed(pl_op *completed, bool ok) {
    pl_async_op *op = PL_CONTAINER_OF(completed, pl_async_op, completed);
    pl_async *async = op->async;

    (void)ok; /* the status of the call says more */
    if (!async->ended) {
        async->ended_tail = &async->ended;
        pl_op_later(&async->tell);
    }
    op->at_end.run = on_end;
    op->next = NULL;
    *async->ended_tail = op;
    async->ended_tail = &op->next;
}

/* ---- starting ---- */

static pl_async_op *take_waiting(pl_async *async) {
    pl_async_op *first;

    pthread_mutex_lock(&async->mu);
    first = async->waiting;
    async->waiting = NULL;
    async->waiting_tail = &async->waiting;
    pthread_mutex_unlock(&async->mu);
    return first;
}

static void start_waiting(pl_async *async) {
    pl_async_op *op = take_waiting(async);

    while (op) {
        pl_async_op *next = op->next; /* it may be over when it has started */
        op->start(op);
        op = next;
    }
}

/* On the thread. */
static void on_rung(pl_op *rung, bool ok) {
    (void)ok;
    start_waiting(PL_CONTAINER_OF(rung, pl_async, rung));
}

/* On the loop of the first that waits. */
static void on_end_of_round(pl_task *task) {
    pl_async *async = PL_CONTAINER_OF(task, pl_async_op, at_end_of_round)->async;
    bool alone;

    pthread_mutex_lock(&async->mu);
    alone = !async->waiting->next;
    pthread_mutex_unlock(&async->mu);
    if (alone)
        start_waiting(async);
    else
        pl_op_start(async->bell, NULL, 0, &async->rung);
}

void pl_async_start(pl_async *async, pl_async_op *op) {
    bool first;

    op->async = async;
    op->completed.done = on_completed;
    if (!pl_loop_is_running_here(op->loop)) {
        op->start(op);
        return;
    }
    op->next = NULL;
    pthread_mutex_lock(&async->mu);
    first = !async->waiting;
    *async->waiting_tail = op;
    async->waiting_tail = &op->next;
    pthread_mutex_unlock(&async->mu);
    if (first) {
        op->at_end_of_round.run = on_end_of_round;
        pl_loop_defer(op->loop, &op->at_end_of_round);
    }
}

/* ---- life ---- */

static void *poll_main(void *queue) {
    pl_op_poll(queue);
    return NULL;
}

static grpc_call *bell_new(grpc_completion_queue *queue) {
    grpc_channel *nowhere = grpc_lame_client_channel_create("bell", GRPC_STATUS_UNAVAILABLE, "");
    grpc_call *bell = grpc_channel_create_call(nowhere, NULL, 0, queue,
                                               grpc_slice_from_static_string("/bell"), NULL,
                                               gpr_inf_future(GPR_CLOCK_MONOTONIC), NULL);

    PL_ASSERT(bell);
    grpc_channel_destroy(nowhere);
    return bell;
}

pl_code pl_async_new(pl_async **out_async) {
    pl_async *async = calloc(1, sizeof *async);

    if (!async)
        return PL_RESOURCE_EXHAUSTED;
    pthread_mutex_init(&async->mu, NULL);
    async->waiting_tail = &async->waiting;
    async->rung.done = on_rung;
    async->tell.run = tell_loops;
    async->queue = grpc_completion_queue_create_for_next(NULL);
    async->bell = bell_new(async->queue);
    if (pthread_create(&async->thread, NULL, poll_main, async->queue) != 0) {
        grpc_call_unref(async->bell);
        grpc_completion_queue_shutdown(async->queue);
        pl_op_poll(async->queue);
        grpc_completion_queue_destroy(async->queue);
        pthread_mutex_destroy(&async->mu);
        free(async);
        return PL_RESOURCE_EXHAUSTED;
    }
    *out_async = async;
    return PL_OK;
}

void pl_async_free(pl_async *async) {
    if (!async)
        return;
    grpc_call_unref(async->bell);
    grpc_completion_queue_shutdown(async->queue);
    pthread_join(async->thread, NULL);
    grpc_completion_queue_destroy(async->queue);
    pthread_mutex_destroy(&async->mu);
    free(async);
}

grpc_completion_queue *pl_async_queue(pl_async *async) {
    return async->queue;
}
