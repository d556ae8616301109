/* Calls with messages: what generated clients use. */
#include <string.h>

#include "channel_internal.h"
#include "codec.h"

static void put(pl_exchange *exchange, const char *key, pl_str value) {
    exchange->metadata[exchange->metadata_count].key = key;
    exchange->metadata[exchange->metadata_count].value = value;
    exchange->metadata_count++;
}

static bool has_key(const pl_metadata_list *list, const char *key) {
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->items[i].key, key) == 0)
            return true;
    }
    return false;
}

/* What CALL has set for this call, and what goes along with every call. */
static void put_metadata(pl_exchange *exchange, const pl_call *call) {
    const pl_metadata_list *set = &call->outgoing;

    memcpy(exchange->metadata, set->items, set->count * sizeof set->items[0]);
    exchange->metadata_count = set->count;
    if (!has_key(set, PL_KEY_TRACEPARENT)) /* two count as none */
        put(exchange, PL_KEY_TRACEPARENT, pl_str_c(exchange->trace.traceparent));
    if (call->tracestate.n && !has_key(set, PL_KEY_TRACESTATE))
        put(exchange, PL_KEY_TRACESTATE, call->tracestate);
    if (call->authorization.n && !has_key(set, PL_KEY_AUTHORIZATION))
        put(exchange, PL_KEY_AUTHORIZATION, call->authorization);
    if (call->demo.n && !has_key(set, PL_KEY_DEMO))
        put(exchange, PL_KEY_DEMO, call->demo);
}

int64_t pl_call_method_deadline(const pl_call *call, const pl_method_desc *method) {
    int64_t timeout = method->timeout_ms;
    int64_t deadline;

    if (call->timeout_ms > 0)
        timeout = call->timeout_ms;
    else if (!timeout && method->kind == PL_METHOD_UNARY)
        timeout = PL_CALL_TIMEOUT_MS;
    deadline = timeout ? pl_deadline_ms(timeout) : PL_NEVER;
    return deadline < call->deadline ? deadline : call->deadline;
}

static bool is_idempotent(const pl_call *call, const pl_method_desc *method) {
    return method->idempotency == PL_IDEMPOTENCY_ALWAYS ||
           (method->idempotency == PL_IDEMPOTENCY_IF_KEY &&
            has_key(&call->outgoing, PL_KEY_IDEMPOTENCY));
}

pl_code pl_exchange_prepare(pl_exchange *exchange, const pl_channel *channel, pl_call *call,
                            const pl_method_desc *method, const ProtobufCMessage *request) {
    memset(exchange, 0, sizeof *exchange);
    exchange->path = method->path;
    exchange->started_ns = pl_now_ns();
    if (call->outgoing.bad.code != PL_OK) {
        call->error = call->outgoing.bad;
        call->outgoing.bad.code = PL_OK;
        call->outgoing.count = 0;
        return call->error.code;
    }
    exchange->deadline_ns = pl_call_method_deadline(call, method);
    exchange->idempotent = is_idempotent(call, method);
    exchange->waiter = call;
    pl_trace_begin(&exchange->trace, pl_str_c(call->trace.traceparent));
    exchange->traced = true;
    put_metadata(exchange, call);
    call->outgoing.count = 0;
    if (!request)
        return PL_OK;
    return pl_message_pack(request, pl_channel_max_send(channel), &exchange->body, &call->error);
}

pl_code pl_exchange_unpack(pl_call *call, const pl_method_desc *method, pl_attempt *attempt,
                           ProtobufCMessage **out_response) {
    grpc_slice body;
    pl_error why = PL_ERROR_INIT;
    pl_code code = pl_attempt_body(attempt, method->path, &body, &call->error);

    if (code != PL_OK)
        return code;
    code = pl_message_unpack(
        method->response,
        pl_str_make((const char *)GRPC_SLICE_START_PTR(body), GRPC_SLICE_LENGTH(body)),
        &call->arena, NULL, out_response, &why);
    grpc_slice_unref(body);
    if (code == PL_INVALID_ARGUMENT)
        return pl_error_set(&call->error, PL_INTERNAL, "%s: malformed answer: %s", method->path,
                            why.message);
    if (code != PL_OK)
        call->error = why;
    return code;
}

pl_code pl_channel_call(pl_channel *channel, pl_call *call, const pl_method_desc *method,
                        const ProtobufCMessage *request, ProtobufCMessage **out_response) {
    pl_attempt attempt;
    pl_exchange exchange;
    pl_code code;

    pl_call_error_clear(call);
    memset(&attempt, 0, sizeof attempt);
    code = pl_exchange_prepare(&exchange, channel, call, method, request);
    if (code != PL_OK)
        return code;
    code = pl_exchange_run(channel, &exchange, &attempt, &call->error, &call->violations);
    if (code == PL_OK) {
        pl_call_error_clear(call); /* of an attempt that was tried again */
        code = pl_exchange_unpack(call, method, &attempt, out_response);
    }
    pl_call_keep_received(call, &attempt);
    pl_channel_observed(channel, &exchange, code, call->error.message);
    pl_attempt_done(&attempt);
    grpc_slice_unref(exchange.body);
    return code;
}
