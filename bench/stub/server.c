/* bench-stub-server: answers orders on the poller, without validators: what a stub is compared
 * with. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "order.h"
#include "parley/rpc/server.h"

enum { METHODS_MAX = 8 };

/* The answer shares the request's texts: both live as long as the call. */
static pl_code echo(void *self, pl_call *call, const bench_v1_Order *request,
                    bench_v1_Order **out_response) {
    bench_v1_Order *response = bench_v1_Order_new(pl_call_arena(call));

    (void)self;
    if (!response)
        return pl_call_no_memory(call);
    *response = *request;
    *out_response = response;
    return PL_OK;
}

static pl_code serve(pl_error *err) {
    static const bench_v1_OrderService_ops ops = {.echo_inline = echo, .echo = echo};
    bench_v1_OrderService api = {.ops = &ops};
    pl_service_binding binding = bench_v1_OrderService_bind(&api);
    pl_service_desc service = *binding.desc;
    pl_method_desc methods[METHODS_MAX];
    pl_server_opts opts = PL_SERVER_OPTS_INIT;
    pl_server *server = NULL;
    sigset_t ends;
    int signo;

    memcpy(methods, service.methods, service.method_count * sizeof *methods);
    for (size_t i = 0; i < service.method_count; i++)
        methods[i].validate = NULL;
    service.methods = methods;
    service.lacks = NULL;
    binding.desc = &service;
    (void)sigemptyset(&ends);
    (void)sigaddset(&ends, SIGTERM);
    (void)sigaddset(&ends, SIGINT);
    (void)sigprocmask(SIG_BLOCK, &ends, NULL);
    pl_code code = pl_server_new(&opts, &server, err);
    if (code == PL_OK)
        code = pl_server_add(server, binding, err);
    if (code == PL_OK)
        code = pl_server_start(server, err);
    if (code == PL_OK) {
        (void)printf("ready grpc=127.0.0.1:%d\n", pl_server_port(server));
        (void)fflush(stdout);
        (void)sigwait(&ends, &signo);
    }
    pl_server_free(server);
    return code;
}

int main(void) {
    pl_error err = PL_ERROR_INIT;

    if (serve(&err) == PL_OK)
        return 0;
    fprintf(stderr, "bench-stub-server: %s\n", err.message);
    return 1;
}
