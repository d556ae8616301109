/* The pool: lends connections. See pg.h for what callers see. */
#ifndef PARLEY_PG_POOL_H
#define PARLEY_PG_POOL_H

#include "conn.h"
#include "parley/pg/pg.h"
#include "rows.h"

/* Takes a connection out, an idle one or a new one; waits for one to come back until the
 * deadline. */
pl_code pg_pool_take(pl_pg *pg, int64_t deadline_ns, pg_conn **out_conn, pl_error *err);

/* Gives it back; one that cannot be used again is closed. */
void pg_pool_give(pl_pg *pg, pg_conn *conn);

/* Counts the end of a transaction. */
void pg_pool_count(pl_pg *pg, bool committed);

#endif
