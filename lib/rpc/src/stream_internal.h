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
    /* Gives the call up. From any thread. */
    void (*cancel)(pl_stream *stream);
    /* Of a consumer: */
    bool (*is_over)(pl_stream *stream);
    /* It is over, and nothing else touches the end. */
    bool (*is_idle)(pl_stream *stream);
    /* Waits for that, once; from then on nothing needs the channel. */
    void (*wait)(pl_stream *stream);
    /* How it ended, where it is over; fills ERR and VIOLATIONS unless that is PL_OK. */
    pl_code (*status)(pl_stream *stream, pl_error *err, pl_violations *violations);
    /* Frees the end, after wait. CALL may be told what came with the answer. */
    void (*free)(pl_stream *stream);
} pl_stream_side;

typedef struct pl_stream_delivery pl_stream_delivery;

struct pl_stream {
    const pl_stream_side *side;
    const pl_method_desc *method; /* NULL: in bytes */
    pl_call *call;                /* NULL: in bytes */
    bool handler;
    int64_t deadline;      /* of a consumer's waits; PL_NEVER: the transport sees to it */
    atomic_bool cancelled; /* by pl_stream_cancel */
    pl_flow *in, *out;
    size_t max_send;
    /* the receiver's */
    pl_arena memory;    /* of the message at hand */
    grpc_slice at_hand; /* its bytes */
    pl_code failed;     /* what receiving failed with */
    bool ended;         /* the end of what comes has been seen */
    /* the sender's */
    pl_arena scratch;
    pl_error refused;             /* what sending failed with */
    pl_stream_delivery *delivery; /* of an end on a loop */
};

/* Prepares an end; the flows, `handler` and `max_send` are set by the caller. */
void pl_stream_init(pl_stream *stream, const pl_stream_side *side, const pl_method_desc *method,
                    pl_call *call);
void pl_stream_done(pl_stream *stream);

/* Takes the next message into stream->at_hand; UNTIL_NS 0: only where there is one. As
 * pl_flow_take, and the call is told of a failure. */
pl_code pl_stream_take(pl_stream *stream, int64_t until_ns, bool *out_came);
/* Unpacks BYTES, a message that came, into ARENA; a handler's end checks its limits, too. */
pl_code pl_stream_unpack(pl_stream *stream, pl_str bytes, pl_arena *arena,
                         ProtobufCMessage **out_message);
/* Waits for the end of a consumer's call, which it cuts short where it is not over; the code of
 * pl_stream_close. */
pl_code pl_stream_settle(pl_stream *stream);
/* Takes the one answer of a method that streams only its requests, once the status has said that it
 * counts; the caller unrefs it. */
pl_code pl_stream_take_answer(pl_stream *stream, grpc_slice *out_answer);
/* As pl_stream_recv, without waiting: PL_FLOW_NOT_NOW says there is none. */
pl_code pl_stream_recv_now(pl_stream *stream, const ProtobufCMessage **out_message);
/* As pl_stream_send; UNTIL_NS 0: PL_FLOW_NOT_NOW says there is no room. */
pl_code pl_stream_send_until(pl_stream *stream, const ProtobufCMessage *message, int64_t until_ns);
/* Sends SLICE (taken). UNTIL_NS as for pl_flow_put. */
pl_code pl_stream_put(pl_stream *stream, grpc_slice slice, int64_t until_ns);
/* When waits of this end are over. */
int64_t pl_stream_until(const pl_stream *stream);
/* Runs METHOD's handler for the end STREAM; the answer of one that streams none is sent. */
pl_code pl_stream_handle(pl_stream *stream, const void *impl, const ProtobufCMessage *request);
/* The error of a handler that returns CODE: its call's, or why sending failed. */
void pl_stream_settle_error(pl_stream *stream, pl_code code);

/* stream_client.c: a consumer's end over CHANNEL. CALL is NULL for one in bytes, which is what
 * BYTES says then; LOOP (NULL: none) has WAKE called with the end whenever there is something to
 * do. The error is in ERR. */
typedef struct pl_stream_start_opts {
    const pl_method_desc *method;
    pl_call *call;
    const ProtobufCMessage *request;
    const pl_bytes_request *bytes;
    pl_stream_delivery *delivery;
    void (*wake)(pl_stream *stream);
} pl_stream_start_opts;
pl_code pl_client_stream_open(pl_channel *channel, const pl_stream_start_opts *opts,
                              pl_stream **out_stream, pl_error *err);
/* What the status says, in bytes; NULL without memory. */
pl_bytes_reply *pl_client_stream_reply(pl_stream *stream);

/* stream_local.c: a consumer's end in memory. The error is CALL's. */
pl_code pl_local_stream_open(const pl_method_desc *method, const void *impl, pl_call *call,
                             const ProtobufCMessage *request, pl_stream **out_stream);

#endif
