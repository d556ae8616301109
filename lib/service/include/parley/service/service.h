/* The chassis: everything a service has in common with every other.
 *
 * pl_service_main reads the settings, starts the log, calls start, which wires the
 * service together (stores, channels, consumers, bindings, checks), serves gRPC on
 * LISTEN and /livez, /readyz and /metrics on ADMIN_LISTEN, waits for SIGTERM or
 * SIGINT, takes itself out of service, lets the calls in progress end (DRAIN_GRACE),
 * calls stop and returns the exit code. A second signal ends the process at once.
 *
 * It knows no store and no domain. Every finished call is one JSON line and counts in
 * parley_rpc_*. start, migrate and stop run on the main thread; SIGTERM, SIGINT and
 * SIGUSR1 are the chassis' and are blocked before any thread exists; SIGPIPE is ignored.
 *
 *     static pl_code start(pl_service *service, void *state, pl_error *err) { ... }
 *     int main(int argc, char **argv) {
 *         static const pl_service_def def = {.system = "mall", .name = "orders",
 *             .version = PL_SERVICE_VERSION, .settings = settings,
 *             .setting_count = PL_COUNT(settings), .state_size = sizeof(struct orders),
 *             .start = start, .stop = stop};
 *         return pl_service_main(argc, argv, &def);
 *     }
 */
#ifndef PARLEY_SERVICE_SERVICE_H
#define PARLEY_SERVICE_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "parley/base/error.h"
#include "parley/base/macros.h"
#include "parley/base/str.h"
#include "parley/rpc/desc.h"
#include "parley/service/metrics.h"
#include "parley/service/settings.h"

#ifdef __cplusplus
extern "C" {
#endif

#define PL_SERVICE_MAX_BINDINGS     16u
#define PL_SERVICE_MAX_CHECKS       16u
#define PL_SERVICE_MAX_PORTS        16u
#define PL_SERVICE_MAX_ADMIN_ROUTES 8u
/* A check's answer is used again for so long. */
#define PL_SERVICE_CHECK_CACHE_MS 500

typedef struct pl_service pl_service;
typedef struct pl_channel pl_channel; /* parley/rpc/channel.h */
struct pl_channel_opts;

typedef struct pl_service_def {
    const char *system;         /* "mall" */
    const char *name;           /* "orders"; the process is mall-orders */
    const char *version;        /* PL_SERVICE_VERSION, which pl_service() of CMake defines */
    const char *summary;        /* one sentence for --help */
    const pl_setting *settings; /* its own, beside LISTEN, ADMIN_LISTEN, DEMO, LOG_*, ... */
    size_t setting_count;
    size_t state_size; /* of the struct the settings go to: zeroed, then filled */
    bool no_rpc;       /* serves no gRPC (a gateway): LISTEN does not exist */
    /* Wires everything; an error ends the process with exit code 1. On an error stop
     * is called too, so stop must take a half-built state. */
    pl_code (*start)(pl_service *service, void *state, pl_error *err);
    /* After the drain: ends threads, closes stores. May be NULL. */
    void (*stop)(pl_service *service, void *state);
    /* --migrate: brings the store to this version's schema, frees what it opened (neither start
     * nor stop is called) and ends. Required settings may be missing. May be NULL. */
    pl_code (*migrate)(pl_service *service, void *state, pl_error *err);
} pl_service_def;

/* Runs the service; returns the exit code: 0 after a drain, 1 a failure, 2 usage. */
int pl_service_main(int argc, char **argv, const pl_service_def *def);

/* ---- within start ---- */

/* Serves a generated binding (mall_orders_v1_OrderService_bind(&impl)); what it points
 * to stays valid until stop returns. What it has no operation for is warned of in the log.
 * PL_RESOURCE_EXHAUSTED beyond PL_SERVICE_MAX_BINDINGS. */
pl_code pl_service_add(pl_service *service, pl_service_binding binding) PL_NODISCARD;

/* PL_OK, or why the service cannot work now. Runs on the admin thread; answers within
 * its own deadline (a second at most). */
typedef pl_code pl_ready_fn(void *self, pl_error *err);
/* /readyz is 200 where every check is PL_OK, otherwise 503 with the failed ones. A
 * store that only makes things slower (a cache, the streams) is no reason for not
 * being ready: do not register it. /livez asks no check. NAME is borrowed. */
void pl_service_ready_check(pl_service *service, const char *name, pl_ready_fn *fn, void *self);

/* Says in the ready line that NAME ("http") is served at ADDRESS ("127.0.0.1:8088"); both
 * are copied. */
void pl_service_announce(pl_service *service, const char *name, const char *address);

/* A request to the admin port beyond the chassis' own, allowed from loopback with
 * DEMO=true only. Runs on the admin thread; returns the HTTP status and writes the
 * answer (JSON) into OUT. */
typedef int pl_admin_fn(void *self, pl_str query, pl_str body, pl_buf *out);
/* Serves METHOD ("POST") on PATH ("/events/publish"); both are borrowed. */
void pl_service_admin_route(pl_service *service, const char *method, const char *path,
                            pl_admin_fn *fn, void *self);

/* ---- at any time, from any thread ---- */

/* The registry behind /metrics. */
pl_metrics *pl_service_metrics(pl_service *service);

/* Sets in OPTS what the settings say of every upstream: TLS (UPSTREAM_CA, TLS_CERT, TLS_KEY),
 * UPSTREAM_KEEPALIVE, and where a channel's notices go: the log. Call before pl_channel_new; what
 * OPTS points to then lives as long as SERVICE. */
void pl_service_channel_opts(pl_service *service, struct pl_channel_opts *opts);

/* Shows what CHANNEL tells about itself as parley_channel_* (label upstream: its name), and its
 * calls as spans. It lives until stop; before its first call. PL_RESOURCE_EXHAUSTED beyond
 * PL_METRICS_MAX_CALLBACKS. */
pl_code pl_service_watch_channel(pl_service *service, pl_channel *channel);

/* A pl_span_fn whose SELF is the service, for consumers and relays: counts SPAN and, where it is
 * sampled, logs and exports it. One of kind PL_SPAN_SERVER is only exported: whoever served the
 * request counts and logs it, and knows more to say. */
void pl_service_span(void *service, const pl_span *span);

/* What pl_service_main was given. */
const pl_service_def *pl_service_definition(const pl_service *service);
/* Whether spans are exported: who would only make one to that end need not. */
bool pl_service_exports_spans(const pl_service *service);

/* DEMO=true. */
bool pl_service_demo(const pl_service *service);
/* "mall-orders". */
const char *pl_service_name(const pl_service *service);
/* Tells this process from other replicas: setting INSTANCE, else HOST:PID. */
const char *pl_service_instance(const pl_service *service);

/* Something the service cannot go on without has failed for good: it drains and ends
 * with exit code 1, for a supervisor to start it again. */
void pl_service_fail(pl_service *service, const pl_error *err);

#ifdef __cplusplus
}
#endif
#endif
