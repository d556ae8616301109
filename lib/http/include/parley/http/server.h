/* HTTP/1.1 server over a loop.
 *
 * One server belongs to one loop and may have several listeners; a process with
 * a loop a core makes a server on each and sets reuse_port. Requests come with
 * their whole body, answers may be given at once or later, on the loop's thread.
 *
 * What it does not do: no TLS, no HTTP/2, no routing, no compression, no files.
 *
 * Invariants
 * - Each request that reaches the handler is answered by exactly one pl_http_respond,
 *   also when its client has gone; until then the request and its views stay valid.
 * - The requests of a connection are handled one after another, so that pipelined
 *   answers are in order. Nothing is read ahead beyond PL_HTTP_READ_AHEAD.
 * - What is refused is answered by the server and the connection closed; the
 *   handler never sees it.
 *
 *     pl_http_server_opts opts = PL_HTTP_SERVER_OPTS_INIT;
 *     opts.on_request = answer, opts.self = self;
 *     if (pl_http_server_new(loop, &opts, &server, &err) ||
 *         pl_http_server_listen(server, &(pl_http_listen_opts){.address = "127.0.0.1:0"}, &port,
 * &err)) static void answer(void *self, pl_http_request *request) { pl_http_respond(request,
 * &(pl_http_reply){.status = 200, .body = pl_str_c("hello\n")});
 *     }
 *     pl_http_server_drain(server, 10000, done, self);   ...   pl_http_server_free(server);
 */
#ifndef PARLEY_HTTP_SERVER_H
#define PARLEY_HTTP_SERVER_H

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

#define PL_HTTP_MAX_CONNECTIONS             10000 /* of a server, unless set otherwise */
#define PL_HTTP_MAX_CONNECTIONS_PER_ADDRESS 2048  /* of one peer address, unless set otherwise */
#define PL_HTTP_MAX_LISTENERS               64    /* of a server */
#define PL_HTTP_HEADER_TIMEOUT_MS           10000 /* from the first byte of a head to its last */
#define PL_HTTP_IDLE_TIMEOUT_MS             60000 /* between requests, and before the first */
#define PL_HTTP_RATE_GRACE_MS               10000 /* before the minimum rate of a body counts */
#define PL_HTTP_MIN_RATE                    1024  /* bytes a second, of bodies in and answers out */
#define PL_HTTP_READ_AHEAD                  (64 * 1024) /* bytes of pipelined requests kept */
#define PL_HTTP_MAX_OUTPUT                  (64 * 1024 * 1024) /* bytes of an answer */
#define PL_HTTP_PEER_SIZE                   64                 /* "[address]:port" and a NUL */

typedef struct pl_http_server pl_http_server;
typedef struct pl_http_request pl_http_request;

typedef void pl_http_request_fn(void *self, pl_http_request *request);

/* A refusal by the server itself: STATUS, and DETAIL, a constant text. Appends the body
 * of the answer to OUT_BODY and returns its content type (static storage). */
typedef const char *pl_http_error_fn(void *self, int listener, int status, const char *detail,
                                     pl_buf *out_body);

typedef struct pl_http_server_opts {
    /* The request is complete. Needed. */
    pl_http_request_fn *on_request;
    /* The head is complete: may set the body's limit, or answer at once (the
     * connection is then closed where a body was to come). NULL: nothing. */
    pl_http_request_fn *on_headers;
    /* NULL: "detail\n" as text/plain. */
    pl_http_error_fn *on_error;
    void *self;
    size_t max_connections;
    size_t max_connections_per_address;
    int64_t max_body;
    int64_t header_timeout_ms;
    int64_t idle_timeout_ms;
    int64_t rate_grace_ms;
    int64_t min_rate; /* bytes a second; 0: none */
} pl_http_server_opts;

#define PL_HTTP_SERVER_OPTS_INIT                                                                   \
    {                                                                                              \
        .max_connections = PL_HTTP_MAX_CONNECTIONS,                                                \
        .max_connections_per_address = PL_HTTP_MAX_CONNECTIONS_PER_ADDRESS,                        \
        .max_body = PL_HTTP_MAX_BODY, .header_timeout_ms = PL_HTTP_HEADER_TIMEOUT_MS,              \
        .idle_timeout_ms = PL_HTTP_IDLE_TIMEOUT_MS, .rate_grace_ms = PL_HTTP_RATE_GRACE_MS,        \
        .min_rate = PL_HTTP_MIN_RATE                                                               \
    }

