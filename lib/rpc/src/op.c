#include "op.h"

#include "clock_grpc.h"
#include "parley/base/assert.h"
#include "parley/base/log.h"

void pl_op_start(grpc_call *call, const grpc_op *ops, size_t count, pl_op *op) {
    grpc_call_error error;

    PL_OP_PUBLISH(op);
    error = grpc_call_start_batch(call, ops, count, op, NULL);
    PL_ASSERT(error == GRPC_CALL_OK);
}

/* What a poller logged is written in one piece, before it goes to sleep. */
static grpc_event next(grpc_completion_queue *queue, int64_t deadline_ns) {
    if (pl_log_is_held()) {
        grpc_event event = grpc_completion_queue_next(queue, gpr_inf_past(GPR_CLOCK_MONOTONIC),
                                                      NULL);
        if (event.type != GRPC_QUEUE_TIMEOUT)
            return event;
        pl_log_flush();
    }
    return grpc_completion_queue_next(queue, pl_to_gpr(deadline_ns), NULL);
}

bool pl_op_next(grpc_completion_queue *queue, int64_t deadline_ns) {
    grpc_event event = next(queue, deadline_ns);
    pl_op *op = event.tag;

    if (event.type == GRPC_OP_COMPLETE) {
        PL_OP_TAKE(op);
        op->done(op, event.success != 0);
    }
    return event.type != GRPC_QUEUE_SHUTDOWN;
}

void pl_op_poll(grpc_completion_queue *queue) {
    while (pl_op_next(queue, PL_NEVER))
        continue;
}
