/* The contracts of both sides, and whom a change hurts by them. */
#ifndef PARLEY_BREAKING_USERS_H
#define PARLEY_BREAKING_USERS_H

#include "breaking/breaking.h"
#include "common/contracts.h"
#include "parley/breaking/impact.h"

/* Consumers named with --accept. */
#define ACCEPT_MAX 256

typedef struct users {
    contracts now;            /* the files of the working tree */
    contracts before;         /* those of the other side */
    pl_contract_set *sets[3]; /* now by the old schema, now by the new one, before by the old one */
    size_t set_count;
    const char *accepted[ACCEPT_MAX];
    size_t accepted_count;
    pl_arena arena;
} users;

PL_NODISCARD pl_code users_load(users *u, const sides *s, pl_error *err);
void users_done(users *u);

/* What is to be said of CHANGE. Users that only the old side has do not count where they are
 * accepted. */
PL_NODISCARD pl_code users_judge(users *u, const pl_change *change, pl_judgement *out,
                                 pl_error *err);

#endif
