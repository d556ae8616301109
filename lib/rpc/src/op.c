#include "op.h"

#include "parley/base/assert.h"

void pl_op_start(grpc_call *call, const grpc_op *ops, size_t count, pl_op *op) {
    grpc_call_error error;

    PL_OP_PUBLISH(op);
    error = grpc_call_start_batch(call, ops, count, op, NULL);
    PL_ASSERT(error == GRPC_CALL_OK);
}

void pl_op_poll(grpc_completion_queue *queue) {
    for (;;) {
        grpc_event event = grpc_completion_queue_next(queue, gpr_inf_future(GPR_CLOCK_MONOTONIC),
                                                      NULL);
        pl_op *op = event.tag;
        if (event.type == GRPC_QUEUE_SHUTDOWN)
            return;
        if (event.type != GRPC_OP_COMPLETE)
            continue;
        PL_OP_TAKE(op);
        op->done(op, event.success != 0);
    }
}
