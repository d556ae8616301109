/* Every finished call: one log line, and its rate, errors and duration.
 *
 * The series of the methods bound are looked up once, so that counting a call
 * takes no lock. Others (health, reflection, what does not exist) are looked up
 * each time, unknown methods under one name: a caller must not make series. */
#include <stdio.h>
#include <stdlib.h>

#include "parley/base/log.h"
#include "service_internal.h"

enum { SHOWN_PATH = 128, CALL_FIELDS = 9 };

typedef struct method_series {
    pl_metric *seconds;
    pl_metric *messages[2]; /* of a method that streams: came, sent; else NULL */
    _Atomic(pl_metric *) codes[PL_CODE_COUNT];
} method_series;

struct pl_calls {
    const pl_service *service;
    pl_metrics *metrics;
    int log_calls;
    struct {
        const pl_service_desc *desc;
        method_series *methods;
    } services[PL_SERVICE_MAX_BINDINGS];
    size_t service_count;
};

static pl_metric *code_series(pl_calls *calls, const char *method, pl_code code) {
    return pl_metrics_counter(calls->metrics, "parley_rpc_calls_total",
                              "Finished calls by method and status.",
                              PL_LABELS({"method", method}, {"code", pl_code_name(code)}));
}

static pl_metric *seconds_series(pl_calls *calls, const char *method) {
    return pl_metrics_histogram(calls->metrics, "parley_rpc_seconds",
                                "Time from the arrival of a call to its answer.",
                                PL_LABELS({"method", method}));
}

static pl_metric *message_series(pl_calls *calls, const char *method, const char *direction) {
    return pl_metrics_counter(calls->metrics, "parley_rpc_stream_messages_total",
                              "Messages of methods that stream.",
                              PL_LABELS({"method", method}, {"direction", direction}));
}

static void init_series(pl_calls *calls, const pl_method_desc *desc, method_series *out) {
    out->seconds = seconds_series(calls, desc->path);
    if (desc->kind == PL_METHOD_UNARY)
        return;
    out->messages[0] = message_series(calls, desc->path, "in");
    out->messages[1] = message_series(calls, desc->path, "out");
}

pl_code pl_calls_new(pl_service *service, pl_calls **out_calls, pl_error *err) {
    pl_calls *calls = calloc(1, sizeof *calls);
    if (!calls)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "calls: no memory");
    calls->service = service;
    calls->metrics = service->metrics;
    calls->log_calls = service->common.log_calls;
    for (size_t s = 0; s < service->binding_count; s++) {
        const pl_service_desc *desc = service->bindings[s].desc;
        method_series *methods = calloc(desc->method_count + 1, sizeof *methods);
        if (!methods) {
            pl_calls_free(calls);
            return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "calls: no memory");
        }
        for (size_t m = 0; m < desc->method_count; m++)
            init_series(calls, &desc->methods[m], &methods[m]);
        calls->services[s].desc = desc;
        calls->services[s].methods = methods;
        calls->service_count++;
    }
    *out_calls = calls;
    return PL_OK;
}

void pl_calls_free(pl_calls *calls) {
    if (!calls)
        return;
    for (size_t s = 0; s < calls->service_count; s++)
        free(calls->services[s].methods);
    free(calls);
}

static method_series *find_series(const pl_calls *calls, const pl_method_desc *method) {
    for (size_t s = 0; s < calls->service_count; s++) {
        const pl_service_desc *desc = calls->services[s].desc;
        if (method >= desc->methods && method < desc->methods + desc->method_count)
            return &calls->services[s].methods[method - desc->methods];
    }
    return NULL;
}

/* What lib/rpc itself serves has no descriptor. */
static const char *method_name(const pl_call_record *record) {
    static const char *const served[] = {
        "/grpc.health.v1.Health/Check", "/grpc.health.v1.Health/Watch",
        "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"};
    if (record->method)
        return record->method->path;
    for (size_t i = 0; i < PL_COUNT(served); i++) {
        if (strcmp(record->path, served[i]) == 0)
            return served[i];
    }
    return "other";
}

static void observe(pl_metric *seconds, const pl_call_record *record) {
    pl_metric_observe_traced(seconds, (double)record->duration_ns / 1e9,
                             record->call ? pl_call_trace(record->call) : NULL, record->ended_ns);
}

