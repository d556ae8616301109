#include "parley/rpc/channel.h"

#include <stdlib.h>
#include <string.h>

#include "channel_internal.h"
#include "core.h"
#include "parley/base/assert.h"
#include "parley/base/cond.h"

static int64_t real_now(void *self) {
    (void)self;
    return pl_now_ns();
}

static int64_t now_of(const pl_channel *channel) {
    return channel->opts.now(channel->opts.now_self);
}

static void set_defaults(pl_channel_opts *opts) {
    if (!opts->bulkhead)
        opts->bulkhead = PL_CHANNEL_BULKHEAD;
    if (!opts->bulkhead_wait_ms)
        opts->bulkhead_wait_ms = PL_CHANNEL_BULKHEAD_WAIT;
    if (!opts->attempts)
        opts->attempts = PL_CHANNEL_ATTEMPTS;
    if (!opts->max_message)
        opts->max_message = PL_CHANNEL_MAX_MESSAGE;
    if (!opts->keepalive_ms)
        opts->keepalive_ms = PL_CHANNEL_KEEPALIVE_MS;
    if (!opts->now)
        opts->now = real_now;
}

static void init_locks(pl_channel *channel) {
    pthread_mutex_init(&channel->mu, NULL);
    pl_cond_init(&channel->place_free);
}

pl_code pl_channel_new(const pl_channel_opts *opts, pl_channel **out_channel, pl_error *err) {
    pl_channel *channel;
    pl_code code;

    if (!opts->target || !*opts->target)
        return pl_error_set(err, PL_INVALID_ARGUMENT,
                            "a channel needs a target, such as "
                            "\"127.0.0.1:9085\"");
    channel = calloc(1, sizeof *channel);
    if (!channel)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "no memory for a channel");
    pl_core_init();
    init_locks(channel);
    pl_retry_init(&channel->budget);
    channel->opts = *opts;
    set_defaults(&channel->opts);
    channel->name = strdup(opts->name ? opts->name : opts->target);
    code = channel->name ? pl_upstream_new(&channel->opts, &channel->upstream, err)
                         : pl_error_set(err, PL_RESOURCE_EXHAUSTED, "no memory for a channel");
    if (code != PL_OK) {
        pl_channel_free(channel);
        return code;
    }
    *out_channel = channel;
    return PL_OK;
}

void pl_channel_free(pl_channel *channel) {
    if (!channel)
        return;
    PL_ASSERT(channel->stats.in_flight == 0);
    pl_async_free(channel->async);
    pl_spares_close(channel->async_ops);
    pl_upstream_free(channel->upstream);
    free(channel->name);
    pthread_cond_destroy(&channel->place_free);
    pthread_mutex_destroy(&channel->mu);
    free(channel);
    pl_core_shutdown();
}

void pl_channel_read_stats(pl_channel *channel, pl_channel_stats *out_stats) {
    pthread_mutex_lock(&channel->mu);
    *out_stats = channel->stats;
    out_stats->name = channel->name;
    out_stats->opened = channel->breaker.opened;
    out_stats->breaker = channel->breaker.state;
    pthread_mutex_unlock(&channel->mu);
}

const char *pl_channel_connection(pl_channel *channel) {
    return pl_upstream_connection(channel->upstream);
}

void pl_channel_observe(pl_channel *channel, pl_span_fn *observer, void *self) {
    channel->observer = observer;
    channel->observer_self = self;
}

void pl_channel_observed(const pl_channel *channel, const pl_exchange *exchange, pl_code code,
                         const char *error) {
    if (!channel->observer)
        return;
    int64_t duration_ns = pl_now_ns() - exchange->started_ns;
    const pl_span span = {
        .trace = exchange->traced ? &exchange->trace : NULL,
        .kind = PL_SPAN_CLIENT,
        .name = exchange->path,
        .peer = channel->name,
        .start_us = pl_time_us() - duration_ns / 1000,
        .duration_ns = duration_ns,
        .code = code,
        .error = code == PL_OK ? "" : error,
    };
    channel->observer(channel->observer_self, &span);
}

/* Under mu. */
static bool is_full(const pl_channel *channel) {
    return channel->stats.in_flight >= channel->opts.bulkhead;
}

/* Under mu: until there is a place, or UNTIL_NS. */
static void stand_in_line(pl_channel *channel, int64_t until_ns) {
    while (is_full(channel) && pl_cond_wait(&channel->place_free, &channel->mu, until_ns))
        continue;
}

