#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "prepared.h"
#include "sqlstate.h"

static void an_exact_state_wins_over_its_class(void **state) {
    (void)state;
    assert_int_equal(pg_sqlstate_code("23505"), PL_ALREADY_EXISTS);
    assert_int_equal(pg_sqlstate_code("23503"), PL_FAILED_PRECONDITION);
    assert_int_equal(pg_sqlstate_code("53300"), PL_UNAVAILABLE);
    assert_int_equal(pg_sqlstate_code("53100"), PL_RESOURCE_EXHAUSTED);
    assert_int_equal(pg_sqlstate_code("57014"), PL_DEADLINE_EXCEEDED);
    assert_int_equal(pg_sqlstate_code("57P01"), PL_UNAVAILABLE);
}

static void conflicts_are_aborted(void **state) {
    (void)state;
    static const char *const states[] = {"40001", "40P01", "55P03", "25P03", "PL001"};
    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        assert_int_equal(pg_sqlstate_code(states[i]), PL_ABORTED);
}

static void an_unknown_state_is_internal(void **state) {
    (void)state;
    assert_int_equal(pg_sqlstate_code("ZZ999"), PL_INTERNAL);
    assert_int_equal(pg_sqlstate_code(""), PL_INTERNAL);
}

/* A consumer parks the event of a PL_DATA_LOSS; a damaged index is not the event's fault. */
static void damaged_data_is_not_blamed_on_the_caller(void **state) {
    (void)state;
    assert_int_equal(pg_sqlstate_code("XX001"), PL_INTERNAL);
    assert_int_equal(pg_sqlstate_code("XX002"), PL_INTERNAL);
}

static void shutdown_and_idle_timeout_end_the_session(void **state) {
    (void)state;
    assert_true(pg_sqlstate_ends_session("57P01"));
    assert_true(pg_sqlstate_ends_session("25P03"));
    assert_false(pg_sqlstate_ends_session("23505"));
}

static void statements_are_told_apart_by_text_and_types(void **state) {
    (void)state;
    static pg_prepared prepared;
    const Oid number[] = {20}, text[] = {25};
    int32_t a = pg_prepared_slot(&prepared, "SELECT $1", number, 1);
    int32_t b = pg_prepared_slot(&prepared, "SELECT $1", text, 1);
    int32_t c = pg_prepared_slot(&prepared, "SELECT $1 ", number, 1);
    assert_true(a >= 0 && b >= 0 && c >= 0 && a != b && a != c && b != c);
    char same[] = "SELECT $1"; /* another address, the same text */
    assert_int_equal(pg_prepared_slot(&prepared, same, number, 1), a);
    pg_prepared_done(&prepared);
}

static void a_full_table_prepares_no_more(void **state) {
    (void)state;
    static pg_prepared prepared;
    for (Oid i = 0; i < PL_PG_PREPARED_MAX; i++)
        assert_true(pg_prepared_slot(&prepared, "SELECT $1", &i, 1) >= 0);
    const Oid further = PL_PG_PREPARED_MAX;
    assert_int_equal(pg_prepared_slot(&prepared, "SELECT $1", &further, 1), -1);
    const Oid first = 0;
    assert_true(pg_prepared_slot(&prepared, "SELECT $1", &first, 1) >= 0);
    pg_prepared_done(&prepared);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_exact_state_wins_over_its_class),
        cmocka_unit_test(conflicts_are_aborted),
        cmocka_unit_test(an_unknown_state_is_internal),
        cmocka_unit_test(damaged_data_is_not_blamed_on_the_caller),
        cmocka_unit_test(shutdown_and_idle_timeout_end_the_session),
        cmocka_unit_test(statements_are_told_apart_by_text_and_types),
        cmocka_unit_test(a_full_table_prepares_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
