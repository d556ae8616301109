#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "parley/base/assert.h"
#include "server_internal.h"

void pl_http_connection_destroy(pl_http_request *c) {
    pl_http_parser_free(c->parser);
    pl_buf_done(&c->in);
    pl_buf_done(&c->body);
    pl_buf_done(&c->out);
    free(c);
}

static void tell_gone(pl_http_request *c) {
    if (!c->busy || !c->on_gone || c->gone_told || !pl_http_request_gone(c))
        return;
    c->gone_told = true;
    c->on_gone(c->on_gone_self);
}

static bool may_read(const pl_http_request *c) {
    return !c->busy && !c->close_after && !c->peer_closed && c->in.n == 0 &&
           pl_http_pending(c) <= PL_HTTP_OUTPUT_HIGH;
}

/* What to be told of. Reading stays on while a request is with the handler, and is switched
 * off only if more comes: that saves two system calls a request. */
static void set_events(pl_http_request *c) {
    uint32_t events = c->watch.events & PL_LOOP_READ;
    if (c->lingering || may_read(c))
        events = PL_LOOP_READ;
    if (!c->peer_done && !c->peer_closed)
        events |= PL_LOOP_RDHANGUP;
    if (c->blocked)
        events |= PL_LOOP_WRITE;
    pl_watch_set(&c->watch, events);
}

void pl_http_connection_leave(pl_http_request *c) {
    if (--c->depth)
        return;
    if (!c->server) {
        if (!c->busy)
            pl_http_connection_destroy(c);
        return;
    }
    set_events(c);
    pl_http_connection_set_timer(c);
}

void pl_http_connection_close(pl_http_request *c) {
    pl_http_server *server = c->server;
    if (!server)
        return;
    c->depth++;
    pl_watch_stop(&c->watch);
    pl_timer_stop(&c->timer);
    if (c->tick_waiting)
        pl_loop_defer_cancel(server->loop, &c->tick);
    c->tick_waiting = false;
    close(c->fd);
    pl_http_peers_remove(server->peers, c->peer);
    if (c->prev)
        c->prev->next = c->next;
    else
        server->connections = c->next;
    if (c->next)
        c->next->prev = c->prev;
    server->stats.connections--;
    server->turning_away -= c->turned_away;
    server->stats.active -= c->busy;
    c->server = NULL;
    tell_gone(c);
    pl_http_connection_leave(c);
    pl_http_server_check_drained(server);
}

bool pl_http_connection_idle(const pl_http_request *c) {
    return !c->busy && c->in.n == 0 && pl_http_pending(c) == 0 && pl_http_parser_idle(c->parser);
}

/* The head is there: the handler may say how long the body may be, or answer. */
static void take_head(pl_http_request *c, bool more_input) {
    const pl_http_server_opts *opts = &c->server->opts;
    const pl_http_head *head = pl_http_parser_head(c->parser);
    c->has_head = true;
    c->early = false;
    c->body_n = 0;
    c->body_started_ns = pl_loop_now(c->server->loop);
    c->max_body = opts->max_body;
    if (head->method == PL_HTTP_CONNECT) {
        pl_http_refuse(c, 501, "CONNECT is not offered");
        return;
    }
    if (opts->on_headers) {
        c->in_headers = true;
        opts->on_headers(opts->self, c);
        c->in_headers = false;
    }
    pl_http_parser_set_max_body(c->parser, c->max_body);
    if (c->early || !c->server)
        return;
    if (head->expect_continue && pl_http_expects_body(head) && !more_input &&
        head->content_length <= c->max_body)
        pl_http_send_continue(c);
}

static void take_end(pl_http_request *c) {
    if (c->early) {
        c->has_head = false;
        c->idle_since_ns = pl_loop_now(c->server->loop);
        return;
    }
    const pl_http_server_opts *opts = &c->server->opts;
    c->busy = true;
    c->server->stats.requests++;
    c->server->stats.active++;
    opts->on_request(opts->self, c);
}

static void take_event(pl_http_request *c, pl_http_event event, pl_str piece, bool more_input) {
    switch (event) {
    case PL_HTTP_MORE:
        break;
    case PL_HTTP_HEAD:
        take_head(c, more_input);
        break;
    case PL_HTTP_BODY:
        c->body_n += (int64_t)piece.n;
        if (!c->early && !pl_buf_str(&c->body, piece))
            pl_http_refuse(c, 503, "no memory for the body");
        break;
    case PL_HTTP_END:
        take_end(c);
        break;
    case PL_HTTP_ERROR:
        pl_http_refuse(c, pl_http_parser_status(c->parser), pl_http_parser_reason(c->parser));
        break;
    }
}

