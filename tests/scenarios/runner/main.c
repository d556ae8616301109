/* scenario-runner: plays scenario files against a system that it starts. See ../README.md. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "runner.h"

enum { EXIT_USAGE = 2 };

static int usage(FILE *to, int status) {
    (void)fputs("usage: scenario-runner [--list] [--keep] [--bin DIR] FILE...\n\n"
                "Starts the system each FILE describes and plays its scenarios.\n\n"
                "  --list     say which scenarios there are, and where; play nothing\n"
                "  --keep     leave the workspace with its logs and data\n"
                "  --bin DIR  where parley and the services are; default: beside this program\n\n"
                "example:\n  build/bin/scenario-runner tests/scenarios/mall/order.yaml\n",
                to);
    return status;
}

/* The folder of this program. */
static bool own_folder(char out[PATH_MAX]) {
    ssize_t n = readlink("/proc/self/exe", out, PATH_MAX - 1);
    if (n <= 0)
        return false;
    out[n] = '\0';
    char *slash = strrchr(out, '/');
    if (slash)
        *slash = '\0';
    return slash != NULL;
}

int main(int argc, char **argv) {
    char bin[PATH_MAX];
    bool list = false;
    bool keep = false;
    int files = 0;
    tally t = {0};
    if (!own_folder(bin))
        return EXIT_USAGE;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--list") == 0) {
            list = true;
        } else if (strcmp(argv[i], "--keep") == 0) {
            keep = true;
        } else if (strcmp(argv[i], "--help") == 0) {
            return usage(stdout, 0);
        } else if (strcmp(argv[i], "--bin") == 0 && i + 1 < argc) {
            (void)snprintf(bin, sizeof bin, "%s", argv[++i]);
        } else if (argv[i][0] == '-') {
            return usage(stderr, EXIT_USAGE);
        } else {
            file_play(argv[i], bin, keep, list, &t);
            files++;
        }
    }
    if (files == 0)
        return usage(stderr, EXIT_USAGE);
    if (!list)
        printf("%d passed, %d failed\n", t.passed, t.failed);
    return t.failed ? 1 : 0;
}
