/* What happens when the server stops, dies or comes back. */
#include "pg_fixture.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>

static pl_pg *pg;

static int open_pool(void **state) {
    (void)state;
    static const char *const statements[] = {"DROP TABLE IF EXISTS t",
                                             "CREATE TABLE t (id bigint PRIMARY KEY)"};
    pg = fixture_pool(2);
    fixture_run(pg, statements, PL_COUNT(statements));
    return 0;
}

/* Leaves a running server to the next test, whatever this one did to it. */
static int close_pool(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    pl_pg_free(pg);
    if (pl_test_postgres_pid(fixture_server)) {
        pl_test_postgres_signal(fixture_server, SIGCONT);
        return 0;
    }
    return pl_test_postgres_run(fixture_server, &err) ||
           pl_test_postgres_ready(fixture_server, SOON, &err);
}

static void restart(void) {
    pl_error err = PL_ERROR_INIT;
    assert_ok(pl_test_postgres_run(fixture_server, &err), err);
    assert_ok(pl_test_postgres_ready(fixture_server, SOON, &err), err);
}

static int64_t count_rows(void) {
    pl_error err = PL_ERROR_INIT;
    pl_pg_rows *rows = NULL;
    assert_ok(pl_pg_once(pg, SOON, "SELECT count(*) FROM t", PL_PG_NO_ARGS, &rows, &err), err);
    int64_t count = pl_pg_get_i64(rows, 0, 0);
    pl_pg_rows_free(rows);
    return count;
}

static pl_pg_tx *begin_insert(int64_t deadline_ns, int64_t id) {
    pl_error err = PL_ERROR_INIT;
    pl_pg_tx *tx = NULL;
    assert_ok(pl_pg_begin(pg, deadline_ns, &tx, &err), err);
    assert_ok(pl_pg_exec(tx, "INSERT INTO t VALUES ($1)", PL_PG_ARGS(pl_pg_i64(id)), &err), err);
    return tx;
}

static void a_killed_server_is_unavailable_at_once_and_used_again_after_its_restart(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    pl_test_postgres_signal(fixture_server, SIGKILL);
    int64_t since = pl_now_ns();
    for (int i = 0; i < 3; i++)
        assert_int_equal(pl_pg_ping(pg, SOON, &err), PL_UNAVAILABLE);
    assert_true(pl_now_ns() - since < 5 * PL_NS_PER_S); /* far below the deadline */
    restart();
    assert_ok(pl_pg_ping(pg, SOON, &err), err);
}

static void a_restart_between_two_transactions_goes_unnoticed(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    assert_ok(pl_pg_commit(begin_insert(SOON, 1), &err), err);
    pl_test_postgres_stop(fixture_server, SOON);
    restart();
    assert_ok(pl_pg_commit(begin_insert(SOON, 2), &err), err);
    assert_int_equal(count_rows(), 2);
}

static void a_server_that_ends_within_a_transaction_is_unavailable(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    pl_pg_tx *tx = begin_insert(SOON, 1);
    assert_ok(pl_pg_flush(tx, &err), err);
    pl_test_postgres_stop(fixture_server, SOON);
    pl_pg_rows *rows = NULL;
    assert_int_equal(pl_pg_query(tx, "SELECT 1", PL_PG_NO_ARGS, &rows, &err), PL_UNAVAILABLE);
    assert_int_equal(pl_pg_commit(tx, &err), PL_UNAVAILABLE);
    restart();
    assert_int_equal(count_rows(), 0);
}

static void a_commit_whose_connection_is_cut_is_unknown(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    pl_pg_tx *tx = begin_insert(SOON, 1);
    pl_test_postgres_signal(fixture_server, SIGKILL);
    assert_int_equal(pl_pg_commit(tx, &err), PL_UNKNOWN);
    assert_string_equal(err.reason, "COMMIT_UNKNOWN");
}

static void a_commit_that_is_not_answered_in_time_is_unknown(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    pl_pg_tx *tx = begin_insert(pl_deadline_ms(1000), 1);
    pl_test_postgres_signal(fixture_server, SIGSTOP);
    assert_int_equal(pl_pg_commit(tx, &err), PL_UNKNOWN);
    pl_test_postgres_signal(fixture_server, SIGCONT);
    assert_string_equal(err.reason, "COMMIT_UNKNOWN");
    assert_ok(pl_pg_ping(pg, SOON, &err), err);
}

