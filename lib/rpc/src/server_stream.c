/* The server's end of a stream.
 *
 * Its handler runs on a thread of the pool for streams, the poller moves the messages. When the
 * handler has returned, the poller sends what waits, then the status.
 *
 * From time to time the poller looks at every stream: one whose peer takes nothing, and one on
 * which no first message comes or goes, is cancelled.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock_grpc.h"
#include "server_internal.h"
#include "stream_internal.h"
#include "stream_wire.h"

/* Looks without a move after which a stream is stalled: so often one looks in the time allowed. */
#define LOOKS 4
/* Looks are at least so many milliseconds apart. */
#define LOOK_MS_MIN 10

struct pl_server_stream {
    pl_stream end;
    pl_wire wire;
    pl_server_call *call;
    pl_code code; /* the handler's, when it has returned */
    /* the poller's */
    pl_server_stream *next, *prev; /* guarded by server->mu */
    unsigned long long writes_seen;
    unsigned stalled; /* looks in which nothing had moved */
};

static pl_server_stream *of_wire(pl_wire *wire) {
    return PL_CONTAINER_OF(wire, pl_server_stream, wire);
}

static pl_server_stream *of_end(pl_stream *end) {
    return PL_CONTAINER_OF(end, pl_server_stream, end);
}

/* Its request is read before the handler begins, and no more is. */
static bool takes_one(const pl_method_desc *desc) {
    return desc->kind == PL_METHOD_SERVER_STREAM && desc->request;
}

/* ---- the wire's side ---- */

static size_t sending(pl_wire *wire, bool first, bool last, grpc_op *ops, size_t count) {
    pl_server_stream *stream = of_wire(wire);
    bool message = count > 0;

    if (first)
        pl_server_headers_op(stream->call, message || stream->code == PL_OK, &ops[count++]);
    if (last)
        pl_server_status_op(stream->call, stream->code, &ops[count++]);
    return count;
}

static void sent_last(pl_wire *wire) {
    pl_server_call *call = of_wire(wire)->call;

    call->requests += atomic_load(&wire->came);
    call->request_bytes += atomic_load(&wire->came_bytes);
    call->responses = atomic_load(&wire->went);
    call->response_bytes = atomic_load(&wire->went_bytes);
    pl_server_leave(call);
}

static void give_up(pl_server_stream *stream) {
    pl_call_cancel(&stream->call->call);
    pl_flow_cut(&stream->wire.in, PL_CANCELLED);
    pl_flow_cut(&stream->wire.out, PL_CANCELLED);
}

/* Half an upload is not to be taken for a whole one: a broken connection, or a message that cannot
 * be read, ends the messages, too, and RECV_CLOSE says so only later. */
static void dry(pl_wire *wire, pl_code why) {
    if (why != PL_OK || grpc_call_failed_before_recv_message(wire->call))
        give_up(of_wire(wire));
    else
        (void)pl_flow_end(&wire->in, PL_OK);
}

static void hold(pl_wire *wire) {
    atomic_fetch_add(&of_wire(wire)->call->refs, 1);
}

static void release(pl_wire *wire) {
    pl_server_call_unref(of_wire(wire)->call);
}

static const pl_wire_side wire_side = {
    .sending = sending, .sent_last = sent_last, .dry = dry, .hold = hold, .release = release};

/* ---- the end's side ---- */

static void put(pl_stream *end) {
    pl_wire_write(&of_end(end)->wire);
}

static void took(pl_stream *end) {
    pl_wire_read(&of_end(end)->wire);
}

static void cancel(pl_stream *end) {
    grpc_call_cancel(of_end(end)->call->call.grpc, NULL);
}

static const pl_stream_side end_side = {.put = put, .took = took, .cancel = cancel};

/* ---- looking after streams ---- */

static int64_t look_every(const pl_server *server) {
    uint32_t ms = server->opts.stall_ms < server->opts.deadline_ms ? server->opts.stall_ms
                                                                   : server->opts.deadline_ms;

    ms /= LOOKS;
    return (ms > LOOK_MS_MIN ? ms : LOOK_MS_MIN) * PL_NS_PER_MS;
}

static void enlist(pl_server *server, pl_server_stream *stream) {
    if (server->look_ns == PL_NEVER)
        server->look_ns = pl_now_ns() + look_every(server);
    pthread_mutex_lock(&server->mu);
    stream->next = server->streams_open;
    if (stream->next)
        stream->next->prev = stream;
    server->streams_open = stream;
    pthread_mutex_unlock(&server->mu);
}

static void delist(pl_server *server, pl_server_stream *stream) {
    pthread_mutex_lock(&server->mu);
    *(stream->prev ? &stream->prev->next : &server->streams_open) = stream->next;
    if (stream->next)
        stream->next->prev = stream->prev;
    pthread_mutex_unlock(&server->mu);
}

/* Whether a batch is on its way, and for how many looks the same one. */
static bool is_stalled(pl_server *server, pl_server_stream *stream) {
    unsigned long long writes = atomic_load(&stream->wire.writes);
    unsigned allowed = (unsigned)(server->opts.stall_ms * PL_NS_PER_MS / look_every(server));

    if (writes != stream->writes_seen || !pl_flow_busy(&stream->wire.out))
        stream->stalled = 0;
    else
        stream->stalled++;
    stream->writes_seen = writes;
    return stream->stalled > allowed;
}

/* Whether its headers came and nothing since, not even the end. Where the handler speaks first, the
 * caller may have nothing to say. */
