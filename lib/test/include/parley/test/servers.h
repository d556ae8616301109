/* Private servers: a PostgreSQL and a Redis of one's own, on a Unix socket.
 *
 * For tests (throwaway: a new folder, gone at the end) and for `parley up` (a
 * given folder that stays). Nothing listens on a port and nobody but the user who
 * started it can reach it: sockets lie in a folder with mode 0700, and
 * authentication is trust. As root the servers run as `postgres` and `redis`.
 *
 * A server dies with the process that started it (PR_SET_PDEATHSIG): start it
 * from the main thread. A throwaway folder whose process died is removed by the
 * next one that makes a server. initdb runs once a version and user; later
 * servers copy its result from the cache ($XDG_CACHE_HOME/parley or
 * ~/.cache/parley, as root /var/cache/parley), also when many start at once.
 *
 * A supervisor with child handling of its own uses new, command and probe instead
 * of start. Not thread-safe: one thread at a time.
 *
 *     pl_test_postgres *server;
 *     if (pl_test_postgres_start(NULL, &server, &err)) ...
 *     opts.conninfo = pl_test_postgres_conninfo(server, "postgres", NULL);
 *     ...
 *     pl_test_postgres_free(server);
 */
#ifndef PARLEY_TEST_SERVERS_H
#define PARLEY_TEST_SERVERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "parley/base/error.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct pl_test_postgres pl_test_postgres;
typedef struct pl_test_redis pl_test_redis;

/* How to start a server: everything a supervisor needs. Borrowed from the server object. */
typedef struct pl_test_command {
    char *const *argv; /* absolute path first; NULL at the end */
    char *const *env;  /* NULL at the end */
    const char *cwd;
    bool switch_user; /* set uid and gid (and no further groups) before exec */
    uid_t uid;
    gid_t gid;
    int stop_signal;  /* the orderly, quick stop: SIGINT for PostgreSQL, SIGTERM for Redis */
    int death_signal; /* for PR_SET_PDEATHSIG, set after the change of user */
} pl_test_command;

/* ---- PostgreSQL ------------------------------------------------------------------ */

/* NULL in place of the options: a throwaway server. */
typedef struct pl_test_postgres_opts {
    const char *dir;   /* data folder, kept and made where it is missing; NULL: throwaway */
    bool no_fsync;     /* quicker; survives kill -9 of the server, not of the machine */
    bool own_identity; /* a system_identifier of its own: initdb instead of a copy */
    uint32_t max_connections;
} pl_test_postgres_opts;

#define PL_TEST_POSTGRES_OPTS_INIT                                                                 \
    { 0 }
#define PL_TEST_POSTGRES_CONNECTIONS 200 /* where max_connections is 0 */

/* Prepares folders and data; starts nothing. PL_FAILED_PRECONDITION: PostgreSQL 15 is not
 * installed, the folder belongs to another version or is not reachable for user postgres, or a
 * server runs in it; PL_RESOURCE_EXHAUSTED; a mapped errno. The message says what to do. */
PL_NODISCARD pl_code pl_test_postgres_new(const pl_test_postgres_opts *opts,
                                          pl_test_postgres **out_server, pl_error *err);
const pl_test_command *pl_test_postgres_command(const pl_test_postgres *server);

/* Starts it as a child of the calling process; its output goes to server.log in its folder. */
PL_NODISCARD pl_code pl_test_postgres_run(pl_test_postgres *server, pl_error *err);

/* Waits until it takes connections. PL_UNAVAILABLE with the end of its log where it ended;
 * PL_DEADLINE_EXCEEDED. */
PL_NODISCARD pl_code pl_test_postgres_ready(pl_test_postgres *server, int64_t deadline_ns,
                                            pl_error *err);

/* PL_OK where it takes connections now; waits at most until DEADLINE_NS for an answer. */
PL_NODISCARD pl_code pl_test_postgres_probe(pl_test_postgres *server, int64_t deadline_ns,
                                            pl_error *err);

/* new, run and ready (30 s). */
PL_NODISCARD pl_code pl_test_postgres_start(const pl_test_postgres_opts *opts,
                                            pl_test_postgres **out_server, pl_error *err);

