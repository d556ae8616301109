/* bench-load: sends orders to a gateway and says what became of them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "load.h"
#include "parley/base/macros.h"

static const char usage[] =
    "usage: bench-load --address HOST:PORT [--connections N] [--seconds S] [--rate R]\n"
    "                  [--customers N] [--products N] [--seed N]\n"
    "Places orders through a gateway: in a closed loop, or with --rate in an open one, R a\n"
    "second, with latencies from the moment each order was due. Example:\n"
    "  bench-load --address 127.0.0.1:8088 --connections 16 --seconds 10 --rate 400\n";

enum { EXIT_USAGE = 2, DEFAULT_CONNECTIONS = 16, DEFAULT_SECONDS = 10, DEFAULT_CUSTOMERS = 10000 };

static bool number(const char *text, double min, double max, double *out) {
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end || !(value >= min && value <= max))
        return false;
    *out = value;
    return true;
}

/* One option with its value; false where it is not understood. */
static bool option(load_opts *opts, const char *name, const char *value) {
    double n = 0;
    if (strcmp(name, "--address") == 0) {
        opts->address = value;
        return true;
    }
    if (strcmp(name, "--seconds") == 0)
        return number(value, 0.1, 3600, &opts->seconds);
    if (strcmp(name, "--rate") == 0)
        return number(value, 0, 1000000, &opts->rate);
    if (strcmp(name, "--connections") == 0 && number(value, 1, LOAD_MAX_CONNECTIONS, &n))
        opts->connections = (size_t)n;
    else if (strcmp(name, "--customers") == 0 && number(value, 1, 1e9, &n))
        opts->customers = (int64_t)n;
    else if (strcmp(name, "--products") == 0 && number(value, 1, 1e9, &n))
        opts->products = (int64_t)n;
    else if (strcmp(name, "--seed") == 0 && number(value, 1, 1e15, &n))
        opts->seed = (uint64_t)n;
    return n > 0;
}

static void print(const load_result *result) {
    double seconds = (double)result->elapsed_ns / 1e9;
    printf("sent %lld\n", (long long)result->sent);
    printf("created %lld\n", (long long)result->created);
    printf("failed %lld\n", (long long)result->failed);
    printf("behind %lld\n", (long long)result->behind);
    for (size_t i = 0; i < PL_COUNT(result->status); i++) {
        if (result->status[i])
            printf("status_%zu %lld\n", i, (long long)result->status[i]);
    }
    printf("seconds %.3f\n", seconds);
    printf("rate %.1f\n", seconds > 0 ? (double)result->created / seconds : 0);
    printf("generator_cpu_ms %.0f\n", (double)clock() * 1000 / CLOCKS_PER_SEC);
    samples_print(&result->latency, "latency");
}

int main(int argc, char **argv) {
    load_opts opts = {.connections = DEFAULT_CONNECTIONS,
                      .seconds = DEFAULT_SECONDS,
                      .customers = DEFAULT_CUSTOMERS,
                      .products = 1,
                      .seed = 1};
    for (int i = 1; i < argc; i += 2) {
        if (strcmp(argv[i], "--help") == 0) {
            (void)fputs(usage, stdout);
            return 0;
        }
        if (i + 1 >= argc || !option(&opts, argv[i], argv[i + 1])) {
            (void)fprintf(stderr, "bench-load: %s: not understood\n%s", argv[i], usage);
            return EXIT_USAGE;
        }
    }
    if (!opts.address) {
        (void)fprintf(stderr, "bench-load: --address is missing\n%s", usage);
        return EXIT_USAGE;
    }
    load_result result;
    pl_error err = PL_ERROR_INIT;
    if (load_run(&opts, &result, &err) != PL_OK) {
        (void)fprintf(stderr, "bench-load: %s\n", err.message);
        return EXIT_FAILURE;
    }
    print(&result);
    if (result.first_fault[0])
        (void)fprintf(stderr, "bench-load: the first answer but 201: %s\n", result.first_fault);
    load_result_done(&result);
    return 0;
}
