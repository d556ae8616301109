#include <inttypes.h>

#include "consumer_impl.h"
#include "parley/base/clock.h"
#include "parley/base/failpoint.h"

static bool is_generation(const pl_log_entry *entry) {
    pl_envelope envelope;
    return pl_envelope_decode(entry->envelope, &envelope, NULL) == PL_OK &&
           pl_str_eqc(envelope.type, PL_EVENT_GENERATION);
}

/* ENTRY is the next one after TAIL; a generation may begin before it. */
static bool follows(const pl_log_entry *entry, pl_event_pos tail) {
    int order = pl_event_pos_cmp(entry->prev, tail);
    return order == 0 || (order < 0 && is_generation(entry));
}

static pl_code read_log(pl_consumer *consumer, int32_t max, pl_error *err) {
    if (!consumer->log.read)
        return pl_error_set(err, PL_FAILED_PRECONDITION,
                            "%s: the log of %s is needed and no reader was given", consumer->name,
                            consumer->stream_name);
    return consumer->log.read(consumer->log.self, consumer->stream_name, consumer->sub.part,
                              consumer->cursor, max, &consumer->batch, err);
}

/* Entries of the batch up to UNTIL, checked to be a chain after the cursor. */
static pl_code check_batch(const pl_consumer *consumer, pl_event_pos until, size_t *out_count,
                           pl_error *err) {
    pl_event_pos tail = consumer->cursor;
    size_t count = 0;
    for (; count < consumer->batch.count; count++) {
        const pl_log_entry *entry = &consumer->batch.entries[count];
        if (pl_event_pos_cmp(entry->at, until) > 0)
            break;
        if (!follows(entry, tail) || pl_event_pos_cmp(entry->at, tail) <= 0)
            return pl_error_set(
                err, PL_DATA_LOSS,
                "log of %s: %" PRId64 "-%" PRId64 " does not follow %" PRId64 "-%" PRId64,
                consumer->stream_name, entry->at.gen, entry->at.pos, tail.gen, tail.pos);
        tail = entry->at;
    }
    *out_count = count;
    return PL_OK;
}

/* Applies what the publisher's log has after the cursor, up to UNTIL. */
static pl_code catch_up(pl_consumer *consumer, pl_event_pos until, pl_error *err) {
    while (pl_event_pos_cmp(consumer->cursor, until) < 0) {
        size_t count = 0;
        pl_code code = read_log(consumer, PL_EVENT_BATCH_MAX, err);
        if (code == PL_OK)
            code = check_batch(consumer, until, &count, err);
        if (code || count == 0)
            return code;
        for (size_t i = 0; code == PL_OK && i < count; i += PL_CONSUMER_BATCH)
            code = pl_consumer_apply(consumer, &consumer->batch.entries[i],
                                     count - i < PL_CONSUMER_BATCH ? count - i : PL_CONSUMER_BATCH,
                                     err);
        if (code)
            return code;
        PL_CONSUMER_COUNT(consumer, from_log, count);
        if (pl_waker_stopped(&consumer->waker))
            return pl_error_set(err, PL_CANCELLED, "stopped");
    }
    return PL_OK;
}

static pl_code flush(pl_consumer *consumer, pl_error *err) {
    size_t count = consumer->chained;
    consumer->chained = 0;
    return pl_consumer_apply(consumer, consumer->chain, count, err);
}

static pl_code park_foreign(pl_consumer *consumer, const pl_event_stream_entry *entry,
                            pl_error *err) {
    pl_parked_row row = {
        .entry_id = entry->id_text,
        .reason = "foreign",
        .detail = pl_str_c("the log of the publisher does not have it"),
        .bytes = entry->envelope,
    };
    pl_code code = consumer->store->ops->park(consumer->store, NULL, &consumer->sub, &row, err);
    if (code)
        return code;
    PL_CONSUMER_COUNT(consumer, foreign, 1);
    pl_report(&consumer->reporter, PL_LOG_ERROR, "consumer.foreign",
              "entry %.*s was not written by the publisher", PL_FMT(entry->id_text));
    return PL_OK;
}

/* An entry that does not simply come next: a gap before it, or not of the publisher's making. */
static pl_code resolve(pl_consumer *consumer, const pl_event_stream_entry *entry, bool ours,
                       pl_error *err) {
    pl_event_pos at = pl_event_stream_id_pos(entry->id);
    pl_code code = flush(consumer, err);
    if (code)
        return code;
    if (ours && pl_event_pos_cmp(entry->prev, consumer->cursor) > 0) {
        PL_CONSUMER_COUNT(consumer, gaps, 1);
        code = catch_up(consumer, entry->prev, err);
        if (code)
            return code;
        if (pl_event_pos_cmp(entry->prev, consumer->cursor) == 0) {
            consumer->chain[consumer->chained++] = (pl_log_entry){
                .at = entry->at, .prev = entry->prev, .envelope = entry->envelope};
            return PL_OK;
        }
    }
    /* Where the log has that id its copy is applied, and the cursor is there. */
    code = catch_up(consumer, at, err);
    if (code || pl_event_pos_cmp(consumer->cursor, at) >= 0)
        return code;
    return park_foreign(consumer, entry, err);
}

