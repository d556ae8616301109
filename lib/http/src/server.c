#include "parley/http/server.h"

#include <stdlib.h>

#include "parley/base/assert.h"
#include "server_internal.h"

pl_code pl_http_server_new(pl_loop *loop, const pl_http_server_opts *opts,
                           pl_http_server **out_server, pl_error *err) {
    PL_ASSERT(loop && opts->on_request);
    pl_http_server *server = calloc(1, sizeof(*server));
    if (!server || !(server->peers = pl_http_peers_new())) {
        free(server);
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "HTTP server: no memory");
    }
    server->loop = loop;
    server->opts = *opts;
    server->date_second = -1;
    *out_server = server;
    return PL_OK;
}

static void close_listeners(pl_http_server *server) {
    for (size_t i = 0; i < server->listener_count; i++)
        pl_http_listener_close(&server->listeners[i]);
    server->listener_count = 0;
}

static void close_connections(pl_http_server *server) {
    while (server->connections)
        pl_http_connection_close(server->connections);
}

static void tell_drained(pl_task *task) {
    pl_http_server *server = PL_CONTAINER_OF(task, pl_http_server, drained_task);
    server->drained_waiting = false;
    pl_timer_stop(&server->grace);
    void (*drained)(void *) = server->drained;
    server->drained = NULL;
    if (drained)
        drained(server->drained_self);
}

static void defer_drained(pl_http_server *server) {
    if (server->drained_waiting || !server->drained)
        return;
    server->drained_waiting = true;
    server->drained_task.run = tell_drained;
    pl_loop_defer(server->loop, &server->drained_task);
}

void pl_http_server_check_drained(pl_http_server *server) {
    if (server->draining && !server->connections && server->stats.active == 0)
        defer_drained(server);
}

static void on_grace_over(void *self) {
    pl_http_server *server = self;
    close_connections(server);
    defer_drained(server);
}

void pl_http_server_drain(pl_http_server *server, int64_t grace_ms, void (*done)(void *self),
                          void *self) {
    if (server->draining)
        return;
    server->draining = true;
    server->drained = done;
    server->drained_self = self;
    close_listeners(server);
    for (pl_http_request *c = server->connections, *next; c; c = next) {
        next = c->next;
        if (pl_http_connection_idle(c))
            pl_http_connection_close(c);
    }
    pl_timer_start(server->loop, &server->grace, pl_deadline_ms(grace_ms), on_grace_over, server);
    pl_http_server_check_drained(server);
}

void pl_http_server_free(pl_http_server *server) {
    if (!server)
        return;
    close_listeners(server);
    server->drained = NULL;
    /* The clients did not go: nobody is told. */
    for (pl_http_request *c = server->connections; c; c = c->next)
        c->gone_told = true;
    close_connections(server);
    if (server->drained_waiting)
        pl_loop_defer_cancel(server->loop, &server->drained_task);
    pl_timer_stop(&server->grace);
    pl_http_peers_free(server->peers);
    free(server);
}

pl_http_server_stats pl_http_server_get_stats(const pl_http_server *server) {
    return server->stats;
}
