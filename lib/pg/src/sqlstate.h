/* SQLSTATEs and libpq's failures as pl_code: the only place where they are mapped. */
#ifndef PARLEY_PG_SQLSTATE_H
#define PARLEY_PG_SQLSTATE_H

#include <libpq-fe.h>
#include <stdbool.h>

#include "parley/base/error.h"

#define PG_DOMAIN "pg"
/* Raised by parley_expect. */
#define PG_SQLSTATE_FENCED       "PL001"
#define PG_REASON_FENCED         "FENCED"
#define PG_REASON_COMMIT_UNKNOWN "COMMIT_UNKNOWN"

/* The code of a five-character SQLSTATE; PL_INTERNAL for one that is not known. */
pl_code pg_sqlstate_code(const char *sqlstate);

/* The session does not survive this error. */
bool pg_sqlstate_ends_session(const char *sqlstate);

/* The session's prepared statements no longer fit the schema: use a new session. */
bool pg_sqlstate_stale_plan(const char *sqlstate);

/* Fills ERR from a result that is an error; LABEL names the database. */
pl_code pg_result_error(pl_error *err, const char *label, const PGresult *result);

/* Fills ERR from the connection's last error, as PL_UNAVAILABLE where nothing is more exact. */
pl_code pg_conn_error(pl_error *err, const char *label, const PGconn *pq, const char *what);

#endif
