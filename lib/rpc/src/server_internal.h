/* The parts of pl_server.
 *
 *   server.c        life: new, add, start, free, what it says about itself
 *   server_drain.c  the end
 *   server_method.c the table of methods
 *   server_call.c   one call, from its headers to its release
 *   server_reply.c  what a call answers
 *   server_receive.c  waiting for a message, not for ever; working for long
 *   server_unary.c  reading a request, running a handler
 *   server_stream.c the same of methods that stream; see stream_internal.h
 *   health.c, reflection.c   the services of gRPC itself
 *
 * Threads: the poller takes completions and runs everything but handlers; a worker
 * runs a handler and starts its answer. A call belongs to one of them at a time, its
 * reference count and `cancelled` excepted.
 */
#ifndef PARLEY_RPC_SERVER_INTERNAL_H
#define PARLEY_RPC_SERVER_INTERNAL_H

#include <grpc/grpc.h>
#include <pthread.h>
#include <stdatomic.h>

#include "call_internal.h"
#include "op.h"
#include "parley/rpc/server.h"
#include "tls.h"
#include "workers.h"

/* Requests kept posted, so that core never has to keep one waiting. */
#define PL_SERVER_POSTED 16
/* Jobs that the poller may hand over before it wakes a worker, while it finds more of them. */
#define PL_SERVER_UNWOKEN_MAX 16
/* For callers to read the last answers of a server that drains, in milliseconds. */
#define PL_SERVER_LAST_ANSWERS_MS 500
/* A call that takes longer than this hears of its cancellation in any case, in milliseconds. */
#define PL_SERVER_WATCH_MS 20
/* Finished calls kept for reuse, with the first block of their arenas. */
#define PL_SERVER_SPARE_MAX 64
/* When a caller refused for want of room may come back, in milliseconds. */
#define PL_SERVER_RETRY_AFTER_MS 100

typedef struct pl_server_call pl_server_call;
typedef struct pl_health pl_health;
typedef struct pl_reflection pl_reflection;
typedef struct pl_server_stream pl_server_stream;

/* A method as the server knows it: bound to an implementation, or our own. */
typedef struct pl_bound_method {
    const char *path;
    const pl_method_desc *desc; /* NULL for our own */
    const void *impl;
    /* Our own: takes the call over on the poller, after RECV_CLOSE has been started. */
    void (*own)(pl_server_call *call);
} pl_bound_method;

/* Calls for which there is something to do at a time, all after the same while: in the order of
 * these times. The poller's. */
typedef struct pl_server_line {
    pl_server_call *first, *last;
} pl_server_line;

struct pl_server_call {
    pl_call call;
    pl_server *server;
    grpc_call_details details;
    grpc_metadata_array metadata;
    grpc_byte_buffer *message; /* the request, or one of a stream */
    grpc_slice request;        /* its bytes */
    const pl_bound_method *method;
    char *path;        /* NUL-terminated, in the arena; NULL without memory */
    bool one_too_many; /* PL_SERVER_CALLS_MAX */
    atomic_int refs;
    pl_op requested, closed, received, sent;
    pl_job job;
    atomic_bool watched; /* `closed` is started; else RECV_CLOSE goes with the answer */
    int close_cancelled; /* written by core with RECV_CLOSE */
    int64_t arrived_ns, queued_ns;
    size_t request_bytes, response_bytes;
    uint64_t requests, responses; /* messages of a method that streams */
    pl_code code;
    /* of the answer, until it is sent */
    grpc_byte_buffer *reply;
    grpc_slice status_text, details_bytes;
    grpc_metadata headers[PL_CALL_METADATA_MAX];
    grpc_metadata trailing[PL_CALL_METADATA_MAX + 1];

    /* while it waits for a message */
    void (*on_message)(pl_server_call *call, bool came);
    /* while it stands in a line */
    pl_server_line *line; /* NULL: in none */
    int64_t due_ns;
    pl_server_call *sooner, *later;

    pl_server_call *next;                    /* among the spare */
    void *stream;                            /* state of our own streaming methods */
    pl_server_stream *streaming;             /* of an application's; freed with the call */
    void (*on_closed)(pl_server_call *call); /* the stream is over; NULL: nobody cares */
};

struct pl_server {
    pl_server_opts opts;
    char *listen, *domain;
    pl_tls *tls; /* NULL: plain text */
    grpc_server *grpc;
    grpc_completion_queue *queue;
    pthread_t poller;
    int port;
    pl_workers *workers, *stream_workers;
    pl_health *health;
    pl_reflection *reflection;

