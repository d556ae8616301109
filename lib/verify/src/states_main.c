/* The program that serves the states of a service, beside the service. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "parley/base/stdopen.h"
#include "parley/verify/states.h"

extern char **environ;

/* The host of LISTEN with the port that was taken. */
static void say_ready(const char *listen, const pl_server *server) {
    const char *colon = strrchr(listen, ':');
    int host = colon ? (int)(colon - listen) : (int)strlen(listen);
    (void)printf("ready states=%.*s:%d\n", host, listen, pl_server_port(server));
    (void)fflush(stdout);
}

static pl_code serve(const pl_states_def *def, const char *listen, const sigset_t *ends,
                     pl_error *err) {
    pl_states *states = NULL;
    pl_server *server = NULL;
    int signo;
    pl_code code = pl_states_new(def, (const char *const *)environ, &states, err);
    if (code != PL_OK)
        return code;
    code = pl_states_serve(states, listen, &server, err);
    if (code == PL_OK) {
        say_ready(listen, server);
        (void)sigwait(ends, &signo);
    }
    pl_server_free(server);
    pl_states_free(states);
    return code;
}

int pl_states_main(int argc, char **argv, const pl_states_def *def) {
    const char *listen = "127.0.0.1:0";
    pl_error err = PL_ERROR_INIT;
    sigset_t ends;
    pl_stdopen();
    if (argc == 3 && strcmp(argv[1], "--listen") == 0) {
        listen = argv[2];
    } else if (argc != 1) {
        (void)fprintf(stderr, "usage: %s [--listen ADDR]\n", argv[0]);
        return 2;
    }
    /* Before any thread exists, so that none of them takes the signal. */
    (void)sigemptyset(&ends);
    (void)sigaddset(&ends, SIGTERM);
    (void)sigaddset(&ends, SIGINT);
    (void)sigprocmask(SIG_BLOCK, &ends, NULL);
    if (serve(def, listen, &ends, &err) == PL_OK)
        return 0;
    (void)fprintf(stderr, "%s: %s\n", argv[0], err.message);
    return 1;
}
