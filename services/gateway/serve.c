#include "serve.h"

#include <stdio.h>
#include <stdlib.h>

#include "files.h"
#include "guard.h"
#include "parley/base/log.h"
#include "parley/rest/rest.h"
#include "trace.h"

/* Memory of one request: its body on the wire, and its answer as JSON. */
#define CALL_MEMORY_MAX (32u << 20)
/* Metadata that the gateway adds to that of the client. */
#define OWN_METADATA 2
/* Headers of an answer. */
#define REPLY_MAX_HEADERS 8

/* One request in progress. */
struct serve_call {
    serve_call *next; /* of the spare list */
    gateway_worker *worker;
    pl_http_request *http;
    gateway_routes *routes;
    pl_arena arena;
    pl_rest_request request;
    pl_rest_exchange *exchange;
    pl_bytes_op *op;
    char traceparent[TRACE_SIZE];
    int64_t upstream_started_ns, upstream_ns;
    pl_code grpc_code;
};

static serve_call *take_call(gateway_worker *worker) {
    serve_call *call = worker->spare;
    if (call) {
        worker->spare = call->next;
        worker->spare_count--;
    } else {
        call = calloc(1, sizeof *call);
        if (call)
            call->arena = pl_arena_make(CALL_MEMORY_MAX);
    }
    return call;
}

static void give_back(serve_call *call) {
    gateway_worker *worker = call->worker;
    gateway_routes_unref(call->routes);
    if (--worker->in_progress == 0 && worker->ending)
        pl_loop_stop(worker->loop);
    if (worker->spare_count >= WORKER_SPARE_CALLS) {
        pl_arena_done(&call->arena);
        free(call);
        return;
    }
    pl_arena_clear(&call->arena);
    *call = (serve_call){.arena = call->arena, .next = worker->spare};
    worker->spare = call;
    worker->spare_count++;
}

void serve_free_spare(gateway_worker *worker) {
    while (worker->spare) {
        serve_call *call = worker->spare;
        worker->spare = call->next;
        pl_arena_done(&call->arena);
        free(call);
    }
}

/* The route that was matched, for the log and the counters. */
static const char *route_of(const serve_call *call) {
    const pl_rest_call *upstream = call->exchange ? pl_rest_exchange_call(call->exchange) : NULL;
    return upstream ? upstream->route->rpc_path : "";
}

static void record(const serve_call *call, const char *route, int status, size_t size) {
    const pl_http_head *head = pl_http_request_head(call->http);
    int64_t duration = pl_now_ns() - pl_http_request_started_ns(call->http);
    pl_log(PL_LOG_INFO, "request", PL_LOG_TEXTN("method", head->method_text),
           PL_LOG_TEXTN("path", pl_utf8_cut(head->path, 256)), PL_LOG_I64("status", status),
           PL_LOG_STR("rpc", route),
           PL_LOG_STR("grpc_status", route[0] ? pl_code_name(call->grpc_code) : ""),
           PL_LOG_F64("duration_ms", (double)duration / (double)PL_NS_PER_MS),
           PL_LOG_F64("upstream_ms", (double)call->upstream_ns / (double)PL_NS_PER_MS),
           PL_LOG_I64("bytes", (int64_t)size), PL_LOG_STR("peer", pl_http_request_peer(call->http)),
           PL_LOG_TEXTN("trace_id", trace_id(call->traceparent)));
    pl_metrics *metrics = call->worker->opts->metrics;
    if (!metrics)
        return;
    char text[12];
    snprintf(text, sizeof text, "%d", status);
    pl_metric_add(pl_metrics_counter(metrics, "gateway_requests_total", "Requests answered.",
                                     PL_LABELS({"rpc", route}, {"status", text})),
                  1);
    pl_metric_observe(pl_metrics_histogram(metrics, "gateway_request_seconds",
                                           "From the first byte of a request to its answer.",
                                           PL_LABELS({"rpc", route})),
                      (double)duration / (double)PL_NS_PER_S);
}

