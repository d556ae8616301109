#include "pg_fixture.h"

#include <string.h>

#include "parley/base/hold.h"

static pl_pg *pg;

static int open_pool(void **state) {
    (void)state;
    static const char *const statements[] = {
        "DROP TABLE IF EXISTS line, head",
        "CREATE TABLE head (id bigint PRIMARY KEY, name text NOT NULL, ver bigint DEFAULT 0)",
        "CREATE TABLE line (head bigint REFERENCES head, n bigint CHECK (n >= 0))",
    };
    pg = fixture_pool(4);
    fixture_run(pg, statements, PL_COUNT(statements));
    return 0;
}

static int close_pool(void **state) {
    (void)state;
    pl_pg_free(pg);
    return 0;
}

static pl_pg_tx *begin(void) {
    pl_error err = PL_ERROR_INIT;
    pl_pg_tx *tx = NULL;
    assert_ok(pl_pg_begin(pg, SOON, &tx, &err), err);
    return tx;
}

static void insert(pl_pg_tx *tx, int64_t id, const char *name) {
    pl_error err = PL_ERROR_INIT;
    assert_ok(pl_pg_exec(tx, "INSERT INTO head (id, name) VALUES ($1, $2)",
                         PL_PG_ARGS(pl_pg_i64(id), pl_pg_cstr(name)), &err),
              err);
}

static int64_t count_heads(void) {
    pl_error err = PL_ERROR_INIT;
    pl_pg_rows *rows = NULL;
    assert_ok(pl_pg_once(pg, SOON, "SELECT count(*) FROM head", PL_PG_NO_ARGS, &rows, &err), err);
    int64_t count = pl_pg_get_i64(rows, 0, 0);
    pl_pg_rows_free(rows);
    return count;
}

static void commit_makes_effects_visible(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    pl_pg_tx *tx = begin();
    insert(tx, 1, "one");
    insert(tx, 2, "two");
    assert_ok(pl_pg_commit(tx, &err), err);
    assert_int_equal(count_heads(), 2);
}

static void rollback_leaves_nothing(void **state) {
    (void)state;
    pl_pg_tx *tx = begin();
    insert(tx, 1, "one");
    pl_pg_rollback(tx);
    assert_int_equal(count_heads(), 0);
}

static void an_empty_transaction_asks_the_server_nothing(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    pl_pg_stats before, after;
    pl_pg_stats_get(pg, &before);
    assert_ok(pl_pg_commit(begin(), &err), err);
    pl_pg_rollback(begin());
    pl_pg_stats_get(pg, &after);
    assert_int_equal(after.round_trips, before.round_trips);
}

static void query_sees_what_was_queued_before(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    pl_pg_tx *tx = begin();
    insert(tx, 7, "seven");
    pl_pg_rows *rows = NULL;
    assert_ok(pl_pg_query(tx, "SELECT id, name FROM head WHERE id = $1", PL_PG_ARGS(pl_pg_i64(7)),
                          &rows, &err),
              err);
    assert_int_equal(pl_pg_count(rows), 1);
    assert_int_equal(pl_pg_get_i64(rows, 0, 0), 7);
    assert_true(pl_str_eqc(pl_pg_get_str(rows, 0, 1), "seven"));
    pl_pg_rollback(tx);
}

static void rows_of_several_queries_live_until_the_end(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    pl_pg_tx *tx = begin();
    pl_pg_rows *first = NULL, *second = NULL;
    assert_ok(pl_pg_query(tx, "SELECT 'a'::text", PL_PG_NO_ARGS, &first, &err), err);
    assert_ok(pl_pg_query(tx, "SELECT 'b'::text", PL_PG_NO_ARGS, &second, &err), err);
    assert_true(pl_str_eqc(pl_pg_get_str(first, 0, 0), "a"));
    assert_true(pl_str_eqc(pl_pg_get_str(second, 0, 0), "b"));
    assert_ok(pl_pg_commit(tx, &err), err);
}

