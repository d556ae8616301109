/* Inside the library: where a contract uses something, for the verdicts and for coverage. */
#ifndef PL_BREAKING_USES_H
#define PL_BREAKING_USES_H

#include "parley/breaking/impact.h"

/* The messages of a contract; a set of them. */
#define USES_REQUEST 1u
#define USES_ANSWER  2u
#define USES_EVENT   4u
#define USES_ANY     7u

/* CONTRACT needs, in the messages of SIDES, what CHANGE takes away. OUT_AT may be NULL; it is where
 * the contract says so first. */
bool contract_uses(const pl_contract *contract, const pl_change *change, unsigned sides,
                   pl_contract_at *out_at);

#endif
