/* Coverage: what a provider has, and which contracts use it.
 *
 * The parts of a provider are its RPCs, its events, the fields that its messages have at any depth
 * (of requests, answers and events apart) and the values of their enums. Statuses are told where
 * contracts have them, and are no part: no schema says which a method may end with.
 *
 * It does not judge: what nobody has written a contract for may be used all the same.
 *
 *     pl_coverage coverage;
 *     if (pl_coverage_of(set, pl_str_c("mall.products.v1"), &arena, &coverage, &err)) ...
 *     coverage.used, coverage.total, coverage.rows[0].name, coverage.rows[0].uses[0].contract
 */
#ifndef PARLEY_BREAKING_COVERAGE_H
#define PARLEY_BREAKING_COVERAGE_H

#include "parley/base/arena.h"
#include "parley/contract/contract.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Parts of one provider. */
#define PL_COVERAGE_ROWS_MAX 100000u

/* symbol, name for programs, name for people */
#define PL_PART_TABLE(X)                                                                           \
    X(PL_PART_RPC, "rpc", "RPCs")                                                                  \
    X(PL_PART_STATUS, "status", "statuses")                                                        \
    X(PL_PART_REQUEST, "request_field", "fields of requests")                                      \
    X(PL_PART_ANSWER, "answer_field", "fields of answers")                                         \
    X(PL_PART_EVENT, "event", "events")                                                            \
    X(PL_PART_EVENT_FIELD, "event_field", "fields of events")                                      \
    X(PL_PART_ENUM_VALUE, "enum_value", "enum values")

#define PL_PART_ENUM(symbol, name, title) symbol,
typedef enum pl_part { PL_PART_TABLE(PL_PART_ENUM) PL_PART_COUNT } pl_part;
#undef PL_PART_ENUM

const char *pl_part_name(pl_part part);
const char *pl_part_title(pl_part part);

/* A contract that uses a part, and where it says so. */
typedef struct pl_use {
    const pl_contract *contract;
    pl_contract_at at;
} pl_use;

typedef struct pl_covered {
    pl_part part;
    pl_str name;           /* without the package; "ProductService.GetProduct NOT_FOUND" */
    const pl_field *field; /* NULL: no field */
    const pl_use *uses;    /* one a contract, by file and place in it */
    size_t use_count;      /* 0: nobody */
} pl_covered;

typedef struct pl_coverage {
    const pl_covered *rows; /* by part, then as declared */
    size_t row_count;
    size_t used, total; /* statuses left out */
} pl_coverage;

/* Looks at the contracts of SET with PROVIDER, a package. Rows live in the arena, names and
 * contracts in the set and its pool. A package without RPC and event has no rows.
 * PL_RESOURCE_EXHAUSTED: more than PL_COVERAGE_ROWS_MAX, or the arena is full. */
PL_NODISCARD pl_code pl_coverage_of(const pl_contract_set *set, pl_str provider, pl_arena *arena,
                                    pl_coverage *out, pl_error *err);

#ifdef __cplusplus
}
#endif
#endif
