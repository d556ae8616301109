#include "parley/event/consumer.h"

#include <stdio.h>
#include <stdlib.h>

#include "consumer_impl.h"
#include "parley/base/assert.h"
#include "parley/base/clock.h"

static pl_code check_text(const char *what, const char *text, size_t max, pl_error *err) {
    if (text && text[0] && strlen(text) <= max)
        return PL_OK;
    return pl_error_set(err, PL_INVALID_ARGUMENT, "consumer: %s: expected 1 to %zu bytes", what,
                        max);
}

static pl_code check_opts(const pl_consumer_opts *opts, pl_error *err) {
    if (!opts->store || !opts->redis_url)
        return pl_error_set(err, PL_INVALID_ARGUMENT, "consumer: store and redis_url are required");
    if (opts->part < 0)
        return pl_error_set(err, PL_INVALID_ARGUMENT, "consumer: part %d", (int)opts->part);
    pl_code code = check_text("subscription", opts->subscription, PL_EVENT_SUBSCRIPTION_MAX, err);
    return code ? code : check_text("stream", opts->stream, PL_EVENT_STREAM_MAX, err);
}

static void set_up(pl_consumer *consumer, const pl_consumer_opts *opts) {
    consumer->store = opts->store;
    consumer->log = opts->log;
    consumer->answered = true;
    (void)snprintf(consumer->subscription, sizeof consumer->subscription, "%s", opts->subscription);
    (void)snprintf(consumer->stream_name, sizeof consumer->stream_name, "%s", opts->stream);
    (void)snprintf(consumer->name, sizeof consumer->name, "sub:%s:%s:%d", opts->subscription,
                   opts->stream, (int)opts->part);
    consumer->sub = (pl_subscription){consumer->subscription, consumer->stream_name, opts->part};
    pl_event_holder(opts->holder, consumer->holder);
    consumer->reporter = (pl_reporter){opts->report, opts->report_self, consumer->name};
    consumer->observer = opts->observer;
    consumer->observer_self = opts->observer_self;
    pl_waker_init(&consumer->waker);
    pthread_mutex_init(&consumer->mu, NULL);
    pl_log_batch_init(&consumer->batch);
}

pl_code pl_consumer_new(const pl_consumer_opts *opts, pl_consumer **out_consumer, pl_error *err) {
    pl_code code = check_opts(opts, err);
    if (code)
        return code;
    pl_consumer *consumer = calloc(1, sizeof *consumer);
    if (!consumer)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "consumer: no memory");
    set_up(consumer, opts);
    code = pl_event_stream_init(&consumer->stream, opts->redis_url, consumer->name, opts->stream,
                                err);
    if (code) {
        pl_consumer_free(consumer);
        return code;
    }
    *out_consumer = consumer;
    return PL_OK;
}

void pl_consumer_on(pl_consumer *consumer, const pl_event_desc *desc, pl_event_thunk *thunk,
                    pl_event_fn fn, void *self) {
    PL_ASSERT(!consumer->started);
    PL_ASSERT(consumer->handler_count < PL_CONSUMER_HANDLERS_MAX);
    PL_ASSERT(strcmp(desc->stream, consumer->stream_name) == 0);
    for (size_t i = 0; i < consumer->handler_count; i++)
        PL_ASSERT(strcmp(consumer->handlers[i].desc->type, desc->type) != 0);
    consumer->handlers[consumer->handler_count++] = (pl_consumer_handler){
        .desc = desc, .thunk = thunk, .fn = fn, .self = self};
}

static bool take_lease(pl_consumer *consumer, pl_error *err) {
    pl_lease_grant grant = {.granted = false};
    pl_code code = pl_lease_take(consumer->store, consumer->name, consumer->holder,
                                 &consumer->lease, &grant, err);
    if (code || !consumer->lease)
        return false;
    consumer->must_read_cursor = true;
    consumer->careful = grant.crashed ? PL_CONSUMER_CAREFUL : 0;
    pthread_mutex_lock(&consumer->mu);
    consumer->stats.active = true;
    consumer->stats.lease_epoch = grant.epoch;
    pthread_mutex_unlock(&consumer->mu);
    return true;
}

