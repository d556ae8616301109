/* fork and exec, with everything that happens between. */
#ifndef PARLEY_LOOP_SPAWN_H
#define PARLEY_LOOP_SPAWN_H

#include "parley/loop/child.h"

/* Starts OPTS' program with OUT and ERR (open descriptors, or -1 to inherit) as stdout and
 * stderr; returns when it was executed. *OUT_PIDFD is the caller's to close. */
PL_NODISCARD pl_code pl_spawn(const pl_child_opts *opts, int out, int err_fd, pid_t *out_pid,
                              int *out_pidfd, pl_error *err);

#endif
