/* The workspace: the nearest folder upwards with a parley.yaml, and what it says.
 *
 * An empty parley.yaml is enough: protos: [proto], includes: [], contracts:
 * contracts, systems: [services/<any>/system.yaml], build: where parley itself is. The state of
 * running systems lives below it in .parley/<system>.
 */
#ifndef PARLEY_TOOL_WORKSPACE_H
#define PARLEY_TOOL_WORKSPACE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "parley/base/error.h"

/* Systems of a workspace, and bytes of a system's or service's name. */
#define WORKSPACE_SYSTEMS_MAX 32
#define SYSTEM_NAME_MAX       32

typedef struct workspace {
    char root[PATH_MAX];
    char systems[WORKSPACE_SYSTEMS_MAX][PATH_MAX]; /* paths of system.yaml files */
    size_t system_count;
    char build[PATH_MAX]; /* where programs of this repository are built, whole; "": not said */
} workspace;

/* Finds the workspace of the current folder. PL_NOT_FOUND says what to do; a malformed
 * parley.yaml is PL_INVALID_ARGUMENT at file:line:col. */
PL_NODISCARD pl_code workspace_find(workspace *out_workspace, pl_error *err);

/* The path of the system NAME's file; NULL where the workspace has none. */
const char *workspace_system(const workspace *space, const char *name);

/* The name of system INDEX: of the folder its file is in. */
void workspace_system_name(const workspace *space, size_t index, char out[SYSTEM_NAME_MAX]);

/* Makes ROOT/.parley, with a .gitignore of its own, where it is not there yet. Codes of errno. */
PL_NODISCARD pl_code workspace_make_state(const workspace *space, pl_error *err);

/* ROOT/.parley/SYSTEM[/REST]. */
void workspace_state(const workspace *space, const char *system, const char *rest,
                     char out[PATH_MAX]);

#endif
