#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client_internal.h"

static void on_event(void *self, uint32_t events);

void pl_http_link_close(pl_http_link *link) {
    pl_watch_stop(&link->watch);
    pl_timer_stop(&link->idle);
    if (link->fd >= 0)
        close(link->fd);
    pl_http_parser_free(link->parser);
    if (link->exchange)
        link->exchange->link = NULL;
    else if (link->prev)
        link->prev->next = link->next;
    else if (link->client->kept == link)
        link->client->kept = link->next;
    if (link->next)
        link->next->prev = link->prev;
    free(link);
}

/* Ends the link, and its exchange with an error; a kept link has nobody to tell. */
static void fail(pl_http_link *link, pl_code code, const char *what) {
    pl_http_exchange *exchange = link->exchange;
    pl_http_link_close(link);
    if (exchange)
        pl_http_exchange_broke(exchange, code, what);
}

static const char *connect_error(int errnum) {
    switch (errnum) {
    case ECONNREFUSED:
        return "connection refused";
    case ENOENT:
        return "there is no such socket";
    case EACCES:
        return "the socket may not be used";
    case ETIMEDOUT:
        return "connecting takes too long";
    case EHOSTUNREACH:
    case ENETUNREACH:
        return "no way to the host";
    default:
        return "cannot connect";
    }
}

static void on_idle(void *self) {
    pl_http_link_close(self);
}

/* Keeps the link for the next exchange, up to the number of them an address may have. */
static void keep(pl_http_link *link) {
    pl_http_client *client = link->client;
    size_t count = 0;
    for (pl_http_link *l = client->kept; l; l = l->next)
        count += l->address.size == link->address.size &&
                 memcmp(&l->address.storage, &link->address.storage, link->address.size) == 0;
    if (count >= PL_HTTP_CLIENT_MAX_IDLE) {
        pl_http_link_close(link);
        return;
    }
    link->prev = NULL;
    link->next = client->kept;
    if (link->next)
        link->next->prev = link;
    client->kept = link;
    pl_http_parser_trim(link->parser);
    pl_watch_set(&link->watch, PL_LOOP_READ);
    pl_timer_start(client->loop, &link->idle, pl_deadline_ms(PL_HTTP_CLIENT_IDLE_MS), on_idle,
                   link);
}

/* The whole answer is here. */
static void complete(pl_http_link *link, bool reusable) {
    pl_http_exchange *exchange = link->exchange;
    reusable = reusable && pl_http_parser_head(link->parser)->keep_alive &&
               exchange->request_at == exchange->request.n;
    /* The answer's views are the parser's: the link is kept only when it was told. */
    pl_http_exchange_complete(exchange);
    link->exchange = NULL;
    if (reusable)
        keep(link);
    else
        pl_http_link_close(link);
}

static void refuse(pl_http_link *link, bool closed) {
    if (closed) {
        fail(link, PL_UNAVAILABLE, "the connection broke within the answer");
        return;
    }
    int status = pl_http_parser_status(link->parser);
    fail(link, status == 413 || status == 500 ? PL_RESOURCE_EXHAUSTED : PL_DATA_LOSS,
         status == 413 ? "the answer is too large" : pl_http_parser_reason(link->parser));
}

/* Takes what was read; INPUT NULL: the peer has closed. False: the link is gone. */
static bool feed(pl_http_link *link, pl_str *input) {
    pl_http_exchange *exchange = link->exchange;
    for (;;) {
        pl_str piece = {NULL, 0};
        pl_http_event event = input ? pl_http_parser_feed(link->parser, input, &piece)
                                    : pl_http_parser_finish(link->parser);
        int status = pl_http_parser_head(link->parser)->status;
        switch (event) {
        case PL_HTTP_MORE:
            if (input)
                return true;
            fail(link, PL_UNAVAILABLE, "the connection was closed before the answer");
            return false;
        case PL_HTTP_HEAD:
            if (status == 101) {
                fail(link, PL_DATA_LOSS, "the peer switches protocols unasked");
                return false;
            }
            pl_http_parser_set_max_body(link->parser, exchange->max_body);
            break;
        case PL_HTTP_BODY:
            if (pl_buf_str(&exchange->body, piece))
                break;
            fail(link, PL_RESOURCE_EXHAUSTED, "no memory for the answer");
            return false;
        case PL_HTTP_END:
            if (status < 200)
                break;
            complete(link, input && input->n == 0);
            return false;
        case PL_HTTP_ERROR:
            refuse(link, input == NULL);
            return false;
        }
    }
}