/* Makes role ROLE (login) where it is missing. Names: [a-z_][a-z0-9_-]*, at most 63 bytes. */
PL_NODISCARD pl_code pl_test_postgres_role(pl_test_postgres *server, const char *role,
                                           pl_error *err);
/* Makes database NAME where it is missing, owned by OWNER (NULL: the superuser); only the owner and
 * DATA_ROLE (NULL: nobody) may connect. Both roles are made where they are missing. */
PL_NODISCARD pl_code pl_test_postgres_database(pl_test_postgres *server, const char *name,
                                               const char *owner, const char *data_role,
                                               pl_error *err);

/* "host=... dbname=DATABASE user=USER"; USER NULL: the superuser, postgres. Borrowed until the next
 * call. */
const char *pl_test_postgres_conninfo(pl_test_postgres *server, const char *database,
                                      const char *user);
const char *pl_test_postgres_socket_dir(const pl_test_postgres *server);
/* Where the data really is. */
const char *pl_test_postgres_data_dir(const pl_test_postgres *server);
/* 0 while no child runs. */
pid_t pl_test_postgres_pid(const pl_test_postgres *server);

/* Sends a signal to all processes of the server: SIGSTOP, SIGCONT, or SIGKILL after which it waits
 * for the end. No server: nothing happens. */
void pl_test_postgres_signal(pl_test_postgres *server, int signo);
/* The quick orderly stop; kills it after the deadline. run starts it again. */
void pl_test_postgres_stop(pl_test_postgres *server, int64_t deadline_ns);
/* Stops it (10 s), removes what is throwaway: sockets, and the data where no folder was given. NULL
 * is allowed. */
void pl_test_postgres_free(pl_test_postgres *server);

/* Removes the data folder DIR of a server that does not run, as given in the options. */
PL_NODISCARD pl_code pl_test_postgres_erase(const char *dir, pl_error *err);

/* ---- Redis ----------------------------------------------------------------------- */

/* NULL in place of the options: a throwaway server. */
typedef struct pl_test_redis_opts {
    const char *dir;      /* folder of its append-only file, kept; NULL: throwaway */
    const char *acl_file; /* users, in Redis' format; NULL: everything is allowed */
} pl_test_redis_opts;

#define PL_TEST_REDIS_OPTS_INIT                                                                    \
    { 0 }

/* As their counterparts above. Redis runs with appendonly yes, appendfsync everysec,
 * maxmemory-policy noeviction, and without a port. */
PL_NODISCARD pl_code pl_test_redis_new(const pl_test_redis_opts *opts, pl_test_redis **out_server,
                                       pl_error *err);
const pl_test_command *pl_test_redis_command(const pl_test_redis *server);
PL_NODISCARD pl_code pl_test_redis_run(pl_test_redis *server, pl_error *err);
PL_NODISCARD pl_code pl_test_redis_ready(pl_test_redis *server, int64_t deadline_ns, pl_error *err);
/* PL_OK where it answers PING; PL_UNAVAILABLE also while it loads its data. */
PL_NODISCARD pl_code pl_test_redis_probe(pl_test_redis *server, int64_t deadline_ns, pl_error *err);
PL_NODISCARD pl_code pl_test_redis_start(const pl_test_redis_opts *opts, pl_test_redis **out_server,
                                         pl_error *err);
/* "unix:///.../redis.sock", for pl_redis_opts. */
const char *pl_test_redis_url(const pl_test_redis *server);
/* Where the append-only file really is. */
const char *pl_test_redis_data_dir(const pl_test_redis *server);
pid_t pl_test_redis_pid(const pl_test_redis *server);
void pl_test_redis_signal(pl_test_redis *server, int signo);
void pl_test_redis_stop(pl_test_redis *server, int64_t deadline_ns);
void pl_test_redis_free(pl_test_redis *server);
PL_NODISCARD pl_code pl_test_redis_erase(const char *dir, pl_error *err);

#ifdef __cplusplus
}
#endif
#endif
