/* pl_channel: calls to one upstream.
 *
 * Adds to a gRPC channel what a caller needs to survive its upstream: a deadline
 * on every call, a bulkhead, a circuit breaker, retries with a budget where a
 * repeat is harmless, and round robin over all addresses. Generated clients are a
 * thin layer over pl_channel_call; the gateway and tools use the calls in bytes.
 *
 * Codes of our own making, beside those of the upstream: PL_UNAVAILABLE (no
 * address, the breaker is open, the bulkhead is full; retry_after_ms says when to
 * come back), PL_DEADLINE_EXCEEDED, PL_CANCELLED (the call given was cancelled),
 * PL_INTERNAL (the answer is malformed), PL_RESOURCE_EXHAUSTED (no memory).
 *
 *     pl_channel_opts opts = PL_CHANNEL_OPTS_INIT;
 *     opts.target = "file:/run/mall/products.addr";
 *     if (pl_channel_new(&opts, &channel, &err) == PL_OK)
 *         products = mall_products_v1_ProductService_client(channel);
 *     ...
 *     pl_channel_free(channel);
 *
 * Thread-safe; free after the last call has returned or been delivered.
 */
#ifndef PARLEY_RPC_CHANNEL_H
#define PARLEY_RPC_CHANNEL_H

#include "parley/rpc/call.h"
#include "parley/rpc/tls.h"

