/* A consumer's end over a channel. Completions are taken on the channel's own thread. */
#include <stdlib.h>
#include <string.h>

#include "channel_internal.h"
#include "parley/base/assert.h"
#include "parley/base/hold.h"
#include "reply.h"
#include "stream_internal.h"
#include "stream_wire.h"

typedef struct client_stream {
    pl_stream end;
    pl_wire wire;
    pl_channel *channel;
    pl_exchange exchange;
    pl_arena texts; /* what exchange borrows, of a call in bytes */
    pl_passage passage;
    pl_attempt attempt;
    pl_op closed; /* the status has come */
    void (*wake)(pl_stream *stream);
    atomic_bool given_up;
    /* the channel's thread's */
    bool lives;     /* a message has come: the upstream lives */
    bool dry;       /* no more come, */
    pl_code unread; /* because one could not be read */
    pthread_mutex_t mu;
    pthread_cond_t idle; /* flying has become 0 */
    /* guarded by mu */
    unsigned flying; /* batches on their way */
    bool went;       /* the first batch */
    bool cancel_due; /* when it has gone */
    bool over;       /* the status has come */
} client_stream;

static client_stream *of_wire(pl_wire *wire) {
    return PL_CONTAINER_OF(wire, client_stream, wire);
}

static client_stream *of_end(pl_stream *end) {
    return PL_CONTAINER_OF(end, client_stream, end);
}

/* ---- the wire's side ---- */

static size_t sending(pl_wire *wire, bool first, bool last, grpc_op *ops, size_t count) {
    client_stream *stream = of_wire(wire);

    if (first) {
        ops[count].op = GRPC_OP_SEND_INITIAL_METADATA;
        ops[count].data.send_initial_metadata.count = stream->exchange.metadata_count;
        ops[count++].data.send_initial_metadata.metadata = stream->attempt.outgoing;
    }
    if (last)
        ops[count++].op = GRPC_OP_SEND_CLOSE_FROM_CLIENT;
    return count;
}

static size_t receiving(pl_wire *wire, grpc_op *ops, size_t count) {
    ops[count].op = GRPC_OP_RECV_INITIAL_METADATA;
    ops[count++].data.recv_initial_metadata.recv_initial_metadata = &of_wire(wire)->attempt.initial;
    return count;
}

/* A trial of the breaker is not to take as long as a stream. */
static void came_first(pl_wire *wire) {
    client_stream *stream = of_wire(wire);

    stream->lives = true;
    pl_channel_lives(stream->channel, &stream->passage);
}

static bool is_over(pl_stream *end) {
    client_stream *stream = of_end(end);
    bool over;

    pthread_mutex_lock(&stream->mu);
    over = stream->over;
    pthread_mutex_unlock(&stream->mu);
    return over;
}

static bool is_given_up(const client_stream *stream) {
    const pl_call *waiter = stream->exchange.waiter;

    return atomic_load(&stream->given_up) || (waiter && pl_call_cancelled(waiter));
}

/* What waits is given out before the status is. An OK has nothing to say of a message that came
 * with it and cannot be read. */
static void end_messages(client_stream *stream) {
    pl_code code = pl_attempt_code(&stream->attempt);

    (void)pl_flow_end(&stream->wire.in, code == PL_OK ? stream->unread : code);
}

static void dry(pl_wire *wire, pl_code why) {
    client_stream *stream = of_wire(wire);

    stream->dry = true;
    stream->unread = why != PL_OK && is_given_up(stream) ? PL_CANCELLED : why;
    if (is_over(&stream->end))
        end_messages(stream);
}

static void hold(pl_wire *wire) {
    client_stream *stream = of_wire(wire);

    pthread_mutex_lock(&stream->mu);
    stream->flying++;
    pthread_mutex_unlock(&stream->mu);
}

static void release(pl_wire *wire) {
    client_stream *stream = of_wire(wire);
    void (*wake)(pl_stream * end) = stream->wake;
    bool last;

    pthread_mutex_lock(&stream->mu);
    last = --stream->flying == 0;
    if (last && !wake)
        pthread_cond_signal(&stream->idle);
    /* Under mu: the end is freed when it has been woken for the last time. */
    if (last && wake)
        wake(&stream->end);
    pthread_mutex_unlock(&stream->mu);
}

static void sent_first(pl_wire *wire) {
    client_stream *stream = of_wire(wire);
    bool cancel_due;

    pthread_mutex_lock(&stream->mu);
    stream->went = true;
    cancel_due = stream->cancel_due;
    pthread_mutex_unlock(&stream->mu);
    if (cancel_due)
        grpc_call_cancel(stream->attempt.call, NULL);
}

static const pl_wire_side wire_side = {
    .sending = sending,
    .sent_first = sent_first,
    .receiving = receiving,
    .came_first = came_first,
    .dry = dry,
    .hold = hold,
    .release = release,
};

