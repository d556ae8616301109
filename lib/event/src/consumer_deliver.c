#include <inttypes.h>
#include <stdio.h>

#include "consumer_impl.h"
#include "parley/base/clock.h"
#include "parley/base/failpoint.h"

static const pl_consumer_handler *find_handler(const pl_consumer *consumer, pl_str type) {
    for (size_t i = 0; i < consumer->handler_count; i++)
        if (pl_str_eqc(type, consumer->handlers[i].desc->type))
            return &consumer->handlers[i];
    return NULL;
}

/* An event without effect may be a handler that was forgotten. */
static void tell_skipped(pl_consumer *consumer, pl_str type) {
    for (size_t i = 0; i < consumer->told_count; i++)
        if (pl_str_eqc(type, consumer->told[i]))
            return;
    if (consumer->told_count == PL_CONSUMER_TOLD_MAX)
        return;
    char *told = consumer->told[consumer->told_count++];
    snprintf(told, sizeof consumer->told[0], "%.*s", PL_FMT(type));
    pl_report(&consumer->reporter, PL_LOG_INFO, "consumer.skipped",
              "%s: nobody handles it here; said once a type", told);
}

pl_code pl_consumer_park(pl_consumer *consumer, void *tx, const pl_log_entry *entry,
                         const char *reason, const char *detail, pl_error *err) {
    char id[PL_STREAM_ID_SIZE];
    pl_envelope envelope;
    pl_event_stream_id_text(pl_event_stream_id_of(entry->at), id);
    bool decoded = pl_envelope_decode(entry->envelope, &envelope, NULL) == PL_OK;
    pl_parked_row row = {
        .entry_id = pl_str_c(id),
        .reason = reason,
        .type = decoded ? envelope.type : pl_str_c(""),
        .detail = pl_str_c(detail),
        .bytes = entry->envelope,
    };
    pl_code code = consumer->store->ops->park(consumer->store, tx, &consumer->sub, &row, err);
    if (code == PL_OK)
        pl_report(&consumer->reporter, PL_LOG_ERROR, "consumer.parked", "%s: %s: %s", id, reason,
                  detail);
    return code;
}

/* A new generation whose row comes before the cursor: what lies between was applied here and is
 * lost in the publisher's database. */
static void note_generation(pl_consumer *consumer, const pl_log_entry *entry,
                            pl_consumer_tally *tally) {
    tally->generations++;
    if (pl_event_pos_cmp(entry->prev, tally->before) >= 0)
        return;
    tally->lost_ranges++;
    pl_report(&consumer->reporter, PL_LOG_ERROR, "consumer.publisher_lost_events",
              "generation %" PRId64 " begins after %" PRId64 "-%" PRId64 ": events up to %" PRId64
              "-%" PRId64 " were applied here and are not in the log",
              entry->at.gen, entry->prev.gen, entry->prev.pos, tally->before.gen,
              tally->before.pos);
}

static pl_code call_handler(pl_consumer *consumer, const pl_consumer_handler *handler, void *tx,
                            const pl_envelope *envelope, pl_event_pos at, pl_consumer_tally *tally,
                            pl_error *err) {
    pl_event_meta meta;
    pl_trace event;
    pl_envelope_meta(envelope, at, &meta);
    pl_consumer_span *span = &consumer->spans[consumer->span_count++];
    pl_envelope_trace(envelope, &event);
    pl_trace_begin(&span->trace, pl_str_c(event.traceparent));
    pl_event_tx event_tx = {
        .store = consumer->store,
        .tx = tx,
        .context = {.correlation_id = meta.correlation_id,
                    .causation_id = meta.id,
                    .traceparent = pl_str_c(span->trace.traceparent),
                    .tracestate = meta.tracestate},
    };
    span->type = handler->desc->type;
    span->start_us = pl_time_us();
    const char *outer = pl_log_trace(span->trace.traceparent); /* of what the handler logs */
    span->start_ns = pl_now_ns();
    pl_code code = handler->thunk(handler->fn, handler->self, &event_tx, &meta,
                                  (const uint8_t *)envelope->payload.p, envelope->payload.n, err);
    int64_t us = (pl_now_ns() - span->start_ns) / 1000;
    (void)pl_log_trace(outer);
    tally->published += event_tx.published;
    pthread_mutex_lock(&consumer->mu);
    consumer->stats.handler_us += us;
    if (us > consumer->stats.handler_max_us)
        consumer->stats.handler_max_us = us;
    pthread_mutex_unlock(&consumer->mu);
    return code;
}

pl_code pl_consumer_deliver(pl_consumer *consumer, void *tx, const pl_log_entry *entry,
                            pl_consumer_tally *tally, pl_error *err) {
    pl_envelope envelope;
    pl_error malformed = PL_ERROR_INIT;
    if (pl_envelope_decode(entry->envelope, &envelope, &malformed) != PL_OK) {
        tally->parked++;
        return pl_consumer_park(consumer, tx, entry, "undecodable", malformed.message, err);
    }
    if (pl_str_eqc(envelope.type, PL_EVENT_GENERATION)) {
        note_generation(consumer, entry, tally);
        return PL_OK;
    }
    const pl_consumer_handler *handler = find_handler(consumer, envelope.type);
    if (!handler) {
        tally->skipped++;
        tell_skipped(consumer, envelope.type);
        return PL_OK;
    }
    tally->handled++;
    return call_handler(consumer, handler, tx, &envelope, entry->at, tally, err);
}
