#include <inttypes.h>

#include "consumer_impl.h"
#include "parley/base/clock.h"
#include "parley/base/failpoint.h"

static bool permanent(pl_code code) {
    return code == PL_INVALID_ARGUMENT || code == PL_DATA_LOSS;
}

static void count_tally(pl_consumer *consumer, const pl_consumer_tally *tally) {
    pthread_mutex_lock(&consumer->mu);
    consumer->stats.handled += tally->handled;
    consumer->stats.skipped += tally->skipped;
    consumer->stats.parked += tally->parked;
    consumer->stats.generations += tally->generations;
    consumer->stats.lost_ranges += tally->lost_ranges;
    consumer->stats.cursor = consumer->cursor;
    pthread_mutex_unlock(&consumer->mu);
    if (tally->published > 0)
        pl_event_store_committed(consumer->store);
}

/* The effects of ENTRIES in TX, which is left open. */
static pl_code fill(pl_consumer *consumer, void *tx, const pl_log_entry *entries, size_t count,
                    bool marked, pl_consumer_tally *tally, pl_error *err) {
    const pl_event_store_ops *ops = consumer->store->ops;
    pl_code code = ops->cursor_advance(consumer->store, tx, &consumer->sub, consumer->cursor,
                                       entries[count - 1].at, err);
    if (code == PL_OK && PL_FAILPOINT("consumer.after_cursor"))
        code = pl_error_set(err, PL_UNAVAILABLE, "failpoint");
    for (size_t i = 0; code == PL_OK && i < count; i++) {
        code = pl_consumer_deliver(consumer, tx, &entries[i], tally, err);
        tally->before = entries[i].at;
    }
    if (code == PL_OK && marked)
        code = ops->attempt_clear(consumer->store, tx, &consumer->sub, entries[count - 1].at, err);
    if (code == PL_OK && PL_FAILPOINT("consumer.before_commit"))
        code = pl_error_set(err, PL_UNAVAILABLE, "failpoint");
    return code;
}

/* What handlers did in a transaction that ended with CODE: until then, for its statements may be on
 * their way when a handler returns. After a batch that failed nothing is told: its events are tried
 * again one by one. */
static void tell_handled(const pl_consumer *consumer, size_t count, pl_code code,
                         const pl_error *err) {
    if (!consumer->observer || (code && count > 1))
        return;
    int64_t now = pl_now_ns();
    for (size_t i = 0; i < consumer->span_count; i++) {
        const pl_consumer_span *handled = &consumer->spans[i];
        const pl_span span = {
            .trace = &handled->trace,
            .kind = PL_SPAN_CONSUMER,
            .name = handled->type,
            .peer = consumer->stream_name,
            .start_us = handled->start_us,
            .duration_ns = now - handled->start_ns,
            .code = code,
            .error = code && err ? err->message : "",
        };
        consumer->observer(consumer->observer_self, &span);
    }
}

/* One transaction over ENTRIES, and what became of it: PL_OK: done, the cursor is behind them.
 * PL_ABORTED: the cursor is elsewhere. Any other code with *out_still: nothing happened, a handler
 * or the commit failed; without it: the store cannot be asked. */
static pl_code transact(pl_consumer *consumer, const pl_log_entry *entries, size_t count,
                        bool marked, bool *out_still, pl_error *err) {
    const pl_event_store_ops *ops = consumer->store->ops;
    pl_event_pos to = entries[count - 1].at;
    pl_consumer_tally tally = {.before = consumer->cursor};
    void *tx = NULL;
    consumer->span_count = 0;
    int64_t ms = count > 1 ? PL_CONSUMER_BATCH_MS : PL_CONSUMER_SINGLE_MS;
    pl_code code = ops->begin(consumer->store, pl_deadline_ms(ms), &tx, err);
    if (code == PL_OK) {
        code = fill(consumer, tx, entries, count, marked, &tally, err);
        if (code)
            ops->rollback(consumer->store, tx);
        else
            code = ops->commit(consumer->store, tx, err);
    }
    if (code == PL_OK && PL_FAILPOINT("consumer.after_commit"))
        code = PL_UNKNOWN;
    if (code) {
        pl_event_pos now = {0, 0};
        pl_code asked = ops->cursor_read(consumer->store, &consumer->sub, &now, NULL);
        *out_still = asked == PL_OK && pl_event_pos_cmp(now, consumer->cursor) == 0;
        if (asked || *out_still) {
            tell_handled(consumer, count, code, err);
            return code;
        }
        if (pl_event_pos_cmp(now, to) != 0) {
            PL_CONSUMER_COUNT(consumer, aborted, 1);
            return pl_error_set(err, PL_ABORTED, "the cursor was moved by another consumer");
        }
    }
    consumer->cursor = to;
    tell_handled(consumer, count, PL_OK, NULL);
    count_tally(consumer, &tally);
    return PL_OK;
}

