/* Every call made, event published and event handled: one log line, its rate, errors and
 * duration, and where spans are exported, a span.
 *
 * The series of a name are looked up once and kept in a table that is read without a lock.
 * It is bounded; what has no room in it is looked up each time, under the bound that every
 * family has. */
#include <stdlib.h>

#include "parley/base/clock.h"
#include "parley/base/log.h"
#include "service_internal.h"

enum { SLOTS = 256, SLOTS_USED_MAX = 192, SPAN_FIELDS = 8 };

typedef struct series {
    pl_span_kind kind;
    char *peer, *name; /* in one allocation with it */
    pl_metric *seconds;
    _Atomic(pl_metric *) codes[PL_CODE_COUNT];
} series;

struct pl_spans {
    pl_metrics *metrics;
    _Atomic(series *) slots[SLOTS]; /* open addressing; an entry stays */
    pthread_mutex_t mu;
    size_t used; /* guarded by mu */
};

/* How the spans of a kind are told, in metrics and in the log. */
static const struct {
    const char *calls, *calls_help, *seconds, *seconds_help, *peer, *name; /* labels */
    const char *kind, *event;
} words[] = {
    [PL_SPAN_SERVER] = {0}, /* counted and logged by whoever served it */
    [PL_SPAN_CLIENT] = {"parley_client_calls_total", "Finished calls to upstreams.",
                        "parley_client_seconds",
                        "Time from a call to its answer, retries included.", "upstream", "method",
                        "client", "upstream"},
    [PL_SPAN_PRODUCER] = {"parley_published_total", "Events appended to the stream.",
                          "parley_publish_seconds",
                          "Time from the publication of an event to its place in the stream.",
                          "stream", "type", "producer", "published"},
    [PL_SPAN_CONSUMER] = {"parley_events_total", "Events handled, by what became of them.",
                          "parley_event_seconds", "Time in the handler of an event.", "stream",
                          "type", "consumer", "handled"},
};

pl_code pl_spans_new(pl_metrics *metrics, pl_spans **out_spans, pl_error *err) {
    pl_spans *spans = calloc(1, sizeof *spans);
    if (!spans)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "spans: no memory");
    spans->metrics = metrics;
    pthread_mutex_init(&spans->mu, NULL);
    *out_spans = spans;
    return PL_OK;
}

void pl_spans_free(pl_spans *spans) {
    if (!spans)
        return;
    for (size_t i = 0; i < SLOTS; i++)
        free(atomic_load(&spans->slots[i]));
    pthread_mutex_destroy(&spans->mu);
    free(spans);
}

static pl_metric *code_series(pl_spans *spans, const pl_span *span, pl_code code) {
    return pl_metrics_counter(spans->metrics, words[span->kind].calls, words[span->kind].calls_help,
                              PL_LABELS({words[span->kind].peer, span->peer},
                                        {words[span->kind].name, span->name},
                                        {"code", pl_code_name(code)}));
}

static pl_metric *seconds_series(pl_spans *spans, const pl_span *span) {
    return pl_metrics_histogram(
        spans->metrics, words[span->kind].seconds, words[span->kind].seconds_help,
        PL_LABELS({words[span->kind].peer, span->peer}, {words[span->kind].name, span->name}));
}

/* FNV-1a over both texts. */
static size_t hash_of(const pl_span *span) {
    uint32_t hash = 2166136261u + (uint32_t)span->kind;
    for (const char *p = span->peer; *p; p++)
        hash = (hash ^ (uint8_t)*p) * 16777619u;
    for (const char *p = span->name; *p; p++)
        hash = (hash ^ (uint8_t)*p) * 16777619u;
    return hash;
}

static bool is_of(const series *s, const pl_span *span) {
    return s->kind == span->kind && strcmp(s->name, span->name) == 0 &&
           strcmp(s->peer, span->peer) == 0;
}

/* The series of SPAN, or the empty slot where they belong. */
static series *probe(pl_spans *spans, const pl_span *span, size_t *out_slot) {
    size_t at = hash_of(span) % SLOTS;
    series *s;
    while ((s = atomic_load_explicit(&spans->slots[at], memory_order_acquire)) && !is_of(s, span))
        at = (at + 1) % SLOTS; /* it ends: there is always an empty one */
    *out_slot = at;
    return s;
}

