/* A service as a child process that dies with this one. */
#ifndef PARLEY_VERIFY_FIXTURE_PROCESS_H
#define PARLEY_VERIFY_FIXTURE_PROCESS_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

#include "parley/base/error.h"
#include "parley/base/str.h"

typedef struct fixture_process {
    pid_t pid;     /* 0: none */
    int ready_fd;  /* what it says when it is ready; -1: none */
    FILE *log;     /* its output; NULL: none */
    char name[64]; /* for messages */
} fixture_process;

/* Runs PROGRAM with FLAG (NULL: none) and SETTINGS, its environment; *process is zeroed. */
PL_NODISCARD pl_code fixture_process_start(fixture_process *process, const char *program,
                                           const char *flag, const char *const *settings,
                                           pl_error *err);
/* Waits for its ready line, until DEADLINE_NS, and finds "KEY=" in it. PL_UNAVAILABLE with the end
 * of its log where it ends before. */
PL_NODISCARD pl_code fixture_process_ready(fixture_process *process, const char *key,
                                           int64_t deadline_ns, char *out, size_t size,
                                           pl_error *err);
/* Waits for its end, which must be exit code 0. */
PL_NODISCARD pl_code fixture_process_wait(fixture_process *process, pl_error *err);
/* Stops it orderly and waits; an error says that it did not end well. A zeroed one is allowed. */
PL_NODISCARD pl_code fixture_process_stop(fixture_process *process, pl_error *err);
/* Bytes that it has logged so far. */
int64_t fixture_process_log_size(const fixture_process *process);
/* Appends the last lines of what it has logged since it had logged FROM bytes. */
void fixture_process_log(const fixture_process *process, int64_t from, pl_buf *out);
/* A line of the beginning of its log, where a service tells what it lacks, has both words. */
bool fixture_process_has_logged(const fixture_process *process, const char *event,
                                const char *text);

#endif
