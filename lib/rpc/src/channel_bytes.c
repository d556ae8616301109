/* Calls in bytes that wait. */
#include <string.h>

#include "channel_internal.h"
#include "reply.h"

pl_code pl_exchange_prepare_bytes(pl_exchange *exchange, const pl_bytes_request *request,
                                  pl_error *err) {
    memset(exchange, 0, sizeof *exchange);
    exchange->path = request->path;
    exchange->started_ns = pl_now_ns();
    if (request->metadata_count > PL_CALL_METADATA_MAX)
        return pl_error_set(err, PL_INVALID_ARGUMENT, "%s: %zu metadata entries, at most %d",
                            request->path, request->metadata_count, PL_CALL_METADATA_MAX);
    for (size_t i = 0; i < request->metadata_count; i++) {
        if (!pl_metadata_legal(request->metadata[i].key, request->metadata[i].value))
            return pl_error_set(
                err, PL_INVALID_ARGUMENT,
                "%s: metadata \"%.64s\": not a key, or its value no printable ASCII", request->path,
                request->metadata[i].key);
        exchange->metadata[i] = request->metadata[i];
    }
    exchange->metadata_count = request->metadata_count;
    exchange->deadline_ns = request->deadline_ns;
    exchange->idempotent = request->idempotent;
    exchange->body = grpc_slice_from_copied_buffer(request->body.p ? request->body.p : "",
                                                   request->body.n);
    return PL_OK;
}

bool pl_exchange_keep(pl_exchange *exchange, pl_arena *texts) {
    bool kept;

    exchange->path = pl_arena_strdup(texts, exchange->path);
    kept = exchange->path != NULL;
    for (size_t i = 0; i < exchange->metadata_count && kept; i++) {
        pl_metadata *item = &exchange->metadata[i];
        char *value = pl_arena_alloc(texts, item->value.n);
        item->key = pl_arena_strdup(texts, item->key);
        kept = item->key && value;
        if (kept && item->value.n)
            memcpy(value, item->value.p, item->value.n);
        item->value.p = value;
    }
    return kept;
}

pl_code pl_channel_call_bytes(pl_channel *channel, const pl_bytes_request *request,
                              pl_bytes_reply **out_reply) {
    pl_error err = PL_ERROR_INIT;
    pl_attempt attempt;
    pl_exchange exchange;
    pl_call waiter;
    bool came;
    pl_code code;

    memset(&attempt, 0, sizeof attempt);
    code = pl_exchange_prepare_bytes(&exchange, request, &err);
    if (code == PL_OK && pl_call_init(&waiter, 0) != PL_OK)
        code = pl_error_set(&err, PL_RESOURCE_EXHAUSTED, "%s: no memory", request->path);
    else if (code == PL_OK) {
        exchange.waiter = &waiter;
        code = pl_exchange_run(channel, &exchange, &attempt, &err, NULL);
        pl_call_done(&waiter);
    }
    /* Without an attempt the failure is our own. */
    came = attempt.call != NULL && (code == PL_OK || code == pl_attempt_code(&attempt));
    *out_reply = pl_reply_new(came ? &attempt : NULL, channel->name, request->path, &err);
    if (*out_reply && code != PL_OK)
        (*out_reply)->error = err; /* says more than the attempt: whether one is in doubt */
    if (*out_reply && code == PL_OK)
        code = (*out_reply)->code; /* an answer that could not be unpacked is none */
    pl_channel_observed(channel, &exchange, *out_reply ? code : PL_RESOURCE_EXHAUSTED,
                        *out_reply ? (*out_reply)->error.message : "no memory");
    pl_attempt_done(&attempt);
    grpc_slice_unref(exchange.body);
    return *out_reply ? code : PL_RESOURCE_EXHAUSTED;
}
