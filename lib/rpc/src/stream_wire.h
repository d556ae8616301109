/* pl_wire: the two flows of a stream and the gRPC call that carries them.
 *
 * One message is on its way in each direction at most. Reading stops while `in` is full, writing
 * while `out` is empty; completions arrive on the thread that polls the call's queue. What differs
 * between a server's call and a client's is in pl_wire_side.
 */
#ifndef PARLEY_RPC_STREAM_WIRE_H
#define PARLEY_RPC_STREAM_WIRE_H

#include <grpc/grpc.h>
#include <stdatomic.h>

#include "op.h"
#include "stream_flow.h"

#define PL_WIRE_OPS 4

typedef struct pl_wire pl_wire;

typedef struct pl_wire_side {
    /* Adds to OPS, which has PL_WIRE_OPS, what goes with the FIRST or LAST batch that is sent;
     * returns how many there are then. */
    size_t (*sending)(pl_wire *wire, bool first, bool last, grpc_op *ops, size_t count);
    /* The first batch has gone out, or the call is over; NULL: nobody cares. */
    void (*sent_first)(pl_wire *wire);
    /* The last batch was started; NULL: nobody cares. */
    void (*sent_last)(pl_wire *wire);
    /* The same for the first batch that receives. NULL: nothing to add. */
    size_t (*receiving)(pl_wire *wire, grpc_op *ops, size_t count);
    /* The first message has come; NULL: nobody cares. */
    void (*came_first)(pl_wire *wire);
    /* No more messages come; WHY not PL_OK: because one could not be read, which has cancelled the
     * call. */
    void (*dry)(pl_wire *wire, pl_code why);
    /* Around each batch: the wire must outlive it. The last release may free the wire. */
    void (*hold)(pl_wire *wire);
    void (*release)(pl_wire *wire);
} pl_wire_side;

struct pl_wire {
    const pl_wire_side *side;
    grpc_call *call;
    pl_flow in, out;
    pl_op received, sent;
    pl_later wake; /* of the reader: one wake-up for all that came at once */
    bool wakes;    /* it is due; the polling thread's */
    grpc_byte_buffer *incoming, *outgoing;
    bool reading_begun, writing_begun;
    bool ended;                                       /* the last batch has been started */
    size_t max_message;                               /* bytes of one that comes */
    atomic_ullong came, came_bytes, went, went_bytes; /* messages; went: on their way, too */
    atomic_ullong writes;                             /* batches that were sent */
};

/* The flows; CALL is set before the first operation. WAKE as for pl_flow_init. */
void pl_wire_init(pl_wire *wire, const pl_wire_side *side, void (*wake)(void *self),
                  void *wake_self);
void pl_wire_done(pl_wire *wire);

/* Receives a message; after it the next ones, while there is room. To be called once, and then when
 * a flow says that its transport is idle. */
void pl_wire_read(pl_wire *wire);
/* Sends what waits in `out`. To be called when the flow says that its transport is idle. */
void pl_wire_write(pl_wire *wire);
/* Sends the first batch even if there is no message for it yet. */
void pl_wire_open(pl_wire *wire);

#endif
