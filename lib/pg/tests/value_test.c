#include "pg_fixture.h"

#include <float.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static pl_pg *pg;

static int open_pool(void **state) {
    if (fixture_start(state) != 0)
        return -1;
    pg = fixture_pool(1);
    return 0;
}

static int close_pool(void **state) {
    pl_pg_free(pg);
    return fixture_stop(state);
}

static pl_pg_rows *ask(const char *sql, pl_pg_args args) {
    pl_error err = PL_ERROR_INIT;
    pl_pg_rows *rows = NULL;
    assert_ok(pl_pg_once(pg, SOON, sql, args, &rows, &err), err);
    return rows;
}

static void integers_come_back_at_their_limits(void **state) {
    (void)state;
    pl_pg_rows *rows = ask("SELECT $1, $2, $3, $4, (-32768)::int2, 4294967295::oid",
                           PL_PG_ARGS(pl_pg_i64(INT64_MIN), pl_pg_i64(INT64_MAX),
                                      pl_pg_i32(INT32_MIN), pl_pg_i32(INT32_MAX)));
    assert_true(pl_pg_get_i64(rows, 0, 0) == INT64_MIN);
    assert_true(pl_pg_get_i64(rows, 0, 1) == INT64_MAX);
    assert_int_equal(pl_pg_get_i64(rows, 0, 2), INT32_MIN);
    assert_int_equal(pl_pg_get_i64(rows, 0, 3), INT32_MAX);
    assert_int_equal(pl_pg_get_i64(rows, 0, 4), INT16_MIN);
    assert_int_equal(pl_pg_get_i64(rows, 0, 5), UINT32_MAX);
    pl_pg_rows_free(rows);
}

static void booleans_and_floats_come_back(void **state) {
    (void)state;
    pl_pg_rows *rows = ask("SELECT $1, $2, $3, 0.5::float4",
                           PL_PG_ARGS(pl_pg_bool(true), pl_pg_bool(false), pl_pg_f64(-DBL_MAX)));
    assert_true(pl_pg_get_bool(rows, 0, 0));
    assert_false(pl_pg_get_bool(rows, 0, 1));
    assert_true(pl_pg_get_f64(rows, 0, 2) == -DBL_MAX);
    assert_true(pl_pg_get_f64(rows, 0, 3) == 0.5);
    pl_pg_rows_free(rows);
}

static void texts_and_bytes_come_back_whole(void **state) {
    (void)state;
    static const char bytes[] = {0, 1, (char)0xff, 0};
    pl_pg_rows *rows = ask("SELECT $1, $2, $3, $4, ''::text",
                           PL_PG_ARGS(pl_pg_cstr("h\xc3\xa9llo"), pl_pg_bytes(bytes, 4),
                                      pl_pg_text(pl_str_make(NULL, 0)), pl_pg_bytes(NULL, 0)));
    assert_true(pl_str_eqc(pl_pg_get_str(rows, 0, 0), "h\xc3\xa9llo"));
    assert_true(pl_str_eq(pl_pg_get_bytes(rows, 0, 1), pl_str_make(bytes, 4)));
    assert_false(pl_pg_is_null(rows, 0, 2));
    assert_int_equal(pl_pg_get_str(rows, 0, 2).n, 0);
    assert_int_equal(pl_pg_get_bytes(rows, 0, 3).n, 0);
    pl_pg_rows_free(rows);
}

static void null_is_null_and_reads_as_empty_text(void **state) {
    (void)state;
    pl_pg_rows *rows = ask("SELECT $1::text, $2::bigint, $3::bytea",
                           PL_PG_ARGS(pl_pg_cstr(NULL), pl_pg_null(), pl_pg_null()));
    for (size_t i = 0; i < 3; i++)
        assert_true(pl_pg_is_null(rows, 0, i));
    assert_int_equal(pl_pg_get_str(rows, 0, 0).n, 0);
    assert_int_equal(pl_pg_get_bytes(rows, 0, 2).n, 0);
    pl_pg_rows_free(rows);
}

