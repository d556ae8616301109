/* The parts that clients over gRPC's C core alone share. */
#ifndef BENCH_RPC_CORE_H
#define BENCH_RPC_CORE_H

#include <grpc/grpc.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

enum { CORE_DEADLINE_MS = 20000 };

/* What is called, and how. */
typedef struct core_target {
    grpc_channel *channel;
    grpc_completion_queue *queue;
    grpc_slice path, body; /* an order */
    grpc_metadata headers[1];
} core_target;

typedef struct core_call {
    grpc_call *call;
    grpc_byte_buffer *request, *response;
    grpc_metadata_array initial, trailing;
    grpc_status_code status;
    grpc_slice details;
    int64_t began_ns;
} core_call;

/* QUEUE is the target's from now on. */
void core_target_init(core_target *target, const char *address, const char *path,
                      grpc_completion_queue *queue);
/* Starts one call; its tag is CALL. */
void core_call_start(const core_target *target, core_call *call);
/* Frees what a call took; ends the process where the answer is not OK or another order than was
 * sent. */
void core_call_finish(const core_target *target, core_call *call);

/* CPU time of the process behind CLOCK, in nanoseconds. */
int64_t core_cpu_ns(clockid_t clock);

#endif
