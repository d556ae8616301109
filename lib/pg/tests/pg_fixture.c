#include "pg_fixture.h"

#include <stdio.h>

pl_test_postgres *fixture_server;

int fixture_start(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    pl_code code = pl_test_postgres_start(NULL, &fixture_server, &err);
    if (code)
        print_error("%s\n", err.message);
    return code ? -1 : 0;
}

int fixture_stop(void **state) {
    (void)state;
    pl_test_postgres_free(fixture_server);
    return 0;
}

pl_pg *fixture_pool(uint32_t size) {
    pl_pg_opts opts = PL_PG_OPTS_INIT;
    opts.conninfo = pl_test_postgres_conninfo(fixture_server, "postgres", NULL);
    opts.name = "pg-test";
    opts.max_connections = size;
    pl_error err = PL_ERROR_INIT;
    pl_pg *pg = NULL;
    assert_ok(pl_pg_new(&opts, &pg, &err), err);
    return pg;
}

void fixture_run(pl_pg *pg, const char *const *statements, size_t count) {
    for (size_t i = 0; i < count; i++) {
        pl_error err = PL_ERROR_INIT;
        assert_ok(pl_pg_once(pg, SOON, statements[i], PL_PG_NO_ARGS, NULL, &err), err);
    }
}