static pl_code take_entry(pl_consumer *consumer, const pl_event_stream_entry *entry,
                          pl_error *err) {
    pl_event_pos tail = consumer->chained ? consumer->chain[consumer->chained - 1].at
                                          : consumer->cursor;
    if (pl_event_stream_id_cmp(entry->id, pl_event_stream_id_of(tail)) <= 0) {
        PL_CONSUMER_COUNT(consumer, duplicates, 1);
        return PL_OK;
    }
    pl_envelope envelope;
    pl_log_entry next = {.at = entry->at, .prev = entry->prev, .envelope = entry->envelope};
    bool ours = entry->ours && pl_envelope_decode(entry->envelope, &envelope, NULL) == PL_OK;
    if (!ours || !follows(&next, tail))
        return resolve(consumer, entry, ours, err);
    consumer->chain[consumer->chained++] = next;
    return consumer->chained == PL_CONSUMER_BATCH ? flush(consumer, err) : PL_OK;
}

static pl_code take_entries(pl_consumer *consumer, const pl_redis_reply *reply, pl_error *err) {
    const pl_redis_reply *entries = pl_event_stream_entries(reply);
    size_t count = pl_redis_reply_count(entries);
    pl_event_stream_id last = consumer->read;
    consumer->chained = 0;
    for (size_t i = 0; i < count; i++) {
        pl_event_stream_entry entry;
        if (!pl_event_stream_entry_at(entries, i, &entry))
            return pl_error_set(err, PL_INTERNAL, "XREAD %s: not an entry", consumer->stream_name);
        pl_code code = take_entry(consumer, &entry, err);
        if (code)
            return code;
        last = entry.id;
    }
    pl_code code = flush(consumer, err);
    if (code == PL_OK)
        consumer->read = last;
    return code;
}

/* How far the publisher's log is ahead of the cursor; for the figures. That the publisher cannot
 * be asked is no error: events go on without it. */
static bool look_at_head(pl_consumer *consumer, pl_event_pos *out_head) {
    bool answered = read_log(consumer, 1, NULL) == PL_OK;
    consumer->lag_ns = pl_deadline_ms(answered ? PL_CONSUMER_LAG_MS : PL_CONSUMER_LAG_DOWN_MS);
    if (!answered)
        return false;
    pl_event_pos head = consumer->batch.head;
    pl_envelope next;
    int64_t lag_ms = 0;
    if (consumer->batch.count > 0 &&
        pl_envelope_decode(consumer->batch.entries[0].envelope, &next, NULL) == PL_OK)
        lag_ms = (pl_time_us() - next.time_us) / 1000;
    bool behind = pl_event_pos_cmp(head, consumer->cursor) > 0;
    pthread_mutex_lock(&consumer->mu);
    consumer->stats.head = head;
    consumer->stats.lag_events = behind ? head.pos - consumer->cursor.pos : 0;
    consumer->stats.lag_ms = behind && lag_ms > 0 ? lag_ms : 0;
    pthread_mutex_unlock(&consumer->mu);
    *out_head = head;
    return true;
}

/* Nothing new in the stream for a while. */
static pl_code idle(pl_consumer *consumer, pl_error *err) {
    pl_event_pos head = {0, 0};
    /* Behind a foreign entry or in a stream that was made anew, ours may come below. */
    consumer->read = pl_event_stream_id_of(consumer->cursor);
    if (pl_now_ns() < consumer->lag_ns || !look_at_head(consumer, &head))
        return PL_OK;
    /* What the stream no longer has, and nothing after it tells. */
    return catch_up(consumer, head, err);
}

pl_code pl_consumer_round(pl_consumer *consumer, pl_error *err) {
    pl_code code = PL_OK;
    if (consumer->must_read_cursor) {
        code = consumer->store->ops->cursor_read(consumer->store, &consumer->sub, &consumer->cursor,
                                                 err);
        if (code)
            return code;
        consumer->read = pl_event_stream_id_of(consumer->cursor);
        consumer->must_read_cursor = false;
    }
    pl_redis_reply *reply = NULL;
    code = pl_event_stream_read(&consumer->stream, consumer->read, &reply, err);
    if (code)
        return code;
    if (!reply)
        return idle(consumer, err);
    if (PL_FAILPOINT("consumer.after_read"))
        code = pl_error_set(err, PL_UNAVAILABLE, "failpoint");
    if (code == PL_OK)
        code = take_entries(consumer, reply, err);
    pl_redis_reply_free(reply);
    pl_event_pos head;
    if (code == PL_OK && pl_now_ns() >= consumer->lag_ns)
        (void)look_at_head(consumer, &head);
    return code;
}
