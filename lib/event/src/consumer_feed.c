#include "parley/event/feed.h"

#include "consumer_impl.h"
#include "parley/base/assert.h"
#include "parley/base/clock.h"

enum { ENVELOPE_MAX = 128 * 1024 };

/* What a handler said last; the loop that tries again keeps it to itself. */
static void keep_error(void *self, const pl_span *span) {
    if (span->code != PL_OK)
        (void)pl_error_set(self, span->code, "%s: %s", span->name, span->error);
}

static pl_feed_outcome outcome_of(const pl_consumer_stats *before, const pl_consumer_stats *after) {
    if (after->parked > before->parked)
        return PL_FEED_PARKED;
    return after->handled > before->handled ? PL_FEED_HANDLED : PL_FEED_SKIPPED;
}

pl_code pl_consumer_feed_bytes(pl_consumer *consumer, pl_str bytes, pl_feed_outcome *out_outcome,
                               pl_error *err) {
    pl_consumer_stats before;
    pl_consumer_stats after;
    pl_error said = PL_ERROR_INIT;
    PL_ASSERT(!consumer->started);
    pl_code code = consumer->store->ops->cursor_read(consumer->store, &consumer->sub,
                                                     &consumer->cursor, err);
    if (code != PL_OK)
        return code;
    const pl_event_pos from = consumer->cursor;
    const pl_log_entry entry = {
        .at = {from.gen ? from.gen : 1, from.pos + 1}, .prev = from, .envelope = bytes};
    pl_consumer_stats_get(consumer, &before);
    pl_span_fn *const observer = consumer->observer;
    void *const observer_self = consumer->observer_self;
    consumer->observer = keep_error;
    consumer->observer_self = &said;
    pl_waker_stop(&consumer->waker); /* one try */
    code = pl_consumer_apply(consumer, &entry, 1, err);
    consumer->observer = observer;
    consumer->observer_self = observer_self;
    pl_consumer_stats_get(consumer, &after);
    if (pl_event_pos_cmp(consumer->cursor, entry.at) == 0) {
        *out_outcome = outcome_of(&before, &after);
        return PL_OK;
    }
    if (code == PL_CANCELLED && said.code != PL_OK && err)
        *err = said;
    return said.code != PL_OK ? said.code : code;
}

pl_code pl_consumer_feed(pl_consumer *consumer, const pl_feed_event *event,
                         pl_feed_outcome *out_outcome, pl_error *err) {
    pl_buf bytes = pl_buf_make(ENVELOPE_MAX);
    const pl_envelope envelope = {.id = pl_str_make((const char *)event->id, sizeof event->id),
                                  .source = pl_str_c(consumer->stream_name),
                                  .type = event->type,
                                  .subject = event->subject,
                                  .version = event->version,
                                  .time_us = pl_time_us(),
                                  .correlation_id = event->subject,
                                  .payload = event->payload};
    pl_code code = pl_envelope_encode(&envelope, &bytes, err);
    if (code == PL_OK)
        code = pl_consumer_feed_bytes(consumer, pl_buf_view(&bytes), out_outcome, err);
    pl_buf_done(&bytes);
    return code;
}
