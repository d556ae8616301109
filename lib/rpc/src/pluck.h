/* One pluck queue a thread, for its blocking calls.
 *
 * A queue of its own because core allows only a handful of plucks at once on one
 * queue; made on first use, ended with the thread.
 */
#ifndef PARLEY_RPC_PLUCK_H
#define PARLEY_RPC_PLUCK_H

#include <grpc/grpc.h>

/* The calling thread's queue. */
grpc_completion_queue *pl_pluck_queue(void);

/* Ends the calling thread's queue before the thread ends, for a thread that outlives
 * its use of gRPC. */
void pl_pluck_done(void);

#endif
