#include "server_internal.h"

#include <grpc/byte_buffer.h>
#include <grpc/byte_buffer_reader.h>

#include "codec.h"
#include "parley/base/log.h"

pl_str pl_server_call_bytes(pl_server_call *call) {
    grpc_byte_buffer_reader reader;
    pl_str none = {NULL, 0};

    grpc_slice_unref(call->request);
    call->request = grpc_empty_slice();
    if (!call->message || !grpc_byte_buffer_reader_init(&reader, call->message))
        return none;
    /* Most requests are one slice, which needs no copy. */
    if (!grpc_byte_buffer_reader_next(&reader, &call->request)) {
        call->request = grpc_empty_slice();
    } else if (GRPC_SLICE_LENGTH(call->request) < grpc_byte_buffer_length(reader.buffer_out)) {
        grpc_byte_buffer_reader_destroy(&reader);
        grpc_slice_unref(call->request);
        call->request = grpc_empty_slice();
        if (!grpc_byte_buffer_reader_init(&reader, call->message))
            return none;
        call->request = grpc_byte_buffer_reader_readall(&reader);
    }
    grpc_byte_buffer_reader_destroy(&reader);
    grpc_byte_buffer_destroy(call->message);
    call->message = NULL;
    return pl_str_make((const char *)GRPC_SLICE_START_PTR(call->request),
                       GRPC_SLICE_LENGTH(call->request));
}

/* What the bytes of the request must be before a handler is run. */
static pl_code check_size(pl_server_call *call, pl_str bytes) {
    const pl_method_desc *desc = call->method->desc;

    if (desc->max_request && bytes.n > desc->max_request)
        return pl_call_fail(&call->call, PL_RESOURCE_EXHAUSTED, NULL,
                            "%s: the request has %zu bytes, at most %u are accepted", desc->path,
                            bytes.n, desc->max_request);
    return PL_OK;
}

static pl_code check_limits(pl_server_call *call, const ProtobufCMessage *request) {
    const pl_method_desc *desc = call->method->desc;
    pl_violations *violations = &call->call.violations;

    if (!desc->validate || desc->validate(request, violations) == PL_OK)
        return PL_OK;
    if (!violations->kept)
        return pl_call_fail(&call->call, PL_INVALID_ARGUMENT, "INVALID_REQUEST",
                            "%s: the request keeps not all limits", desc->path);
    pl_call_fail(&call->call, PL_INVALID_ARGUMENT, "INVALID_REQUEST", "%s %s%s",
                 violations->items[0].field, violations->items[0].description,
                 violations->count > 1 ? " (and more)" : "");
    return PL_INVALID_ARGUMENT;
}

/* From bytes to the answer; RESPONSE is set where PL_OK is returned. */
static pl_code handle(pl_server_call *call, ProtobufCMessage **out_response) {
    const pl_method_desc *desc = call->method->desc;
    pl_str bytes = pl_server_call_bytes(call);
    ProtobufCMessage *request = NULL;
    pl_call *c = &call->call;
    pl_code code;

    if (pl_call_cancelled(c))
        return pl_call_fail(c, PL_CANCELLED, NULL, "%s: the caller has given up", desc->path);
    if (pl_now_ns() >= c->deadline)
        return pl_call_fail(c, PL_DEADLINE_EXCEEDED, NULL,
                            "%s: the deadline passed before a worker was free", desc->path);
    call->request_bytes = bytes.n;
    code = check_size(call, bytes);
    if (code == PL_OK)
        code = pl_message_unpack(desc->request, bytes, &c->arena, &request, &c->error);
    if (code == PL_OK)
        code = check_limits(call, request);
    if (code == PL_OK) {
        *out_response = NULL;
        code = desc->dispatch(call->method->impl, c, request, out_response);
    }
    if (code == PL_OK && !*out_response)
        return pl_call_fail(c, PL_INTERNAL, NULL, "%s: the handler answered OK without a response",
                            desc->path);
    return code;
}

static void run(pl_server_call *call) {
    enum { TRACE_AT = 3, TRACE_LENGTH = 32 }; /* in "00-<trace id>-..." */
    char trace[TRACE_LENGTH + 1] = "";
    ProtobufCMessage *response = NULL;

    memcpy(trace, call->call.traceparent + TRACE_AT, TRACE_LENGTH);
    pl_log_trace(trace); /* of what the handler logs */
    pl_code code = handle(call, &response);
    pl_log_trace(NULL);

    pl_server_reply(call, code, response);
}

static void run_job(pl_job *job) {
    pl_server_call *call = PL_CONTAINER_OF(job, pl_server_call, job);

    call->queued_ns = pl_now_ns() - call->queued_ns;
    run(call);
}

static void on_request(pl_server_call *call, bool came) {
    pl_call *c = &call->call;

    if (!came) {
        /* Also after core refused a message that is too long; the caller has its own
         * RESOURCE_EXHAUSTED then. */
        pl_code code = pl_now_ns() < c->deadline ? PL_INVALID_ARGUMENT : PL_DEADLINE_EXCEEDED;
        pl_server_reply(call, pl_call_fail(c, code, NULL, "%s: no request came", call->path), NULL);
        return;
    }
    if (call->method->desc->run_inline) {
        run(call);
        return;
    }
    call->job.run = run_job;
    call->queued_ns = pl_now_ns();
    if (pl_workers_submit(call->server->workers, &call->job))
        return;
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
