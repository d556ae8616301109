/* How far a call that streams has followed the script of a contract. */
#include "follow.h"

#include <string.h>

static const pl_contract_step *step_of(const follower *f) {
    const pl_contract *contract = f->entry->contract;

    return f->at < contract->step_count ? &contract->steps[f->at] : NULL;
}

void follower_go_on(follower *f) {
    f->at++;
    memset(f->counts, 0, sizeof f->counts);
}

size_t follower_inner_count(const pl_contract_step *step) {
    return step->step_count < ANY_ORDER_MAX ? step->step_count : ANY_ORDER_MAX;
}

/* The messages that STEP waits for have come. */
static bool has_enough(const follower *f, const pl_contract_step *step) {
    if (step->kind == PL_STEP_RECV)
        return f->counts[0] >= step->min;
    for (size_t i = 0; i < follower_inner_count(step); i++) {
        if (step->steps[i].kind == PL_STEP_RECV && f->counts[i] < step->steps[i].min)
            return false;
    }
    return true;
}

/* A close that nobody wrote is not waited for where the call fails. */
static bool is_idle_close(const follower *f, const pl_contract_step *step) {
    return step->kind == PL_STEP_CLOSE && step->at.line == 0 && step[1].kind == PL_STEP_STATUS &&
           step[1].status.code != PL_OK && f->at + 1 < f->entry->contract->step_count;
}

/* The step that is due, behind those that are done; NULL: the end. */
const pl_contract_step *follower_due(follower *f) {
    for (const pl_contract_step *step; (step = step_of(f)); follower_go_on(f)) {
        bool waits = step->kind == PL_STEP_RECV || step->kind == PL_STEP_ANY_ORDER;
        if (is_idle_close(f, step))
            continue;
        if (!waits || !has_enough(f, step))
            return step;
        /* More of the same may come: what comes next decides, unless it is the stub's turn. */
        if (step->kind == PL_STEP_RECV && f->counts[0] < step->max &&
            (step[1].kind == PL_STEP_CLOSE || step[1].kind == PL_STEP_RECV))
            return step;
    }
    return NULL;
}

/* It waits for the consumer. */
bool follower_waits(const follower *f, const pl_contract_step *step) {
    switch (step->kind) {
    case PL_STEP_RECV:
    case PL_STEP_CLOSE:
        return true;
    case PL_STEP_ANY_ORDER:
        /* What it sends is sent first. */
        for (size_t i = 0; i < follower_inner_count(step); i++) {
            if (step->steps[i].kind == PL_STEP_SEND && f->counts[i] == 0)
                return false;
        }
        return true;
    default:
        return false;
    }
}

bool follower_fits(const follower *f, const pl_contract_step *step, const pl_dynamic *message,
                   const char *prefix, pl_verdict *verdict) {
    pl_match_opts opts = PL_MATCH_OPTS_INIT;

    opts.closed = true;
    opts.now_ms = f->now_ms;
    opts.prefix = pl_str_c(prefix);
    return pl_match_message(step->message, message, &opts, verdict);
}

static bool take_any(follower *f, const pl_contract_step *step, const pl_dynamic *message) {
    for (size_t i = 0; i < follower_inner_count(step); i++) {
        const pl_contract_step *inner = &step->steps[i];
        if (inner->kind == PL_STEP_RECV && f->counts[i] < inner->max &&
            follower_fits(f, inner, message, "", NULL)) {
            f->counts[i]++;
            return true;
        }
    }
    return false;
}

/* Enough of STEP has come, and the step behind it takes MESSAGE. */
static bool is_next(const follower *f, const pl_contract_step *step, const pl_dynamic *message) {
    return has_enough(f, step) && step[1].kind == PL_STEP_RECV &&
           follower_fits(f, step + 1, message, "", NULL);
}

/* MESSAGE (NULL: the end of the messages) is what F waits for, which goes on then. */
bool follower_take(follower *f, const pl_dynamic *message) {
    for (const pl_contract_step *step; (step = follower_due(f)) && follower_waits(f, step);
         follower_go_on(f)) {
        if (step->kind == PL_STEP_CLOSE) {
            if (!message)
                follower_go_on(f);
            return !message;
        }
        if (message && step->kind == PL_STEP_ANY_ORDER)
            return take_any(f, step, message);
        if (message && f->counts[0] < step->max && !is_next(f, step, message) &&
            follower_fits(f, step, message, "", NULL)) {
            f->counts[0]++;
            return true;
        }
        if (!has_enough(f, step))
            return false;
        /* The end of messages of which more might have come, where nobody wrote it. */
        if (!message && is_idle_close(f, step + 1)) {
            follower_go_on(f);
            return true;
        }
    }
    return false;
}

/* One of the messages that STEP lacks has come, so to speak. */
static void overlook_any(follower *f, const pl_contract_step *step) {
    for (size_t i = 0; i < follower_inner_count(step); i++) {
        if (step->steps[i].kind == PL_STEP_RECV && f->counts[i] < step->steps[i].min) {
            f->counts[i]++;
            return;
        }
    }
}

/* What came is not what F waits for, and is taken all the same. */
void follower_overlook(follower *f, bool came) {
    const pl_contract_step *step;

    /* After the end nothing comes that could be waited for. */
    while (!came && (step = follower_due(f)) && follower_waits(f, step))
        follower_go_on(f);
    if (!came || !(step = follower_due(f)))
        return;
    if (step->kind == PL_STEP_RECV && f->counts[0] < step->max)
        f->counts[0]++;
    else if (step->kind == PL_STEP_ANY_ORDER)
        overlook_any(f, step);
}
