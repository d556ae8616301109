/* A store's test bed: a database with the schema of one service, opened with the rights the
 * service has at run time. Server and database are a program's; every test begins with empty
 * tables and numbers from 1. A test that changes the schema changes it back.
 *
 *     static int setup(void **state) {
 *         *state = bed_new("mall.payment", &pl_service_migrations);
 *         return 0;
 *     }
 *     BED_TEST(charges_once) with setup and bed_teardown; BED_RUN(tests)
 */
#ifndef PARLEY_BACKING_TESTS_BED_H
#define PARLEY_BACKING_TESTS_BED_H

#include "check.h"

#include <stdbool.h>

#include "parley/base/arena.h"
#include "parley/base/clock.h"
#include "parley/event/event_pg.h"
#include "parley/pg/migrate.h"
#include "parley/pg/pg.h"
#include "parley/test/servers.h"

/* How long a test waits for an effect, and for one call of a store. */
#define BED_WAIT_MS 10000

typedef struct bed {
    char conninfo[256]; /* of the data role */
    char owner[256];    /* of the role that owns the schema */
    pl_pg *pg;
    pl_event_pg *events;
    pl_arena arena;
    pl_error err; /* of the call under test; on the test's thread only */
} bed;

int bed_group_setup(void **state);
int bed_group_teardown(void **state);
int bed_teardown(void **state);
#define BED_TEST(fn)   cmocka_unit_test_setup_teardown(fn, setup, bed_teardown)
#define BED_RUN(tests) cmocka_run_group_tests(tests, bed_group_setup, bed_group_teardown)

/* A migrated, empty database; OWN NULL: with the tables of events alone. One at a time, and the
 * same migrations throughout a program. */
bed *bed_new(const char *source, const pl_pg_migration_set *own);

/* The server all beds of this program share. */
pl_test_postgres *bed_server(void);

/* Fails the test, at the caller's line, with B's error unless CODE is PL_OK. */
#define bed_must(b, code) bed_must_at(b, code, __FILE__, __LINE__)
void bed_must_at(bed *b, pl_code code, const char *file, int line);

int64_t bed_deadline(void);

/* A transaction to call reactions in, and its end: committed where CODE is PL_OK, else rolled
 * back; the code is the commit's then. */
pl_event_tx bed_begin(bed *b);
pl_code bed_end(bed *b, pl_event_tx *tx, pl_code code);

/* Runs a statement without a result. */
void bed_exec(bed *b, const char *sql);
/* One number from a query. */
int64_t bed_number(bed *b, const char *sql);
/* One text from a query; lives as long as B. */
const char *bed_text(bed *b, const char *sql);
/* Waits until SQL answers WANTED; fails the test after BED_WAIT_MS. */
void bed_wait_number(bed *b, const char *sql, int64_t wanted);

/* What was published so far: "OrderPlaced 7@1, OrderCancelled 7@2", type, subject and version in
 * the order of publishing; "" where there is nothing. */
const char *bed_events(bed *b);
/* The versions of each aggregate are 1, 2, 3 ... without a gap, in the order of publishing. */
void bed_check_versions(bed *b);

/* Calls FN(ARG, 0 .. COUNT-1) on threads of their own that begin together, and waits for them. */
void bed_together(int count, void (*fn)(void *arg, int index), void *arg);

#endif
