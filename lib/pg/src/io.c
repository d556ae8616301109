#include "io.h"

#include <errno.h>
#include <poll.h>

#include "parley/base/clock.h"
#include "sqlstate.h"

bool pg_io_wait(const PGconn *pq, bool also_writable, int64_t deadline_ns) {
    struct pollfd fd = {.fd = PQsocket(pq),
                        .events = (short)(also_writable ? POLLIN | POLLOUT : POLLIN)};
    for (;;) {
        int timeout = pl_remaining_ms(deadline_ns);
        int n = poll(&fd, 1, timeout);
        if (n > 0)
            return true;
        /* Any other failure of poll shows again, with its reason, in libpq's read. */
        if (n < 0 && errno != EINTR)
            return true;
        if (timeout == 0 || (n == 0 && pl_remaining_ms(deadline_ns) == 0))
            return false;
    }
}

static pl_code lost(pg_conn *conn, pl_error *err) {
    conn->broken = true;
    pl_code code = pg_conn_error(err, conn->label, conn->pq, "connection lost");
    return code;
}

pl_code pg_io_ready(pg_conn *conn, int64_t deadline_ns, pl_error *err) {
    for (;;) {
        int unsent = PQflush(conn->pq);
        if (unsent < 0 && PQstatus(conn->pq) == CONNECTION_BAD)
            return lost(conn, err);
        if (!PQisBusy(conn->pq))
            return PL_OK;
        if (PQstatus(conn->pq) == CONNECTION_BAD)
            return lost(conn, err);
        if (!pg_io_wait(conn->pq, unsent > 0, deadline_ns)) {
            conn->broken = true;
            pl_code code = pl_error_set(err, PL_DEADLINE_EXCEEDED,
                                        "%s: no answer before the deadline", conn->label);
            pl_error_info(err, PG_DOMAIN, "DEADLINE");
            return code;
        }
        /* A failed read may still leave a last word of the server to be parsed: PQisBusy tells. */
        if (!PQconsumeInput(conn->pq) && PQisBusy(conn->pq))
            return lost(conn, err);
    }
}
