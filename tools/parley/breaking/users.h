/* The contracts of both sides, and whom a change hurts by them. */
#ifndef PARLEY_BREAKING_USERS_H
#define PARLEY_BREAKING_USERS_H

#include "breaking/breaking.h"
#include "common/contracts.h"
#include "parley/breaking/impact.h"

/* Consumers named with --accept. */
#define ACCEPT_MAX 256

/* Which contracts, resolved against which schema. */
enum { USERS_NOW_BY_OLD, USERS_NOW_BY_NEW, USERS_BEFORE, USERS_SETS };

/* A contract that demands less than it did, or is gone. */
typedef struct contract_edit {
    const pl_rule *rule;
    const pl_contract_file *file; /* as it was */
    const pl_contract *was;       /* NULL: the head of the file */
    const pl_contract *is;        /* NULL: it is gone, or the head */
    const char *how;
} contract_edit;

typedef struct users {
    contracts now;                     /* the files of the working tree */
    contracts before;                  /* those of the other side */
    pl_contract_set *sets[USERS_SETS]; /* the last: NULL where there is only a descriptor set */
    bool before_borrowed;              /* it is the bundle's of the sides */
    size_t set_count;
    const char *accepted[ACCEPT_MAX];
    size_t accepted_count;
    contract_edit *edits; /* without those of accepted consumers */
    size_t edit_count, edit_room;
    bool edits_full;
    pl_arena arena;
} users;

/* PL_INVALID_ARGUMENT: contracts are wrong by both versions; what is wrong joins the findings of S.
 */
PL_NODISCARD pl_code users_load(users *u, const sides *s, pl_error *err);
void users_done(users *u);

/* Finds the edits. */
PL_NODISCARD pl_code users_edits(users *u, pl_error *err);
/* Says on standard error which names of --accept no consumer has, on either side: an approval by
 * another name changes nothing. */
void users_warn_of_accepted(const users *u);
/* The consumer has approved. */
bool users_accepted(const users *u, const pl_contract_file *file);

/* What is to be said of CHANGE. Where a consumer is accepted, contracts that only the old side has
 * do not count, nor those that have followed the change: that only the new schema understands. */
PL_NODISCARD pl_code users_judge(users *u, const pl_change *change, pl_judgement *out,
                                 pl_error *err);

#endif
