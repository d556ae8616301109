/* Operations on a completion queue: a tag is a struct op with a function.
 *
 * A batch's results become visible to the thread that takes its tag. Core is not
 * instrumented, so ThreadSanitizer is told of that hand-over here.
 */
#ifndef PARLEY_RPC_OP_H
#define PARLEY_RPC_OP_H

#include <grpc/grpc.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct pl_op pl_op;
struct pl_op {
    void (*done)(pl_op *op, bool ok); /* on the poller */
};

#ifdef __SANITIZE_THREAD__
void __tsan_acquire(void *address);
void __tsan_release(void *address);
#define PL_OP_PUBLISH(tag) __tsan_release(tag)
#define PL_OP_TAKE(tag)    __tsan_acquire(tag)
#else
#define PL_OP_PUBLISH(tag) ((void)(tag))
#define PL_OP_TAKE(tag)    ((void)(tag))
#endif

/* Starts a batch; a refusal is a programming error and ends the process. */
void pl_op_start(grpc_call *call, const grpc_op *ops, size_t count, pl_op *op);

/* Something to do when completions stop coming. */
typedef struct pl_later pl_later;
struct pl_later {
    void (*run)(pl_later *later);
    pl_later *next; /* op.c's own */
};

/* Completions after which what is to be done later is done in any case. */
#define PL_OP_LATER_MAX 32

/* To be called by what a completion calls: LATER is run on this thread when there are no more
 * completions for the moment, once for each call. */
void pl_op_later(pl_later *later);

typedef enum pl_op_taken {
    PL_OP_DONE, /* a completion was taken off and called */
    PL_OP_NONE, /* there was none */
    PL_OP_OVER, /* the queue is shut down and empty */
} pl_op_taken;

/* Takes a completion that is there. */
pl_op_taken pl_op_try(grpc_completion_queue *queue);
/* Waits for one until DEADLINE_NS. */
pl_op_taken pl_op_next(grpc_completion_queue *queue, int64_t deadline_ns);

/* Takes them until the queue is over. */
void pl_op_poll(grpc_completion_queue *queue);

#endif
