/* The compiler: contracts as people write them, checked against descriptors.
 *
 * Everything is judged before anything runs, and everything that is wrong is found, not
 * the first of it. What could be compiled in spite of findings is in the set, so that a
 * tool may go on with it; a set without errors holds what its headers promise.
 *
 *     pl_contract_source sources[] = {{"contracts/mall.products.v1/mall.orders.yaml", text}};
 *     pl_contract_compile_opts opts = PL_CONTRACT_COMPILE_OPTS_INIT;
 *     if (pl_contract_compile(pool, sources, 1, &opts, findings, &set, &err)) ...
 *     if (pl_findings_errors(findings)) ...
 */
#ifndef PARLEY_CONTRACT_COMPILE_H
#define PARLEY_CONTRACT_COMPILE_H

#include "parley/contract/contract.h"
#include "parley/contract/findings.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes of one set. */
#define PL_CONTRACT_MEMORY_MAX (512u << 20)
/* Contracts of one set. */
#define PL_CONTRACT_COUNT_MAX 100000u
/* How often a step may be repeated. */
#define PL_CONTRACT_REPEAT_MAX 10000u
/* Milliseconds of a delay or `within`. */
#define PL_CONTRACT_TIME_MAX 3600000u

/* One file. The file states.yaml of a provider's folder declares its states. */
typedef struct pl_contract_source {
    const char *path; /* for messages */
    pl_str text;
} pl_contract_source;

typedef struct pl_contract_compile_opts {
    /* Today as YYYY-MM-DD, for `until`; NULL: nothing is too late. */
    const char *today;
    /* A file's path must end in <provider>/<consumer>.yaml. */
    bool check_paths;
} pl_contract_compile_opts;

#define PL_CONTRACT_COMPILE_OPTS_INIT                                                              \
    { NULL, false }

/* Compiles COUNT sources together: shadows and conflicts are found among all of them. Findings are
 * appended and sorted. POOL is borrowed and outlives the set; OPTS may be NULL.
 * PL_RESOURCE_EXHAUSTED: no memory, or more than the limits allow. What is wrong with a
 * contract is a finding, not an error. */
PL_NODISCARD pl_code pl_contract_compile(const pl_pool *pool, const pl_contract_source *sources,
                                         size_t count, const pl_contract_compile_opts *opts,
                                         pl_findings *findings, pl_contract_set **out_set,
                                         pl_error *err);

#ifdef __cplusplus
}
#endif
#endif
