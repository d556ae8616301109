/* One gRPC call of a client: a batch with every operation, and what it brought. */
#ifndef PARLEY_RPC_ATTEMPT_H
#define PARLEY_RPC_ATTEMPT_H

#include <grpc/grpc.h>

#include "call_internal.h"
#include "op.h"
#include "upstream.h"

/* What is to be sent, the same for every attempt. Borrowed but for body. */
typedef struct pl_exchange {
    const char *path;
    grpc_slice body; /* the caller unrefs it after the last attempt */
    int64_t deadline_ns;
    bool idempotent;
    pl_metadata metadata[PL_CALL_METADATA_MAX + 4];
    size_t metadata_count;
    bool traced;        /* it is a span of the call it is made with, */
    pl_trace trace;     /* this one, which metadata points to: an exchange does not move */
    int64_t started_ns; /* monotonic */
    pl_call *waiter;    /* whose cancellation ends the call; NULL: nobody's */
} pl_exchange;

/* Zeroed: nothing to release. Must not move while the batch is on its way. */
typedef struct pl_attempt {
    pl_core_channel *channel;
    grpc_call *call;
    grpc_metadata_array initial, trailing;
    grpc_byte_buffer *request, *response;
    grpc_status_code status;
    grpc_slice message;
    const char *debug; /* where core says what really happened; NULL: it has nothing to say */
    bool given_up;     /* we cancelled it, or whoever waits for it did */
    grpc_metadata outgoing[PL_CALL_METADATA_MAX + 4]; /* last: it is not cleared */
} pl_attempt;

/* Starts the call through CHANNEL (taken); OP is completed on QUEUE. */
void pl_attempt_start(pl_attempt *attempt, pl_core_channel *channel, const pl_exchange *exchange,
                      grpc_completion_queue *queue, pl_op *op);
void pl_attempt_done(pl_attempt *attempt);

/* The same in two steps: the call without its operations, whose metadata is in `outgoing`, */
void pl_attempt_begin(pl_attempt *attempt, pl_core_channel *channel, const pl_exchange *exchange,
                      grpc_completion_queue *queue);
/* and all of its operations; a stream starts them one by one instead. From any thread. */
void pl_attempt_send(pl_attempt *attempt, const pl_exchange *exchange, pl_op *op);
/* Fills OP so that it brings the status. */
void pl_attempt_status_op(pl_attempt *attempt, grpc_op *op);

/* Whether what is sent goes out at once. Core sends RST_STREAM for a stream whose HEADERS it has
 * not written yet where the cancellation overtakes them (grpc/grpc#19655). That is an error of the
 * connection, which servers on nghttp2, Netty or Go end, with everybody's calls: on a connection a
 * cancellation has to wait for the HEADERS. */
bool pl_attempt_is_connected(const pl_attempt *attempt);

/* Of a completed attempt. A server that stops cancels what reaches it too late: CANCELLED
 * that we did not ask for, and that no handler explains, is PL_UNAVAILABLE. */
pl_code pl_attempt_code(const pl_attempt *attempt);
/* grpc-status-details-bin; {NULL, 0}: none. */
pl_str pl_attempt_details(const pl_attempt *attempt);
/* The upstream could not be reached or did not answer in time, as opposed to an answer
 * with such a code and details, which proves that it lives. */
bool pl_attempt_is_failure(const pl_attempt *attempt);
/* It failed, but the request may have arrived and had its effect. */
bool pl_attempt_in_doubt(const pl_attempt *attempt);
/* Fills ERR and VIOLATIONS (NULL: not wanted) from a status that is not OK. UPSTREAM is the
 * channel's name. */
void pl_attempt_error(const pl_attempt *attempt, const char *upstream, const char *path,
                      pl_error *err, pl_violations *violations);
/* What core says of a failure, with addresses and all: for logs, never for callers. */
const char *pl_attempt_debug(const pl_attempt *attempt);
/* The bytes of the answer as one slice; the caller unrefs it. PL_RESOURCE_EXHAUSTED: a compressed
 * one is too long; PL_INTERNAL: or malformed. */
pl_code pl_attempt_body(pl_attempt *attempt, const char *path, grpc_slice *out_body, pl_error *err);

#endif
