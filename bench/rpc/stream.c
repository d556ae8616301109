/* bench-rpc-stream: reads a server's stream of orders over gRPC's C core alone.
 *
 *     bench-rpc-stream ADDRESS MESSAGES SERVER_PID
 *
 * Prints the CPU of the server a message. Anything but so many messages and OK ends it with 1. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <grpc/byte_buffer.h>

#include "core.h"
#include "order.h"
#include "parley/base/clock.h"
#include "parley/base/str.h"

enum { MESSAGES_MAX = 10000000, WARM_UP = 1000 };

static void start_batch(core_call *c, const grpc_op *ops, size_t count, void *tag) {
    if (grpc_call_start_batch(c->call, ops, count, tag, NULL) != GRPC_CALL_OK)
        abort();
}

/* The request; and the status, which comes last. */
static void begin(const core_target *target, core_call *c, int64_t messages) {
    bench_v1_WatchRequest request = bench_v1_WATCH_REQUEST_INIT;
    grpc_metadata headers[1] = {target->headers[0]};
    uint8_t bytes[ORDER_BYTES_MAX];
    grpc_slice body;
    grpc_op ops[5];

    request.count = messages;
    body = grpc_slice_from_copied_buffer((const char *)bytes,
                                         protobuf_c_message_pack(&request.base, bytes));
    memset(c, 0, sizeof *c);
    memset(ops, 0, sizeof ops);
    grpc_metadata_array_init(&c->initial);
    grpc_metadata_array_init(&c->trailing);
    c->request = grpc_raw_byte_buffer_create(&body, 1);
    grpc_slice_unref(body);
    c->call = grpc_channel_create_call(
        target->channel, NULL, 0, target->queue, target->path, NULL,
        gpr_time_from_nanos(pl_deadline_ms(CORE_DEADLINE_MS), GPR_CLOCK_MONOTONIC), NULL);
    ops[0].op = GRPC_OP_SEND_INITIAL_METADATA;
    ops[0].data.send_initial_metadata.count = 1;
    ops[0].data.send_initial_metadata.metadata = headers;
    ops[1].op = GRPC_OP_SEND_MESSAGE;
    ops[1].data.send_message.send_message = c->request;
    ops[2].op = GRPC_OP_SEND_CLOSE_FROM_CLIENT;
    ops[3].op = GRPC_OP_RECV_INITIAL_METADATA;
    ops[3].data.recv_initial_metadata.recv_initial_metadata = &c->initial;
    start_batch(c, ops, 4, NULL);
    memset(ops, 0, sizeof ops);
    ops[0].op = GRPC_OP_RECV_STATUS_ON_CLIENT;
    ops[0].data.recv_status_on_client.trailing_metadata = &c->trailing;
    ops[0].data.recv_status_on_client.status = &c->status;
    ops[0].data.recv_status_on_client.status_details = &c->details;
    start_batch(c, ops, 1, &c->status);
}

static void receive(core_call *c) {
    grpc_op op = {.op = GRPC_OP_RECV_MESSAGE};

    op.data.recv_message.recv_message = &c->response;
    start_batch(c, &op, 1, c);
}

static void run(const core_target *target, int64_t messages) {
    core_call call;
    int64_t came = 0;
    int open = 3; /* batches that are on their way */

    begin(target, &call, messages);
    receive(&call);
    while (open > 0) {
        grpc_event event = grpc_completion_queue_next(target->queue,
                                                      gpr_inf_future(GPR_CLOCK_MONOTONIC), NULL);
        open--;
        if (event.tag != &call || !call.response)
            continue;
        came++;
        grpc_byte_buffer_destroy(call.response);
        call.response = NULL;
        receive(&call);
        open++;
    }
    if (call.status != GRPC_STATUS_OK || came != messages) {
        fprintf(stderr, "bench-rpc-stream: status %d after %lld of %lld orders\n", (int)call.status,
                (long long)came, (long long)messages);
        exit(1);
    }
    grpc_metadata_array_destroy(&call.initial);
    grpc_metadata_array_destroy(&call.trailing);
    grpc_byte_buffer_destroy(call.request);
    grpc_slice_unref(call.details);
    grpc_call_unref(call.call);
}

int main(int argc, char **argv) {
    int64_t messages, pid;
    clockid_t server_clock;
    core_target target;

    if (argc != 4 || !pl_str_i64(pl_str_c(argv[2]), &messages) || messages < 1 ||
        messages > MESSAGES_MAX || !pl_str_i64(pl_str_c(argv[3]), &pid) ||
        clock_getcpuclockid((pid_t)pid, &server_clock) != 0) {
        fprintf(stderr, "usage: bench-rpc-stream ADDRESS MESSAGES SERVER_PID\n");
        return 2;
    }
    grpc_init();
    core_target_init(&target, argv[1], "/bench.v1.OrderService/Watch",
                     grpc_completion_queue_create_for_next(NULL));
    run(&target, WARM_UP);
    int64_t server_ns = core_cpu_ns(server_clock);
    run(&target, messages);
    printf("server_us %.3f\n",
           (double)(core_cpu_ns(server_clock) - server_ns) / 1e3 / (double)messages);
    return 0;
}
