/* The runner. It works on one connection, which it closes at the end: that also gives back the lock
 * and the session's settings. */
#include "parley/pg/migrate.h"

#include <string.h>

#include "pool.h"
#include "rows.h"
#include "schema.h"
#include "sqlstate.h"

/* Key of the advisory lock, the same for every program: "parley" as a number. */
#define LOCK_KEY INT64_C(0x7061726c6579)

/* A migration may run long, but must not stop everybody behind a lock it waits for. */
static const char session_script[] = "SET statement_timeout = 0; SET lock_timeout = 0;"
                                     "SET idle_in_transaction_session_timeout = 0";
static const char lock_timeout_script[] = "SET lock_timeout = '5s'";

static const char table_script[] =
    "CREATE TABLE IF NOT EXISTS parley_migration ("
    "    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
    "    module text NOT NULL, name text NOT NULL, checksum bytea NOT NULL,"
    "    applied timestamptz NOT NULL DEFAULT now(), UNIQUE (module, name))";

static const char insert_sql[] = "INSERT INTO parley_migration (module, name, checksum) "
                                 "VALUES ($1, $2, sha256(convert_to($3, 'UTF8')))";

/* The server quotes the role's name. */
static const char grant_sql[] =
    "SELECT format('GRANT USAGE ON SCHEMA public TO %1$I;"
    " GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO %1$I;"
    " GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO %1$I;"
    " REVOKE INSERT, UPDATE, DELETE ON parley_migration FROM %1$I;"
    " ALTER DEFAULT PRIVILEGES IN SCHEMA public"
    " GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO %1$I;"
    " ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES TO %1$I', $1::text)";

typedef struct runner {
    pg_conn *conn;
    int64_t deadline_ns;
} runner;

static pl_code query(const runner *r, const char *sql, pl_pg_args args, pl_pg_rows **out_rows,
                     pl_error *err) {
    PGresult *result = NULL;
    pl_code code = pg_conn_queue(r->conn, PG_COMMAND_QUERY, sql, args, err);
    if (!code)
        code = pg_conn_wait(r->conn, r->deadline_ns, &result, err);
    if (code)
        return code;
    pl_pg_rows *rows = pg_rows_new(result);
    if (!rows)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "migrations: no memory");
    *out_rows = rows;
    return PL_OK;
}

static pl_code prepare(const runner *r, pl_error *err) {
    pl_code code = pg_conn_script(r->conn, session_script, r->deadline_ns, err);
    pl_pg_rows *rows = NULL;
    if (!code)
        code = query(r, "SELECT pg_advisory_lock($1)", PL_PG_ARGS(pl_pg_i64(LOCK_KEY)), &rows, err);
    pl_pg_rows_free(rows);
    if (!code)
        code = pg_conn_script(r->conn, lock_timeout_script, r->deadline_ns, err);
    if (!code)
        code = pg_conn_script(r->conn, table_script, r->deadline_ns, err);
    return code;
}

/* Runs the script and notes it, inside the transaction that is open. */
static pl_code run_script(const runner *r, const pg_step *step, pl_error *err) {
    pl_code code = pg_conn_script(r->conn, step->sql, r->deadline_ns, err);
    if (code)
        return code;
    if (PQtransactionStatus(r->conn->pq) != PQTRANS_INTRANS)
        return pl_error_set(err, PL_INVALID_ARGUMENT,
                            "the script ends its transaction; remove COMMIT or ROLLBACK from it");
    code = pg_conn_queue(
        r->conn, PG_COMMAND_EXEC, insert_sql,
        PL_PG_ARGS(pl_pg_cstr(step->module), pl_pg_cstr(step->name), pl_pg_cstr(step->sql)), err);
    if (!code)
        code = pg_conn_queue(r->conn, PG_COMMAND_COMMIT, "COMMIT", PL_PG_NO_ARGS, err);
    return code ? code : pg_conn_wait(r->conn, r->deadline_ns, NULL, err);
}

static pl_code apply(const runner *r, const pg_step *step, pl_error *err) {
    pl_error own = PL_ERROR_INIT;
    pl_code code = pg_conn_script(r->conn, "BEGIN", r->deadline_ns, &own);
    if (!code)
        code = run_script(r, step, &own);
    if (!code)
        return PL_OK;
    /* The connection is closed after this, which rolls back. */
    return pl_error_wrap(err, &own, "migration %s/%s", step->module, step->name);
}

/* Applies the steps that ROWS call missing, in their order. */
static pl_code apply_missing(const runner *r, const pg_plan *plan, const pl_pg_rows *rows,
                             size_t *applied, pl_error *err) {
    for (size_t i = 0; i < pl_pg_count(rows); i++) {
        size_t step = (size_t)pl_pg_get_i64(rows, i, 0) - 1;
        pl_code code = apply(r, &plan->steps[step], err);
        if (code)
            return code;
        (*applied)++;
    }
    return PL_OK;
}

static pl_code grant(const runner *r, const char *data_role, pl_error *err) {
    pl_pg_rows *rows = NULL;
    pl_code code = query(r, grant_sql, PL_PG_ARGS(pl_pg_cstr(data_role)), &rows, err);
    if (code)
        return code;
    pl_str script = pl_pg_get_str(rows, 0, 0);
    /* libpq ends every value with a NUL. */
    code = pg_conn_script(r->conn, script.p, r->deadline_ns, err);
    pl_pg_rows_free(rows);
    return code;
}

static pl_code migrate(const runner *r, const pg_plan *plan, const char *data_role, size_t *applied,
                       pl_error *err) {
    pl_code code = prepare(r, err);
    if (code)
        return code;
    pl_pg_value values[3];
    pl_pg_rows *rows = NULL;
    code = query(r, pg_schema_compare_sql, pg_schema_compare_args(plan, values), &rows, err);
    if (!code)
        code = pg_schema_judge(rows, false, err);
    if (!code)
        code = apply_missing(r, plan, rows, applied, err);
    pl_pg_rows_free(rows);
    if (!code && data_role)
        code = grant(r, data_role, err);
    return code;
}

pl_code pl_pg_migrate(pl_pg *pg, const pl_pg_migration_set *sets, size_t set_count,
                      const char *data_role, int64_t deadline_ns, size_t *out_applied,
                      pl_error *err) {
    pg_plan plan;
    pl_code code = pg_plan_init(&plan, sets, set_count, err);
    if (code)
        return code;
    runner r = {.deadline_ns = deadline_ns};
    size_t applied = 0;
    code = pg_pool_take(pg, deadline_ns, &r.conn, err);
    if (!code) {
        code = migrate(&r, &plan, data_role, &applied, err);
        r.conn->broken = true;
        pg_pool_give(pg, r.conn);
    }
    pg_plan_done(&plan);
    if (!code && out_applied)
        *out_applied = applied;
    return code;
}
