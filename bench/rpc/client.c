/* bench-rpc-client: the clients of this project, asking what bench-rpc-load asks.
 *
 *     bench-rpc-client blocking|async ADDRESS CALLS DEPTH
 *
 * blocking: one thread, one call after another (DEPTH 1); async: DEPTH calls at once on a loop.
 * Both pack and unpack messages and go through breaker, bulkhead and trace. Prints its CPU a call.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "order.h"
#include "parley/base/clock.h"
#include "parley/base/str.h"
#include "parley/loop/loop.h"

enum { CALLS_MAX = 10000000, DEPTH_MAX = 1000, TIMEOUT_MS = 20000, WARM_UP = 1000 };

#define TRACEPARENT "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

static pl_channel *channel;
static bench_v1_Order order;
static bench_v1_Instant instant;
static const pl_call_opts call_opts = {.timeout_ms = TIMEOUT_MS, .traceparent = TRACEPARENT};

static void fail(const char *what, const pl_error *err) {
    fprintf(stderr, "bench-rpc-client: %s: %s\n", what, err->message);
    exit(1);
}

static void check(const pl_call *call, const bench_v1_Order *answer) {
    if (!answer || answer->id != order.id || strcmp(answer->note, order.note) != 0)
        fail("another order than was sent", pl_call_error(call));
}

static void run_blocking(int64_t calls) {
    bench_v1_OrderService service = bench_v1_OrderService_client(channel);

    for (int64_t i = 0; i < calls; i++) {
        pl_error err = PL_ERROR_INIT;
        bench_v1_Order *answer = NULL;
        pl_call *call;
        if (pl_call_new(&call_opts, &call, &err) != PL_OK)
            fail("no call", &err);
        if (service.ops->echo(service.self, call, &order, &answer) != PL_OK)
            fail("refused", pl_call_error(call));
        check(call, answer);
        pl_call_free(call);
    }
}

/* ---- without waiting ---- */

typedef struct run_state {
    pl_loop *loop;
    int64_t to_start, to_end;
} run_state;

static void start_one(run_state *run);

static void on_answer(void *arg, pl_call *call, pl_code code, const bench_v1_Order *answer) {
    run_state *run = arg;

    if (code != PL_OK)
        fail("refused", pl_call_error(call));
    check(call, answer);
    if (--run->to_end == 0)
        pl_loop_stop(run->loop);
    else if (run->to_start > 0)
        start_one(run);
}

static void start_one(run_state *run) {
    pl_call_opts opts = call_opts;
    pl_error err = PL_ERROR_INIT;

    opts.loop = run->loop;
    run->to_start--;
    if (bench_v1_OrderService_echo_async(channel, &opts, &order, on_answer, run, &err) != PL_OK)
        fail("not started", &err);
}

static void run_async(int64_t calls, int64_t depth) {
    run_state run = {.to_start = calls, .to_end = calls};
    pl_error err = PL_ERROR_INIT;

    if (pl_loop_new(&run.loop, &err) != PL_OK)
        fail("no loop", &err);
    for (int64_t i = 0; i < depth && run.to_start > 0; i++)
        start_one(&run);
    if (pl_loop_run(run.loop, &err) != PL_OK)
        fail("loop", &err);
    pl_loop_free(run.loop);
}

static int64_t cpu_ns(void) {
    struct timespec used;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (int64_t)used.tv_sec * PL_NS_PER_S + used.tv_nsec;
}

int main(int argc, char **argv) {
    pl_channel_opts opts = PL_CHANNEL_OPTS_INIT;
    pl_error err = PL_ERROR_INIT;
    bool async = argc == 5 && strcmp(argv[1], "async") == 0;
    int64_t calls, depth;

    if (argc != 5 || (!async && strcmp(argv[1], "blocking") != 0) ||
        !pl_str_i64(pl_str_c(argv[3]), &calls) || calls < 1 || calls > CALLS_MAX ||
        !pl_str_i64(pl_str_c(argv[4]), &depth) || depth < 1 || depth > DEPTH_MAX) {
        fprintf(stderr, "usage: bench-rpc-client blocking|async ADDRESS CALLS DEPTH\n");
        return 2;
    }
    opts.target = argv[2];
    opts.bulkhead = (unsigned)depth;
    if (pl_channel_new(&opts, &channel, &err) != PL_OK)
        fail(argv[2], &err);
    order_init(&order, &instant);
    async ? run_async(WARM_UP, depth) : run_blocking(WARM_UP);
    int64_t before = cpu_ns();
    async ? run_async(calls, depth) : run_blocking(calls);
    printf("client_us %.3f\n", (double)(cpu_ns() - before) / 1e3 / (double)calls);
    pl_channel_free(channel);
    return 0;
}