    pl_service_binding bindings[PL_SERVER_SERVICES_MAX];
    size_t binding_count;
    pl_bound_method *methods; /* open addressing, method_slots a power of two */
    size_t method_slots;
    bool started;
    pthread_mutex_t draining; /* held by the one who drains */
    bool drained;             /* guarded by draining */
    pl_code drain_code;       /* guarded by draining */
    unsigned unwoken;         /* jobs for which no worker was woken yet; the poller's */
    pl_server_line receiving; /* they wait for a message */
    pl_server_line unwatched; /* a worker has them */

    atomic_bool stopping;
    atomic_uint posted;
    atomic_uint streams_running; /* handlers of streams */
    int64_t look_ns;             /* at streams again; the poller's */
    atomic_ullong calls, refused;
    pl_op shutdown; /* the tag of grpc_server_shutdown_and_notify */

    pthread_mutex_t mu;
    pthread_cond_t changed; /* in_flight or live reached 0, or shut_down */
    /* guarded by mu */
    pl_server_call *spare;
    unsigned spare_count;
    unsigned in_flight; /* arrived and not yet answered, streams of our own excepted */
    unsigned live;      /* arrived and not yet released */
    pl_server_stream *streams_open;
    bool shut_down;
};

/* server_method.c */
pl_code pl_server_methods_build(pl_server *server, pl_error *err);
const pl_bound_method *pl_server_find_method(const pl_server *server, pl_str path);

/* server_call.c */
/* Keeps PL_SERVER_POSTED requests posted. */
void pl_server_post(pl_server *server);
void pl_server_call_unref(pl_server_call *call);
/* Sees to it that CALL hears of its cancellation. From the poller and from its handler. */
void pl_server_call_watch(pl_server_call *call);
/* CALL is answered, or a stream that nobody waits for: drain need not wait for it. */
void pl_server_call_leave(pl_server *server);
void pl_server_free_spare(pl_server *server);

/* server_reply.c */
/* Answers CALL with RESPONSE (PL_OK) or its error (CODE) and releases the handler's
 * reference; the observer is told when the answer is sent. The call must not be touched
 * afterwards. */
void pl_server_reply(pl_server_call *call, pl_code code, const ProtobufCMessage *response);
/* The same with bytes that are already packed; takes SLICE. */
void pl_server_reply_slice(pl_server_call *call, grpc_slice slice);
/* Fills OP with the initial metadata, which an error alone has not: GIVEN is false then. */
void pl_server_headers_op(pl_server_call *call, bool given, grpc_op *op);
/* The answer, or the last part of a stream, is off: tells the observer and releases one
 * reference. */
void pl_server_leave(pl_server_call *call);
/* Fills OP with the status of CALL; for streams. */
void pl_server_status_op(pl_server_call *call, pl_code code, grpc_op *op);

/* server_receive.c: on the poller only. */
/* Receives the next message of CALL, then calls ON_MESSAGE; CAME: it is in call->message. */
void pl_server_receive(pl_server_call *call, void (*on_message)(pl_server_call *call, bool came));
/* A worker has CALL: it is watched if it takes long. */
void pl_server_line_work(pl_server_call *call);
/* Takes CALL out of the line it stands in, if any. */
void pl_server_line_leave(pl_server_call *call);
/* When there is something to do for a call in a line; PL_NEVER: there are none. */
int64_t pl_server_lines_due(const pl_server *server);
/* Ends calls that have waited too long for a message, watches those that work for long. */
void pl_server_lines_look(pl_server *server);

/* server_stream.c */
/* Has a method that streams handled. */
void pl_server_stream_start(pl_server_call *call);
void pl_server_stream_free(pl_server_stream *stream);
/* Cancels streams that do not move, where it is time to look; on the poller. */
void pl_server_streams_look(pl_server *server);

/* server_unary.c */
/* Takes the request that came and unpacks it into the call's arena. */
pl_code pl_server_read_request(pl_server_call *call, ProtobufCMessage **out_request);
void pl_server_reply_no_request(pl_server_call *call);
/* Reads the request of an application's method and has it handled. */
void pl_server_unary_start(pl_server_call *call);
/* The bytes of a message, at most MAX; they live in call->request. Takes call->message. Where it
 * fails, the call has the error. */
PL_NODISCARD pl_code pl_server_call_bytes(pl_server_call *call, size_t max, pl_str *out_bytes);

/* health.c */
pl_code pl_health_new(pl_server *server, pl_health **out_health);
void pl_health_free(pl_health *health);
/* From now on watchers are told nothing more. */
void pl_health_stop(pl_health *health);
void pl_health_check(pl_server_call *call);
void pl_health_watch(pl_server_call *call);

/* reflection.c */
pl_code pl_reflection_new(const pl_server *server, pl_reflection **out_reflection);
void pl_reflection_free(pl_reflection *reflection);
void pl_reflection_info(pl_server_call *call);

#endif
