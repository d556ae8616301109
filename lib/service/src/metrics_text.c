/* The Prometheus text format, version 0.0.4, and OpenMetrics 1.0.0
 * (https://github.com/OpenObservability/OpenMetrics). */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "metrics_internal.h"

static void put_number(pl_buf *out, double value) {
    if (isinf(value))
        pl_buf_puts(out, value > 0 ? "+Inf" : "-Inf");
    else if (isnan(value))
        pl_buf_puts(out, "NaN");
    else if (value == floor(value) && fabs(value) < 1e15)
        pl_buf_i64(out, (int64_t)value);
    else
        pl_buf_printf(out, "%.9g", value);
}

static void put_escaped(pl_buf *out, const char *text, bool quotes) {
    for (; *text; text++) {
        if (*text == '\n')
            pl_buf_puts(out, "\\n");
        else if (*text == '\\' || (quotes && *text == '"'))
            pl_buf_printf(out, "\\%c", *text);
        else
            pl_buf_putc(out, *text);
    }
}

/* One scrape on its way. */
typedef struct text {
    pl_buf *out;
    bool openmetrics;
} text;

/* "name_suffix{a="x",le="1"} " */
static void put_series(pl_buf *out, const family *f, const pl_metric *m, const char *suffix,
                       const char *le) {
    pl_buf_puts(out, f->name);
    pl_buf_puts(out, suffix);
    if (f->label_count || le)
        pl_buf_putc(out, '{');
    for (size_t i = 0; i < f->label_count; i++) {
        pl_buf_printf(out, "%s%s=\"", i ? "," : "", f->labels[i]);
        put_escaped(out, m->values[i], true);
        pl_buf_putc(out, '"');
    }
    if (le)
        pl_buf_printf(out, "%sle=\"%s\"", f->label_count ? "," : "", le);
    if (f->label_count || le)
        pl_buf_putc(out, '}');
    pl_buf_putc(out, ' ');
}

/* " # {trace_id="..."} 0.0043 1795271763.123": one that is just being replaced is left out. */
static void put_exemplar(pl_buf *out, exemplar *e) {
    if (!atomic_load_explicit(&e->taken_ns, memory_order_relaxed) ||
        atomic_flag_test_and_set_explicit(&e->busy, memory_order_acquire))
        return;
    double value = e->value;
    int64_t ms = e->time_us / 1000;
    char trace_id[PL_TRACE_ID_LENGTH];
    memcpy(trace_id, e->trace_id, sizeof trace_id);
    atomic_flag_clear_explicit(&e->busy, memory_order_release);
    pl_buf_printf(out, " # {trace_id=\"%.*s\"} ", PL_TRACE_ID_LENGTH, trace_id);
    put_number(out, value);
    pl_buf_printf(out, " %lld.%03d", (long long)(ms / 1000), (int)(ms % 1000));
}

/* OpenMetrics wants a point in every number of a bucket. */
static void put_bound(char le[32], size_t bucket, bool openmetrics) {
    if (bucket == BUCKETS) {
        snprintf(le, 32, "+Inf");
        return;
    }
    double bound = pl_metrics_bounds[bucket];
    snprintf(le, 32, openmetrics && bound == floor(bound) ? "%.1f" : "%g", bound);
}

static void put_histogram(const text *t, const family *f, const pl_metric *m) {
    uint64_t sum = 0;
    for (size_t i = 0; i <= BUCKETS; i++) {
        char le[32];
        put_bound(le, i, t->openmetrics);
        sum += atomic_load_explicit(&m->buckets[i], memory_order_relaxed);
        put_series(t->out, f, m, "_bucket", le);
        pl_buf_u64(t->out, sum);
        if (t->openmetrics)
            put_exemplar(t->out, &m->exemplars[i]);
        pl_buf_putc(t->out, '\n');
    }
    put_series(t->out, f, m, "_sum", NULL);
    put_number(t->out, pl_metric_load(&m->bits));
    pl_buf_putc(t->out, '\n');
    put_series(t->out, f, m, "_count", NULL);
    pl_buf_u64(t->out, sum);
    pl_buf_putc(t->out, '\n');
}

/* The family of counters a_total is called a in OpenMetrics. */
static pl_str family_name(const text *t, const family *f) {
    pl_str name = pl_str_c(f->name);
    pl_str suffix = pl_str_c("_total");
    if (t->openmetrics && f->type == PL_METRIC_COUNTER && pl_str_ends(name, suffix))
        name.n -= suffix.n;
    return name;
}

static void put_family(const text *t, const family *f) {
    static const char *const types[] = {"counter", "gauge", "histogram"};
    pl_str name = family_name(t, f);
    pl_buf_printf(t->out, "# HELP %.*s ", PL_FMT(name));
    put_escaped(t->out, f->help, t->openmetrics);
    pl_buf_printf(t->out, "\n# TYPE %.*s %s\n", PL_FMT(name), types[f->type]);
    for (const pl_metric *m = f->first; m; m = m->next) {
        if (f->type == PL_METRIC_HISTOGRAM) {
            put_histogram(t, f, m);
            continue;
        }
        put_series(t->out, f, m, "", NULL);
        put_number(t->out, pl_metric_load(&m->bits));
        pl_buf_putc(t->out, '\n');
    }
}

/* Runs the callbacks without the lock: they take locks of their own and call back. */
static void scrape(pl_metrics *metrics) {
    callback callbacks[PL_METRICS_MAX_CALLBACKS];
    pthread_mutex_lock(&metrics->mu);
    while (metrics->scraping)
        pthread_cond_wait(&metrics->scraped, &metrics->mu);
    metrics->scraping = true;
    size_t count = metrics->callback_count;
    for (size_t i = 0; i < count; i++)
        callbacks[i] = metrics->callbacks[i];
    pthread_mutex_unlock(&metrics->mu);
    for (size_t i = 0; i < count; i++)
        callbacks[i].fn(callbacks[i].self, metrics);
    pthread_mutex_lock(&metrics->mu);
    metrics->scraping = false;
    pthread_cond_broadcast(&metrics->scraped);
    pthread_mutex_unlock(&metrics->mu);
}

static void put_families(pl_metrics *metrics, const text *t) {
    scrape(metrics);
    pthread_mutex_lock(&metrics->mu);
    for (const family *f = metrics->families; f; f = f->next)
        put_family(t, f);
    pthread_mutex_unlock(&metrics->mu);
}

void pl_metrics_text(pl_metrics *metrics, pl_buf *out) {
    put_families(metrics, &(text){out, false});
}

void pl_metrics_openmetrics(pl_metrics *metrics, pl_buf *out) {
    put_families(metrics, &(text){out, true});
    pl_buf_puts(out, "# EOF\n");
}
