#include "fixture_process.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "parley/base/clock.h"
#include "parley/verify/fixture.h"

/* READY_FD of the child; bytes of a ready line; bytes of a log that are shown, and looked at. */
enum {
    CHILD_READY_FD = 3,
    READY_MAX = 512,
    LOG_SHOWN = 2000,
    LOG_READ_MAX = 1 << 20,
    ENV_ROOM = 8
};

/* What a sanitizer is told goes along. */
static size_t add_sanitizers(const char **env, size_t count, char *texts[2]) {
    static const char *const names[2] = {"ASAN_OPTIONS", "TSAN_OPTIONS"};
    for (size_t i = 0; i < 2; i++) {
        const char *value = getenv(names[i]);
        size_t size = value ? strlen(names[i]) + strlen(value) + 2 : 0;
        texts[i] = value ? malloc(size) : NULL;
        if (!texts[i])
            continue;
        (void)snprintf(texts[i], size, "%s=%s", names[i], value);
        env[count++] = texts[i];
    }
    return count;
}

/* setpriv makes the child die with this process: a test that is killed leaves nothing behind. It is
 * spawned, not forked, because stubs run in this process by now. */
static int spawn(fixture_process *process, const char *program, const char *flag, const char **env,
                 int ready, int log) {
    const char *argv[] = {"setpriv", "--pdeathsig", "KILL", program, flag, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    (void)sigemptyset(&none);
    (void)posix_spawnattr_init(&attributes);
    (void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    (void)posix_spawnattr_setsigmask(&attributes, &none);
    (void)posix_spawn_file_actions_init(&actions);
    (void)posix_spawn_file_actions_adddup2(&actions, log, STDOUT_FILENO);
    (void)posix_spawn_file_actions_adddup2(&actions, log, STDERR_FILENO);
    (void)posix_spawn_file_actions_adddup2(&actions, ready, CHILD_READY_FD);
    int status = posix_spawnp(&process->pid, "setpriv", &actions, &attributes,
                              (char *const *)(void *)argv, (char *const *)(void *)env);
    (void)posix_spawn_file_actions_destroy(&actions);
    (void)posix_spawnattr_destroy(&attributes);
    if (status != 0)
        process->pid = 0;
    return status;
}

pl_code fixture_process_start(fixture_process *process, const char *program, const char *flag,
                              const char *const *settings, pl_error *err) {
    const char *env[PL_CONTRACT_SETTINGS_MAX + ENV_ROOM] = {"READY_FD=3"};
    char *sanitizers[2] = {NULL, NULL};
    size_t count = 1;
    int ready[2];
    const char *slash = strrchr(program, '/');
    (void)snprintf(process->name, sizeof process->name, "%s", slash ? slash + 1 : program);
    process->ready_fd = -1;
    process->log = tmpfile();
    if (!process->log || pipe(ready) != 0)
        return pl_error_errno(err, errno, "%s: its output", process->name);
    /* Only its copy, CHILD_READY_FD, is for the child. */
    (void)fcntl(ready[0], F_SETFD, FD_CLOEXEC);
    int high = fcntl(ready[1], F_DUPFD_CLOEXEC, CHILD_READY_FD + 1);
    (void)close(ready[1]);
    for (size_t i = 0; settings[i]; i++)
        env[count++] = settings[i];
    count = add_sanitizers(env, count, sanitizers);
    int status = high < 0 ? errno : spawn(process, program, flag, env, high, fileno(process->log));
    (void)close(high);
    free(sanitizers[0]);
    free(sanitizers[1]);
    if (status != 0) {
        (void)close(ready[0]);
        return pl_error_errno(err, status, "%s cannot be started (setpriv of util-linux is needed)",
                              program);
    }
    process->ready_fd = ready[0];
    return PL_OK;
}

int64_t fixture_process_log_size(const fixture_process *process) {
    return process->log ? (int64_t)lseek(fileno(process->log), 0, SEEK_END) : 0;
}

void fixture_process_log(const fixture_process *process, int64_t from, pl_buf *out) {
    char text[LOG_SHOWN];
    int64_t end = fixture_process_log_size(process);
    bool cut = end - from > LOG_SHOWN;
    if (!process->log)
        return;
    ssize_t n = pread(fileno(process->log), text, sizeof text, cut ? end - LOG_SHOWN : from);
    pl_str shown = pl_str_make(text, n > 0 ? (size_t)n : 0);
    size_t first = cut ? pl_str_index(shown, '\n') : 0; /* begin with a whole line */
    if (cut && first < shown.n)
        shown = pl_str_make(shown.p + first + 1, shown.n - first - 1);
    pl_buf_str(out, shown);
}

/* TEXT is in LINE as a word, with no more letters behind it. */
static bool has_word(pl_str line, const char *text) {
    pl_str word = pl_str_c(text);
    for (size_t i = 0; i + word.n <= line.n; i++) {
        bool more = i + word.n < line.n && isalnum((unsigned char)line.p[i + word.n]);
        if (!more && pl_str_eq(pl_str_make(line.p + i, word.n), word))
            return true;
    }
    return false;
}

bool fixture_process_has_logged(const fixture_process *process, const char *event,
                                const char *text) {
    pl_buf log = pl_buf_make(LOG_READ_MAX + 1);
    char *to = process->log ? pl_buf_reserve(&log, LOG_READ_MAX) : NULL;
    ssize_t n = to ? pread(fileno(process->log), to, LOG_READ_MAX, 0) : 0;
    pl_str rest = pl_str_make(to, n > 0 ? (size_t)n : 0), line;
    bool found = false;
    while (!found && pl_str_split(&rest, '\n', &line))
        found = has_word(line, event) && has_word(line, text);
    pl_buf_done(&log);
    return found;
}

static pl_code ended_badly(const fixture_process *process, int status, pl_error *err) {
    pl_buf log = pl_buf_make(LOG_SHOWN);
    fixture_process_log(process, 0, &log);
    (void)pl_error_set(err, PL_UNAVAILABLE, "%s ended with %s %d: %s", process->name,
                       WIFEXITED(status) ? "exit code" : "signal",
                       WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status), log.p);
    pl_buf_done(&log);
    return PL_UNAVAILABLE;
}

pl_code fixture_process_wait(fixture_process *process, pl_error *err) {
    int status = 0;
    pid_t pid = process->pid;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    process->pid = 0;
    if (process->ready_fd >= 0)
        (void)close(process->ready_fd);
    process->ready_fd = -1;
    pl_code code = status == 0 ? PL_OK : ended_badly(process, status, err);
    if (process->log)
        (void)fclose(process->log);
    process->log = NULL;
    return code;
}

pl_code fixture_process_ready(fixture_process *process, const char *key, int64_t deadline_ns,
                              char *out, size_t size, pl_error *err) {
    char line[READY_MAX] = "";
    size_t n = 0;
    while (!strchr(line, '\n')) {
        struct pollfd ready = {.fd = process->ready_fd, .events = POLLIN};
        int some = poll(&ready, 1, pl_remaining_ms(deadline_ns));
        if (some < 0 && errno == EINTR)
            continue;
        if (some == 0)
            return pl_error_set(err, PL_DEADLINE_EXCEEDED, "%s was not ready in time",
                                process->name);
        ssize_t got = n + 1 < sizeof line ? read(process->ready_fd, line + n, sizeof line - 1 - n)
                                          : 0;
        if (got <= 0) {
            pl_code code = fixture_process_wait(process, err);
            return code == PL_OK ? pl_error_set(err, PL_UNAVAILABLE, "%s ended before it was ready",
                                                process->name)
                                 : code;
        }
        n += (size_t)got;
        line[n] = '\0';
    }
    const char *at = strstr(line, key);
    if (!at)
        return pl_error_set(err, PL_INTERNAL, "%s: no %s in its ready line: %s", process->name, key,
                            line);
    at += strlen(key);
    (void)snprintf(out, size, "%.*s", (int)strcspn(at, " \n"), at);
    return PL_OK;
}

pl_code fixture_process_stop(fixture_process *process, pl_error *err) {
    if (process->pid == 0)
        return PL_OK;
    (void)kill(process->pid, SIGTERM);
    return fixture_process_wait(process, err);
}
