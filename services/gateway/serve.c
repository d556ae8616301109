#include "serve.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "guard.h"
#include "parley/base/log.h"
#include "parley/rest/http.h"
#include "serve_call.h"

/* Memory of one request: its body on the wire, and its answer as JSON. */
#define CALL_MEMORY_MAX (32u << 20)
/* Bytes of the name of a request as a span, NUL included. */
#define SPAN_NAME_SIZE 160

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

/* What stands for the gRPC method where none was called. */
#define NO_RPC "other"

/* What is known of the answer when it is sent. */
typedef struct outcome {
    const char *rpc; /* the gRPC method, or NO_RPC */
    int status;
    size_t bytes;
    int64_t duration_ns;
} outcome;

/* The path as the configuration has it. What was asked for may say who asked: it is not logged. */
static pl_str public_path(const serve_call *call) {
    if (call->route)
        return call->route->path_template;
    return pl_str_c(call->folder ? call->folder->prefix : "");
}

static void log_request(const serve_call *call, const outcome *o) {
    const pl_http_head *head = pl_http_request_head(call->http);
    const pl_trace *trace = &call->trace;
    const pl_log_field fields[] = {
        PL_LOG_STR("kind", "server"),
        PL_LOG_TEXTN("method", head->method_text),
        PL_LOG_TEXTN("path", public_path(call)),
        PL_LOG_I64("status", o->status),
        PL_LOG_STR("rpc", o->rpc),
        PL_LOG_STR("code", strcmp(o->rpc, NO_RPC) ? pl_code_name(call->grpc_code) : ""),
        PL_LOG_F64("ms", (double)o->duration_ns / (double)PL_NS_PER_MS),
        PL_LOG_F64("upstream_ms", (double)call->upstream_ns / (double)PL_NS_PER_MS),
        PL_LOG_I64("bytes", (int64_t)o->bytes),
        PL_LOG_STR("peer", pl_http_request_peer(call->http)),
        PL_LOG_TEXTN("parent", pl_str_make(trace->parent, PL_SPAN_ID_LENGTH)),
    };
    const char *before = pl_log_trace(trace->traceparent);
    pl_log_fields(PL_LOG_INFO, "request", fields, PL_COUNT(fields) - (trace->parent[0] ? 0 : 1));
    (void)pl_log_trace(before);
}

static void count_request(const serve_call *call, const outcome *o) {
    pl_metrics *metrics = call->worker->opts->metrics;
    if (!metrics)
        return;
    char text[12];
    snprintf(text, sizeof text, "%d", o->status);
    pl_metric_add(pl_metrics_counter(metrics, "gateway_requests_total", "Requests answered.",
                                     PL_LABELS({"rpc", o->rpc}, {"status", text})),
                  1);
    pl_metric_observe_traced(pl_metrics_histogram(metrics, "gateway_request_seconds",
                                                  "From the first byte of a request to its answer.",
                                                  PL_LABELS({"rpc", o->rpc})),
                             (double)o->duration_ns / (double)PL_NS_PER_S, &call->trace,
                             pl_now_ns());
}

/* As a span it has the name of its route: "POST /orders". */
static void tell_request(const serve_call *call, const outcome *o) {
    const gateway_opts *opts = call->worker->opts;
    const pl_str method = pl_http_request_head(call->http)->method_text;
    char name[SPAN_NAME_SIZE];
    if (!opts->observer || !opts->export_requests)
        return;
    if (call->route)
        snprintf(name, sizeof name, "%.*s %.*s", PL_FMT(call->route->http_method),
                 PL_FMT(call->route->path_template));
    else
        snprintf(name, sizeof name, "%.*s", PL_FMT(pl_utf8_cut(method, 16)));
    const pl_span span = {
        .trace = &call->trace,
        .kind = PL_SPAN_SERVER,
        .name = name,
        .peer = pl_http_request_peer(call->http),
        .start_us = pl_time_us() - o->duration_ns / 1000,
        .duration_ns = o->duration_ns,
        .code = o->status >= 500 ? PL_UNKNOWN : PL_OK, /* as the conventions for HTTP have it */
        .error = "",
    };
    opts->observer(opts->observer_self, &span);
}

