/* Every allocation fails once: nothing leaks, and the error says so. */
#include "pg_fixture.h"

#include <stdio.h>

#include "parley/base/hold.h"
#include "parley/test/failmalloc.h"

#define ALLOCATIONS_MAX 500

static const pl_pg_migration list[] = {{"0001_t", "CREATE TABLE IF NOT EXISTS t (id bigint)"}};
static const pl_pg_migration_set set = {"memory", list, 1};

static char conninfo[256];

static int start(void **state) {
    if (fixture_start(state) != 0)
        return -1;
    snprintf(conninfo, sizeof conninfo, "%s",
             pl_test_postgres_conninfo(fixture_server, "postgres", NULL));
    return 0;
}

static pl_code run_transaction(pl_pg *pg, pl_error *err) {
    const int64_t numbers[] = {1, 2, 3};
    pl_pg_tx *tx = NULL;
    pl_pg_rows *rows = NULL;
    pl_code code = pl_pg_begin(pg, SOON, &tx, err);
    if (code)
        return code;
    code = pl_pg_exec(tx, "SELECT cardinality($1)", PL_PG_ARGS(pl_pg_i64s(numbers, 3)), err);
    if (!code)
        code = pl_pg_query(tx, "SELECT $1", PL_PG_ARGS(pl_pg_cstr("x")), &rows, err);
    if (!code)
        return pl_pg_commit(tx, err);
    pl_pg_rollback(tx);
    return code;
}

static pl_code run_everything(pl_error *err) {
    pl_pg_opts opts = PL_PG_OPTS_INIT;
    opts.conninfo = conninfo;
    pl_pg *pg = NULL;
    pl_code code = pl_pg_new(&opts, &pg, err);
    if (!code)
        code = run_transaction(pg, err);
    if (!code)
        code = pl_pg_once(pg, SOON, "SELECT 1", PL_PG_NO_ARGS, NULL, err);
    if (!code)
        code = pl_pg_migrate(pg, &set, 1, NULL, SOON, NULL, err);
    if (!code)
        code = pl_pg_check_schema(pg, &set, 1, SOON, err);
    pl_pg_free(pg);
    return code;
}

static void each_allocation_may_fail(void **state) {
    (void)state;
    size_t n = 1;
    for (; n < ALLOCATIONS_MAX; n++) {
        pl_error err = PL_ERROR_INIT;
        pl_test_fail_allocation(n);
        pl_code code = run_everything(&err);
        bool failed = pl_test_allocation_failed();
        assert_int_equal(pl_base_hold_held(), 0);
        /* Where a statement cannot be remembered it is sent unprepared, and all goes well. */
        if (code != PL_OK && code != PL_RESOURCE_EXHAUSTED)
            fail_msg("allocation %zu: %s: %s", n, pl_code_name(code), err.message);
        if (!failed)
            break;
    }
    assert_in_range(n, 10, ALLOCATIONS_MAX - 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_allocation_may_fail)};
    return cmocka_run_group_tests(tests, start, fixture_stop);
}
