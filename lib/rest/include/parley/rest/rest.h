/* REST to gRPC, without a transport: routes from descriptors, requests into wire bytes,
 * answers and errors into JSON.
 *
 * A table is made from a descriptor pool once and then read by any number of threads.
 * A request becomes an exchange: either its answer is ready at once (the entry point, a
 * profile, every refusal), or it asks for one gRPC call, whose result finishes it.
 * Sockets, channels and time belong to the caller, so the gateway and a stub server
 * share all of this.
 *
 * Invariants: what is sent upstream is what was matched and decoded, never the raw path;
 * a field has one value (path, query and body must agree); nothing unknown is dropped;
 * every error has the one shape
 * {"code","status","message","details","timestamp","path"}.
 *
 *     pl_rest_new(&opts, &rest, &err);
 *     pl_rest_exchange *x = pl_rest_begin(rest, &request, &arena);
 *     const pl_rest_call *call = pl_rest_exchange_call(x);
 *     if (call) { ... call it ...; pl_rest_finish(x, &result); }
 *     send(pl_rest_exchange_response(x));
 */
#ifndef PARLEY_REST_REST_H
#define PARLEY_REST_REST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "parley/base/arena.h"
#include "parley/base/error.h"
#include "parley/base/str.h"
#include "parley/schema/pool.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes of a request's body, where the method does not say. */
#define PL_REST_MAX_BODY (1u << 20)
/* Bytes of an answer as JSON. */
#define PL_REST_MAX_ANSWER (16u << 20)
/* Parameters of a query. */
#define PL_REST_MAX_PARAMETERS 100
/* Milliseconds a call may take where neither the method nor grpc-timeout says. */
#define PL_REST_TIMEOUT_MS 2000
/* Headers and metadata of one request or answer. */
#define PL_REST_MAX_METADATA 16
/* Bytes of metadata names and values sent upstream. */
#define PL_REST_MAX_METADATA_BYTES (8u << 10)

/* ---- the table ---- */

typedef struct pl_rest pl_rest;

typedef struct pl_rest_opts {
    const pl_pool *pool;         /* borrowed; outlives the table */
    const char *const *services; /* full names of the services to show; NULL: all of the pool */
    size_t service_count;
    size_t max_body;    /* 0: PL_REST_MAX_BODY */
    int64_t timeout_ms; /* 0: PL_REST_TIMEOUT_MS */
    /* Where not NULL, every problem found is appended as "file:line:col: text\n". */
    pl_buf *problems;
} pl_rest_opts;

#define PL_REST_OPTS_INIT                                                                          \
    { .pool = NULL }

/* Builds the table. PL_INVALID_ARGUMENT where a template or an option is wrong, or two
 * bindings match the same: ERR has the first problem, opts->problems all of them.
 * PL_NOT_FOUND where opts->services names one the pool does not have.
 * PL_RESOURCE_EXHAUSTED: out of memory. */
PL_NODISCARD pl_code pl_rest_new(const pl_rest_opts *opts, pl_rest **out_rest, pl_error *err);

/* NULL is allowed. No exchange of it may be left. */
void pl_rest_free(pl_rest *rest);

/* One binding, for lists and metrics. */
typedef struct pl_rest_route {
    pl_str http_method;   /* "GET" */
    pl_str path_template; /* "/orders/{order_id}" */
    const char *service;  /* "mall.orders.v1.OrderService" */
    const char *rpc_path; /* "/mall.orders.v1.OrderService/GetOrder" */
} pl_rest_route;

size_t pl_rest_route_count(const pl_rest *rest);
const pl_rest_route *pl_rest_route_at(const pl_rest *rest, size_t i);

/* ---- a request ---- */

/* A header or a metadata entry. */
typedef struct pl_rest_pair {
    pl_str name;
    pl_str value;
} pl_rest_pair;

/* A request as a transport has parsed it; everything is borrowed until the response
 * has been sent. */
typedef struct pl_rest_request {
    pl_str method; /* "GET" */
    pl_str path;   /* raw, without the query */
    pl_str query;  /* raw, without "?" */
    pl_str body;
    const pl_rest_pair *headers;
    size_t header_count;
    bool https; /* for absolute links */
} pl_rest_request;

/* What is to be called. */
typedef struct pl_rest_call {
    const pl_rest_route *route;
    pl_str request; /* wire bytes */
    const pl_rest_pair *metadata;
    size_t metadata_count;
    int64_t timeout_ms;
    bool idempotent; /* the method may be repeated, for this request */
} pl_rest_call;

/* How the call ended. */
typedef struct pl_rest_result {
    pl_code code;
    pl_str message;
    pl_str response;        /* wire bytes, for PL_OK */
    pl_str details;         /* grpc-status-details-bin: a google.rpc.Status, or empty */
    int64_t retry_after_ms; /* for a refusal: Retry-After; 0: nothing is known */
} pl_rest_result;

/* What is to be sent. */
typedef struct pl_rest_response {
    int status;
    const pl_rest_pair *headers; /* without Content-Length, Date and Connection */
    size_t header_count;
    pl_str body; /* to be left out for HEAD, its length to be told */
} pl_rest_response;

typedef struct pl_rest_exchange pl_rest_exchange;

/* Routes and assembles REQUEST. All memory comes from ARENA, where the exchange lives.
 * NULL where the arena cannot even hold the exchange: answer pl_rest_no_memory. */
pl_rest_exchange *pl_rest_begin(const pl_rest *rest, const pl_rest_request *request,
                                pl_arena *arena);

/* The call to make, or NULL where the response is ready. */
const pl_rest_call *pl_rest_exchange_call(const pl_rest_exchange *exchange);

/* The route that the request has, be it called or refused; NULL: none. */
const pl_rest_route *pl_rest_exchange_route(const pl_rest_exchange *exchange);

/* Why the request was refused here, as it is answered; "": it was not. */
const char *pl_rest_exchange_refusal(const pl_rest_exchange *exchange);

/* Ends an exchange whose call has ended. RESULT may be gone afterwards. */
void pl_rest_finish(pl_rest_exchange *exchange, const pl_rest_result *result);

/* The response; NULL before pl_rest_finish where there is a call. Valid as long as the
 * arena. */
const pl_rest_response *pl_rest_exchange_response(const pl_rest_exchange *exchange);

/* ---- errors of the transport's own ---- */

/* The fixed 503 for a request without memory. */
const pl_rest_response *pl_rest_no_memory(void);

/* The code that belongs to STATUS, with which an HTTP server refuses a request by itself. */
pl_code pl_rest_code_of(int status);

/* An error in the one shape: STATUS is the HTTP status, 0: that of ERR's code.
 * Retry-After is set from ERR's retry_after_ms, and for 503. PATH is shown in it. The
 * result lives in ARENA, or is fixed where the arena is full. */
const pl_rest_response *pl_rest_error(pl_arena *arena, int status, const pl_error *err,
                                      pl_str path);

#ifdef __cplusplus
}
#endif
#endif
