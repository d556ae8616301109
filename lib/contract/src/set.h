/* A contract set from inside. */
#ifndef CONTRACT_SET_H
#define CONTRACT_SET_H

#include "parley/base/arena.h"
#include "parley/contract/contract.h"

/* A pattern that the set frees. */
typedef struct set_pattern {
    struct set_pattern *next;
    pl_pattern *pattern;
} set_pattern;

struct pl_contract_set {
    pl_arena arena;
    const pl_pool *pool;
    pl_pool *own_pool; /* of a bundle; NULL: POOL is borrowed */
    pl_buf bytes;      /* of a bundle that was opened */
    set_pattern *patterns;
    const pl_contract_file **files; /* by path */
    size_t file_count;
    size_t contract_count;
};

/* NULL: no memory. */
pl_contract_set *contract_set_new(const pl_pool *pool);
/* Compiles a pattern that the set keeps; it matches a part of a text. */
PL_NODISCARD pl_code contract_set_pattern(pl_contract_set *set, pl_str text, const pl_pattern **out,
                                          pl_error *err);

#endif
