#include "parley/event/relay.h"

#include <stdio.h>
#include <stdlib.h>

#include "parley/base/clock.h"
#include "relay_impl.h"

static void wake(void *self) {
    pl_relay_wake(self);
}

static pl_code check_opts(const pl_relay_opts *opts, pl_error *err) {
    if (!opts->store || !opts->redis_url || !opts->store->stream[0])
        return pl_error_set(err, PL_INVALID_ARGUMENT,
                            "relay: a store with a stream, and redis_url are required");
    if (opts->part < 0 || opts->part >= opts->store->parts)
        return pl_error_set(err, PL_INVALID_ARGUMENT, "relay: part %d: the store has %d",
                            (int)opts->part, (int)opts->store->parts);
    if (opts->keep_ms < 0 || opts->keep_entries < 0)
        return pl_error_set(err, PL_INVALID_ARGUMENT, "relay: a hot window below 0");
    return PL_OK;
}

pl_code pl_relay_new(const pl_relay_opts *opts, pl_relay **out_relay, pl_error *err) {
    pl_code code = check_opts(opts, err);
    if (code)
        return code;
    pl_relay *relay = calloc(1, sizeof *relay);
    if (!relay)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "relay: no memory");
    relay->store = opts->store;
    relay->part = opts->part;
    relay->keep_ms = opts->keep_ms;
    relay->keep_entries = opts->keep_entries;
    relay->answered = true;
    (void)snprintf(relay->name, sizeof relay->name, "relay:%s:%d", opts->store->stream,
                   (int)opts->part);
    pl_event_holder(opts->holder, relay->holder);
    relay->reporter = (pl_reporter){opts->report, opts->report_self, relay->name};
    relay->observer = opts->observer;
    relay->observer_self = opts->observer_self;
    pl_waker_init(&relay->waker);
    pthread_mutex_init(&relay->mu, NULL);
    pl_log_batch_init(&relay->batch);
    code = pl_event_stream_init(&relay->stream, opts->redis_url, relay->name, opts->store->stream,
                                err);
    if (code) {
        pl_relay_free(relay);
        return code;
    }
    relay->store->wake_self = relay;
    relay->store->wake = wake;
    *out_relay = relay;
    return PL_OK;
}

/* Asks for the lease; false: stand by. */
static bool take_lease(pl_relay *relay, pl_error *err) {
    pl_lease_grant grant = {.granted = false};
    pl_code code = pl_lease_take(relay->store, relay->name, relay->holder, &relay->lease, &grant,
                                 err);
    if (code || !relay->lease)
        return false;
    relay->epoch = grant.epoch;
    relay->must_reconcile = true;
    relay->singles = 0;
    return true;
}

static void drop_lease(pl_relay *relay, bool hand_over) {
    pl_lease_give(relay->lease, hand_over);
    relay->lease = NULL;
    pthread_mutex_lock(&relay->mu);
    relay->stats.active = false;
    pthread_mutex_unlock(&relay->mu);
}

static void publish_state(pl_relay *relay, pl_code code, const pl_error *err) {
    pthread_mutex_lock(&relay->mu);
    relay->stats.active = relay->lease != NULL;
    relay->stats.stream_ok = code == PL_OK;
    relay->stats.lease_epoch = relay->epoch;
    relay->stats.position = pl_event_stream_id_pos(relay->known);
    relay->stats.head = relay->head;
    pl_event_last_error(relay->stats.last_error, sizeof relay->stats.last_error,
                        code == PL_OK ? "" : err->message);
    pthread_mutex_unlock(&relay->mu);
    /* Said once when it begins and once when it ends, not at every try. */
    if (code && code != PL_ABORTED && code != PL_CANCELLED && relay->answered) {
        relay->answered = false;
        pl_report(&relay->reporter, PL_LOG_WARN, "relay.stuck", "%s: %s", pl_code_name(code),
                  err->message);
    } else if (code == PL_OK && !relay->answered) {
        relay->answered = true;
        pl_report(&relay->reporter, PL_LOG_INFO, "relay.recovered", "the stream is up to date");
    }
}

