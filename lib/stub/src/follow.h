/* Following a contract's script (follow.c); a stub's part is in script.c. */
#ifndef PARLEY_STUB_FOLLOW_H
#define PARLEY_STUB_FOLLOW_H

#include "stub_internal.h"

/* Steps in any order that are told apart. */
#define ANY_ORDER_MAX 32

/* How far a contract has been followed. */
typedef struct follower {
    stub_entry *entry;
    int64_t now_ms;                 /* when the call began */
    size_t at;                      /* the step at hand */
    uint32_t counts[ANY_ORDER_MAX]; /* of its messages so far; [0] where it is one of its own */
} follower;

/* The step that is due, behind those that are done; NULL: the end. */
const pl_contract_step *follower_due(follower *f);
/* It waits for the consumer. */
bool follower_waits(const follower *f, const pl_contract_step *step);
/* MESSAGE (NULL: the end of the messages) is what F waits for, which goes on then. */
bool follower_take(follower *f, const pl_dynamic *message);
/* What came is not what F waits for, and is taken all the same. */
void follower_overlook(follower *f, bool came);
/* To the next step. */
void follower_go_on(follower *f);
/* Steps of a group that are looked at. */
size_t follower_inner_count(const pl_contract_step *step);
/* MESSAGE is what STEP wants; PREFIX is that of paths in VERDICT (NULL: none). */
bool follower_fits(const follower *f, const pl_contract_step *step, const pl_dynamic *message,
                   const char *prefix, pl_verdict *verdict);

#endif
