/* What contracts name and the table of states lacks, with the functions to write: told before the
 * tests, each of which says only what it misses itself. */
#ifndef PARLEY_VERIFY_FIXTURE_MISSING_H
#define PARLEY_VERIFY_FIXTURE_MISSING_H

#include "parley/contract/contract.h"
#include "parley/verify/states.h"

/* Appends it, or nothing where nothing is missing. DEF may be NULL: the service has no states. */
void fixture_missing(const pl_contract_set *set, const pl_states_def *def, pl_buf *out);

#endif
