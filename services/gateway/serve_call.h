/* One request in progress, for the files that serve it. */
#ifndef GATEWAY_SERVE_CALL_H
#define GATEWAY_SERVE_CALL_H

#include "parley/http/server.h"
#include "parley/rest/rest.h"
#include "parley/rpc/channel.h"
#include "worker.h"

/* One request in progress. */
struct serve_call {
    serve_call *next; /* of the spare list */
    gateway_worker *worker;
    pl_http_request *http;
    gateway_routes *routes;
    pl_arena arena;
    pl_rest_request request;
    pl_rest_exchange *exchange;
    const pl_rest_route *route;   /* NULL: none */
    const gateway_folder *folder; /* NULL: not a file's */
    pl_bytes_op *op;
    pl_trace trace;
    pl_str tracestate;
    int64_t upstream_started_ns, upstream_ns;
    pl_code grpc_code;
};

/* Sends RESPONSE and ends the call. ROUTE is the gRPC method, "" where none was called. */
void serve_send(serve_call *call, const char *route, const pl_rest_response *response);

/* Sends an error of the gateway's own. STATUS 0: of CODE. */
void serve_send_error(serve_call *call, int status, pl_code code, const char *message);

/* serve_upstream.c: makes the gRPC call, whose result ends the exchange. */
void serve_upstream(serve_call *call, const pl_rest_call *upstream);

/* serve_file.c: sends the file REST of the call's folder. */
void serve_file(serve_call *call, pl_str rest);

#endif
