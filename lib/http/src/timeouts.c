/* A connection is always in one phase, each with a deadline that only the client's
 * progress moves. The timer is set again only when the deadline gets sooner; when it fires
 * too early, it is set to the present one: so a quick request costs no timer. */
#include "server_internal.h"

static int64_t add_ms(int64_t ns, int64_t ms) {
    return ms > (INT64_MAX - ns) / PL_NS_PER_MS ? PL_NEVER : ns + ms * PL_NS_PER_MS;
}

/* When BYTES in all must have grown, at the minimum rate. */
static int64_t rate_due(const pl_http_request *c, int64_t started_ns, int64_t bytes) {
    const pl_http_server_opts *opts = &c->server->opts;
    if (opts->min_rate <= 0)
        return PL_NEVER;
    int64_t ms = bytes / opts->min_rate * 1000 + bytes % opts->min_rate * 1000 / opts->min_rate;
    return add_ms(add_ms(started_ns, opts->rate_grace_ms), ms);
}

static int64_t phase_due(const pl_http_request *c) {
    const pl_http_server_opts *opts = &c->server->opts;
    if (c->lingering)
        return add_ms(c->idle_since_ns, PL_HTTP_LINGER_MS);
    if (c->blocked)
        return rate_due(c, c->write_started_ns, c->written_n);
    if (c->busy)
        return PL_NEVER;
    if (c->has_head)
        return rate_due(c, c->body_started_ns, c->body_n);
    if (!pl_http_parser_idle(c->parser))
        return add_ms(c->started_ns, opts->header_timeout_ms);
    return add_ms(c->idle_since_ns, opts->idle_timeout_ms);
}

static void on_timer(void *self) {
    pl_http_request *c = self;
    /* By the round's time: what was asked in this round is still to be answered. */
    if (c->due_ns > pl_loop_now(c->server->loop)) {
        pl_timer_start(c->server->loop, &c->timer, c->due_ns, on_timer, c);
        return;
    }
    bool waiting = !c->lingering && !c->blocked;
    if (waiting && c->has_head)
        pl_http_refuse(c, 408, "the body came too slowly");
    else if (waiting && !pl_http_parser_idle(c->parser))
        pl_http_refuse(c, 408, "the head did not come in time");
    else
        pl_http_connection_close(c);
}

void pl_http_connection_set_timer(pl_http_request *c) {
    c->due_ns = phase_due(c);
    if (c->due_ns == PL_NEVER)
        return;
    if (!pl_timer_running(&c->timer) || c->timer.due_ns > c->due_ns)
        pl_timer_start(c->server->loop, &c->timer, c->due_ns, on_timer, c);
}
