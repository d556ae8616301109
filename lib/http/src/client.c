#include "parley/http/client.h"

#include <stdlib.h>

#include "client_internal.h"
#include "parley/base/assert.h"

pl_code pl_http_client_new(pl_loop *loop, pl_http_client **out_client, pl_error *err) {
    pl_http_client *client = calloc(1, sizeof(*client));
    if (!client)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "HTTP client: no memory");
    client->loop = loop;
    *out_client = client;
    return PL_OK;
}

static void exchange_free(pl_http_exchange *exchange) {
    pl_http_client *client = exchange->client;
    pl_timer_stop(&exchange->deadline);
    if (exchange->error.code)
        pl_loop_defer_cancel(client->loop, &exchange->failed);
    if (exchange->prev)
        exchange->prev->next = exchange->next;
    else
        client->exchanges = exchange->next;
    if (exchange->next)
        exchange->next->prev = exchange->prev;
    client->exchange_count--;
    pl_buf_done(&exchange->request);
    pl_buf_done(&exchange->body);
    free(exchange);
}

void pl_http_exchange_cancel(pl_http_exchange *exchange) {
    if (!exchange)
        return;
    if (exchange->link)
        pl_http_link_close(exchange->link);
    exchange_free(exchange);
}

void pl_http_client_free(pl_http_client *client) {
    if (!client)
        return;
    while (client->exchanges)
        pl_http_exchange_cancel(client->exchanges);
    while (client->kept)
        pl_http_link_close(client->kept);
    free(client);
}

void pl_http_exchange_complete(pl_http_exchange *exchange) {
    pl_http_answer answer = {.head = pl_http_parser_head(exchange->link->parser),
                             .body = pl_buf_view(&exchange->body)};
    pl_timer_stop(&exchange->deadline);
    exchange->done(exchange->self, &answer, NULL);
    exchange_free(exchange);
}

static void tell_failed(pl_task *task) {
    pl_http_exchange *exchange = PL_CONTAINER_OF(task, pl_http_exchange, failed);
    exchange->done(exchange->self, NULL, &exchange->error);
    exchange_free(exchange);
}

/* Tells DONE at the end of this round, never from within start. */
static void fail_later(pl_http_exchange *exchange, const pl_error *why) {
    pl_timer_stop(&exchange->deadline);
    pl_error_wrap(&exchange->error, why, "HTTP request");
    exchange->failed.run = tell_failed;
    pl_loop_defer(exchange->client->loop, &exchange->failed);
}

static void on_deadline(void *self) {
    pl_http_exchange *exchange = self;
    pl_error err;
    pl_error_set(&err, PL_DEADLINE_EXCEEDED, "no answer within %lld ms",
                 (long long)exchange->timeout_ms);
    pl_http_link_close(exchange->link);
    fail_later(exchange, &err);
}

/* RFC 9110 section 9.2.2. */
static bool idempotent(pl_http_method method) {
    return method != PL_HTTP_POST && method != PL_HTTP_PATCH && method != PL_HTTP_CONNECT &&
           method != PL_HTTP_OTHER;
}

static bool same_address(const pl_http_address *a, const pl_http_address *b) {
    return a->size == b->size && memcmp(&a->storage, &b->storage, a->size) == 0;
}

static void begin(pl_http_exchange *exchange, bool kept_allowed) {
    for (pl_http_link *link = exchange->client->kept; kept_allowed && link; link = link->next) {
        if (same_address(&link->address, &exchange->address)) {
            pl_http_link_use(link, exchange);
            return;
        }
    }
    pl_error err = PL_ERROR_INIT;
    if (pl_http_link_open(exchange, &err))
        fail_later(exchange, &err);
}

void pl_http_exchange_broke(pl_http_exchange *exchange, pl_code code, const char *what) {
    if (code == PL_UNAVAILABLE && exchange->on_kept && !exchange->answered && !exchange->retried &&
        idempotent(exchange->method)) {
        /* A kept connection that the peer closed at the same moment. */
        exchange->retried = true;
        exchange->on_kept = false;
        exchange->request_at = 0;
        begin(exchange, false);
        return;
    }
    pl_error err;
    pl_error_set(&err, code, "%s", what);
    fail_later(exchange, &err);
}

pl_code pl_http_exchange_start(pl_http_client *client, const pl_http_call *call, bool resolve,
                               pl_http_done_fn *done, void *self, pl_http_exchange **out_exchange,
                               pl_error *err) {
    PL_ASSERT(done);
    if (client->exchange_count >= PL_HTTP_CLIENT_MAX_EXCHANGES)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "more than %d HTTP requests at a time",
                            PL_HTTP_CLIENT_MAX_EXCHANGES);
    pl_http_address address;
    pl_code code = pl_http_address_parse(call->address, resolve, &address, err);
    if (code)
        return code;
    pl_http_exchange *exchange = calloc(1, sizeof(*exchange));
    if (!exchange)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "HTTP request: no memory");
    exchange->request = pl_buf_make(PL_HTTP_CALL_MAX_REQUEST);
    code = pl_http_call_write(call, &exchange->method, &exchange->request, err);
    if (code) {
        pl_buf_done(&exchange->request);
        free(exchange);
        return code;
    }
    exchange->client = client;
    exchange->address = address;
    exchange->body = pl_buf_make(SIZE_MAX / 2); /* the parser counts */
    exchange->max_body = call->max_body;
    exchange->timeout_ms = call->timeout_ms;
    exchange->done = done;
    exchange->self = self;
    exchange->next = client->exchanges;
    if (exchange->next)
        exchange->next->prev = exchange;
    client->exchanges = exchange;
    client->exchange_count++;
    pl_timer_start(client->loop, &exchange->deadline, pl_deadline_ms(call->timeout_ms), on_deadline,
                   exchange);
    begin(exchange, true);
    if (out_exchange)
        *out_exchange = exchange;
    return PL_OK;
}

pl_code pl_http_client_start(pl_http_client *client, const pl_http_call *call,
                             pl_http_done_fn *done, void *self, pl_http_exchange **out_exchange,
                             pl_error *err) {
    return pl_http_exchange_start(client, call, false, done, self, out_exchange, err);
}
