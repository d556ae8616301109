#include <inttypes.h>

#include "envelope.h"
#include "parley/base/clock.h"
#include "parley/base/failpoint.h"
#include "relay_impl.h"

/* The log cannot go on below what stands in the stream, nor after a database that may be older
 * than what was sent: it goes on in a new generation. */
static const char *reason_for_generation(const pl_log_head *head, pl_event_stream_id last) {
    bool empty = last.ms == 0 && last.seq == 0;
    if (pl_event_stream_id_cmp(last, pl_event_stream_id_of(head->pos)) > 0)
        return "the stream is ahead of the log: a foreign entry, or an older database";
    if (head->identity_changed)
        return "the database was restored or promoted";
    if (head->pos.pos == 0 && !empty)
        return "the log is new, the stream is not";
    return NULL;
}

static pl_code begin_generation(pl_relay *relay, pl_event_stream_id last, const char *reason,
                                pl_event_pos *head, pl_error *err) {
    uint8_t id[PL_EVENT_ID_SIZE];
    pl_uuid7(id);
    pl_envelope envelope = {
        .id = pl_str_make((const char *)id, sizeof id),
        .source = pl_str_c(relay->store->source),
        .type = pl_str_c(PL_EVENT_GENERATION),
        .time_us = pl_time_us(),
    };
    pl_buf bytes = pl_buf_make(PL_EVENT_ENVELOPE_MAX);
    pl_event_pos before = *head;
    pl_code code = pl_envelope_encode(&envelope, &bytes, err);
    if (code == PL_OK) {
        pl_outbox_row row = {
            .part = relay->part,
            .event_id = id,
            .type = envelope.type,
            .envelope = pl_buf_view(&bytes),
        };
        code = relay->store->ops->log_generation(
            relay->store, relay->epoch, pl_event_stream_id_pos(last).gen + 1, &row, head, err);
    }
    pl_buf_done(&bytes);
    if (code)
        return code;
    pthread_mutex_lock(&relay->mu);
    relay->stats.generations++;
    pthread_mutex_unlock(&relay->mu);
    pl_report(&relay->reporter, PL_LOG_ERROR, "relay.generation",
              "%s: last id of the stream %" PRIu64 "-%" PRIu64 ", head of the log %" PRId64
              "-%" PRId64 "; goes on as %" PRId64 "-%" PRId64,
              reason, last.ms, last.seq, before.gen, before.pos, head->gen, head->pos);
    return PL_OK;
}

/* Appends the rows of the log above AFTER; LAST is the stream's last id. */
static pl_code send_rest(pl_relay *relay, pl_event_pos after, pl_event_stream_id last,
                         pl_error *err) {
    relay->known = last;
    for (;;) {
        pl_code code = relay->store->ops->log_read(relay->store, relay->part, after,
                                                   PL_EVENT_BATCH_MAX, &relay->batch, err);
        if (code || relay->batch.count == 0)
            return code;
        if (PL_FAILPOINT("relay.before_resend"))
            return pl_error_set(err, PL_UNAVAILABLE, "failpoint");
        code = pl_event_stream_append(&relay->stream, relay->known, relay->batch.entries,
                                      relay->batch.count, err);
        if (code)
            return code;
        after = relay->batch.entries[relay->batch.count - 1].at;
        relay->known = pl_event_stream_id_of(after);
        pthread_mutex_lock(&relay->mu);
        relay->stats.resent += (int64_t)relay->batch.count;
        pthread_mutex_unlock(&relay->mu);
        if (pl_waker_stopped(&relay->waker))
            return pl_error_set(err, PL_CANCELLED, "stopped");
    }
}

pl_code pl_relay_reconcile(pl_relay *relay, pl_error *err) {
    const pl_event_store_ops *ops = relay->store->ops;
    pl_log_head head;
    pl_event_stream_state state;
    pl_code code = ops->log_own(relay->store, relay->part, relay->epoch, &head, err);
    if (code == PL_OK)
        code = pl_event_stream_check(&relay->stream, err);
    if (code == PL_OK)
        code = pl_event_stream_read_state(&relay->stream, &state, err);
    if (code)
        return code;
    const char *reason = reason_for_generation(&head, state.last);
    if (reason) {
        pl_event_stream_id last = state.last;
        if (last.ms >= PL_RELAY_FOREIGN_MS) {
            code = pl_event_stream_set_aside(&relay->stream, pl_time_us() / 1000, err);
            if (code)
                return code;
            state.last = (pl_event_stream_id){0, 0};
            /* The ids that were set aside bound nothing any more. */
            last = state.last;
        }
        code = begin_generation(relay, last, reason, &head.pos, err);
        if (code)
            return code;
    }
    if (PL_FAILPOINT("relay.after_own"))
        return pl_error_set(err, PL_UNAVAILABLE, "failpoint");
    relay->head = head.pos;
    pl_event_pos after = pl_event_stream_id_pos(state.last);
    if (state.last.ms == 0 && state.last.seq == 0)
        code = ops->log_window(relay->store, relay->part, relay->keep_ms, relay->keep_entries,
                               &after, err);
    if (code == PL_OK)
        code = send_rest(relay, after, state.last, err);
    pthread_mutex_lock(&relay->mu);
    relay->stats.reconciled++;
    pthread_mutex_unlock(&relay->mu);
    return code;
}
