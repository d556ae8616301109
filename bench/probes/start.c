/* bench-start: how long a service takes from exec to its ready line.
 *
 * Starts the program of a running service again, COUNT times one after another, with
 * the environment of that process, on free ports: as one more replica. Services wipe their
 * secrets (DATABASE_URL, REDIS_URL) from it: give them again. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "parley/base/clock.h"
#include "parley/base/macros.h"
#include "parley/base/str.h"
#include "samples.h"

enum {
    ENV_MAX = 256,
    ENV_BYTES = 256 * 1024,
    PATH_SIZE = 4096,
    DEADLINE_MS = 10000,
    COUNT_MAX = 1000
};

/* What one more replica is told instead; the gateway has no second set of service ports. */
static char ours[][32] = {"LISTEN=127.0.0.1:0", "ADMIN_LISTEN=127.0.0.1:0", "READY_FD=3",
                          "SERVICE_LISTEN=", "INSTANCE=bench"};

typedef struct plan {
    char program[PATH_SIZE];
    char bytes[ENV_BYTES];
    char *env[ENV_MAX];
    char flags[ENV_BYTES];
    char *argv[ENV_MAX];
} plan;

/* Whether ENTRY has the key of one of LIST, which ends in NULL. */
static bool has_key(char *const *list, const char *entry) {
    for (; *list; list++) {
        if (strncmp(entry, *list, strcspn(*list, "=") + 1) == 0)
            return true;
    }
    return false;
}

/* The settings that the process was given as flags. */
static bool read_flags(const char *pid, plan *p) {
    char path[PATH_SIZE];
    size_t count = 0;
    (void)snprintf(path, sizeof path, "/proc/%s/cmdline", pid);
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    size_t size = fread(p->flags, 1, sizeof p->flags - 1, file);
    (void)fclose(file);
    for (char *at = p->flags; at < p->flags + size && count + 1 < ENV_MAX; at += strlen(at) + 1)
        p->argv[count++] = at;
    p->argv[count] = NULL;
    return count > 0;
}

/* MORE are entries of the caller's: what a process has wiped from its own environment. */
static bool read_plan(const char *pid, char **more, plan *p) {
    char path[PATH_SIZE];
    size_t count = 0;
    (void)snprintf(path, sizeof path, "/proc/%s/exe", pid);
    ssize_t n = readlink(path, p->program, sizeof p->program - 1);
    if (n <= 0)
        return false;
    p->program[n] = '\0';
    (void)snprintf(path, sizeof path, "/proc/%s/environ", pid);
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    size_t size = fread(p->bytes, 1, sizeof p->bytes - 1, file);
    (void)fclose(file);
    for (; count < PL_COUNT(ours); count++)
        p->env[count] = ours[count];
    for (; *more && count + 1 < ENV_MAX; more++)
        p->env[count++] = *more;
    p->env[count] = NULL;
    for (char *at = p->bytes; at < p->bytes + size; at += strlen(at) + 1) {
        if (!*at || has_key(p->env, at) || count + 1 >= ENV_MAX)
            continue;
        p->env[count++] = at;
        p->env[count] = NULL;
    }
    return size > 0 && read_flags(pid, p);
}

static void become(plan *p, int ready_fd) {
    int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC); /* may be number 3 itself */
    if (null_fd < 0 || dup2(null_fd, 0) < 0 || dup2(null_fd, 1) < 0 || dup2(null_fd, 2) < 0 ||
        dup2(ready_fd, 3) < 0)
        _exit(127);
    (void)execve(p->program, p->argv, p->env);
    _exit(127);
}

/* Waits for "ready ..."; false at the deadline, or where the process ended before. */
static bool wait_ready(int fd) {
    char line[1024];
    struct pollfd p = {.fd = fd, .events = POLLIN};
    int64_t deadline = pl_deadline_ms(DEADLINE_MS);
    while (poll(&p, 1, pl_remaining_ms(deadline)) < 0 && errno == EINTR) {
    }
    ssize_t n = p.revents ? read(fd, line, sizeof line) : 0;
    return n >= 5 && memcmp(line, "ready", 5) == 0;
}

static bool start_once(plan *p, samples *out) {
    int ends[2];
    if (pipe(ends) != 0)
        return false;
    int64_t begun = pl_now_ns();
    pid_t pid = fork();
    if (pid == 0) {
        close(ends[0]);
        become(p, ends[1]);
    }
    close(ends[1]);
    bool ready = pid > 0 && wait_ready(ends[0]);
    if (ready)
        samples_add(out, pl_now_ns() - begun);
    close(ends[0]);
    if (pid > 0) {
        (void)kill(pid, ready ? SIGTERM : SIGKILL);
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
        }
    }
    return ready;
}

int main(int argc, char **argv) {
    static plan p;
    samples s;
    int64_t count = 0;
    if (argc < 3 || !pl_str_i64(pl_str_c(argv[2]), &count) || count < 1 || count > COUNT_MAX) {
        (void)fprintf(stderr, "usage: bench-start PID COUNT [KEY=VALUE...]\n");
        return 2;
    }
    if (!read_plan(argv[1], argv + 3, &p) || !samples_init(&s, (size_t)count)) {
        (void)fprintf(stderr, "bench-start: cannot read /proc/%s\n", argv[1]);
        return EXIT_FAILURE;
    }
    bool started = true;
    for (int64_t i = 0; started && i < count; i++)
        started = start_once(&p, &s);
    if (started) {
        samples_sort(&s);
        samples_print(&s, "start");
    } else {
        (void)fprintf(stderr, "bench-start: %s did not become ready\n", p.program);
    }
    samples_done(&s);
    return started ? 0 : EXIT_FAILURE;
}