pl_code pl_channel_enter(pl_channel *channel, const char *path, int64_t until_ns, pl_error *err) {
    bool full;

    pthread_mutex_lock(&channel->mu);
    channel->stats.calls++;
    if (until_ns > 0)
        stand_in_line(channel, until_ns);
    full = is_full(channel);
    if (full) {
        channel->stats.refused_bulkhead++;
        channel->stats.failures++;
        pl_breaker_record(&channel->breaker, now_of(channel), false, true);
    } else {
        channel->stats.in_flight++;
    }
    pthread_mutex_unlock(&channel->mu);
    if (!full)
        return PL_OK;
    pl_error_set(err, PL_UNAVAILABLE, "%s: %s: %u calls wait for it already", channel->name, path,
                 channel->opts.bulkhead);
    pl_error_info(err, "parley", "BULKHEAD_FULL");
    if (err)
        err->retry_after_ms = PL_BULKHEAD_RETRY_AFTER_MS;
    return PL_UNAVAILABLE;
}

void pl_channel_leave(pl_channel *channel) {
    pthread_mutex_lock(&channel->mu);
    channel->stats.in_flight--;
    pthread_cond_signal(&channel->place_free);
    pthread_mutex_unlock(&channel->mu);
}

static pl_code refuse_open(pl_channel *channel, const char *path, int64_t retry_ns, pl_error *err) {
    int64_t retry_ms = (retry_ns + PL_NS_PER_MS - 1) / PL_NS_PER_MS;

    pl_error_set(err, PL_UNAVAILABLE, "%s: %s: not called, because its last calls failed",
                 channel->name, path);
    pl_error_info(err, "parley", "CIRCUIT_OPEN");
    if (err)
        err->retry_after_ms = retry_ms;
    return PL_UNAVAILABLE;
}

static void count_outcome(pl_channel *channel, const pl_passage *passage, bool failed) {
    pthread_mutex_lock(&channel->mu);
    channel->stats.failures += failed;
    if (!channel->opts.no_breaker)
        pl_breaker_record(&channel->breaker, now_of(channel), passage->trial, failed);
    pthread_mutex_unlock(&channel->mu);
}

pl_code pl_channel_admit(pl_channel *channel, pl_passage *passage, const char *path,
                         pl_core_channel **out_core, pl_error *err) {
    int64_t retry_ns = 0;
    bool allowed = true;
    pl_code code;

    pthread_mutex_lock(&channel->mu);
    passage->trial = false;
    if (!channel->opts.no_breaker)
        allowed = pl_breaker_allow(&channel->breaker, now_of(channel), &passage->trial, &retry_ns);
    if (!allowed)
        channel->stats.refused_breaker++;
    else if (passage->attempts++ == 0)
        pl_retry_earn(&channel->budget);
    else
        channel->stats.retries++;
    pthread_mutex_unlock(&channel->mu);
    if (!allowed)
        return refuse_open(channel, path, retry_ns, err);
    code = pl_upstream_get(channel->upstream, out_core, err);
    if (code != PL_OK) {
        count_outcome(channel, passage, true);
        pl_error_info(err, "parley", "UPSTREAM_UNAVAILABLE");
    }
    return code;
}

void pl_channel_lives(pl_channel *channel, const pl_passage *passage) {
    count_outcome(channel, passage, false);
}

void pl_channel_settle(pl_channel *channel, pl_passage *passage, const pl_attempt *attempt) {
    bool failed = pl_attempt_is_failure(attempt);

    if (failed && channel->opts.notice)
        channel->opts.notice(channel->opts.notice_self, PL_LOG_DEBUG, "upstream_failed",
                             pl_attempt_debug(attempt));

    /* A caller that gave up says nothing of the upstream; only a trial must have an outcome. */
    if (!failed || !attempt->given_up || passage->trial)
        count_outcome(channel, passage, failed);
    passage->in_doubt = passage->in_doubt || pl_attempt_in_doubt(attempt);
}

void pl_passage_tell_doubt(const pl_passage *passage, pl_error *err) {
    pl_error why = *err; /* pl_error_set replaces what it reads */

    if (!passage->in_doubt || err->code != PL_UNAVAILABLE)
        return;
    pl_error_set(err, PL_UNAVAILABLE, "%s; it is not known whether it took effect", why.message);
    pl_error_info(err, "parley", PL_REASON_OUTCOME_UNKNOWN);
    err->retry_after_ms = why.retry_after_ms;
}

bool pl_channel_retry(pl_channel *channel, const pl_passage *passage, const pl_exchange *exchange,
                      const pl_attempt *attempt, int64_t *out_at_ns) {
    uint64_t random;
    bool granted;
    int64_t at;

    if (pl_attempt_code(attempt) != PL_UNAVAILABLE || !pl_attempt_is_failure(attempt) ||
        !exchange->idempotent || passage->trial || passage->attempts >= channel->opts.attempts)
        return false;
    pl_random(&random, sizeof random);
    at = pl_now_ns() + pl_retry_backoff(passage->attempts + 1, random);
    if (at >= exchange->deadline_ns)
        return false;
    pthread_mutex_lock(&channel->mu);
    granted = pl_retry_spend(&channel->budget);
    pthread_mutex_unlock(&channel->mu);
    if (granted)
        *out_at_ns = at;
    return granted;
}
