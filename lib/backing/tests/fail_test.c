/* What callers hear of an error of the database. */
#include "check.h"

#include <string.h>

#include "parley/backing/backing.h"
#include "parley/base/macros.h"

static const char detail[] = "database mall at /run/x: relation secret";

static pl_error of_database(pl_code code) {
    pl_error err = PL_ERROR_INIT;
    pl_error_set(&err, code, "%s", detail);
    pl_error_info(&err, "pg", "42P01");
    return err;
}

static void a_business_error_stays_what_it_is(void **state) {
    (void)state;
    pl_error told;
    pl_error err = PL_ERROR_INIT;
    pl_error_set(&err, PL_FAILED_PRECONDITION, "Insufficient balance");
    pl_error_info(&err, "mall", "INSUFFICIENT_BALANCE");
    pl_backing_public_error(&err, &told);
    assert_int_equal(told.code, PL_FAILED_PRECONDITION);
    assert_string_equal(told.message, "Insufficient balance");
    assert_string_equal(told.reason, "INSUFFICIENT_BALANCE");
    assert_string_equal(told.domain, "mall");
}

static void what_the_database_said_is_not_told(void **state) {
    (void)state;
    for (int code = PL_CANCELLED; code < PL_CODE_COUNT; code++) {
        pl_error told;
        const pl_error err = of_database((pl_code)code);
        pl_backing_public_error(&err, &told);
        assert_int_not_equal(told.code, PL_OK);
        assert_true(told.message[0] && !strstr(told.message, "secret"));
        assert_string_equal(told.reason, "");
        assert_string_equal(told.domain, "");
    }
}

static void what_can_be_repeated_keeps_its_code(void **state) {
    (void)state;
    const pl_code kept[] = {PL_UNAVAILABLE, PL_DEADLINE_EXCEEDED, PL_ABORTED,
                            PL_RESOURCE_EXHAUSTED};
    for (size_t i = 0; i < PL_COUNT(kept); i++) {
        pl_error told;
        const pl_error err = of_database(kept[i]);
        pl_backing_public_error(&err, &told);
        assert_int_equal(told.code, kept[i]);
    }
}

static void a_constraint_or_right_is_no_business_refusal(void **state) {
    (void)state;
    const pl_code hidden[] = {PL_FAILED_PRECONDITION, PL_PERMISSION_DENIED, PL_ALREADY_EXISTS,
                              PL_NOT_FOUND};
    for (size_t i = 0; i < PL_COUNT(hidden); i++) {
        pl_error told;
        const pl_error err = of_database(hidden[i]);
        pl_backing_public_error(&err, &told);
        assert_int_equal(told.code, PL_INTERNAL);
    }
}

static void a_commit_without_an_answer_is_a_deadline_that_passed(void **state) {
    (void)state;
    pl_error told;
    const pl_error err = of_database(PL_UNKNOWN);
    pl_backing_public_error(&err, &told);
    assert_int_equal(told.code, PL_DEADLINE_EXCEEDED);
}

static void a_call_fails_with_what_may_be_told(void **state) {
    (void)state;
    pl_call *call = NULL;
    pl_call_opts opts = PL_CALL_OPTS_INIT;
    const pl_error err = of_database(PL_PERMISSION_DENIED);
    assert_int_equal(pl_call_new(&opts, &call, NULL), PL_OK);
    assert_int_equal(pl_backing_fail(call, &err), PL_INTERNAL);
    assert_int_equal(pl_call_error(call)->code, PL_INTERNAL);
    pl_call_free(call);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_business_error_stays_what_it_is),
        cmocka_unit_test(what_the_database_said_is_not_told),
        cmocka_unit_test(what_can_be_repeated_keeps_its_code),
        cmocka_unit_test(a_constraint_or_right_is_no_business_refusal),
        cmocka_unit_test(a_commit_without_an_answer_is_a_deadline_that_passed),
        cmocka_unit_test(a_call_fails_with_what_may_be_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