/* ---- the status ---- */

static pl_code status(pl_stream *end, pl_error *err, pl_violations *violations) {
    client_stream *stream = of_end(end);
    pl_code code = pl_attempt_code(&stream->attempt);

    if (code == PL_OK)
        return PL_OK;
    pl_attempt_error(&stream->attempt, stream->channel->name, stream->exchange.path, err,
                     violations);
    pl_passage_tell_doubt(&stream->passage, err);
    return code;
}

/* An upstream that has answered is not to blame for the time its caller gave it. */
static void settle(client_stream *stream) {
    pl_code code = pl_attempt_code(&stream->attempt);

    if (!stream->lives || (code != PL_OK && code != PL_DEADLINE_EXCEEDED))
        pl_channel_settle(stream->channel, &stream->passage, &stream->attempt);
    pl_channel_leave(stream->channel);
}

static void on_closed(pl_op *op, bool ok) {
    client_stream *stream = PL_CONTAINER_OF(op, client_stream, closed);
    pl_attempt *attempt = &stream->attempt;
    bool late = pl_now_ns() >= stream->exchange.deadline_ns;
    pl_code code;

    (void)ok;
    attempt->given_up = is_given_up(stream);
    code = pl_attempt_code(attempt);
    settle(stream);
    pthread_mutex_lock(&stream->mu);
    stream->over = true;
    pthread_mutex_unlock(&stream->mu);
    if (code != PL_OK && (attempt->given_up || late))
        pl_flow_cut(&stream->wire.in, code);
    else if (stream->dry)
        end_messages(stream);
    pl_flow_cut(&stream->wire.out, code);
    release(&stream->wire);
}

/* ---- the end's side ---- */

static void put(pl_stream *end) {
    pl_wire_write(&of_end(end)->wire);
}

static void took(pl_stream *end) {
    pl_wire_read(&of_end(end)->wire);
}

/* Not to overtake the HEADERS: see pl_attempt_is_connected. */
static void cancel(pl_stream *end) {
    client_stream *stream = of_end(end);
    bool connected = pl_attempt_is_connected(&stream->attempt), now;

    atomic_store(&stream->given_up, true);
    pthread_mutex_lock(&stream->mu);
    now = stream->went || !connected;
    stream->cancel_due = !now;
    pthread_mutex_unlock(&stream->mu);
    if (now)
        grpc_call_cancel(stream->attempt.call, NULL);
}

static bool is_idle(pl_stream *end) {
    client_stream *stream = of_end(end);
    bool idle;

    pthread_mutex_lock(&stream->mu);
    idle = stream->flying == 0;
    pthread_mutex_unlock(&stream->mu);
    return idle;
}

static void tell_observer(client_stream *stream) {
    pl_error err = PL_ERROR_INIT;
    pl_code code = status(&stream->end, &err, NULL);

    /* Who has heard enough has not failed. */
    if (code == PL_CANCELLED && atomic_load(&stream->given_up))
        code = PL_OK;
    pl_channel_observed(stream->channel, &stream->exchange, code, err.message);
}

static void wait_idle(pl_stream *end) {
    client_stream *stream = of_end(end);

    pthread_mutex_lock(&stream->mu);
    while (stream->flying)
        pthread_cond_wait(&stream->idle, &stream->mu);
    pthread_mutex_unlock(&stream->mu);
    tell_observer(stream);
}

static void stream_free(pl_stream *end) {
    client_stream *stream = of_end(end);

    if (end->call && stream->attempt.call)
        pl_call_keep_received(end->call, &stream->attempt);
    pl_attempt_done(&stream->attempt);
    grpc_slice_unref(stream->exchange.body);
    pl_wire_done(&stream->wire);
    pl_stream_done(end);
    pl_arena_done(&stream->texts);
    pthread_cond_destroy(&stream->idle);
    pthread_mutex_destroy(&stream->mu);
    free(stream);
}

static const pl_stream_side end_side = {
    .put = put,
    .took = took,
    .cancel = cancel,
    .is_over = is_over,
    .is_idle = is_idle,
    .wait = wait_idle,
    .status = status,
    .free = stream_free,
};

pl_bytes_reply *pl_client_stream_reply(pl_stream *end) {
    client_stream *stream = of_end(end);
    pl_bytes_reply *reply = pl_reply_new(&stream->attempt, stream->channel->name,
                                         stream->exchange.path, NULL);

    if (reply)
        pl_passage_tell_doubt(&stream->passage, &reply->error);
    return reply;
}

/* ---- opening ---- */

static void wake_end(void *self) {
    client_stream *stream = self;

    stream->wake(&stream->end);
}