/* Sends RESPONSE and ends the call. */
static void send_response(serve_call *call, const char *route, const pl_rest_response *response) {
    pl_http_field fields[REPLY_MAX_HEADERS];
    pl_http_reply reply = {.status = response->status, .fields = fields, .body = response->body};
    for (size_t i = 0; i < response->header_count && reply.field_count + 1 < PL_COUNT(fields);
         i++) {
        const pl_rest_pair *header = &response->headers[i];
        if (pl_str_eqc(header->name, "content-type"))
            reply.content_type = header->value;
        else
            fields[reply.field_count++] = (pl_http_field){header->name, header->value};
    }
    fields[reply.field_count++] = (pl_http_field){PL_STR("x-content-type-options"),
                                                  PL_STR("nosniff")};
    record(call, route, response->status, response->body.n);
    pl_http_respond(call->http, &reply);
    give_back(call);
}

static void send_error(serve_call *call, int status, pl_code code, const char *message) {
    pl_error err = PL_ERROR_INIT;
    (void)pl_error_set(&err, code, "%s", message);
    pl_str path = pl_http_request_head(call->http)->path;
    send_response(call, "", pl_rest_error(&call->arena, status, &err, path));
}

/* ---- the upstream call ---- */

static pl_str details_of(const pl_bytes_reply *reply) {
    for (size_t i = 0; i < reply->metadata_count; i++) {
        if (pl_str_eqc(pl_str_c(reply->metadata[i].key), "grpc-status-details-bin"))
            return reply->metadata[i].value;
    }
    return pl_str_make(NULL, 0);
}

static void finish(serve_call *call, const pl_rest_result *result) {
    const char *route = route_of(call);
    call->grpc_code = result->code;
    pl_rest_finish(call->exchange, result);
    send_response(call, route, pl_rest_exchange_response(call->exchange));
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
                     .code = reply->code,
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
    pl_str incoming = {NULL, 0};
    for (size_t i = 0; i < upstream->metadata_count && i < PL_REST_MAX_METADATA; i++) {
        const pl_rest_pair *pair = &upstream->metadata[i];
        if (pl_str_eqc(pair->name, "traceparent"))
            incoming = pair->value;
        else
            out[n++] = (pl_metadata){pair->name.p, pair->value};
    }
    trace_make(incoming, call->traceparent);
    out[n++] = (pl_metadata){"traceparent", pl_str_c(call->traceparent)};
    if (call->worker->opts->demo_admin)
        out[n++] = (pl_metadata){"x-parley-demo", PL_STR("admin")};
    return n;
}

