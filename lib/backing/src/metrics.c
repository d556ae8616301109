/* What a service with a store exports beside its calls: pool, relay, consumers. Names are
 * parley_<part>_<what>[_total]. */
#include "backing_internal.h"

/* One row of a table: a figure and where it stands. */
typedef struct figure {
    pl_metric_type type;
    const char *name;
    const char *help;
    double value;
} figure;

static void put(pl_metrics *metrics, const figure *figures, size_t count, const pl_label *labels,
                size_t label_count) {
    for (size_t i = 0; i < count; i++)
        pl_metrics_sample(metrics, figures[i].type, figures[i].name, figures[i].help, labels,
                          label_count, figures[i].value);
}

static void sample_pool(pl_backing *backing, pl_metrics *metrics) {
    pl_pg_stats s;
    pl_pg_stats_get(backing->pg, &s);
    const figure figures[] = {
        {PL_METRIC_GAUGE, "parley_pg_connections", "Open connections.", s.open},
        {PL_METRIC_GAUGE, "parley_pg_connections_in_use", "Connections lent out.", s.in_use},
        {PL_METRIC_COUNTER, "parley_pg_waits_total", "Transactions that found no free connection.",
         (double)s.waits},
        {PL_METRIC_COUNTER, "parley_pg_transactions_total", "Transactions begun.",
         (double)s.transactions},
        {PL_METRIC_COUNTER, "parley_pg_commits_total", "Transactions committed.",
         (double)s.commits},
        {PL_METRIC_COUNTER, "parley_pg_round_trips_total", "Waits for the server.",
         (double)s.round_trips},
        {PL_METRIC_COUNTER, "parley_pg_lost_total", "Connections closed after a fault.",
         (double)s.lost},
    };
    put(metrics, figures, PL_COUNT(figures), PL_NO_LABELS);
}

static void sample_relay(pl_backing *backing, pl_metrics *metrics) {
    pl_relay_stats s;
    const pl_label labels[] = {{"stream", backing->opts->source}};
    if (!backing->relay)
        return;
    pl_relay_stats_get(backing->relay, &s);
    const figure figures[] = {
        {PL_METRIC_GAUGE, "parley_relay_active", "1 where this process relays the stream.",
         s.active},
        {PL_METRIC_GAUGE, "parley_outbox_rows", "Events not yet in the log.",
         (double)s.outbox_rows},
        {PL_METRIC_GAUGE, "parley_outbox_oldest_seconds", "Age of the oldest of them.",
         (double)s.outbox_oldest_ms / 1000},
        {PL_METRIC_COUNTER, "parley_relay_published_total", "Events appended to the stream.",
         (double)s.published},
        {PL_METRIC_COUNTER, "parley_relay_resent_total", "Events appended by reconciling.",
         (double)s.resent},
        {PL_METRIC_COUNTER, "parley_relay_reconciled_total", "Reconciliations.",
         (double)s.reconciled},
        {PL_METRIC_COUNTER, "parley_relay_generations_total", "Generations begun.",
         (double)s.generations},
        {PL_METRIC_COUNTER, "parley_relay_rejected_total", "Rows moved to outbox_rejected.",
         (double)s.rejected},
        {PL_METRIC_GAUGE, "parley_relay_position", "The last position in the stream.",
         (double)s.position.pos},
        {PL_METRIC_GAUGE, "parley_relay_epoch", "Epoch of the lease.", (double)s.lease_epoch},
    };
    put(metrics, figures, PL_COUNT(figures), labels, PL_COUNT(labels));
}

static void sample_consumer(const char *stream, pl_consumer *consumer, pl_metrics *metrics) {
    pl_consumer_stats s;
    const pl_label labels[] = {{"stream", stream}};
    pl_consumer_stats_get(consumer, &s);
    const figure figures[] = {
        {PL_METRIC_GAUGE, "parley_consumer_active", "1 where this process consumes.", s.active},
        {PL_METRIC_GAUGE, "parley_consumer_waiting", "1 while an event is tried again and again.",
         s.waiting},
        {PL_METRIC_GAUGE, "parley_consumer_lag_events", "Events not yet handled.",
         (double)s.lag_events},
        {PL_METRIC_GAUGE, "parley_consumer_lag_seconds", "Age of the oldest of them.",
         (double)s.lag_ms / 1000},
        {PL_METRIC_GAUGE, "parley_consumer_cursor", "The last position handled.",
         (double)s.cursor.pos},
        {PL_METRIC_COUNTER, "parley_consumer_handled_total", "Events handled.", (double)s.handled},
        {PL_METRIC_COUNTER, "parley_consumer_skipped_total", "Events of types without a handler.",
         (double)s.skipped},
        {PL_METRIC_COUNTER, "parley_consumer_duplicates_total", "Entries seen again and dropped.",
         (double)s.duplicates},
        {PL_METRIC_COUNTER, "parley_consumer_gaps_total", "Gaps filled from the log.",
         (double)s.gaps},
        {PL_METRIC_COUNTER, "parley_consumer_foreign_total", "Entries nobody of ours wrote.",
         (double)s.foreign},
        {PL_METRIC_COUNTER, "parley_consumer_parked_total", "Events parked.", (double)s.parked},
        {PL_METRIC_COUNTER, "parley_consumer_retries_total", "Events tried again.",
         (double)s.retries},
        {PL_METRIC_COUNTER, "parley_consumer_handler_seconds_total", "Time in handlers.",
         (double)s.handler_us / 1e6},
    };
    put(metrics, figures, PL_COUNT(figures), labels, PL_COUNT(labels));
}

void backing_sample(void *self, pl_metrics *metrics) {
    pl_backing *backing = self;
    sample_pool(backing, metrics);
    sample_relay(backing, metrics);
    for (size_t i = 0; i < backing->consumer_count; i++)
        sample_consumer(backing->consumers[i].stream, backing->consumers[i].consumer, metrics);
}
