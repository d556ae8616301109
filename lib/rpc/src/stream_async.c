/* A consumer's end on a loop: a client's end whose flows post a task instead of waking a thread. */
#include <stdlib.h>

#include "core.h"
#include "parley/loop/loop.h"
#include "stream_internal.h"

typedef struct pl_stream_delivery {
    pl_stream *stream;
    pl_call *call;
    pl_loop *loop;
    pl_task task;
    atomic_bool posted;
    pl_stream_deliver_fn *deliver;
    const void *events;
    void *arg;
    /* the loop's */
    bool paused, wants_room, ended;
} delivery;

static void post(delivery *d) {
    if (!atomic_exchange(&d->posted, true))
        pl_loop_post(d->loop, &d->task);
}

static void wake(pl_stream *stream) {
    post(stream->delivery);
}

static void deliver(delivery *d, pl_stream_event event, const ProtobufCMessage *message,
                    pl_code code) {
    d->deliver(d->events, d->arg, event, d->stream, message, d->call, code);
}

/* One message, if there is one; false where there is nothing more to do now. */
static bool deliver_message(delivery *d) {
    const ProtobufCMessage *message = NULL;
    pl_code code = pl_stream_recv_now(d->stream, &message);

    if (code == PL_FLOW_NOT_NOW)
        return false;
    if (code == PL_OK && message) {
        deliver(d, PL_STREAM_MESSAGE, message, PL_OK);
        return true;
    }
    d->ended = true;
    if (code != PL_OK)
        d->stream->side->cancel(d->stream); /* what came makes no sense */
    return false;
}

static void deliver_messages(delivery *d) {
    unsigned count = 0;

    while (!d->ended && (!d->paused || pl_flow_is_over(d->stream->in)) && deliver_message(d)) {
        if (++count == PL_STREAM_QUEUE) {
            post(d); /* others on the loop have their turn */
            return;
        }
    }
}

static void deliver_done(delivery *d) {
    pl_code code = pl_stream_settle(d->stream);

    /* What the callback still says of the end leads nowhere. */
    d->stream->delivery = NULL;
    (void)pl_flow_end(d->stream->out, PL_OK);
    deliver(d, PL_STREAM_DONE, NULL, code); /* may free the channel */
    d->stream->side->free(d->stream);
    pl_call_free(d->call);
    free(d);
    pl_core_shutdown();
}

static void on_task(pl_task *task) {
    delivery *d = PL_CONTAINER_OF(task, delivery, task);

    atomic_store(&d->posted, false);
    deliver_messages(d);
    if (d->wants_room && pl_flow_has_room(d->stream->out)) {
        d->wants_room = false;
        deliver(d, PL_STREAM_ROOM, NULL, PL_OK);
    }
    if (d->ended && d->stream->side->is_idle(d->stream) && !atomic_load(&d->posted))
        deliver_done(d);
}

pl_code pl_stream_start(pl_channel *channel, const pl_call_opts *opts, const pl_method_desc *method,
                        const ProtobufCMessage *request, pl_stream_deliver_fn *deliver_fn,
                        const void *events, void *arg, pl_stream **out_stream, pl_error *err) {
    pl_stream_start_opts open = {.method = method, .request = request, .wake = wake};
    delivery *d;
    pl_code code;

    if (!opts->loop)
        return pl_error_set(err, PL_INVALID_ARGUMENT, "%s: an asynchronous stream needs a loop",
                            method->path);
    d = calloc(1, sizeof *d);
    if (!d)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "%s: no memory", method->path);
    d->loop = opts->loop;
    d->task.run = on_task;
    atomic_init(&d->posted, true); /* when it has started */
    d->deliver = deliver_fn;
    d->events = events;
    d->arg = arg;
    code = pl_call_new(opts, &d->call, err);
    open.call = d->call;
    open.delivery = d;
    if (code == PL_OK)
        code = pl_client_stream_open(channel, &open, &d->stream, err);
    if (code != PL_OK) {
        pl_call_free(d->call);
        free(d);
        return code;
    }
    pl_core_init(); /* not to end with the channel */
    *out_stream = d->stream;
    pl_loop_post(d->loop, &d->task);
    return PL_OK;
}

pl_code pl_stream_try_send(pl_stream *stream, const ProtobufCMessage *message) {
    pl_code code = pl_stream_send_until(stream, message, 0);

    if (code != PL_FLOW_NOT_NOW)
        return code;
    stream->delivery->wants_room = true;
    return PL_RESOURCE_EXHAUSTED;
}

void pl_stream_pause(pl_stream *stream, bool paused) {
    delivery *d = stream->delivery;

    if (!d)
        return;
    d->paused = paused;
    if (!paused)
        post(d);
}
