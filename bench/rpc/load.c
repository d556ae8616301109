/* bench-rpc-load: makes a fixed number of calls of a method, a fixed number of them at once, over
 * gRPC's C core alone, so that every server is asked in the same way.
 *
 *     bench-rpc-load ADDRESS PATH CALLS DEPTH SERVER_PID
 *
 * Prints "name value" lines: CPU of the server (all its threads) and of this client a call, calls
 * a second, latencies. DEPTH pluck: one call after another, waited for with pluck. */
#include <stdio.h>
#include <string.h>

#include "core.h"
#include "parley/base/clock.h"
#include "parley/base/str.h"
#include "samples.h"

enum { DEPTH_MAX = 1000, CALLS_MAX = 10000000, WARM_UP = 1000 };

static core_target target;
static core_call slots[DEPTH_MAX];
static samples latencies;

static void finish(core_call *c) {
    samples_add(&latencies, pl_now_ns() - c->began_ns);
    core_call_finish(&target, c);
}

/* CALLS calls, DEPTH at once: each answer starts the next. */
static void run(int64_t calls, int64_t depth) {
    int64_t started = 0;

    for (; started < depth && started < calls; started++)
        core_call_start(&target, &slots[started]);
    for (int64_t ended = 0; ended < calls; ended++) {
        grpc_event event = grpc_completion_queue_next(target.queue,
                                                      gpr_inf_future(GPR_CLOCK_MONOTONIC), NULL);
        finish(event.tag);
        if (started < calls) {
            started++;
            core_call_start(&target, event.tag);
        }
    }
}

static void run_pluck(int64_t calls) {
    for (int64_t i = 0; i < calls; i++) {
        core_call_start(&target, &slots[0]);
        (void)grpc_completion_queue_pluck(target.queue, &slots[0],
                                          gpr_inf_future(GPR_CLOCK_MONOTONIC), NULL);
        finish(&slots[0]);
    }
}

int main(int argc, char **argv) {
    bool pluck = argc == 6 && strcmp(argv[4], "pluck") == 0;
    int64_t calls, depth = 1, pid;
    clockid_t server_clock;

    if (argc != 6 || !pl_str_i64(pl_str_c(argv[3]), &calls) || calls < 1 || calls > CALLS_MAX ||
        (!pluck && (!pl_str_i64(pl_str_c(argv[4]), &depth) || depth < 1 || depth > DEPTH_MAX)) ||
        !pl_str_i64(pl_str_c(argv[5]), &pid) ||
        clock_getcpuclockid((pid_t)pid, &server_clock) != 0) {
        fprintf(stderr, "usage: bench-rpc-load ADDRESS PATH CALLS DEPTH|pluck SERVER_PID\n");
        return 2;
    }
    grpc_init();
    core_target_init(&target, argv[1], argv[2],
                     pluck ? grpc_completion_queue_create_for_pluck(NULL)
                           : grpc_completion_queue_create_for_next(NULL));
    pluck ? run_pluck(WARM_UP) : run(WARM_UP, depth);
    if (!samples_init(&latencies, (size_t)calls))
        return 1;
    int64_t server_ns = core_cpu_ns(server_clock);
    int64_t client_ns = core_cpu_ns(CLOCK_PROCESS_CPUTIME_ID);
    int64_t began_ns = pl_now_ns();
    pluck ? run_pluck(calls) : run(calls, depth);
    int64_t took_ns = pl_now_ns() - began_ns;
    server_ns = core_cpu_ns(server_clock) - server_ns;
    client_ns = core_cpu_ns(CLOCK_PROCESS_CPUTIME_ID) - client_ns;
    samples_sort(&latencies);
    printf("order_bytes %zu\n", GRPC_SLICE_LENGTH(target.body));
    printf("server_us %.3f\nclient_us %.3f\n", (double)server_ns / 1e3 / (double)calls,
           (double)client_ns / 1e3 / (double)calls);
    printf("per_second %.0f\n", (double)calls * 1e9 / (double)took_ns);
    printf("per_cpu_second %.0f\n", (double)calls * 1e9 / (double)server_ns);
    samples_print(&latencies, "latency");
    return 0;
}
