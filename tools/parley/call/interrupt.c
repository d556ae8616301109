#include "call/interrupt.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "common/commands.h"

static struct {
    pthread_mutex_t mu;
    /* guarded by mu */
    pl_stream *stream;
    bool interrupted;
} watch = {.mu = PTHREAD_MUTEX_INITIALIZER};

static void *wait_signals(void *self) {
    sigset_t set;
    int signo;
    (void)self;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGINT);
    while (sigwait(&set, &signo) == 0) {
        (void)pthread_mutex_lock(&watch.mu);
        if (!watch.stream || watch.interrupted)
            _exit(TOOL_EXIT_INTERRUPTED);
        watch.interrupted = true;
        pl_stream_cancel(watch.stream);
        (void)pthread_mutex_unlock(&watch.mu);
    }
    return NULL;
}

void call_interrupt_watch(void) {
    pthread_t thread;
    sigset_t set;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGINT);
    (void)pthread_sigmask(SIG_BLOCK, &set, NULL);
    if (pthread_create(&thread, NULL, wait_signals, NULL) == 0)
        (void)pthread_detach(thread);
    else
        (void)pthread_sigmask(SIG_UNBLOCK, &set, NULL); /* then it ends the process, as ever */
}

void call_interrupt_cancels(pl_stream *stream) {
    (void)pthread_mutex_lock(&watch.mu);
    watch.stream = stream;
    (void)pthread_mutex_unlock(&watch.mu);
}

bool call_interrupted(void) {
    (void)pthread_mutex_lock(&watch.mu);
    bool interrupted = watch.interrupted;
    (void)pthread_mutex_unlock(&watch.mu);
    return interrupted;
}
