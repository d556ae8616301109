/* Answers: their heads, refusals, writing. RFC 9110 section 6.6.1, RFC 9112 section 6. */
#include <errno.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>

#include "parley/base/assert.h"
#include "server_internal.h"

#define ERROR_BODY_MAX (16 * 1024)

/* IMF-fixdate (RFC 9110 section 5.6.7), made once a second. */
static const char *date(pl_http_server *server) {
    static const char days[][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    time_t now = time(NULL);
    struct tm tm;
    if (now != server->date_second && gmtime_r(&now, &tm)) {
        server->date_second = now;
        snprintf(server->date, sizeof(server->date), "%s, %02d %s %04d %02d:%02d:%02d GMT",
                 days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour,
                 tm.tm_min, tm.tm_sec);
    }
    return server->date;
}

static void put_field(pl_buf *out, const char *name, pl_str value) {
    pl_buf_puts(out, name);
    pl_buf_append(out, ": ", 2);
    pl_buf_str(out, value);
    pl_buf_append(out, "\r\n", 2);
}

static void put_head(pl_http_request *c, const pl_http_reply *reply, bool keep) {
    pl_buf *out = &c->out;
    pl_buf_puts(out, "HTTP/1.1 ");
    pl_buf_i64(out, reply->status);
    pl_buf_putc(out, ' ');
    pl_buf_puts(out, pl_http_status_reason(reply->status));
    pl_buf_puts(out, "\r\nDate: ");
    pl_buf_puts(out, date(c->server));
    pl_buf_append(out, "\r\n", 2);
    if (reply->content_type.n)
        put_field(out, "Content-Type", reply->content_type);
    if (reply->status != 204 && reply->status != 304) {
        pl_buf_puts(out, "Content-Length: ");
        pl_buf_u64(out, reply->body.n);
        pl_buf_append(out, "\r\n", 2);
    }
    for (size_t i = 0; i < reply->field_count; i++) {
        pl_buf_str(out, reply->fields[i].name);
        pl_buf_append(out, ": ", 2);
        pl_buf_str(out, reply->fields[i].value);
        pl_buf_append(out, "\r\n", 2);
    }
    if (!keep)
        pl_buf_puts(out, "Connection: close\r\n");
    else if (pl_http_parser_head(c->parser)->minor == 0)
        pl_buf_puts(out, "Connection: keep-alive\r\n");
    pl_buf_append(out, "\r\n", 2);
}

/* Sends what is pending and BODY in one call; how much of the body went out. */
static size_t write_direct(pl_http_request *c, pl_str body) {
    size_t head_n = pl_http_pending(c);
    struct iovec parts[2] = {{.iov_base = c->out.p + c->out_at, .iov_len = head_n},
                             {.iov_base = (void *)(uintptr_t)body.p, .iov_len = body.n}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    ssize_t n = sendmsg(c->fd, &message, MSG_NOSIGNAL);
    if (n < 0) {
        c->broken = errno != EAGAIN && errno != EINTR;
        return 0;
    }
    if ((size_t)n < head_n) {
        c->out_at += (size_t)n;
        return 0;
    }
    pl_buf_clear(&c->out);
    c->out_at = 0;
    return (size_t)n - head_n;
}

static void put_reply(pl_http_request *c, const pl_http_reply *reply, bool keep) {
    bool has_body = reply->status != 204 && reply->status != 304 &&
                    pl_http_parser_head(c->parser)->method != PL_HTTP_HEAD_METHOD;
    put_head(c, reply, keep);
    if (has_body) {
        pl_str body = reply->body;
        if (body.n >= PL_HTTP_DIRECT_WRITE && !c->blocked && !c->out.failed) {
            size_t sent = write_direct(c, body);
            body = pl_str_make(body.p + sent, body.n - sent);
        }
        pl_buf_str(&c->out, body);
    }
    if (c->out.failed)
        c->broken = true;
    if (!keep)
        c->close_after = true;
}

static bool field_allowed(const pl_http_field *field) {
    static const char *const own[] = {"date", "content-type", "content-length", "connection",
                                      "transfer-encoding"};
    for (size_t i = 0; i < PL_COUNT(own); i++)
        if (pl_str_eq_nocase(field->name, pl_str_c(own[i])))
            return false;
    return pl_http_field_valid(field->name, field->value);
}

static bool reply_valid(const pl_http_reply *reply) {
    for (size_t i = 0; i < reply->field_count; i++)
        if (!field_allowed(&reply->fields[i]))
            return false;
    return reply->status >= 200 && reply->status <= 599 &&
           pl_http_field_valid(pl_str_c("content-type"), reply->content_type) &&
           reply->body.n < PL_HTTP_MAX_OUTPUT / 2;
}

/* An error answer in the shape the handler gives. */
static void put_error(pl_http_request *c, int status, const char *detail, bool keep) {
    const pl_http_server_opts *opts = &c->server->opts;
    pl_buf body = pl_buf_make(ERROR_BODY_MAX);
    const char *type = "text/plain; charset=utf-8";
    if (opts->on_error)
        type = opts->on_error(opts->self, c->listener, status, detail, &body);
    else
        pl_buf_printf(&body, "%s\n", detail);
    static const pl_http_field retry = {.name = PL_STR("Retry-After"), .value = PL_STR("1")};
    pl_http_reply reply = {.status = status,
                           .content_type = pl_str_c(type),
                           .fields = &retry,
                           .field_count = status == 503 ? 1 : 0,
                           .body = pl_buf_view(&body)};
    put_reply(c, &reply, keep);
    pl_buf_done(&body);
}

void pl_http_respond(pl_http_request *c, const pl_http_reply *reply) {
    PL_ASSERT(c->busy || (c->in_headers && !c->early));
    if (c->server) {
        const pl_http_head *head = pl_http_parser_head(c->parser);
        bool body_left = c->in_headers && pl_http_expects_body(head);
        bool keep = head->keep_alive && !reply->close && !c->server->draining && !body_left;
        if (body_left)
            c->refused = true;
        if (reply_valid(reply))
            put_reply(c, reply, keep);
        else
            put_error(c, 500, "the answer cannot be sent", keep);
    }
    pl_http_connection_answered(c);
}

void pl_http_refuse(pl_http_request *c, int status, const char *detail) {
    if (c->close_after)
        return;
    c->server->stats.refused++;
    c->refused = true;
    put_error(c, status, detail, false);
    pl_http_connection_wake(c);
}

void pl_http_send_continue(pl_http_request *c) {
    pl_buf_puts(&c->out, "HTTP/1.1 100 Continue\r\n\r\n");
    pl_http_connection_wake(c);
}

void pl_http_write(pl_http_request *c) {
    while (pl_http_pending(c)) {
        ssize_t n = send(c->fd, c->out.p + c->out_at, pl_http_pending(c), MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            c->broken = errno != EAGAIN;
            if (c->write_started_ns == 0) {
                c->write_started_ns = pl_loop_now(c->server->loop);
                c->written_n = 0;
            }
            c->blocked = !c->broken;
            break;
        }
        c->out_at += (size_t)n;
        c->written_n += n;
    }
    if (pl_http_pending(c) == 0) {
        c->write_started_ns = 0;
        c->out_at = 0;
        if (c->out.cap > PL_HTTP_KEPT_BUFFER)
            pl_buf_done(&c->out);
        else
            pl_buf_clear(&c->out);
    } else if (c->out_at > c->out.n / 2) {
        pl_buf_consume(&c->out, c->out_at);
        c->out_at = 0;
    }
}
