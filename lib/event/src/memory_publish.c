/* From the log in memory to the stream. */
#include <inttypes.h>

#include "envelope.h"
#include "memory_log_impl.h"
#include "parley/base/clock.h"

/* Deadline of one look into the stream. */
enum { COMMAND_MS = 2000 };
#define PAGE "500"

#define AT_FORMAT   "%" PRId64 "-%" PRId64
#define AT_ARGS(at) (at).gen, (at).pos

/* ---- what is in the stream already ----------------------------------------------------------- */

static pl_code refuse(const pl_memory_log *log, pl_str id, pl_str writer, pl_error *err) {
    return pl_error_set(err, PL_FAILED_PRECONDITION,
                        "stream %s: entry %.*s was written by %.*s, not by %s; use another "
                        "Redis, or delete the stream (DEL %s)",
                        log->stream.key, PL_FMT(id), PL_FMT(writer), log->source, log->stream.key);
}

/* ENTRY was written by a log with this source. */
static pl_code check_writer(const pl_memory_log *log, const pl_event_stream_entry *entry,
                            pl_error *err) {
    pl_envelope envelope;

    if (!entry->ours || pl_envelope_decode(entry->envelope, &envelope, NULL) != PL_OK)
        return refuse(log, entry->id_text, pl_str_c("no publisher"), err);
    if (!pl_str_eqc(envelope.source, log->source))
        return refuse(log, entry->id_text, envelope.source, err);
    return PL_OK;
}

static pl_code adopt_entry(pl_memory_log *log, const pl_event_stream_entry *entry, pl_error *err) {
    pl_event_pos head = memory_log_head(log);
    pl_code code = check_writer(log, entry, err);

    if (code != PL_OK)
        return code;
    if (pl_event_pos_cmp(entry->prev, head) != 0)
        return pl_error_set(err, PL_FAILED_PRECONDITION,
                            "stream %s: entries between " AT_FORMAT " and %.*s are gone, and "
                            "whoever had them has ended; delete the stream (DEL %s)",
                            log->stream.key, AT_ARGS(head), PL_FMT(entry->id_text),
                            log->stream.key);
    return memory_log_add(log, entry->at, entry->prev, entry->envelope, err);
}

/* One page of the stream above AFTER into the log; *OUT_MORE: there may be another. */
static pl_code adopt_page(pl_memory_log *log, pl_event_pos after, bool *out_more, pl_error *err) {
    pl_redis_reply *reply = NULL;
    char from[PL_STREAM_ID_SIZE + 1] = "(";

    pl_event_stream_id_text(pl_event_stream_id_of(after), from + 1);
    pl_code code = PL_REDIS_CALL(log->stream.redis, pl_deadline_ms(COMMAND_MS), &reply, err,
                                 "XRANGE", log->stream.key, from, "+", "COUNT", PAGE);
    if (code != PL_OK)
        return code;
    *out_more = pl_redis_reply_count(reply) > 0;
    for (size_t i = 0; code == PL_OK && i < pl_redis_reply_count(reply); i++) {
        pl_event_stream_entry entry;
        code = pl_event_stream_entry_at(reply, i, &entry)
                   ? adopt_entry(log, &entry, err)
                   : pl_error_set(err, PL_INTERNAL, "XRANGE %s: not an entry", log->stream.key);
    }
    pl_redis_reply_free(reply);
    return code;
}

/* The log becomes what an earlier one has left in the stream. */
static pl_code adopt(pl_memory_log *log, const pl_event_stream_state *state, pl_error *err) {
    bool more = state->length > 0;
    pl_code code = PL_OK;

    memory_log_forget(log);
    if (!more && state->last.ms)
        return pl_error_set(err, PL_FAILED_PRECONDITION,
                            "stream %s: it was emptied, so nobody knows whose it is; delete "
                            "it (DEL %s)",
                            log->stream.key, log->stream.key);
    while (code == PL_OK && more)
        code = adopt_page(log, memory_log_head(log), &more, err);
    return code;
}

/* Who has written the last entry, now that it is above everything of ours. */
static pl_code fenced(pl_memory_log *log, pl_error *err) {
    pl_redis_reply *reply = NULL;
    pl_event_stream_entry entry;
    pl_code code = PL_REDIS_CALL(log->stream.redis, pl_deadline_ms(COMMAND_MS), &reply, err,
                                 "XREVRANGE", log->stream.key, "+", "-", "COUNT", "1");

    if (code == PL_OK && pl_event_stream_entry_at(reply, 0, &entry))
        code = check_writer(log, &entry, err);
    pl_redis_reply_free(reply);
    if (code != PL_OK)
        return code;
    return pl_error_set(err, PL_FAILED_PRECONDITION,
                        "stream %s: another %s publishes there now; end one of them, and "
                        "start this one again",
                        log->stream.key, log->source);
}

/* ---- sending --------------------------------------------------------------------------------- */

/* Sends the log from entry FIRST on; LAST is the stream's last id. */
static pl_code send(pl_memory_log *log, size_t first, pl_event_stream_id last, pl_error *err) {
    pl_code code = PL_OK;

    while (code == PL_OK && first < log->count) {
        size_t count = log->count - first;
        if (count > PL_EVENT_BATCH_MAX)
            count = PL_EVENT_BATCH_MAX;
        code = pl_event_stream_append(&log->stream, last, &log->entries[first], count, err);
        first += count;
        last = pl_event_stream_id_of(log->entries[first - 1].at);
    }
    return code;
}

