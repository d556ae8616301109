/* The parts of pl_stream.
 *
 *   stream.c         both ends: receiving and sending, in messages and in bytes
 *   stream_client.c  a consumer's end over a channel
 *   stream_local.c   both ends in memory
 *   stream_open.c    opening, answer, close: over whatever there is
 *   stream_async.c   a consumer's end on a loop
 *   stream_relay.c   a handler's end joined to a consumer's
 *   stream_flow.c    the messages of one direction that wait
 *   stream_wire.c    two flows and the core call that carries them
 *   server_stream.c  a handler's end on a server
 */
#ifndef PARLEY_RPC_STREAM_INTERNAL_H
#define PARLEY_RPC_STREAM_INTERNAL_H

#include "call_internal.h"
#include "parley/rpc/stream.h"
#include "stream_flow.h"

/* What an end is made of; the functions get the end. Those of a handler's end are NULL where
 * nothing is said of it. */
typedef struct pl_stream_side {
    void (*put)(pl_stream *stream);  /* the transport of `out` has to be told */
    void (*took)(pl_stream *stream); /* the same of `in` */
    /* Gives the call up. */
    void (*cancel)(pl_stream *stream);
    /* A consumer's: waits until the call is over. */
    void (*wait)(pl_stream *stream);
    /* Whether it is over, and how: fills ERR and VIOLATIONS (NULL: not wanted). */
    bool (*status)(pl_stream *stream, pl_error *err, pl_violations *violations);
    /* Frees an end that is over. */
    void (*free)(pl_stream *stream);
} pl_stream_side;

struct pl_stream {
    const pl_stream_side *side;
    const pl_method_desc *method; /* NULL: in bytes */
    pl_call *call;                /* NULL: in bytes */
    bool handler;
    bool timed; /* waits end with the deadline of the call; else the transport sees to it */
    pl_flow *in, *out;
    size_t max_send;
    /* the receiver's */
    pl_arena memory;    /* of the message at hand */
    grpc_slice at_hand; /* its bytes */
    pl_code failed;     /* what receiving failed with */
    bool answered;      /* a consumer has seen the end */
    /* the sender's */
    pl_arena scratch;
    pl_error refused; /* what sending failed with */
};

/* Prepares an end; the flows, `handler`, `timed` and `max_send` are set by the caller. */
void pl_stream_init(pl_stream *stream, const pl_stream_side *side, const pl_method_desc *method,
                    pl_call *call);
void pl_stream_done(pl_stream *stream);

/* Takes the next message into stream->at_hand; UNTIL_NS 0: only where there is one. As
 * pl_flow_take, and the call is told of a failure. */
pl_code pl_stream_take(pl_stream *stream, int64_t until_ns, bool *out_came);
/* Unpacks what is at hand into ARENA; a handler's end checks its limits, too. */
pl_code pl_stream_unpack(pl_stream *stream, pl_arena *arena, ProtobufCMessage **out_message);
/* Sends SLICE (taken). UNTIL_NS as for pl_flow_put. */
pl_code pl_stream_put(pl_stream *stream, grpc_slice slice, int64_t until_ns);
/* When waits of this end are over. */
int64_t pl_stream_until(const pl_stream *stream);
/* The error of a handler that returns CODE: its call's, or why sending failed. */
void pl_stream_settle_error(pl_stream *stream, pl_code code);

#endif
