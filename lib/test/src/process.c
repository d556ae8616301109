#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "parley/base/clock.h"
#include "parley/base/str.h"

/* How often a wait looks again where the kernel gives no descriptor for a process. */
#define FALLBACK_POLL_MS  10
#define EXIT_CANNOT_START 127
#define CHILDREN_MAX      512
/* How long killed children may take to be gone: they die at once, but a busy machine is slow. */
#define CHILDREN_END_MS 10000

static char env_path[] = "PATH=/usr/local/bin:/usr/bin:/bin";
static char env_locale[] = "LC_ALL=C.UTF-8";
static char env_zone[] = "TZ=UTC";
char *const server_environment[] = {env_path, env_locale, env_zone, NULL};

/* ---- the child ------------------------------------------------------------------- */

/* Only async-signal-safe calls from here to exec: other threads may hold locks. */
static bool become(const pl_test_command *command, pid_t parent) {
    if (command->switch_user &&
        (setgroups(0, NULL) != 0 || setresgid(command->gid, command->gid, command->gid) != 0 ||
         setresuid(command->uid, command->uid, command->uid) != 0))
        return false;
    /* After the change of user, which clears it; and the parent may be gone already. */
    if (prctl(PR_SET_PDEATHSIG, command->death_signal) != 0 || getppid() != parent)
        return false;
    sigset_t none;
    sigemptyset(&none);
    return sigprocmask(SIG_SETMASK, &none, NULL) == 0;
}

static void child(const pl_test_command *command, int log, pid_t parent) {
    struct sigaction standard = {.sa_handler = SIG_DFL};
    int empty = open("/dev/null", O_RDONLY);
    bool ready = empty >= 0 && dup2(empty, 0) == 0 && dup2(log, 1) == 1 && dup2(log, 2) == 2 &&
                 sigaction(SIGPIPE, &standard, NULL) == 0 && chdir(command->cwd) == 0 &&
                 become(command, parent);
    if (ready)
        execve(command->argv[0], command->argv, command->env);
    static const char message[] = "cannot start the server\n";
    ssize_t n = write(2, message, sizeof message - 1);
    (void)n;
    _exit(EXIT_CANNOT_START);
}

static int pidfd_open_cloexec(pid_t pid) {
    return (int)syscall(SYS_pidfd_open, pid, 0);
}

pl_code server_process_start(server_process *process, const pl_test_command *command,
                             const char *log, pl_error *err) {
    int fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return pl_error_errno(err, errno, "cannot write %s", log);
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid == 0)
        child(command, fd, parent);
    int errnum = errno;
    close(fd);
    if (pid < 0)
        return pl_error_errno(err, errnum, "cannot start %s", command->argv[0]);
    *process = (server_process){.pid = pid, .pidfd = pidfd_open_cloexec(pid)};
    return PL_OK;
}

/* ---- waiting --------------------------------------------------------------------- */

/* Waits for a descriptor of a process, or where there is none for a moment. */
static void wait_a_while(int pidfd, int timeout_ms) {
    struct pollfd fd = {.fd = pidfd, .events = POLLIN};
    if (pidfd < 0 && (timeout_ms < 0 || timeout_ms > FALLBACK_POLL_MS))
        timeout_ms = FALLBACK_POLL_MS;
    int n = poll(&fd, 1, timeout_ms);
    (void)n;
}

bool server_process_wait(server_process *process, int64_t deadline_ns) {
    while (process->pid) {
        pid_t ended = waitpid(process->pid, &process->status, WNOHANG);
        if (ended == process->pid || (ended < 0 && errno == ECHILD)) {
            if (process->pidfd >= 0)
                close(process->pidfd);
            process->pid = 0;
            process->pidfd = -1;
            return true;
        }
        int timeout = pl_remaining_ms(deadline_ns);
        if (timeout == 0)
            return false;
        wait_a_while(process->pidfd, timeout);
    }
    return true;
}

bool server_pid_wait(pid_t pid, int64_t deadline_ns) {
    int pidfd = pidfd_open_cloexec(pid);
    bool gone = false;
    for (;;) {
        gone = kill(pid, 0) != 0 && errno == ESRCH;
        int timeout = pl_remaining_ms(deadline_ns);
        if (gone || timeout == 0)
            break;
        wait_a_while(pidfd, timeout < FALLBACK_POLL_MS ? timeout : FALLBACK_POLL_MS);
    }
    if (pidfd >= 0)
        close(pidfd);
    return gone;
}

/* ---- signals --------------------------------------------------------------------- */

/* The children of PID, at most MAX; how many there are. PostgreSQL's are groups of their own, so
 * kill(-pid) would not reach them. */
static size_t children_of(pid_t pid, pid_t *out, size_t max) {
    char path[64], text[4096];
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)pid, (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    ssize_t n = read(fd, text, sizeof text);
    close(fd);
    pl_str rest = pl_str_make(text, n > 0 ? (size_t)n : 0), word;
    size_t count = 0;
    while (count < max && pl_str_split(&rest, ' ', &word)) {
        int64_t one;
        if (pl_str_i64(word, &one) && one > 1)
            out[count++] = (pid_t)one;
    }
    return count;
}

void server_process_signal(const server_process *process, int signo) {
    pid_t children[CHILDREN_MAX];
    if (!process->pid)
        return;
    /* Stopped first and woken last, the parent takes no action in between. */
    if (signo != SIGCONT)
        kill(process->pid, signo);
    size_t count = children_of(process->pid, children, CHILDREN_MAX);
    for (size_t i = 0; i < count; i++)
        kill(children[i], signo);
    if (signo == SIGCONT)
        kill(process->pid, signo);
}

void server_process_kill(server_process *process) {
    pid_t children[CHILDREN_MAX];
    int fds[CHILDREN_MAX];
    siginfo_t info;
    if (!process->pid)
        return;
    /* Once it has stopped it starts no more of them. */
    kill(process->pid, SIGSTOP);
    (void)waitid(P_PID, (id_t)process->pid, &info, WSTOPPED | WEXITED | WNOWAIT);
    size_t count = children_of(process->pid, children, CHILDREN_MAX);
    for (size_t i = 0; i < count; i++) {
        fds[i] = pidfd_open_cloexec(children[i]);
        kill(children[i], SIGKILL);
    }
    kill(process->pid, SIGKILL);
    server_process_wait(process, PL_NEVER);
    int64_t deadline = pl_deadline_ms(CHILDREN_END_MS);
    for (size_t i = 0; i < count; i++) {
        wait_a_while(fds[i], pl_remaining_ms(deadline));
        if (fds[i] >= 0)
            close(fds[i]);
    }
}

void server_process_stop(server_process *process, int stop_signal, int64_t deadline_ns) {
    if (!process->pid)
        return;
    kill(process->pid, stop_signal);
    if (!server_process_wait(process, deadline_ns))
        server_process_kill(process);
}

void server_log_end(const char *log, char out[SERVER_LOG_END]) {
    out[0] = 0;
    FILE *file = fopen(log, "re");
    if (!file)
        return;
    if (fseek(file, -(long)(SERVER_LOG_END - 1), SEEK_END) != 0)
        rewind(file);
    size_t n = fread(out, 1, SERVER_LOG_END - 1, file);
    out[n] = 0;
    for (size_t i = 0; i < n; i++) {
        if (out[i] == '\n')
            out[i] = i + 1 < n ? '|' : 0;
    }
    fclose(file);
}