static void call_upstream(serve_call *call, const pl_rest_call *upstream) {
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

/* ---- static files ---- */

static bool has_etag(const pl_http_head *head, const char *etag) {
    pl_str value;
    if (!pl_http_head_find(head, "if-none-match", &value))
        return false;
    return pl_http_head_has_token(head, "if-none-match", etag) || pl_str_eqc(value, "*");
}

/* 405 for a file. */
static void refuse_change(serve_call *call, const pl_http_head *head) {
    pl_error err = PL_ERROR_INIT;
    (void)pl_error_set(&err, PL_UNIMPLEMENTED, "a file can only be read: GET, HEAD");
    const pl_rest_pair headers[] = {
        {PL_STR("content-type"), PL_STR("application/json")},
        {PL_STR("allow"), PL_STR("GET, HEAD")},
    };
    const pl_rest_response response = {405, headers, PL_COUNT(headers),
                                       pl_rest_error(&call->arena, 405, &err, head->path)->body};
    send_response(call, "", &response);
}

static void serve_file(serve_call *call, const gateway_folder *folder, pl_str rest) {
    const pl_http_head *head = pl_http_request_head(call->http);
    if (head->method != PL_HTTP_GET && head->method != PL_HTTP_HEAD_METHOD) {
        refuse_change(call, head);
        return;
    }
    gateway_file file;
    pl_error err = PL_ERROR_INIT;
    if (gateway_file_read(folder, rest, &call->arena, &file, &err)) {
        send_response(call, "", pl_rest_error(&call->arena, 0, &err, head->path));
        return;
    }
    const pl_rest_pair headers[] = {
        {PL_STR("content-type"), pl_str_c(file.type)},
        {PL_STR("etag"), pl_str_c(file.etag)},
        {PL_STR("cache-control"), PL_STR("public, max-age=60")},
    };
    pl_rest_response response = {200, headers, PL_COUNT(headers), file.content};
    if (has_etag(head, file.etag))
        response = (pl_rest_response){304, headers + 1, PL_COUNT(headers) - 1, {NULL, 0}};
    send_response(call, "", &response);
}

/* ---- a request ---- */

static bool take_request(serve_call *call, const pl_http_head *head) {
    pl_rest_pair *headers = pl_arena_calloc(&call->arena, head->field_count, sizeof *headers);
    if (!headers)
        return false;
    for (size_t i = 0; i < head->field_count; i++)
        headers[i] = (pl_rest_pair){head->fields[i].name, head->fields[i].value};
    call->request = (pl_rest_request){
        .method = head->method_text,
        .path = head->path,
        .query = head->query,
        .body = pl_http_request_body(call->http),
        .headers = headers,
        .header_count = head->field_count,
    };
    return true;
}

static void serve_rest(serve_call *call) {
    size_t listener = (size_t)pl_http_request_listener(call->http);
    call->routes = gateway_routes_ref(call->worker->routes);
    if (take_request(call, pl_http_request_head(call->http)))
        call->exchange = pl_rest_begin(gateway_routes_of(call->routes, listener), &call->request,
                                       &call->arena);
    if (!call->exchange) {
        send_response(call, "", pl_rest_no_memory());
        return;
    }
    const pl_rest_call *upstream = pl_rest_exchange_call(call->exchange);
    if (upstream)
        call_upstream(call, upstream);
    else
        send_response(call, "", pl_rest_exchange_response(call->exchange));
}

void serve_request(void *self, pl_http_request *http) {
    gateway_worker *worker = self;
    const pl_http_head *head = pl_http_request_head(http);
    serve_call *call = take_call(worker);
    if (!call) {
        pl_http_respond(http, &(pl_http_reply){.status = 503, .close = true});
        return;
    }
    call->worker = worker;
    call->http = http;
    worker->in_progress++;
    trace_make((pl_str){NULL, 0}, call->traceparent);
    const char *refusal = worker->opts->demo_admin ? gateway_guard(head) : NULL;
    pl_str rest;
    const gateway_folder *folder = pl_http_request_listener(http) == 0
                                       ? gateway_folder_of(worker->opts->config, head->path, &rest)
                                       : NULL;
    if (refusal)
        send_error(call, 403, PL_PERMISSION_DENIED, refusal);
    else if (folder)
        serve_file(call, folder, rest);
    else
        serve_rest(call);
}

/* The gRPC code that belongs to a refusal of the HTTP server. */
static pl_code code_of(int status) {
    switch (status) {
    case 408:
        return PL_DEADLINE_EXCEEDED;
    case 413:
    case 414:
    case 431:
        return PL_RESOURCE_EXHAUSTED;
    case 500:
        return PL_INTERNAL;
    case 501:
    case 505:
        return PL_UNIMPLEMENTED;
    case 503:
        return PL_UNAVAILABLE;
    default:
        return PL_INVALID_ARGUMENT;
    }
}

const char *serve_refused(void *self, int listener, int status, const char *detail,
                          pl_buf *out_body) {
    (void)self;
    (void)listener;
    pl_arena arena = pl_arena_make(1u << 16);
    pl_error err = PL_ERROR_INIT;
    (void)pl_error_set(&err, code_of(status), "%s", detail);
    pl_buf_str(out_body, pl_rest_error(&arena, status, &err, (pl_str){NULL, 0})->body);
    pl_arena_done(&arena);
    return "application/json";
}
