/* pl_server: a gRPC server.
 *
 * Serves the methods of the services bound to it, health (grpc.health.v1,
 * Check and Watch) and, where asked, reflection v1. One poller moves bytes; a
 * bounded pool of workers, started as needed, runs the handlers; methods declared
 * inline run on the poller. A request is checked byte by byte before it is
 * unpacked into the call's arena, then validated, then handed to its handler.
 *
 * It does not log; whoever wants to hear more than the observer takes its notices.
 *
 * Invariants: at most `workers` handlers run at once and at most `queue` requests
 * wait for one; what comes on top is answered RESOURCE_EXHAUSTED. A malformed
 * request is answered INVALID_ARGUMENT and never reaches a handler. Every call has
 * a deadline. Methods with rule internal accept local callers only, and only in
 * demo mode.
 *
 *     pl_server_opts opts = PL_SERVER_OPTS_INIT;
 *     pl_server *server;
 *     if (pl_server_new(&opts, &server, &err) == PL_OK &&
 *         pl_server_add(server, mall_orders_v1_OrderService_bind(&impl), &err) == PL_OK &&
 *         pl_server_start(server, &err) == PL_OK) { ... pl_server_drain(server, 5000); }
 *     pl_server_free(server);
 *
 * All functions may be called from any thread, free after all others.
 */
#ifndef PARLEY_RPC_SERVER_H
#define PARLEY_RPC_SERVER_H

#include "parley/rpc/call.h"
#include "parley/rpc/tls.h"

