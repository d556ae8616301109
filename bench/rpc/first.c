/* bench-rpc-first: how long a service takes from exec to its first answer.
 *
 *     bench-rpc-first COUNT PROGRAM...
 *
 * Starts PROGRAM COUNT times, reads its ready line, calls it once and ends it. This process has
 * core initialized before it looks at the clock; the connection is part of the time. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core.h"
#include "parley/base/clock.h"
#include "parley/base/macros.h"
#include "parley/base/str.h"
#include "samples.h"

enum { COUNT_MAX = 1000, LINE_SIZE = 256, READY_FD = 3, PATIENCE_MS = 10000 };

extern char **environ;

static void fail(const char *what) {
    fprintf(stderr, "bench-rpc-first: %s\n", what);
    exit(1);
}

/* "ready grpc=ADDRESS ..."; the address, in LINE. */
static char *read_address(int fd, char line[LINE_SIZE]) {
    size_t n = 0;

    while (!memchr(line, '\n', n)) {
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        ssize_t got = poll(&wait, 1, PATIENCE_MS) == 1 ? read(fd, line + n, LINE_SIZE - 1 - n) : 0;
        if (got <= 0)
            fail("the program is not ready in time");
        n += (size_t)got;
    }
    line[n] = '\0';
    char *address = strstr(line, "grpc=");
    if (!address)
        fail("the program says no address");
    address += strlen("grpc=");
    address[strcspn(address, " \n")] = '\0';
    return address;
}

static int64_t measure(char **program) {
    grpc_completion_queue *queue = grpc_completion_queue_create_for_pluck(NULL);
    posix_spawn_file_actions_t actions;
    char line[LINE_SIZE];
    core_target target;
    core_call call;
    int pipe_fds[2];
    pid_t pid;

    if (pipe(pipe_fds) != 0 || fcntl(pipe_fds[0], F_SETFD, FD_CLOEXEC) != 0)
        fail("no pipe");
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, pipe_fds[1], READY_FD);
    int64_t began = pl_now_ns();
    if (posix_spawn(&pid, program[0], &actions, NULL, program, environ) != 0)
        fail("the program cannot be started");
    close(pipe_fds[1]);
    core_target_init(&target, read_address(pipe_fds[0], line), "/bench.v1.OrderService/EchoInline",
                     queue);
    core_call_start(&target, &call);
    (void)grpc_completion_queue_pluck(queue, &call, gpr_inf_future(GPR_CLOCK_MONOTONIC), NULL);
    int64_t took = pl_now_ns() - began;
    core_call_finish(&target, &call);
    grpc_channel_destroy(target.channel);
    grpc_completion_queue_shutdown(queue);
    grpc_completion_queue_destroy(queue);
    posix_spawn_file_actions_destroy(&actions);
    close(pipe_fds[0]);
    (void)kill(pid, SIGTERM);
    (void)waitpid(pid, NULL, 0);
    return took;
}

int main(int argc, char **argv) {
    int64_t count;
    samples times;

    if (argc < 3 || !pl_str_i64(pl_str_c(argv[1]), &count) || count < 1 || count > COUNT_MAX) {
        fprintf(stderr, "usage: bench-rpc-first COUNT PROGRAM [ARGUMENT...]\n");
        return 2;
    }
    grpc_init();
    if (setenv("READY_FD", "3", 1) != 0 || !samples_init(&times, (size_t)count))
        return 1;
    for (int64_t i = 0; i < count; i++)
        samples_add(&times, measure(argv + 2));
    samples_sort(&times);
    samples_print(&times, "first_answer");
    return 0;
}
