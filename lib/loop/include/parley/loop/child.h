/* Child processes of a loop: start, output, exit.
 *
 * What it does not do: no shell, no PATH games beyond execvpe's, no restart policy.
 *
 * Invariants
 * - A child is started from the loop's thread. With `death_signal` it ends when
 *   that thread ends, however it ends.
 * - A child inherits no descriptor above stderr, no blocked signal and no ignored SIGPIPE.
 * - on_exit is called exactly once, on the loop's thread, after the last on_output.
 *
 *     pl_child_opts opts = PL_CHILD_OPTS_INIT;
 *     opts.argv = (const char *const[]){"redis-server", "redis.conf", NULL};
 *     opts.on_exit = on_exit, opts.self = self;
 *     if (pl_child_start(loop, &opts, &child, &err)) ...
 *     pl_child_kill(child, SIGTERM);          on_exit follows
 *     pl_child_free(child);
 */
#ifndef PARLEY_LOOP_CHILD_H
#define PARLEY_LOOP_CHILD_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "parley/base/error.h"
#include "parley/base/str.h"
#include "parley/loop/loop.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes handed to on_output at a time. */
#define PL_CHILD_OUTPUT_CHUNK (16 * 1024)

/* Where a child's stdout or stderr goes, beside an open descriptor of the caller. */
enum {
    PL_CHILD_INHERIT = -1, /* to ours */
    PL_CHILD_PIPE = -2,    /* to on_output */
    PL_CHILD_NULL = -3     /* nowhere */
};

/* The exit status where somebody else took it: SIGCHLD ignored, or a wait for any child. */
#define PL_CHILD_STATUS_LOST 255

typedef struct pl_child pl_child;

/* How a child ended. */
typedef struct pl_child_exit {
    bool signalled; /* by a signal; else it exited */
    int status;     /* the exit status, or the signal */
} pl_child_exit;

typedef void pl_child_exit_fn(void *self, pl_child *child, pl_child_exit how);
/* STREAM is 1 for stdout, 2 for stderr. DATA is borrowed for the call; empty: end of
 * that stream. */
typedef void pl_child_output_fn(void *self, pl_child *child, int stream, pl_str data);

typedef struct pl_child_opts {
    const char *const *argv; /* NULL-terminated; argv[0] is looked up in PATH */
    const char *const *env;  /* NULL-terminated "KEY=value"; NULL: ours */
    const char *cwd;         /* NULL: ours */
    int out, err;            /* stdout and stderr: a descriptor or PL_CHILD_*; stdin is /dev/null */
    bool change_user;        /* to uid and gid, without other groups and new privileges */
    uid_t uid;
    gid_t gid;
    bool new_group;   /* leads a process group of its own, which pl_child_kill_group reaches */
    int death_signal; /* sent to it when the loop's thread ends; 0: none */
    pl_child_exit_fn *on_exit;     /* may be NULL */
    pl_child_output_fn *on_output; /* needed with PL_CHILD_PIPE */
    void *self;
} pl_child_opts;

#define PL_CHILD_OPTS_INIT                                                                         \
    { .out = PL_CHILD_INHERIT, .err = PL_CHILD_INHERIT, .death_signal = SIGKILL }

/* Starts a process and returns when it runs the new program. The options are borrowed
 * for the call. The caller frees *out_child. PL_NOT_FOUND, PL_PERMISSION_DENIED: the
 * program, folder or user, as the message says; PL_RESOURCE_EXHAUSTED. */
PL_NODISCARD pl_code pl_child_start(pl_loop *loop, const pl_child_opts *opts, pl_child **out_child,
                                    pl_error *err);

pid_t pl_child_pid(const pl_child *child);
/* False once on_exit was called or is about to be. */
bool pl_child_running(const pl_child *child);
/* Nothing happens where it has ended. The pid is never one of a stranger. */
void pl_child_kill(pl_child *child, int signo);
/* As above for its whole group; needs new_group. Reaches the group also after the
 * leader has ended, until pl_child_free. */
void pl_child_kill_group(pl_child *child, int signo);

/* Kills a child that still runs (its group with new_group) with SIGKILL and waits for
 * it; no callback follows. NULL is allowed. Also from its callbacks. */
void pl_child_free(pl_child *child);

#ifdef __cplusplus
}
#endif
#endif
