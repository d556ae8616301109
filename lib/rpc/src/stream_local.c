/* Both ends of a stream in memory: what one puts, the other takes. The handler runs on a thread of
 * its own, with a call of its own, for as long as the consumer's end is open. */
#include <stdlib.h>
#include <string.h>

#include "channel_internal.h"
#include "codec.h"
#include "core.h"
#include "request.h"
#include "stream_internal.h"
#include "workers.h"

typedef struct local_stream {
    pl_stream consumer, handler;
    pl_flow requests, answers;
    const void *impl;
    pl_call *call; /* the handler's */
    grpc_slice request;
    pthread_t thread;
    pl_call_hook hook; /* in the consumer's call */
    pl_code code;      /* the handler's, when it is over */
    atomic_bool over;
} local_stream;

static local_stream *of_consumer(pl_stream *end) {
    return PL_CONTAINER_OF(end, local_stream, consumer);
}

/* ---- the handler ---- */

static pl_code run_handler(local_stream *stream) {
    const pl_method_desc *method = stream->handler.method;
    ProtobufCMessage *request = NULL;
    pl_code code = PL_OK;

    if (method->kind == PL_METHOD_SERVER_STREAM)
        code = pl_request_unpack(method, stream->call,
                                 pl_str_make((const char *)GRPC_SLICE_START_PTR(stream->request),
                                             GRPC_SLICE_LENGTH(stream->request)),
                                 &stream->call->arena, &request);
    if (code == PL_OK)
        code = pl_stream_handle(&stream->handler, stream->impl, request);
    pl_stream_settle_error(&stream->handler, code);
    if (code != PL_OK && stream->call->error.code != code)
        pl_call_fail(stream->call, code, NULL, "%s: %s", method->path, pl_code_name(code));
    return code;
}

static void *handler_main(void *arg) {
    local_stream *stream = arg;

    stream->code = run_handler(stream);
    atomic_store(&stream->over, true);
    pl_flow_cut(&stream->requests, stream->code);
    (void)pl_flow_end(&stream->answers, stream->code);
    return NULL;
}

/* ---- the consumer's side ---- */

static void cancel(pl_stream *end) {
    local_stream *stream = of_consumer(end);

    pl_call_cancel(stream->call);
    pl_flow_cut(&stream->requests, PL_CANCELLED);
    pl_flow_cut(&stream->answers, PL_CANCELLED);
}

static void on_call_cancelled(pl_call_hook *hook) {
    cancel(&PL_CONTAINER_OF(hook, local_stream, hook)->consumer);
}

/* What the handler gives up is given up for its consumer, too. */
static void cancel_handler(pl_stream *end) {
    cancel(&PL_CONTAINER_OF(end, local_stream, handler)->consumer);
}

static bool is_over(pl_stream *end) {
    return atomic_load(&of_consumer(end)->over);
}

static void wait_for_handler(pl_stream *end) {
    pthread_join(of_consumer(end)->thread, NULL);
}

static pl_code status(pl_stream *end, pl_error *err, pl_violations *violations) {
    local_stream *stream = of_consumer(end);
    const pl_violations *found = &stream->call->violations;

    if (stream->code == PL_OK)
        return PL_OK;
    *err = stream->call->error;
    for (size_t i = 0; violations && i < found->kept; i++)
        pl_violations_add(violations, found->items[i].field, "%s", found->items[i].description);
    return stream->code;
}

static void release(local_stream *stream) {
    pl_stream_done(&stream->consumer);
    pl_stream_done(&stream->handler);
    pl_flow_done(&stream->requests);
    pl_flow_done(&stream->answers);
    grpc_slice_unref(stream->request);
    pl_call_free(stream->call);
    free(stream);
    pl_core_shutdown();
}

static void local_free(pl_stream *end) {
    local_stream *stream = of_consumer(end);

    pl_call_hook_remove(end->call, &stream->hook);
    release(stream);
}

static const pl_stream_side consumer_side = {
    .cancel = cancel,
    .is_over = is_over,
    .wait = wait_for_handler,
    .status = status,
    .free = local_free,
};
static const pl_stream_side handler_side = {.cancel = cancel_handler};

/* ---- opening ---- */

/* The handler sees the call as if it had been called directly. */
static pl_code inherit(local_stream *stream, const pl_method_desc *method, pl_call *call,
                       int64_t deadline_ns) {
    pl_call_opts opts = PL_CALL_OPTS_INIT;
    pl_code code;

    opts.parent = call;
    opts.arena_budget = call->arena.budget;
    code = pl_call_new(&opts, &stream->call, &call->error);
    if (code != PL_OK)
        return code;
    stream->call->method = method;
    stream->call->domain = call->domain;
    stream->call->incoming = call->incoming;
    stream->call->grpc = call->grpc;
    stream->call->stopping = call->stopping;
    pl_call_limit(stream->call, deadline_ns);
    return PL_OK;
}

static pl_code make(local_stream *stream, const pl_method_desc *method, pl_call *call,
                    const ProtobufCMessage *request) {
    int64_t deadline = pl_call_method_deadline(call, method);
    pl_code code = inherit(stream, method, call, deadline);

    pl_flow_init(&stream->requests, NULL, NULL);
    pl_flow_init(&stream->answers, NULL, NULL);
    pl_stream_init(&stream->consumer, &consumer_side, method, call);
    pl_stream_init(&stream->handler, &handler_side, method, stream->call ? stream->call : call);
    stream->consumer.deadline = deadline;
    stream->consumer.out = stream->handler.in = &stream->requests;
    stream->consumer.in = stream->handler.out = &stream->answers;
    stream->consumer.max_send = stream->handler.max_send = PL_CHANNEL_MAX_MESSAGE;
    stream->handler.handler = true;
    stream->hook.cancelled = on_call_cancelled;
    if (code == PL_OK && request) {
        code = pl_message_pack(request, PL_CHANNEL_MAX_MESSAGE, &stream->request, &call->error);
        (void)pl_flow_end(&stream->requests, PL_OK);
    }
    return code;
}

static pl_code run_thread(local_stream *stream, pl_call *call) {
    pthread_attr_t attr;
    int rc = pthread_attr_init(&attr);

    if (rc == 0) {
        pthread_attr_setstacksize(&attr, PL_WORKERS_STACK);
        rc = pthread_create(&stream->thread, &attr, handler_main, stream);
        pthread_attr_destroy(&attr);
    }
    return rc == 0 ? PL_OK
                   : pl_call_fail(call, PL_RESOURCE_EXHAUSTED, NULL, "%s: no thread",
                                  stream->handler.method->path);
}

pl_code pl_local_stream_open(const pl_method_desc *method, const void *impl, pl_call *call,
                             const ProtobufCMessage *request, pl_stream **out_stream) {
    local_stream *stream;
    pl_code code;

    if (!method->stream)
        return pl_call_fail(call, PL_UNIMPLEMENTED, NULL, "%s: nobody implements it", method->path);
    stream = calloc(1, sizeof *stream);
    if (!stream)
        return pl_call_fail(call, PL_RESOURCE_EXHAUSTED, NULL, "%s: no memory", method->path);
    pl_core_init();
    stream->impl = impl;
    code = make(stream, method, call, request);
    if (code == PL_OK)
        code = run_thread(stream, call);
    if (code != PL_OK) {
        release(stream);
        return code;
    }
    pl_call_hook_add(call, &stream->hook);
    *out_stream = &stream->consumer;
    return PL_OK;
}
