/* A set of contracts: what it owns, and how it is looked at. */
#include "set.h"

#include <stdlib.h>

#include "parley/contract/compile.h"

pl_contract_set *contract_set_new(const pl_pool *pool) {
    pl_contract_set *set = calloc(1, sizeof *set);
    if (!set)
        return NULL;
    set->arena = pl_arena_make(PL_CONTRACT_MEMORY_MAX);
    set->pool = pool;
    return set;
}

void pl_contract_set_free(pl_contract_set *set) {
    if (!set)
        return;
    for (set_pattern *p = set->patterns; p; p = p->next)
        pl_pattern_free(p->pattern);
    pl_arena_done(&set->arena);
    pl_pool_free(set->own_pool);
    pl_buf_done(&set->bytes);
    free(set);
}

pl_code contract_set_pattern(pl_contract_set *set, pl_str text, const pl_pattern **out,
                             pl_error *err) {
    set_pattern *kept = PL_ARENA_NEW(&set->arena, set_pattern);
    if (!kept)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "no memory for a pattern");
    pl_code code = pl_pattern_new_search(text, &kept->pattern, err);
    if (code)
        return code;
    kept->next = set->patterns;
    set->patterns = kept;
    *out = kept->pattern;
    return PL_OK;
}

const pl_pool *pl_contract_set_pool(const pl_contract_set *set) {
    return set->pool;
}

size_t pl_contract_set_file_count(const pl_contract_set *set) {
    return set->file_count;
}

const pl_contract_file *pl_contract_set_file(const pl_contract_set *set, size_t index) {
    return set->files[index];
}

size_t pl_contract_set_count(const pl_contract_set *set) {
    return set->contract_count;
}

const pl_contract *pl_contract_find(const pl_contract_file *file, pl_str name) {
    for (size_t i = 0; i < file->contract_count; i++) {
        if (pl_str_eq(file->contracts[i]->name, name))
            return file->contracts[i];
    }
    return NULL;
}

static const pl_matcher *first_message(const pl_contract *contract, pl_step_kind kind) {
    for (size_t i = 0; i < contract->step_count; i++) {
        if (contract->steps[i].kind == kind)
            return contract->steps[i].message;
    }
    return NULL;
}

const pl_matcher *pl_contract_request(const pl_contract *contract) {
    return first_message(contract, PL_STEP_RECV);
}

const pl_matcher *pl_contract_response(const pl_contract *contract) {
    return first_message(contract, PL_STEP_SEND);
}

const pl_contract_status *pl_contract_status_of(const pl_contract *contract) {
    for (size_t i = contract->step_count; i-- > 0;) {
        if (contract->steps[i].kind == PL_STEP_STATUS)
            return &contract->steps[i].status;
    }
    return NULL;
}
