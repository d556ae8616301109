#include "breaking/users.h"

#include <stdio.h>
#include <string.h>

enum { ARENA_MAX = 256 << 20, NAMES_MAX = 512 };

static bool said_too(const pl_findings *list, const pl_finding *one) {
    for (size_t i = 0; i < pl_findings_count(list); i++) {
        const pl_finding *other = pl_findings_at(list, i);
        if (other->line == one->line && other->column == one->column &&
            strcmp(other->rule, one->rule) == 0 && strcmp(other->file, one->file) == 0)
            return true;
    }
    return false;
}

/* A contract that one schema does not know is looked at by the other. One that is wrong by both is
 * wrong whatever the change is: that it could not be asked must not look like "unused". */
static pl_code find_wrong(const pl_findings *by_old, const pl_findings *by_new, pl_findings *out,
                          pl_error *err) {
    for (size_t i = 0; i < pl_findings_count(by_new); i++) {
        const pl_finding *one = pl_findings_at(by_new, i);
        pl_finding_place place = {one->file, one->line, one->column, pl_str_c(one->source_line)};
        if (one->severity != PL_FINDING_ERROR || !said_too(by_old, one))
            continue;
        pl_findings_add(out, &place, one->severity, one->rule, "%s", one->message);
        if (*one->hint)
            pl_findings_hint(out, "%s", one->hint);
    }
    if (pl_findings_count(out))
        return pl_error_set(err, PL_INVALID_ARGUMENT,
                            "contracts are wrong, so nobody knows what they need");
    return PL_OK;
}

static pl_code compile(const contracts *c, const pl_pool *pool, pl_findings *findings,
                       pl_contract_set **out_set, pl_error *err) {
    return pl_contract_compile(pool, c->sources, c->source_count, NULL, findings, out_set, err);
}

static pl_code read_contracts(contracts *c, const workspace *space, pl_error *err) {
    pl_code code = contracts_init(c, err);
    c->space = *space;
    return code == PL_OK ? contracts_add(c, NULL, err) : code;
}

/* Contracts of the other side that were wrong there have been mended since, or are wrong still. */
static pl_code compile_all(users *u, const sides *s, pl_findings *const lists[USERS_SETS],
                           pl_error *err) {
    pl_code code = compile(&u->now, s->old_pool, lists[USERS_NOW_BY_OLD],
                           &u->sets[USERS_NOW_BY_OLD], err);
    if (code == PL_OK)
        code = compile(&u->now, s->new_pool, lists[USERS_NOW_BY_NEW], &u->sets[USERS_NOW_BY_NEW],
                       err);
    if (code == PL_OK)
        code = find_wrong(lists[USERS_NOW_BY_OLD], lists[USERS_NOW_BY_NEW], s->findings, err);
    if (code == PL_OK && u->set_count == USERS_SETS && !u->before_borrowed)
        code = compile(&u->before, s->old_pool, lists[USERS_BEFORE], &u->sets[USERS_BEFORE], err);
    return code;
}

pl_code users_load(users *u, const sides *s, pl_error *err) {
    pl_findings *lists[USERS_SETS] = {pl_findings_new(), pl_findings_new(), pl_findings_new()};
    u->arena = pl_arena_make(ARENA_MAX);
    u->before_borrowed = s->bundle != NULL;
    u->sets[USERS_BEFORE] = s->bundle;
    u->set_count = *s->old_space.root || s->bundle ? USERS_SETS : USERS_BEFORE;
    pl_code code = read_contracts(&u->now, &s->space, err);
    if (code == PL_OK && *s->old_space.root)
        code = read_contracts(&u->before, &s->old_space, err);
    if (code == PL_OK && (!lists[0] || !lists[1] || !lists[2]))
        code = pl_error_set(err, PL_RESOURCE_EXHAUSTED, "contracts: no memory");
    if (code == PL_OK)
        code = compile_all(u, s, lists, err);
    for (size_t i = 0; i < USERS_SETS; i++)
        pl_findings_free(lists[i]);
    return code;
}

void users_done(users *u) {
    if (u->before_borrowed)
        u->sets[USERS_BEFORE] = NULL;
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

/* The consumers of all sets, one name more than once; at most NAMES_MAX of them. */
static size_t consumer_names(const users *u, const char *names[NAMES_MAX]) {
    size_t count = 0;
    for (size_t i = 0; i < u->set_count; i++) {
        for (size_t k = 0; k < pl_contract_set_file_count(u->sets[i]) && count < NAMES_MAX; k++)
            names[count++] = pl_contract_set_file(u->sets[i], k)->consumer.p;
    }
    return count;
}

static bool has_contracts(const users *u, const char *consumer) {
    for (size_t i = 0; i < u->set_count; i++) {
        for (size_t k = 0; k < pl_contract_set_file_count(u->sets[i]); k++) {
            if (pl_str_eqc(pl_contract_set_file(u->sets[i], k)->consumer, consumer))
                return true;
        }
    }
    return false;
}

void users_warn_of_accepted(const users *u) {
    const char *names[NAMES_MAX];
    size_t count = consumer_names(u, names);
    for (size_t i = 0; i < u->accepted_count; i++) {
        if (has_contracts(u, u->accepted[i]))
            continue;
        const char *near = pl_str_nearest(pl_str_c(u->accepted[i]), names, count);
        (void)fprintf(
            stderr,
            "parley breaking: --accept %.64s: no consumer of this name has contracts%s%s%s\n",
            u->accepted[i], near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    }
}

/* A contract of the working tree, and as the old schema understands it. */
static bool still_needs(const users *u, const pl_contract_file *file) {
    const pl_contract_set *set = u->sets[USERS_NOW_BY_OLD];
    for (size_t i = 0; i < pl_contract_set_file_count(set); i++) {
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
        if (!users_accepted(u, file) || still_needs(u, file))
            out->users[kept++] = out->users[i];
    }
    out->user_count = kept;
    if (out->impact == PL_IMPACT_USED && !kept)
        out->impact = out->open_count ? PL_IMPACT_UNKNOWN : PL_IMPACT_UNUSED;
    return PL_OK;
}
