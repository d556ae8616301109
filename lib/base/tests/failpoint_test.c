#include "parley/base/failpoint.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "parley/base/clock.h"
#include "parley/base/macros.h"

static void fails_where_an_error_is_asked_for(void **state) {
    (void)state;
    assert_int_equal(pl_failpoint_set("a=error", NULL), PL_OK);
    assert_true(pl_failpoint_hit("a"));
    assert_false(pl_failpoint_hit("b"));
}

static void honours_times_and_skip(void **state) {
    (void)state;
    assert_int_equal(pl_failpoint_set(" b=stall:0 ; a=error*2+1", NULL), PL_OK);
    assert_false(pl_failpoint_hit("a"));
    assert_true(pl_failpoint_hit("a"));
    assert_true(pl_failpoint_hit("a"));
    assert_false(pl_failpoint_hit("a"));
    assert_int_equal(pl_failpoint_hits("a"), 4);
}

static void stalls_for_the_time_asked(void **state) {
    (void)state;
    assert_int_equal(pl_failpoint_set("a=stall:30", NULL), PL_OK);
    int64_t before = pl_now_ns();
    assert_false(pl_failpoint_hit("a"));
    assert_true(pl_now_ns() - before >= 30 * PL_NS_PER_MS);
}

static void crash_ends_the_process_at_once(void **state) {
    (void)state;
    assert_int_equal(pl_failpoint_set("a=crash", NULL), PL_OK);
    pid_t child = fork();
    if (child == 0) {
        (void)pl_failpoint_hit("a");
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == PL_FAILPOINT_STATUS);
}

static void refuses_a_malformed_spec_by_its_part(void **state) {
    (void)state;
    static const char *const bad[] = {"a",         "=error",   "a=explode",
                                      "a=stall:x", "a=error*", "a=error+-1"};
    for (size_t i = 0; i < PL_COUNT(bad); i++) {
        pl_error err = PL_ERROR_INIT;
        assert_int_equal(pl_failpoint_set(bad[i], &err), PL_INVALID_ARGUMENT);
        assert_non_null(strstr(err.message, bad[i]));
    }
    assert_int_equal(pl_failpoint_set(NULL, NULL), PL_OK);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fails_where_an_error_is_asked_for),
        cmocka_unit_test(honours_times_and_skip),
        cmocka_unit_test(stalls_for_the_time_asked),
        cmocka_unit_test(crash_ends_the_process_at_once),
        cmocka_unit_test(refuses_a_malformed_spec_by_its_part),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
