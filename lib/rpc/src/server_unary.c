#include "server_internal.h"

#include <grpc/byte_buffer.h>

#include "dev.h"
#include "message.h"
#include "parley/base/log.h"
#include "request.h"

pl_code pl_server_call_bytes(pl_server_call *call, size_t max, pl_str *out_bytes) {
    pl_error *err = &call->call.error;
    grpc_slice slice;
    pl_code code = pl_message_read(call->message, max, &slice, err);

    grpc_byte_buffer_destroy(call->message);
    call->message = NULL;
    if (code != PL_OK)
        return pl_error_wrap(err, err, "%s", call->path);
    grpc_slice_unref(call->request);
    call->request = slice;
    /* Not of the local copy: a short slice holds its bytes in itself. */
    *out_bytes = pl_str_make((const char *)GRPC_SLICE_START_PTR(call->request),
                             GRPC_SLICE_LENGTH(call->request));
    return PL_OK;
}

pl_code pl_server_read_request(pl_server_call *call, ProtobufCMessage **out_request) {
    const pl_method_desc *desc = call->method->desc;
    size_t max = desc->max_request ? desc->max_request : call->server->opts.max_message;
    pl_str bytes = {NULL, 0};
    pl_code code = pl_server_call_bytes(call, max, &bytes);

    call->request_bytes = bytes.n;
    if (code == PL_OK)
        code = pl_request_unpack(desc, &call->call, bytes, &call->call.arena, out_request);
    return code;
}

/* Somebody still waits for the answer. */
static pl_code check_wanted(pl_server_call *call) {
    pl_call *c = &call->call;

    if (atomic_load(&c->cancelled)) /* as far as it is known: this does not ask */
        return pl_call_fail(c, PL_CANCELLED, NULL, "%s: the caller has given up", call->path);
    if (pl_now_ns() >= c->deadline)
        return pl_call_fail(c, PL_DEADLINE_EXCEEDED, NULL,
                            "%s: the deadline passed before a worker was free", call->path);
    return PL_OK;
}

/* From bytes to the answer; RESPONSE is set where PL_OK is returned. */
static pl_code handle(pl_server_call *call, ProtobufCMessage **out_response) {
    const pl_method_desc *desc = call->method->desc;
    ProtobufCMessage *request = NULL;
    pl_call *c = &call->call;
    pl_code code = check_wanted(call);

    if (code == PL_OK)
        code = pl_server_read_request(call, &request);
    if (code == PL_OK) {
        *out_response = NULL;
        code = desc->dispatch(call->method->impl, c, request, out_response);
        pl_dev_check_handler(desc, code, *out_response);
    }
    if (code == PL_OK && !*out_response)
        return pl_call_fail(c, PL_INTERNAL, NULL,
                            "%s: the handler returned OK without setting *out_response",
                            desc->path);
    return code;
}

/* The same of a method in bytes. */
static pl_code handle_bytes(pl_server_call *call, pl_buf *response) {
    const pl_method_desc *desc = call->method->desc;
    size_t max = desc->max_request ? desc->max_request : call->server->opts.max_message;
    pl_str request = {NULL, 0};
    pl_code code = check_wanted(call);

    if (code == PL_OK)
        code = pl_server_call_bytes(call, max, &request);
    call->request_bytes = request.n;
    if (code == PL_OK)
        code = desc->answer(call->method->impl, &call->call, request, response);
    if (code == PL_OK && response->failed)
        return pl_call_fail(&call->call, PL_INTERNAL, NULL,
                            "%s: the answer is longer than %zu bytes, or there is no memory for it",
                            call->path, response->max);
    return code;
}

static void run_bytes(pl_server_call *call) {
    pl_buf response = pl_buf_make(call->server->opts.max_message);
    pl_code code;

    (void)pl_log_trace(call->call.trace.traceparent); /* of what the handler logs */
    code = handle_bytes(call, &response);
    (void)pl_log_trace(NULL);
    if (code == PL_OK)
        pl_server_reply_slice(call, grpc_slice_from_copied_buffer(response.p, response.n));
    else
        pl_server_reply(call, code, NULL);
    pl_buf_done(&response);
}

static void run(pl_server_call *call) {
    ProtobufCMessage *response = NULL;

    if (call->method->desc->answer) {
        run_bytes(call);
        return;
    }
    (void)pl_log_trace(call->call.trace.traceparent); /* of what the handler logs */
    pl_code code = handle(call, &response);
    (void)pl_log_trace(NULL);

    pl_server_reply(call, code, response);
}

/* The handler wants to hear of the cancellation. */
static void watch(pl_call *c) {
    pl_server_call_watch(PL_CONTAINER_OF(c, pl_server_call, call));
}

static void run_job(pl_job *job) {
    pl_server_call *call = PL_CONTAINER_OF(job, pl_server_call, job);

    call->queued_ns = pl_now_ns() - call->queued_ns;
    run(call);
}

void pl_server_reply_no_request(pl_server_call *call) {
    pl_call *c = &call->call;
    /* Also after core refused a message that is too long; the caller has its own
     * RESOURCE_EXHAUSTED then. */
    pl_code code = pl_now_ns() < c->deadline ? PL_INVALID_ARGUMENT : PL_DEADLINE_EXCEEDED;

    pl_server_reply(call, pl_call_fail(c, code, NULL, "%s: no request came", call->path), NULL);
}

static void on_request(pl_server_call *call, bool came) {
    pl_call *c = &call->call;

    if (!came) {
        pl_server_reply_no_request(call);
        return;
    }
    if (call->method->desc->run_inline) {
        run(call);
        return;
    }
    call->job.run = run_job;
    c->watch = watch;
    call->queued_ns = pl_now_ns();
    if (pl_workers_put(call->server->workers, &call->job)) {
        call->server->unwoken++;
        pl_server_line_work(call);
        return;
    }
    call->queued_ns = 0;
    atomic_fetch_add(&call->server->refused, 1);
    pl_call_retry_after(c, PL_SERVER_RETRY_AFTER_MS);
    pl_server_reply(call,
                    pl_call_fail(c, PL_RESOURCE_EXHAUSTED, "QUEUE_FULL",
                                 "%s: %u requests wait already, try again later", call->path,
                                 call->server->opts.queue),
                    NULL);
}

void pl_server_unary_start(pl_server_call *call) {
    pl_server_receive(call, on_request);
}
