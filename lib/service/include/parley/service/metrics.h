/* Metrics of a process, in the Prometheus text format or in OpenMetrics.
 *
 * A metric family has a name, a help text and a type; a series is a family with
 * the values of its labels. Series are bounded: a family that has its maximum
 * answers the series whose labels are all "other", so that a label with too
 * many values costs precision and never memory. Counting is one atomic addition;
 * looking a series up takes a lock, so hold on to the pointer. Metrics live as
 * long as their registry. Every function is thread-safe.
 *
 *     pl_metric *placed = pl_metrics_counter(metrics, "orders_placed_total", "Orders placed.",
 *                                            PL_LABELS({"policy", "saga"}));
 *     pl_metric_add(placed, 1);
 */
#ifndef PARLEY_SERVICE_METRICS_H
#define PARLEY_SERVICE_METRICS_H

#include <stddef.h>
#include <stdint.h>

#include "parley/base/error.h"
#include "parley/base/str.h"
#include "parley/base/trace.h"

#ifdef __cplusplus
extern "C" {
#endif

#define PL_METRICS_MAX_FAMILIES    256u
#define PL_METRICS_MAX_SERIES      512u /* of one family, "other" included */
#define PL_METRICS_MAX_LABELS      4u
#define PL_METRICS_MAX_LABEL_VALUE 96u /* bytes; longer values are cut */
#define PL_METRICS_MAX_BUCKETS     24u
#define PL_METRICS_MAX_CALLBACKS   64u
#define PL_METRICS_MAX_TEXT        (4u << 20) /* bytes of one scrape */

typedef struct pl_metrics pl_metrics;
typedef struct pl_metric pl_metric; /* one series */

typedef enum pl_metric_type {
    PL_METRIC_COUNTER,
    PL_METRIC_GAUGE,
    PL_METRIC_HISTOGRAM
} pl_metric_type;

typedef struct pl_label {
    const char *name;
    const char *value;
} pl_label;

/* Labels as two arguments: PL_LABELS({"method", m}, {"code", c}), or PL_NO_LABELS. */
#define PL_LABELS(...)                                                                             \
    (const pl_label[]){__VA_ARGS__}, sizeof((const pl_label[]){__VA_ARGS__}) / sizeof(pl_label)
#define PL_NO_LABELS NULL, 0

/* PL_RESOURCE_EXHAUSTED: no memory. */
pl_code pl_metrics_new(pl_metrics **out_metrics, pl_error *err) PL_NODISCARD;
/* NULL is allowed. */
void pl_metrics_free(pl_metrics *metrics);

/* Find or make a series. NAME and HELP are copied; a family's type and label names
 * never change (programming error). Never NULL: beyond the maximum or without
 * memory the answer is a series that is counted but not shown. */
pl_metric *pl_metrics_counter(pl_metrics *metrics, const char *name, const char *help,
                              const pl_label *labels, size_t label_count);
pl_metric *pl_metrics_gauge(pl_metrics *metrics, const char *name, const char *help,
                            const pl_label *labels, size_t label_count);
/* A histogram in seconds, with 16 buckets from 0.1 ms to 10 s. */
pl_metric *pl_metrics_histogram(pl_metrics *metrics, const char *name, const char *help,
                                const pl_label *labels, size_t label_count);

/* Adds to a counter (not negative) or a gauge. */
void pl_metric_add(pl_metric *metric, double value);
/* Sets a gauge. */
void pl_metric_set(pl_metric *metric, double value);
/* Adds one observation to a histogram. */
void pl_metric_observe(pl_metric *metric, double value);
/* The same, at NOW_NS (pl_now_ns), in TRACE (NULL: none): once a second and bucket a sampled one is
 * kept as the bucket's exemplar. */
void pl_metric_observe_traced(pl_metric *metric, double value, const pl_trace *trace,
                              int64_t now_ns);
/* The value of a counter or gauge, the sum of a histogram. */
double pl_metric_value(const pl_metric *metric);
/* The number of observations of a histogram. */
uint64_t pl_metric_observations(const pl_metric *metric);

/* Called at each scrape, on the scraping thread: sets values that are kept elsewhere
 * (connections of a pool, lag of a consumer) with pl_metrics_sample. */
typedef void pl_metrics_fn(void *self, pl_metrics *metrics);
/* Calls FN(SELF) until the registry is freed or pl_metrics_forget(SELF).
 * PL_RESOURCE_EXHAUSTED beyond PL_METRICS_MAX_CALLBACKS. */
pl_code pl_metrics_on_scrape(pl_metrics *metrics, pl_metrics_fn *fn, void *self);
/* Removes the callbacks of SELF; after it returned none of them runs. Not from a callback. */
void pl_metrics_forget(pl_metrics *metrics, void *self);
/* Sets a series of a counter or gauge kept elsewhere to VALUE. */
void pl_metrics_sample(pl_metrics *metrics, pl_metric_type type, const char *name, const char *help,
                       const pl_label *labels, size_t label_count, double value);

/* Appends all families in the text format 0.0.4, in order of their names. */
void pl_metrics_text(pl_metrics *metrics, pl_buf *out);
/* The same in the format OpenMetrics 1.0.0, with exemplars. */
void pl_metrics_openmetrics(pl_metrics *metrics, pl_buf *out);

#ifdef __cplusplus
}
#endif
#endif
