/* The client's state, and what its files share.
 *
 *   client.c    life cycle, exchanges, the pool of kept connections
 *   link.c      a connection: connecting, writing, reading
 *   call.c      a call as bytes
 *   fetch.c     the blocking form
 */
#ifndef PARLEY_HTTP_CLIENT_INTERNAL_H
#define PARLEY_HTTP_CLIENT_INTERNAL_H

#include "address.h"
#include "parley/http/client.h"

#define PL_HTTP_CLIENT_READ_SIZE (64 * 1024)

/* A connection. It serves one exchange at a time, or is kept for the next. */
typedef struct pl_http_link {
    pl_http_client *client;
    struct pl_http_link *next, *prev; /* in the client's list of kept ones */
    pl_http_address address;
    pl_http_exchange *exchange; /* NULL: kept */
    int fd;
    pl_watch watch;
    pl_timer idle;
    pl_http_parser *parser;
    bool connecting;
} pl_http_link;

struct pl_http_exchange {
    pl_http_client *client;
    pl_http_exchange *next, *prev;
    pl_http_link *link; /* NULL: failed, to be told */
    pl_http_address address;
    pl_http_method method;
    pl_buf request;
    size_t request_at;
    pl_buf body;
    int64_t max_body;
    bool answered; /* a byte of the answer has come */
    bool on_kept;  /* sent on a connection that had served before */
    bool retried;
    pl_timer deadline;
    int64_t timeout_ms;
    pl_task failed;
    pl_error error;
    pl_http_done_fn *done;
    void *self;
};

struct pl_http_client {
    pl_loop *loop;
    pl_http_exchange *exchanges;
    size_t exchange_count;
    pl_http_link *kept; /* the one kept last first */
    char scratch[PL_HTTP_CLIENT_READ_SIZE];
};

/* call.c: CALL as the bytes of a request. PL_INVALID_ARGUMENT, PL_RESOURCE_EXHAUSTED. */
PL_NODISCARD pl_code pl_http_call_write(const pl_http_call *call, pl_http_method *out_method,
                                        pl_buf *out_request, pl_error *err);

/* client.c: pl_http_client_start, where RESOLVE allows host names. */
PL_NODISCARD pl_code pl_http_exchange_start(pl_http_client *client, const pl_http_call *call,
                                            bool resolve, pl_http_done_fn *done, void *self,
                                            pl_http_exchange **out_exchange, pl_error *err);
/* The link has no more use for its exchange: the answer is complete, or it broke with
 * CODE. The exchange is told and gone after it. */
void pl_http_exchange_complete(pl_http_exchange *exchange);
void pl_http_exchange_broke(pl_http_exchange *exchange, pl_code code, const char *what);

/* link.c: a new connection for EXCHANGE. */
PL_NODISCARD pl_code pl_http_link_open(pl_http_exchange *exchange, pl_error *err);
/* A kept one begins to serve EXCHANGE. */
void pl_http_link_use(pl_http_link *link, pl_http_exchange *exchange);
void pl_http_link_close(pl_http_link *link);

#endif