#ifdef __cplusplus
extern "C" {
#endif

#define PL_CHANNEL_BULKHEAD      16  /* calls in flight: half of a server's workers */
#define PL_CHANNEL_BULKHEAD_WAIT 200 /* milliseconds a waiting call stands in line for it */
#define PL_CHANNEL_ATTEMPTS      3   /* of one call, the first included */
#define PL_CHANNEL_MAX_MESSAGE   (4u << 20)
#define PL_CHANNEL_ADDRESSES_MAX 64
#define PL_CHANNEL_MAX_METADATA  (16u << 10) /* bytes of an answer's metadata */
/* While calls wait, a connection whose other end is gone is noticed after both; one on which bytes
 * are on their way, after the second. Servers of gRPC take pings more often than every five minutes
 * for abuse and close the connection. Ours take one in PL_SERVER_PING_MS: who knows that the other
 * end is ours asks more often. */
#define PL_CHANNEL_KEEPALIVE_MS      300000
#define PL_CHANNEL_KEEPALIVE_WAIT_MS 2000

/* Reason (domain "parley") of a PL_UNAVAILABLE after which the call may have had its effect: a
 * connection broke before the answer came. Every other PL_UNAVAILABLE of a channel was not sent. */
#define PL_REASON_OUTCOME_UNKNOWN "OUTCOME_UNKNOWN"

typedef struct pl_channel pl_channel;

typedef struct pl_channel_opts {
    const char *name;     /* of the upstream, for messages and metrics ("payment"); NULL: target */
    const char *target;   /* "127.0.0.1:9085", "ipv4:a:1,b:2", "dns:///x:1", "unix:path" or
                             "file:path" (one host:port a line, replaced by rename) */
    unsigned bulkhead;    /* most calls in flight; 0: PL_CHANNEL_BULKHEAD */
    unsigned attempts;    /* of an idempotent call; 1: no retries, 0: PL_CHANNEL_ATTEMPTS */
    uint32_t max_message; /* bytes of an answer, and of a request where that is more than
                             PL_CHANNEL_MAX_MESSAGE; 0: PL_CHANNEL_MAX_MESSAGE */
    bool no_breaker;      /* for tools that call once */
    int64_t (*now)(void *); /* clock of breaker and retry budget, ns; NULL: pl_now_ns */
    void *now_self;
    unsigned bulkhead_wait_ms; /* that a call which waits stands in line when the bulkhead is full;
                                  0: PL_CHANNEL_BULKHEAD_WAIT. Others are refused at once. */
    const pl_tls_opts *tls;    /* NULL: plain text; copied */
    pl_rpc_notice_fn *notice;  /* NULL: none */
    void *notice_self;
    bool compression;      /* take compressed answers (gzip, deflate) */
    uint32_t keepalive_ms; /* between pings while calls wait; 0: PL_CHANNEL_KEEPALIVE_MS */
} pl_channel_opts;
#define PL_CHANNEL_OPTS_INIT                                                                       \
    { NULL, NULL, 0, 0, 0, false, NULL, NULL, 0, NULL, NULL, NULL, false, 0 }

typedef enum pl_breaker_state {
    PL_BREAKER_CLOSED,
    PL_BREAKER_OPEN,
    PL_BREAKER_HALF_OPEN
} pl_breaker_state;

typedef struct pl_channel_stats {
    const char *name;
    uint64_t calls;           /* asked for */
    uint64_t failures;        /* that count for the breaker */
    uint64_t retries;         /* attempts after the first */
    uint64_t refused_breaker; /* not sent because the breaker was open */
    uint64_t refused_bulkhead;
    uint64_t opened; /* times the breaker opened */
    unsigned in_flight;
    pl_breaker_state breaker;
} pl_channel_stats;

/* Makes a channel; nothing is connected yet, so it succeeds without the upstream.
 * PL_INVALID_ARGUMENT: the target has no known form. PL_FAILED_PRECONDITION: a certificate file
 * cannot be used. */
PL_NODISCARD pl_code pl_channel_new(const pl_channel_opts *opts, pl_channel **out_channel,
                                    pl_error *err);
/* Frees it, also within the callback of its last call; a call still in flight is a programming
 * error. NULL is allowed. */
void pl_channel_free(pl_channel *channel);
void pl_channel_read_stats(pl_channel *channel, pl_channel_stats *out_stats);
/* The state of its connection, in gRPC's word: "IDLE", "CONNECTING", "READY", "TRANSIENT_FAILURE"
 * or "SHUTDOWN"; "NO_ADDRESS" where there is none to connect to. */
const char *pl_channel_connection(pl_channel *channel);
/* Tells OBSERVER(SELF) of every call that ended, as a span of kind PL_SPAN_CLIENT; a call in bytes
 * has no trace of its own, it is only counted. Set before the first call. */
void pl_channel_observe(pl_channel *channel, pl_span_fn *observer, void *self);

/* ---- calls with messages: what generated clients use ---- */

/* Calls METHOD and waits: for the timeout that CALL was made with (pl_call_opts), else the
 * method's, else PL_CALL_TIMEOUT_MS, and never beyond CALL's own deadline. Trace, authorization and
 * x-parley-demo of CALL go along. The answer lives in CALL's arena; an error is
 * found in pl_call_error(CALL). */
pl_code pl_channel_call(pl_channel *channel, pl_call *call, const pl_method_desc *method,
                        const ProtobufCMessage *request, ProtobufCMessage **out_response);

/* A typed callback without its type; the thunk casts it back. */
typedef void pl_any_fn(void);
/* Generated thunk: casts DONE and RESPONSE to their types and calls it. CALL carries the
 * error; RESPONSE is NULL unless CODE is PL_OK. Both live until it returns. */
typedef void pl_deliver_fn(pl_any_fn *done, void *arg, pl_call *call, pl_code code,
                           const ProtobufCMessage *response);

/* Calls METHOD without waiting; DELIVER is called once, on opts->loop, unless this
 * returns an error (then never). PL_INVALID_ARGUMENT: no loop. */
PL_NODISCARD pl_code pl_channel_start(pl_channel *channel, const pl_call_opts *opts,
                                      const pl_method_desc *method, const ProtobufCMessage *request,
                                      pl_deliver_fn *deliver, pl_any_fn *done, void *arg,
                                      pl_error *err);

/* ---- calls in bytes: gateway, verifier, tools ---- */

typedef struct pl_metadata {
    const char *key; /* lower case; a value under "...-bin" is raw bytes */
    pl_str value;
} pl_metadata;

typedef struct pl_bytes_request {
    const char *path;            /* "/mall.orders.v1.OrderService/PlaceOrder" */
    pl_str body;                 /* an encoded message; copied before the call returns */
    int64_t deadline_ns;         /* monotonic; required */
    const pl_metadata *metadata; /* sent as it stands; at most PL_CALL_METADATA_MAX */
    size_t metadata_count;
    bool idempotent; /* a repeat is harmless: may be retried */
} pl_bytes_request;

/* An answer; everything in it belongs to the reply. */
typedef struct pl_bytes_reply {
    pl_code code;
    pl_error error; /* with reason, domain and retry_after_ms from the details */
    pl_str body;    /* where code is PL_OK */
    const pl_violation *violations;
    size_t violation_count;
    const pl_metadata *metadata; /* initial and trailing */
    size_t metadata_count;
} pl_bytes_reply;

/* Calls and waits. *out_reply is set whatever the code of the answer, which is returned;
 * it is NULL only where there was no memory for it. */
pl_code pl_channel_call_bytes(pl_channel *channel, const pl_bytes_request *request,
                              pl_bytes_reply **out_reply);
void pl_bytes_reply_free(pl_bytes_reply *reply);

/* A call on its way. */
typedef struct pl_bytes_op pl_bytes_op;
/* Takes the answer: REPLY is the callback's to free. Called once, on the loop's thread. */
typedef void pl_bytes_done_fn(void *arg, pl_bytes_reply *reply);

/* Calls without waiting; DONE is called on LOOP, unless this returns an error (then
 * never). *out_op (NULL: not wanted) may be given to pl_bytes_cancel until DONE has begun. */
PL_NODISCARD pl_code pl_channel_start_bytes(pl_channel *channel, const pl_bytes_request *request,
                                            pl_loop *loop, pl_bytes_done_fn *done, void *arg,
                                            pl_bytes_op **out_op, pl_error *err);
/* Gives the call up; DONE is still called, with PL_CANCELLED unless the answer came first.
 * On the loop's thread. */
void pl_bytes_cancel(pl_bytes_op *op);

#ifdef __cplusplus
}
#endif
#endif