/* One round with the lease in hand. */
static pl_code work(pl_relay *relay, size_t *out_moved, pl_error *err) {
    pl_code code = PL_OK;
    if (relay->must_reconcile) {
        code = pl_relay_reconcile(relay, err);
        if (code)
            return code;
        relay->must_reconcile = false;
        relay->check_ns = pl_deadline_ms(PL_RELAY_CHECK_MS);
    }
    code = pl_relay_move(relay, out_moved, err);
    if (code == PL_OK && pl_now_ns() >= relay->check_ns) {
        relay->check_ns = pl_deadline_ms(PL_RELAY_CHECK_MS);
        code = pl_relay_check(relay, err);
    }
    return code;
}

static void *run(void *self) {
    pl_relay *relay = self;
    int64_t poll_ms = PL_RELAY_POLL_FIRST_MS;
    int64_t backoff_ms = 0;
    while (!pl_waker_stopped(&relay->waker)) {
        pl_error err = PL_ERROR_INIT;
        if (relay->lease && !pl_lease_held(relay->lease))
            drop_lease(relay, false);
        if (!relay->lease && !take_lease(relay, &err)) {
            if (err.code)
                publish_state(relay, err.code, &err);
            pl_waker_pause(&relay->waker, PL_RELAY_STANDBY_MS);
            continue;
        }
        size_t moved = 0;
        pl_code code = work(relay, &moved, &err);
        publish_state(relay, code, &err);
        if (code) {
            relay->must_reconcile = true;
            backoff_ms = pl_event_backoff(backoff_ms, PL_RELAY_BACKOFF_FIRST_MS,
                                          PL_RELAY_BACKOFF_LAST_MS);
            pl_waker_pause(&relay->waker, backoff_ms);
            continue;
        }
        backoff_ms = 0;
        if (moved > 0) {
            poll_ms = PL_RELAY_POLL_FIRST_MS;
            /* Rows that are moved one by one, after a bad batch, have waited already. */
            if (moved < PL_EVENT_BATCH_MAX && relay->singles == 0)
                pl_waker_pause(&relay->waker, PL_RELAY_GATHER_MS);
        } else if (pl_waker_wait(&relay->waker, poll_ms))
            poll_ms = PL_RELAY_POLL_FIRST_MS;
        else
            poll_ms = pl_event_backoff(poll_ms, PL_RELAY_POLL_FIRST_MS, PL_RELAY_POLL_LAST_MS);
    }
    if (relay->lease)
        drop_lease(relay, true);
    return NULL;
}

pl_code pl_relay_start(pl_relay *relay, pl_error *err) {
    if (relay->started)
        return PL_OK;
    pl_waker_reset(&relay->waker);
    int failed = pthread_create(&relay->thread, NULL, run, relay);
    if (failed)
        return pl_error_errno(err, failed, "relay: thread");
    relay->started = true;
    return PL_OK;
}

void pl_relay_wake(pl_relay *relay) {
    pl_waker_wake(&relay->waker);
}

void pl_relay_stop(pl_relay *relay) {
    if (!relay->started)
        return;
    pl_waker_stop(&relay->waker);
    pl_redis_wake(relay->stream.redis);
    pthread_join(relay->thread, NULL);
    relay->started = false;
}

void pl_relay_free(pl_relay *relay) {
    if (!relay)
        return;
    pl_relay_stop(relay);
    if (relay->store->wake_self == relay) {
        relay->store->wake = NULL;
        relay->store->wake_self = NULL;
    }
    pl_event_stream_done(&relay->stream);
    pl_log_batch_done(&relay->batch);
    pthread_mutex_destroy(&relay->mu);
    pl_waker_done(&relay->waker);
    free(relay);
}

void pl_relay_stats_get(pl_relay *relay, pl_relay_stats *out) {
    pthread_mutex_lock(&relay->mu);
    *out = relay->stats;
    pthread_mutex_unlock(&relay->mu);
}
