/* Contracts of the workspace: found, read and compiled, for every command that needs them. */
#ifndef PARLEY_TOOL_CONTRACTS_H
#define PARLEY_TOOL_CONTRACTS_H

#include "common/args.h"
#include "common/workspace.h"
#include "parley/base/arena.h"
#include "parley/contract/compile.h"

/* Files of one run. */
#define CONTRACTS_FILES_MAX 10000

typedef struct contracts {
    workspace space;
    pl_arena arena;
    pl_findings *findings;
    pl_contract_source *sources; /* path below the workspace's root, or as it was given */
    size_t source_count, source_room;
    pl_pool *pool;
    pl_contract_set *set; /* NULL: the protos do not compile */
    /* what contracts_open was asked for */
    const char **providers; /* packages */
    size_t provider_count;
    const char **folders; /* of the packages' contracts, in their order; NULL: bundles */
} contracts;

/* Finds the workspace. */
PL_NODISCARD pl_code contracts_init(contracts *c, pl_error *err);
void contracts_done(contracts *c);

/* Adds a file, or every .yaml below a folder; NULL: all of the workspace. */
PL_NODISCARD pl_code contracts_add(contracts *c, const char *path, pl_error *err);
/* Compiles the protos and what was added. PL_OK also where there are findings. */
PL_NODISCARD pl_code contracts_compile(contracts *c, pl_error *err);

/* In place of the three above: the contracts with COUNT providers, at least one, as a command line
 * has them: packages ("mall.products.v1") of the workspace, or bundles (common/bundles.h), which
 * need no workspace. PL_OK also where there are findings; bundles have none. PL_NOT_FOUND: a
 * package without contracts; PL_INVALID_ARGUMENT: packages beside bundles; and what
 * contracts_compile and bundles_read say. */
PL_NODISCARD pl_code contracts_open(contracts *c, const char *const *words, size_t count,
                                    pl_error *err);

/* The same for a stub, which is to answer soon (bundles_open). */
PL_NODISCARD pl_code contracts_open_soon(contracts *c, const char *const *words, size_t count,
                                         pl_error *err);

/* Prints the findings as text, with a last line on stderr; or as {"contracts":N,"findings":[...]}.
 * Returns the exit code. */
int contracts_report(const contracts *c, const tool_args *args);

/* Says on stderr why the command could not do its work; with --json as {"error":...}, too. Returns
 * exit code 1. */
int contracts_failed(const tool_args *args, const pl_error *err);

#endif
