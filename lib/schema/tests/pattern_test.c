#include "parley/schema/pattern.h"

#include <stdlib.h>

#include "check.h"

static bool matches(const char *pattern, const char *text) {
    pl_pattern *p = NULL;
    pl_error err = PL_ERROR_INIT;
    bool yes = false;
    if (pl_pattern_new(pl_str_c(pattern), &p, &err))
        fail_msg("%s", err.message);
    if (pl_pattern_match(p, pl_str_c(text), &yes, &err))
        fail_msg("%s", err.message);
    pl_pattern_free(p);
    return yes;
}

static void matches_the_whole_text_only(void **state) {
    (void)state;
    assert_true(matches("[a-z]+", "abc"));
    assert_false(matches("[a-z]+", "abc1"));
    assert_false(matches("[a-z]+", "1abc"));
    assert_true(matches("a|ab", "ab"));
    assert_false(matches("a", "a\n"));
    assert_false(matches("^a$", "a\n"));
    assert_true(matches("^a$", "a"));
    assert_true(matches("", ""));
}

static void counts_characters_not_bytes(void **state) {
    (void)state;
    assert_true(matches(".{3}", "홍길동"));
    assert_false(matches(".{9}", "홍길동"));
}

static void says_what_is_wrong_with_a_pattern(void **state) {
    (void)state;
    pl_pattern *p = NULL;
    pl_error err = PL_ERROR_INIT;
    assert_int_equal(pl_pattern_new(pl_str_c("a[b"), &p, &err), PL_INVALID_ARGUMENT);
    assert_non_null(strstr(err.message, "pattern \"a[b\": missing terminating ] "));
    assert_null(p);
    pl_buf text = pl_buf_make(8192);
    while (text.n <= PL_PATTERN_MAX)
        pl_buf_putc(&text, 'a');
    assert_int_equal(pl_pattern_new(pl_buf_view(&text), &p, &err), PL_INVALID_ARGUMENT);
    pl_buf_done(&text);
}

static void gives_up_on_a_match_that_explodes(void **state) {
    (void)state;
    pl_pattern *p = NULL;
    bool yes = false;
    pl_error err = PL_ERROR_INIT;
    assert_int_equal(pl_pattern_new(pl_str_c("(a+)+b"), &p, NULL), PL_OK);
    pl_code code = pl_pattern_match(p, pl_str_c("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab!"), &yes,
                                    &err);
    assert_int_equal(code, PL_RESOURCE_EXHAUSTED);
    pl_pattern_free(p);
}

static void refuses_text_that_is_not_utf8(void **state) {
    (void)state;
    pl_pattern *p = NULL;
    bool yes = false;
    assert_int_equal(pl_pattern_new(pl_str_c(".*"), &p, NULL), PL_OK);
    assert_int_equal(pl_pattern_match(p, pl_str_c("\xff"), &yes, NULL), PL_INVALID_ARGUMENT);
    pl_pattern_free(p);
    pl_pattern_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matches_the_whole_text_only),
        cmocka_unit_test(counts_characters_not_bytes),
        cmocka_unit_test(says_what_is_wrong_with_a_pattern),
        cmocka_unit_test(gives_up_on_a_match_that_explodes),
        cmocka_unit_test(refuses_text_that_is_not_utf8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
