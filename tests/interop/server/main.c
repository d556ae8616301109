/* interop-server: gRPC's interoperability test service over lib/rpc. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/flags.h"
#include "parley/base/macros.h"
#include "parley/rpc/server.h"
#include "server/service.h"

/* What calls in flight get when the server is told to end. */
enum { GRACE_MS = 1000, PORT = 8080 };

static int fail(const char *what, const pl_error *err) {
    (void)fprintf(stderr, "interop-server: %s: %s: %s\n", what, pl_code_name(err->code),
                  err->message);
    return EXIT_FAILURE;
}

/* Serves until SIGINT or SIGTERM. */
static int serve(pl_server *server, const interop_service *service, const sigset_t *ends) {
    pl_error err = PL_ERROR_INIT;
    int signo;

    if (pl_server_add(server, grpc_testing_TestService_bind(&service->table), &err) != PL_OK ||
        pl_server_start(server, &err) != PL_OK)
        return fail("cannot serve", &err);
    pl_server_set_serving(server, NULL, true);
    printf("%d\n", pl_server_port(server));
    (void)fflush(stdout);
    (void)sigwait(ends, &signo);
    (void)pl_server_drain(server, GRACE_MS);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv) {
    pl_tls_opts tls = PL_TLS_OPTS_INIT;
    bool use_tls = false;
    int port = PORT;
    const interop_flag flags[] = {
        {"port", INTEROP_PORT, &port, "where to listen on 127.0.0.1; 0: a free one, which is told"},
        {"use_tls", INTEROP_SWITCH, &use_tls, "encrypt; needs the next two"},
        {"tls_cert_file", INTEROP_TEXT, &tls.cert_file, "the server's certificate, PEM"},
        {"tls_key_file", INTEROP_TEXT, &tls.key_file, "its key, PEM"},
        {"tls_ca_file", INTEROP_TEXT, &tls.ca_file,
         "takes only clients whose certificate one of these signed, PEM"},
    };
    const interop_usage usage = {
        "interop-server",
        "Serves grpc.testing.TestService, health and reflection; the first line of its output is "
        "the port.",
        flags, PL_COUNT(flags)};
    pl_server_opts opts = PL_SERVER_OPTS_INIT;
    pl_error err = PL_ERROR_INIT;
    interop_service service;
    pl_server *server = NULL;
    char listen[32];
    sigset_t ends;
    int status;

    interop_flags(&usage, argc, argv);
    /* Blocked before a thread is started: only sigwait takes them. */
    (void)sigemptyset(&ends);
    (void)sigaddset(&ends, SIGINT);
    (void)sigaddset(&ends, SIGTERM);
    (void)pthread_sigmask(SIG_BLOCK, &ends, NULL);
    (void)snprintf(listen, sizeof listen, "127.0.0.1:%d", port);
    opts.listen = listen;
    opts.reflection = true;
    opts.compression = true;
    opts.tls = use_tls ? &tls : NULL;
    opts.max_message = 2 * INTEROP_PAYLOAD_MAX;
    if (!interop_service_init(&service)) {
        status = fail("cannot start", &(pl_error){PL_RESOURCE_EXHAUSTED, "no memory", "", "", 0});
    } else if (pl_server_new(&opts, &server, &err) != PL_OK) {
        status = fail("cannot start", &err);
    } else {
        status = serve(server, &service, &ends);
    }
    pl_server_free(server);
    interop_service_done(&service);
    return status;
}
