/* What a running service is made of; shared by the chassis' files. */
#ifndef PARLEY_SERVICE_SERVICE_INTERNAL_H
#define PARLEY_SERVICE_SERVICE_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "otlp.h"
#include "parley/base/log.h"
#include "parley/rpc/server.h"
#include "parley/service/service.h"

enum { NAME_SIZE = 96, ADDRESS_SIZE = 128, INSTANCE_SIZE = 128 };

/* The settings that every service has. */
typedef struct common {
    const char *listen, *admin_listen, *instance, *otlp_endpoint;
    bool demo;
    int log_level, log_format, log_calls;
    int64_t drain_ms, workers, queue, streams, stall_ms, ready_fd;
    const char *tls_cert, *tls_key, *tls_ca, *upstream_ca;
    bool compression;
    int64_t max_message, max_calls, keepalive_ms, upstream_keepalive_ms, max_idle_ms, max_age_ms;
} common;

/* How pl_service_fail wakes the main thread: blocked from the first line on, so that it is
 * never taken for a signal of the operator. */
#define PL_FAIL_SIGNAL SIGUSR1

/* Values of LOG_CALLS, in the order of its choices. */
enum { LOG_CALLS_ON, LOG_CALLS_ERRORS, LOG_CALLS_OFF };

extern const pl_setting pl_common_settings[];
extern const size_t pl_common_setting_count;
/* Those of a service with gRPC. */
extern const pl_setting pl_rpc_settings[];
extern const size_t pl_rpc_setting_count;

typedef enum phase { PHASE_STARTING, PHASE_SERVING, PHASE_DRAINING } phase;

typedef struct check {
    const char *name;
    pl_ready_fn *fn;
    void *self;
    int64_t asked_ns; /* of the cached answer; 0: never */
    pl_error error;   /* PL_OK: ready */
} check;

typedef struct admin_route {
    const char *method, *path;
    pl_admin_fn *fn;
    void *self;
} admin_route;

typedef struct named_port {
    char name[32];
    char address[ADDRESS_SIZE];
} named_port;

typedef struct pl_calls pl_calls;
typedef struct pl_spans pl_spans;
typedef struct pl_admin pl_admin;

struct pl_service {
    const pl_service_def *def;
    char name[NAME_SIZE]; /* "mall-orders" */
    char instance[INSTANCE_SIZE];
    common common;
    void *state;
    pl_tls_opts upstream_tls; /* what the settings say, for pl_service_channel_opts */
    pl_metrics *metrics;
    _Atomic int phase;
    pthread_t main_thread;
    int64_t begun_ns;

    /* filled while starting, read only after */
    pl_service_binding bindings[PL_SERVICE_MAX_BINDINGS];
    size_t binding_count;
    check checks[PL_SERVICE_MAX_CHECKS]; /* their answers are the admin thread's */
    size_t check_count;
    admin_route routes[PL_SERVICE_MAX_ADMIN_ROUTES];
    size_t route_count;
    named_port ports[PL_SERVICE_MAX_PORTS];
    size_t port_count;

    pl_server *server; /* NULL: none */
    pl_calls *calls;
    pl_spans *spans;
    pl_otlp *otlp; /* NULL: spans are not exported */
    int64_t grace_ends_ns;
    pl_admin *admin;

    pthread_mutex_t mu;
    /* guarded by mu */
    bool failed; /* pl_service_fail was called */
    pl_error failure;
};

/* ---- calls.c: a line and counters for every call that was served ---- */
pl_code pl_calls_new(pl_service *service, pl_calls **out_calls, pl_error *err);
void pl_calls_free(pl_calls *calls);
void pl_calls_observe(void *calls, const pl_call_record *record);
/* Asked all the time, by machines: health, and consumers that look for news in the log. */
bool pl_calls_is_plumbing(const char *path);
/* At which level what ended with CODE is logged. */
pl_log_level pl_calls_level(pl_code code, const char *path);

/* ---- spans.c: the same for calls made and for events ---- */
pl_code pl_spans_new(pl_metrics *metrics, pl_spans **out_spans, pl_error *err);
void pl_spans_free(pl_spans *spans);

/* ---- admin.c: /livez, /readyz, /metrics on a thread of its own ---- */
pl_code pl_admin_start(pl_service *service, pl_admin **out_admin, uint16_t *out_port,
                       pl_error *err);
/* Ends the thread; no check runs after it. NULL is allowed. */
void pl_admin_stop(pl_admin *admin);

/* ---- process.c: what is Linux only ---- */
/* Few malloc arenas: each costs an idle service memory, and handlers do not malloc. */
void pl_process_tune(void);
/* Gives back what the start needed and the service does not. */
void pl_process_trim(void);
/* Samples process_* metrics. */
void pl_process_metrics(void *self, pl_metrics *metrics);

/* ---- tls.c ---- */
/* What the settings say of TLS for the server; false: plain text. */
bool pl_service_server_tls(const pl_service *service, pl_tls_opts *out_tls);
/* Logs what a server or a channel has to say; SELF is not used. */
void pl_service_notice(void *self, pl_log_level level, const char *event, const char *text);

/* ---- address.c ---- */
/* Whether ADDRESS ("127.0.0.1:80", "[::1]:80", "localhost:80", "unix:/x") is reached from
 * this machine only. */
bool pl_address_is_loopback(const char *address);
/* ADDRESS with PORT in place of its own. */
void pl_address_with_port(const char *address, int port, char out[ADDRESS_SIZE]);
/* HOST of a request ("localhost:80", "127.0.0.1") means this machine. */
bool pl_host_is_local(pl_str host);

#endif
