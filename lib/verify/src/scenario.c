/* Scenarios: answers that change with the calls, so that the order of contracts counts. */
#include "engine.h"

bool scenario_is_same(const pl_contract *a, const pl_contract *b) {
    return a->scenario.n && a->file == b->file && pl_str_eq(a->scenario, b->scenario);
}

/* Where the scenario is after CONTRACT, which was due at NOW. */
static pl_str after(const pl_contract *contract, pl_str now) {
    return contract->scenario_then.n ? contract->scenario_then : now;
}

typedef struct search {
    const pl_verifier *v;
    const pl_contract *goal;
    const pl_contract **path;
    size_t depth;
    const pl_contract *seen[SCENARIO_MAX]; /* contracts that were gone through */
    size_t seen_count;
} search;

static bool is_seen(const search *s, const pl_contract *contract) {
    for (size_t i = 0; i < s->seen_count; i++) {
        if (s->seen[i] == contract)
            return true;
    }
    return false;
}

static bool reach(search *s, pl_str now) {
    const pl_contract_file *file = s->goal->file;

    if (pl_str_eq(now, s->goal->scenario_when))
        return true;
    for (size_t i = 0; i < file->contract_count && s->seen_count < SCENARIO_MAX; i++) {
        const pl_contract *next = file->contracts[i];
        if (!scenario_is_same(next, s->goal) || next == s->goal ||
            engine_in_force(s->v, &next->ignored) || !pl_str_eq(next->scenario_when, now) ||
            pl_str_eq(after(next, now), now) || is_seen(s, next))
            continue;
        s->seen[s->seen_count++] = next;
        s->path[s->depth++] = next;
        if (reach(s, after(next, now)))
            return true;
        s->depth--;
    }
    return false;
}

int scenario_path(const pl_verifier *v, const pl_contract *contract,
                  const pl_contract *out[SCENARIO_MAX]) {
    search s = {.v = v, .goal = contract, .path = out};

    if (!contract->scenario.n)
        return 0;
    return reach(&s, pl_str_make("", 0)) ? (int)s.depth : -1;
}
