/* PostgreSQL: a pool of connections and transactions in pipeline mode.
 *
 * Statements of a transaction are queued and travel together: BEGIN, what was
 * exec'd, and COMMIT are one round trip. Only a query, a full queue and the
 * commit wait for the server, and there the errors of what was queued surface.
 * Every distinct SQL text is prepared once a connection; parameters and results
 * are binary. Nothing concatenates SQL, and nothing here takes SQL in pieces.
 *
 * Not done here: retries, routing, any knowledge of tables. A query reads its
 * whole result into memory: give it a LIMIT.
 *
 * Invariants: every wait has a deadline; a connection on which anything
 * unexpected happened is closed, never reused; a lost connection is replaced at
 * the next use; a commit whose answer was lost is PL_UNKNOWN, never PL_OK.
 *
 *     pl_pg_tx *tx;
 *     if ((code = pl_pg_begin(pg, deadline, &tx, err)))
 *         return code;
 *     if ((code = pl_pg_exec(tx, "INSERT INTO t (id, name) VALUES ($1, $2)",
 *                            PL_PG_ARGS(pl_pg_i64(7), pl_pg_text(name)), err))) {
 *         pl_pg_rollback(tx);
 *         return code;
 *     }
 *     return pl_pg_commit(tx, err);
 *
 * Codes that every function that waits may return. The error's domain is "pg"; its reason is the
 * constraint's name, "FENCED" where parley_expect refused, else the SQLSTATE or a word of ours.
 *
 *     PL_UNAVAILABLE          no server, connection lost, server starts or stops, none free
 *     PL_DEADLINE_EXCEEDED    the deadline passed, or the server's statement_timeout
 *     PL_ALREADY_EXISTS       unique violation
 *     PL_FAILED_PRECONDITION  another constraint, RAISE EXCEPTION, no such database
 *     PL_ABORTED              serialization failure, deadlock, lock timeout, fenced,
 *                             idle in transaction for too long
 *     PL_INVALID_ARGUMENT     a value the column does not take: not UTF-8, NUL, out of range
 *     PL_PERMISSION_DENIED    login or right refused
 *     PL_RESOURCE_EXHAUSTED   disk or memory of the server, or memory here
 *     PL_UNKNOWN              the connection was lost while it committed: done or not
 *     PL_INTERNAL             wrong SQL, damaged data
 */
#ifndef PARLEY_PG_PG_H
#define PARLEY_PG_PG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "parley/base/error.h"
#include "parley/base/str.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Statements a transaction queues before it waits for the server by itself. */
#define PL_PG_QUEUE_MAX 256
/* Statements prepared on one connection; further ones are parsed at each use. */
#define PL_PG_PREPARED_MAX 256
/* Parameters of one statement. */
#define PL_PG_ARGS_MAX 64
/* Greatest pool. */
#define PL_PG_CONNECTIONS_MAX 256

typedef struct pl_pg pl_pg;           /* a pool */
typedef struct pl_pg_tx pl_pg_tx;     /* a transaction; one thread at a time */
typedef struct pl_pg_rows pl_pg_rows; /* a result */

/* How a pool connects, and what its sessions allow. Texts are copied. A time of 0 switches
 * its limit off. */
typedef struct pl_pg_opts {
    const char *conninfo; /* libpq's: "host=/run/x dbname=orders user=orders" or postgresql://... */
    const char *name;     /* application_name, seen in pg_stat_activity; NULL: "parley" */
    uint32_t max_connections;       /* 1 to PL_PG_CONNECTIONS_MAX */
    int32_t connect_timeout_ms;     /* for one attempt, within the caller's deadline */
    int32_t statement_timeout_ms;   /* of the server, for one statement */
    int32_t lock_timeout_ms;        /* of the server, for one lock */
    int32_t idle_in_transaction_ms; /* the server ends a session that holds locks and is silent */
    int32_t tcp_user_timeout_ms;    /* unacknowledged data on TCP */
} pl_pg_opts;

#ifdef __cplusplus
#define PL_PG_OPTS_INIT                                                                            \
    { nullptr, nullptr, 8, 1000, 5000, 1000, 2000, 5000 }