/* Moves the cursor over an event that will never succeed and keeps it in `parked`. */
static pl_code park_and_pass(pl_consumer *consumer, const pl_log_entry *entry, const char *reason,
                             const char *detail, pl_error *err) {
    const pl_event_store_ops *ops = consumer->store->ops;
    void *tx = NULL;
    pl_code code = ops->begin(consumer->store, pl_deadline_ms(PL_CONSUMER_SINGLE_MS), &tx, err);
    if (code)
        return code;
    code = ops->cursor_advance(consumer->store, tx, &consumer->sub, consumer->cursor, entry->at,
                               err);
    if (code == PL_OK)
        code = pl_consumer_park(consumer, tx, entry, reason, detail, err);
    if (code == PL_OK)
        code = ops->attempt_clear(consumer->store, tx, &consumer->sub, entry->at, err);
    if (code) {
        ops->rollback(consumer->store, tx);
        return code;
    }
    code = ops->commit(consumer->store, tx, err);
    if (code)
        return code;
    pl_consumer_tally tally = {.parked = 1};
    consumer->cursor = entry->at;
    count_tally(consumer, &tally);
    return PL_OK;
}

static void set_waiting(pl_consumer *consumer, bool waiting, const char *message) {
    pthread_mutex_lock(&consumer->mu);
    bool before = consumer->stats.waiting;
    consumer->stats.waiting = waiting;
    if (waiting)
        pl_event_last_error(consumer->stats.last_error, sizeof consumer->stats.last_error, message);
    pthread_mutex_unlock(&consumer->mu);
    if (waiting && !before)
        pl_report(&consumer->reporter, PL_LOG_ERROR, "consumer.waiting",
                  "an event fails again and again, the partition waits: %s", message);
    else if (before && !waiting)
        pl_report(&consumer->reporter, PL_LOG_INFO, "consumer.goes_on", "the event succeeded");
}

/* Waits before the next try; an error: do not try again here. */
static pl_code back_off(pl_consumer *consumer, int tries, int64_t *delay_ms, const pl_error *why,
                        pl_error *err) {
    bool quick = tries <= PL_CONSUMER_QUICK_TRIES;
    PL_CONSUMER_COUNT(consumer, retries, 1);
    if (!quick)
        set_waiting(consumer, true, why->message);
    *delay_ms = pl_event_backoff(*delay_ms, PL_CONSUMER_QUICK_FIRST_MS,
                                 quick ? PL_CONSUMER_QUICK_LAST_MS : PL_CONSUMER_SLOW_LAST_MS);
    pl_waker_pause(&consumer->waker, *delay_ms);
    if (pl_waker_stopped(&consumer->waker))
        return pl_error_set(err, PL_CANCELLED, "stopped");
    if (!pl_lease_held(consumer->lease))
        return pl_error_set(err, PL_ABORTED, "the lease was lost");
    return PL_OK;
}

/* Counts the try that follows before it is made, so that a crash leaves a trace. *out_crashed: it
 * crashed too many processes. */
static pl_code mark(pl_consumer *consumer, const pl_log_entry *entry, bool *out_crashed,
                    pl_error *err) {
    int64_t tries = 0;
    pl_code code = consumer->store->ops->attempt_mark(consumer->store, &consumer->sub, entry->at,
                                                      &tries, err);
    if (code == PL_OK)
        *out_crashed = tries > PL_CONSUMER_CRASHES_MAX;
    return code;
}

/* Tries ENTRY until it is done, parked, or cannot be tried here any more. */
static pl_code try_again_and_again(pl_consumer *consumer, const pl_log_entry *entry, bool *marked,
                                   pl_error *err) {
    int64_t delay_ms = 0;
    for (int tries = 0;; tries++) {
        bool crashed = false;
        if (!*marked && (tries > 0 || consumer->careful > 0)) {
            pl_code code = mark(consumer, entry, &crashed, err);
            if (code)
                return code;
            *marked = true;
        }
        if (crashed)
            return park_and_pass(consumer, entry, "crashed",
                                 "the event crashed the process three times", err);
        bool still = false;
        pl_error why = PL_ERROR_INIT;
        pl_code code = transact(consumer, entry, 1, *marked, &still, &why);
        if (code == PL_OK)
            return PL_OK;
        if (!still)
            return pl_error_wrap(err, &why, "%s", consumer->name);
        if (permanent(code))
            return park_and_pass(consumer, entry, "permanent", why.message, err);
        code = back_off(consumer, tries + 1, &delay_ms, &why, err);
        if (code)
            return code;
    }
}

static pl_code apply_one(pl_consumer *consumer, const pl_log_entry *entry, pl_error *err) {
    bool marked = false;
    pl_code code = try_again_and_again(consumer, entry, &marked, err);
    if (code == PL_OK) {
        set_waiting(consumer, false, "");
        if (consumer->careful > 0)
            consumer->careful--;
    } else if (marked) {
        /* The process survived: the try was no crash. */
        (void)consumer->store->ops->attempt_unmark(consumer->store, &consumer->sub, entry->at,
                                                   NULL);
    }
    return code;
}

pl_code pl_consumer_apply(pl_consumer *consumer, const pl_log_entry *entries, size_t count,
                          pl_error *err) {
    if (count == 0)
        return PL_OK;
    if (consumer->careful == 0 && count > 1) {
        bool still = false;
        pl_code code = transact(consumer, entries, count, false, &still, err);
        if (code == PL_OK || !still)
            return code;
    }
    for (size_t i = 0; i < count; i++) {
        pl_code code = apply_one(consumer, &entries[i], err);
        if (code)
            return code;
        if (pl_waker_stopped(&consumer->waker))
            return pl_error_set(err, PL_CANCELLED, "stopped");
    }
    return PL_OK;
}
