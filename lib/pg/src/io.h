/* Waiting for a connection's socket, with a deadline. */
#ifndef PARLEY_PG_IO_H
#define PARLEY_PG_IO_H

#include <libpq-fe.h>
#include <stdbool.h>

#include "conn.h"

/* Waits for the socket to become readable, or also writable; false when the deadline has passed. */
bool pg_io_wait(const PGconn *pq, bool also_writable, int64_t deadline_ns);

/* Sends what libpq holds and reads until a result is there. PL_DEADLINE_EXCEEDED, or
 * PL_UNAVAILABLE where the connection is lost: then it is marked as broken. */
pl_code pg_io_ready(pg_conn *conn, int64_t deadline_ns, pl_error *err);

#endif