#else
#define PL_PG_OPTS_INIT                                                                            \
    {                                                                                              \
        .max_connections = 8, .connect_timeout_ms = 1000, .statement_timeout_ms = 5000,            \
        .lock_timeout_ms = 1000, .idle_in_transaction_ms = 2000, .tcp_user_timeout_ms = 5000       \
    }
#endif

/* What a pool did since it was made. */
typedef struct pl_pg_stats {
    uint32_t max;      /* connections it may have */
    uint32_t open;     /* connections it has */
    uint32_t in_use;   /* of them lent out */
    uint64_t connects; /* connections made */
    uint64_t connect_errors;
    uint64_t lost;         /* connections closed because something went wrong on them */
    uint64_t waits;        /* begins that found no free connection */
    uint64_t wait_ns;      /* and how long they waited, summed */
    uint64_t transactions; /* begun */
    uint64_t commits;
    uint64_t rollbacks;
    uint64_t round_trips; /* times a caller waited for the server's answers */
} pl_pg_stats;

/* Makes a pool. Connects to nothing: a server that is down is the first call's error.
 * PL_INVALID_ARGUMENT (conninfo or limits), PL_RESOURCE_EXHAUSTED. Thread-safe from here on. */
PL_NODISCARD pl_code pl_pg_new(const pl_pg_opts *opts, pl_pg **out_pg, pl_error *err);

/* Closes its connections. No transaction of it may be open. NULL is allowed. */
void pl_pg_free(pl_pg *pg);

/* Any thread. */
void pl_pg_stats_get(pl_pg *pg, pl_pg_stats *out_stats);

/* One empty round trip: for readiness. */
PL_NODISCARD pl_code pl_pg_ping(pl_pg *pg, int64_t deadline_ns, pl_error *err);

/* ---- parameters ------------------------------------------------------------------ */

/* A parameter; make one with the functions below. Memory it points to is borrowed until the
 * statement was queued. */
typedef struct pl_pg_value {
    uint32_t type; /* the type's OID; 0: the server infers it */
    int64_t number;
    const void *data; /* bytes or elements */
    size_t size;      /* of data: bytes, or elements of an array */
    bool is_null;
} pl_pg_value;

typedef struct pl_pg_args {
    const pl_pg_value *values;
    size_t count;
} pl_pg_args;

/* $1, $2, ... of one statement: PL_PG_ARGS(pl_pg_i64(id), pl_pg_cstr(name)). */
#define PL_PG_ARGS(...)                                                                            \
    ((pl_pg_args){(const pl_pg_value[]){__VA_ARGS__},                                              \
                  sizeof((const pl_pg_value[]){__VA_ARGS__}) / sizeof(pl_pg_value)})
/* A statement without parameters. */
#define PL_PG_NO_ARGS ((pl_pg_args){NULL, 0})

/* NULL of a type that the server infers. */
pl_pg_value pl_pg_null(void);
pl_pg_value pl_pg_bool(bool value);                          /* bool */
pl_pg_value pl_pg_i32(int32_t value);                        /* int4 */
pl_pg_value pl_pg_i64(int64_t value);                        /* int8 */
pl_pg_value pl_pg_f64(double value);                         /* float8 */
pl_pg_value pl_pg_text(pl_str value);                        /* text */
pl_pg_value pl_pg_cstr(const char *value);                   /* text; NULL is NULL */
pl_pg_value pl_pg_bytes(const void *data, size_t size);      /* bytea */
pl_pg_value pl_pg_uuid(const uint8_t uuid[16]);              /* uuid */
pl_pg_value pl_pg_time_us(int64_t time_us);                  /* timestamptz, from us since 1970 */
pl_pg_value pl_pg_i64s(const int64_t *values, size_t count); /* int8[] */
pl_pg_value pl_pg_texts(const pl_str *values, size_t count); /* text[] */
pl_pg_value pl_pg_blobs(const pl_str *values, size_t count); /* bytea[] */
/* A text sent to a column of another type (jsonb, an enum, numeric) needs a cast in the SQL:
 * $3::text::jsonb. */

