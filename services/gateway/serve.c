#include "serve.h"

#include <stdio.h>
#include <stdlib.h>

#include "files.h"
#include "guard.h"
#include "parley/base/log.h"
#include "serve_call.h"

/* Memory of one request: its body on the wire, and its answer as JSON. */
#define CALL_MEMORY_MAX (32u << 20)
/* Headers of an answer. */
#define REPLY_MAX_HEADERS 8

static serve_call *take_call(gateway_worker *worker) {
    serve_call *call = worker->spare;
    if (call) {
        worker->spare = call->next;
        worker->spare_count--;
    } else {
        call = calloc(1, sizeof *call);
        if (!call)
            return NULL;
        call->arena = pl_arena_make(CALL_MEMORY_MAX);
        /* The first block is kept: let it be a small one, not a whole file. */
        (void)pl_arena_alloc(&call->arena, 1);
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

void serve_send(serve_call *call, const char *route, const pl_rest_response *response) {
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

void serve_send_error(serve_call *call, int status, pl_code code, const char *message) {
    pl_error err = PL_ERROR_INIT;
    (void)pl_error_set(&err, code, "%s", message);
    pl_str path = pl_http_request_head(call->http)->path;
    serve_send(call, "", pl_rest_error(&call->arena, status, &err, path));
}

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
        serve_send(call, "", pl_rest_no_memory());
        return;
    }
    const pl_rest_call *upstream = pl_rest_exchange_call(call->exchange);
    if (upstream)
        serve_upstream(call, upstream);
    else
        serve_send(call, "", pl_rest_exchange_response(call->exchange));
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
        serve_send_error(call, 403, PL_PERMISSION_DENIED, refusal);
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
