#include "socket.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "parley/base/clock.h"

/* Seconds of silence after which TCP asks whether the other side lives, and between questions. */
#define KEEPALIVE_IDLE_S     10
#define KEEPALIVE_INTERVAL_S 5

int redis_wake_new(void) {
    return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

void redis_wake(int wake_fd) {
    uint64_t one = 1;
    ssize_t n = write(wake_fd, &one, sizeof one);
    (void)n; /* EAGAIN: it is awake already */
}

static pl_code unavailable(pl_error *err, int errnum, const char *what) {
    pl_error text = PL_ERROR_INIT;
    pl_error_errno(&text, errnum, "redis: %s", what);
    pl_error_set(err, PL_UNAVAILABLE, "%s", text.message);
    pl_error_info(err, "redis", "CONNECTION_LOST");
    return PL_UNAVAILABLE;
}

static pl_code wait_for(int fd, int wake_fd, short events, int64_t deadline_ns, pl_error *err) {
    for (;;) {
        struct pollfd fds[2] = {{.fd = fd, .events = events}, {.fd = wake_fd, .events = POLLIN}};
        int timeout = pl_remaining_ms(deadline_ns);
        int n = poll(fds, 2, timeout);
        if (n < 0 && errno != EINTR)
            return unavailable(err, errno, "poll");
        if (n > 0 && fds[1].revents) {
            uint64_t count;
            ssize_t got = read(wake_fd, &count, sizeof count);
            (void)got;
            return pl_error_set(err, PL_CANCELLED, "redis: the wait was ended from outside");
        }
        if (n > 0)
            return PL_OK;
        if (pl_remaining_ms(deadline_ns) == 0)
            return pl_error_set(err, PL_DEADLINE_EXCEEDED, "redis: no answer before the deadline");
    }
}

/* ---- connecting ------------------------------------------------------------------ */

static pl_code finish_connect(int fd, const struct sockaddr *address, socklen_t length, int wake_fd,
                              int64_t deadline_ns, const char *name, pl_error *err) {
    if (connect(fd, address, length) == 0)
        return PL_OK;
    if (errno != EINPROGRESS && errno != EINTR)
        return unavailable(err, errno, name);
    pl_code code = wait_for(fd, wake_fd, POLLOUT, deadline_ns, err);
    if (code == PL_DEADLINE_EXCEEDED)
        return unavailable(err, ETIMEDOUT, name);
    if (code)
        return code;
    int errnum = 0;
    socklen_t size = sizeof errnum;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &errnum, &size) != 0)
        errnum = errno;
    return errnum ? unavailable(err, errnum, name) : PL_OK;
}

static void set_int(int fd, int level, int option, int value) {
    /* An option the system lacks only makes a dead peer be noticed later. */
    int rc = setsockopt(fd, level, option, &value, sizeof value);
    (void)rc;
}

static pl_code open_socket(int family, const struct sockaddr *address, socklen_t length,
                           int wake_fd, int64_t deadline_ns, const char *name, int *out_fd,
                           pl_error *err) {
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return unavailable(err, errno, name);
    pl_code code = finish_connect(fd, address, length, wake_fd, deadline_ns, name, err);
    if (code)
        close(fd);
    else
        *out_fd = fd;
    return code;
}

static pl_code connect_unix(const redis_url *url, int wake_fd, int64_t deadline_ns, int *out_fd,
                            pl_error *err) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, url->path, strlen(url->path) + 1);
    return open_socket(AF_UNIX, (struct sockaddr *)&address, sizeof address, wake_fd, deadline_ns,
                       url->path, out_fd, err);
}

static pl_code connect_tcp(const redis_url *url, int wake_fd, int64_t deadline_ns, int *out_fd,
                           pl_error *err) {
    char port[8], name[REDIS_HOST_SIZE + 8];
    snprintf(port, sizeof port, "%u", url->port);
    snprintf(name, sizeof name, "%s:%s", url->host, port);
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    struct addrinfo *list = NULL;
    int rc = getaddrinfo(url->host, port, &hints, &list);
    if (rc != 0)
        return pl_error_set(err, PL_UNAVAILABLE, "redis: %s: %s", name, gai_strerror(rc));
    pl_code code = PL_UNAVAILABLE;
    for (const struct addrinfo *a = list; a && code == PL_UNAVAILABLE; a = a->ai_next)
        code = open_socket(a->ai_family, a->ai_addr, a->ai_addrlen, wake_fd, deadline_ns, name,
                           out_fd, err);
    freeaddrinfo(list);
    return code;
}

pl_code redis_socket_connect(const redis_url *url, int32_t tcp_user_timeout_ms, int wake_fd,
                             int64_t deadline_ns, int *out_fd, pl_error *err) {
    if (url->path[0])
        return connect_unix(url, wake_fd, deadline_ns, out_fd, err);
    pl_code code = connect_tcp(url, wake_fd, deadline_ns, out_fd, err);
    if (code)
        return code;
    set_int(*out_fd, IPPROTO_TCP, TCP_NODELAY, 1);
    set_int(*out_fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    set_int(*out_fd, IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE_S);
    set_int(*out_fd, IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_INTERVAL_S);
    set_int(*out_fd, IPPROTO_TCP, TCP_USER_TIMEOUT, tcp_user_timeout_ms);
    return PL_OK;
}

/* ---- bytes ----------------------------------------------------------------------- */

pl_code redis_socket_send(int fd, int wake_fd, const char *data, size_t size, int64_t deadline_ns,
                          pl_error *err) {
    while (size > 0) {
        ssize_t n = send(fd, data, size, MSG_NOSIGNAL);
        if (n > 0) {
            data += n;
            size -= (size_t)n;
            continue;
        }
        if (errno == EINTR)
            continue;
        if (errno != EAGAIN && errno != EWOULDBLOCK)
            return unavailable(err, errno, "send");
        pl_code code = wait_for(fd, wake_fd, POLLOUT, deadline_ns, err);
        if (code)
            return code;
    }
    return PL_OK;
}

pl_code redis_socket_recv(int fd, int wake_fd, char *data, size_t size, int64_t deadline_ns,
                          size_t *out_size, pl_error *err) {
    for (;;) {
        pl_code code = wait_for(fd, wake_fd, POLLIN, deadline_ns, err);
        if (code)
            return code;
        ssize_t n = recv(fd, data, size, 0);
        if (n > 0) {
            *out_size = (size_t)n;
            return PL_OK;
        }
        if (n == 0)
            return unavailable(err, ECONNRESET, "the server closed the connection");
        if (errno != EINTR && errno != EAGAIN && errno != EWOULDBLOCK)
            return unavailable(err, errno, "recv");
    }
}
