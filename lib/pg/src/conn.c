#include "conn.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "io.h"
#include "parley/base/assert.h"
#include "parley/base/clock.h"
#include "sqlstate.h"
#include "value.h"

/* Seconds of silence after which TCP asks whether the other side lives. */
#define KEEPALIVE_IDLE "10"

/* Notices (of IF NOT EXISTS and so on) would go to stderr. */
static void ignore_notice(void *arg, const PGresult *result) {
    (void)arg;
    (void)result;
}

static PGconn *start(const pg_conn_params *p) {
    /* Later keywords win over those in the conninfo. */
    const char *const keywords[] = {
        "dbname",           "application_name", "client_encoding", "options",
        "tcp_user_timeout", "keepalives_idle",  "gssencmode",      NULL};
    const char *const values[] = {
        p->conninfo,         p->name,        "UTF8",    p->session_options,
        p->tcp_user_timeout, KEEPALIVE_IDLE, "disable", NULL};
    return PQconnectStartParams(keywords, values, 1);
}

/* Takes the connection attempt to its end; false: failed, and libpq knows why, or timed out. */
static bool connect_until(PGconn *pq, int64_t deadline_ns, bool *out_timed_out) {
    *out_timed_out = false;
    PostgresPollingStatusType next = PGRES_POLLING_WRITING;
    while (next != PGRES_POLLING_OK) {
        struct pollfd fd = {.fd = PQsocket(pq),
                            .events = next == PGRES_POLLING_WRITING ? POLLOUT : POLLIN};
        int timeout = pl_remaining_ms(deadline_ns);
        int n = poll(&fd, 1, timeout);
        if (n == 0 && pl_remaining_ms(deadline_ns) == 0) {
            *out_timed_out = true;
            return false;
        }
        if (n <= 0)
            continue;
        next = PQconnectPoll(pq);
        if (next == PGRES_POLLING_FAILED)
            return false;
    }
    return true;
}

static pl_code open_session(const pg_conn_params *params, pg_conn *conn, int64_t deadline_ns,
                            pl_error *err) {
    conn->pq = start(params);
    if (!conn->pq)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "%s: no memory", params->label);
    bool timed_out = false;
    if (PQstatus(conn->pq) == CONNECTION_BAD || !connect_until(conn->pq, deadline_ns, &timed_out)) {
        if (!timed_out)
            return pg_conn_error(err, params->label, conn->pq, "cannot connect");
        pl_error_set(err, PL_UNAVAILABLE, "%s: cannot connect: no answer in time", params->label);
        pl_error_info(err, PG_DOMAIN, "CONNECT_TIMEOUT");
        return PL_UNAVAILABLE;
    }
    PQsetNoticeReceiver(conn->pq, ignore_notice, NULL);
    if (PQsetnonblocking(conn->pq, 1) != 0 || !PQenterPipelineMode(conn->pq))
        return pg_conn_error(err, params->label, conn->pq, "cannot use pipeline mode");
    return PL_OK;
}

pl_code pg_conn_open(const pg_conn_params *params, int64_t deadline_ns, pg_conn **out_conn,
                     pl_error *err) {
    pg_conn *conn = calloc(1, sizeof *conn);
    if (!conn)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "%s: no memory", params->label);
    conn->label = params->label;
    pl_code code = open_session(params, conn, deadline_ns, err);
    if (code) {
        pg_conn_close(conn);
        return code;
    }
    *out_conn = conn;
    return PL_OK;
}

void pg_conn_close(pg_conn *conn) {
    if (!conn)
        return;
    PQfinish(conn->pq);
    pg_prepared_done(&conn->prepared);
    free(conn);
}

bool pg_conn_stale(const pg_conn *conn) {
    struct pollfd fd = {.fd = PQsocket(conn->pq), .events = POLLIN};
    return poll(&fd, 1, 0) != 0;
}

bool pg_conn_reusable(pg_conn *conn) {
    return !conn->broken && conn->queued_count == 0 && PQstatus(conn->pq) == CONNECTION_OK &&
           PQtransactionStatus(conn->pq) == PQTRANS_IDLE;
}

/* A statement takes at most two places, and BEGIN and COMMIT with their preparations four. */
bool pg_conn_room(const pg_conn *conn) {
    return conn->queued_count + 6 <= PG_QUEUED_MAX;
}

static void note(pg_conn *conn, pg_command command, int32_t slot) {
    PL_ASSERT(conn->queued_count < PG_QUEUED_MAX);
    conn->queued[conn->queued_count++] = (pg_queued){.command = command, .slot = slot};
}

static bool send_prepared(pg_conn *conn, pg_command command, int32_t slot, const pg_params *p) {
    char name[PG_STATEMENT_NAME_SIZE];
    pg_statement_name((uint32_t)slot, name);
    pg_statement *statement = &conn->prepared.slots[slot];
    if (!statement->ready) {
        if (!PQsendPrepare(conn->pq, name, statement->sql, p->count, p->types))
            return false;
        statement->ready = true;
        note(conn, PG_COMMAND_PREPARE, slot);
    }
    if (!PQsendQueryPrepared(conn->pq, name, p->count, p->values, p->lengths, p->formats, 1))
        return false;
    note(conn, command, slot);
    return true;
}

pl_code pg_conn_queue(pg_conn *conn, pg_command command, const char *sql, pl_pg_args args,
                      pl_error *err) {
    pg_params params;
    pl_code code = pg_params_init(&params, args, err);
    if (code)
        return code;
    int32_t slot = pg_prepared_slot(&conn->prepared, sql, params.types, params.count);
    bool sent;
    if (slot >= 0) {
        sent = send_prepared(conn, command, slot, &params);
    } else {
        sent = PQsendQueryParams(conn->pq, sql, params.count, params.types, params.values,
                                 params.lengths, params.formats, 1) != 0;
        if (sent)
            note(conn, command, -1);
    }
    pg_params_done(&params);
    if (sent)
        return PL_OK;
    /* A preparation may have been queued without its use: nothing simple is left to do. */
    conn->broken = true;
    return pg_conn_error(err, conn->label, conn->pq, "cannot queue a statement");
}