/* False: the link is gone. */
static bool on_readable(pl_http_link *link) {
    char *scratch = link->client->scratch;
    ssize_t n = read(link->fd, scratch, PL_HTTP_CLIENT_READ_SIZE);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return true;
    if (!link->exchange) { /* closed by the peer, or it speaks unasked */
        pl_http_link_close(link);
        return false;
    }
    if (n < 0) {
        fail(link, PL_UNAVAILABLE, "the connection broke");
        return false;
    }
    if (n == 0)
        return feed(link, NULL);
    link->exchange->answered = true;
    pl_str input = pl_str_make(scratch, (size_t)n);
    return feed(link, &input);
}

static void write_request(pl_http_link *link) {
    pl_http_exchange *exchange = link->exchange;
    const pl_buf *request = &exchange->request;
    while (exchange->request_at < request->n) {
        ssize_t n = send(link->fd, request->p + exchange->request_at,
                         request->n - exchange->request_at, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN) {
            pl_watch_set(&link->watch, PL_LOOP_READ | PL_LOOP_WRITE);
            return;
        }
        if (n < 0)
            break; /* what the peer said before it closed is still to be read */
        exchange->request_at += (size_t)n;
    }
    pl_watch_set(&link->watch, PL_LOOP_READ);
}

static void on_event(void *self, uint32_t events) {
    pl_http_link *link = self;
    if (link->connecting) {
        int error = 0;
        socklen_t size = sizeof(error);
        if (getsockopt(link->fd, SOL_SOCKET, SO_ERROR, &error, &size) || error) {
            fail(link, PL_UNAVAILABLE, connect_error(error));
            return;
        }
        link->connecting = false;
        events |= PL_LOOP_WRITE;
    }
    if (events & (PL_LOOP_READ | PL_LOOP_ERROR | PL_LOOP_HANGUP))
        if (!on_readable(link))
            return;
    if ((events & PL_LOOP_WRITE) && link->exchange)
        write_request(link);
}

void pl_http_link_use(pl_http_link *link, pl_http_exchange *exchange) {
    if (link->prev)
        link->prev->next = link->next;
    else
        link->client->kept = link->next;
    if (link->next)
        link->next->prev = link->prev;
    link->next = link->prev = NULL;
    pl_timer_stop(&link->idle);
    link->exchange = exchange;
    exchange->link = link;
    exchange->on_kept = true;
    pl_http_parser_expect(link->parser, exchange->method);
    write_request(link);
}

pl_code pl_http_link_open(pl_http_exchange *exchange, pl_error *err) {
    pl_http_link *link = calloc(1, sizeof(*link));
    if (!link)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "no memory for a connection");
    link->client = exchange->client;
    link->address = exchange->address;
    int family = link->address.storage.ss_family, on = 1;
    pl_code code = PL_OK;
    link->fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    link->parser = pl_http_parser_new(PL_HTTP_RESPONSES);
    if (link->fd < 0)
        code = pl_error_errno(err, errno, "socket");
    else if (!link->parser)
        code = pl_error_set(err, PL_RESOURCE_EXHAUSTED, "no memory for a connection");
    if (!code && family != AF_UNIX)
        setsockopt(link->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    if (!code &&
        connect(link->fd, (const struct sockaddr *)&link->address.storage, link->address.size)) {
        if (errno == EINPROGRESS)
            link->connecting = true;
        else
            code = pl_error_set(err, PL_UNAVAILABLE, "%s (errno %d)", connect_error(errno), errno);
    }
    if (!code)
        code = pl_watch_start(link->client->loop, &link->watch, link->fd,
                              PL_LOOP_READ | PL_LOOP_WRITE, on_event, link, err);
    if (code) {
        pl_http_link_close(link);
        return code;
    }
    pl_http_parser_expect(link->parser, exchange->method);
    link->exchange = exchange;
    exchange->link = link;
    return PL_OK;
}