static pl_code add(pl_memory_log *log, const pl_envelope *envelope, pl_event_pos at,
                   pl_error *err) {
    pl_buf bytes = pl_buf_make(PL_EVENT_ENVELOPE_MAX);
    pl_code code = pl_envelope_encode(envelope, &bytes, err);

    if (code == PL_OK)
        code = memory_log_add(log, at, memory_log_head(log), pl_buf_view(&bytes), err);
    pl_buf_done(&bytes);
    return code;
}

/* The row that begins a generation, above LAST. Also where nothing was before: a consumer may
 * remember a stream that is gone. */
static pl_code begin_generation(pl_memory_log *log, pl_event_stream_id last, pl_error *err) {
    uint8_t id[PL_EVENT_ID_SIZE];
    pl_event_pos head = memory_log_head(log);
    int64_t gen = pl_time_us() / 1000, least = pl_event_stream_id_pos(last).gen;

    if (least == INT64_MAX)
        return pl_error_set(err, PL_FAILED_PRECONDITION,
                            "stream %s: nothing can follow its last id; delete it (DEL %s)",
                            log->stream.key, log->stream.key);
    pl_uuid7(id);
    pl_envelope envelope = {
        .id = pl_str_make((const char *)id, sizeof id),
        .source = pl_str_c(log->source),
        .type = pl_str_c(PL_EVENT_GENERATION),
        .time_us = pl_time_us(),
    };
    return add(log, &envelope, (pl_event_pos){gen > least ? gen : least + 1, head.pos + 1}, err);
}

/* Makes the log the stream's owner, or sends what the stream has lost. */
static pl_code reconcile(pl_memory_log *log, pl_event_stream_id *out_last, pl_error *err) {
    pl_event_stream_state state;
    pl_code code = pl_event_stream_check(&log->stream, err);

    if (code == PL_OK)
        code = pl_event_stream_read_state(&log->stream, &state, err);
    if (code != PL_OK)
        return code;
    *out_last = state.last;
    if (!log->owned) {
        code = adopt(log, &state, err);
        return code == PL_OK ? begin_generation(log, state.last, err) : code;
    }
    pl_event_stream_id head = pl_event_stream_id_of(memory_log_head(log));
    return pl_event_stream_id_cmp(state.last, head) > 0 ? fenced(log, err) : PL_OK;
}

/* ---- publishing ------------------------------------------------------------------------------ */

static bool same_aggregate(const pl_memory_log *log, const pl_envelope *envelope,
                           const pl_memory_event *event) {
    if (!pl_str_eq(envelope->subject, event->subject))
        return false;
    return pl_str_eq(envelope->type, event->type) ||
           (log->same_aggregate && log->same_aggregate(log->self, envelope->type, event->type));
}

/* The version of the event's aggregate after it. */
static int64_t next_version(const pl_memory_log *log, const pl_memory_event *event) {
    if (!event->subject.n)
        return 0;
    for (size_t i = log->count; i-- > 0;) {
        pl_envelope envelope;
        if (pl_envelope_decode(log->entries[i].envelope, &envelope, NULL) == PL_OK &&
            envelope.version && same_aggregate(log, &envelope, event))
            return envelope.version + 1;
    }
    return 1;
}

static pl_code add_event(pl_memory_log *log, const pl_memory_event *event, pl_memory_place *place,
                         pl_error *err) {
    const pl_event_context *context = &event->context;
    pl_event_pos head = memory_log_head(log);

    pl_uuid7(place->id);
    place->version = next_version(log, event);
    place->at = (pl_event_pos){head.gen, head.pos + 1};
    pl_envelope envelope = {
        .id = pl_str_make((const char *)place->id, sizeof place->id),
        .source = pl_str_c(log->source),
        .type = event->type,
        .subject = event->subject,
        .version = place->version,
        .time_us = pl_time_us(),
        .correlation_id = context->correlation_id,
        .causation_id = pl_str_make((const char *)context->causation_id,
                                    context->causation_id ? PL_EVENT_ID_SIZE : 0),
        .traceparent = context->traceparent,
        .tracestate = context->tracestate,
        .payload = event->payload,
    };
    return add(log, &envelope, place->at, err);
}

static pl_code publish(pl_memory_log *log, const pl_memory_event *event, pl_memory_place *place,
                       bool *out_kept, pl_error *err) {
    pl_event_stream_id last;
    pl_code code = reconcile(log, &last, err);

    *out_kept = false;
    if (code == PL_OK)
        code = add_event(log, event, place, err);
    if (code == PL_OK) {
        code = send(log, memory_log_after(log, pl_event_stream_id_pos(last)), last, err);
        *out_kept = code != PL_OK && log->owned;
        log->owned = log->owned || code == PL_OK;
    }
    /* Whatever of it reached the stream is taken over the next time. */
    if (!log->owned)
        memory_log_forget(log);
    return code;
}

pl_code pl_memory_log_publish(pl_memory_log *log, const pl_memory_event *event,
                              pl_memory_place *out_place, pl_error *err) {
    pl_memory_place place;
    pl_error why = PL_ERROR_INIT;
    bool kept;

    pthread_mutex_lock(&log->publishing);
    pl_code code = publish(log, event, &place, &kept, &why);
    pthread_mutex_unlock(&log->publishing);
    if (code == PL_OK)
        *out_place = place;
    else if (kept)
        (void)pl_error_wrap(
            err, &why, "Redis at %s: event " AT_FORMAT " is kept and goes out with the next one",
            log->address, AT_ARGS(place.at));
    else
        (void)pl_error_wrap(err, &why, "Redis at %s", log->address);
    return code;
}
