/* A verifier, and one contract of it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine.h"
#include "parley/base/clock.h"
#include "parley/redis/redis.h"

/* Bytes of what states return for one contract. */
enum { SESSION_MAX = 4 << 20, DATE_SIZE = 16 };

const char *pl_verify_verdict_name(pl_verify_verdict verdict) {
    static const char *const names[] = {"unknown", "passed", "failed", "skipped", "in progress"};

    return (unsigned)verdict < PL_COUNT(names) ? names[verdict] : names[0];
}

uint32_t engine_timeout_ms(const pl_verifier *v) {
    return v->opts.timeout_ms ? v->opts.timeout_ms : PL_VERIFY_TIMEOUT_MS;
}

int64_t engine_now_ms(const pl_verifier *v) {
    return v->opts.now_ms ? v->opts.now_ms : pl_time_us() / 1000;
}

/* ---- peers ----------------------------------------------------------------------------------- */

static void hear(void *self, pl_log_level level, const char *event, const char *text) {
    engine_peer *peer = self;

    (void)level;
    (void)event;
    pthread_mutex_lock(&peer->mu);
    (void)snprintf(peer->said, sizeof peer->said, "%s", text ? text : "");
    pthread_mutex_unlock(&peer->mu);
}

void engine_listen(engine_peer *peer) {
    pthread_mutex_lock(&peer->mu);
    peer->said[0] = '\0';
    pthread_mutex_unlock(&peer->mu);
}

static pl_code peer_init(engine_peer *peer, const char *name, const char *target,
                         const pl_tls_opts *tls, pl_error *err) {
    pl_channel_opts opts = PL_CHANNEL_OPTS_INIT;

    opts.name = name;
    opts.target = target;
    opts.tls = tls;
    opts.attempts = 1;
    opts.no_breaker = true;
    opts.compression = true;
    opts.notice = hear;
    opts.notice_self = peer;
    peer->address = strdup(target);
    if (!peer->address)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "no memory for a channel");
    return pl_channel_new(&opts, &peer->channel, err);
}

static void peer_done(engine_peer *peer) {
    pl_channel_free(peer->channel);
    free(peer->address);
    pthread_mutex_destroy(&peer->mu);
}

/* ---- a verifier ------------------------------------------------------------------------------ */

static const char *copy(pl_verifier *v, const char *text) {
    return text ? pl_arena_strdup(&v->arena, text) : NULL;
}

static pl_code begin(pl_verifier *v, const char *provider, const pl_verify_opts *opts,
                     pl_error *err) {
    pl_error why = PL_ERROR_INIT;

    v->opts = *opts;
    v->opts.rest = copy(v, opts->rest);
    v->opts.redis = copy(v, opts->redis);
    v->opts.version = copy(v, opts->version);
    v->opts.consumer = copy(v, opts->consumer);
    v->opts.filter = copy(v, opts->filter);
    v->provider = pl_str_c(copy(v, provider));
    if (!v->provider.p)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "no memory for verifying %s", provider);
    pl_code code = peer_init(&v->target, "the provider", opts->target, opts->tls, err);
    if (code == PL_OK && opts->states)
        code = peer_init(&v->states, "the states", opts->states, NULL, err);
    if (code == PL_OK && opts->states)
        code = engine_catalogue_read(v, err);
    /* What an earlier run left behind, cut short. */
    if (code == PL_OK && engine_tear_down(v, &why) != PL_OK)
        code = pl_error_wrap(err, &why, "nothing was verified: Teardown of the states at %s",
                             v->states.address);
    return code;
}

pl_code pl_verifier_new(const pl_contract_set *set, const char *provider,
                        const pl_verify_opts *opts, pl_verifier **out_verifier, pl_error *err) {
    if (!opts->target || !provider)
        return pl_error_set(err, PL_INVALID_ARGUMENT, "verify: %s is missing",
                            provider ? "the address of the provider" : "the provider's package");
    pl_verifier *v = calloc(1, sizeof *v);
    if (!v)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "no memory for verifying %s", provider);
    v->set = set;
    v->arena = pl_arena_make(PL_VERIFY_REPORT_MAX);
    v->session = pl_arena_make(SESSION_MAX);
    pthread_mutex_init(&v->target.mu, NULL);
    pthread_mutex_init(&v->states.mu, NULL);
    pl_code code = begin(v, provider, opts, err);
    if (code != PL_OK) {
        pl_verifier_free(v);
        return code;
    }
    *out_verifier = v;
    return PL_OK;
}

void pl_verifier_free(pl_verifier *verifier) {
    if (!verifier)
        return;
    peer_done(&verifier->target);
    peer_done(&verifier->states);
    pl_redis_free(verifier->redis);
    pl_arena_done(&verifier->session);
    pl_arena_done(&verifier->arena);
    free(verifier);
}

pl_code pl_verifier_set_up(pl_verifier *verifier, const pl_contract *contract, pl_error *err) {
    pl_code code = PL_OK;

    for (size_t i = 0; verifier->states.channel && code == PL_OK && i < contract->given_count; i++)
        code = engine_set_up(verifier, &contract->given[i], err);
    return code;
}

pl_code pl_verifier_take_back(pl_verifier *verifier, pl_error *err) {
    return engine_tear_down(verifier, err);
}

const pl_contract *pl_verifier_find(const pl_verifier *verifier, const char *consumer,
                                    const char *name) {
    for (size_t f = 0; f < pl_contract_set_file_count(verifier->set); f++) {
        const pl_contract_file *file = pl_contract_set_file(verifier->set, f);
        if (!pl_str_eq(file->provider, verifier->provider) ||
            (consumer && !pl_str_eqc(file->consumer, consumer)))
            continue;
        const pl_contract *found = pl_contract_find(file, pl_str_c(name));
        if (found)
            return found;
    }
    return NULL;
}

