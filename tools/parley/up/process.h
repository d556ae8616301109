/* A supervised process: started, watched, started again with a growing delay when it
 * ends unasked, stopped in order when asked.
 *
 *     STOPPED -> STARTING -> READY -> (ends) BACKOFF -> STARTING ...
 *        ^                     |
 *        +----- STOPPING <-----+
 *
 * The owner says how to start it (a function that fills pl_child_opts) and when it is
 * ready (process_ready); it is told of every change of state. Loop thread only.
 */
#ifndef PARLEY_UP_PROCESS_H
#define PARLEY_UP_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

#include "parley/loop/child.h"
#include "parley/loop/loop.h"
#include "up/logs.h"

#define PROCESS_BACKOFF_FIRST_MS 100
#define PROCESS_BACKOFF_MAX_MS   10000
/* One that ran for so long starts with the first delay again. */
#define PROCESS_STEADY_MS 10000
/* A stop that takes longer becomes a kill. */
#define PROCESS_STOP_MS 15000
/* Ends in a row before it was ever ready, after which a start has failed. */
#define PROCESS_FAILURES_MAX 3
/* An exit status that says "wrong settings": before it was ready, once is enough. */
#define PROCESS_EXIT_USAGE 2

typedef enum process_state {
    PROCESS_STOPPED,
    PROCESS_STARTING,
    PROCESS_READY,
    PROCESS_BACKOFF,
    PROCESS_STOPPING,
} process_state;

typedef struct process process;

/* Fills OPTS (argv, env, user) for one start; what they point to lives until it is
 * called again. An error counts as an end of the process. */
typedef pl_code process_command_fn(void *self, process *p, pl_child_opts *opts, pl_error *err);
/* The state has changed. */
typedef void process_changed_fn(void *self, process *p);
/* A whole line of output. */
typedef void process_line_fn(void *self, process *p, pl_str line);

typedef struct process_owner {
    process_command_fn *command;
    process_changed_fn *changed;
    process_line_fn *line; /* NULL: not interested */
    void *self;
} process_owner;

/* The fields may be read; only the functions change them. */
struct process {
    pl_loop *loop;
    process_owner owner;
    log_stream log;
    process_state state;
    bool wanted;
    bool was_ready; /* since it was last asked for */
    bool once;      /* ends by itself: exit status 0 is success, not a crash */
    bool succeeded; /* of such a one: it did, since it was last asked for */
    int stop_signal;
    pl_child *child;
    pl_timer timer; /* of the backoff, or of a stop that takes too long */
    int backoff_ms;
    int restarts;
    int failures; /* in a row, before it was ready */
    int64_t since_us;
    int64_t started_ns;
    char ended[128]; /* how it last ended: "exit 1", "signal 11, SIGSEGV" */
};

/* Prepares P (zeroed); its output goes to FOLDER/NAME.log. */
PL_NODISCARD pl_code process_init(process *p, pl_loop *loop, const process_owner *owner,
                                  const char *folder, const char *name, pl_error *err);
/* Kills what still runs. A zeroed one is allowed. */
void process_done(process *p);

/* Asks for it to run, or to end. Both may be asked again at any time. */
void process_start(process *p);
void process_stop(process *p);
/* Ends it at once. */
void process_kill(process *p);

/* The owner saw that it is ready. */
void process_ready(process *p);

/* It ended PROCESS_FAILURES_MAX times in a row without having been ready, or once where a repeat
 * is of no use (wrong settings, no such program). */
bool process_failed(const process *p);
/* 0 where none runs. */
int process_pid(const process *p);
const char *process_state_name(process_state state);

#endif
