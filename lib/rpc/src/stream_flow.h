/* pl_flow: the messages of one direction of a stream that wait, packed.
 *
 * A bounded queue between an end, which puts or takes and may wait, and a transport, which takes or
 * puts and never waits. A transport works on a flow for as long as it finds something to do there;
 * when it does not, it stops, and whoever makes work for it is told to set it going again: that is
 * `idle`. A flow that joins two ends in memory has no transport.
 *
 * Ended: nothing more is put; what waits is still taken. Cut: what waits is dropped.
 *
 * Wake-ups cost more than messages: one who waits for room is woken when half of the queue is free,
 * one who waits for a message when the first comes.
 *
 * Thread-safe: one reader, one writer, and anybody may end or cut.
 */
#ifndef PARLEY_RPC_STREAM_FLOW_H
#define PARLEY_RPC_STREAM_FLOW_H

#include <grpc/slice.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "parley/rpc/stream.h"

/* Nothing there, or no room, now: no code that a call may end with. */
#define PL_FLOW_NOT_NOW ((pl_code)PL_CODE_COUNT)

typedef struct pl_flow {
    pthread_mutex_t mu;
    pthread_cond_t readable, writable;
    /* Called, outside of mu, instead of waking a thread; set before the first use. */
    void (*wake)(void *self);
    void *wake_self;
    /* guarded by mu */
    grpc_slice ring[PL_STREAM_QUEUE];
    unsigned first, count;
    size_t bytes;
    bool idle; /* a transport waits to be told of work */
    bool ended, cut;
    pl_code code; /* why it ended or was cut; PL_OK: as it should */
    bool reader_waits, writer_waits;
} pl_flow;

/* WAKE NULL: ends wait on threads of their own. */
void pl_flow_init(pl_flow *flow, void (*wake)(void *self), void *wake_self);
void pl_flow_done(pl_flow *flow);

/* ---- for ends ---- */

/* Puts SLICE (taken where PL_OK is returned), waiting for room until UNTIL_NS; 0: not at all.
 * *out_idle: the transport has to be told. The code of the flow's cut; PL_FAILED_PRECONDITION: it
 * has ended; PL_FLOW_NOT_NOW; PL_DEADLINE_EXCEEDED. */
pl_code pl_flow_put(pl_flow *flow, grpc_slice slice, int64_t until_ns, bool *out_idle);
/* Takes the next message, waiting for it; 0: not at all, PL_FLOW_NOT_NOW says there is none.
 * *out_came is false at the end. Else the code of end or cut; PL_DEADLINE_EXCEEDED. */
pl_code pl_flow_take(pl_flow *flow, int64_t until_ns, grpc_slice *out_slice, bool *out_came,
                     bool *out_idle);

/* ---- for transports ---- */

/* Whether the transport is at work on it, which it is not where the flow has ended or was cut
 * before the transport began. */
bool pl_flow_busy(pl_flow *flow);

/* Puts SLICE (taken); false where it must stop until it is told. *out_sleeps: a thread waits for
 * what is there, and is to be woken with pl_flow_wake_reader when no more comes at once; it was
 * woken already where the queue is half full. */
bool pl_flow_push(pl_flow *flow, grpc_slice slice, bool *out_sleeps);
void pl_flow_wake_reader(pl_flow *flow);

typedef enum pl_flow_pulled {
    PL_FLOW_NOTHING, /* stop until told */
    PL_FLOW_MESSAGE, /* and more wait */
    PL_FLOW_NEWEST,  /* a message, and no more wait now */
    PL_FLOW_LAST,    /* the last message */
    PL_FLOW_END      /* no more messages, said once */
} pl_flow_pulled;

pl_flow_pulled pl_flow_pull(pl_flow *flow, grpc_slice *out_slice);

/* ---- for both ---- */

bool pl_flow_has_room(pl_flow *flow);
/* A reader learns nothing more but the code. */
bool pl_flow_is_over(pl_flow *flow);

/* Nothing more is put; the reader is told CODE after what waits. True: the transport has to be
 * told. The first end counts. */
bool pl_flow_end(pl_flow *flow, pl_code code);
/* Drops what waits; both sides are told CODE from now on. The first cut counts. */
void pl_flow_cut(pl_flow *flow, pl_code code);

#endif
