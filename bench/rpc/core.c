#include "core.h"

#include <grpc/byte_buffer.h>
#include <grpc/byte_buffer_reader.h>
#include <grpc/grpc_security.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "order.h"
#include "parley/base/clock.h"

#define TRACEPARENT "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

void core_target_init(core_target *target, const char *address, const char *path,
                      grpc_completion_queue *queue) {
    uint8_t bytes[ORDER_BYTES_MAX];
    size_t size = order_encode(bytes);
    grpc_channel_credentials *plain = grpc_insecure_credentials_create();
    grpc_arg no_retries = {.type = GRPC_ARG_INTEGER,
                           .key = (char *)(uintptr_t)GRPC_ARG_ENABLE_RETRIES};
    grpc_channel_args args = {1, &no_retries};

    memset(target, 0, sizeof *target);
    target->channel = grpc_channel_create(address, plain, &args);
    grpc_channel_credentials_release(plain);
    target->queue = queue;
    target->path = grpc_slice_from_copied_string(path);
    target->body = grpc_slice_from_copied_buffer((const char *)bytes, size);
    target->headers[0].key = grpc_slice_from_static_string("traceparent");
    target->headers[0].value = grpc_slice_from_static_string(TRACEPARENT);
}

void core_call_start(const core_target *target, core_call *c) {
    grpc_slice body = target->body;
    grpc_metadata headers[1] = {target->headers[0]};
    grpc_op ops[6];

    memset(ops, 0, sizeof ops);
    grpc_metadata_array_init(&c->initial);
    grpc_metadata_array_init(&c->trailing);
    c->response = NULL;
    c->request = grpc_raw_byte_buffer_create(&body, 1);
    c->began_ns = pl_now_ns();
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
    ops[4].op = GRPC_OP_RECV_MESSAGE;
    ops[4].data.recv_message.recv_message = &c->response;
    ops[5].op = GRPC_OP_RECV_STATUS_ON_CLIENT;
    ops[5].data.recv_status_on_client.trailing_metadata = &c->trailing;
    ops[5].data.recv_status_on_client.status = &c->status;
    ops[5].data.recv_status_on_client.status_details = &c->details;
    if (grpc_call_start_batch(c->call, ops, 6, c, NULL) != GRPC_CALL_OK)
        abort();
}

static bool is_right(const core_target *target, const core_call *c) {
    grpc_byte_buffer_reader reader;
    grpc_slice answer;
    bool same;

    if (c->status != GRPC_STATUS_OK || !c->response ||
        !grpc_byte_buffer_reader_init(&reader, c->response))
        return false;
    answer = grpc_byte_buffer_reader_readall(&reader);
    same = grpc_slice_eq(answer, target->body);
    grpc_slice_unref(answer);
    grpc_byte_buffer_reader_destroy(&reader);
    return same;
}

void core_call_finish(const core_target *target, core_call *c) {
    if (!is_right(target, c)) {
        fprintf(stderr, "status %d %.*s, or another order than was sent\n", (int)c->status,
                (int)GRPC_SLICE_LENGTH(c->details), (const char *)GRPC_SLICE_START_PTR(c->details));
        exit(1);
    }
    grpc_metadata_array_destroy(&c->initial);
    grpc_metadata_array_destroy(&c->trailing);
    grpc_byte_buffer_destroy(c->request);
    grpc_byte_buffer_destroy(c->response);
    grpc_slice_unref(c->details);
    grpc_call_unref(c->call);
}

int64_t core_cpu_ns(clockid_t clock) {
    struct timespec used;

    return clock_gettime(clock, &used) == 0 ? (int64_t)used.tv_sec * PL_NS_PER_S + used.tv_nsec : 0;
}
