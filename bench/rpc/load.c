/* bench-rpc-load: makes a fixed number of calls of a method, a fixed number of them at once, over
 * gRPC's C core alone, so that every server is asked in the same way.
 *
 *     bench-rpc-load ADDRESS PATH CALLS DEPTH SERVER_PID
 *
 * Prints "name value" lines: CPU of the server (all its threads) and of this client a call, calls
 * a second, latencies. Any answer but OK with the bytes that were sent ends it with 1. */
#include <grpc/byte_buffer.h>
#include <grpc/byte_buffer_reader.h>
#include <grpc/grpc.h>
#include <grpc/grpc_security.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "order.h"
#include "parley/base/clock.h"
#include "parley/base/str.h"
#include "samples.h"

enum { DEPTH_MAX = 1000, CALLS_MAX = 10000000, DEADLINE_S = 20, WARM_UP = 1000 };

#define TRACEPARENT "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

typedef struct one_call {
    grpc_call *call;
    grpc_byte_buffer *request, *response;
    grpc_metadata_array initial, trailing;
    grpc_status_code status;
    grpc_slice details;
    int64_t began_ns;
} one_call;

static grpc_channel *channel;
static grpc_completion_queue *queue;
static grpc_slice path, body;
static grpc_metadata headers[1];
static one_call slots[DEPTH_MAX];
static samples latencies;

static void start(one_call *c) {
    grpc_op ops[6];

    memset(ops, 0, sizeof ops);
    grpc_metadata_array_init(&c->initial);
    grpc_metadata_array_init(&c->trailing);
    c->request = grpc_raw_byte_buffer_create(&body, 1);
    c->call = grpc_channel_create_call(
        channel, NULL, 0, queue, path, NULL,
        gpr_time_from_nanos(pl_deadline_ms(DEADLINE_S * 1000), GPR_CLOCK_MONOTONIC), NULL);
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
    c->began_ns = pl_now_ns();
    if (grpc_call_start_batch(c->call, ops, 6, c, NULL) != GRPC_CALL_OK)
        abort();
}

static bool is_right(const one_call *c) {
    grpc_byte_buffer_reader reader;
    grpc_slice answer;
    bool same;

    if (c->status != GRPC_STATUS_OK || !c->response ||
        !grpc_byte_buffer_reader_init(&reader, c->response))
        return false;
    answer = grpc_byte_buffer_reader_readall(&reader);
    same = grpc_slice_eq(answer, body);
    grpc_slice_unref(answer);
    grpc_byte_buffer_reader_destroy(&reader);
    return same;
}

static void finish(one_call *c) {
    samples_add(&latencies, pl_now_ns() - c->began_ns);
    if (!is_right(c)) {
        fprintf(stderr, "bench-rpc-load: status %d %.*s, or another order than was sent\n",
                (int)c->status, (int)GRPC_SLICE_LENGTH(c->details),
                (const char *)GRPC_SLICE_START_PTR(c->details));
        exit(1);
    }
    grpc_metadata_array_destroy(&c->initial);
    grpc_metadata_array_destroy(&c->trailing);
    grpc_byte_buffer_destroy(c->request);
    grpc_byte_buffer_destroy(c->response);
    c->response = NULL;
    grpc_slice_unref(c->details);
    grpc_call_unref(c->call);
}

/* CALLS calls, DEPTH at once: each answer starts the next. */
static void run(int64_t calls, int64_t depth) {
    int64_t started = 0;

    for (; started < depth && started < calls; started++)
        start(&slots[started]);
    for (int64_t ended = 0; ended < calls; ended++) {
        grpc_event event = grpc_completion_queue_next(queue, gpr_inf_future(GPR_CLOCK_MONOTONIC),
                                                      NULL);
        finish(event.tag);
        if (started < calls) {
            started++;
            start(event.tag);
        }
    }
}

static int64_t cpu_ns(clockid_t clock) {
    struct timespec used;

    return clock_gettime(clock, &used) == 0 ? (int64_t)used.tv_sec * PL_NS_PER_S + used.tv_nsec : 0;
}

static grpc_channel *connect_to(const char *address) {
    grpc_channel_credentials *plain = grpc_insecure_credentials_create();
    grpc_arg no_retries = {.type = GRPC_ARG_INTEGER,
                           .key = (char *)(uintptr_t) "grpc.enable_retries"};
    grpc_channel_args args = {1, &no_retries};
    grpc_channel *made = grpc_channel_create(address, plain, &args);

    grpc_channel_credentials_release(plain);
    return made;
}

static void prepare(const char *address, const char *method) {
    uint8_t bytes[ORDER_BYTES_MAX];
    size_t size = order_encode(bytes);

    grpc_init();
    channel = connect_to(address);
    queue = grpc_completion_queue_create_for_next(NULL);
    path = grpc_slice_from_copied_string(method);
    body = grpc_slice_from_copied_buffer((const char *)bytes, size);
    headers[0].key = grpc_slice_from_static_string("traceparent");
    headers[0].value = grpc_slice_from_static_string(TRACEPARENT);
    printf("order_bytes %zu\n", size);
}

int main(int argc, char **argv) {
    int64_t calls, depth, pid;
    clockid_t server_clock;

    if (argc != 6 || !pl_str_i64(pl_str_c(argv[3]), &calls) || calls < 1 || calls > CALLS_MAX ||
        !pl_str_i64(pl_str_c(argv[4]), &depth) || depth < 1 || depth > DEPTH_MAX ||
        !pl_str_i64(pl_str_c(argv[5]), &pid) ||
        clock_getcpuclockid((pid_t)pid, &server_clock) != 0) {
        fprintf(stderr, "usage: bench-rpc-load ADDRESS PATH CALLS DEPTH SERVER_PID\n");
        return 2;
    }
    prepare(argv[1], argv[2]);
    run(WARM_UP, depth);
    if (!samples_init(&latencies, (size_t)calls))
        return 1;
    int64_t server_ns = cpu_ns(server_clock);
    int64_t client_ns = cpu_ns(CLOCK_PROCESS_CPUTIME_ID);
    int64_t began_ns = pl_now_ns();
    run(calls, depth);
    int64_t took_ns = pl_now_ns() - began_ns;
    server_ns = cpu_ns(server_clock) - server_ns;
    client_ns = cpu_ns(CLOCK_PROCESS_CPUTIME_ID) - client_ns;
    samples_sort(&latencies);
    printf("server_us %.3f\nclient_us %.3f\n", (double)server_ns / 1e3 / (double)calls,
           (double)client_ns / 1e3 / (double)calls);
    printf("calls_per_second %.0f\n", (double)calls * 1e9 / (double)took_ns);
    printf("calls_per_cpu_second %.0f\n", (double)calls * 1e9 / (double)server_ns);
    samples_print(&latencies, "latency");
    return 0;
}