static void a_unique_violation_surfaces_at_commit_with_its_constraint(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    pl_pg_tx *tx = begin();
    insert(tx, 1, "one");
    insert(tx, 1, "again");
    assert_int_equal(pl_pg_commit(tx, &err), PL_ALREADY_EXISTS);
    assert_string_equal(err.reason, "head_pkey");
    assert_string_equal(err.domain, "pg");
    assert_int_equal(count_heads(), 0);
}

static void a_unique_violation_surfaces_at_the_next_query(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    pl_pg_tx *tx = begin();
    insert(tx, 1, "one");
    insert(tx, 1, "again");
    pl_pg_rows *rows = NULL;
    assert_int_equal(pl_pg_query(tx, "SELECT 1", PL_PG_NO_ARGS, &rows, &err), PL_ALREADY_EXISTS);
    assert_null(rows);
    pl_pg_rollback(tx);
}

static void after_an_error_every_call_repeats_it_and_commit_commits_nothing(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT, again = PL_ERROR_INIT;
    pl_pg_tx *tx = begin();
    insert(tx, 1, "one");
    insert(tx, 1, "again");
    assert_int_equal(pl_pg_flush(tx, &err), PL_ALREADY_EXISTS);
    assert_int_equal(pl_pg_exec(tx, "SELECT 1", PL_PG_NO_ARGS, &again), PL_ALREADY_EXISTS);
    assert_string_equal(again.message, err.message);
    assert_int_equal(pl_pg_commit(tx, &again), PL_ALREADY_EXISTS);
    assert_int_equal(count_heads(), 0);
}

static void a_connection_is_used_again_after_an_error(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    pl_pg_stats before, after;
    pl_pg_stats_get(pg, &before);
    for (int i = 0; i < 3; i++) {
        pl_pg_tx *tx = begin();
        insert(tx, 1, "one");
        insert(tx, 1, "again");
        assert_int_equal(pl_pg_commit(tx, &err), PL_ALREADY_EXISTS);
    }
    pl_pg_stats_get(pg, &after);
    assert_int_equal(after.connects, before.connects);
    assert_int_equal(after.lost, before.lost);
    assert_int_equal(after.open, 1);
}

static void other_constraints_are_failed_preconditions(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    assert_int_equal(pl_pg_once(pg, SOON, "INSERT INTO line VALUES ($1, 1)",
                                PL_PG_ARGS(pl_pg_i64(99)), NULL, &err),
                     PL_FAILED_PRECONDITION);
    assert_string_equal(err.reason, "line_head_fkey");
    assert_int_equal(
        pl_pg_once(pg, SOON, "INSERT INTO line VALUES (NULL, -1)", PL_PG_NO_ARGS, NULL, &err),
        PL_FAILED_PRECONDITION);
    assert_string_equal(err.reason, "line_n_check");
}

static void wrong_sql_is_internal_and_names_the_sqlstate(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    assert_int_equal(pl_pg_once(pg, SOON, "SELEC 1", PL_PG_NO_ARGS, NULL, &err), PL_INTERNAL);
    assert_string_equal(err.reason, "42601");
}

static void a_failed_preparation_is_tried_again(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    static const char sql[] = "SELECT count(*) FROM made_later";
    assert_int_equal(pl_pg_once(pg, SOON, sql, PL_PG_NO_ARGS, NULL, &err), PL_INTERNAL);
    fixture_run(pg, &(const char *){"CREATE TABLE made_later ()"}, 1);
    assert_ok(pl_pg_once(pg, SOON, sql, PL_PG_NO_ARGS, NULL, &err), err);
    fixture_run(pg, &(const char *){"DROP TABLE made_later"}, 1);
}

static void a_preparation_skipped_by_an_error_is_tried_again(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    static const char sql[] = "UPDATE head SET ver = ver + 1 WHERE id = $1";
    for (int i = 0; i < 2; i++) {
        pl_pg_tx *tx = begin();
        insert(tx, 1, "one");
        if (i == 0)
            insert(tx, 1, "again");
        assert_ok(pl_pg_exec(tx, sql, PL_PG_ARGS(pl_pg_i64(1)), &err), err);
        assert_int_equal(pl_pg_commit(tx, &err), i == 0 ? PL_ALREADY_EXISTS : PL_OK);
    }
}

