/* What a pl_call is made of; for lib/rpc only. */
#ifndef PARLEY_RPC_CALL_INTERNAL_H
#define PARLEY_RPC_CALL_INTERNAL_H

#include <grpc/grpc.h>
#include <grpc/support/alloc.h>
#include <pthread.h>
#include <stdatomic.h>

#include "parley/rpc/call.h"
#include "parley/rpc/channel.h"

#define PL_KEY_TRACEPARENT   "traceparent"
#define PL_KEY_TRACESTATE    "tracestate"
#define PL_KEY_AUTHORIZATION "authorization"
#define PL_KEY_DEMO          "x-parley-demo"
#define PL_KEY_IDEMPOTENCY   "idempotency-key"

/* A short list of metadata whose texts live in the call's arena. */
typedef struct pl_metadata_list {
    pl_metadata items[PL_CALL_METADATA_MAX];
    size_t count;
    pl_error bad; /* the first entry that was refused; code PL_OK: none */
} pl_metadata_list;

/* Told of the cancellation of a call, on the thread that cancels it, under the call's mu: it only
 * passes it on. */
typedef struct pl_call_hook pl_call_hook;
struct pl_call_hook {
    void (*cancelled)(pl_call_hook *hook);
    pl_call_hook *next;
};

struct pl_call {
    pl_arena arena;
    int64_t deadline;   /* monotonic ns */
    int64_t timeout_ms; /* 0, or the longest that one client call may take */
    pl_error error;
    int64_t retry_after_ms; /* asked for by the handler; 0: not */
    pl_violations violations;
    pl_str details;        /* of types of the handler's own, as fields of google.rpc.Status */
    pl_str error_metadata; /* as fields of google.rpc.ErrorInfo */
    pl_str authorization, demo, tracestate; /* forwarded to upstreams */
    pl_trace trace;
    char *peer;     /* asked for once */
    char *identity; /* the same */

    /* of a server; NULL otherwise */
    const pl_method_desc *method;
    const char *domain;
    const atomic_bool *stopping;
    const grpc_metadata_array *incoming;
    grpc_call *grpc;
    void (*watch)(pl_call *call); /* somebody wants to hear of its cancellation: once or often */

    pthread_mutex_t mu;
    pthread_cond_t cond;
    atomic_bool cancelled; /* set under mu, so that a waiter cannot miss it */
    pl_call_hook *hooks;   /* guarded by mu */

    /* Last: they are not cleared, but their counts. */
    pl_metadata_list outgoing, headers, trailing;
    pl_metadata_list received; /* of the last answer to a client call */
};

/* Prepares a call in place, once; pl_call_reset makes it new again, which keeps the
 * first block of its arena. */
pl_code pl_call_init(pl_call *call, size_t arena_budget);
void pl_call_reset(pl_call *call);
/* What pl_call_new does with a call that is new. */
pl_code pl_call_begin(pl_call *call, const pl_call_opts *opts, pl_error *err);
void pl_call_done(pl_call *call);

/* Begins the span of a call that is served: continues PARENT where it is a traceparent, with its
 * tracestate STATE (borrowed), or begins a new trace. */
void pl_call_begin_span(pl_call *call, pl_str parent, pl_str state);

/* Marks the call as cancelled and wakes pl_call_wait. From any thread. */
void pl_call_cancel(pl_call *call);
/* Adds HOOK, which is called at once where the call is cancelled already. */
void pl_call_hook_add(pl_call *call, pl_call_hook *hook);
void pl_call_hook_remove(pl_call *call, pl_call_hook *hook);
/* Waits until DEADLINE_NS or the cancellation; true where the call was cancelled. */
bool pl_call_wait(pl_call *call, int64_t deadline_ns);

/* Whether KEY and VALUE can be sent as metadata. */
bool pl_metadata_legal(const char *key, pl_str value);
/* The same for all of what came in: core passes on what HTTP/2 forbids. *out_key is the first that
 * is not, as far as it can be shown. */
bool pl_metadata_array_legal(const grpc_metadata_array *metadata, pl_str *out_key);
/* Adds a copy of KEY and VALUE. PL_INVALID_ARGUMENT, PL_RESOURCE_EXHAUSTED. */
pl_code pl_metadata_add(pl_metadata_list *list, pl_arena *arena, const char *key, pl_str value);

#endif