static void times_are_microseconds_since_1970(void **state) {
    (void)state;
    const int64_t time_us = INT64_C(1700000000123456);
    pl_pg_rows *rows = ask("SELECT $1, $1 = to_timestamp(1700000000) + interval '123456 us', "
                           "'1970-01-01 00:00:00Z'::timestamptz, 'infinity'::timestamptz",
                           PL_PG_ARGS(pl_pg_time_us(time_us)));
    assert_int_equal(pl_pg_get_time_us(rows, 0, 0), time_us);
    assert_true(pl_pg_get_bool(rows, 0, 1));
    assert_int_equal(pl_pg_get_time_us(rows, 0, 2), 0);
    assert_true(pl_pg_get_time_us(rows, 0, 3) == INT64_MAX);
    pl_pg_rows_free(rows);
}

static void uuids_come_back(void **state) {
    (void)state;
    uint8_t uuid[16], back[16];
    pl_uuid7(uuid);
    char text[PL_UUID_SIZE];
    pl_uuid_text(uuid, text);
    pl_pg_rows *rows = ask("SELECT $1, $1::text = $2",
                           PL_PG_ARGS(pl_pg_uuid(uuid), pl_pg_cstr(text)));
    pl_pg_get_uuid(rows, 0, 0, back);
    assert_memory_equal(uuid, back, 16);
    assert_true(pl_pg_get_bool(rows, 0, 1));
    pl_pg_rows_free(rows);
}

static void json_and_enums_read_as_text(void **state) {
    (void)state;
    fixture_run(pg, &(const char *){"CREATE TYPE mood AS ENUM ('fine', 'sad')"}, 1);
    pl_pg_rows *rows = ask("SELECT $1::text::jsonb, '[1]'::json, $2::text::mood, 'x'::name",
                           PL_PG_ARGS(pl_pg_cstr("{\"a\": 1}"), pl_pg_cstr("sad")));
    assert_true(pl_str_eqc(pl_pg_get_str(rows, 0, 0), "{\"a\": 1}"));
    assert_true(pl_str_eqc(pl_pg_get_str(rows, 0, 1), "[1]"));
    assert_true(pl_str_eqc(pl_pg_get_str(rows, 0, 2), "sad"));
    assert_true(pl_str_eqc(pl_pg_get_str(rows, 0, 3), "x"));
    pl_pg_rows_free(rows);
}

static void arrays_unnest_to_their_elements(void **state) {
    (void)state;
    const int64_t numbers[] = {3, -1, INT64_MAX};
    const pl_str texts[] = {PL_STR("a"), PL_STR(""), PL_STR("c,\"}")};
    const pl_str blobs[] = {{"\0x", 2}, PL_STR("y"), PL_STR("")};
    pl_pg_rows *rows = ask(
        "SELECT * FROM unnest($1, $2, $3)",
        PL_PG_ARGS(pl_pg_i64s(numbers, 3), pl_pg_texts(texts, 3), pl_pg_blobs(blobs, 3)));
    assert_int_equal(pl_pg_count(rows), 3);
    for (size_t i = 0; i < 3; i++) {
        assert_true(pl_pg_get_i64(rows, i, 0) == numbers[i]);
        assert_true(pl_str_eq(pl_pg_get_str(rows, i, 1), texts[i]));
        assert_true(pl_str_eq(pl_pg_get_bytes(rows, i, 2), blobs[i]));
    }
    pl_pg_rows_free(rows);
}

static void an_empty_array_has_no_elements(void **state) {
    (void)state;
    pl_pg_rows *rows = ask("SELECT cardinality($1), cardinality($2)",
                           PL_PG_ARGS(pl_pg_i64s(NULL, 0), pl_pg_texts(NULL, 0)));
    assert_int_equal(pl_pg_get_i64(rows, 0, 0), 0);
    assert_int_equal(pl_pg_get_i64(rows, 0, 1), 0);
    pl_pg_rows_free(rows);
}

static void affected_counts_the_rows_touched(void **state) {
    (void)state;
    fixture_run(pg, &(const char *){"CREATE TABLE touched (id bigint)"}, 1);
    pl_pg_rows *rows = ask("INSERT INTO touched SELECT generate_series(1, 5)", PL_PG_NO_ARGS);
    assert_int_equal(pl_pg_affected(rows), 5);
    assert_int_equal(pl_pg_count(rows), 0);
    pl_pg_rows_free(rows);
}

static void text_that_is_not_utf8_is_an_invalid_argument(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    assert_int_equal(pl_pg_once(pg, SOON, "SELECT $1", PL_PG_ARGS(pl_pg_cstr("\xff")), NULL, &err),
                     PL_INVALID_ARGUMENT);
}

