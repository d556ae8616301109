/* The verdict over all contracts. */
#include "parley/breaking/impact.h"

#include <string.h>

const char *pl_impact_name(pl_impact impact) {
    static const char *const names[] = {"unused", "unknown", "used", "hazard"};
    return names[impact];
}

static bool imports(const pl_file *file, pl_str name) {
    if (pl_str_eq(file->name, name))
        return true;
    for (size_t i = 0; i < file->dependency_count; i++) {
        if (imports(file->dependencies[i], name))
            return true;
    }
    return false;
}

/* The provider's protos have the element, or import it. */
static bool provides(const pl_pool *pool, pl_str provider, const pl_file *of) {
    if (pl_str_eq(provider, of->package))
        return true;
    for (size_t i = 0; i < pl_pool_file_count(pool); i++) {
        const pl_file *file = pl_pool_file_at(pool, i);
        if (pl_str_eq(file->package, provider) && imports(file, of->name))
            return true;
    }
    return false;
}

/* The consumer could need it, though no contract says so. */
static bool could_need(const pl_contract_file *file, const pl_change *change) {
    if (change->http)
        return file->access & PL_ACCESS_REST;
    if (change->method || change->service)
        return file->access & (PL_ACCESS_GRPC | PL_ACCESS_REST);
    return true;
}

static bool same_contract(const pl_contract *a, const pl_contract *b) {
    return pl_str_eq(a->name, b->name) && pl_str_eq(a->file->consumer, b->file->consumer) &&
           pl_str_eq(a->file->provider, b->file->provider);
}

static void add_user(pl_judgement *out, const pl_contract *contract) {
    for (size_t i = 0; i < out->user_count; i++) {
        if (same_contract(out->users[i], contract))
            return;
    }
    out->users[out->user_count++] = contract;
}

static void add_open(pl_judgement *out, const pl_contract_file *file) {
    for (size_t i = 0; i < out->open_count; i++) {
        if (pl_str_eq(out->open[i]->consumer, file->consumer) &&
            pl_str_eq(out->open[i]->provider, file->provider))
            return;
    }
    out->open[out->open_count++] = file;
}

pl_code pl_impact_judge(const pl_change *change, const pl_contract_set *const *sets,
                        size_t set_count, pl_arena *arena, pl_judgement *out, pl_error *err) {
    size_t contracts = 0, files = 0;
    bool known = false;
    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < set_count; i++) {
        contracts += pl_contract_set_count(sets[i]);
        files += pl_contract_set_file_count(sets[i]);
    }
    out->users = pl_arena_calloc(arena, contracts + 1, sizeof(pl_contract *));
    out->open = pl_arena_calloc(arena, files + 1, sizeof(pl_contract_file *));
    if (!out->users || !out->open)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "judging %s: no memory",
                            change->rule->name);
    for (size_t i = 0; i < set_count; i++) {
        for (size_t k = 0; k < pl_contract_set_file_count(sets[i]); k++) {
            const pl_contract_file *file = pl_contract_set_file(sets[i], k);
            for (size_t n = 0; n < file->contract_count; n++) {
                if (pl_contract_needs(file->contracts[n], change))
                    add_user(out, file->contracts[n]);
            }
            if (!change->file ||
                !provides(pl_contract_set_pool(sets[i]), file->provider, change->file))
                continue;
            known = true;
            if (!file->complete && could_need(file, change))
                add_open(out, file);
        }
    }
    out->impact = change->rule->hazard        ? PL_IMPACT_HAZARD
                  : out->user_count           ? PL_IMPACT_USED
                  : out->open_count || !known ? PL_IMPACT_UNKNOWN
                                              : PL_IMPACT_UNUSED;
    return PL_OK;
}
