/* Files to be made or changed, all of them or none.
 *
 * plan_apply writes everything into a folder of its own first, then renames each file to where it
 * belongs; where one cannot be, those before it are taken back. A file that is to be made must
 * not be there. One thread; Ctrl-C waits until it is done. */
#ifndef PARLEY_NEW_PLAN_H
#define PARLEY_NEW_PLAN_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "parley/base/arena.h"
#include "parley/base/error.h"

#define PLAN_FILES_MAX 48

typedef struct plan_file {
    const char *path; /* below the root; in the plan's arena */
    const char *text;
    bool replaces; /* what is there; else nothing may be there */
} plan_file;

typedef struct plan {
    const char *root; /* borrowed */
    pl_arena *arena;  /* borrowed: the texts */
    plan_file files[PLAN_FILES_MAX];
    size_t count;
} plan;

/* Files below ROOT from now on. Whoever else plans there waits until this process has ended. */
PL_NODISCARD pl_code plan_open(plan *p, const char *root, pl_error *err);

/* Copies both texts. PL_RESOURCE_EXHAUSTED: too many or too large. */
PL_NODISCARD pl_code plan_add(plan *p, const char *path, const char *text, bool replaces,
                              pl_error *err);

/* PL_ALREADY_EXISTS where a file to be made is there. */
PL_NODISCARD pl_code plan_check(const plan *p, pl_error *err);

/* Checks, then does it. Whatever the error: nothing was changed. */
PL_NODISCARD pl_code plan_apply(const plan *p, pl_error *err);

#endif