/* Parses until a request is with the handler, or the input ends. */
static void feed(pl_http_request *c, pl_str *input) {
    pl_http_event event = PL_HTTP_BODY;
    while (event != PL_HTTP_MORE && c->server && !c->busy && !c->close_after) {
        bool idle = pl_http_parser_idle(c->parser);
        if (idle && pl_http_pending(c) > PL_HTTP_OUTPUT_HIGH)
            return;
        if (idle && input->n)
            c->started_ns = pl_loop_now(c->server->loop);
        pl_str piece = {NULL, 0};
        event = pl_http_parser_feed(c->parser, input, &piece);
        take_event(c, event, piece, input->n > 0);
    }
}

static void on_end_of_input(pl_http_request *c) {
    c->peer_closed = true;
    if (!pl_http_parser_idle(c->parser))
        pl_http_refuse(c, 400, "the request is cut off");
    pl_http_connection_wake(c);
}

static void on_readable(pl_http_request *c) {
    char *scratch = c->server->scratch;
    ssize_t n = read(c->fd, scratch, PL_HTTP_READ_SIZE);
    if (n == 0) {
        on_end_of_input(c);
    } else if (n > 0) {
        pl_str input = pl_str_make(scratch, (size_t)n);
        feed(c, &input);
        if (c->server && !c->close_after && input.n && !pl_buf_str(&c->in, input))
            pl_http_connection_close(c);
    } else if (errno != EAGAIN && errno != EINTR) {
        pl_http_connection_close(c);
    }
}

/* After a refusal: takes what the client still sends, for a while. */
static void linger(pl_http_request *c) {
    ssize_t n = read(c->fd, c->server->scratch, PL_HTTP_READ_SIZE);
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
        pl_http_connection_close(c);
}

void pl_http_connection_on_event(void *self, uint32_t events) {
    pl_http_request *c = self;
    c->depth++;
    if (events & (PL_LOOP_ERROR | PL_LOOP_HANGUP)) {
        pl_http_connection_close(c);
        pl_http_connection_leave(c);
        return;
    }
    if (events & PL_LOOP_RDHANGUP) {
        c->peer_done = true;
        tell_gone(c);
    }
    if (events & PL_LOOP_WRITE) {
        c->blocked = false;
        pl_http_connection_wake(c);
    }
    if (events & PL_LOOP_READ) {
        if (c->lingering)
            linger(c);
        else if (may_read(c))
            on_readable(c);
        else
            pl_watch_set(&c->watch, c->watch.events & ~(uint32_t)PL_LOOP_READ);
    }
    pl_http_connection_leave(c);
}

/* Everything is written, and no more is to come. */
static void finish(pl_http_request *c) {
    bool more = c->refused || c->in.n;
    if (c->peer_closed || !more || shutdown(c->fd, SHUT_WR)) {
        pl_http_connection_close(c);
        return;
    }
    c->lingering = true;
    c->idle_since_ns = pl_loop_now(c->server->loop);
    pl_buf_done(&c->in);
}

/* Once a round: goes on with pipelined requests, writes, closes. */
static void on_tick(pl_task *task) {
    pl_http_request *c = PL_CONTAINER_OF(task, pl_http_request, tick);
    c->tick_waiting = false;
    c->depth++;
    if (c->in.n) {
        pl_str input = pl_buf_view(&c->in);
        feed(c, &input);
        pl_buf_consume(&c->in, c->in.n - input.n);
    }
    if (c->server && !c->broken && !c->blocked && pl_http_pending(c))
        pl_http_write(c);
    if (c->server && c->broken)
        pl_http_connection_close(c);
    if (c->server && !c->busy && pl_http_pending(c) == 0) {
        if (c->close_after && !c->lingering)
            finish(c);
        else if (c->in.n && !c->lingering && pl_http_parser_idle(c->parser))
            pl_http_connection_wake(c); /* waited for the writing */
        else if (c->peer_closed || (c->server->draining && pl_http_connection_idle(c)))
            pl_http_connection_close(c);
    }
    tell_gone(c);
    pl_http_connection_leave(c);
}

void pl_http_connection_wake(pl_http_request *c) {
    if (!c->server || c->tick_waiting)
        return;
    c->tick_waiting = true;
    c->tick.run = on_tick;
    pl_loop_defer(c->server->loop, &c->tick);
}

static void shrink(pl_buf *buf) {
    if (buf->cap > PL_HTTP_KEPT_BUFFER)
        pl_buf_done(buf);
    else
        pl_buf_clear(buf);
}

void pl_http_connection_answered(pl_http_request *c) {
    if (c->in_headers) {
        c->early = true;
        pl_http_connection_wake(c);
        return;
    }
    PL_ASSERT(c->busy);
    c->busy = false;
    c->has_head = false;
    c->on_gone = NULL;
    c->gone_told = false;
    c->data = NULL;
    shrink(&c->body);
    pl_http_parser_trim(c->parser);
    if (c->server) {
        c->server->stats.active--;
        c->idle_since_ns = pl_loop_now(c->server->loop);
        pl_http_connection_wake(c);
    } else if (c->depth == 0) {
        pl_http_connection_destroy(c);
    }
}
