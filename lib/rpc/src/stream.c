#include "stream_internal.h"

#include <string.h>

#include "codec.h"
#include "dev.h"
#include "parley/base/log.h"
#include "request.h"

void pl_stream_init(pl_stream *stream, const pl_stream_side *side, const pl_method_desc *method,
                    pl_call *call) {
    size_t budget = call ? call->arena.budget : PL_CALL_ARENA_BUDGET;

    memset(stream, 0, sizeof *stream);
    stream->side = side;
    stream->method = method;
    stream->call = call;
    stream->memory = pl_arena_make(budget);
    stream->scratch = pl_arena_make(budget);
    stream->at_hand = grpc_empty_slice();
    stream->deadline = PL_NEVER;
}

void pl_stream_done(pl_stream *stream) {
    grpc_slice_unref(stream->at_hand);
    pl_arena_done(&stream->memory);
    pl_arena_done(&stream->scratch);
}

pl_call *pl_stream_call(pl_stream *stream) {
    return stream->call;
}

pl_arena *pl_stream_arena(pl_stream *stream) {
    return &stream->scratch;
}

void pl_stream_cancel(pl_stream *stream) {
    atomic_store(&stream->cancelled, true);
    stream->side->cancel(stream);
}

void pl_stream_cut(pl_stream *stream) {
    pl_flow_cut(stream->in, PL_CANCELLED);
}

int64_t pl_stream_until(const pl_stream *stream) {
    return stream->handler ? stream->call->deadline : stream->deadline;
}

static const char *path_of(const pl_stream *stream) {
    return stream->method ? stream->method->path : "stream";
}

/* ---- receiving ---- */

/* A cancellation after the deadline is the deadline's. */
static pl_code handler_code(const pl_stream *stream, pl_code code) {
    return code == PL_CANCELLED && pl_now_ns() >= stream->call->deadline ? PL_DEADLINE_EXCEEDED
                                                                         : code;
}

static void tell_failure(pl_stream *stream, pl_code code) {
    pl_call *call = stream->call;

    stream->failed = code;
    if (!call)
        return;
    pl_call_error_clear(call);
    if (!stream->handler && stream->side->is_over(stream) &&
        stream->side->status(stream, &call->error, &call->violations) != PL_OK)
        return;
    pl_call_fail(call, code, NULL, "%s: %s", path_of(stream),
                 code == PL_DEADLINE_EXCEEDED ? "the deadline passed while the stream was open"
                 : code == PL_CANCELLED       ? "the call is over, nobody waits for it"
                                              : "a message that came cannot be read");
}

pl_code pl_stream_take(pl_stream *stream, int64_t until_ns, bool *out_came) {
    grpc_slice slice;
    bool idle;
    pl_code code = pl_flow_take(stream->in, until_ns, &slice, out_came, &idle);

    if (code == PL_FLOW_NOT_NOW)
        return code;
    if (code != PL_OK) {
        if (stream->handler)
            code = handler_code(stream, code);
        tell_failure(stream, code);
        return code;
    }
    grpc_slice_unref(stream->at_hand);
    stream->at_hand = *out_came ? slice : grpc_empty_slice();
    if (!*out_came)
        stream->ended = true;
    if (idle)
        stream->side->took(stream);
    return PL_OK;
}

pl_code pl_stream_unpack(pl_stream *stream, pl_str bytes, pl_arena *arena,
                         ProtobufCMessage **out_message) {
    pl_call *call = stream->call;
    pl_error why = PL_ERROR_INIT;
    pl_code code;

    if (stream->handler)
        return pl_request_unpack(stream->method, call, bytes, arena, out_message);
    code = pl_message_unpack(stream->method->response, bytes, arena, NULL, out_message, &why);
    if (code == PL_OK)
        return PL_OK;
    if (code == PL_INVALID_ARGUMENT)
        code = pl_error_set(&call->error, PL_INTERNAL, "%s: malformed answer: %s", path_of(stream),
                            why.message);
    else
        call->error = why;
    stream->failed = code;
    return code;
}

/* Of the slice that is kept: a short one holds its bytes in itself. */
static pl_str at_hand(const pl_stream *stream) {
    return pl_str_make((const char *)GRPC_SLICE_START_PTR(stream->at_hand),
                       GRPC_SLICE_LENGTH(stream->at_hand));
}

