/* Calls that do not wait.
 *
 * Core reports completions on a queue; one thread a channel, started with the first
 * such call, takes them and hands each to the loop of its call. Everything else of a
 * call happens on that loop: the outcome, the wait before a retry, the callback.
 */
#include <stdlib.h>
#include <string.h>

#include "channel_internal.h"
#include "parley/base/assert.h"
#include "parley/loop/loop.h"
#include "reply.h"

/* One call; of bytes or of messages. */
struct pl_bytes_op {
    pl_channel *channel;
    grpc_completion_queue *queue; /* the channel's */
    pl_loop *loop;
    pl_exchange exchange;
    pl_passage passage;
    pl_attempt attempt;
    pl_op completed;
    pl_task task;
    pl_timer timer;
    bool cancelled;
    pl_arena texts; /* what exchange borrows */
    /* Gives the caller the outcome: the attempt's, or ERR where it is not NULL. */
    void (*finish)(pl_bytes_op *op, const pl_error *err);
    void *arg;
    pl_bytes_done_fn *bytes_done;
    /* of messages */
    pl_call *call;
    const pl_method_desc *method;
    pl_deliver_fn *deliver;
    pl_any_fn *done;
};

static void *poll_main(void *arg) {
    pl_op_poll(arg);
    return NULL;
}

pl_code pl_channel_async_queue(pl_channel *channel, grpc_completion_queue **out_queue,
                               pl_error *err) {
    bool ready;

    pthread_mutex_lock(&channel->mu);
    if (!channel->async_queue) {
        grpc_completion_queue *queue = grpc_completion_queue_create_for_next(NULL);
        if (pthread_create(&channel->async_thread, NULL, poll_main, queue) == 0) {
            channel->async_queue = queue;
        } else {
            grpc_completion_queue_shutdown(queue);
            pl_op_poll(queue);
            grpc_completion_queue_destroy(queue);
        }
    }
    ready = channel->async_queue != NULL;
    *out_queue = channel->async_queue;
    pthread_mutex_unlock(&channel->mu);
    return ready ? PL_OK : pl_error_set(err, PL_RESOURCE_EXHAUSTED, "%s: no thread", channel->name);
}

void pl_channel_async_stop(pl_channel *channel) {
    if (!channel->async_queue)
        return;
    grpc_completion_queue_shutdown(channel->async_queue);
    pthread_join(channel->async_thread, NULL);
    grpc_completion_queue_destroy(channel->async_queue);
}

static void op_free(pl_bytes_op *op) {
    pl_attempt_done(&op->attempt);
    grpc_slice_unref(op->exchange.body);
    pl_arena_done(&op->texts);
    pl_call_free(op->call);
    free(op);
}

/* On the async thread. */
static void on_completed(pl_op *completed, bool ok) {
    pl_bytes_op *op = PL_CONTAINER_OF(completed, pl_bytes_op, completed);

    (void)ok; /* the status of the call says more */
    pl_loop_post(op->loop, &op->task);
}

static pl_code start_attempt(pl_bytes_op *op, pl_error *err) {
    pl_core_channel *core;
    pl_code code = pl_channel_admit(op->channel, &op->passage, op->exchange.path, &core, err);

    if (code != PL_OK)
        return code;
    pl_attempt_start(&op->attempt, core, &op->exchange, op->queue, &op->completed);
    return PL_OK;
}

static void finish(pl_bytes_op *op, const pl_error *err) {
    pl_channel_leave(op->channel);
    op->finish(op, err);
    op_free(op);
}

static void on_retry_time(void *self) {
    pl_bytes_op *op = self;
    pl_error err = PL_ERROR_INIT;

    if (start_attempt(op, &err) != PL_OK)
        finish(op, &err);
}

/* On the loop: the attempt is over. */
static void on_outcome(pl_task *task) {
    pl_bytes_op *op = PL_CONTAINER_OF(task, pl_bytes_op, task);
    int64_t again_ns;

    op->attempt.given_up = op->cancelled;
    pl_channel_settle(op->channel, &op->passage, &op->attempt);
    if (!op->cancelled && pl_attempt_code(&op->attempt) != PL_OK &&
        pl_channel_retry(op->channel, &op->passage, &op->exchange, &op->attempt, &again_ns)) {
        pl_attempt_done(&op->attempt);
        pl_timer_start(op->loop, &op->timer, again_ns, on_retry_time, op);
        return;
    }
    finish(op, NULL);
}

/* On the loop: given up while waiting for the next attempt. */
static void on_cancelled(pl_task *task) {
    pl_bytes_op *op = PL_CONTAINER_OF(task, pl_bytes_op, task);
    pl_error err = PL_ERROR_INIT;

    pl_error_set(&err, PL_CANCELLED, "%s: %s: given up", op->channel->name, op->exchange.path);
    finish(op, &err);
}

