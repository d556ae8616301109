/* The gateway: REST over HTTP/1.1 in front of gRPC services.
 *
 * A thin thing over lib/rest: one loop a core, each with its own listening sockets,
 * channels and calls, so that nothing is shared but the immutable routes. It owns no
 * route and knows no service; what it answers follows from the descriptors.
 *
 * Without logins every caller is the demo's administrator; therefore it runs in demo
 * mode and on loopback only, and refuses what comes from other web sites.
 *
 *     gateway_opts opts = {.descriptors = "mall.binpb", .config = &config, ...};
 *     gateway *gw;
 *     if (gateway_start(&opts, &gw, &err)) ...
 *     gateway_stop(gw, 5000);
 */
#ifndef GATEWAY_GATEWAY_H
#define GATEWAY_GATEWAY_H

#include <stdint.h>

#include "config.h"
#include "parley/rpc/channel.h"
#include "parley/service/metrics.h"

/* Loops of one gateway. */
#define GATEWAY_MAX_LOOPS 64

typedef struct gateway gateway;

typedef struct gateway_opts {
    const char *descriptors;      /* a FileDescriptorSet with imports; borrowed */
    const gateway_config *config; /* borrowed; outlives the gateway */
    pl_metrics *metrics;          /* borrowed; NULL: none */
    pl_span_fn *observer;         /* told of every call to a service; NULL: none */
    void *observer_self;
    bool export_requests;           /* it is told of every request, too, which it exports */
    const pl_channel_opts *channel; /* of all upstreams; read while starting; NULL: none */
    unsigned loops;                 /* 0: one a core */
    bool demo_admin;                /* without logins: callers are the demo's administrator */
    size_t max_body;                /* bytes of a request's body; 0: PL_REST_MAX_BODY */
} gateway_opts;

/* Loads the routes, listens and serves. The codes are those of gateway_routes_load and
 * pl_http_server_listen; PL_FAILED_PRECONDITION where demo_admin is set and a listener is
 * not local. Call on the main thread, with signals blocked. */
PL_NODISCARD pl_code gateway_start(const gateway_opts *opts, gateway **out_gateway, pl_error *err);

/* No new connections; requests in progress get GRACE_MS; then ends and frees it. NULL is
 * allowed. */
void gateway_stop(gateway *gw, int64_t grace_ms);

/* The port of LISTENER, by its place in the configuration. */
uint16_t gateway_port(const gateway *gw, size_t listener);

/* Reads the descriptors again and, where they are right, replaces the routes; requests
 * in progress keep theirs. The codes of gateway_routes_load; then the old ones stay. Also
 * done on SIGHUP and when the file changes. From any thread but the loops'. */
PL_NODISCARD pl_code gateway_reload(gateway *gw, pl_error *err);

#endif
