/* The echo service as a program, for clients in other languages: prints its port,
 * serves until its standard input is closed. With a FOLDER it serves by TLS, to clients with a
 * certificate only, and takes compressed requests; the folder has ca.crt, client.crt, client.key.
 */
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "fixture.h"
#include "test_ca.h"

enum { HOUR_S = 3600, FILES = 5 };

/* Issues certificates into FOLDER; PATHS: ca, cert, key, client's cert and key. */
static void issue(const char *folder, char paths[FILES][PATH_MAX]) {
    static const char *const names[FILES] = {"ca.crt", "tls.crt", "tls.key", "client.crt",
                                             "client.key"};
    test_ca *ca;

    for (int i = 0; i < FILES; i++)
        snprintf(paths[i], PATH_MAX, "%s/%s", folder, names[i]);
    ca = test_ca_new(paths[0]);
    test_ca_issue(ca, "DNS:localhost,IP:127.0.0.1", -HOUR_S, HOUR_S, paths[1], paths[2]);
    test_ca_issue(ca, "URI:spiffe://parley/test/python", -HOUR_S, HOUR_S, paths[3], paths[4]);
    test_ca_free(ca);
}

int main(int argc, char **argv) {
    static char paths[FILES][PATH_MAX];
    pl_server_opts opts = PL_SERVER_OPTS_INIT;
    pl_tls_opts tls = PL_TLS_OPTS_INIT;
    echo_server echo;
    char byte;

    opts.reflection = true;
    if (argc > 1) {
        issue(argv[1], paths);
        tls.ca_file = paths[0];
        tls.cert_file = paths[1];
        tls.key_file = paths[2];
        opts.tls = &tls;
        opts.compression = true;
    }
    echo_server_start(&echo, &opts);
    printf("%d\n", pl_server_port(echo.server));
    fflush(stdout);
    while (read(STDIN_FILENO, &byte, 1) > 0)
        continue;
    echo_server_stop(&echo);
    return 0;
}
