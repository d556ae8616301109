#include "parley/loop/child.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "parley/base/assert.h"
#include "spawn.h"

/* Bytes still taken from a pipe after its process ended: a grandchild that holds it may
 * write for ever. */
#define LAST_OUTPUT_MAX (1024 * 1024)

typedef struct stream {
    pl_child *child;
    int number; /* 1 or 2 */
    int fd;     /* our end; -1: none */
    pl_watch watch;
} stream;

struct pl_child {
    pl_loop *loop;
    pid_t pid;
    int pidfd;
    pl_watch watch;
    bool running;
    bool group; /* leads one; then it is waited for when freed, so that its pid stays its own */
    bool reaped;
    stream streams[2];
    pl_child_exit_fn *on_exit;
    pl_child_output_fn *on_output;
    void *self;
    int depth;   /* of callbacks */
    bool doomed; /* freed within one */
};

static void stream_close(stream *s) {
    pl_watch_stop(&s->watch);
    if (s->fd >= 0)
        close(s->fd);
    s->fd = -1;
}

static void leave(pl_child *child) {
    if (--child->depth == 0 && child->doomed)
        free(child);
}

static void tell(stream *s, pl_str data) {
    pl_child *child = s->child;
    if (!child->doomed)
        child->on_output(child->self, child, s->number, data);
}

/* Reads once. False at the end of the stream, or where nothing is there. */
static bool stream_read(stream *s, size_t *io_total) {
    char chunk[PL_CHILD_OUTPUT_CHUNK];
    ssize_t n = read(s->fd, chunk, sizeof(chunk));
    if (n > 0) {
        *io_total += (size_t)n;
        tell(s, pl_str_make(chunk, (size_t)n));
        return !s->child->doomed;
    }
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    stream_close(s);
    tell(s, pl_str_make(NULL, 0));
    return false;
}

static void on_output(void *self, uint32_t events) {
    (void)events;
    stream *s = self;
    pl_child *child = s->child;
    child->depth++;
    size_t total = 0;
    stream_read(s, &total);
    leave(child);
}

/* What is left in the pipe of a process that has ended. */
static void stream_drain(stream *s) {
    size_t total = 0;
    while (s->fd >= 0 && total < LAST_OUTPUT_MAX && stream_read(s, &total))
        ;
    if (s->fd >= 0) {
        stream_close(s);
        tell(s, pl_str_make(NULL, 0));
    }
}

static void on_ended(void *self, uint32_t events) {
    (void)events;
    pl_child *child = self;
    siginfo_t info = {0};
    int flags = WEXITED | (child->group ? WNOWAIT : 0);
    if (waitid(P_PIDFD, (id_t)child->pidfd, &info, flags)) {
        if (errno == EINTR)
            return;
        /* Somebody ignores SIGCHLD or waits for everybody: how it ended is lost. */
        info.si_code = CLD_EXITED;
        info.si_status = PL_CHILD_STATUS_LOST;
    }
    child->reaped = !child->group;
    child->running = false;
    pl_watch_stop(&child->watch);
    child->depth++;
    for (int i = 0; i < 2; i++)
        stream_drain(&child->streams[i]);
    if (!child->doomed && child->on_exit)
        child->on_exit(
            child->self, child,
            (pl_child_exit){.signalled = info.si_code != CLD_EXITED, .status = info.si_status});
    leave(child);
}

/* The descriptor to give the child for stdout or stderr: the write end of a new pipe,
 * /dev/null, or the caller's own. *OUT_OURS says that it is to be closed. */
static pl_code open_output(stream *s, int wanted, int *out_fd, bool *out_ours, pl_error *err) {
    int fds[2] = {-1, -1};
    switch (wanted) {
    case PL_CHILD_PIPE:
        if (pipe2(fds, O_CLOEXEC) || fcntl(fds[0], F_SETFL, O_NONBLOCK))
            return pl_error_errno(err, errno, "output of a child: pipe");
        s->fd = fds[0];
        break;
    case PL_CHILD_NULL:
        fds[1] = open("/dev/null", O_WRONLY | O_CLOEXEC);
        if (fds[1] < 0)
            return pl_error_errno(err, errno, "/dev/null");
        break;
    case PL_CHILD_INHERIT:
        break;
    default:
        *out_fd = wanted;
        return PL_OK;
    }
    *out_fd = fds[1];
    *out_ours = fds[1] >= 0;
    return PL_OK;
}

static pl_code start(pl_child *child, const pl_child_opts *opts, pl_error *err) {
    int wanted[2] = {opts->out, opts->err}, fds[2] = {-1, -1};
    bool ours[2] = {false, false};
    pl_code code = PL_OK;
    for (int i = 0; !code && i < 2; i++)
        code = open_output(&child->streams[i], wanted[i], &fds[i], &ours[i], err);
    if (!code)
        code = pl_spawn(opts, fds[0], fds[1], &child->pid, &child->pidfd, err);
    for (int i = 0; i < 2; i++)
        if (ours[i])
            close(fds[i]);
    if (code)
        return code;
    child->running = true;
    code = pl_watch_start(child->loop, &child->watch, child->pidfd, PL_LOOP_READ, on_ended, child,
                          err);
    for (int i = 0; !code && i < 2; i++) {
        stream *s = &child->streams[i];
        if (s->fd >= 0)
            code = pl_watch_start(child->loop, &s->watch, s->fd, PL_LOOP_READ, on_output, s, err);
    }
    return code;
}

pl_code pl_child_start(pl_loop *loop, const pl_child_opts *opts, pl_child **out_child,
                       pl_error *err) {
    PL_ASSERT(opts->argv && opts->argv[0]);
    PL_ASSERT(opts->on_output || (opts->out != PL_CHILD_PIPE && opts->err != PL_CHILD_PIPE));
    pl_child *child = calloc(1, sizeof(*child));
    if (!child)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "cannot start %s: no memory",
                            opts->argv[0]);
    child->loop = loop;
    child->pidfd = -1;
    child->group = opts->new_group;
    child->on_exit = opts->on_exit;
    child->on_output = opts->on_output;
    child->self = opts->self;
    for (int i = 0; i < 2; i++)
        child->streams[i] = (stream){.child = child, .number = i + 1, .fd = -1};
    pl_code code = start(child, opts, err);
    if (code) {
        pl_child_free(child);
        return code;
    }
    *out_child = child;
    return PL_OK;
}

pid_t pl_child_pid(const pl_child *child) {
    return child->pid;
}

bool pl_child_running(const pl_child *child) {
    return child->running;
}

void pl_child_kill(pl_child *child, int signo) {
    if (child->running)
        pidfd_send_signal(child->pidfd, signo, NULL, 0);
}

void pl_child_kill_group(pl_child *child, int signo) {
    PL_ASSERT(child->group);
    if (!child->reaped)
        kill(-child->pid, signo);
}

void pl_child_free(pl_child *child) {
    if (!child || child->doomed)
        return;
    pl_watch_stop(&child->watch);
    for (int i = 0; i < 2; i++)
        stream_close(&child->streams[i]);
    if (child->pidfd >= 0) {
        if (child->running && child->group)
            kill(-child->pid, SIGKILL);
        else
            pl_child_kill(child, SIGKILL);
        siginfo_t info;
        while (!child->reaped && waitid(P_PIDFD, (id_t)child->pidfd, &info, WEXITED) &&
               errno == EINTR)
            ;
        close(child->pidfd);
    }
    child->running = false;
    child->reaped = true;
    child->doomed = true;
    if (child->depth == 0)
        free(child);
}
