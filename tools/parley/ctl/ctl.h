/* The commands that talk to a running supervisor. Each takes the parsed command line's
 * beginning and returns an exit code. */
#ifndef PARLEY_CTL_H
#define PARLEY_CTL_H

#include "common/args.h"
#include "common/control.h"
#include "common/workspace.h"

int ctl_status(tool_args *args, const workspace *space);
int ctl_down(tool_args *args, const workspace *space);
int ctl_service(tool_args *args, const workspace *space); /* stop, start, restart */
int ctl_scale(tool_args *args, const workspace *space);
int ctl_logs(tool_args *args, const workspace *space);
int ctl_names(tool_args *args, const workspace *space); /* completion systems|services */

/* Prints "parley COMMAND: MESSAGE" and returns the exit code of a failure. */
int ctl_fail(const tool_args *args, const pl_error *err);

/* No system ONLY among those that were started here: says so, and returns the exit code. */
int ctl_no_system(const tool_args *args, const control_system *systems, size_t count,
                  const char *only);

#endif
