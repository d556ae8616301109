/* What a registry is made of; shared by metrics*.c. */
#ifndef PARLEY_SERVICE_METRICS_INTERNAL_H
#define PARLEY_SERVICE_METRICS_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "parley/base/trace.h"
#include "parley/service/metrics.h"

enum { METRIC_NAME_SIZE = 96, LABEL_NAME_SIZE = 32, BUCKETS = 16 };

/* Upper bounds of a histogram's buckets, in seconds; the last one, +Inf, is implied. */
extern const double pl_metrics_bounds[BUCKETS];

/* An observation that a trace tells more about. */
typedef struct exemplar {
    atomic_flag busy;         /* whoever sets it owns value, time_us and trace_id */
    _Atomic int64_t taken_ns; /* monotonic; 0: none yet */
    double value;
    int64_t time_us;
    char trace_id[PL_TRACE_ID_LENGTH];
} exemplar;

struct pl_metric {
    pl_metric *next;                     /* of its family */
    char *values[PL_METRICS_MAX_LABELS]; /* of the labels; in one allocation with the first */
    _Atomic uint64_t bits;               /* a double: the value, or a histogram's sum */
    exemplar *exemplars;                 /* HISTOGRAM: one a bucket */
    _Atomic uint64_t buckets[];          /* HISTOGRAM: BUCKETS + 1, not cumulated */
};

typedef struct family {
    struct family *next; /* in order of names */
    pl_metric_type type;
    char name[METRIC_NAME_SIZE];
    char *help;
    char labels[PL_METRICS_MAX_LABELS][LABEL_NAME_SIZE];
    size_t label_count;
    pl_metric *first, *last;
    size_t series;
} family;

typedef struct callback {
    pl_metrics_fn *fn;
    void *self;
} callback;

struct pl_metrics {
    pthread_mutex_t mu;
    pthread_cond_t scraped;
    /* guarded by mu */
    family *families;
    size_t family_count;
    callback callbacks[PL_METRICS_MAX_CALLBACKS];
    size_t callback_count;
    bool scraping; /* callbacks run, without mu */
    /* end */
    pl_metric *lost; /* counts what has no place; fits every type */
};

double pl_metric_load(const _Atomic uint64_t *bits);

#endif
