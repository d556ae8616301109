/* Reads the results of a pipeline and says what they mean. */
#include <string.h>

#include "conn.h"
#include "io.h"
#include "parley/base/assert.h"
#include "sqlstate.h"

/* The state of one pg_conn_wait. */
typedef struct waiting {
    pl_code code; /* of the first error */
    pl_error *err;
    size_t at;         /* the queued command whose result is next */
    bool commit_sent;  /* a COMMIT is among them */
    bool commit_known; /* and its answer was read, or an error before it was */
    PGresult *kept;
} waiting;

static bool is_commit(const pg_conn *conn, size_t i) {
    return conn->commits_itself ||
           (i < conn->queued_count && conn->queued[i].command == PG_COMMAND_COMMIT);
}

static void first_error(waiting *w, pl_code code, const pl_error *error) {
    if (w->code)
        return;
    w->code = code;
    if (w->err)
        *w->err = *error;
}

static void on_error(pg_conn *conn, waiting *w, const PGresult *result) {
    pl_error error = PL_ERROR_INIT;
    pl_code code = pg_result_error(&error, conn->label, result);
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    bool ended = !sqlstate || pg_sqlstate_ends_session(sqlstate);
    if (ended || pg_sqlstate_stale_plan(sqlstate))
        conn->broken = true;
    /* An error of the server before or at COMMIT says that nothing was committed, but not where
     * the session ended at COMMIT, or where the error is libpq's own: the connection was lost. */
    if (sqlstate && !(ended && is_commit(conn, w->at)))
        w->commit_known = true;
    first_error(w, code, &error);
    if (w->at < conn->queued_count && conn->queued[w->at].command == PG_COMMAND_PREPARE)
        conn->prepared.slots[conn->queued[w->at].slot].ready = false;
}

/* The server skipped a command after an error. */
static void on_aborted(pg_conn *conn, const waiting *w) {
    if (w->at < conn->queued_count && conn->queued[w->at].command == PG_COMMAND_PREPARE)
        conn->prepared.slots[conn->queued[w->at].slot].ready = false;
}

static void on_success(pg_conn *conn, waiting *w, PGresult *result) {
    if (is_commit(conn, w->at) && !conn->commits_itself) {
        w->commit_known = true;
        /* COMMIT of a failed transaction succeeds as ROLLBACK. */
        if (strcmp(PQcmdStatus(result), "ROLLBACK") == 0) {
            pl_error error;
            pl_error_set(&error, PL_ABORTED, "%s: the transaction had failed", conn->label);
            first_error(w, PL_ABORTED, &error);
        }
    }
    if (w->at < conn->queued_count && conn->queued[w->at].command == PG_COMMAND_QUERY) {
        PQclear(w->kept);
        w->kept = result;
        return;
    }
    PQclear(result);
}

/* Reads one result; true at the end of the pipeline. */
static bool read_one(pg_conn *conn, waiting *w) {
    PGresult *result = PQgetResult(conn->pq);
    if (!result) { /* the end of one command's results */
        w->at++;
        /* The queue can be longer by one only, where the Sync itself failed. */
        if (w->at > conn->queued_count + 1)
            conn->broken = true;
        return conn->broken;
    }
    switch (PQresultStatus(result)) {
    case PGRES_PIPELINE_SYNC:
        PQclear(result);
        return true;
    case PGRES_PIPELINE_ABORTED:
        on_aborted(conn, w);
        PQclear(result);
        return false;
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
    case PGRES_EMPTY_QUERY:
        on_success(conn, w, result);
        return false;
    default:
        on_error(conn, w, result);
        PQclear(result);
        return conn->broken && PQstatus(conn->pq) == CONNECTION_BAD;
    }
}

/* Something was lost after COMMIT had been sent. */
static void commit_unknown(const pg_conn *conn, waiting *w) {
    char why[200] = "";
    if (w->err)
        memcpy(why, w->err->message, sizeof why - 1);
    why[sizeof why - 1] = 0;
    w->code = pl_error_set(w->err, PL_UNKNOWN, "%s: it is not known whether it was committed: %s",
                           conn->label, why);
    pl_error_info(w->err, PG_DOMAIN, PG_REASON_COMMIT_UNKNOWN);
}

static bool has_commit(const pg_conn *conn) {
    if (conn->commits_itself)
        return true;
    for (size_t i = 0; i < conn->queued_count; i++) {
        if (is_commit(conn, i))
            return true;
    }
    return false;
}

static void read_all(pg_conn *conn, waiting *w, int64_t deadline_ns) {
    bool end = false;
    while (!end) {
        pl_error error = PL_ERROR_INIT;
        pl_code code = pg_io_ready(conn, deadline_ns, &error);
        if (code) {
            first_error(w, code, &error);
            return;
        }
        end = read_one(conn, w);
    }
}

pl_code pg_conn_wait(pg_conn *conn, int64_t deadline_ns, PGresult **out_result, pl_error *err) {
    pl_error own = PL_ERROR_INIT;
    waiting w = {.err = err ? err : &own, .commit_sent = has_commit(conn)};
    conn->round_trips++;
    if (!PQpipelineSync(conn->pq)) {
        conn->broken = true;
        w.code = pg_conn_error(w.err, conn->label, conn->pq, "cannot send");
    } else {
        read_all(conn, &w, deadline_ns);
    }
    if (w.code && w.commit_sent && !w.commit_known)
        commit_unknown(conn, &w);
    conn->queued_count = 0;
    conn->commits_itself = false;
    if (!w.code && !w.kept && out_result) {
        conn->broken = true;
        w.code = pl_error_set(w.err, PL_INTERNAL, "%s: a query without a result", conn->label);
    }
    if (w.code || !out_result)
        PQclear(w.kept);
    else
        *out_result = w.kept;
    return w.code;
}

/* Reads the results of a simple query to the end. */
static pl_code read_script(pg_conn *conn, int64_t deadline_ns, pl_error *err) {
    waiting w = {.err = err, .at = 0};
    for (;;) {
        pl_error error = PL_ERROR_INIT;
        pl_code code = pg_io_ready(conn, deadline_ns, &error);
        if (code) {
            first_error(&w, code, &error);
            return w.code;
        }
        PGresult *result = PQgetResult(conn->pq);
        if (!result)
            return w.code;
        ExecStatusType status = PQresultStatus(result);
        if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_EMPTY_QUERY)
            on_error(conn, &w, result);
        PQclear(result);
        if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT) {
            conn->broken = true; /* a script cannot feed COPY */
            return w.code;
        }
    }
}

pl_code pg_conn_script(pg_conn *conn, const char *script, int64_t deadline_ns, pl_error *err) {
    PL_ASSERT(conn->queued_count == 0);
    conn->round_trips++;
    pl_code code = PL_OK;
    if (!PQexitPipelineMode(conn->pq) || !PQsendQuery(conn->pq, script))
        code = pg_conn_error(err, conn->label, conn->pq, "cannot send a script");
    else
        code = read_script(conn, deadline_ns, err);
    if (!conn->broken && !PQenterPipelineMode(conn->pq))
        conn->broken = true;
    return code;
}