static pl_code recv(pl_stream *stream, int64_t until_ns, const ProtobufCMessage **out_message) {
    ProtobufCMessage *message = NULL;
    bool came;
    pl_code code = pl_stream_take(stream, until_ns, &came);

    if (code == PL_OK)
        pl_arena_clear(&stream->memory);
    if (code == PL_OK && came)
        code = pl_stream_unpack(stream, at_hand(stream), &stream->memory, &message);
    if (code == PL_OK)
        *out_message = message;
    return code;
}

pl_code pl_stream_recv(pl_stream *stream, const ProtobufCMessage **out_message) {
    return recv(stream, pl_stream_until(stream), out_message);
}

pl_code pl_stream_recv_now(pl_stream *stream, const ProtobufCMessage **out_message) {
    return recv(stream, 0, out_message);
}

pl_code pl_stream_recv_bytes(pl_stream *stream, pl_str *out_message, bool *out_came) {
    pl_code code = pl_stream_take(stream, pl_stream_until(stream), out_came);

    if (code == PL_OK)
        *out_message = at_hand(stream);
    return code;
}

/* ---- sending ---- */

static pl_code refuse(pl_stream *stream, pl_code code) {
    const char *why = "the call is over, nobody waits for it";

    if (code == PL_FAILED_PRECONDITION)
        why = "nothing more can be sent: this end or the call has ended";
    else if (code == PL_DEADLINE_EXCEEDED)
        why = "the deadline passed while the stream was open";
    return pl_error_set(&stream->refused, code, "%s: %s", path_of(stream), why);
}

pl_code pl_stream_put(pl_stream *stream, grpc_slice slice, int64_t until_ns) {
    bool idle;
    pl_code code = pl_flow_put(stream->out, slice, until_ns, &idle);

    if (code == PL_OK) {
        if (idle)
            stream->side->put(stream);
        return PL_OK;
    }
    grpc_slice_unref(slice);
    if (code == PL_FLOW_NOT_NOW)
        return code;
    return refuse(stream, stream->handler ? handler_code(stream, code) : code);
}

static pl_code pack(pl_stream *stream, const ProtobufCMessage *message, grpc_slice *out_slice) {
    pl_code code = pl_message_pack(message, stream->max_send, out_slice, &stream->refused);

    /* What the message was made of has been copied. */
    pl_arena_clear(&stream->scratch);
    return code;
}

pl_code pl_stream_send_until(pl_stream *stream, const ProtobufCMessage *message, int64_t until_ns) {
    grpc_slice slice;
    pl_code code = pack(stream, message, &slice);

    return code == PL_OK ? pl_stream_put(stream, slice, until_ns) : code;
}

pl_code pl_stream_send(pl_stream *stream, const ProtobufCMessage *message) {
    return pl_stream_send_until(stream, message, pl_stream_until(stream));
}

pl_code pl_stream_send_bytes(pl_stream *stream, pl_str message) {
    if (message.n > stream->max_send)
        return pl_error_set(&stream->refused, PL_INTERNAL, "%s: %zu bytes, at most %zu can be sent",
                            path_of(stream), message.n, stream->max_send);
    return pl_stream_put(stream,
                         grpc_slice_from_copied_buffer(message.p ? message.p : "", message.n),
                         pl_stream_until(stream));
}

void pl_stream_end(pl_stream *stream) {
    if (pl_flow_end(stream->out, PL_OK))
        stream->side->put(stream);
}

/* ---- handlers ---- */

pl_code pl_stream_handle(pl_stream *stream, const void *impl, const ProtobufCMessage *request) {
    const pl_method_desc *method = stream->method;
    bool answers = method->kind == PL_METHOD_CLIENT_STREAM && method->response;
    ProtobufCMessage *response = NULL;
    pl_call *call = stream->call;
    pl_code code;

    (void)pl_log_trace(call->trace.traceparent); /* of what the handler logs */
    code = method->stream(impl, call, request, stream, answers ? &response : NULL);
    (void)pl_log_trace(NULL);
    pl_dev_check_handler(method, code, response);
    if (code == PL_OK && answers && !response)
        return pl_call_fail(call, PL_INTERNAL, NULL,
                            "%s: the handler returned OK without setting *out_response",
                            method->path);
    return code == PL_OK && answers ? pl_stream_send(stream, response) : code;
}

void pl_stream_settle_error(pl_stream *stream, pl_code code) {
    if (code != PL_OK && stream->call->error.code != code && stream->refused.code == code)
        stream->call->error = stream->refused;
}