static series *new_series(pl_spans *spans, const pl_span *span) {
    size_t peer = strlen(span->peer) + 1, name = strlen(span->name) + 1;
    series *s = calloc(1, sizeof *s + peer + name);
    if (!s)
        return NULL;
    s->kind = span->kind;
    s->peer = (char *)(s + 1);
    s->name = s->peer + peer;
    memcpy(s->peer, span->peer, peer);
    memcpy(s->name, span->name, name);
    s->seconds = seconds_series(spans, span);
    return s;
}

/* NULL where the table has no room. */
static series *series_of(pl_spans *spans, const pl_span *span) {
    size_t slot;
    series *s = probe(spans, span, &slot);
    if (s)
        return s;
    pthread_mutex_lock(&spans->mu);
    s = probe(spans, span, &slot); /* another thread may have been faster */
    if (!s && spans->used < SLOTS_USED_MAX && (s = new_series(spans, span))) {
        atomic_store_explicit(&spans->slots[slot], s, memory_order_release);
        spans->used++;
    }
    pthread_mutex_unlock(&spans->mu);
    return s;
}

static void count(pl_spans *spans, const pl_span *span) {
    series *s = series_of(spans, span);
    pl_metric *counter = s ? atomic_load_explicit(&s->codes[span->code], memory_order_acquire)
                           : NULL;
    if (!counter) {
        counter = code_series(spans, span, span->code);
        if (s)
            atomic_store_explicit(&s->codes[span->code], counter, memory_order_release);
    }
    pl_metric_add(counter, 1);
    pl_metric_observe_traced(s ? s->seconds : seconds_series(spans, span),
                             (double)span->duration_ns / 1e9, span->trace, pl_now_ns());
}

static void log_span(const pl_span *span, pl_log_level level) {
    const pl_trace *trace = span->trace;
    char start[PL_RFC3339_SIZE];
    pl_log_field fields[SPAN_FIELDS] = {
        PL_LOG_STR("kind", words[span->kind].kind),
        PL_LOG_STR(words[span->kind].name, span->name),
        PL_LOG_STR(words[span->kind].peer, span->peer),
        PL_LOG_STR("code", pl_code_name(span->code)),
        PL_LOG_F64("ms", (double)span->duration_ns / 1e6),
    };
    size_t n = 5;
    if (trace->parent[0])
        fields[n++] = (pl_log_field)PL_LOG_TEXTN("parent",
                                                 pl_str_make(trace->parent, PL_SPAN_ID_LENGTH));
    if (span->kind == PL_SPAN_CONSUMER || span->kind == PL_SPAN_PRODUCER) {
        /* Told when its transaction is through: the time of the line is not its end. */
        pl_rfc3339(span->start_us, start);
        fields[n++] = (pl_log_field)PL_LOG_STR("start", start);
    }
    if (span->code)
        fields[n++] = (pl_log_field)PL_LOG_STR("error", span->error);
    const char *before = pl_log_trace(trace->traceparent);
    pl_log_fields(level, words[span->kind].event, fields, n);
    (void)pl_log_trace(before);
}

void pl_service_span(void *self, const pl_span *ended) {
    pl_service *service = self;
    pl_span span = *ended;
    if ((unsigned)span.code >= PL_CODE_COUNT)
        span.code = PL_UNKNOWN;
    if (span.kind != PL_SPAN_SERVER)
        count(service->spans, &span);
    if (!span.trace || !pl_trace_sampled(span.trace))
        return;
    if (service->otlp && !pl_calls_is_plumbing(span.name))
        pl_otlp_add(service->otlp, &span);
    pl_log_level level = pl_calls_level(span.code, span.name);
    int wanted = service->common.log_calls;
    bool logged = wanted == LOG_CALLS_ON || (wanted == LOG_CALLS_ERRORS && span.code);
    if (logged && span.kind != PL_SPAN_SERVER && pl_log_enabled(level))
        log_span(&span, level);
}

bool pl_service_exports_spans(const pl_service *service) {
    return service->otlp != NULL;
}
