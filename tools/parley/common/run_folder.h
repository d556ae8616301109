/* The folders with the control sockets of supervisors: in XDG_RUNTIME_DIR or /tmp,
 * because the paths of sockets must be short.
 *
 * A supervisor that is killed leaves its folder. Every command that looks for
 * supervisors sweeps those that nobody listens in any more, also of workspaces that are
 * gone.
 */
#ifndef PARLEY_TOOL_RUN_FOLDER_H
#define PARLEY_TOOL_RUN_FOLDER_H

#include "parley/base/error.h"

#define RUN_FOLDER_SIZE 64
/* A supervisor that starts binds its socket before it listens: younger ones are left alone. */
#define RUN_FOLDER_AGE_S 10

/* Makes a new folder, with mode 0700, and tells its path. */
PL_NODISCARD pl_code run_folder_make(char out_path[RUN_FOLDER_SIZE], pl_error *err);

/* Removes the folders of this user whose supervisor has ended. */
void run_folders_sweep(void);

#endif
