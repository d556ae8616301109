/* A consumer's end: how it begins and ends, over whatever there is. */
#include <string.h>

#include "stream_internal.h"

pl_code pl_stream_open(const pl_method_desc *method, pl_channel *channel, const void *impl,
                       pl_call *call, const ProtobufCMessage *request, pl_stream **out_stream) {
    const pl_stream_start_opts opts = {.method = method, .call = call, .request = request};
    pl_error err = PL_ERROR_INIT;
    pl_code code;

    pl_call_error_clear(call);
    if (!channel)
        return pl_local_stream_open(method, impl, call, request, out_stream);
    code = pl_client_stream_open(channel, &opts, out_stream, &err);
    if (code != PL_OK)
        call->error = err;
    return code;
}

pl_code pl_stream_take_answer(pl_stream *stream, grpc_slice *out_answer) {
    bool came = false, more = false;
    grpc_slice answer;
    pl_code code = pl_stream_take(stream, pl_stream_until(stream), &came);

    if (code != PL_OK)
        return code;
    answer = grpc_slice_ref(stream->at_hand);
    if (came)
        code = pl_stream_take(stream, pl_stream_until(stream), &more);
    if (code == PL_OK && came && !more) {
        *out_answer = answer;
        return PL_OK;
    }
    grpc_slice_unref(answer);
    if (code != PL_OK)
        return code;
    stream->failed = PL_INTERNAL;
    return pl_call_fail(stream->call, PL_INTERNAL, NULL, "%s: %s", stream->method->path,
                        more ? "answered twice" : "ended with OK, but without an answer");
}

pl_code pl_stream_answer(pl_stream *stream, const ProtobufCMessage **out_response) {
    ProtobufCMessage *response = NULL;
    grpc_slice answer;
    pl_code code;

    pl_stream_end(stream);
    code = pl_stream_take_answer(stream, &answer);
    if (code != PL_OK)
        return code;
    code = pl_stream_unpack(
        stream, pl_str_make((const char *)GRPC_SLICE_START_PTR(answer), GRPC_SLICE_LENGTH(answer)),
        &stream->call->arena, &response);
    grpc_slice_unref(answer);
    if (code == PL_OK)
        *out_response = response;
    return code;
}

/* The code of a call that this end has cut short, having had no other fault. */
static pl_code cut_short(const pl_stream *stream) {
    bool wanted_more = stream->method->kind == PL_METHOD_CLIENT_STREAM && !stream->ended;

    return wanted_more ? PL_CANCELLED : PL_OK;
}

pl_code pl_stream_settle(pl_stream *stream) {
    bool cut = !stream->side->is_over(stream);
    pl_error ignored = PL_ERROR_INIT;
    pl_call *call = stream->call;
    pl_code code;

    if (cut)
        stream->side->cancel(stream);
    stream->side->wait(stream);
    code = stream->side->status(stream, &ignored, NULL);
    cut = cut && !atomic_load(&stream->cancelled) && code == PL_CANCELLED;
    if (cut)
        code = cut_short(stream);
    /* What came made no sense, or not in time, whatever the other side says: the call knows. */
    if (stream->failed != PL_OK && stream->failed != code)
        return stream->failed;
    pl_call_error_clear(call);
    /* Cut short because a message could not be sent: only this end knows why. */
    if (cut && stream->refused.code != PL_OK) {
        call->error = stream->refused;
        return call->error.code;
    }
    if (code != PL_OK)
        (void)stream->side->status(stream, &call->error, &call->violations);
    return code;
}

pl_code pl_stream_close(pl_stream *stream) {
    pl_code code;

    if (!stream)
        return PL_OK;
    code = pl_stream_settle(stream);
    stream->side->free(stream);
    return code;
}

/* ---- bytes ---- */

pl_code pl_stream_open_bytes(pl_channel *channel, const pl_bytes_request *request,
                             pl_stream **out_stream, pl_error *err) {
    const pl_stream_start_opts opts = {.bytes = request};

    return pl_client_stream_open(channel, &opts, out_stream, err);
}

void pl_stream_close_bytes(pl_stream *stream, pl_bytes_reply **out_reply) {
    if (!stream->side->is_over(stream))
        stream->side->cancel(stream);
    stream->side->wait(stream);
    *out_reply = pl_client_stream_reply(stream);
    stream->side->free(stream);
}
