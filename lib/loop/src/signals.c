/* Signals as events, by signalfd. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "loop_internal.h"

static void on_readable(void *self, uint32_t events) {
    (void)events;
    pl_loop *loop = self;
    pl_loop_signals *signals = loop->signals;
    struct signalfd_siginfo info;
    while (read(signals->fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
        int signo = (int)info.ssi_signo;
        if (signo > 0 && signo < PL_LOOP_SIGNALS && signals->handlers[signo].fn)
            signals->handlers[signo].fn(signals->handlers[signo].self, signo);
    }
}

static pl_loop_signals *get_signals(pl_loop *loop) {
    if (!loop->signals) {
        loop->signals = calloc(1, sizeof(*loop->signals));
        if (loop->signals)
            loop->signals->fd = -1;
    }
    return loop->signals;
}

pl_code pl_loop_on_signal(pl_loop *loop, int signo, pl_signal_fn *fn, void *self, pl_error *err) {
    if (signo <= 0 || signo >= PL_LOOP_SIGNALS || signo == SIGKILL || signo == SIGSTOP)
        return pl_error_set(err, PL_INVALID_ARGUMENT, "signal %d cannot be handled", signo);
    pl_loop_signals *signals = get_signals(loop);
    if (!signals)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "signal %d: no memory", signo);

    sigset_t wanted, one;
    sigemptyset(&wanted);
    for (int i = 1; i < PL_LOOP_SIGNALS; i++)
        if (i == signo ? fn != NULL : signals->handlers[i].fn != NULL)
            sigaddset(&wanted, i);
    int fd = signalfd(signals->fd, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd < 0)
        return pl_error_errno(err, errno, "signal %d: signalfd", signo);
    if (signals->fd < 0) {
        pl_code code = pl_watch_start(loop, &signals->watch, fd, PL_LOOP_READ, on_readable, loop,
                                      err);
        if (code) {
            close(fd);
            return code;
        }
        signals->fd = fd;
    }
    if (fn) {
        sigemptyset(&one);
        sigaddset(&one, signo);
        pthread_sigmask(SIG_BLOCK, &one, NULL);
    }
    signals->handlers[signo].fn = fn;
    signals->handlers[signo].self = self;
    return PL_OK;
}

void pl_loop_signals_free(pl_loop_signals *signals) {
    if (!signals)
        return;
    pl_watch_stop(&signals->watch);
    if (signals->fd >= 0)
        close(signals->fd);
    free(signals);
}
