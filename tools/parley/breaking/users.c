#include "breaking/users.h"

#include <stdio.h>
#include <string.h>

enum { ARENA_MAX = 256 << 20 };

/* What is wrong with contracts is for `parley contract check` to say: a contract that one schema
 * does not know is looked at by the other. */
static pl_code compile(const contracts *c, const pl_pool *pool, pl_contract_set **out_set,
                       pl_error *err) {
    pl_findings *findings = pl_findings_new();
    if (!findings)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "contracts: no memory");
    pl_code code = pl_contract_compile(pool, c->sources, c->source_count, NULL, findings, out_set,
                                       err);
    pl_findings_free(findings);
    return code;
}

static pl_code read_contracts(contracts *c, const workspace *space, pl_error *err) {
    pl_code code = contracts_init(c, err);
    c->space = *space;
    return code == PL_OK ? contracts_add(c, NULL, err) : code;
}

pl_code users_load(users *u, const sides *s, pl_error *err) {
    u->arena = pl_arena_make(ARENA_MAX);
    bool two = *s->old_space.root != '\0';
    pl_code code = read_contracts(&u->now, &s->space, err);
    if (code == PL_OK && two)
        code = read_contracts(&u->before, &s->old_space, err);
    if (code == PL_OK)
        code = compile(&u->now, s->old_pool, &u->sets[USERS_NOW_BY_OLD], err);
    if (code == PL_OK)
        code = compile(&u->now, s->new_pool, &u->sets[USERS_NOW_BY_NEW], err);
    if (code == PL_OK && two)
        code = compile(&u->before, s->old_pool, &u->sets[USERS_BEFORE], err);
    u->set_count = two ? USERS_SETS : USERS_BEFORE;
    return code;
}

void users_done(users *u) {
    for (size_t i = 0; i < PL_COUNT(u->sets); i++)
        pl_contract_set_free(u->sets[i]);
    contracts_done(&u->now);
    contracts_done(&u->before);
    pl_arena_done(&u->arena);
}

bool users_accepted(const users *u, const pl_contract_file *file) {
    for (size_t i = 0; i < u->accepted_count; i++) {
        if (pl_str_eqc(file->consumer, u->accepted[i]))
            return true;
    }
    return false;
}

static bool of_before(const users *u, const pl_contract_file *file) {
    const pl_contract_set *set = u->sets[USERS_BEFORE];
    for (size_t i = 0; set && i < pl_contract_set_file_count(set); i++) {
        if (pl_contract_set_file(set, i) == file)
            return true;
    }
    return false;
}

pl_code users_judge(users *u, const pl_change *change, pl_judgement *out, pl_error *err) {
    pl_code code = pl_impact_judge(change, (const pl_contract_set *const *)u->sets, u->set_count,
                                   &u->arena, out, err);
    if (code != PL_OK)
        return code;
    size_t kept = 0;
    for (size_t i = 0; i < out->user_count; i++) {
        const pl_contract_file *file = out->users[i]->file;
        if (!users_accepted(u, file) || !of_before(u, file))
            out->users[kept++] = out->users[i];
    }
    out->user_count = kept;
    if (out->impact == PL_IMPACT_USED && !kept)
        out->impact = out->open_count ? PL_IMPACT_UNKNOWN : PL_IMPACT_UNUSED;
    return PL_OK;
}
