/* A private PostgreSQL and a pool to it, for the tests of this folder. */
#ifndef PARLEY_PG_FIXTURE_H
#define PARLEY_PG_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "parley/base/clock.h"
#include "parley/base/error.h"
#include "parley/pg/migrate.h"
#include "parley/pg/pg.h"
#include "parley/test/servers.h"

/* What a test waits at most; nothing here takes that long. */
#define SOON pl_deadline_ms(10000)

/* Fails the test with the error's text where CODE is not PL_OK. */
#define assert_ok(code_, err_)                                                                     \
    do {                                                                                           \
        pl_code assert_ok_code_ = (code_);                                                         \
        if (assert_ok_code_ != PL_OK)                                                              \
            fail_msg("%s: %s", pl_code_name(assert_ok_code_), (err_).message);                     \
    } while (0)

/* The server of the whole program, started by the group's set-up. */
extern pl_test_postgres *fixture_server;
int fixture_start(void **state);
int fixture_stop(void **state);

/* A pool of SIZE connections to the server, with short limits. */
pl_pg *fixture_pool(uint32_t size);

/* Runs statements, each on its own. */
void fixture_run(pl_pg *pg, const char *const *statements, size_t count);

#endif
