/* Matchers as sets of values: what two have in common, and whether one holds the other.
 *
 * Exact for literals, type, range, one_of, size, absent and present and what is made of
 * them. Any other matcher counts in a request as its own example alone and in an answer as
 * everything: so what is found in common is in both, always.
 */
#ifndef CONTRACT_SETS_H
#define CONTRACT_SETS_H

#include "matching.h"

typedef struct sets {
    pl_arena *arena; /* for what is found */
    bool answer;     /* of an answer: what is not listed is anything */
} sets;

/* A value of both, as a matcher of plain values; NULL: they have none in common. A and B are for
 * FIELD, SINGLE for one value of it. */
const pl_matcher *sets_meet(const sets *s, const pl_matcher *a, const pl_matcher *b,
                            const pl_field *field, bool single);
/* The same for two MESSAGE matchers. */
const pl_matcher *sets_meet_messages(const sets *s, const pl_matcher *a, const pl_matcher *b);
/* Every value of B is one of A; of requests. */
bool sets_cover(const sets *s, const pl_matcher *a, const pl_matcher *b, const pl_field *field,
                bool single);
bool sets_cover_messages(const sets *s, const pl_matcher *a, const pl_matcher *b);

/* The one value that M counts as: a literal, or the example of a matcher that counts as nothing
 * else. NULL: several, or no scalar. */
const pl_leaf_value *sets_literal(const pl_matcher *m);

#endif