static void record(const serve_call *call, const char *route, int status, size_t size) {
    const outcome o = {
        .rpc = route[0] ? route : NO_RPC,
        .status = status,
        .bytes = size,
        .duration_ns = pl_now_ns() - pl_http_request_started_ns(call->http),
    };
    log_request(call, &o);
    count_request(call, &o);
    tell_request(call, &o);
}

void serve_send(serve_call *call, const char *route, const pl_rest_response *response) {
    pl_http_field fields[PL_REST_HTTP_FIELDS + 1];
    pl_http_reply reply = pl_rest_http_reply(response, fields);
    fields[reply.field_count++] = (pl_http_field){PL_STR("x-trace-id"), pl_trace_id(&call->trace)};
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

static void serve_rest(serve_call *call) {
    size_t listener = (size_t)pl_http_request_listener(call->http);
    call->routes = gateway_routes_ref(call->worker->routes);
    if (pl_rest_of_http(pl_http_request_head(call->http), pl_http_request_body(call->http),
                        &call->arena, &call->request))
        call->exchange = pl_rest_begin(gateway_routes_of(call->routes, listener), &call->request,
                                       &call->arena);
    if (!call->exchange) {
        serve_send(call, "", pl_rest_no_memory());
        return;
    }
    call->route = pl_rest_exchange_route(call->exchange);
    const pl_rest_call *upstream = pl_rest_exchange_call(call->exchange);
    if (upstream)
        serve_upstream(call, upstream);
    else
        serve_send(call, "", pl_rest_exchange_response(call->exchange));
}

/* All tracestate lines of HEAD as one, which is how they may be passed on. */
static pl_str tracestate_of(serve_call *call, const pl_http_head *head) {
    pl_str all = {NULL, 0};
    for (size_t i = 0; i < head->field_count; i++) {
        pl_str value = head->fields[i].value;
        if (!pl_str_eqc(head->fields[i].name, "tracestate") || value.n == 0)
            continue;
        const char *joined = all.n ? pl_arena_printf(&call->arena, "%.*s,%.*s", PL_FMT(all),
                                                     PL_FMT(value))
                                   : value.p;
        all = joined ? pl_str_make(joined, all.n ? all.n + 1 + value.n : value.n) : all;
    }
    return pl_tracestate_valid(all) ? all : pl_str_make(NULL, 0);
}

/* The traceparent of HEAD; more than one count as none, as W3C Trace Context has it. */
static pl_str traceparent_of(const pl_http_head *head) {
    pl_str found = {NULL, 0};
    for (size_t i = 0; i < head->field_count; i++) {
        if (!pl_str_eqc(head->fields[i].name, "traceparent"))
            continue;
        if (found.p)
            return pl_str_make(NULL, 0);
        found = head->fields[i].value;
    }
    return found;
}

/* The request is a child of the caller's span, or begins a trace. */
static void begin_span(serve_call *call, const pl_http_head *head) {
    pl_trace_begin(&call->trace, traceparent_of(head));
    if (call->trace.parent[0])
        call->tracestate = tracestate_of(call, head);
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
    begin_span(call, head);
    const char *refusal = worker->opts->demo_admin ? gateway_guard(head) : NULL;
    pl_str rest;
    if (pl_http_request_listener(http) == 0)
        call->folder = gateway_folder_of(worker->opts->config, head->path, &rest);
    if (refusal)
        serve_send_error(call, 403, PL_PERMISSION_DENIED, refusal);
    else if (call->folder)
        serve_file(call, rest);
    else
        serve_rest(call);
}

const char *serve_refused(void *self, int listener, int status, const char *detail,
                          pl_buf *out_body) {
    (void)self;
    (void)listener;
    pl_arena arena = pl_arena_make(1u << 16);
    pl_error err = PL_ERROR_INIT;
    (void)pl_error_set(&err, pl_rest_code_of(status), "%s", detail);
    pl_buf_str(out_body, pl_rest_error(&arena, status, &err, (pl_str){NULL, 0})->body);
    pl_arena_done(&arena);
    return "application/json";
}