static client_stream *stream_new(pl_channel *channel, const pl_stream_start_opts *opts) {
    client_stream *stream = calloc(1, sizeof *stream);

    if (!stream)
        return NULL;
    pl_stream_init(&stream->end, &end_side, opts->method, opts->call);
    pl_wire_init(&stream->wire, &wire_side, opts->wake ? wake_end : NULL, stream);
    stream->wire.max_message = channel->opts.max_message;
    stream->end.in = &stream->wire.in;
    stream->end.out = &stream->wire.out;
    stream->end.max_send = pl_channel_max_send(channel);
    stream->end.delivery = opts->delivery;
    stream->channel = channel;
    stream->wake = opts->wake;
    stream->closed.done = on_closed;
    stream->texts = pl_arena_make(PL_CALL_METADATA_MAX * (PL_CALL_METADATA_VALUE_MAX + 512));
    pthread_mutex_init(&stream->mu, NULL);
    pthread_cond_init(&stream->idle, NULL);
    return stream;
}

static pl_code prepare(client_stream *stream, const pl_stream_start_opts *opts, pl_error *err) {
    pl_exchange *exchange = &stream->exchange;
    pl_code code;

    if (opts->call) {
        code = pl_exchange_prepare(exchange, stream->channel, opts->call, opts->method,
                                   opts->request);
        if (code != PL_OK && err)
            *err = opts->call->error;
        return code;
    }
    code = pl_exchange_prepare_bytes(exchange, opts->bytes, err);
    if (code == PL_OK && !pl_exchange_keep(exchange, &stream->texts))
        code = pl_error_set(err, PL_RESOURCE_EXHAUSTED, "%s: no memory", opts->bytes->path);
    return code;
}

static pl_code check_caller(const client_stream *stream, pl_error *err) {
    const pl_exchange *exchange = &stream->exchange;

    if (exchange->waiter && pl_call_cancelled(exchange->waiter))
        return pl_error_set(err, PL_CANCELLED, "%s: %s: the caller has given up",
                            stream->channel->name, exchange->path);
    if (pl_now_ns() >= exchange->deadline_ns)
        return pl_error_set(err, PL_DEADLINE_EXCEEDED,
                            "%s: %s: not called, the deadline has passed", stream->channel->name,
                            exchange->path);
    return PL_OK;
}

/* Until when to stand in line for the bulkhead; an end on a loop does not. */
static int64_t bulkhead_until(const client_stream *stream) {
    int64_t until = pl_deadline_ms(stream->channel->opts.bulkhead_wait_ms);

    if (stream->wake)
        return 0;
    return until < stream->exchange.deadline_ns ? until : stream->exchange.deadline_ns;
}

static void begin(client_stream *stream, pl_core_channel *core, grpc_completion_queue *queue,
                  bool has_request) {
    grpc_op op;
    bool idle;

    pl_attempt_begin(&stream->attempt, core, &stream->exchange, queue);
    stream->wire.call = stream->attempt.call;
    stream->flying = 1;
    if (has_request) { /* before the status may come and cut it */
        (void)pl_flow_put(&stream->wire.out, grpc_slice_ref(stream->exchange.body), 0, &idle);
        (void)pl_flow_end(&stream->wire.out, PL_OK);
    }
    pl_attempt_status_op(&stream->attempt, &op);
    pl_op_start(stream->attempt.call, &op, 1, &stream->closed);
    pl_wire_read(&stream->wire);
    if (has_request)
        pl_wire_write(&stream->wire);
    else
        pl_wire_open(&stream->wire);
}

static pl_code start(client_stream *stream, bool has_request, pl_error *err) {
    pl_channel *channel = stream->channel;
    const char *path = stream->exchange.path;
    grpc_completion_queue *queue = NULL;
    pl_core_channel *core;
    pl_code code = check_caller(stream, err);
#ifdef PL_DEV
    bool no_transaction_is_held_across_a_remote_call = pl_base_hold_held() == 0;
    PL_ASSERT(no_transaction_is_held_across_a_remote_call);
#endif

    if (code == PL_OK)
        code = pl_channel_async_queue(channel, &queue, err);
    if (code == PL_OK)
        code = pl_channel_enter(channel, path, bulkhead_until(stream), err);
    if (code != PL_OK)
        return code;
    code = pl_channel_admit(channel, &stream->passage, path, &core, err);
    if (code != PL_OK) {
        pl_channel_leave(channel);
        return code;
    }
    begin(stream, core, queue, has_request);
    return PL_OK;
}

pl_code pl_client_stream_open(pl_channel *channel, const pl_stream_start_opts *opts,
                              pl_stream **out_stream, pl_error *err) {
    client_stream *stream = stream_new(channel, opts);
    pl_code code;

    if (!stream)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "%s: no memory for a stream",
                            channel->name);
    code = prepare(stream, opts, err);
    if (code == PL_OK)
        code = start(stream, opts->request != NULL, err);
    if (code != PL_OK) {
        pl_channel_observed(channel, &stream->exchange, code, err ? err->message : "");
        stream_free(&stream->end);
        return code;
    }
    *out_stream = &stream->end;
    return PL_OK;
}
