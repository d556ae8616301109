#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* Descriptors on their way to 0, 1 and 2 are parked above these. */
#define PARKED_FD        10
#define EXIT_NOT_STARTED 127

/* Where the new process failed; it tells its parent through a socket that the
 * execution closes. */
typedef enum stage {
    STAGE_SIGNALS,
    STAGE_GROUP,
    STAGE_USER,
    STAGE_PARENT,
    STAGE_OUTPUT,
    STAGE_FOLDER,
    STAGE_EXEC
} stage;

typedef struct report {
    int stage;
    int errnum;
} report;

static const char *stage_name(const report *r, const pl_child_opts *opts) {
    switch ((stage)r->stage) {
    case STAGE_SIGNALS:
        return "reset its signals";
    case STAGE_GROUP:
        return "make its process group";
    case STAGE_USER:
        return "change its user";
    case STAGE_PARENT:
        return "tie it to its parent";
    case STAGE_OUTPUT:
        return "connect its output";
    case STAGE_FOLDER:
        return opts->cwd;
    case STAGE_EXEC:
        return "execute it";
    }
    return "start it";
}

/* Below: between fork and exec, where only async-signal-safe functions may be called. */

static bool reset_signals(void) {
    struct sigaction action = {.sa_handler = SIG_DFL};
    sigemptyset(&action.sa_mask);
    for (int i = 1; i < NSIG; i++)
        sigaction(i, &action, NULL); /* refused for a few, which have no handler either */
    sigset_t none;
    sigemptyset(&none);
    return !sigprocmask(SIG_SETMASK, &none, NULL);
}

static bool change_user(const pl_child_opts *opts) {
    if (!opts->change_user)
        return true;
    bool same = getuid() == opts->uid && geteuid() == opts->uid && getgid() == opts->gid;
    if (!same && (setgroups(0, NULL) || setresgid(opts->gid, opts->gid, opts->gid) ||
                  setresuid(opts->uid, opts->uid, opts->uid)))
        return false;
    return !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

/* After the change of user, which clears it. A parent that ended before is noticed by
 * the pid of the present one. */
static bool tie_to_parent(const pl_child_opts *opts, pid_t parent) {
    if (!opts->death_signal)
        return true;
    if (prctl(PR_SET_PDEATHSIG, opts->death_signal, 0, 0, 0))
        return false;
    if (getppid() == parent)
        return true;
    errno = ESRCH;
    return false;
}

static bool connect_output(int out, int err_fd) {
    int in = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int parked_in = fcntl(in, F_DUPFD_CLOEXEC, PARKED_FD);
    int parked_out = fcntl(out < 0 ? STDOUT_FILENO : out, F_DUPFD_CLOEXEC, PARKED_FD);
    int parked_err = fcntl(err_fd < 0 ? STDERR_FILENO : err_fd, F_DUPFD_CLOEXEC, PARKED_FD);
    if (parked_in < 0 || dup2(parked_in, STDIN_FILENO) < 0)
        return false;
    /* An own stream that is closed stays closed. */
    if (parked_out >= 0 ? dup2(parked_out, STDOUT_FILENO) < 0 : out >= 0)
        return false;
    if (parked_err >= 0 ? dup2(parked_err, STDERR_FILENO) < 0 : err_fd >= 0)
        return false;
    return !close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
}

static stage prepare(const pl_child_opts *opts, pid_t parent, int out, int err_fd) {
    if (!reset_signals())
        return STAGE_SIGNALS;
    if (opts->new_group && setpgid(0, 0))
        return STAGE_GROUP;
    if (!change_user(opts))
        return STAGE_USER;
    if (!tie_to_parent(opts, parent))
        return STAGE_PARENT;
    if (!connect_output(out, err_fd))
        return STAGE_OUTPUT;
    if (opts->cwd && chdir(opts->cwd))
        return STAGE_FOLDER;
    /* The tables are not written; exec's prototype is older than const. */
    char *const *argv = (char *const *)(uintptr_t)opts->argv;
    char *const *env = opts->env ? (char *const *)(uintptr_t)opts->env : environ;
    execvpe(opts->argv[0], argv, env);
    return STAGE_EXEC;
}

/* Waits until the parent holds a pidfd: one that ended before, where SIGCHLD is ignored,
 * would be gone without a trace. */
static bool told_to_go(int fd) {
    char go;
    ssize_t n;
    do
        n = read(fd, &go, 1);
    while (n < 0 && errno == EINTR);
    return n == 1;
}

static PL_NORETURN void run_child(const pl_child_opts *opts, pid_t parent, int out, int err_fd,
                                  const int fds[2]) {
    close(fds[0]);
    int fd = fcntl(fds[1], F_DUPFD_CLOEXEC, PARKED_FD);
    if (!told_to_go(fd))
        _exit(EXIT_NOT_STARTED);
    report r = {.stage = (int)prepare(opts, parent, out, err_fd)};
    r.errnum = errno;
    ssize_t wrote = write(fd, &r, sizeof(r));
    (void)wrote;
    _exit(EXIT_NOT_STARTED);
}

/* In the parent again. */

static void reap(pid_t pid) {
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
}

/* Lets the new process go; false with its report where it came to nothing. The other end
 * reads until the execution, so the byte is lost only with the process. */
static bool let_go(int fd, report *out_r) {
    ssize_t n = send(fd, "", 1, MSG_NOSIGNAL);
    (void)n;
    do
        n = read(fd, out_r, sizeof(*out_r));
    while (n < 0 && errno == EINTR);
    return n != (ssize_t)sizeof(*out_r);
}

static pid_t fork_child(const pl_child_opts *opts, int out, int err_fd, const int fds[2]) {
    /* No handler of ours may run in the new process. */
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid == 0)
        run_child(opts, parent, out, err_fd, fds);
    int errnum = errno;
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    errno = errnum;
    return pid;
}

pl_code pl_spawn(const pl_child_opts *opts, int out, int err_fd, pid_t *out_pid, int *out_pidfd,
                 pl_error *err) {
    int fds[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds))
        return pl_error_errno(err, errno, "cannot start %s: socketpair", opts->argv[0]);
    pid_t pid = fork_child(opts, out, err_fd, fds);
    int pidfd = pid < 0 ? -1 : pidfd_open(pid, 0);
    int errnum = errno;
    close(fds[1]);
    report r = {0};
    bool started = pidfd >= 0 && let_go(fds[0], &r);
    close(fds[0]);
    if (started) {
        *out_pid = pid;
        *out_pidfd = pidfd;
        return PL_OK;
    }
    if (pid < 0)
        return pl_error_errno(err, errnum, "cannot start %s: fork", opts->argv[0]);
    reap(pid);
    if (pidfd < 0)
        return pl_error_errno(err, errnum, "cannot start %s: pidfd_open", opts->argv[0]);
    close(pidfd);
    return pl_error_errno(err, r.errnum, "cannot start %s: %s", opts->argv[0],
                          stage_name(&r, opts));
}
