/* bench-stub-load: asks for orders at random, over gRPC's C core alone, a fixed number of calls at
 * once.
 *
 *     bench-stub-load ADDRESS PATH ORDERS CALLS DEPTH SERVER_PID
 *
 * First every order once, in no order, then CALLS of them at random, always the same ones. Prints
 * "name value" lines: CPU of the server (all its threads) a call, of both. */
#include <stdio.h>
#include <stdlib.h>

#include "core.h"
#include "order.h"
#include "parley/base/clock.h"
#include "parley/base/str.h"

enum { DEPTH_MAX = 1000, CALLS_MAX = 10000000, ORDERS_MAX = 100000, FIRST_ORDER = 1000000 };

/* A call, and the order it asks for. */
typedef struct slot {
    core_call call; /* first: its address is the tag */
    const core_target *target;
} slot;

static core_target *targets;
static slot slots[DEPTH_MAX];
static uint64_t dice = 88172645463325252u;

static uint64_t roll(void) { /* xorshift64 */
    dice ^= dice << 13;
    dice ^= dice >> 7;
    return dice ^= dice << 17;
}

static void make_targets(const char *address, const char *path, size_t count) {
    core_target first;

    core_target_init(&first, address, path, grpc_completion_queue_create_for_next(NULL));
    targets = calloc(count, sizeof *targets);
    if (!targets)
        abort();
    for (size_t i = 0; i < count; i++) {
        uint8_t bytes[ORDER_BYTES_MAX];
        bench_v1_Instant instant;
        bench_v1_Order order;
        order_init(&order, &instant);
        order.id = FIRST_ORDER + (int64_t)i;
        targets[i] = first;
        targets[i].body = grpc_slice_from_copied_buffer(
            (const char *)bytes, protobuf_c_message_pack(&order.base, bytes));
    }
}

static void ask(slot *s, size_t order) {
    s->target = &targets[order];
    core_call_start(s->target, &s->call);
}

/* What is asked for one after the other is asked for at random, too: each order once. */
static void shuffle_targets(size_t count) {
    for (size_t i = count; i > 1; i--) {
        size_t other = roll() % i;
        core_target kept = targets[i - 1];
        targets[i - 1] = targets[other];
        targets[other] = kept;
    }
}

/* CALLS calls, DEPTH at once: of the first targets one after the other, or of ORDERS at random. */
static void run(size_t orders, int64_t calls, int64_t depth, bool at_random) {
    int64_t started = 0;

    for (; started < depth && started < calls; started++)
        ask(&slots[started], at_random ? roll() % orders : (size_t)started);
    for (int64_t ended = 0; ended < calls; ended++) {
        grpc_event event = grpc_completion_queue_next(targets[0].queue,
                                                      gpr_inf_future(GPR_CLOCK_MONOTONIC), NULL);
        slot *s = event.tag;
        core_call_finish(s->target, &s->call);
        if (started < calls) {
            ask(s, at_random ? roll() % orders : (size_t)started);
            started++;
        }
    }
}

static bool read_number(const char *text, int64_t max, int64_t *out) {
    return pl_str_i64(pl_str_c(text), out) && *out >= 1 && *out <= max;
}

int main(int argc, char **argv) {
    int64_t orders, calls, depth, pid, before, between;
    clockid_t server;

    if (argc != 7 || !read_number(argv[3], ORDERS_MAX, &orders) ||
        !read_number(argv[4], CALLS_MAX, &calls) || !read_number(argv[5], DEPTH_MAX, &depth) ||
        !read_number(argv[6], INT32_MAX, &pid) || clock_getcpuclockid((pid_t)pid, &server) != 0) {
        fprintf(stderr, "usage: bench-stub-load ADDRESS PATH ORDERS CALLS DEPTH SERVER_PID\n");
        return 2;
    }
    grpc_init();
    make_targets(argv[1], argv[2], (size_t)orders);
    shuffle_targets((size_t)orders);
    before = core_cpu_ns(server);
    run((size_t)orders, orders, depth, false);
    between = core_cpu_ns(server);
    printf("first_us %.3f\n", (double)(between - before) / 1e3 / (double)orders);
    run((size_t)orders, calls, depth, true);
    printf("random_us %.3f\n", (double)(core_cpu_ns(server) - between) / 1e3 / (double)calls);
    return 0;
}
