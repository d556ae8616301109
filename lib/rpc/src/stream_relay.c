/* A handler's end joined to a consumer's: what the caller sends goes upstream, what comes back goes
 * to the caller. The handler's thread carries the answers; a second one, for as long as the relay
 * runs, the requests. Nothing is kept beyond the queues of both ends, so the slower side sets the
 * pace of the other. Requests are checked as those of any handler, and passed on as bytes. */
#include <pthread.h>

#include "codec.h"
#include "stream_internal.h"
#include "workers.h"

typedef struct relay {
    pl_stream *caller, *upstream;
    pl_call *call; /* the upstream's: the caller's belongs to the thread that receives from it */
    pl_call_hook hook; /* in the caller's call */
    pthread_t thread;
    bool threaded;
    pl_code code;      /* what receiving from the caller ended with */
    grpc_slice answer; /* the single one */
} relay;

static pl_code pass_on(pl_stream *from, pl_stream *to) {
    return pl_stream_put(to, grpc_slice_ref(from->at_hand), pl_stream_until(to));
}

static void *carry_requests(void *arg) {
    relay *r = arg;
    const ProtobufCMessage *request;
    pl_code code;

    while ((code = pl_stream_recv(r->caller, &request)) == PL_OK && request) {
        /* The upstream's status says why it takes no more. */
        if (pass_on(r->caller, r->upstream) != PL_OK)
            return NULL;
    }
    r->code = code;
    if (code == PL_OK)
        pl_stream_end(r->upstream);
    else
        pl_stream_cancel(r->upstream);
    return NULL;
}

static bool start_thread(relay *r) {
    pthread_attr_t attr;
    int rc = pthread_attr_init(&attr);

    if (rc != 0)
        return false;
    pthread_attr_setstacksize(&attr, PL_WORKERS_STACK);
    rc = pthread_create(&r->thread, &attr, carry_requests, r);
    pthread_attr_destroy(&attr);
    return rc == 0;
}

static pl_code carry_answers(relay *r) {
    bool came;
    pl_code code;

    while ((code = pl_stream_take(r->upstream, pl_stream_until(r->upstream), &came)) == PL_OK &&
           came) {
        code = pass_on(r->upstream, r->caller);
        if (code != PL_OK)
            break;
    }
    return code;
}

static void on_caller_cancelled(pl_call_hook *hook) {
    pl_stream_cancel(PL_CONTAINER_OF(hook, relay, hook)->upstream);
}

static pl_code open_upstream(relay *r, const pl_method_desc *method, pl_channel *channel,
                             pl_call *call, const ProtobufCMessage *request) {
    pl_call_opts opts = PL_CALL_OPTS_INIT;
    pl_code code;

    opts.parent = call;
    code = pl_call_new(&opts, &r->call, &call->error);
    if (code != PL_OK)
        return code;
    r->call->outgoing = call->outgoing;
    call->outgoing.count = 0;
    code = pl_stream_open(method, channel, NULL, r->call, request, &r->upstream);
    if (code != PL_OK)
        return pl_call_fail_error(call, &r->call->error);
    r->threaded = method->kind != PL_METHOD_SERVER_STREAM;
    if (r->threaded && !start_thread(r)) {
        (void)pl_stream_close(r->upstream);
        return pl_call_fail(call, PL_RESOURCE_EXHAUSTED, NULL, "%s: no thread", method->path);
    }
    r->hook.cancelled = on_caller_cancelled;
    pl_call_hook_add(call, &r->hook);
    return PL_OK;
}

/* Ends both sides; from here on the caller's call is this thread's again. */
static pl_code finish(relay *r, pl_call *call, pl_code code) {
    pl_code closed;

    if (r->threaded) {
        /* Nobody upstream takes what the caller may still send, and the thread that waits for room
         * there need not learn it by itself. */
        if (code != PL_OK && !r->upstream->side->is_over(r->upstream))
            pl_stream_cancel(r->upstream);
        pl_flow_cut(r->caller->in, PL_CANCELLED);
        pthread_join(r->thread, NULL);
    }
    pl_call_hook_remove(call, &r->hook);
    closed = pl_stream_close(r->upstream);
    if (r->code != PL_OK && r->code != PL_CANCELLED)
        return r->code; /* which has cancelled the upstream */
    pl_call_error_clear(call);
    if (code == PL_OK)
        code = closed;
    if (code != PL_OK && r->call->error.code == code) {
        call->error = r->call->error;
        for (size_t i = 0; i < r->call->violations.kept; i++)
            pl_violations_add(&call->violations, r->call->violations.items[i].field, "%s",
                              r->call->violations.items[i].description);
    }
    return code;
}

pl_code pl_stream_relay(const pl_method_desc *method, pl_channel *channel, pl_call *call,
                        const ProtobufCMessage *request, pl_stream *stream,
                        ProtobufCMessage **out_response) {
    relay r = {.caller = stream, .answer = grpc_empty_slice()};
    pl_code code;

    code = open_upstream(&r, method, channel, call, request);
    if (code != PL_OK) {
        pl_call_free(r.call);
        return code;
    }
    code = out_response ? pl_stream_take_answer(r.upstream, &r.answer) : carry_answers(&r);
    code = finish(&r, call, code);
    if (code == PL_OK && out_response)
        code = pl_message_unpack(
            method->response,
            pl_str_make((const char *)GRPC_SLICE_START_PTR(r.answer), GRPC_SLICE_LENGTH(r.answer)),
            &call->arena, NULL, out_response, &call->error);
    grpc_slice_unref(r.answer);
    pl_call_free(r.call);
    return code;
}
