/* Which form an Accept header asks for. */
#include "accept.h"

#include "check.h"

static rest_form form_of(const char *accept, bool hal) {
    const pl_rest_pair header = {PL_STR("accept"), pl_str_c(accept)};
    return rest_accept(&header, accept ? 1 : 0, hal);
}

static void answers_hal_where_nothing_is_said(void **state) {
    (void)state;
    assert_int_equal(form_of(NULL, true), REST_FORM_HAL);
    assert_int_equal(form_of("", true), REST_FORM_HAL);
    assert_int_equal(form_of("*/*", true), REST_FORM_HAL);
    assert_int_equal(form_of("application/*", true), REST_FORM_HAL);
}

static void answers_the_same_as_json_where_only_that_is_accepted(void **state) {
    (void)state;
    assert_int_equal(form_of("application/json", true), REST_FORM_HAL_JSON);
    assert_int_equal(form_of("application/json, */*;q=0.5", true), REST_FORM_HAL_JSON);
    assert_int_equal(form_of("application/hal+json;q=0, application/json", true),
                     REST_FORM_HAL_JSON);
}

static void answers_hal_where_both_are_accepted_alike(void **state) {
    (void)state;
    assert_int_equal(form_of("application/json, application/hal+json", true), REST_FORM_HAL);
    assert_int_equal(form_of("text/html, application/xml;q=0.9, */*;q=0.8", true), REST_FORM_HAL);
}

static void answers_plain_for_the_plain_profile(void **state) {
    (void)state;
    assert_int_equal(form_of("application/json;profile=plain", true), REST_FORM_PLAIN);
    assert_int_equal(form_of("application/json; profile=\"plain\"", true), REST_FORM_PLAIN);
    assert_int_equal(form_of("application/json;profile=other", true), REST_FORM_HAL_JSON);
}

static void refuses_what_we_do_not_have(void **state) {
    (void)state;
    assert_int_equal(form_of("text/html", true), REST_FORM_NONE);
    assert_int_equal(form_of("application/json;q=0", true), REST_FORM_NONE);
    assert_int_equal(form_of("application/hal+json", false), REST_FORM_NONE);
}

static void answers_plain_where_no_hal_is_offered(void **state) {
    (void)state;
    assert_int_equal(form_of(NULL, false), REST_FORM_PLAIN);
    assert_int_equal(form_of("application/json", false), REST_FORM_PLAIN);
    assert_int_equal(form_of("application/hal+json, */*;q=0.1", false), REST_FORM_PLAIN);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_hal_where_nothing_is_said),
        cmocka_unit_test(answers_the_same_as_json_where_only_that_is_accepted),
        cmocka_unit_test(answers_hal_where_both_are_accepted_alike),
        cmocka_unit_test(answers_plain_for_the_plain_profile),
        cmocka_unit_test(refuses_what_we_do_not_have),
        cmocka_unit_test(answers_plain_where_no_hal_is_offered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
