/* The Prometheus text format, version 0.0.4. */
#include <math.h>
#include <stdio.h>

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

static void put_histogram(pl_buf *out, const family *f, const pl_metric *m) {
    uint64_t sum = 0;
    for (size_t i = 0; i <= BUCKETS; i++) {
        char le[32] = "+Inf";
        if (i < BUCKETS)
            snprintf(le, sizeof le, "%g", pl_metrics_bounds[i]);
        sum += atomic_load_explicit(&m->buckets[i], memory_order_relaxed);
        put_series(out, f, m, "_bucket", le);
        pl_buf_u64(out, sum);
        pl_buf_putc(out, '\n');
    }
    put_series(out, f, m, "_sum", NULL);
    put_number(out, pl_metric_load(&m->bits));
    pl_buf_putc(out, '\n');
    put_series(out, f, m, "_count", NULL);
    pl_buf_u64(out, sum);
    pl_buf_putc(out, '\n');
}

static void put_family(pl_buf *out, const family *f) {
    static const char *const types[] = {"counter", "gauge", "histogram"};
    pl_buf_printf(out, "# HELP %s ", f->name);
    put_escaped(out, f->help, false);
    pl_buf_printf(out, "\n# TYPE %s %s\n", f->name, types[f->type]);
    for (const pl_metric *m = f->first; m; m = m->next) {
        if (f->type == PL_METRIC_HISTOGRAM) {
            put_histogram(out, f, m);
            continue;
        }
        put_series(out, f, m, "", NULL);
        put_number(out, pl_metric_load(&m->bits));
        pl_buf_putc(out, '\n');
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

void pl_metrics_text(pl_metrics *metrics, pl_buf *out) {
    scrape(metrics);
    pthread_mutex_lock(&metrics->mu);
    for (const family *f = metrics->families; f; f = f->next)
        put_family(out, f);
    pthread_mutex_unlock(&metrics->mu);
}
