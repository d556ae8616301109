#include "parley/service/metrics.h"

#include <stdlib.h>
#include <string.h>

#include "metrics_internal.h"
#include "parley/base/assert.h"
#include "parley/base/clock.h"

/* An exemplar is kept at least so long: taking one costs more than counting. */
#define EXEMPLAR_EVERY_NS (PL_NS_PER_S)

const double pl_metrics_bounds[BUCKETS] = {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005,
                                           0.01,   0.025,   0.05,   0.1,   0.25,   0.5,
                                           1.0,    2.5,     5.0,    10.0};

/* ---- values ---- */

double pl_metric_load(const _Atomic uint64_t *bits) {
    uint64_t raw = atomic_load_explicit(bits, memory_order_relaxed);
    double value;
    memcpy(&value, &raw, sizeof value);
    return value;
}

static uint64_t bits_of(double value) {
    uint64_t raw;
    memcpy(&raw, &value, sizeof raw);
    return raw;
}

void pl_metric_add(pl_metric *metric, double value) {
    uint64_t old = atomic_load_explicit(&metric->bits, memory_order_relaxed);
    double sum;
    do {
        memcpy(&sum, &old, sizeof sum);
        sum += value;
    } while (!atomic_compare_exchange_weak_explicit(&metric->bits, &old, bits_of(sum),
                                                    memory_order_relaxed, memory_order_relaxed));
}

void pl_metric_set(pl_metric *metric, double value) {
    atomic_store_explicit(&metric->bits, bits_of(value), memory_order_relaxed);
}

static size_t observe(pl_metric *metric, double value) {
    size_t i = 0;
    while (i < BUCKETS && value > pl_metrics_bounds[i])
        i++;
    atomic_fetch_add_explicit(&metric->buckets[i], 1, memory_order_relaxed);
    pl_metric_add(metric, value);
    return i;
}

void pl_metric_observe(pl_metric *metric, double value) {
    (void)observe(metric, value);
}

void pl_metric_observe_traced(pl_metric *metric, double value, const pl_trace *trace,
                              int64_t now_ns) {
    exemplar *e = &metric->exemplars[observe(metric, value)];
    int64_t taken = atomic_load_explicit(&e->taken_ns, memory_order_relaxed);
    if (!trace || !pl_trace_sampled(trace) || (taken && now_ns - taken < EXEMPLAR_EVERY_NS))
        return;
    if (atomic_flag_test_and_set_explicit(&e->busy, memory_order_acquire))
        return; /* another one of this bucket does as well */
    e->value = value;
    e->time_us = pl_time_us();
    memcpy(e->trace_id, pl_trace_id(trace).p, sizeof e->trace_id);
    atomic_store_explicit(&e->taken_ns, now_ns, memory_order_relaxed);
    atomic_flag_clear_explicit(&e->busy, memory_order_release);
}

double pl_metric_value(const pl_metric *metric) {
    return pl_metric_load(&metric->bits);
}

uint64_t pl_metric_observations(const pl_metric *metric) {
    uint64_t count = 0;
    for (size_t i = 0; i <= BUCKETS; i++)
        count += atomic_load_explicit(&metric->buckets[i], memory_order_relaxed);
    return count;
}

/* ---- registry ---- */

static pl_metric *alloc_metric(bool histogram) {
    size_t buckets = histogram ? BUCKETS + 1 : 0;
    pl_metric *metric = calloc(1, sizeof(pl_metric) + buckets * sizeof(uint64_t));
    if (!metric || !histogram)
        return metric;
    metric->exemplars = calloc(buckets, sizeof *metric->exemplars);
    if (!metric->exemplars) {
        free(metric);
        return NULL;
    }
    for (size_t i = 0; i < buckets; i++)
        atomic_flag_clear(&metric->exemplars[i].busy);
    return metric;
}

static void free_metric(pl_metric *metric) {
    if (metric)
        free(metric->exemplars);
    free(metric);
}

pl_code pl_metrics_new(pl_metrics **out_metrics, pl_error *err) {
    pl_metrics *metrics = calloc(1, sizeof *metrics);
    if (!metrics || !(metrics->lost = alloc_metric(true))) {
        free(metrics);
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "metrics: no memory");
    }
    pthread_mutex_init(&metrics->mu, NULL);
    pthread_cond_init(&metrics->scraped, NULL);
    *out_metrics = metrics;
    return PL_OK;
}

static void free_family(family *f) {
    for (pl_metric *m = f->first, *next; m; m = next) {
        next = m->next;
        free(m->values[0]);
        free_metric(m);
    }
    free(f->help);
    free(f);
}

void pl_metrics_free(pl_metrics *metrics) {
    if (!metrics)
        return;
    for (family *f = metrics->families, *next; f; f = next) {
        next = f->next;
        free_family(f);
    }
    pthread_cond_destroy(&metrics->scraped);
    pthread_mutex_destroy(&metrics->mu);
    free_metric(metrics->lost);
    free(metrics);
}

static family *new_family(pl_metrics *metrics, pl_metric_type type, const char *name,
                          const char *help, const pl_label *labels, size_t label_count,
                          family **place) {
    PL_ASSERT(strlen(name) < METRIC_NAME_SIZE && label_count <= PL_METRICS_MAX_LABELS);
    if (metrics->family_count == PL_METRICS_MAX_FAMILIES)
        return NULL;
    family *f = calloc(1, sizeof *f);
    if (!f || !(f->help = strdup(help))) {
        free(f);
        return NULL;
    }
    f->type = type;
    memcpy(f->name, name, strlen(name) + 1);
    f->label_count = label_count;
    for (size_t i = 0; i < label_count; i++) {
        PL_ASSERT(strlen(labels[i].name) < LABEL_NAME_SIZE);
        memcpy(f->labels[i], labels[i].name, strlen(labels[i].name) + 1);
    }
    f->next = *place;
    *place = f;
    metrics->family_count++;
    return f;
}

