/* What a request fixes: the values that a contract has written plainly, also in nested messages.
 * Who looks for the contract of a request finds it by them.
 *
 *     pl_literal literals[PL_LITERALS_MAX];
 *     size_t count = pl_contract_literals(contract, literals);
 */
#ifndef PARLEY_CONTRACT_LITERALS_H
#define PARLEY_CONTRACT_LITERALS_H

#include "parley/contract/contract.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Messages that a value may be nested in, itself counted. */
#define PL_LITERAL_DEPTH_MAX 4
/* Values of one request. */
#define PL_LITERALS_MAX 16

typedef struct pl_literal {
    const pl_field *path[PL_LITERAL_DEPTH_MAX]; /* the last one is the value's; then NULL */
    size_t depth;
    pl_leaf_value value; /* whose one form is also that in a message */
} pl_literal;

/* The values that the first request of CONTRACT fixes, in the order of its matcher; how many.
 * A contract need not have been loaded; the answer is the same. Texts are the set's. */
size_t pl_contract_literals(const pl_contract *contract, pl_literal out[PL_LITERALS_MAX]);

#ifdef __cplusplus
}
#endif
#endif
