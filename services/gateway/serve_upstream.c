/* The gRPC call of a request. */
#include <string.h>

#include "serve_call.h"

/* Metadata that the gateway adds to that of the client. */
#define OWN_METADATA 3

static pl_str details_of(const pl_bytes_reply *reply) {
    for (size_t i = 0; i < reply->metadata_count; i++) {
        if (pl_str_eqc(pl_str_c(reply->metadata[i].key), "grpc-status-details-bin"))
            return reply->metadata[i].value;
    }
    return pl_str_make(NULL, 0);
}

static void finish(serve_call *call, const pl_rest_result *result) {
    const char *route = pl_rest_exchange_call(call->exchange)->route->rpc_path;
    call->grpc_code = result->code;
    pl_rest_finish(call->exchange, result);
    serve_send(call, route, pl_rest_exchange_response(call->exchange));
}

/* A client must not take it for a refusal when what it asked for may have happened: of a request
 * that changes nothing either answer is true, of another only that it took too long to tell. */
static pl_code told_code(const serve_call *call, const pl_bytes_reply *reply) {
    pl_str method = call->request.method;
    bool changes = !pl_str_eqc(method, "GET") && !pl_str_eqc(method, "HEAD");
    bool in_doubt = reply->code == PL_UNAVAILABLE &&
                    strcmp(reply->error.reason, PL_REASON_OUTCOME_UNKNOWN) == 0;
    return changes && in_doubt ? PL_DEADLINE_EXCEEDED : reply->code;
}

static void on_reply(void *arg, pl_bytes_reply *reply) {
    serve_call *call = arg;
    call->op = NULL;
    call->upstream_ns = pl_now_ns() - call->upstream_started_ns;
    if (!reply) {
        finish(call, &(pl_rest_result){.code = PL_RESOURCE_EXHAUSTED,
                                       .message = PL_STR("out of memory")});
        return;
    }
    finish(call, &(pl_rest_result){
                     .code = told_code(call, reply),
                     .message = pl_str_c(reply->error.message),
                     .response = reply->body,
                     .details = details_of(reply),
                     .retry_after_ms = reply->error.retry_after_ms,
                 });
    pl_bytes_reply_free(reply);
}

static void on_gone(void *self) {
    serve_call *call = self;
    if (call->op)
        pl_bytes_cancel(call->op);
}

static void finish_error(serve_call *call, const pl_error *err) {
    finish(call, &(pl_rest_result){.code = err->code,
                                   .message = pl_str_c(err->message),
                                   .retry_after_ms = err->retry_after_ms});
}

/* The client's metadata, the trace and, without logins, who the caller is taken for. */
static size_t make_metadata(serve_call *call, const pl_rest_call *upstream,
                            pl_metadata out[PL_REST_MAX_METADATA + OWN_METADATA]) {
    size_t n = 0;
    for (size_t i = 0; i < upstream->metadata_count && i < PL_REST_MAX_METADATA; i++) {
        const pl_rest_pair *pair = &upstream->metadata[i];
        if (!pl_str_eqc(pair->name, "traceparent")) /* the request's own span goes along */
            out[n++] = (pl_metadata){pair->name.p, pair->value};
    }
    out[n++] = (pl_metadata){"traceparent", pl_str_c(call->trace.traceparent)};
    if (call->tracestate.n)
        out[n++] = (pl_metadata){"tracestate", call->tracestate};
    if (call->worker->opts->demo_admin)
        out[n++] = (pl_metadata){"x-parley-demo", PL_STR("admin")};
    return n;
}

void serve_upstream(serve_call *call, const pl_rest_call *upstream) {
    pl_metadata metadata[PL_REST_MAX_METADATA + OWN_METADATA];
    pl_error err = PL_ERROR_INIT;
    pl_bytes_request request = {
        .path = upstream->route->rpc_path,
        .body = upstream->request,
        .deadline_ns = pl_deadline_ms(upstream->timeout_ms),
        .metadata = metadata,
        .metadata_count = make_metadata(call, upstream, metadata),
        .idempotent = upstream->idempotent,
    };
    call->upstream_started_ns = pl_now_ns();
    pl_channel *channel = worker_channel(call->worker, upstream->route->service);
    pl_code code = channel ? pl_channel_start_bytes(channel, &request, call->worker->loop, on_reply,
                                                    call, &call->op, &err)
                           : pl_error_set(&err, PL_UNAVAILABLE, "%s has no address here",
                                          upstream->route->service);
    if (code) {
        err.code = code;
        finish_error(call, &err);
        return;
    }
    pl_http_request_on_gone(call->http, on_gone, call);
}