static void drop_lease(pl_consumer *consumer, bool hand_over) {
    pl_lease_give(consumer->lease, hand_over);
    consumer->lease = NULL;
    pthread_mutex_lock(&consumer->mu);
    consumer->stats.active = false;
    consumer->stats.waiting = false;
    pthread_mutex_unlock(&consumer->mu);
}

static void publish_state(pl_consumer *consumer, pl_code code, const pl_error *err) {
    pthread_mutex_lock(&consumer->mu);
    consumer->stats.stream_ok = code == PL_OK;
    consumer->stats.cursor = consumer->cursor;
    pl_event_last_error(consumer->stats.last_error, sizeof consumer->stats.last_error,
                        code == PL_OK ? "" : err->message);
    pthread_mutex_unlock(&consumer->mu);
    if (code && code != PL_ABORTED && code != PL_CANCELLED && consumer->answered) {
        consumer->answered = false;
        pl_report(&consumer->reporter, PL_LOG_WARN, "consumer.stuck", "%s: %s", pl_code_name(code),
                  err->message);
    } else if (code == PL_OK && !consumer->answered) {
        consumer->answered = true;
        pl_report(&consumer->reporter, PL_LOG_INFO, "consumer.recovered", "events flow again");
    }
}

static void *run(void *self) {
    pl_consumer *consumer = self;
    int64_t backoff_ms = 0;
    while (!pl_waker_stopped(&consumer->waker)) {
        pl_error err = PL_ERROR_INIT;
        if (consumer->lease && !pl_lease_held(consumer->lease))
            drop_lease(consumer, false);
        if (!consumer->lease && !take_lease(consumer, &err)) {
            if (err.code)
                publish_state(consumer, err.code, &err);
            pl_waker_pause(&consumer->waker, PL_CONSUMER_STANDBY_MS);
            continue;
        }
        pl_code code = pl_consumer_round(consumer, &err);
        publish_state(consumer, code, &err);
        if (code == PL_OK) {
            backoff_ms = 0;
            continue;
        }
        consumer->must_read_cursor = true;
        backoff_ms = pl_event_backoff(backoff_ms, PL_CONSUMER_BACKOFF_FIRST_MS,
                                      PL_CONSUMER_BACKOFF_LAST_MS);
        pl_waker_pause(&consumer->waker, backoff_ms);
    }
    if (consumer->lease)
        drop_lease(consumer, true);
    return NULL;
}

pl_code pl_consumer_start(pl_consumer *consumer, pl_error *err) {
    if (consumer->started)
        return PL_OK;
    pl_waker_reset(&consumer->waker);
    int failed = pthread_create(&consumer->thread, NULL, run, consumer);
    if (failed)
        return pl_error_errno(err, failed, "consumer: thread");
    consumer->started = true;
    return PL_OK;
}

void pl_consumer_stop(pl_consumer *consumer) {
    if (!consumer->started)
        return;
    pl_waker_stop(&consumer->waker);
    pl_redis_wake(consumer->stream.redis);
    pthread_join(consumer->thread, NULL);
    consumer->started = false;
}

void pl_consumer_free(pl_consumer *consumer) {
    if (!consumer)
        return;
    pl_consumer_stop(consumer);
    pl_event_stream_done(&consumer->stream);
    pl_log_batch_done(&consumer->batch);
    pthread_mutex_destroy(&consumer->mu);
    pl_waker_done(&consumer->waker);
    free(consumer);
}

void pl_consumer_stats_get(pl_consumer *consumer, pl_consumer_stats *out) {
    pthread_mutex_lock(&consumer->mu);
    *out = consumer->stats;
    pthread_mutex_unlock(&consumer->mu);
}