/* The first attempt; the operation is freed where an error is returned. */
static pl_code launch(pl_bytes_op *op, pl_error *err) {
    pl_code code = pl_channel_async_queue(op->channel, &op->queue, err);

    op->completed.done = on_completed;
    op->task.run = on_outcome;
    if (code == PL_OK)
        code = pl_channel_enter(op->channel, op->exchange.path, 0, err);
    if (code == PL_OK) {
        code = start_attempt(op, err);
        if (code != PL_OK)
            pl_channel_leave(op->channel);
    }
    if (code != PL_OK)
        op_free(op);
    return code;
}

static pl_bytes_op *op_new(pl_channel *channel, pl_loop *loop, void *arg) {
    pl_bytes_op *op = calloc(1, sizeof *op);

    if (!op)
        return NULL;
    op->channel = channel;
    op->loop = loop;
    op->arg = arg;
    op->texts = pl_arena_make(PL_CALL_METADATA_MAX * (PL_CALL_METADATA_VALUE_MAX + 512));
    return op;
}

/* ---- bytes ---- */

static void finish_bytes(pl_bytes_op *op, const pl_error *err) {
    pl_bytes_reply *reply = pl_reply_new(err ? NULL : &op->attempt, op->channel->name,
                                         op->exchange.path, err);

    if (reply)
        pl_passage_tell_doubt(&op->passage, &reply->error);
    pl_channel_observed(op->channel, &op->exchange, reply ? reply->code : PL_RESOURCE_EXHAUSTED,
                        reply ? reply->error.message : "no memory");
    pl_attempt_done(&op->attempt); /* the callback may free the channel */
    op->bytes_done(op->arg, reply);
}

pl_code pl_channel_start_bytes(pl_channel *channel, const pl_bytes_request *request, pl_loop *loop,
                               pl_bytes_done_fn *done, void *arg, pl_bytes_op **out_op,
                               pl_error *err) {
    pl_bytes_op *op = op_new(channel, loop, arg);
    pl_code code;

    if (!op)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "%s: no memory", request->path);
    op->finish = finish_bytes;
    op->bytes_done = done;
    code = pl_exchange_prepare_bytes(&op->exchange, request, err);
    if (code == PL_OK && !pl_exchange_keep(&op->exchange, &op->texts))
        code = pl_error_set(err, PL_RESOURCE_EXHAUSTED, "%s: no memory", request->path);
    if (code != PL_OK) {
        op_free(op);
        return code;
    }
    code = launch(op, err);
    if (code == PL_OK && out_op)
        *out_op = op;
    return code;
}

void pl_bytes_cancel(pl_bytes_op *op) {
    if (op->cancelled)
        return;
    op->cancelled = true;
    if (pl_timer_running(&op->timer)) {
        pl_timer_stop(&op->timer);
        op->task.run = on_cancelled;
        pl_loop_post(op->loop, &op->task);
    } else if (op->attempt.call) {
        grpc_call_cancel(op->attempt.call, NULL);
    }
}

/* ---- messages ---- */

static void finish_message(pl_bytes_op *op, const pl_error *err) {
    ProtobufCMessage *response = NULL;
    pl_call *call = op->call;
    pl_code code;

    if (err) {
        call->error = *err;
    } else if (pl_attempt_code(&op->attempt) == PL_OK) {
        code = pl_exchange_unpack(call, op->method, &op->attempt, &response);
        pl_channel_observed(op->channel, &op->exchange, code, call->error.message);
        pl_attempt_done(&op->attempt);
        op->deliver(op->done, op->arg, call, code, response);
        return;
    } else {
        pl_attempt_error(&op->attempt, op->channel->name, op->exchange.path, &call->error,
                         &call->violations);
    }
    pl_passage_tell_doubt(&op->passage, &call->error);
    pl_channel_observed(op->channel, &op->exchange, call->error.code, call->error.message);
    pl_attempt_done(&op->attempt); /* the callback may free the channel */
    op->deliver(op->done, op->arg, call, call->error.code, NULL);
}

pl_code pl_channel_start(pl_channel *channel, const pl_call_opts *opts,
                         const pl_method_desc *method, const ProtobufCMessage *request,
                         pl_deliver_fn *deliver, pl_any_fn *done, void *arg, pl_error *err) {
    pl_bytes_op *op;
    pl_code code;

    if (!opts->loop)
        return pl_error_set(err, PL_INVALID_ARGUMENT, "%s: an asynchronous call needs a loop",
                            method->path);
    op = op_new(channel, opts->loop, arg);
    if (!op)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "%s: no memory", method->path);
    op->finish = finish_message;
    op->method = method;
    op->deliver = deliver;
    op->done = done;
    code = pl_call_new(opts, &op->call, err);
    if (code == PL_OK) {
        code = pl_exchange_prepare(&op->exchange, op->call, method, request);
        op->exchange.waiter = NULL; /* nothing waits, and the parent may end before */
        if (code != PL_OK && err)
            *err = op->call->error;
    }
    if (code != PL_OK) {
        op_free(op);
        return code;
    }
    return launch(op, err);
}