typedef struct pl_http_listen_opts {
    const char *address; /* "127.0.0.1:8088", "[::1]:8088", port 0 for any, "unix:/path" */
    int listener;        /* told by pl_http_request_listener */
    bool reuse_port;     /* several servers on one address (SO_REUSEPORT) */
} pl_http_listen_opts;

/* Counters since the server was made, and what is there now. */
typedef struct pl_http_server_stats {
    size_t connections;   /* open now */
    size_t active;        /* requests with the handler now */
    uint64_t accepted;    /* connections */
    uint64_t turned_away; /* connections beyond a limit */
    uint64_t requests;    /* that reached the handler */
    uint64_t refused;     /* malformed, too large or too slow */
} pl_http_server_stats;

/* The options are copied. The caller frees *out_server before its loop.
 * PL_RESOURCE_EXHAUSTED without memory. */
PL_NODISCARD pl_code pl_http_server_new(pl_loop *loop, const pl_http_server_opts *opts,
                                        pl_http_server **out_server, pl_error *err);

/* Listens at once; *OUT_PORT (NULL is allowed) is the port taken, 0 for a Unix socket.
 * A stale Unix socket is replaced. PL_INVALID_ARGUMENT: the address;
 * PL_ALREADY_EXISTS: in use; PL_PERMISSION_DENIED; PL_RESOURCE_EXHAUSTED. */
PL_NODISCARD pl_code pl_http_server_listen(pl_http_server *server, const pl_http_listen_opts *opts,
                                           uint16_t *out_port, pl_error *err);

/* No new connections; idle ones are closed, each answer is the last of its connection;
 * after GRACE_MS the rest is cut. DONE(SELF) is called once, when no connection is
 * left (NULL is allowed); never from within this call. It may free the server. */
void pl_http_server_drain(pl_http_server *server, int64_t grace_ms, void (*done)(void *self),
                          void *self);

/* Closes everything. Requests not answered yet stay valid until they are, and their
 * answers go nowhere. NULL is allowed. Not from a callback of the server, drain's DONE excepted. */
void pl_http_server_free(pl_http_server *server);

pl_http_server_stats pl_http_server_get_stats(const pl_http_server *server);

/* The views below are borrowed until the request is answered. */
const pl_http_head *pl_http_request_head(const pl_http_request *request);
/* Empty in on_headers. */
pl_str pl_http_request_body(const pl_http_request *request);
int pl_http_request_listener(const pl_http_request *request);
/* "127.0.0.1:40312", "[::1]:40312" or "unix". */
const char *pl_http_request_peer(const pl_http_request *request);
/* The address alone, without port and brackets. */
const char *pl_http_request_peer_address(const pl_http_request *request);
/* Monotonic time of the first byte of the request. */
int64_t pl_http_request_started_ns(const pl_http_request *request);
/* A pointer of the handler's, NULL at first. */
void pl_http_request_set_data(pl_http_request *request, void *data);
void *pl_http_request_get_data(const pl_http_request *request);
/* In on_headers only. */
void pl_http_request_set_max_body(pl_http_request *request, int64_t bytes);

/* FN(SELF) is called once if the client goes before the request is answered: it closed
 * its side or the connection broke. The request still needs its answer, which FN may give.
 * Never from within this call. */
void pl_http_request_on_gone(pl_http_request *request, void (*fn)(void *self), void *self);
bool pl_http_request_gone(const pl_http_request *request);

/* An answer. Date, Content-Length and Connection are added. */
typedef struct pl_http_reply {
    int status;                  /* 200 to 599 */
    pl_str content_type;         /* empty: none */
    const pl_http_field *fields; /* further ones; a field that is not valid makes it a 500 */
    size_t field_count;
    pl_str body; /* not sent to HEAD, nor with 204 and 304 */
    bool close;  /* the connection, after it */
} pl_http_reply;

/* Answers the request, which is gone after it. The reply is copied or sent before this
 * returns. Answers of one round of the loop are written together. */
void pl_http_respond(pl_http_request *request, const pl_http_reply *reply);

#ifdef __cplusplus
}
#endif
#endif
