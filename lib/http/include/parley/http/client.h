/* HTTP/1.1 client over a loop, and a blocking call for tests and tools.
 *
 * Connections are kept and used again, per address. Every exchange has a deadline.
 *
 * What it does not do: no TLS, no redirects, no cookies, no proxies, no
 * streaming; no names on a loop (numeric addresses, "localhost" and Unix sockets):
 * only pl_http_fetch resolves them, since that blocks.
 *
 * Invariants
 * - DONE is called exactly once for each exchange that started and was not cancelled,
 *   on the loop's thread, never from within pl_http_client_start.
 * - A request is sent a second time only if it went out on a kept connection that
 *   closed before the first byte of an answer, and its method is idempotent.
 *
 *     pl_http_call call = PL_HTTP_CALL_INIT;
 *     call.address = "127.0.0.1:8080", call.target = pl_str_c("/livez");
 *     if (pl_http_client_start(client, &call, done, self, &exchange, &err)) ...
 *
 *     pl_http_answer *answer = NULL;
 *     if (pl_http_fetch(&call, &answer, &err)) ...
 *     pl_http_answer_free(answer);
 */
#ifndef PARLEY_HTTP_CLIENT_H
#define PARLEY_HTTP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "parley/base/error.h"
#include "parley/base/str.h"
#include "parley/http/parser.h"
#include "parley/loop/loop.h"

#ifdef __cplusplus
extern "C" {
#endif

#define PL_HTTP_CALL_TIMEOUT_MS 10000 /* of a call, unless set otherwise */
#define PL_HTTP_CALL_MAX_BODY                                                                      \
    (16 * 1024 * 1024) /* bytes of an answer's body, unless set otherwise */
#define PL_HTTP_CALL_MAX_REQUEST     (64 * 1024 * 1024) /* bytes of a request */
#define PL_HTTP_CLIENT_MAX_IDLE      32                 /* connections kept per address */
#define PL_HTTP_CLIENT_IDLE_MS       30000              /* a kept connection is closed after */
#define PL_HTTP_CLIENT_MAX_EXCHANGES 10000              /* of a client, at a time */
#define PL_HTTP_ADDRESS_MAX          256                /* bytes of an address, NUL included */

typedef struct pl_http_client pl_http_client;
typedef struct pl_http_exchange pl_http_exchange;

/* A request. Everything is borrowed for the call that takes it. */
typedef struct pl_http_call {
    const char *address;         /* "127.0.0.1:80", "[::1]:80", "unix:/path" */
    pl_str method;               /* empty: GET */
    pl_str target;               /* "/path?query", already encoded; empty: "/" */
    pl_str host;                 /* empty: the address, "localhost" for a Unix socket */
    pl_str content_type;         /* empty: none */
    const pl_http_field *fields; /* further ones */
    size_t field_count;
    pl_str body;
    int64_t timeout_ms;
    int64_t max_body; /* of the answer */
} pl_http_call;

#define PL_HTTP_CALL_INIT                                                                          \
    { .timeout_ms = PL_HTTP_CALL_TIMEOUT_MS, .max_body = PL_HTTP_CALL_MAX_BODY }

/* What came back. 1xx answers are skipped. */
typedef struct pl_http_answer {
    const pl_http_head *head; /* status, fields */
    pl_str body;
} pl_http_answer;

/* ANSWER is borrowed for the call, NULL where there is none: then ERROR says why.
 * PL_UNAVAILABLE: no connection, or it broke; PL_DEADLINE_EXCEEDED; PL_DATA_LOSS: the
 * answer is malformed; PL_RESOURCE_EXHAUSTED: it is too large, or no memory. */
typedef void pl_http_done_fn(void *self, const pl_http_answer *answer, const pl_error *error);

/* A client of LOOP; the caller frees it before the loop. PL_RESOURCE_EXHAUSTED. */
PL_NODISCARD pl_code pl_http_client_new(pl_loop *loop, pl_http_client **out_client, pl_error *err);

/* Closes everything; exchanges in progress end without a callback. NULL is allowed.
 * Not from a DONE. */
void pl_http_client_free(pl_http_client *client);

/* Sends CALL and returns at once. *OUT_EXCHANGE (NULL is allowed) is valid until DONE is
 * called or it is cancelled. PL_INVALID_ARGUMENT: an address, target, method or field
 * that cannot be sent; PL_RESOURCE_EXHAUSTED. Then DONE is not called. */
PL_NODISCARD pl_code pl_http_client_start(pl_http_client *client, const pl_http_call *call,
                                          pl_http_done_fn *done, void *self,
                                          pl_http_exchange **out_exchange, pl_error *err);

/* Ends an exchange without a callback; its connection is closed. NULL is allowed. */
void pl_http_exchange_cancel(pl_http_exchange *exchange);

/* Sends CALL and waits, on a loop of its own. The caller frees *out_answer. Codes
 * as above, with those of pl_http_client_start. Also resolves host names (which may take longer
 * than the timeout). Any thread but that of a loop. */
PL_NODISCARD pl_code pl_http_fetch(const pl_http_call *call, pl_http_answer **out_answer,
                                   pl_error *err);
void pl_http_answer_free(pl_http_answer *answer);

#ifdef __cplusplus
}
#endif
#endif