/* ---- one contract ---------------------------------------------------------------------------- */

/* The date of the clock, YYYY-MM-DD. */
static void today(const pl_verifier *v, char out[DATE_SIZE]) {
    time_t now = (time_t)(engine_now_ms(v) / 1000);
    struct tm parts;

    if (!gmtime_r(&now, &parts) || !strftime(out, DATE_SIZE, "%Y-%m-%d", &parts))
        out[0] = '\0';
}

bool engine_in_force(const pl_verifier *v, const pl_contract_exemption *exemption) {
    char date[DATE_SIZE];

    today(v, date);
    return exemption->until.n && strcmp(date, exemption->until.p) <= 0;
}

static bool same_state(const pl_contract_state *a, const pl_contract_state *b) {
    if (!pl_str_eq(a->name, b->name) || a->parameter_count != b->parameter_count)
        return false;
    for (size_t i = 0; i < a->parameter_count; i++) {
        if (!pl_str_eq(a->parameters[i].name, b->parameters[i].name) ||
            !pl_str_eq(a->parameters[i].json, b->parameters[i].json))
            return false;
    }
    return true;
}

/* Of a scenario BEFORE has set it up already. */
static bool stands(const pl_contract *before, const pl_contract_state *given) {
    for (size_t i = 0; before && i < before->given_count; i++) {
        if (same_state(&before->given[i], given))
            return true;
    }
    return false;
}

/* Sets up and plays; BEFORE is the contract of the same scenario that was played last. */
static void play(engine_run *run, const pl_contract *before) {
    const pl_contract *c = run->contract;
    pl_error err = PL_ERROR_INIT;

    if (c->given_count && !run->v->states.channel)
        engine_notes(run, "nothing was set up: no states were given");
    for (size_t i = 0; run->v->states.channel && i < c->given_count; i++) {
        if (stands(before, &c->given[i]))
            continue;
        if (engine_set_up(run->v, &c->given[i], &err) != PL_OK) {
            char method[ENGINE_TEXT_MAX];
            (void)snprintf(method, sizeof method, "Setup of %s", c->given[i].name.p);
            engine_unanswered(run, &run->v->states, method, &err);
            return;
        }
        if (!engine_returned(run, &c->given[i]))
            return;
    }
    if (c->event)
        engine_event(run);
    else
        engine_call(run);
}

static void skip(engine_run *run, const char *why) {
    run->result->verdict = PL_VERIFY_SKIPPED;
    engine_fails(run, "%s", why);
}

/* The verdict, once everything has been said. */
static void judge(engine_run *run) {
    pl_verify_result *r = run->result;

    if (!engine_failed(run) && r->comparisons == 0)
        engine_fails(run, "nothing was compared");
    if (!engine_failed(run)) {
        r->verdict = PL_VERIFY_PASSED;
        if (run->contract->in_progress.until.n)
            engine_notes(run, "it holds: in_progress may be taken out");
    } else if (engine_in_force(run->v, &run->contract->in_progress)) {
        r->verdict = PL_VERIFY_IN_PROGRESS;
    } else {
        r->verdict = PL_VERIFY_FAILED;
    }
}

engine_run engine_run_make(pl_verifier *v, const pl_contract *contract, pl_verify_result *result) {
    result->contract = contract;
    result->message = result->note = pl_str_c("");
    return (engine_run){.v = v,
                        .contract = contract,
                        .scratch = pl_arena_make(PL_VERIFY_EXCHANGE_MAX),
                        .result = result,
                        .now_ms = engine_now_ms(v)};
}

void engine_one(pl_verifier *v, const pl_contract *contract, const pl_contract *before,
                pl_verify_result *result) {
    engine_run run = engine_run_make(v, contract, result);
    int64_t started_us = pl_time_us();

    if (engine_in_force(v, &contract->ignored)) {
        skip(&run, contract->ignored.because.p);
    } else {
        if (engine_catalogue_check(&run))
            play(&run, before);
        judge(&run);
    }
    result->took_us = pl_time_us() - started_us;
    pl_arena_done(&run.scratch);
}

void engine_end_session(pl_verifier *v, pl_verify_result *result) {
    pl_error err = PL_ERROR_INIT;

    if (engine_tear_down(v, &err) == PL_OK || result->verdict == PL_VERIFY_SKIPPED)
        return;
    engine_run run = {.v = v, .contract = result->contract, .result = result};
    engine_unanswered(&run, &v->states, "Teardown", &err);
    judge(&run);
}

void engine_alone(pl_verifier *v, const pl_contract *contract, pl_verify_result *result) {
    const pl_contract *path[SCENARIO_MAX], *before = NULL;
    int count = scenario_path(v, contract, path);

    for (int i = 0; i < count; i++) {
        pl_verify_result ignored = {0};
        engine_run run = engine_run_make(v, path[i], &ignored);
        if (engine_catalogue_check(&run))
            play(&run, before);
        before = path[i];
        pl_arena_done(&run.scratch);
    }
    if (count < 0 && !engine_in_force(v, &contract->ignored)) {
        engine_run run = engine_run_make(v, contract, result);
        engine_fails(&run, "no contract of the scenario %s that is not ignored leads to '%s'",
                     contract->scenario.p, contract->scenario_when.p);
        judge(&run);
        pl_arena_done(&run.scratch);
    } else {
        engine_one(v, contract, before, result);
    }
    engine_end_session(v, result);
}

const pl_verify_result *pl_verifier_run(pl_verifier *verifier, const pl_contract *contract) {
    pl_verify_result *result = PL_ARENA_NEW(&verifier->arena, pl_verify_result);

    if (result)
        engine_alone(verifier, contract, result);
    return result;
}
