/* The exit code of generated tests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "parley/verify/fixture.h"

static void any_number_of_failures_is_an_exit_code_that_is_not_0(void **state) {
    enum { EXIT_CODES = 256 };

    (void)state;
    assert_int_equal(pl_contract_exit(0), 0);
    assert_int_equal(pl_contract_exit(1), 1);
    assert_int_not_equal(pl_contract_exit(EXIT_CODES) % EXIT_CODES, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_number_of_failures_is_an_exit_code_that_is_not_0),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
