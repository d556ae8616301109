/* One loop of the gateway, with everything it owns. Used on its own thread, but for
 * what says otherwise. */
#ifndef GATEWAY_WORKER_H
#define GATEWAY_WORKER_H

#include "gateway.h"
#include "parley/http/server.h"
#include "parley/loop/loop.h"
#include "parley/rpc/channel.h"
#include "routes.h"

/* Calls that one loop keeps ready for use again. */
#define WORKER_SPARE_CALLS 256
/* Calls to one upstream in flight, of one loop. */
#define WORKER_BULKHEAD 512

typedef struct gateway_worker gateway_worker;
typedef struct serve_call serve_call;

struct gateway_worker {
    const gateway_opts *opts;
    pl_loop *loop;
    pl_http_server *server;
    pl_channel *channels[GATEWAY_MAX_UPSTREAMS];
    gateway_routes *routes;
    serve_call *spare; /* a list */
    size_t spare_count;
    size_t in_progress; /* requests */
    bool ending;        /* every connection is closed; the last request ends the loop */
    pl_task drain_task;
    int64_t drain_grace_ms;
};

/* Makes loop, server and channels; ROUTES gets a reference. Not on its thread. */
PL_NODISCARD pl_code worker_init(gateway_worker *worker, const gateway_opts *opts,
                                 gateway_routes *routes, pl_error *err);

/* Frees everything; a half-made worker is allowed. Not on its thread, which has ended. */
void worker_done(gateway_worker *worker);

/* Listens on ADDRESS for LISTENER, together with the other workers where SHARED. */
PL_NODISCARD pl_code worker_listen(gateway_worker *worker, const char *address, size_t listener,
                                   bool shared, uint16_t *out_port, pl_error *err);

/* Uses ROUTES (a reference is taken) from the next request on. From any thread. */
void worker_set_routes(gateway_worker *worker, gateway_routes *routes);

/* Ends the loop once its requests have ended, after GRACE_MS at the latest. From any
 * thread, once. */
void worker_drain(gateway_worker *worker, int64_t grace_ms);

/* The channel to SERVICE, or NULL. */
pl_channel *worker_channel(const gateway_worker *worker, const char *service);

#endif
