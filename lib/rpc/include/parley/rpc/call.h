/* pl_call: one call in progress.
 *
 * On the server the runtime makes one for each request and hands it to the
 * handler; it carries the arena, the deadline, the metadata, the trace and the
 * error. A handler passes it on to generated clients, which take deadline, trace
 * and the caller's identity from it. Work outside a call (a sweep, a tool) makes
 * its own with pl_call_new.
 *
 * A call belongs to one thread at a time; pl_call_cancelled may be asked from any.
 * What a call hands out (arena, metadata, error) lives as long as the call.
 *
 *     pl_call_opts opts = PL_CALL_OPTS_INIT;
 *     pl_call *call;
 *     if (pl_call_new(&opts, &call, &err) == PL_OK) {
 *         code = mall_orders_v1_OrderService_get_order(&orders, call, &request, &order);
 *         pl_call_free(call);
 *     }
 */
#ifndef PARLEY_RPC_CALL_H
#define PARLEY_RPC_CALL_H

#include "parley/base/arena.h"
#include "parley/base/clock.h"
#include "parley/base/error.h"
#include "parley/base/trace.h"
#include "parley/rpc/desc.h"
#include "parley/rpc/violations.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Default deadline of a client call, in milliseconds. */
#define PL_CALL_TIMEOUT_MS 1000
/* Default budget of a call's arena, in bytes. */
#define PL_CALL_ARENA_BUDGET (4u << 20)
/* Outgoing and trailing metadata entries of one call; bytes of one value. */
#define PL_CALL_METADATA_MAX       16
#define PL_CALL_METADATA_VALUE_MAX 4096
/* Bytes of all that pl_call_detail and pl_call_error_metadata add, beside the other details in one
 * value of metadata. */
#define PL_CALL_DETAILS_MAX 1024
/* Bytes of a key of pl_call_error_metadata. */
#define PL_CALL_ERROR_KEY_MAX 64

typedef struct pl_loop pl_loop;

/* How to make a call of one's own. */
typedef struct pl_call_opts {
    int64_t timeout_ms;  /* of each use of the call, in place of the method's; 0: the method's, or
                            PL_CALL_TIMEOUT_MS */
    size_t arena_budget; /* bytes; 0: PL_CALL_ARENA_BUDGET */
    const char *traceparent;     /* W3C trace context to continue; NULL or malformed: a new trace */
    const pl_call *parent;       /* trace, deadline and identity are taken from it; NULL: none */
    pl_loop *loop;               /* asynchronous calls: the loop on which the answer is delivered */
    const char *idempotency_key; /* sent as metadata idempotency-key; NULL: none */
    const char *tracestate;      /* of the trace that is continued; NULL or malformed: none */
} pl_call_opts;
#define PL_CALL_OPTS_INIT                                                                          \
    { 0, 0, NULL, NULL, NULL, NULL, NULL }

/* Makes a call outside a server. PL_INVALID_ARGUMENT: a negative timeout;
 * PL_RESOURCE_EXHAUSTED: no memory. */
PL_NODISCARD pl_code pl_call_new(const pl_call_opts *opts, pl_call **out_call, pl_error *err);
/* Frees a call made by pl_call_new and all its memory. NULL is allowed. */
void pl_call_free(pl_call *call);

/* The call's memory. Borrowed; freed when the call ends. */
pl_arena *pl_call_arena(pl_call *call);
/* When the call must be answered, on the monotonic clock in nanoseconds; PL_NEVER where
 * no deadline is set. */
int64_t pl_call_deadline(const pl_call *call);
/* Brings the deadline forward to DEADLINE_NS; a later one changes nothing. */
void pl_call_limit(pl_call *call, int64_t deadline_ns);
/* Nobody waits for the answer any more: cancelled by the caller or its connection lost. True for
 * good, but a moment later where this is asked for the first time. From any thread. */
bool pl_call_cancelled(const pl_call *call);
/* The server of this call drains: a stream that would go on had better end. From any thread. */
bool pl_call_stopping(const pl_call *call);
/* The method being served; NULL for a call made by pl_call_new. */
const pl_method_desc *pl_call_method(const pl_call *call);
/* The address of the caller, "127.0.0.1:40312"; "" for a call made by pl_call_new. */
const char *pl_call_peer(pl_call *call);
/* Who the caller is, by the certificate that it has proved to have (mTLS): its SPIFFE id
 * ("spiffe://parley/mall/orders"), else the first of its subject alternative names; "" where
 * the server asks for no certificates. */