static void a_single_insert_whose_answer_is_lost_is_unknown_but_a_select_is_not(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    assert_ok(pl_pg_ping(pg, SOON, &err), err);
    pl_test_postgres_signal(fixture_server, SIGSTOP);
    assert_int_equal(
        pl_pg_once(pg, pl_deadline_ms(500), "INSERT INTO t VALUES (5)", PL_PG_NO_ARGS, NULL, &err),
        PL_UNKNOWN);
    pl_test_postgres_signal(fixture_server, SIGCONT);
    assert_ok(pl_pg_ping(pg, SOON, &err), err);
    pl_test_postgres_signal(fixture_server, SIGSTOP);
    assert_int_equal(pl_pg_ping(pg, pl_deadline_ms(500), &err), PL_DEADLINE_EXCEEDED);
    pl_test_postgres_signal(fixture_server, SIGCONT);
}

static void nothing_is_asked_after_the_deadline(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    assert_ok(pl_pg_ping(pg, SOON, &err), err);
    assert_int_equal(
        pl_pg_once(pg, pl_now_ns(), "INSERT INTO t VALUES (5)", PL_PG_NO_ARGS, NULL, &err),
        PL_DEADLINE_EXCEEDED);
    assert_string_equal(err.reason, "DEADLINE");
    pl_pg_tx *tx = NULL;
    assert_int_equal(pl_pg_begin(pg, pl_now_ns(), &tx, &err), PL_DEADLINE_EXCEEDED);
    assert_null(tx);
    assert_int_equal(count_rows(), 0);
}

static void a_stopped_server_costs_a_caller_no_more_than_its_deadline(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    pl_pg_tx *tx = begin_insert(pl_deadline_ms(1000), 1);
    pl_test_postgres_signal(fixture_server, SIGSTOP);
    int64_t since = pl_now_ns();
    pl_pg_rows *rows = NULL;
    assert_int_equal(pl_pg_query(tx, "SELECT 1", PL_PG_NO_ARGS, &rows, &err), PL_DEADLINE_EXCEEDED);
    pl_pg_rollback(tx);
    assert_int_equal(pl_pg_ping(pg, pl_deadline_ms(500), &err), PL_UNAVAILABLE);
    assert_true(pl_now_ns() - since < 5 * PL_NS_PER_S);
    pl_test_postgres_signal(fixture_server, SIGCONT);
    assert_ok(pl_pg_ping(pg, SOON, &err), err);
}

static void an_exhausted_pool_is_unavailable_at_the_deadline(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    pl_pg_tx *a = begin_insert(SOON, 1), *b = begin_insert(SOON, 2);
    assert_int_equal(pl_pg_ping(pg, pl_deadline_ms(50), &err), PL_UNAVAILABLE);
    assert_string_equal(err.reason, "POOL_EXHAUSTED");
    pl_pg_stats stats;
    pl_pg_stats_get(pg, &stats);
    assert_int_equal(stats.in_use, 2);
    assert_int_equal(stats.waits, 1);
    assert_true(stats.wait_ns >= 40 * PL_NS_PER_MS);
    pl_pg_rollback(a);
    pl_pg_rollback(b);
    assert_ok(pl_pg_ping(pg, SOON, &err), err);
}

typedef struct ping_result {
    pl_code code;
} ping_result;

static void *ping(void *arg) {
    ((ping_result *)arg)->code = pl_pg_ping(pg, SOON, NULL);
    return NULL;
}

static void a_waiting_caller_gets_the_connection_given_back(void **state) {
    (void)state;
    pl_pg_tx *a = begin_insert(SOON, 1), *b = begin_insert(SOON, 2);
    ping_result result = {PL_INTERNAL};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, ping, &result), 0);
    pl_pg_stats stats = {0};
    int64_t deadline = SOON;
    while (stats.waits == 0 && pl_now_ns() < deadline)
        pl_pg_stats_get(pg, &stats);
    pl_pg_rollback(a);
    pthread_join(thread, NULL);
    pl_pg_rollback(b);
    assert_int_equal(result.code, PL_OK);
}

static void waiting_for_a_row_lock_is_aborted_by_its_limit(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    pl_pg_tx *a = begin_insert(SOON, 1);
    assert_ok(pl_pg_flush(a, &err), err);
    pl_pg_tx *b = begin_insert(SOON, 1);
    assert_int_equal(pl_pg_commit(b, &err), PL_ABORTED);
    assert_string_equal(err.reason, "55P03");
    pl_pg_rollback(a);
}

