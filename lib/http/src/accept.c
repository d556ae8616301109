/* Connections are made, or turned away. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <unistd.h>

#include "server_internal.h"

static void name_peer(pl_http_request *c, const pl_http_address *address, uint8_t out_bytes[16]) {
    const struct sockaddr_in *in4 = (const struct sockaddr_in *)&address->storage;
    const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&address->storage;
    char text[INET6_ADDRSTRLEN] = "";
    if (address->storage.ss_family == AF_INET) {
        memcpy(out_bytes, (uint8_t[12]){[10] = 0xff, [11] = 0xff}, 12);
        memcpy(out_bytes + 12, &in4->sin_addr, 4);
        inet_ntop(AF_INET, &in4->sin_addr, text, sizeof(text));
        snprintf(c->peer_text, sizeof(c->peer_text), "%s:%u", text, ntohs(in4->sin_port));
    } else {
        memcpy(out_bytes, &in6->sin6_addr, 16);
        inet_ntop(AF_INET6, &in6->sin6_addr, text, sizeof(text));
        snprintf(c->peer_text, sizeof(c->peer_text), "[%s]:%u", text, ntohs(in6->sin6_port));
    }
    snprintf(c->peer_address, sizeof(c->peer_address), "%s", text);
}

/* The parts of a connection that can fail. */
static bool set_up(pl_http_request *c, pl_http_server *server, const pl_http_address *address) {
    c->parser = pl_http_parser_new(PL_HTTP_REQUESTS);
    if (!c->parser)
        return false;
    if (address->storage.ss_family == AF_INET || address->storage.ss_family == AF_INET6) {
        uint8_t bytes[16];
        name_peer(c, address, bytes);
        c->peer = pl_http_peers_add(server->peers, bytes);
        if (!c->peer)
            return false;
        int on = 1;
        setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    } else {
        memcpy(c->peer_text, "unix", sizeof("unix"));
        memcpy(c->peer_address, "unix", sizeof("unix"));
    }
    return !pl_watch_start(server->loop, &c->watch, c->fd, PL_LOOP_READ | PL_LOOP_RDHANGUP,
                           pl_http_connection_on_event, c, NULL);
}

static void turn_away(pl_http_request *c, const char *why) {
    c->server->stats.turned_away++;
    c->server->turning_away++;
    c->turned_away = true;
    pl_http_refuse(c, 503, why);
}

void pl_http_connection_accept(pl_http_listener *listener, int fd, const pl_http_address *address) {
    pl_http_server *server = listener->server;
    server->stats.accepted++;
    pl_http_request *c = NULL;
    if (server->turning_away < PL_HTTP_TURNED_AWAY_MAX)
        c = calloc(1, sizeof(*c));
    if (!c) {
        server->stats.turned_away++;
        close(fd);
        return;
    }
    c->fd = fd;
    c->listener = listener->number;
    c->in = pl_buf_make(PL_HTTP_READ_AHEAD);
    c->body = pl_buf_make(SIZE_MAX / 2); /* the parser counts */
    c->out = pl_buf_make(PL_HTTP_MAX_OUTPUT);
    if (!set_up(c, server, address)) {
        pl_http_peers_remove(server->peers, c->peer);
        server->stats.turned_away++;
        close(fd);
        pl_http_connection_destroy(c);
        return;
    }
    size_t others = server->stats.connections - server->turning_away;
    c->server = server;
    c->next = server->connections;
    if (c->next)
        c->next->prev = c;
    server->connections = c;
    server->stats.connections++;
    c->idle_since_ns = pl_loop_now(server->loop);
    c->depth++;
    if (others >= server->opts.max_connections)
        turn_away(c, "too many connections");
    else if (c->peer && pl_http_peer_count(c->peer) > server->opts.max_connections_per_address)
        turn_away(c, "too many connections of this address");
    pl_http_connection_leave(c);
}