static void more_statements_than_the_queue_holds_are_flushed_in_between(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    pl_pg_tx *tx = begin();
    for (int64_t i = 0; i < 3 * PL_PG_QUEUE_MAX; i++)
        insert(tx, i, "many");
    assert_ok(pl_pg_commit(tx, &err), err);
    assert_int_equal(count_heads(), 3 * PL_PG_QUEUE_MAX);
}

static void a_changed_result_type_heals_with_a_new_connection(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    static const char sql[] = "SELECT * FROM head";
    assert_ok(pl_pg_once(pg, SOON, sql, PL_PG_NO_ARGS, NULL, &err), err);
    fixture_run(pg, &(const char *){"ALTER TABLE head ADD COLUMN extra text"}, 1);
    assert_int_equal(pl_pg_once(pg, SOON, sql, PL_PG_NO_ARGS, NULL, &err), PL_INTERNAL);
    assert_ok(pl_pg_once(pg, SOON, sql, PL_PG_NO_ARGS, NULL, &err), err);
}

static void a_thread_holds_from_begin_to_the_end(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    assert_int_equal(pl_base_hold_held(), 0);
    pl_pg_tx *tx = begin();
    assert_int_equal(pl_base_hold_held(), 1);
    assert_ok(pl_pg_commit(tx, &err), err);
    assert_int_equal(pl_base_hold_held(), 0);
    pl_pg_rollback(begin());
    assert_int_equal(pl_base_hold_held(), 0);
}

static void a_deferred_constraint_fails_the_commit_for_certain(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    static const char *const statements[] = {
        "ALTER TABLE line ADD CONSTRAINT one_line UNIQUE (head) DEFERRABLE INITIALLY DEFERRED"};
    fixture_run(pg, statements, 1);
    pl_pg_tx *tx = begin();
    insert(tx, 1, "one");
    for (int i = 0; i < 2; i++)
        assert_ok(pl_pg_exec(tx, "INSERT INTO line VALUES ($1, 1)", PL_PG_ARGS(pl_pg_i64(1)), &err),
                  err);
    assert_int_equal(pl_pg_commit(tx, &err), PL_ALREADY_EXISTS);
    assert_string_equal(err.reason, "one_line");
}

static void a_deferred_constraint_fails_a_single_statement(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    static const char *const statements[] = {
        "ALTER TABLE line ADD CONSTRAINT one_line UNIQUE (n) DEFERRABLE INITIALLY DEFERRED",
        "INSERT INTO line VALUES (NULL, 5)"};
    fixture_run(pg, statements, 2);
    assert_int_equal(
        pl_pg_once(pg, SOON, "INSERT INTO line VALUES (NULL, 5)", PL_PG_NO_ARGS, NULL, &err),
        PL_ALREADY_EXISTS);
    assert_ok(pl_pg_ping(pg, SOON, &err), err);
}

#define T(name) cmocka_unit_test_setup_teardown(name, open_pool, close_pool)

int main(void) {
    const struct CMUnitTest tests[] = {
        T(commit_makes_effects_visible),
        T(rollback_leaves_nothing),
        T(an_empty_transaction_asks_the_server_nothing),
        T(query_sees_what_was_queued_before),
        T(rows_of_several_queries_live_until_the_end),
        T(a_unique_violation_surfaces_at_commit_with_its_constraint),
        T(a_unique_violation_surfaces_at_the_next_query),
        T(after_an_error_every_call_repeats_it_and_commit_commits_nothing),
        T(a_connection_is_used_again_after_an_error),
        T(other_constraints_are_failed_preconditions),
        T(wrong_sql_is_internal_and_names_the_sqlstate),
        T(a_failed_preparation_is_tried_again),
        T(a_preparation_skipped_by_an_error_is_tried_again),
        T(more_statements_than_the_queue_holds_are_flushed_in_between),
        T(a_changed_result_type_heals_with_a_new_connection),
        T(a_thread_holds_from_begin_to_the_end),
        T(a_deferred_constraint_fails_the_commit_for_certain),
        T(a_deferred_constraint_fails_a_single_statement),
    };
    return cmocka_run_group_tests(tests, fixture_start, fixture_stop);
}
