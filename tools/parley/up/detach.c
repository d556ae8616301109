#include "up/detach.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/commands.h"

/* Prints what comes behind the first byte, which is the status; a child that ends without
 * a report has failed. */
static int relay(int fd) {
    char buffer[4096];
    int status = -1;
    for (;;) {
        ssize_t n = read(fd, buffer, sizeof buffer);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        size_t skip = 0;
        if (status < 0) {
            status = (unsigned char)buffer[0];
            skip = 1;
        }
        (void)fwrite(buffer + skip, 1, (size_t)n - skip, status == 0 ? stdout : stderr);
    }
    (void)fflush(stdout);
    if (status < 0) {
        (void)fprintf(stderr, "parley up: ended before it was ready; see .parley/*/up.log\n");
        return TOOL_EXIT_FAILED;
    }
    return status;
}

/* The folders above LOG may not be there yet at the first start. */
static int open_log(const char *log) {
    char folder[4096];
    (void)snprintf(folder, sizeof folder, "%s", log);
    for (int levels = 2; levels > 0; levels--) {
        char *slash = folder;
        for (int skip = 0; skip < levels; skip++) {
            slash = strrchr(folder, '/');
            if (!slash)
                break;
            *slash = '\0';
        }
        (void)mkdir(folder, 0755);
        (void)snprintf(folder, sizeof folder, "%s", log);
    }
    return open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
}

bool detach_fork(detach_link *link, const char *log, int *out_status) {
    int ends[2];
    if (pipe(ends) != 0) {
        *out_status = TOOL_EXIT_FAILED;
        return false;
    }
    pid_t pid = fork();
    if (pid != 0) {
        close(ends[1]);
        *out_status = pid < 0 ? TOOL_EXIT_FAILED : relay(ends[0]);
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

void detach_report(detach_link *link, int status, const char *text) {
    if (link->fd < 0)
        return;
    char first = (char)status;
    bool ok = write(link->fd, &first, 1) == 1;
    size_t left = strlen(text);
    while (ok && left) {
        ssize_t n = write(link->fd, text, left);
        if (n < 0 && errno == EINTR)
            continue;
        ok = n > 0;
        text += ok ? n : 0;
        left -= ok ? (size_t)n : 0;
    }
    close(link->fd);
    link->fd = -1;
}
