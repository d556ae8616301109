/* Inside the library: what a contract uses, for the verdicts and for coverage. */
#ifndef PL_BREAKING_USES_H
#define PL_BREAKING_USES_H

#include "parley/breaking/impact.h"

/* The messages of a contract. */
typedef enum uses_side { USES_REQUEST, USES_ANSWER, USES_EVENT } uses_side;

/* MATCHER is for FIELD, in a message of SIDE. */
typedef void uses_take(void *self, uses_side side, const pl_field *field,
                       const pl_matcher *matcher);

/* Gives TAKE every field that CONTRACT lists, at any depth; one may come more than once. */
void uses_each_field(const pl_contract *contract, uses_take *take, void *self);

/* The rules that are decided one by one, from 0; NULL: no more. */
const char *uses_rule_at(size_t index);

#endif
