#include "pg_fixture.h"

#include <pthread.h>
#include <string.h>

static pl_pg *pg; /* to a database of its own, as its owner */

static const pl_pg_migration orders_1[] = {
    {"0001_orders", "CREATE TABLE orders (id bigint PRIMARY KEY); INSERT INTO orders VALUES (1)"},
};
static const pl_pg_migration orders_2[] = {
    {"0001_orders", "CREATE TABLE orders (id bigint PRIMARY KEY); INSERT INTO orders VALUES (1)"},
    {"0002_name", "ALTER TABLE orders ADD COLUMN name text"},
};
static const pl_pg_migration orders_changed[] = {
    {"0001_orders", "CREATE TABLE orders (id int PRIMARY KEY)"},
};
static const pl_pg_migration orders_broken[] = {
    {"0001_orders", "CREATE TABLE orders (id bigint PRIMARY KEY); INSERT INTO orders VALUES (1)"},
    {"0002_halfway", "CREATE TABLE half (id int); INSERT INTO nowhere VALUES (1)"},
    {"0003_never", "CREATE TABLE never (id int)"},
};
static const pl_pg_migration orders_committing[] = {
    {"0001_orders", "CREATE TABLE orders (id bigint PRIMARY KEY); COMMIT"},
};
static const pl_pg_migration unsorted[] = {{"0002_b", "SELECT 1"}, {"0001_a", "SELECT 1"}};

#define SET(list) ((pl_pg_migration_set[]){{"orders", (list), PL_COUNT(list)}})

static pl_pg *connect_as(const char *user) {
    pl_error err = PL_ERROR_INIT;
    pl_pg_opts opts = PL_PG_OPTS_INIT;
    opts.conninfo = pl_test_postgres_conninfo(fixture_server, "shop", user);
    pl_pg *made = NULL;
    assert_ok(pl_pg_new(&opts, &made, &err), err);
    return made;
}

static int open_database(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    assert_ok(pl_test_postgres_database(fixture_server, "shop", "shop-owner", "shop-data", &err),
              err);
    pg = connect_as("shop-owner");
    return 0;
}

static int drop_database(void **state) {
    (void)state;
    pl_pg_free(pg);
    pl_pg *admin = fixture_pool(1);
    fixture_run(admin, &(const char *){"DROP DATABASE shop WITH (FORCE)"}, 1);
    pl_pg_free(admin);
    return 0;
}

static pl_code migrate(const pl_pg_migration_set *set, size_t *applied, pl_error *err) {
    return pl_pg_migrate(pg, set, 1, "shop-data", SOON, applied, err);
}

static pl_code check(const pl_pg_migration_set *set, pl_error *err) {
    return pl_pg_check_schema(pg, set, 1, SOON, err);
}

/* Whether there is a table or function of this name. */
static bool has_table(const char *name) {
    pl_error err = PL_ERROR_INIT;
    pl_pg_rows *rows = NULL;
    assert_ok(pl_pg_once(pg, SOON, "SELECT to_regclass($1) IS NOT NULL",
                         PL_PG_ARGS(pl_pg_cstr(name)), &rows, &err),
              err);
    bool has = pl_pg_get_bool(rows, 0, 0);
    pl_pg_rows_free(rows);
    return has;
}

static void what_is_missing_is_applied_once(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    size_t applied = 99;
    assert_ok(migrate(SET(orders_1), &applied, &err), err);
    assert_int_equal(applied, 2); /* with the built-in one */
    assert_ok(migrate(SET(orders_2), &applied, &err), err);
    assert_int_equal(applied, 1);
    assert_ok(migrate(SET(orders_2), &applied, &err), err);
    assert_int_equal(applied, 0);
    assert_ok(check(SET(orders_2), &err), err);
}

static void a_database_never_migrated_is_refused_as_older(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    assert_int_equal(check(SET(orders_1), &err), PL_FAILED_PRECONDITION);
    assert_string_equal(err.reason, "SCHEMA_OLDER");
    assert_non_null(strstr(err.message, "--migrate"));
}

static void a_database_that_lacks_a_migration_is_refused_as_older(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    assert_ok(migrate(SET(orders_1), NULL, &err), err);
    assert_int_equal(check(SET(orders_2), &err), PL_FAILED_PRECONDITION);
    assert_string_equal(err.reason, "SCHEMA_OLDER");
    assert_non_null(strstr(err.message, "orders/0002_name"));
}

static void a_newer_database_is_refused_by_check_and_migrate(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    assert_ok(migrate(SET(orders_2), NULL, &err), err);
    assert_int_equal(check(SET(orders_1), &err), PL_FAILED_PRECONDITION);
    assert_string_equal(err.reason, "SCHEMA_NEWER");
    assert_int_equal(migrate(SET(orders_1), NULL, &err), PL_FAILED_PRECONDITION);
    assert_string_equal(err.reason, "SCHEMA_NEWER");
}

static void an_edited_script_is_refused(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    assert_ok(migrate(SET(orders_1), NULL, &err), err);
    assert_int_equal(check(SET(orders_changed), &err), PL_FAILED_PRECONDITION);
    assert_string_equal(err.reason, "SCHEMA_CHANGED");
    assert_int_equal(migrate(SET(orders_changed), NULL, &err), PL_FAILED_PRECONDITION);
}

