/* A provider of a system that parley up has started in this workspace. */
#ifndef PARLEY_VERIFY_LOCAL_H
#define PARLEY_VERIFY_LOCAL_H

#include <sys/types.h>

#include "common/workspace.h"
#include "parley/base/arena.h"

/* How long its states may take to be ready, and to end. */
#define LOCAL_STATES_START_MS 30000
#define LOCAL_STATES_END_MS   3000

/* Where it is; texts are of the arena that it was found with, NULL: there is none. */
typedef struct local {
    const char *system, *service; /* "mall", "products" */
    const char *target;           /* gRPC */
    const char *gateway;          /* its port of the gateway's */
    const char *redis;
    const char *database;
    const char *states_program; /* <its program>-states, where that was built */
    const char *states;         /* their address; what serves them is ended by local_done */
    pid_t states_pid;           /* 0: none */
} local;

/* Finds who serves PACKAGE, in SYSTEM (NULL: any). PL_NOT_FOUND: nobody who runs here;
 * PL_INVALID_ARGUMENT: there are several, or no such system runs; PL_UNAVAILABLE: it is not
 * ready. */
PL_NODISCARD pl_code local_find(const workspace *space, const char *system, const char *package,
                                pl_arena *arena, local *out, pl_error *err);
/* Starts the program of its states, with its database and its Redis. What it prints goes to stderr.
 */
PL_NODISCARD pl_code local_serve_states(local *l, pl_arena *arena, pl_error *err);
/* Ends the program of its states, at last with SIGKILL. A zeroed one is allowed. */
void local_done(local *l);

#endif