static void count(pl_calls *calls, const pl_call_record *record) {
    method_series *series = record->method ? find_series(calls, record->method) : NULL;
    unsigned code = (unsigned)record->code < PL_CODE_COUNT ? (unsigned)record->code : PL_UNKNOWN;
    if (!series) {
        const char *name = method_name(record);
        pl_metric_add(code_series(calls, name, (pl_code)code), 1);
        observe(seconds_series(calls, name), record);
        return;
    }
    pl_metric *counter = atomic_load_explicit(&series->codes[code], memory_order_acquire);
    if (!counter) { /* two threads may both look it up: they find the same */
        counter = code_series(calls, record->method->path, (pl_code)code);
        atomic_store_explicit(&series->codes[code], counter, memory_order_release);
    }
    pl_metric_add(counter, 1);
    observe(series->seconds, record);
    if (series->messages[0]) {
        pl_metric_add(series->messages[0], (double)record->requests);
        pl_metric_add(series->messages[1], (double)record->responses);
    }
}

bool pl_calls_is_plumbing(const char *path) {
    return pl_str_starts(pl_str_c(path), pl_str_c("/grpc.")) ||
           pl_str_starts(pl_str_c(path), pl_str_c("/parley.event."));
}

pl_log_level pl_calls_level(pl_code code, const char *path) {
    switch (code) {
    case PL_UNKNOWN:
    case PL_INTERNAL:
    case PL_DATA_LOSS:
        return PL_LOG_ERROR;
    case PL_UNAVAILABLE:
    case PL_RESOURCE_EXHAUSTED:
    case PL_DEADLINE_EXCEEDED:
        return PL_LOG_WARN;
    default:
        return pl_calls_is_plumbing(path) ? PL_LOG_DEBUG : PL_LOG_INFO;
    }
}

static void log_call(const pl_call_record *record, pl_log_level level) {
    const pl_trace *trace = record->call ? pl_call_trace(record->call) : NULL;
    pl_str path = record->method ? pl_str_c(record->path)
                                 : pl_utf8_cut(pl_str_c(record->path), SHOWN_PATH);
    pl_log_field fields[CALL_FIELDS] = {
        PL_LOG_STR("kind", "server"),
        PL_LOG_TEXTN("method", path),
        PL_LOG_STR("code", pl_code_name(record->code)),
        PL_LOG_F64("ms", (double)record->duration_ns / 1e6),
        PL_LOG_STR("peer", record->call ? pl_call_peer(record->call) : ""),
    };
    size_t count = 5;
    if (record->method && record->method->kind != PL_METHOD_UNARY) {
        fields[count++] = (pl_log_field)PL_LOG_I64("requests", (int64_t)record->requests);
        fields[count++] = (pl_log_field)PL_LOG_I64("responses", (int64_t)record->responses);
    }
    if (trace && trace->parent[0])
        fields[count++] = (pl_log_field)PL_LOG_TEXTN("parent",
                                                     pl_str_make(trace->parent, PL_SPAN_ID_LENGTH));
    if (record->code)
        fields[count++] = (pl_log_field)PL_LOG_STR(
            "error", record->call ? pl_call_error(record->call)->message : "");
    const char *before = pl_log_trace(trace ? trace->traceparent : NULL);
    pl_log_fields(level, "call", fields, count);
    (void)pl_log_trace(before);
}

static void export(pl_calls *calls, const pl_call_record *record) {
    const pl_span span = {
        .trace = pl_call_trace(record->call),
        .kind = PL_SPAN_SERVER,
        .name = method_name(record),
        .peer = pl_call_peer(record->call),
        .start_us = pl_time_us() - record->duration_ns / 1000,
        .duration_ns = record->duration_ns,
        .code = record->code,
        .error = record->code ? pl_call_error(record->call)->message : "",
    };
    pl_otlp_add(calls->service->otlp, &span);
}

void pl_calls_observe(void *self, const pl_call_record *record) {
    pl_calls *calls = self;
    const char *path = record->method ? record->method->path : record->path;
    count(calls, record);
    pl_log_level level = pl_calls_level(record->code, path);
    if (calls->service->otlp && record->call && !pl_calls_is_plumbing(path))
        export(calls, record);
    if (calls->log_calls == LOG_CALLS_OFF || !pl_log_enabled(level))
        return;
    if (calls->log_calls == LOG_CALLS_ON || record->code)
        log_call(record, level);
}
