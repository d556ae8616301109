/* bench-rpc-server: a service of ours with all that the chassis does for it. */
#include "order.h"
#include "parley/service/service.h"

typedef struct state {
    bench_v1_OrderService api;
} state;

/* The answer shares the request's texts: both live as long as the call. */
static pl_code echo(void *self, pl_call *call, const bench_v1_Order *request,
                    bench_v1_Order **out_response) {
    (void)self;
    bench_v1_Order *response = bench_v1_Order_new(pl_call_arena(call));
    if (!response)
        return pl_call_no_memory(call);
    *response = *request;
    *out_response = response;
    return PL_OK;
}

static pl_code watch(void *self, pl_call *call, const bench_v1_WatchRequest *request,
                     bench_v1_OrderService_watch_stream *stream) {
    bench_v1_Order order;
    bench_v1_Instant instant;
    pl_code code = PL_OK;

    (void)self;
    (void)call;
    order_init(&order, &instant);
    for (int64_t i = 0; i < request->count && code == PL_OK; i++) {
        order.id = i + 1;
        code = bench_v1_OrderService_watch_send(stream, &order);
    }
    return code;
}

static const bench_v1_OrderService_ops ops = {.echo_inline = echo, .echo = echo, .watch = watch};

static pl_code start(pl_service *service, void *self, pl_error *err) {
    state *s = self;
    (void)err;
    s->api = (bench_v1_OrderService){.self = s, .ops = &ops};
    return pl_service_add(service, bench_v1_OrderService_bind(&s->api));
}

int main(int argc, char **argv) {
    static const pl_service_def def = {.system = "bench",
                                       .name = "rpc",
                                       .version = "1",
                                       .summary = "Answers orders.",
                                       .state_size = sizeof(state),
                                       .start = start};
    return pl_service_main(argc, argv, &def);
}