static family *find_family(pl_metrics *metrics, pl_metric_type type, const char *name,
                           const char *help, const pl_label *labels, size_t label_count) {
    family **place = &metrics->families;
    while (*place && strcmp((*place)->name, name) < 0)
        place = &(*place)->next;
    family *f = *place;
    if (!f || strcmp(f->name, name) != 0)
        return new_family(metrics, type, name, help, labels, label_count, place);
    PL_ASSERT(f->type == type && f->label_count == label_count);
    for (size_t i = 0; i < label_count; i++)
        PL_ASSERT(strcmp(f->labels[i], labels[i].name) == 0);
    return f;
}

/* A value as it is kept: cut at a character's boundary. */
static pl_str label_value(const char *value) {
    return pl_utf8_cut(pl_str_c(value), PL_METRICS_MAX_LABEL_VALUE);
}

static pl_metric *find_series(const family *f, const pl_label *labels) {
    for (pl_metric *m = f->first; m; m = m->next) {
        size_t i = 0;
        while (i < f->label_count && pl_str_eqc(label_value(labels[i].value), m->values[i]))
            i++;
        if (i == f->label_count)
            return m;
    }
    return NULL;
}

static pl_metric *new_series(family *f, const pl_label *labels) {
    size_t size = 0;
    for (size_t i = 0; i < f->label_count; i++)
        size += label_value(labels[i].value).n + 1;
    pl_metric *m = alloc_metric(f->type == PL_METRIC_HISTOGRAM);
    char *text = size ? calloc(1, size) : NULL;
    if (!m || (size && !text)) {
        free_metric(m);
        free(text);
        return NULL;
    }
    for (size_t i = 0; i < f->label_count; i++) {
        pl_str value = label_value(labels[i].value);
        m->values[i] = text;
        if (value.n)
            memcpy(text, value.p, value.n);
        text += value.n + 1;
    }
    if (f->last)
        f->last->next = m;
    else
        f->first = m;
    f->last = m;
    f->series++;
    return m;
}

/* The series of LABELS, or the one of "other" where the family has no room. */
static pl_metric *series_of(family *f, const pl_label *labels) {
    pl_metric *m = find_series(f, labels);
    if (m)
        return m;
    if (f->series < PL_METRICS_MAX_SERIES - 1 || !f->label_count)
        return new_series(f, labels);
    pl_label other[PL_METRICS_MAX_LABELS];
    for (size_t i = 0; i < f->label_count; i++)
        other[i] = (pl_label){f->labels[i], "other"};
    m = find_series(f, other);
    return m ? m : new_series(f, other);
}

static pl_metric *metric_of(pl_metrics *metrics, pl_metric_type type, const char *name,
                            const char *help, const pl_label *labels, size_t label_count) {
    pthread_mutex_lock(&metrics->mu);
    family *f = find_family(metrics, type, name, help, labels, label_count);
    pl_metric *m = f ? series_of(f, labels) : NULL;
    pthread_mutex_unlock(&metrics->mu);
    return m ? m : metrics->lost;
}

pl_metric *pl_metrics_counter(pl_metrics *metrics, const char *name, const char *help,
                              const pl_label *labels, size_t label_count) {
    return metric_of(metrics, PL_METRIC_COUNTER, name, help, labels, label_count);
}

pl_metric *pl_metrics_gauge(pl_metrics *metrics, const char *name, const char *help,
                            const pl_label *labels, size_t label_count) {
    return metric_of(metrics, PL_METRIC_GAUGE, name, help, labels, label_count);
}

pl_metric *pl_metrics_histogram(pl_metrics *metrics, const char *name, const char *help,
                                const pl_label *labels, size_t label_count) {
    return metric_of(metrics, PL_METRIC_HISTOGRAM, name, help, labels, label_count);
}

void pl_metrics_sample(pl_metrics *metrics, pl_metric_type type, const char *name, const char *help,
                       const pl_label *labels, size_t label_count, double value) {
    PL_ASSERT(type != PL_METRIC_HISTOGRAM);
    pl_metric_set(metric_of(metrics, type, name, help, labels, label_count), value);
}

/* ---- callbacks ---- */

pl_code pl_metrics_on_scrape(pl_metrics *metrics, pl_metrics_fn *fn, void *self) {
    pthread_mutex_lock(&metrics->mu);
    bool room = metrics->callback_count < PL_METRICS_MAX_CALLBACKS;
    if (room)
        metrics->callbacks[metrics->callback_count++] = (callback){fn, self};
    pthread_mutex_unlock(&metrics->mu);
    return room ? PL_OK : PL_RESOURCE_EXHAUSTED;
}

void pl_metrics_forget(pl_metrics *metrics, void *self) {
    pthread_mutex_lock(&metrics->mu);
    size_t kept = 0;
    for (size_t i = 0; i < metrics->callback_count; i++) {
        if (metrics->callbacks[i].self != self)
            metrics->callbacks[kept++] = metrics->callbacks[i];
    }
    metrics->callback_count = kept;
    while (metrics->scraping)
        pthread_cond_wait(&metrics->scraped, &metrics->mu);
    pthread_mutex_unlock(&metrics->mu);
}
