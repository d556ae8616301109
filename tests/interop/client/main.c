/* interop-client: the cases of gRPC's interoperability tests over lib/rpc. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/run.h"
#include "common/flags.h"
#include "parley/base/macros.h"

enum { EXIT_USAGE = 2, PORT = 8080, ADDRESS_MAX = 300 };

static bool refuse(const char *what, const pl_error *err) {
    (void)fprintf(stderr, "interop-client: %s: %s\n", what, err->message);
    return false;
}

/* Runs CASE and tells what became of it, in one line. */
static bool run_case(interop_run *run, const interop_case *one) {
    pl_call_opts opts = PL_CALL_OPTS_INIT;
    pl_error err = PL_ERROR_INIT;
    bool passed;

    opts.timeout_ms = one->timeout_ms ? one->timeout_ms : INTEROP_PATIENCE_MS;
    if (pl_call_new(&opts, &run->call, &err) != PL_OK)
        return refuse(one->name, &err);
    passed = one->run(run);
    if (passed)
        printf("ok      %s\n", one->name);
    else
        printf("FAILED  %s: %s\n", one->name, run->failure);
    (void)fflush(stdout);
    pl_call_free(run->call);
    return passed;
}

static bool run_cases(pl_channel *channel, const char *name) {
    interop_run run = {.test = grpc_testing_TestService_client(channel),
                       .none = grpc_testing_UnimplementedService_client(channel),
                       .zeros = calloc(1, INTEROP_PAYLOAD_MAX)};
    bool passed = run.zeros != NULL;

    for (unsigned i = 0; i < interop_case_count && run.zeros; i++) {
        if (strcmp(name, "all") == 0 || strcmp(name, interop_cases[i].name) == 0)
            passed = run_case(&run, &interop_cases[i]) && passed;
    }
    free(run.zeros);
    return passed;
}

static bool is_case(const char *name) {
    for (unsigned i = 0; i < interop_case_count; i++) {
        if (strcmp(name, interop_cases[i].name) == 0)
            return true;
    }
    return strcmp(name, "all") == 0;
}

static void list_cases(FILE *to) {
    for (unsigned i = 0; i < interop_case_count; i++)
        (void)fprintf(to, "%s\n", interop_cases[i].name);
}

int main(int argc, char **argv) {
    const char *host = "127.0.0.1", *name = "large_unary";
    pl_tls_opts tls = PL_TLS_OPTS_INIT;
    bool list = false, use_tls = false, use_test_ca = true;
    int port = PORT;
    const interop_flag flags[] = {
        {"server_host", INTEROP_TEXT, &host, "the server's host"},
        {"server_host_override", INTEROP_TEXT, &tls.server_name, "whom its certificate is for"},
        {"server_port", INTEROP_PORT, &port, "the server's port"},
        {"test_case", INTEROP_TEXT, &name, "the case to run, or all"},
        {"use_tls", INTEROP_SWITCH, &use_tls, "encrypt; needs ca_file"},
        {"use_test_ca", INTEROP_SWITCH, &use_test_ca,
         "believe ca_file alone; there is nothing else"},
        {"ca_file", INTEROP_TEXT, &tls.ca_file, "the CA of the server's certificate, PEM"},
        {"list", INTEROP_SWITCH, &list, "print the names of the cases"},
    };
    const interop_usage usage = {"interop-client",
                                 "Runs a case of gRPC's interoperability tests and prints a line "
                                 "about it. Exit code 1: it failed.",
                                 flags, PL_COUNT(flags)};
    pl_channel_opts opts = PL_CHANNEL_OPTS_INIT;
    pl_error err = PL_ERROR_INIT;
    char target[ADDRESS_MAX];
    pl_channel *channel;
    bool passed;

    interop_flags(&usage, argc, argv);
    if (list) {
        list_cases(stdout);
        return EXIT_SUCCESS;
    }
    if (!is_case(name)) {
        (void)fprintf(stderr, "interop-client: no case '%.64s'; the cases are all or\n", name);
        list_cases(stderr);
        return EXIT_USAGE;
    }
    if (use_tls && !use_test_ca) {
        (void)fprintf(stderr,
                      "interop-client: the platform's CAs cannot be used, only --ca_file\n");
        return EXIT_USAGE;
    }
    (void)snprintf(target, sizeof target, "%s:%d", host, port);
    opts.target = target;
    opts.no_breaker = true;
    opts.compression = true;
    opts.tls = use_tls ? &tls : NULL;
    if (pl_channel_new(&opts, &channel, &err) != PL_OK)
        return refuse(target, &err), EXIT_USAGE;
    passed = run_cases(channel, name);
    pl_channel_free(channel);
    return passed ? EXIT_SUCCESS : EXIT_FAILURE;
}
