/* `parley breaking`: what a change breaks, read from two versions of a workspace. */
#ifndef PARLEY_BREAKING_VERB_H
#define PARLEY_BREAKING_VERB_H

#include <stdio.h>
#include <sys/types.h>

#include "common/args.h"
#include "common/protos.h"
#include "parley/base/arena.h"
#include "parley/breaking/diff.h"
#include "parley/contract/contract.h"

/* The two versions. */
typedef struct sides {
    workspace space;     /* as it is */
    workspace old_space; /* as it was, in a folder of its own; root "": only a descriptor set */
    const pl_pool *old_pool;
    pl_pool *new_pool;
    pl_pool *own_old_pool;   /* NULL: it is the bundle's */
    pl_contract_set *bundle; /* as it was, from elsewhere; NULL: none */
    pl_findings *findings;   /* what protoc says */
    char what[256];          /* what it is compared with, in words */
    FILE *source;            /* of the last line that was asked for; NULL: none */
    char source_path[2 * PATH_MAX];
    uint32_t source_line; /* that line, and where it begins */
    off_t source_begin;
} sides;

/* Reads both: AGAINST is a commit of git, a file with a descriptor set, or bundles as
 * common/bundles.h has them; NULL: where this branch left main. PL_INVALID_ARGUMENT with findings:
 * protos do not compile. */
PL_NODISCARD pl_code sides_load(sides *s, const char *against, pl_error *err);
/* Removes the folder too. */
void sides_done(sides *s);

/* The workspace's path of FILE, in the new version or else the old one; else FILE itself. */
void sides_path(const sides *s, pl_str file, char out[PATH_MAX]);
/* Appends line LINE of the new version's file PATH. Lines asked for from first to last are read
 * once. */
void sides_line(sides *s, const char *path, uint32_t line, pl_buf *out);

/* ---- git.c ---- */

/* Writes the protos and YAML files of REF below the new folder OUT_FOLDER, which the caller
 * removes, also on failure where it is not empty. REF NULL: the merge base with main.
 * PL_NOT_FOUND: there is no such commit, or no git. */
PL_NODISCARD pl_code tree_at(const workspace *space, const char *ref, char out_folder[PATH_MAX],
                             pl_error *err);
void tree_remove(const char *folder);

#endif
