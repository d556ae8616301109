#include <inttypes.h>
#include <stdio.h>

#include "envelope.h"
#include "parley/base/clock.h"
#include "parley/base/failpoint.h"
#include "relay_impl.h"

/* Errors that lie in the rows and not in the state of the database. */
static bool row_fault(pl_code code) {
    return code == PL_ALREADY_EXISTS || code == PL_INVALID_ARGUMENT ||
           code == PL_FAILED_PRECONDITION || code == PL_OUT_OF_RANGE;
}

/* After a batch failed its rows are moved one by one, and the one at fault is set aside. */
static pl_code handle_fault(pl_relay *relay, int64_t row, const pl_error *fault, pl_error *err) {
    if (row == 0) {
        relay->singles = PL_EVENT_BATCH_MAX;
        return PL_OK;
    }
    pl_code code = relay->store->ops->log_reject(relay->store, relay->part, relay->epoch, row,
                                                 fault->message, err);
    if (code)
        return code;
    pthread_mutex_lock(&relay->mu);
    relay->stats.rejected++;
    pthread_mutex_unlock(&relay->mu);
    pl_report(&relay->reporter, PL_LOG_ERROR, "relay.rejected",
              "outbox row %" PRId64 " was moved to outbox_rejected: %s", row, fault->message);
    return PL_OK;
}

/* Moves a batch, or one row while the rows of a failed batch are tried alone. */
static pl_code assign(pl_relay *relay, bool *out_fault, pl_error *err) {
    const pl_event_store_ops *ops = relay->store->ops;
    int64_t row = 0;
    pl_error fault = PL_ERROR_INIT;
    if (relay->singles > 0) {
        pl_code code = ops->log_first(relay->store, relay->part, &row, err);
        if (code)
            return code;
        relay->singles = row ? relay->singles - 1 : 0;
    }
    pl_code code = ops->log_assign(relay->store, relay->part, relay->epoch,
                                   row ? 1 : PL_EVENT_BATCH_MAX, row, &relay->batch, &fault);
    *out_fault = row_fault(code);
    if (row_fault(code))
        return handle_fault(relay, row, &fault, err);
    if (code)
        return pl_error_wrap(err, &fault, "outbox");
    if (relay->batch.fenced)
        return pl_error_set(err, PL_ABORTED, "another relay owns the log");
    return PL_OK;
}

/* The events of the batch have their places in the log: they are published. */
static void tell_published(const pl_relay *relay) {
    int64_t now_us = pl_time_us();
    for (size_t i = 0; relay->observer && i < relay->batch.count; i++) {
        pl_envelope envelope;
        pl_trace trace;
        char type[PL_EVENT_TYPE_MAX + 1];
        if (pl_envelope_decode(relay->batch.entries[i].envelope, &envelope, NULL) != PL_OK)
            continue;
        pl_envelope_trace(&envelope, &trace);
        (void)snprintf(type, sizeof type, "%.*s", PL_FMT(envelope.type));
        int64_t us = now_us > envelope.time_us ? now_us - envelope.time_us : 0;
        const pl_span span = {
            .trace = &trace,
            .kind = PL_SPAN_PRODUCER,
            .name = type,
            .peer = relay->store->stream,
            .start_us = now_us - us,
            .duration_ns = us * 1000,
            .error = "",
        };
        relay->observer(relay->observer_self, &span);
    }
}

pl_code pl_relay_move(pl_relay *relay, size_t *out_moved, pl_error *err) {
    bool fault = false;
    if (PL_FAILPOINT("relay.before_assign"))
        return pl_error_set(err, PL_UNAVAILABLE, "failpoint");
    pl_code code = assign(relay, &fault, err);
    if (fault)
        *out_moved = 1;
    if (code || fault)
        return code;
    *out_moved = relay->batch.count;
    if (relay->batch.count == 0)
        return PL_OK;
    relay->head = relay->batch.entries[relay->batch.count - 1].at;
    tell_published(relay);
    if (PL_FAILPOINT("relay.after_assign"))
        return pl_error_set(err, PL_UNAVAILABLE, "failpoint");
    code = pl_event_stream_append(&relay->stream, relay->known, relay->batch.entries,
                                  relay->batch.count, err);
    if (code)
        return code;
    if (PL_FAILPOINT("relay.after_append"))
        return pl_error_set(err, PL_UNAVAILABLE, "failpoint");
    relay->known = pl_event_stream_id_of(relay->head);
    pthread_mutex_lock(&relay->mu);
    relay->stats.published += (int64_t)relay->batch.count;
    pthread_mutex_unlock(&relay->mu);
    return PL_OK;
}

/* MINID, never MAXLEN: nobody's cursor matters, who is behind reads the log. */
static pl_code trim(pl_relay *relay, pl_event_stream_state state, pl_error *err) {
    pl_event_pos first = pl_event_stream_id_pos(state.first);
    for (int i = 0; i < PL_RELAY_TRIM_STEPS && state.length > relay->keep_entries; i++) {
        pl_event_pos next = {0, 0};
        int64_t removed = 0;
        int64_t excess = state.length - (relay->keep_entries ? relay->keep_entries : 1);
        int32_t step = excess < PL_RELAY_TRIM_STEP ? (int32_t)excess : PL_RELAY_TRIM_STEP;
        pl_code code = relay->store->ops->log_trim(relay->store, relay->part, first, step,
                                                   relay->keep_ms, relay->keep_entries, &next, err);
        if (code || (next.gen == 0 && next.pos == 0))
            return code;
        code = pl_event_stream_trim(&relay->stream, next, &removed, err);
        if (code)
            return code;
        pthread_mutex_lock(&relay->mu);
        relay->stats.trimmed += removed;
        pthread_mutex_unlock(&relay->mu);
        state.length -= removed;
        first = next;
    }
    return PL_OK;
}

pl_code pl_relay_check(pl_relay *relay, pl_error *err) {
    pl_event_stream_state state;
    pl_outbox_state outbox;
    pl_code code = pl_event_stream_read_state(&relay->stream, &state, err);
    if (code)
        return code;
    if (pl_event_stream_id_cmp(state.last, relay->known) != 0)
        return pl_error_set(err, PL_ABORTED, "the stream's last id is not the one that was sent");
    code = relay->store->ops->outbox_state(relay->store, relay->part, &outbox, err);
    if (code)
        return code;
    pthread_mutex_lock(&relay->mu);
    relay->stats.outbox_rows = outbox.rows;
    relay->stats.outbox_oldest_ms = outbox.oldest_ms;
    pthread_mutex_unlock(&relay->mu);
    return trim(relay, state, err);
}