/* ---- transactions ---------------------------------------------------------------- */

/* Takes a connection for a transaction (READ COMMITTED), waiting for a free one until DEADLINE_NS
 * (pl_now_ns' clock), which is also the deadline of everything done in it. Nothing is sent yet
 * where a connection is open. The thread counts as holding a transaction (base/hold.h) until
 * commit or rollback, one of which must follow, on the same thread. */
PL_NODISCARD pl_code pl_pg_begin(pl_pg *pg, int64_t deadline_ns, pl_pg_tx **out_tx, pl_error *err);

/* Queues a statement. SQL is a text that lives for ever (a literal): it is the key of the prepared
 * statement. Its error surfaces at the next query, flush or commit, or, where an earlier statement
 * has failed already, here. After an error only rollback is left. */
PL_NODISCARD pl_code pl_pg_exec(pl_pg_tx *tx, const char *sql, pl_pg_args args, pl_error *err);

/* Queues a statement, waits for everything queued and gives its result, which lives until commit
 * or rollback. */
PL_NODISCARD pl_code pl_pg_query(pl_pg_tx *tx, const char *sql, pl_pg_args args,
                                 pl_pg_rows **out_rows, pl_error *err);

/* Waits for everything queued. */
PL_NODISCARD pl_code pl_pg_flush(pl_pg_tx *tx, pl_error *err);

/* Commits and gives the connection back; TX is gone whatever the result. PL_UNKNOWN with reason
 * "COMMIT_UNKNOWN": connection or deadline were lost after COMMIT was sent, it may have happened.
 * The error of an earlier statement: nothing was committed. */
PL_NODISCARD pl_code pl_pg_commit(pl_pg_tx *tx, pl_error *err);

/* Ends it without effect and gives the connection back. NULL is allowed. */
void pl_pg_rollback(pl_pg_tx *tx);

/* The deadline given to begin. */
int64_t pl_pg_deadline(const pl_pg_tx *tx);

/* One statement on its own, committed by itself, in one round trip. The rows are the caller's, to
 * be freed with pl_pg_rows_free; OUT_ROWS may be NULL. PL_UNKNOWN as for commit. */
PL_NODISCARD pl_code pl_pg_once(pl_pg *pg, int64_t deadline_ns, const char *sql, pl_pg_args args,
                                pl_pg_rows **out_rows, pl_error *err);

/* ---- results --------------------------------------------------------------------- */

/* Only for the rows of pl_pg_once. NULL is allowed. */
void pl_pg_rows_free(pl_pg_rows *rows);

size_t pl_pg_count(const pl_pg_rows *rows);
size_t pl_pg_columns(const pl_pg_rows *rows);
/* Rows an INSERT, UPDATE, DELETE or SELECT touched. */
int64_t pl_pg_affected(const pl_pg_rows *rows);

/* The value of a row and column, from 0. A row or column that is not there, a NULL (ask with
 * pl_pg_is_null) or another type than the one named is a programming error and ends the process.
 * Texts and bytes are borrowed from the rows. */
bool pl_pg_is_null(const pl_pg_rows *rows, size_t row, size_t column);
bool pl_pg_get_bool(const pl_pg_rows *rows, size_t row, size_t column);
int64_t pl_pg_get_i64(const pl_pg_rows *rows, size_t row,
                      size_t column);                                    /* int2, int4, int8, oid */
double pl_pg_get_f64(const pl_pg_rows *rows, size_t row, size_t column); /* float4, float8 */
/* text, varchar, name, json, jsonb, enums; NULL is the empty text */
pl_str pl_pg_get_str(const pl_pg_rows *rows, size_t row, size_t column);
pl_str pl_pg_get_bytes(const pl_pg_rows *rows, size_t row, size_t column); /* bytea; NULL: empty */
void pl_pg_get_uuid(const pl_pg_rows *rows, size_t row, size_t column, uint8_t out[16]);
int64_t pl_pg_get_time_us(const pl_pg_rows *rows, size_t row, size_t column); /* timestamptz */

#ifdef __cplusplus
}
#endif
#endif
