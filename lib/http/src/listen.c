#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "server_internal.h"

#define BACKLOG 4096
/* Connections accepted before others get their turn. */
#define ACCEPT_BATCH 64
/* How long to wait for descriptors when there are none. */
#define ACCEPT_PAUSE_MS 100

static void on_connection(void *self, uint32_t events);

static void on_pause_over(void *self) {
    pl_http_listener *listener = self;
    pl_watch_set(&listener->watch, PL_LOOP_READ);
}

static void on_connection(void *self, uint32_t events) {
    (void)events;
    pl_http_listener *listener = self;
    for (int i = 0; i < ACCEPT_BATCH; i++) {
        pl_http_address address = {.size = sizeof(address.storage)};
        int fd = accept4(listener->fd, (struct sockaddr *)&address.storage, &address.size,
                         SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            pl_http_connection_accept(listener, fd, &address);
            continue;
        }
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            pl_watch_set(&listener->watch, 0);
            pl_timer_start(listener->server->loop, &listener->pause,
                           pl_deadline_ms(ACCEPT_PAUSE_MS), on_pause_over, listener);
            return;
        }
        if (errno == EAGAIN)
            return;
        /* Anything else is of the one connection, which is gone (accept(2)). */
    }
}

/* Removes the socket file of a server that has ended. */
static void remove_stale(const pl_http_address *address) {
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return;
    if (connect(fd, (const struct sockaddr *)&address->storage, address->size) &&
        errno == ECONNREFUSED)
        unlink(((const struct sockaddr_un *)&address->storage)->sun_path);
    close(fd);
}

static pl_code fail(int fd, const char *address, pl_error *err) {
    int errnum = errno;
    if (fd >= 0)
        close(fd);
    if (errnum == EADDRINUSE)
        return pl_error_set(err, PL_ALREADY_EXISTS,
                            "cannot listen on %.64s: it is in use; stop who has it or take another",
                            address);
    if (errnum == EADDRNOTAVAIL)
        return pl_error_set(err, PL_INVALID_ARGUMENT,
                            "cannot listen on %.64s: it is no address of this machine", address);
    return pl_error_errno(err, errnum, "cannot listen on %.64s", address);
}

static pl_code open_socket(const pl_http_listen_opts *opts, const pl_http_address *address,
                           int *out_fd, pl_error *err) {
    int family = address->storage.ss_family, on = 1;
    if (family == AF_UNIX)
        remove_stale(address);
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return fail(fd, opts->address, err);
    if (family != AF_UNIX && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)))
        return fail(fd, opts->address, err);
    if (opts->reuse_port && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)))
        return fail(fd, opts->address, err);
    if (bind(fd, (const struct sockaddr *)&address->storage, address->size) || listen(fd, BACKLOG))
        return fail(fd, opts->address, err);
    *out_fd = fd;
    return PL_OK;
}

static uint16_t bound_port(int fd) {
    pl_http_address address = {.size = sizeof(address.storage)};
    if (getsockname(fd, (struct sockaddr *)&address.storage, &address.size))
        return 0;
    if (address.storage.ss_family == AF_INET)
        return ntohs(((struct sockaddr_in *)&address.storage)->sin_port);
    if (address.storage.ss_family == AF_INET6)
        return ntohs(((struct sockaddr_in6 *)&address.storage)->sin6_port);
    return 0;
}

pl_code pl_http_server_listen(pl_http_server *server, const pl_http_listen_opts *opts,
                              uint16_t *out_port, pl_error *err) {
    if (server->listener_count == PL_HTTP_MAX_LISTENERS)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "more than %d listeners",
                            PL_HTTP_MAX_LISTENERS);
    pl_http_address address;
    pl_code code = pl_http_address_parse(opts->address, false, &address, err);
    if (code)
        return code;
    pl_http_listener *listener = &server->listeners[server->listener_count];
    *listener = (pl_http_listener){.server = server, .number = opts->listener};
    code = open_socket(opts, &address, &listener->fd, err);
    if (code)
        return code;
    if (address.storage.ss_family == AF_UNIX) {
        listener->unix_path = strdup(((struct sockaddr_un *)&address.storage)->sun_path);
        if (!listener->unix_path)
            code = pl_error_set(err, PL_RESOURCE_EXHAUSTED, "cannot listen on %.64s: no memory",
                                opts->address);
    }
    if (!code)
        code = pl_watch_start(server->loop, &listener->watch, listener->fd, PL_LOOP_READ,
                              on_connection, listener, err);
    if (code) {
        pl_http_listener_close(listener);
        return code;
    }
    server->listener_count++;
    if (out_port)
        *out_port = bound_port(listener->fd);
    return PL_OK;
}

void pl_http_listener_close(pl_http_listener *listener) {
    pl_watch_stop(&listener->watch);
    pl_timer_stop(&listener->pause);
    close(listener->fd);
    if (listener->unix_path)
        unlink(listener->unix_path);
    free(listener->unix_path);
    *listener = (pl_http_listener){.fd = -1};
}
