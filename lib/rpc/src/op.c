#include "op.h"

#include "clock_grpc.h"
#include "parley/base/assert.h"

void pl_op_start(grpc_call *call, const grpc_op *ops, size_t count, pl_op *op) {
    grpc_call_error error;

    PL_OP_PUBLISH(op);
    error = grpc_call_start_batch(call, ops, count, op, NULL);
    PL_ASSERT(error == GRPC_CALL_OK);
}

/* What this thread does when it has nothing better to do. */
static _Thread_local struct {
    pl_later *first;
    unsigned completions; /* taken since */
} later;

void pl_op_later(pl_later *item) {
    item->next = later.first;
    later.first = item;
}

static void run_later(void) {
    pl_later *item = later.first;

    later.first = NULL;
    later.completions = 0;
    while (item) {
        pl_later *next = item->next; /* the item may be gone when it has run */
        item->run(item);
        item = next;
    }
}

static pl_op_taken take(grpc_completion_queue *queue, gpr_timespec deadline) {
    if (later.first && ++later.completions > PL_OP_LATER_MAX)
        run_later();
    grpc_event event = grpc_completion_queue_next(queue, deadline, NULL);
    pl_op *op = event.tag;

    if (event.type == GRPC_QUEUE_SHUTDOWN)
        return PL_OP_OVER;
    if (event.type == GRPC_QUEUE_TIMEOUT)
        return PL_OP_NONE;
    PL_OP_TAKE(op);
    op->done(op, event.success != 0);
    return PL_OP_DONE;
}

pl_op_taken pl_op_try(grpc_completion_queue *queue) {
    return take(queue, gpr_inf_past(GPR_CLOCK_MONOTONIC));
}

pl_op_taken pl_op_next(grpc_completion_queue *queue, int64_t deadline_ns) {
    if (later.first) {
        pl_op_taken taken = pl_op_try(queue);
        if (taken != PL_OP_NONE)
            return taken;
        run_later();
    }
    return take(queue, pl_to_gpr(deadline_ns));
}

void pl_op_poll(grpc_completion_queue *queue) {
    while (pl_op_next(queue, PL_NEVER) != PL_OP_OVER)
        continue;
}
