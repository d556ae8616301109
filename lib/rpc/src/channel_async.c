/* Calls that do not wait.
 *
 * One thread a channel, started with the first such call, talks to core; see async.h. Everything
 * else of a call happens on its loop: the outcome, the wait before a retry, the callback.
 */
#include <stdlib.h>
#include <string.h>

#include "channel_internal.h"
#include "parley/base/assert.h"
#include "parley/loop/loop.h"
#include "reply.h"

/* A call is one batch: nothing tells when its HEADERS have gone out. At this age they have, unless
 * the machine is very busy; see pl_attempt_is_connected. */
#define CANCEL_AGE_NS (20 * PL_NS_PER_MS)

/* One call; of bytes or of messages. Used again for the next ones of the channel. */
struct pl_bytes_op {
    pl_spare spare;
    pl_channel *channel;
    pl_async_op async;
    pl_exchange exchange;
    pl_passage passage;
    pl_attempt attempt;
    pl_task task;     /* to end it where there is no attempt */
    pl_timer timer;   /* of the next attempt, or of the cancellation */
    int64_t begun_ns; /* the attempt */
    bool cancelled;
    pl_arena texts; /* what exchange borrows */
    /* Gives the caller the outcome: the attempt's, or ERR where it is not NULL. */
    void (*finish)(pl_bytes_op *op, const pl_error *err);
    void *arg;
    pl_bytes_done_fn *bytes_done;
    /* of messages */
    pl_call *call; /* NULL until it is used for one */
    const pl_method_desc *method;
    pl_deliver_fn *deliver;
    pl_any_fn *done;
};

static void op_delete(pl_bytes_op *op) {
    pl_arena_done(&op->texts);
    pl_call_free(op->call);
    free(op);
}

static void free_spare(pl_spare *spare) {
    op_delete(PL_CONTAINER_OF(spare, pl_bytes_op, spare));
}

/* Both or none; under mu. */
static bool has_async(pl_channel *channel) {
    if (channel->async)
        return true;
    if (!channel->async_ops)
        channel->async_ops = pl_spares_new(free_spare);
    return channel->async_ops && pl_async_new(&channel->async) == PL_OK;
}

/* Makes sure that the channel has its thread. */
static pl_code need_async(pl_channel *channel, pl_error *err) {
    bool ready;

    pthread_mutex_lock(&channel->mu);
    ready = has_async(channel);
    pthread_mutex_unlock(&channel->mu);
    return ready ? PL_OK : pl_error_set(err, PL_RESOURCE_EXHAUSTED, "%s: no thread", channel->name);
}

pl_code pl_channel_async_queue(pl_channel *channel, grpc_completion_queue **out_queue,
                               pl_error *err) {
    pl_code code = need_async(channel, err);

    if (code == PL_OK)
        *out_queue = pl_async_queue(channel->async);
    return code;
}

/* What OP took for its call; SPARES are its channel's, which may be gone. */
static void op_free(pl_bytes_op *op, pl_spares *spares) {
    pl_attempt_done(&op->attempt);
    grpc_slice_unref(op->exchange.body);
    op->exchange.body = grpc_empty_slice();
    pl_arena_clear(&op->texts);
    if (op->call)
        pl_call_reset(op->call);
    pl_spares_give(spares, &op->spare);
}

/* On either thread. */
static void on_start(pl_async_op *async) {
    pl_bytes_op *op = PL_CONTAINER_OF(async, pl_bytes_op, async);

    pl_attempt_send(&op->attempt, &op->exchange, &async->completed);
}

static pl_code start_attempt(pl_bytes_op *op, pl_error *err) {
    pl_core_channel *core;
    pl_code code = pl_channel_admit(op->channel, &op->passage, op->exchange.path, &core, err);

    if (code != PL_OK)
        return code;
    op->begun_ns = pl_now_ns();
    pl_attempt_begin(&op->attempt, core, &op->exchange, pl_async_queue(op->channel->async));
    pl_async_start(op->channel->async, &op->async);
    return PL_OK;
}

static void finish(pl_bytes_op *op, const pl_error *err) {
    pl_spares *spares = op->channel->async_ops;

    pl_channel_leave(op->channel);
    op->finish(op, err); /* may free the channel */
    op_free(op, spares);
}

static void on_retry_time(void *self) {
    pl_bytes_op *op = self;
    pl_error err = PL_ERROR_INIT;

    if (start_attempt(op, &err) != PL_OK)
        finish(op, &err);
}