static void a_silent_transaction_is_ended_by_the_server(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    pl_pg_opts opts = PL_PG_OPTS_INIT;
    opts.conninfo = pl_test_postgres_conninfo(fixture_server, "postgres", NULL);
    opts.idle_in_transaction_ms = 50;
    pl_pg *quick = NULL;
    assert_ok(pl_pg_new(&opts, &quick, &err), err);
    pl_pg_tx *tx = NULL;
    assert_ok(pl_pg_begin(quick, SOON, &tx, &err), err);
    assert_ok(pl_pg_exec(tx, "SELECT set_config('application_name', 'silent', false)",
                         PL_PG_NO_ARGS, &err),
              err);
    assert_ok(pl_pg_flush(tx, &err), err);
    int64_t sessions = 1, deadline = SOON;
    while (sessions > 0 && pl_now_ns() < deadline) {
        pl_pg_rows *rows = NULL;
        assert_ok(pl_pg_once(pg, SOON,
                             "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1",
                             PL_PG_ARGS(pl_pg_cstr("silent")), &rows, &err),
                  err);
        sessions = pl_pg_get_i64(rows, 0, 0);
        pl_pg_rows_free(rows);
    }
    assert_int_equal(sessions, 0);
    assert_int_equal(pl_pg_commit(tx, &err), PL_ABORTED);
    pl_pg_free(quick);
}

static void a_slow_statement_is_ended_by_the_server(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    pl_pg_opts opts = PL_PG_OPTS_INIT;
    opts.conninfo = pl_test_postgres_conninfo(fixture_server, "postgres", NULL);
    opts.statement_timeout_ms = 30;
    pl_pg *quick = NULL;
    assert_ok(pl_pg_new(&opts, &quick, &err), err);
    assert_int_equal(pl_pg_once(quick, SOON, "SELECT count(*) FROM generate_series(1, 1000000000)",
                                PL_PG_NO_ARGS, NULL, &err),
                     PL_DEADLINE_EXCEEDED);
    assert_string_equal(err.reason, "57014");
    pl_pg_free(quick);
}

static void a_missing_database_is_a_failed_precondition(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    pl_pg_opts opts = PL_PG_OPTS_INIT;
    opts.conninfo = pl_test_postgres_conninfo(fixture_server, "nowhere", NULL);
    pl_pg *other = NULL;
    assert_ok(pl_pg_new(&opts, &other, &err), err);
    assert_int_equal(pl_pg_ping(other, SOON, &err), PL_FAILED_PRECONDITION);
    pl_pg_free(other);
}

static void a_malformed_connection_string_is_refused_without_repeating_it(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    pl_pg_opts opts = PL_PG_OPTS_INIT;
    opts.conninfo = "host=x password=hunter2 wat";
    pl_pg *other = NULL;
    assert_int_equal(pl_pg_new(&opts, &other, &err), PL_INVALID_ARGUMENT);
    assert_null(strstr(err.message, "hunter2"));
    assert_null(other);
}

#define T(name) cmocka_unit_test_setup_teardown(name, open_pool, close_pool)

int main(void) {
    const struct CMUnitTest tests[] = {
        T(a_killed_server_is_unavailable_at_once_and_used_again_after_its_restart),
        T(a_restart_between_two_transactions_goes_unnoticed),
        T(a_server_that_ends_within_a_transaction_is_unavailable),
        T(a_commit_whose_connection_is_cut_is_unknown),
        T(a_commit_that_is_not_answered_in_time_is_unknown),
        T(a_single_insert_whose_answer_is_lost_is_unknown_but_a_select_is_not),
        T(nothing_is_asked_after_the_deadline),
        T(a_stopped_server_costs_a_caller_no_more_than_its_deadline),
        T(an_exhausted_pool_is_unavailable_at_the_deadline),
        T(a_waiting_caller_gets_the_connection_given_back),
        T(waiting_for_a_row_lock_is_aborted_by_its_limit),
        T(a_silent_transaction_is_ended_by_the_server),
        T(a_slow_statement_is_ended_by_the_server),
        T(a_missing_database_is_a_failed_precondition),
        T(a_malformed_connection_string_is_refused_without_repeating_it),
    };
    return cmocka_run_group_tests(tests, fixture_start, fixture_stop);
}
