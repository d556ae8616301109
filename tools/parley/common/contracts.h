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
} contracts;

/* Finds the workspace. */
PL_NODISCARD pl_code contracts_init(contracts *c, pl_error *err);
void contracts_done(contracts *c);

/* Adds a file, or every .yaml below a folder; NULL: all of the workspace. */
PL_NODISCARD pl_code contracts_add(contracts *c, const char *path, pl_error *err);
/* Compiles the protos and what was added. PL_OK also where there are findings. */
PL_NODISCARD pl_code contracts_compile(contracts *c, pl_error *err);

/* Prints the findings as text, with a last line on stderr; or as {"contracts":N,"findings":[...]}.
 * Returns the exit code. */
int contracts_report(const contracts *c, const tool_args *args);

#endif