/* On the loop: the attempt is over. */
static void on_outcome(pl_async_op *async) {
    pl_bytes_op *op = PL_CONTAINER_OF(async, pl_bytes_op, async);
    int64_t again_ns;

    pl_timer_stop(&op->timer);
    op->attempt.given_up = op->cancelled;
    pl_channel_settle(op->channel, &op->passage, &op->attempt);
    if (!op->cancelled && pl_attempt_code(&op->attempt) != PL_OK &&
        pl_channel_retry(op->channel, &op->passage, &op->exchange, &op->attempt, &again_ns)) {
        pl_attempt_done(&op->attempt);
        pl_timer_start(op->async.loop, &op->timer, again_ns, on_retry_time, op);
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
    pl_code code = pl_channel_enter(op->channel, op->exchange.path, 0, err);

    if (code == PL_OK) {
        code = start_attempt(op, err);
        if (code != PL_OK)
            pl_channel_leave(op->channel);
    }
    if (code != PL_OK)
        op_free(op, op->channel->async_ops);
    return code;
}

static pl_bytes_op *op_make(pl_channel *channel) {
    pl_bytes_op *op = calloc(1, sizeof *op);

    if (!op)
        return NULL;
    op->channel = channel;
    op->async.start = on_start;
    op->async.ended = on_outcome;
    op->task.run = on_cancelled;
    op->texts = pl_arena_make(PL_CALL_METADATA_MAX * (PL_CALL_METADATA_VALUE_MAX + 512));
    return op;
}

static pl_code op_new(pl_channel *channel, pl_loop *loop, void *arg, pl_bytes_op **out_op,
                      pl_error *err) {
    pl_code code = need_async(channel, err);
    pl_spare *spare;
    pl_bytes_op *op = NULL;

    if (code != PL_OK)
        return code;
    spare = pl_spares_take(channel->async_ops);
    op = spare ? PL_CONTAINER_OF(spare, pl_bytes_op, spare) : op_make(channel);
    if (!op) {
        pl_spares_give(channel->async_ops, NULL);
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "%s: no memory for a call", channel->name);
    }
    op->async.loop = loop;
    op->arg = arg;
    op->passage = (pl_passage){0};
    op->cancelled = false;
    *out_op = op;
    return PL_OK;
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
    pl_bytes_op *op = NULL;
    pl_code code = op_new(channel, loop, arg, &op, err);

    if (code != PL_OK)
        return code;
    op->finish = finish_bytes;
    op->bytes_done = done;
    code = pl_exchange_prepare_bytes(&op->exchange, request, err);
    if (code == PL_OK && !pl_exchange_keep(&op->exchange, &op->texts))
        code = pl_error_set(err, PL_RESOURCE_EXHAUSTED, "%s: no memory", request->path);
    if (code != PL_OK) {
        op_free(op, channel->async_ops);
        return code;
    }
    code = launch(op, err);
    if (code == PL_OK && out_op)
        *out_op = op;
    return code;
}

static void on_cancel_age(void *self) {
    pl_bytes_op *op = self;

    grpc_call_cancel(op->attempt.call, NULL);
}

void pl_bytes_cancel(pl_bytes_op *op) {
    int64_t at_ns = op->begun_ns + CANCEL_AGE_NS;

    if (op->cancelled)
        return;
    op->cancelled = true;
    if (pl_timer_running(&op->timer)) {
        pl_timer_stop(&op->timer);
        pl_loop_post(op->async.loop, &op->task);
    } else if (op->attempt.call && pl_now_ns() < at_ns && pl_attempt_is_connected(&op->attempt)) {
        pl_timer_start(op->async.loop, &op->timer, at_ns, on_cancel_age, op);
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
    pl_bytes_op *op = NULL;
    pl_code code;

    if (!opts->loop)
        return pl_error_set(err, PL_INVALID_ARGUMENT, "%s: an asynchronous call needs a loop",
                            method->path);
    code = op_new(channel, opts->loop, arg, &op, err);
    if (code != PL_OK)
        return code;
    op->finish = finish_message;
    op->method = method;
    op->deliver = deliver;
    op->done = done;
    code = op->call ? pl_call_begin(op->call, opts, err) : pl_call_new(opts, &op->call, err);
    if (code == PL_OK) {
        code = pl_exchange_prepare(&op->exchange, channel, op->call, method, request);
        op->exchange.waiter = NULL; /* nothing waits, and the parent may end before */
        if (code != PL_OK && err)
            *err = op->call->error;
    }
    if (code != PL_OK) {
        op_free(op, channel->async_ops);
        return code;
    }
    return launch(op, err);
}
