/* Transactions and single statements. */
#include <stdlib.h>
#include <string.h>

#include "parley/base/clock.h"
#include "parley/base/hold.h"
#include "parley/base/str.h"
#include "pool.h"
#include "sqlstate.h"

/* A rollback waits this long for its answer, then the connection is closed instead: that rolls
 * back, too. */
#define ROLLBACK_MS 100

struct pl_pg_tx {
    pl_pg *pg;
    pg_conn *conn;
    int64_t deadline_ns;
    bool begun;     /* BEGIN was queued */
    pl_code failed; /* PL_OK, or of the first error, which `error` keeps */
    pl_error error;
    pl_pg_rows *rows; /* the newest first */
};

pl_code pl_pg_begin(pl_pg *pg, int64_t deadline_ns, pl_pg_tx **out_tx, pl_error *err) {
    pl_pg_tx *tx = calloc(1, sizeof *tx);
    if (!tx)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "postgresql: no memory for a transaction");
    tx->pg = pg;
    tx->deadline_ns = deadline_ns;
    pl_code code = pg_pool_take(pg, deadline_ns, &tx->conn, err);
    if (code) {
        free(tx);
        return code;
    }
    pl_base_hold_enter();
    *out_tx = tx;
    return PL_OK;
}

int64_t pl_pg_deadline(const pl_pg_tx *tx) {
    return tx->deadline_ns;
}

static pl_code fail(pl_pg_tx *tx, pl_code code, pl_error *err) {
    tx->failed = code;
    if (err)
        *err = tx->error;
    return code;
}

/* Waits for what is queued; a failure is the transaction's. */
static pl_code wait_queued(pl_pg_tx *tx, PGresult **out_result, pl_error *err) {
    pl_code code = pg_conn_wait(tx->conn, tx->deadline_ns, out_result, &tx->error);
    return code ? fail(tx, code, err) : PL_OK;
}

static pl_code queue(pl_pg_tx *tx, pg_command command, const char *sql, pl_pg_args args,
                     pl_error *err) {
    if (tx->failed) {
        if (err)
            *err = tx->error;
        return tx->failed;
    }
    if (!pg_conn_room(tx->conn)) {
        pl_code code = wait_queued(tx, NULL, err);
        if (code)
            return code;
    }
    pl_code code = PL_OK;
    if (!tx->begun)
        code = pg_conn_queue(tx->conn, PG_COMMAND_EXEC, "BEGIN", PL_PG_NO_ARGS, &tx->error);
    if (code)
        return fail(tx, code, err);
    tx->begun = true;
    code = pg_conn_queue(tx->conn, command, sql, args, &tx->error);
    return code ? fail(tx, code, err) : PL_OK;
}

pl_code pl_pg_exec(pl_pg_tx *tx, const char *sql, pl_pg_args args, pl_error *err) {
    return queue(tx, PG_COMMAND_EXEC, sql, args, err);
}

pl_code pl_pg_query(pl_pg_tx *tx, const char *sql, pl_pg_args args, pl_pg_rows **out_rows,
                    pl_error *err) {
    pl_code code = queue(tx, PG_COMMAND_QUERY, sql, args, err);
    PGresult *result = NULL;
    if (!code)
        code = wait_queued(tx, &result, err);
    if (code)
        return code;
    pl_pg_rows *rows = pg_rows_new(result);
    if (!rows) {
        pl_error_set(&tx->error, PL_RESOURCE_EXHAUSTED, "postgresql: no memory for a result");
        return fail(tx, PL_RESOURCE_EXHAUSTED, err);
    }
    rows->next = tx->rows;
    tx->rows = rows;
    *out_rows = rows;
    return PL_OK;
}

pl_code pl_pg_flush(pl_pg_tx *tx, pl_error *err) {
    if (tx->failed) {
        if (err)
            *err = tx->error;
        return tx->failed;
    }
    return tx->conn->queued_count ? wait_queued(tx, NULL, err) : PL_OK;
}

/* Takes a session out of its transaction; where that fails the pool closes it. */
static void undo(pl_pg_tx *tx) {
    pg_conn *conn = tx->conn;
    if (conn->broken || !tx->begun)
        return;
    if (conn->queued_count == 0 && PQtransactionStatus(conn->pq) == PQTRANS_IDLE)
        return; /* COMMIT failed and has ended it */
    if (pg_conn_queue(conn, PG_COMMAND_EXEC, "ROLLBACK", PL_PG_NO_ARGS, NULL) ||
        pg_conn_wait(conn, pl_deadline_ms(ROLLBACK_MS), NULL, NULL))
        conn->broken = true;
}

static void end(pl_pg_tx *tx, bool committed) {
    pg_rows_free_all(tx->rows);
    pg_pool_count(tx->pg, committed);
    pg_pool_give(tx->pg, tx->conn);
    pl_base_hold_leave();
    free(tx);
}

pl_code pl_pg_commit(pl_pg_tx *tx, pl_error *err) {
    pl_code code = tx->failed;
    if (!code && tx->begun) {
        code = pg_conn_queue(tx->conn, PG_COMMAND_COMMIT, "COMMIT", PL_PG_NO_ARGS, &tx->error);
        if (!code)
            code = pg_conn_wait(tx->conn, tx->deadline_ns, NULL, &tx->error);
    }
    if (code) {
        if (err)
            *err = tx->error;
        undo(tx);
    }
    end(tx, code == PL_OK);
    return code;
}

void pl_pg_rollback(pl_pg_tx *tx) {
    if (!tx)
        return;
    undo(tx);
    end(tx, false);
}

/* A statement that only reads may be repeated when its answer is lost. */
static bool only_reads(const char *sql) {
    pl_str word = pl_str_make(sql, strcspn(sql, " \t\n("));
    return pl_str_eq_nocase(word, pl_str_c("select")) || pl_str_eq_nocase(word, pl_str_c("show"));
}

pl_code pl_pg_once(pl_pg *pg, int64_t deadline_ns, const char *sql, pl_pg_args args,
                   pl_pg_rows **out_rows, pl_error *err) {
    /* Whatever can fail here must not fail after the statement has had its effect. */
    pl_pg_rows *rows = pg_rows_new(NULL);
    if (!rows)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "postgresql: no memory for a result");
    pg_conn *conn;
    pl_code code = pg_pool_take(pg, deadline_ns, &conn, err);
    if (!code) {
        code = pg_conn_queue(conn, PG_COMMAND_QUERY, sql, args, err);
        conn->commits_itself = !code && !only_reads(sql);
        if (!code)
            code = pg_conn_wait(conn, deadline_ns, &rows->result, err);
        pg_pool_give(pg, conn);
    }
    if (code || !out_rows)
        pl_pg_rows_free(rows);
    else
        *out_rows = rows;
    return code;
}

pl_code pl_pg_ping(pl_pg *pg, int64_t deadline_ns, pl_error *err) {
    return pl_pg_once(pg, deadline_ns, "SELECT 1", PL_PG_NO_ARGS, NULL, err);
}
