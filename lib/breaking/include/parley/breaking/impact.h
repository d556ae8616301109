/* Impact: whom a change hurts, by the contracts of both sides.
 *
 * A change is USED where a contract needs what it takes away, UNUSED where every consumer of the
 * provider has said that its contracts are complete and none needs it, and UNKNOWN where
 * somebody's list is open, or nobody has any contract with the provider. A HAZARD does not
 * depend on users.
 *
 *     pl_judgement judgement;
 *     if (pl_impact_judge(change, sets, 3, &arena, &judgement, &err)) ...
 *     judgement.impact, judgement.users[0]->file->consumer
 */
#ifndef PARLEY_BREAKING_IMPACT_H
#define PARLEY_BREAKING_IMPACT_H

#include "parley/base/arena.h"
#include "parley/breaking/diff.h"
#include "parley/contract/contract.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum pl_impact {
    PL_IMPACT_UNUSED,
    PL_IMPACT_UNKNOWN,
    PL_IMPACT_USED,
    PL_IMPACT_HAZARD
} pl_impact;

/* "unused", "unknown", "used", "hazard". */
const char *pl_impact_name(pl_impact impact);

/* What is said of a change. Lists live in the arena, contracts in their sets. */
typedef struct pl_judgement {
    pl_impact impact;
    const pl_contract **users; /* who needs it; one contract of the same name and file once */
    size_t user_count;
    const pl_contract_file **open; /* whose lists are not complete */
    size_t open_count;
} pl_judgement;

/* Judges by the contracts of SETS: those of the old side and the new side, resolved against the old
 * schema, and those of the new side against the new schema. PL_RESOURCE_EXHAUSTED: the arena is
 * full. */
PL_NODISCARD pl_code pl_impact_judge(const pl_change *change, const pl_contract_set *const *sets,
                                     size_t set_count, pl_arena *arena, pl_judgement *out,
                                     pl_error *err);

/* CONTRACT needs what CHANGE takes away. */
bool pl_contract_needs(const pl_contract *contract, const pl_change *change);

/* What IS demands less of than WAS did, in words such as "its answer is matched by less"; NULL:
 * nothing. Both are resolved against the same schema, or IS against a later one. What cannot be
 * compared counts as less. */
const char *pl_contract_loosened(const pl_contract *was, const pl_contract *is);
/* The same of what stands at the head of a file. */
const char *pl_contract_file_loosened(const pl_contract_file *was, const pl_contract_file *is);

#ifdef __cplusplus
}
#endif
#endif
