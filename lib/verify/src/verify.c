/* A run over the contracts with one provider. */
#include <stdlib.h>
#include <string.h>

#include "engine.h"
#include "parley/base/clock.h"
#include "parley/contract/bundle.h"

/* The report, and what has its texts. */
typedef struct report_box {
    pl_verify_report report;
    pl_verifier *v;
    pl_verify_result *results;
    const pl_contract **contracts; /* of the provider */
    bool *wanted;                  /* one a contract */
    bool *done;
    size_t count, tried, to_try;
} report_box;

/* ---- which ----------------------------------------------------------------------------------- */

static bool has_text(pl_str text, pl_str part) {
    for (size_t i = 0; i + part.n <= text.n; i++) {
        if (pl_str_eq_nocase(pl_str_make(text.p + i, part.n), part))
            return true;
    }
    return false;
}

static bool is_wanted(const pl_verify_opts *opts, const pl_contract *c) {
    return (!opts->consumer || pl_str_eqc(c->file->consumer, opts->consumer)) &&
           (!opts->filter || has_text(c->name, pl_str_c(opts->filter))) &&
           (!opts->wanted || opts->wanted(opts->wanted_self, c));
}

static pl_code collect(report_box *box, pl_error *err) {
    pl_verifier *v = box->v;
    size_t room = pl_contract_set_count(v->set) + 1;

    box->results = pl_arena_calloc(&v->arena, room, sizeof *box->results);
    box->contracts = pl_arena_calloc(&v->arena, room, sizeof(const pl_contract *));
    box->wanted = pl_arena_calloc(&v->arena, room, sizeof *box->wanted);
    box->done = pl_arena_calloc(&v->arena, room, sizeof *box->done);
    if (!box->results || !box->contracts || !box->wanted || !box->done)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "no memory for %zu contracts", room);
    for (size_t f = 0; f < pl_contract_set_file_count(v->set); f++) {
        const pl_contract_file *file = pl_contract_set_file(v->set, f);
        for (size_t i = 0; i < file->contract_count; i++) {
            if (!pl_str_eq(file->provider, v->provider))
                continue;
            box->wanted[box->count] = is_wanted(&v->opts, file->contracts[i]);
            box->to_try += box->wanted[box->count];
            box->contracts[box->count++] = file->contracts[i];
        }
    }
    return PL_OK;
}

/* ---- before the first call ------------------------------------------------------------------- */

static pl_verify_result *next_result(report_box *box) {
    return &box->results[box->report.result_count++];
}

static void skip(report_box *box, size_t index, const char *why) {
    pl_verify_result *result = next_result(box);
    engine_run run = engine_run_make(box->v, box->contracts[index], result);

    result->verdict = PL_VERIFY_SKIPPED;
    engine_fails(&run, "%s", why);
    pl_arena_done(&run.scratch);
}

/* Whether the states service lacks something that contract INDEX needs, and its failure counts. */
static bool is_unknown(report_box *box, size_t index) {
    const pl_contract *c = box->contracts[index];
    pl_verify_result result = {0};

    if (!box->wanted[index] || engine_in_force(box->v, &c->ignored) ||
        engine_in_force(box->v, &c->in_progress))
        return false;
    engine_run run = engine_run_make(box->v, c, &result);
    bool known = engine_catalogue_check(&run);
    pl_arena_done(&run.scratch);
    return !known;
}

/* Nothing is called where a contract names what the states service has not. */
static bool check_states(report_box *box) {
    bool right = true;

    for (size_t i = 0; i < box->count; i++)
        right = !is_unknown(box, i) && right;
    for (size_t i = 0; !right && i < box->count; i++) {
        if (is_unknown(box, i))
            engine_one(box->v, box->contracts[i], NULL, next_result(box));
        else
            skip(box, i,
                 box->wanted[i] ? "not tried: what other contracts give or trigger is unknown"
                                : "filtered out");
    }
    return right;
}

/* ---- the calls ------------------------------------------------------------------------------- */

static pl_code announce(report_box *box, size_t index, pl_error *err) {
    const pl_verify_opts *opts = &box->v->opts;

    if (!opts->progress ||
        opts->progress(opts->progress_self, box->contracts[index], box->tried++, box->to_try))
        return PL_OK;
    return pl_error_set(err, PL_CANCELLED, "interrupted after %zu of %zu contracts", box->tried - 1,
                        box->to_try);
}

/* The next contract of FIRST's scenario that is due at NOW; one that changes nothing before one
 * that does. The number of contracts: none. */
