/* One connection: opens it, queues statements, waits for their results.
 *
 * Owned by one thread at a time. A connection that is `broken` answers nothing
 * more and must be closed.
 */
#ifndef PARLEY_PG_CONN_H
#define PARLEY_PG_CONN_H

#include <libpq-fe.h>
#include <stdbool.h>

#include "parley/pg/pg.h"
#include "prepared.h"

/* What a queued command is, so that its result can be understood. */
typedef enum pg_command {
    PG_COMMAND_PREPARE,
    PG_COMMAND_EXEC,
    PG_COMMAND_QUERY,  /* its result is kept */
    PG_COMMAND_COMMIT, /* where its answer is lost, the outcome is unknown */
} pg_command;

typedef struct pg_queued {
    pg_command command;
    int32_t slot; /* of the prepared statement; -1 */
} pg_queued;

/* Room for a full queue with a preparation each, BEGIN and COMMIT. */
#define PG_QUEUED_MAX (2 * PL_PG_QUEUE_MAX + 8)

typedef struct pg_conn {
    PGconn *pq;
    struct pg_conn *next; /* in the pool's list of idle ones; the pool's lock */
    const char *label;    /* names the database in errors; the pool's */
    bool broken;
    bool commits_itself;  /* what is queued is a statement outside a transaction, with effects */
    uint64_t round_trips; /* since the pool has last collected them */
    size_t queued_count;
    pg_queued queued[PG_QUEUED_MAX];
    pg_prepared prepared;
} pg_conn;

/* What connecting needs; see pl_pg_opts. */
typedef struct pg_conn_params {
    const char *conninfo;
    const char *name;
    const char *session_options; /* "-c statement_timeout=5000 ..." */
    const char *tcp_user_timeout;
    const char *label;
} pg_conn_params;

/* Connects. PL_UNAVAILABLE also where the deadline passes. */
pl_code pg_conn_open(const pg_conn_params *params, int64_t deadline_ns, pg_conn **out_conn,
                     pl_error *err);
/* NULL is allowed. */
void pg_conn_close(pg_conn *conn);

/* An idle connection on which the server has said something: that it ends, in general. */
bool pg_conn_stale(const pg_conn *conn);

/* The session is in no transaction, nothing is queued and nothing went wrong. */
bool pg_conn_reusable(pg_conn *conn);

/* There is room for one more statement beside a COMMIT. */
bool pg_conn_room(const pg_conn *conn);

/* Queues a statement, and its preparation where that is missing. */
pl_code pg_conn_queue(pg_conn *conn, pg_command command, const char *sql, pl_pg_args args,
                      pl_error *err);

/* Waits for everything queued: one round trip. The first error is the result. OUT_RESULT (NULL is
 * allowed) gets the result of the last PG_COMMAND_QUERY, which the caller clears. */
pl_code pg_conn_wait(pg_conn *conn, int64_t deadline_ns, PGresult **out_result, pl_error *err);

/* Runs a script of several statements with the simple protocol and waits for its end. */
pl_code pg_conn_script(pg_conn *conn, const char *script, int64_t deadline_ns, pl_error *err);

#endif
