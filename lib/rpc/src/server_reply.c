#include <grpc/byte_buffer.h>
#include <string.h>

#include "codec.h"
#include "server_internal.h"
#include "status.h"

static grpc_slice borrowed(const char *p, size_t n) {
    return grpc_slice_from_static_buffer(p ? p : "", n);
}

static grpc_metadata entry(const char *key, grpc_slice value) {
    return (grpc_metadata){.key = borrowed(key, strlen(key)), .value = value};
}

/* The error that is sent for CODE: what the handler said, or at least the method. */
static void settle_error(pl_server_call *call, pl_code code) {
    pl_call *c = &call->call;

    if (c->error.code != code)
        pl_error_set(&c->error, code, "%s: %s", call->path ? call->path : "?", pl_code_name(code));
    if (c->retry_after_ms && !c->error.retry_after_ms)
        c->error.retry_after_ms = c->retry_after_ms;
}

/* A handler's UNAVAILABLE always has details, be they empty: they tell it from a connection that
 * broke, after which a client knows nothing. A server that stops has none to give: the call is to
 * be made elsewhere. */
static bool wants_details(const pl_server_call *call, pl_code code) {
    if (code == PL_UNAVAILABLE && !atomic_load(&call->server->stopping))
        return true;
    return code != PL_OK && (call->call.details.n ||
                             pl_status_has_details(&call->call.error, &call->call.violations));
}

/* Trailing metadata; its texts live in the call's arena until the call is released. */
static size_t put_trailing(pl_server_call *call, pl_code code) {
    const pl_metadata_list *list = &call->call.trailing;
    size_t count = 0;

    for (; count < list->count; count++) {
        const pl_metadata *item = &list->items[count];
        call->trailing[count] = entry(item->key, borrowed(item->value.p, item->value.n));
    }
    if (wants_details(call, code)) {
        pl_buf details = pl_buf_make(PL_STATUS_DETAILS_MAX);
        pl_status_encode(&call->call.error, call->call.error_metadata, &call->call.violations,
                         &details);
        pl_buf_str(&details, call->call.details);
        if (!details.failed) {
            call->details_bytes = grpc_slice_from_copied_buffer(details.p, details.n);
            call->trailing[count++] = entry(PL_STATUS_DETAILS_KEY, call->details_bytes);
        }
        pl_buf_done(&details);
    }
    return count;
}

void pl_server_headers_op(pl_server_call *call, bool given, grpc_op *op) {
    const pl_metadata_list *list = &call->call.headers;
    size_t count = given ? list->count : 0;

    for (size_t i = 0; i < count; i++) {
        const pl_metadata *item = &list->items[i];
        call->headers[i] = entry(item->key, borrowed(item->value.p, item->value.n));
    }
    memset(op, 0, sizeof *op);
    op->op = GRPC_OP_SEND_INITIAL_METADATA;
    op->data.send_initial_metadata.count = count;
    op->data.send_initial_metadata.metadata = call->headers;
}

void pl_server_status_op(pl_server_call *call, pl_code code, grpc_op *op) {
    memset(op, 0, sizeof *op);
    if (code != PL_OK) {
        settle_error(call, code);
        call->status_text = grpc_slice_from_copied_string(call->call.error.message);
    }
    call->code = code;
    op->op = GRPC_OP_SEND_STATUS_FROM_SERVER;
    op->data.send_status_from_server.status = (grpc_status_code)code;
    op->data.send_status_from_server.status_details = code == PL_OK ? NULL : &call->status_text;
    op->data.send_status_from_server.trailing_metadata_count = put_trailing(call, code);
    op->data.send_status_from_server.trailing_metadata = call->trailing;
}

static void tell_observer(pl_server_call *call) {
    pl_server *server = call->server;
    int64_t now = pl_now_ns();
    pl_call_record record = {
        .call = &call->call,
        .path = call->path ? call->path : "",
        .method = call->call.method,
        .code = call->code,
        .ended_ns = now,
        .duration_ns = now - call->arrived_ns,
        .queued_ns = call->queued_ns,
        .request_bytes = call->request_bytes,
        .response_bytes = call->response_bytes,
        .requests = call->requests,
        .responses = call->responses,
    };

    atomic_fetch_add(&server->calls, 1);
    if (server->opts.observer)
        server->opts.observer(server->opts.observer_self, &record);
}

void pl_server_leave(pl_server_call *call) {
    pl_server *server = call->server;

    tell_observer(call);
    pl_server_call_unref(call);
    pl_server_call_leave(server);
}

/* On the poller, so that a worker is free for the next call as soon as its answer is on its way. */
static void on_sent(pl_op *op, bool ok) {
    pl_server_call *call = PL_CONTAINER_OF(op, pl_server_call, sent);

    (void)ok; /* the caller is gone: RECV_CLOSE says so too */
    pl_server_line_leave(call);
    pl_server_leave(call);
}

/* One batch for the whole answer. An error carries no initial metadata of its own:
 * only then is it Trailers-Only, which retries of other clients need. */
static void send(pl_server_call *call, pl_code code) {
    grpc_op ops[4];
    size_t count = 1;

    memset(ops, 0, sizeof ops);
    pl_server_headers_op(call, code == PL_OK, &ops[0]);
    if (code == PL_OK) {
        ops[count].op = GRPC_OP_SEND_MESSAGE;
        ops[count++].data.send_message.send_message = call->reply;
    }
    pl_server_status_op(call, code, &ops[count++]);
    if (!atomic_exchange(&call->watched, true)) {
        ops[count].op = GRPC_OP_RECV_CLOSE_ON_SERVER;
        ops[count++].data.recv_close_on_server.cancelled = &call->close_cancelled;
    }
    call->sent.done = on_sent;
    pl_op_start(call->call.grpc, ops, count, &call->sent);
    pl_server_call_unref(call); /* the handler's */
}

void pl_server_reply_slice(pl_server_call *call, grpc_slice slice) {
    call->response_bytes = GRPC_SLICE_LENGTH(slice);
    call->reply = grpc_raw_byte_buffer_create(&slice, 1);
    grpc_slice_unref(slice);
    send(call, PL_OK);
}

void pl_server_reply(pl_server_call *call, pl_code code, const ProtobufCMessage *response) {
    grpc_slice slice;

    if (code == PL_OK)
        code = pl_message_pack(response, call->server->opts.max_message, &slice, &call->call.error);
    if (code == PL_OK)
        pl_server_reply_slice(call, slice);
    else
        send(call, code);
}
