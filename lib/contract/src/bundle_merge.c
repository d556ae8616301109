/* Several bundles as one set. */
#include <stdlib.h>

#include "bundle_parts.h"
#include "wire.h"

static pl_code no_memory(pl_error *err) {
    return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "bundles: too large together, or no memory");
}

/* Both say the same, whatever their comments. */
static bool same_file(const pl_file *a, const pl_file *b) {
    pl_buf left = pl_buf_make(PL_POOL_INPUT_MAX), right = pl_buf_make(PL_POOL_INPUT_MAX);
    bool same = put_plain_file(a, &left) && put_plain_file(b, &right) &&
                pl_str_eq(pl_buf_view(&left), pl_buf_view(&right));
    pl_buf_done(&left);
    pl_buf_done(&right);
    return same;
}

/* Appends the files of set AT that no set before it has. */
static pl_code add_types(const pl_contract_set *const *sets, size_t at, pl_buf *types,
                         pl_error *err) {
    const pl_pool *pool = sets[at]->pool;
    for (size_t i = 0; i < pl_pool_file_count(pool); i++) {
        const pl_file *file = pl_pool_file_at(pool, i), *known = NULL;
        for (size_t k = 0; k < at && !known; k++)
            known = pl_pool_file(sets[k]->pool, file->name);
        if (known && !same_file(known, file))
            return pl_error_set(err, PL_FAILED_PRECONDITION,
                                "bundles: two of them have different versions of %s; make them "
                                "from the same protos, or use them one by one",
                                file->name.p);
        if (!known && !pl_wire_put_bytes(types, SET_FILE, file->bytes))
            return no_memory(err);
    }
    return PL_OK;
}

static pl_code merge_types(const pl_contract_set *const *sets, size_t count, pl_pool **out_pool,
                           pl_error *err) {
    pl_pool_opts opts = PL_POOL_OPTS_INIT;
    pl_buf types = pl_buf_make(PL_POOL_INPUT_MAX);
    pl_code code = PL_OK;
    opts.name = "bundles";
    for (size_t i = 0; code == PL_OK && i < count; i++)
        code = add_types(sets, i, &types, err);
    if (code == PL_OK)
        code = pl_pool_new(pl_buf_view(&types), &opts, out_pool, err);
    pl_buf_done(&types);
    return code;
}

static pl_code check_unique(const pl_contract_set *set, const pl_contract_file *file,
                            pl_error *err) {
    for (size_t i = 0; i < set->file_count; i++) {
        const pl_contract_file *other = set->files[i];
        if (pl_str_eq(other->provider, file->provider) &&
            pl_str_eq(other->consumer, file->consumer))
            return pl_error_set(err, PL_FAILED_PRECONDITION,
                                "bundles: two of them have the contracts of %s with %s; use one",
                                file->consumer.p, file->provider.p);
    }
    return PL_OK;
}

/* A copy of FILE, whose types are those of the pool of SET. */
static pl_code add_file(pl_contract_set *set, const pl_contract_file *file, pl_error *err) {
    pl_buf bytes = pl_buf_make(PL_BUNDLE_MAX);
    pl_contract_file *copy = NULL;
    pl_code code = check_unique(set, file, err);
    if (code == PL_OK && !wire_put_file(file, true, &bytes))
        code = no_memory(err);
    if (code == PL_OK)
        code = wire_get_file(set, pl_buf_view(&bytes), false, &copy, err);
    if (code == PL_OK) {
        set->files[set->file_count++] = copy;
        set->contract_count += copy->contract_count;
    }
    pl_buf_done(&bytes);
    return code;
}

static int by_path(const void *left, const void *right) {
    const pl_contract_file *const *a = left, *const *b = right;
    return strcmp((*a)->path.p, (*b)->path.p);
}

pl_code pl_bundle_merge(const pl_contract_set *const *sets, size_t count, pl_contract_set **out_set,
                        pl_error *err) {
    pl_pool *pool = NULL;
    size_t files = 0;
    pl_code code = merge_types(sets, count, &pool, err);
    if (code != PL_OK)
        return code;
    pl_contract_set *set = contract_set_new(pool);
    if (!set) {
        pl_pool_free(pool);
        return no_memory(err);
    }
    set->own_pool = pool;
    for (size_t i = 0; i < count; i++)
        files += sets[i]->file_count;
    set->files = pl_arena_calloc(&set->arena, files + 1, sizeof *set->files);
    if (!set->files)
        code = no_memory(err);
    for (size_t i = 0; i < count; i++) {
        for (size_t f = 0; code == PL_OK && f < sets[i]->file_count; f++)
            code = add_file(set, sets[i]->files[f], err);
    }
    if (code == PL_OK && set->file_count > 1)
        qsort(set->files, set->file_count, sizeof *set->files, by_path);
    if (code == PL_OK)
        *out_set = set;
    else
        pl_contract_set_free(set);
    return code;
}
