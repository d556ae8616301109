/* The echo service as a program, for clients in other languages: prints its port,
 * serves until its standard input is closed. */
#include <stdio.h>
#include <unistd.h>

#include "fixture.h"

int main(void) {
    pl_server_opts opts = PL_SERVER_OPTS_INIT;
    echo_server echo;
    char byte;

    opts.reflection = true;
    echo_server_start(&echo, &opts);
    printf("%d\n", pl_server_port(echo.server));
    fflush(stdout);
    while (read(STDIN_FILENO, &byte, 1) > 0)
        continue;
    echo_server_stop(&echo);
    return 0;
}