const char *pl_call_peer_identity(pl_call *call);
/* Who the call is in its trace. A call that is served is a span, a child of its caller's; one made
 * by pl_call_new is none: what it calls are children of the span it was made for. */
const pl_trace *pl_call_trace(const pl_call *call);
/* "00-<trace id>-<span id>-<flags>" (W3C Trace Context) of that span. */
const char *pl_call_traceparent(const pl_call *call);
/* The W3C tracestate that came with it and goes along with it; empty: none. */
pl_str pl_call_tracestate(const pl_call *call);

/* The first value of incoming metadata KEY (lower case); {NULL, 0} where it is absent.
 * x-parley-demo is absent unless the server runs with demo and the caller is local. */
pl_str pl_call_metadata(const pl_call *call, const char *key);
/* Incoming metadata as they came, one by one from INDEX 0, x-parley-demo as above; false: there are
 * no more. For who passes them on. */
bool pl_call_metadata_at(const pl_call *call, size_t index, pl_str *out_key, pl_str *out_value);
/* Adds initial metadata to the answer; of a stream it goes out with the first message. An error
 * without a message has none. Codes as for pl_call_send_metadata. */
pl_code pl_call_send_header(pl_call *call, const char *key, pl_str value);
/* Adds trailing metadata to the answer. PL_INVALID_ARGUMENT: not a metadata key or
 * value; PL_RESOURCE_EXHAUSTED: too many entries or no memory. */
pl_code pl_call_send_metadata(pl_call *call, const char *key, pl_str value);
/* Sets metadata for the next client call made with this call, such as
 * idempotency-key; it is used once. What is no metadata makes that call fail with
 * PL_INVALID_ARGUMENT. */
void pl_call_set_outgoing(pl_call *call, const char *key, pl_str value);

/* The first value of metadata KEY, initial or trailing, that the last client call made with this
 * call was answered with; {NULL, 0} where there is none. A stream's is known when it is closed. Of
 * an answer the first PL_CALL_METADATA_MAX entries are kept. */
pl_str pl_call_received(const pl_call *call, const char *key);

/* Sets the call's error and returns CODE. REASON (NULL: none) is the
 * google.rpc.ErrorInfo reason, in the domain of the server ("mall"). */
pl_code pl_call_fail(pl_call *call, pl_code code, const char *reason, const char *format, ...)
    PL_PRINTF(4, 5);
/* The call's arena is used up: sets PL_RESOURCE_EXHAUSTED as the call's error and returns it. */
pl_code pl_call_no_memory(pl_call *call);
/* Passes ERR on as the call's error; returns its code. */
pl_code pl_call_fail_error(pl_call *call, const pl_error *err);
/* Adds a google.rpc.BadRequest field violation, sent where the call fails. */
void pl_call_violation(pl_call *call, const char *field_path, const char *format, ...)
    PL_PRINTF(3, 4);
/* Adds KEY with a value to the metadata of google.rpc.ErrorInfo, sent where the call fails with a
 * reason: what a caller's program would else read out of the message.
 *
 *     (void)pl_call_error_metadata(call, "level", "%d", level);
 *     return pl_call_fail(call, PL_RESOURCE_EXHAUSTED, "LEVEL_FULL", "level %d is full", level);
 *
 * It is left out, and that is what the code says: PL_INVALID_ARGUMENT: KEY is empty or longer than
 * PL_CALL_ERROR_KEY_MAX, or one of both is no UTF-8; PL_ALREADY_EXISTS: the call has KEY;
 * PL_RESOURCE_EXHAUSTED: more than PL_CALL_DETAILS_MAX, or no memory. */
pl_code pl_call_error_metadata(pl_call *call, const char *key, const char *format, ...)
    PL_PRINTF(3, 4);
/* Adds a detail of a type of one's own, sent where the call fails: an encoded message of TYPE
 * ("books.v1.Shortage"). PL_RESOURCE_EXHAUSTED: more than PL_CALL_DETAILS_MAX, or no memory. */
PL_NODISCARD pl_code pl_call_detail(pl_call *call, const char *type, pl_str message);
/* Says after how long a repeat makes sense (google.rpc.RetryInfo), sent where the call fails. */
void pl_call_retry_after(pl_call *call, int64_t retry_after_ms);
/* The error of the handler, or of the last client call made with this call: code PL_OK
 * where there is none. Never NULL. */
const pl_error *pl_call_error(const pl_call *call);
/* The field violations that belong to it. Never NULL. */
const pl_violations *pl_call_violations(const pl_call *call);
/* Forgets the error and all that was added to it. */
void pl_call_error_clear(pl_call *call);

#ifdef __cplusplus
}
#endif
#endif