static bool is_mute(pl_server *server, pl_server_stream *stream, int64_t now) {
    return !takes_one(stream->end.method) && atomic_load(&stream->wire.came) == 0 &&
           atomic_load(&stream->wire.went) == 0 && !pl_flow_is_over(&stream->wire.in) &&
           now - stream->call->arrived_ns > server->opts.deadline_ms * PL_NS_PER_MS;
}

void pl_server_streams_look(pl_server *server) {
    int64_t now;

    if (server->look_ns == PL_NEVER)
        return;
    now = pl_now_ns();
    if (now < server->look_ns)
        return;
    pthread_mutex_lock(&server->mu);
    for (pl_server_stream *stream = server->streams_open; stream; stream = stream->next) {
        const char *why = is_stalled(server, stream)     ? "the answers were not taken in time"
                          : is_mute(server, stream, now) ? "no request came in time"
                                                         : NULL;
        if (why)
            grpc_call_cancel_with_status(stream->call->call.grpc, GRPC_STATUS_DEADLINE_EXCEEDED,
                                         why, NULL);
    }
    server->look_ns = server->streams_open ? now + look_every(server) : PL_NEVER;
    pthread_mutex_unlock(&server->mu);
}

/* ---- life ---- */

void pl_server_stream_free(pl_server_stream *stream) {
    delist(stream->call->server, stream);
    pl_wire_done(&stream->wire);
    pl_stream_done(&stream->end);
    free(stream);
}

static pl_code run_handler(pl_server_stream *stream) {
    pl_server_call *call = stream->call;
    ProtobufCMessage *request = NULL;
    pl_call *c = &call->call;
    pl_code code = PL_OK;

    if (pl_call_cancelled(c))
        return pl_call_fail(c, PL_CANCELLED, NULL, "%s: the caller has given up", call->path);
    if (takes_one(stream->end.method))
        code = pl_server_read_request(call, &request);
    if (code == PL_OK)
        code = pl_stream_handle(&stream->end, call->method->impl, request);
    pl_stream_settle_error(&stream->end, code);
    return code;
}

static void run_job(pl_job *job) {
    pl_server_call *call = PL_CONTAINER_OF(job, pl_server_call, job);
    pl_server_stream *stream = call->streaming;
    pl_server *server = call->server;

    call->queued_ns = pl_now_ns() - call->queued_ns;
    stream->code = run_handler(stream);
    pl_flow_cut(&stream->wire.in, PL_CANCELLED);
    atomic_fetch_sub(&server->streams_running, 1);
    pl_stream_end(&stream->end);
    /* The poller may have been done with the call before this thread; the reference for the answer
     * is this thread's. */
    pl_server_call_unref(call);
}

/* On the poller: RECV_CLOSE. */
static void on_closed(pl_server_call *call) {
    if (pl_call_cancelled(&call->call))
        give_up(call->streaming);
}

static void refuse_full(pl_server_call *call, const char *why) {
    atomic_fetch_add(&call->server->refused, 1);
    pl_call_retry_after(&call->call, PL_SERVER_RETRY_AFTER_MS);
    pl_server_reply(call,
                    pl_call_fail(&call->call, PL_RESOURCE_EXHAUSTED, "STREAMS_FULL",
                                 "%s: %s, try again later", call->path, why),
                    NULL);
}

static pl_server_stream *stream_new(pl_server_call *call) {
    pl_server_stream *stream = calloc(1, sizeof *stream);
    const pl_method_desc *desc = call->method->desc;

    if (!stream)
        return NULL;
    stream->call = call;
    pl_stream_init(&stream->end, &end_side, desc, &call->call);
    pl_wire_init(&stream->wire, &wire_side, NULL, NULL);
    stream->wire.call = call->call.grpc;
    stream->wire.max_message = desc->max_request ? desc->max_request
                                                 : call->server->opts.max_message;
    stream->end.in = &stream->wire.in;
    stream->end.out = &stream->wire.out;
    stream->end.max_send = call->server->opts.max_message;
    stream->end.handler = true;
    return stream;
}

static void launch(pl_server_call *call) {
    pl_server *server = call->server;
    char why[64];

    if (atomic_fetch_add(&server->streams_running, 1) >= server->opts.streams) {
        atomic_fetch_sub(&server->streams_running, 1);
        snprintf(why, sizeof why, "%u streams are open already", server->opts.streams);
        refuse_full(call, why);
        return;
    }
    call->streaming = stream_new(call);
    if (!call->streaming) {
        atomic_fetch_sub(&server->streams_running, 1);
        pl_server_reply(call, pl_call_no_memory(&call->call), NULL);
        return;
    }
    enlist(server, call->streaming);
    call->on_closed = on_closed;
    call->job.run = run_job;
    call->queued_ns = pl_now_ns();
    if (takes_one(call->method->desc))
        (void)pl_flow_end(&call->streaming->wire.in, PL_OK);
    else
        pl_wire_read(&call->streaming->wire);
    if (pl_workers_submit(server->stream_workers, &call->job))
        return;
    atomic_fetch_sub(&server->streams_running, 1);
    refuse_full(call, "no thread can be started for one more stream");
}

static void on_request(pl_server_call *call, bool came) {
    if (!came) {
        pl_server_reply_no_request(call);
        return;
    }
    call->requests = 1;
    launch(call);
}

void pl_server_stream_start(pl_server_call *call) {
    call->call.deadline = pl_from_gpr(call->details.deadline);
    if (takes_one(call->method->desc))
        pl_server_receive(call, on_request);
    else
        launch(call);
}