static void a_value_out_of_a_columns_range_is_an_invalid_argument(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    assert_int_equal(
        pl_pg_once(pg, SOON, "SELECT $1::int4", PL_PG_ARGS(pl_pg_i64(INT64_MAX)), NULL, &err),
        PL_INVALID_ARGUMENT);
}

static void too_many_parameters_are_refused_here(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    pl_pg_value values[PL_PG_ARGS_MAX + 1] = {{0}};
    pl_pg_args args = {values, PL_COUNT(values)};
    assert_int_equal(pl_pg_once(pg, SOON, "SELECT 1", args, NULL, &err), PL_INVALID_ARGUMENT);
    assert_ok(pl_pg_ping(pg, SOON, &err), err);
}

static void more_statements_than_are_prepared_still_run(void **state) {
    (void)state;
    for (int i = 0; i < PL_PG_PREPARED_MAX + 20; i++) {
        char sql[64];
        snprintf(sql, sizeof sql, "SELECT %d", i);
        pl_pg_rows *rows = ask(sql, PL_PG_NO_ARGS);
        assert_int_equal(pl_pg_get_i64(rows, 0, 0), i);
        pl_pg_rows_free(rows);
    }
}

static void read_text_as_number(const pl_pg_rows *rows) {
    (void)pl_pg_get_i64(rows, 0, 1);
}

static void read_null(const pl_pg_rows *rows) {
    (void)pl_pg_get_i64(rows, 0, 2);
}

static void read_beyond_the_columns(const pl_pg_rows *rows) {
    (void)pl_pg_get_str(rows, 0, 3);
}

/* Runs READ, which ends its process, in another one and checks that it says WANTED. */
static void ends_saying(void (*read_it)(const pl_pg_rows *rows), const pl_pg_rows *rows,
                        const char *wanted) {
    int ends[2], status;
    char said[512];
    size_t n = 0;
    assert_int_equal(pipe(ends), 0);
    const pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)signal(SIGABRT, SIG_DFL);
        (void)dup2(ends[1], STDERR_FILENO);
        read_it(rows);
        _exit(0);
    }
    close(ends[1]);
    for (ssize_t got; (got = read(ends[0], said + n, sizeof said - 1 - n)) > 0;)
        n += (size_t)got;
    said[n] = 0;
    close(ends[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    if (!strstr(said, wanted))
        fail_msg("expected \"%s\", got \"%s\"", wanted, said);
}

static void a_value_read_as_what_it_is_not_ends_the_process_with_its_name(void **state) {
    (void)state;
    pl_pg_rows *rows = ask("SELECT 7::int8 AS id, 'a'::text AS name, NULL::int8 AS gone",
                           PL_PG_NO_ARGS);
    ends_saying(read_text_as_number, rows,
                "row 0, column 1 (name) of 1 rows of id, name, gone: it is of another type");
    ends_saying(read_null, rows, "column 2 (gone) of 1 rows of id, name, gone: it is NULL");
    ends_saying(read_beyond_the_columns, rows, "there is no such column");
    pl_pg_rows_free(rows);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_come_back_at_their_limits),
        cmocka_unit_test(booleans_and_floats_come_back),
        cmocka_unit_test(texts_and_bytes_come_back_whole),
        cmocka_unit_test(null_is_null_and_reads_as_empty_text),
        cmocka_unit_test(times_are_microseconds_since_1970),
        cmocka_unit_test(uuids_come_back),
        cmocka_unit_test(json_and_enums_read_as_text),
        cmocka_unit_test(arrays_unnest_to_their_elements),
        cmocka_unit_test(an_empty_array_has_no_elements),
        cmocka_unit_test(affected_counts_the_rows_touched),
        cmocka_unit_test(text_that_is_not_utf8_is_an_invalid_argument),
        cmocka_unit_test(a_value_out_of_a_columns_range_is_an_invalid_argument),
        cmocka_unit_test(too_many_parameters_are_refused_here),
        cmocka_unit_test(more_statements_than_are_prepared_still_run),
        cmocka_unit_test(a_value_read_as_what_it_is_not_ends_the_process_with_its_name),
    };
    return cmocka_run_group_tests(tests, open_pool, close_pool);
}