static void a_script_that_fails_halfway_leaves_nothing_of_itself(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    assert_int_equal(migrate(SET(orders_broken), NULL, &err), PL_INTERNAL);
    assert_non_null(strstr(err.message, "orders/0002_halfway"));
    assert_true(has_table("orders"));
    assert_false(has_table("half"));
    assert_false(has_table("never"));
    size_t applied = 0;
    assert_ok(migrate(SET(orders_2), &applied, &err), err);
    assert_int_equal(applied, 1);
}

static void a_script_that_commits_is_refused(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    assert_int_equal(migrate(SET(orders_committing), NULL, &err), PL_INVALID_ARGUMENT);
    assert_non_null(strstr(err.message, "COMMIT"));
}

static void unsorted_names_are_refused(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    assert_int_equal(migrate(SET(unsorted), NULL, &err), PL_INVALID_ARGUMENT);
    assert_false(has_table("parley_migration"));
}

static void the_data_role_reads_and_writes_but_changes_no_schema(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    assert_ok(migrate(SET(orders_1), NULL, &err), err);
    pl_pg *data = connect_as("shop-data");
    assert_ok(pl_pg_once(data, SOON, "INSERT INTO orders VALUES (2)", PL_PG_NO_ARGS, NULL, &err),
              err);
    assert_ok(pl_pg_check_schema(data, SET(orders_1), 1, SOON, &err), err);
    assert_int_equal(pl_pg_once(data, SOON, "DROP TABLE orders", PL_PG_NO_ARGS, NULL, &err),
                     PL_PERMISSION_DENIED);
    assert_int_equal(pl_pg_once(data, SOON, "CREATE TABLE x (id int)", PL_PG_NO_ARGS, NULL, &err),
                     PL_PERMISSION_DENIED);
    assert_int_equal(
        pl_pg_once(data, SOON, "DELETE FROM parley_migration", PL_PG_NO_ARGS, NULL, &err),
        PL_PERMISSION_DENIED);
    pl_pg_free(data);
}

static void the_fence_lets_equal_numbers_pass_and_aborts_the_others(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    static const char fenced[] = "WITH u AS (UPDATE orders SET id = $2 WHERE id = $1 RETURNING 1) "
                                 "SELECT parley_expect(count(*), 1) FROM u";
    assert_ok(migrate(SET(orders_1), NULL, &err), err);
    for (int i = 0; i < 2; i++) {
        pl_pg_tx *tx = NULL;
        assert_ok(pl_pg_begin(pg, SOON, &tx, &err), err);
        assert_ok(
            pl_pg_exec(tx, "INSERT INTO orders VALUES ($1)", PL_PG_ARGS(pl_pg_i64(50 + i)), &err),
            err);
        assert_ok(pl_pg_exec(tx, fenced, PL_PG_ARGS(pl_pg_i64(1), pl_pg_i64(10)), &err), err);
        assert_int_equal(pl_pg_commit(tx, &err), i == 0 ? PL_OK : PL_ABORTED);
    }
    assert_string_equal(err.reason, "FENCED");
    pl_pg_rows *rows = NULL;
    assert_ok(pl_pg_once(pg, SOON, "SELECT id FROM orders ORDER BY id", PL_PG_NO_ARGS, &rows, &err),
              err);
    assert_int_equal(pl_pg_count(rows), 2);
    assert_int_equal(pl_pg_get_i64(rows, 0, 0), 10);
    assert_int_equal(pl_pg_get_i64(rows, 1, 0), 50);
    pl_pg_rows_free(rows);
}

typedef struct racer {
    pl_code code;
    size_t applied;
} racer;

static void *race(void *arg) {
    racer *r = arg;
    r->code = migrate(SET(orders_2), &r->applied, NULL);
    return NULL;
}

static void of_several_runners_one_applies(void **state) {
    (void)state;
    racer racers[4] = {{0}};
    pthread_t threads[4];
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
    size_t applied = 0;
    for (size_t i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(racers[i].code, PL_OK);
        applied += racers[i].applied;
    }
    assert_int_equal(applied, 3);
}

#define T(name) cmocka_unit_test_setup_teardown(name, open_database, drop_database)

int main(void) {
    const struct CMUnitTest tests[] = {
        T(what_is_missing_is_applied_once),
        T(a_database_never_migrated_is_refused_as_older),
        T(a_database_that_lacks_a_migration_is_refused_as_older),
        T(a_newer_database_is_refused_by_check_and_migrate),
        T(an_edited_script_is_refused),
        T(a_script_that_fails_halfway_leaves_nothing_of_itself),
        T(a_script_that_commits_is_refused),
        T(unsorted_names_are_refused),
        T(the_data_role_reads_and_writes_but_changes_no_schema),
        T(the_fence_lets_equal_numbers_pass_and_aborts_the_others),
        T(of_several_runners_one_applies),
    };
    return cmocka_run_group_tests(tests, fixture_start, fixture_stop);
}
