#include "parley/base/error.h"

#include <errno.h>
#include <string.h>

#include "check.h"
#include "parley/base/str.h"

static void names_and_maps_every_code(void **state) {
    (void)state;
    for (int i = 0; i < PL_CODE_COUNT; i++) {
        pl_code found = PL_OK;
        assert_true(pl_code_find(pl_code_name((pl_code)i), &found));
        assert_int_equal(found, i);
    }
    assert_int_equal(pl_code_http_status(PL_NOT_FOUND), 404);
    assert_int_equal(pl_code_http_status(PL_UNAVAILABLE), 503);
    assert_string_equal(pl_code_name((pl_code)99), "UNKNOWN");
    assert_int_equal(PL_UNAUTHENTICATED, 16);
}

static void cuts_a_long_message_at_a_character(void **state) {
    (void)state;
    char text[2000];
    for (size_t i = 0; i + 3 <= sizeof text - 1; i += 3)
        memcpy(text + i, "유", 3);
    text[1998] = '\0';
    pl_error err = PL_ERROR_INIT;
    assert_int_equal(pl_error_set(&err, PL_INTERNAL, "%s", text), PL_INTERNAL);
    assert_int_equal(strlen(err.message), 510);
    assert_true(pl_utf8_valid(pl_str_c(err.message)));
}

static void wraps_itself_and_keeps_reason(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    pl_error_set(&err, PL_NOT_FOUND, "no such file");
    pl_error_info(&err, "mall", "GONE");
    assert_int_equal(pl_error_wrap(&err, &err, "cannot read %s", "x"), PL_NOT_FOUND);
    assert_string_equal(err.message, "cannot read x: no such file");
    assert_string_equal(err.reason, "GONE");
    assert_string_equal(err.domain, "mall");
}

static void accepts_no_error_at_all(void **state) {
    (void)state;
    assert_int_equal(pl_error_set(NULL, PL_ABORTED, "x"), PL_ABORTED);
    pl_error_info(NULL, "a", "b");
    assert_int_equal(pl_error_errno(NULL, ENOENT, "x"), PL_NOT_FOUND);
}

static void maps_errno_with_its_text(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    assert_int_equal(pl_error_errno(&err, ECONNREFUSED, "connect %d", 5), PL_UNAVAILABLE);
    assert_string_equal(err.message, "connect 5: Connection refused");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_maps_every_code),
        cmocka_unit_test(cuts_a_long_message_at_a_character),
        cmocka_unit_test(wraps_itself_and_keeps_reason),
        cmocka_unit_test(accepts_no_error_at_all),
        cmocka_unit_test(maps_errno_with_its_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