#ifdef __cplusplus
extern "C" {
#endif

#define PL_SERVER_WORKERS      32
#define PL_SERVER_QUEUE        256
#define PL_SERVER_MAX_MESSAGE  (4u << 20)
#define PL_SERVER_MAX_STREAMS  256 /* concurrent calls a connection */
#define PL_SERVER_SERVICES_MAX 64
#define PL_SERVER_MAX_METADATA (16u << 10) /* bytes of a call's headers */
/* A silent client is asked whether it lives, and given up when it does not answer. */
#define PL_SERVER_KEEPALIVE_MS      60000
#define PL_SERVER_KEEPALIVE_WAIT_MS 20000
/* A client may ask so often itself; the third ping too early closes its connection
 * (ENHANCE_YOUR_CALM). Half of what our services ask each other. */
#define PL_SERVER_PING_MS      5000
#define PL_SERVER_AGE_GRACE_MS 60000
/* Bytes of all that connections receive and hold. Core looks at the size of a message when all of
 * it is there, so this, and not max_message, bounds what one of 4 GiB can take: calls beyond it end
 * with RESOURCE_EXHAUSTED. */
#define PL_SERVER_MEMORY (128u << 20)
/* Calls that are not over, of all connections; more are refused. max_streams binds only clients
 * that acknowledge it. */
#define PL_SERVER_CALLS_MAX 8192
/* The deadline of a call whose caller set none, the latest one granted, and the longest wait for a
 * message whose headers have come. */
#define PL_SERVER_DEADLINE_MS 60000
/* Handlers of streams have threads of their own, so many at most. */
#define PL_SERVER_STREAMS 64
/* A stream whose caller takes none of the messages that wait for this long is cancelled; at the
 * latest a quarter of it later. */
#define PL_SERVER_STALL_MS 60000

typedef struct pl_server pl_server;

/* One finished call, for logs and counters. Valid during the callback. */
typedef struct pl_call_record {
    pl_call *call;    /* peer, traceparent, error; NULL where the call never became one */
    const char *path; /* "/mall.orders.v1.OrderService/PlaceOrder", as asked for */
    const pl_method_desc *method; /* NULL: no such method */
    pl_code code;
    int64_t ended_ns;    /* monotonic: when it was answered */
    int64_t duration_ns; /* from the arrival of its headers until then */
    int64_t queued_ns;   /* of that, waiting for a worker */
    size_t request_bytes, response_bytes;
    uint64_t requests, responses; /* messages of a method that streams; else 0 */
} pl_call_record;

/* Called once for every finished call, mostly on the poller: it must not block. */
typedef void pl_call_observer_fn(void *self, const pl_call_record *record);

typedef struct pl_server_opts {
    const char *listen;            /* "127.0.0.1:0"; required */
    const char *domain;            /* google.rpc.ErrorInfo domain of reasons, "mall"; NULL: "" */
    unsigned workers;              /* most worker threads; 0: PL_SERVER_WORKERS */
    unsigned queue;                /* requests that may wait; 0: PL_SERVER_QUEUE */
    size_t arena_budget;           /* bytes a call; 0: PL_CALL_ARENA_BUDGET */
    uint32_t max_message;          /* bytes of a request or an answer; 0: PL_SERVER_MAX_MESSAGE */
    unsigned max_streams;          /* 0: PL_SERVER_MAX_STREAMS */
    uint32_t deadline_ms;          /* 0: PL_SERVER_DEADLINE_MS */
    bool reflection;               /* serve grpc.reflection.v1 */
    bool demo;                     /* accept x-parley-demo from loopback */
    bool allow_internal_loopback;  /* accept internal methods from loopback; needs demo */
    pl_call_observer_fn *observer; /* NULL: none */
    void *observer_self;
    const pl_tls_opts *tls;   /* NULL: plain text; copied */
    pl_rpc_notice_fn *notice; /* NULL: none */
    void *notice_self;
    bool compression;      /* take compressed requests (gzip, deflate); else UNIMPLEMENTED */
    uint32_t keepalive_ms; /* between pings to a silent client; 0: PL_SERVER_KEEPALIVE_MS */
    uint32_t max_idle_ms;  /* a connection without calls is closed after so long; 0: never */
    uint32_t max_age_ms;   /* a connection is closed after so long, a tenth more or less, its calls
                              get PL_SERVER_AGE_GRACE_MS to end; 0: never */
    size_t memory;         /* bytes for what connections receive; 0: PL_SERVER_MEMORY */
    unsigned streams;      /* handlers of streams that run at once; 0: PL_SERVER_STREAMS */
    uint32_t stall_ms;     /* 0: PL_SERVER_STALL_MS */
} pl_server_opts;
#define PL_SERVER_OPTS_INIT                                                                        \
    {                                                                                              \
        "127.0.0.1:0", NULL, 0, 0, 0, 0, 0, 0, false, false, false, NULL, NULL, NULL, NULL, NULL,  \
            false, 0, 0, 0, 0, 0, 0                                                                \
    }

/* What the server does at the moment; for metrics. */
typedef struct pl_server_stats {
    unsigned workers;      /* threads running */
    unsigned workers_busy; /* of them, in a handler */
    unsigned queued;       /* requests waiting */
    unsigned in_flight;    /* unary calls arrived and not yet answered */
    uint64_t calls;        /* finished since the start */
    uint64_t refused;      /* of them, RESOURCE_EXHAUSTED because the queue was full */
    unsigned streams;      /* handlers of streams running */
} pl_server_stats;

/* Makes a server that does not listen yet. OPTS' texts are copied.
 * PL_INVALID_ARGUMENT: an option makes no sense. PL_FAILED_PRECONDITION: a certificate file cannot
 * be used. PL_RESOURCE_EXHAUSTED: no memory. */
PL_NODISCARD pl_code pl_server_new(const pl_server_opts *opts, pl_server **out_server,
                                   pl_error *err);
/* Ends it at once (calls in flight are cancelled) and frees it. NULL is allowed. */
void pl_server_free(pl_server *server);

/* Serves one more service; before pl_server_start only. BINDING's pointers are borrowed.
 * PL_INVALID_ARGUMENT: another ABI, a method without a rule.
 * PL_ALREADY_EXISTS: the service is bound. PL_FAILED_PRECONDITION: started. */
PL_NODISCARD pl_code pl_server_add(pl_server *server, pl_service_binding binding, pl_error *err);

/* The first method with rule internal ("/mall.payment.v1.PaymentService/Charge"); NULL: none. The
 * chassis refuses to start with one where internal callers cannot be told from others. */
const char *pl_server_internal_method(const pl_server *server);

/* Listens and serves. Health says NOT_SERVING until pl_server_set_serving.
 * PL_UNAVAILABLE: the address cannot be bound; it may be tried again. */
PL_NODISCARD pl_code pl_server_start(pl_server *server, pl_error *err);
/* The port it listens on; 0 before the start. */
int pl_server_port(const pl_server *server);

/* What health answers for SERVICE (NULL: the server as a whole and every service).
 * Watchers are told. */
void pl_server_set_serving(pl_server *server, const char *service, bool serving);

/* Health says NOT_SERVING, new calls are refused, calls in flight get GRACE_MS to
 * finish, the rest is cancelled. Returns when the server has stopped: PL_OK, or
 * PL_DEADLINE_EXCEEDED where calls had to be cancelled. A second drain waits for the first and
 * returns the same. */
pl_code pl_server_drain(pl_server *server, int64_t grace_ms);

void pl_server_read_stats(pl_server *server, pl_server_stats *out_stats);

#ifdef __cplusplus
}
#endif
#endif
