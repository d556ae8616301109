/* The protos of the workspace, compiled to a descriptor set.
 *
 * parley.yaml says where they are (protos: [proto], includes: [] for imports only); beside
 * these, google/api, google/rpc and parley's own are found where Parley is built or
 * installed. protoc compiles them: $PROTOC, or the one beside the programs, or from PATH.
 */
#ifndef PARLEY_TOOL_PROTOS_H
#define PARLEY_TOOL_PROTOS_H

#include "common/workspace.h"
#include "parley/contract/findings.h"
#include "parley/schema/pool.h"

/* Folders of protos, and folders of imports, of one workspace. */
#define PROTOS_FOLDERS_MAX 32
/* Files of a workspace. */
#define PROTOS_FILES_MAX 4096

/* Where contracts are: `contracts:` of parley.yaml, below ROOT. */
PL_NODISCARD pl_code workspace_contracts(const workspace *space, char out[PATH_MAX], pl_error *err);

/* Compiles every .proto of the workspace and makes a pool of it. What protoc refuses are
 * findings, and PL_INVALID_ARGUMENT; PL_NOT_FOUND: there is no protoc, or no proto. */
PL_NODISCARD pl_code protos_load(const workspace *space, pl_findings *findings, pl_pool **out_pool,
                                 pl_error *err);

/* FILE, such as "mall/orders/v1/orders.proto", is the workspace's own; its path is written to
 * OUT, below the root where it is there. */
bool protos_path(const workspace *space, pl_str file, char out[PATH_MAX]);

#endif
