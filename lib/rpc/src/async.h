/* The thread of a channel for calls on loops.
 *
 * It takes what core completes and hands it to the loops of the calls: what came together goes
 * together. Calls that were started in one round of a loop are started by this thread, too: two
 * threads on one connection make core queue its work and pass it to a third, which costs more than
 * the hand-over. One alone is started where it is, without waking anybody.
 */
#ifndef PARLEY_RPC_ASYNC_H
#define PARLEY_RPC_ASYNC_H

#include "op.h"
#include "parley/base/error.h"
#include "parley/loop/loop.h"

typedef struct pl_async pl_async;

/* A call on a loop; embedded in its owner, who sets these. It must not move until it has ended. */
typedef struct pl_async_op pl_async_op;
struct pl_async_op {
    pl_loop *loop;
    /* Starts a batch whose tag is `completed`, on the queue of the pl_async; from either thread. */
    void (*start)(pl_async_op *op);
    void (*ended)(pl_async_op *op); /* on the loop, once for each pl_async_start */
    /* async.c's own */
    pl_async *async;
    pl_op completed;
    pl_task at_end_of_round, at_end;
    pl_async_op *next;
};

/* PL_RESOURCE_EXHAUSTED without memory or thread. */
PL_NODISCARD pl_code pl_async_new(pl_async **out_async);
/* When no operation is left; also from `ended`. NULL is allowed. */
void pl_async_free(pl_async *async);
/* For operations that are not started here. */
grpc_completion_queue *pl_async_queue(pl_async *async);
/* Starts OP: now, or at the end of the round that its loop is in. */
void pl_async_start(pl_async *async, pl_async_op *op);

#endif
