/* A server as a child process that dies with its parent. */
#ifndef PARLEY_TEST_PROCESS_H
#define PARLEY_TEST_PROCESS_H

#include <sys/types.h>

#include "home.h"
#include "parley/test/servers.h"

typedef struct server_process {
    pid_t pid; /* 0: none */
    int pidfd;
    int status; /* of wait(), once it has ended */
} server_process;

#define SERVER_PROCESS_INIT                                                                        \
    { .pidfd = -1 }

/* Starts COMMAND with its output going to the end of LOG. */
pl_code server_process_start(server_process *process, const pl_test_command *command,
                             const char *log, pl_error *err);

/* Waits for its end; false when the deadline has passed. True where there is none. */
bool server_process_wait(server_process *process, int64_t deadline_ns);

/* Sends SIGNO to the process and its children; not SIGKILL. */
void server_process_signal(const server_process *process, int signo);

/* Kills the process and its children, and returns when all are gone: until then what they share,
 * PostgreSQL's memory for one, is not free for a successor. */
void server_process_kill(server_process *process);

/* Sends STOP_SIGNAL, waits until the deadline, then kills it and its children. */
void server_process_stop(server_process *process, int stop_signal, int64_t deadline_ns);

/* Waits for the end of a process that need not be a child; false when the deadline has passed. */
bool server_pid_wait(pid_t pid, int64_t deadline_ns);

/* The last lines of a log, for an error's message. */
#define SERVER_LOG_END 300
void server_log_end(const char *log, char out[SERVER_LOG_END]);

/* What a server finds in its environment. */
extern char *const server_environment[];

#endif
