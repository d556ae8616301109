/* bench-stub-ready: how long a program takes from exec to its line of readiness, and the memory it
 * has then.
 *
 *     bench-stub-ready TIMES PROGRAM ARGUMENT...
 *
 * Starts it TIMES times, one after another. Prints "name value" lines: ready_ms of each start and
 * what CPU it took until then, dirty_mb of the last. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "parley/base/clock.h"
#include "parley/base/str.h"

enum { TIMES_MAX = 1000, LINE_MAX_BYTES = 4096, DEADLINE_MS = 60000, PATH_BYTES = 64 };

/* True when a whole line has come from FD. */
static bool read_line(int fd) {
    char line[LINE_MAX_BYTES];
    size_t size = 0;
    struct pollfd wanted = {.fd = fd, .events = POLLIN};

    while (size < sizeof line && poll(&wanted, 1, DEADLINE_MS) > 0) {
        ssize_t got = read(fd, line + size, sizeof line - size);
        if (got <= 0)
            return false;
        size += (size_t)got;
        if (memchr(line, '\n', size))
            return memcmp(line, "ready", 5) == 0;
    }
    return false;
}

static void print_times(pid_t pid, int64_t took_ns) {
    struct timespec used;
    clockid_t clock;

    printf("ready_ms %.3f\n", (double)took_ns / 1e6);
    if (clock_getcpuclockid(pid, &clock) == 0 && clock_gettime(clock, &used) == 0)
        printf("ready_cpu_ms %.3f\n", (double)used.tv_sec * 1e3 + (double)used.tv_nsec / 1e6);
}

static void print_memory(pid_t pid) {
    char path[PATH_BYTES], line[LINE_MAX_BYTES];

    (void)snprintf(path, sizeof path, "/proc/%ld/smaps_rollup", (long)pid);
    FILE *file = fopen(path, "re");
    while (file && fgets(line, sizeof line, file)) {
        if (strncmp(line, "Private_Dirty:", 14) == 0)
            printf("dirty_mb %.2f\n", strtod(line + 14, NULL) / 1024);
    }
    if (file)
        (void)fclose(file);
}

static bool start(char **argv, bool last) {
    int ends[2];
    int64_t began = pl_now_ns();
    pid_t pid;

    if (pipe(ends) != 0 || (pid = fork()) < 0)
        return false;
    if (pid == 0) {
        (void)dup2(ends[1], STDOUT_FILENO);
        (void)close(ends[0]);
        (void)close(ends[1]);
        (void)execv(argv[0], argv);
        _exit(127);
    }
    (void)close(ends[1]);
    bool ready = read_line(ends[0]);
    if (ready)
        print_times(pid, pl_now_ns() - began);
    if (ready && last)
        print_memory(pid);
    (void)kill(pid, SIGTERM);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    (void)close(ends[0]);
    return ready;
}

int main(int argc, char **argv) {
    int64_t times;

    if (argc < 3 || !pl_str_i64(pl_str_c(argv[1]), &times) || times < 1 || times > TIMES_MAX) {
        fprintf(stderr, "usage: bench-stub-ready TIMES PROGRAM ARGUMENT...\n");
        return 2;
    }
    for (int64_t i = 0; i < times; i++) {
        if (!start(argv + 2, i + 1 == times)) {
            fprintf(stderr, "bench-stub-ready: %s: no line of readiness\n", argv[2]);
            return 1;
        }
    }
    return 0;
}
