/* What a channel to an upstream tells about itself, as metrics. */
#include "parley/rpc/channel.h"
#include "service_internal.h"

typedef struct sampled {
    const char *name, *help;
    pl_metric_type type;
    double value;
} sampled;

static void sample_channel(void *self, pl_metrics *metrics) {
    pl_channel_stats s;
    pl_channel_read_stats(self, &s);
    const sampled samples[] = {
        {"parley_channel_calls_total", "Calls asked for.", PL_METRIC_COUNTER, (double)s.calls},
        {"parley_channel_failures_total", "Calls that count for the breaker.", PL_METRIC_COUNTER,
         (double)s.failures},
        {"parley_channel_retries_total", "Attempts after the first.", PL_METRIC_COUNTER,
         (double)s.retries},
        {"parley_channel_refused_breaker_total", "Calls not sent: the breaker was open.",
         PL_METRIC_COUNTER, (double)s.refused_breaker},
        {"parley_channel_refused_bulkhead_total", "Calls not sent: the bulkhead was full.",
         PL_METRIC_COUNTER, (double)s.refused_bulkhead},
        {"parley_channel_in_flight", "Calls that wait for an answer.", PL_METRIC_GAUGE,
         s.in_flight},
        {"parley_channel_breaker", "0 closed, 1 open, 2 half open.", PL_METRIC_GAUGE, s.breaker},
    };
    for (size_t i = 0; i < PL_COUNT(samples); i++)
        pl_metrics_sample(metrics, samples[i].type, samples[i].name, samples[i].help,
                          PL_LABELS({"upstream", s.name}), samples[i].value);
}

pl_code pl_service_watch_channel(pl_service *service, pl_channel *channel) {
    pl_channel_observe(channel, pl_service_span, service);
    return pl_metrics_on_scrape(service->metrics, sample_channel, channel);
}
