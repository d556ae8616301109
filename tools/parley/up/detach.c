#include "up/detach.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/commands.h"

/* What goes through the pipe: this, then SIZE bytes of text. Both ends are this program. */
typedef struct frame {
    int32_t status; /* FRAME_NOTE: none yet */
    uint32_t size;
} frame;

enum { FRAME_NOTE = -1 };

/* For the signal handler of the waiting parent. */
static volatile sig_atomic_t child_pid;

static void on_interrupt(int signo) {
    if (child_pid > 0)
        (void)kill((pid_t)child_pid, signo);
}

/* False at the end. */
static bool read_all(int fd, void *out, size_t size) {
    char *at = out;
    while (size) {
        ssize_t n = read(fd, at, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        at += n;
        size -= (size_t)n;
    }
    return true;
}

static bool write_all(int fd, const void *data, size_t size) {
    const char *at = data;
    while (size) {
        ssize_t n = write(fd, at, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        at += n;
        size -= (size_t)n;
    }
    return true;
}

/* Prints what the child says; one that ends without a report has failed. */
static int relay(int fd) {
    frame head;
    int status = FRAME_NOTE;
    while (read_all(fd, &head, sizeof head)) {
        char *text = malloc(head.size + 1);
        if (!text || !read_all(fd, text, head.size)) {
            free(text);
            break;
        }
        text[head.size] = '\0';
        if (head.status != FRAME_NOTE)
            status = head.status;
        (void)fputs(text, head.status == TOOL_EXIT_OK ? stdout : stderr);
        free(text);
    }
    (void)fflush(stdout);
    if (status == FRAME_NOTE) {
        (void)fprintf(stderr, "parley up: ended before it was ready; see .parley/*/up.log\n");
        return TOOL_EXIT_FAILED;
    }
    return status;
}

/* The folders above LOG may not be there yet at the first start. */
static int open_log(const char *log) {
    char folder[PATH_MAX];
    for (int levels = 2; levels > 0; levels--) {
        (void)snprintf(folder, sizeof folder, "%s", log);
        for (int skip = 0; skip < levels; skip++) {
            char *slash = strrchr(folder, '/');
            if (slash)
                *slash = '\0';
        }
        (void)mkdir(folder, 0755);
    }
    /* Appended to: a start that finds the system running must not empty its log. */
    return open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static int wait_for_child(pid_t pid, int fd, const sigset_t *mask) {
    struct sigaction action = {.sa_handler = on_interrupt};
    child_pid = (sig_atomic_t)pid;
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    (void)sigprocmask(SIG_SETMASK, mask, NULL);
    return relay(fd);
}

bool detach_fork(detach_link *link, const char *log, int *out_status) {
    int ends[2];
    sigset_t stops, before;
    link->fd = -1;
    if (pipe(ends) != 0) {
        *out_status = TOOL_EXIT_FAILED;
        return false;
    }
    /* A Ctrl-C waits until the parent passes it on, and in the child until its loop takes it:
     * otherwise it would end one of them and leave what the other has started. */
    (void)sigemptyset(&stops);
    (void)sigaddset(&stops, SIGINT);
    (void)sigaddset(&stops, SIGTERM);
    (void)sigprocmask(SIG_BLOCK, &stops, &before);
    pid_t pid = fork();
    if (pid != 0) {
        close(ends[1]);
        *out_status = pid < 0 ? TOOL_EXIT_FAILED : wait_for_child(pid, ends[0], &before);
        close(ends[0]);
        return false;
    }
    close(ends[0]);
    (void)fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    link->fd = ends[1];
    (void)setsid();
    int out = open_log(log);
    int in = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (in >= 0)
        (void)dup2(in, STDIN_FILENO);
    if (out >= 0) {
        (void)dup2(out, STDOUT_FILENO);
        (void)dup2(out, STDERR_FILENO);
        close(out);
    }
    if (in >= 0)
        close(in);
    return true;
}

static void send_frame(detach_link *link, int status, const char *text) {
    frame head = {status, (uint32_t)strlen(text)};
    if (!write_all(link->fd, &head, sizeof head) || !write_all(link->fd, text, head.size)) {
        close(link->fd);
        link->fd = -1;
    }
}

void detach_note(detach_link *link, const char *text) {
    if (link->fd >= 0)
        send_frame(link, FRAME_NOTE, text);
}

void detach_report(detach_link *link, int status, const char *text) {
    if (link->fd < 0)
        return;
    send_frame(link, status, text);
    if (link->fd >= 0)
        close(link->fd);
    link->fd = -1;
}