static size_t due(const report_box *box, size_t first, pl_str now) {
    size_t found = box->count;

    for (size_t i = first; i < box->count; i++) {
        const pl_contract *c = box->contracts[i];
        if (box->done[i] || !pl_str_eq(c->scenario_when, now) ||
            !scenario_is_same(c, box->contracts[first]))
            continue;
        if (!c->scenario_then.n || pl_str_eq(c->scenario_then, now))
            return i;
        if (found == box->count)
            found = i;
    }
    return found;
}

/* Any of it is wanted. */
static bool is_wanted_at_all(const report_box *box, size_t first) {
    for (size_t i = first; i < box->count; i++) {
        if (box->wanted[i] && scenario_is_same(box->contracts[i], box->contracts[first]))
            return true;
    }
    return false;
}

/* Nobody is at the target, and nobody was: all the others would say the same. */
static bool is_unreachable(const report_box *box) {
    return box->v->nobody && !box->v->answered;
}

/* Plays the scenario of contract FIRST from its beginning, in one session; what that does not reach
 * is left. */
static pl_code play_scenario(report_box *box, size_t first, pl_error *err) {
    const pl_contract *before = NULL;
    pl_verify_result unwanted, *last = NULL;
    pl_str now = {"", 0};
    pl_code code = PL_OK;

    if (!is_wanted_at_all(box, first))
        return PL_OK;
    for (size_t i; !is_unreachable(box) && (i = due(box, first, now)) < box->count;) {
        const pl_contract *c = box->contracts[i];
        if (box->wanted[i])
            code = announce(box, i, err);
        if (code != PL_OK)
            break;
        memset(&unwanted, 0, sizeof unwanted);
        pl_verify_result *result = box->wanted[i] ? next_result(box) : &unwanted;
        engine_one(box->v, c, before, result);
        box->done[i] = true;
        last = box->wanted[i] || !last ? result : last;
        if (!box->wanted[i])
            skip(box, i, "filtered out");
        if (engine_in_force(box->v, &c->ignored))
            continue; /* it was not called, and led to nothing */
        before = c;
        now = c->scenario_then.n ? c->scenario_then : now;
    }
    if (last)
        engine_end_session(box->v, last);
    return code;
}

static pl_code run(report_box *box, pl_error *err) {
    pl_code code = PL_OK;

    for (size_t i = 0; code == PL_OK && i < box->count; i++) {
        if (box->contracts[i]->scenario.n && !box->done[i] && !is_unreachable(box))
            code = play_scenario(box, i, err);
        if (code != PL_OK || box->done[i])
            continue;
        box->done[i] = true;
        if (!box->wanted[i] || is_unreachable(box)) {
            skip(box, i,
                 box->wanted[i] ? "not tried: nobody is at the provider's address"
                                : "filtered out");
            continue;
        }
        code = announce(box, i, err);
        if (code == PL_OK)
            engine_alone(box->v, box->contracts[i], next_result(box));
    }
    return code;
}

/* ---- the report ------------------------------------------------------------------------------ */

static void count(report_box *box) {
    pl_verify_report *r = &box->report;

    r->results = box->results;
    for (size_t i = 0; i < r->result_count; i++) {
        const pl_verify_result *result = &box->results[i];
        r->passed += result->verdict == PL_VERIFY_PASSED;
        r->failed += result->verdict == PL_VERIFY_FAILED;
        r->skipped += result->verdict == PL_VERIFY_SKIPPED;
        r->in_progress += result->verdict == PL_VERIFY_IN_PROGRESS;
        r->comparisons += result->comparisons;
    }
}

pl_code pl_verify(const pl_contract_set *set, const char *provider, const pl_verify_opts *opts,
                  pl_verify_report **out_report, pl_error *err) {
    report_box *box = calloc(1, sizeof *box);

    if (!box)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "no memory for verifying %s", provider);
    pl_code code = pl_verifier_new(set, provider, opts, &box->v, err);
    if (code == PL_OK)
        code = collect(box, err);
    if (code == PL_OK)
        code = pl_contract_set_hash(set, box->report.hash, err);
    if (code == PL_OK) {
        box->report.provider = box->v->provider;
        box->report.version = pl_str_c(box->v->opts.version ? box->v->opts.version : "");
        box->report.time_ms = engine_now_ms(box->v);
        if (check_states(box))
            code = run(box, err);
    }
    if (code != PL_OK) {
        pl_verify_report_free(&box->report);
        return code;
    }
    count(box);
    *out_report = &box->report;
    return PL_OK;
}

void pl_verify_report_free(pl_verify_report *report) {
    if (!report)
        return;
    report_box *box = PL_CONTAINER_OF(report, report_box, report);
    pl_verifier_free(box->v);
    free(box);
}

bool pl_verify_passed(const pl_verify_report *report) {
    return report->failed == 0 && report->comparisons > 0;
}
