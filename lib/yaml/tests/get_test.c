/* Readers: the type comes from who asks, and the refusal says what was expected. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "parley/yaml/yaml.h"

static const char source[] = "number: 42\n"                 /* 1 */
                             "quoted: '42'\n"               /* 2 */
                             "real: -1.5e3\n"               /* 3 */
                             "yes: true\n"                  /* 4 */
                             "old: yes\n"                   /* 5 */
                             "wait: 250ms\n"                /* 6 */
                             "list: [1]\n"                  /* 7 */
                             "nothing:\n"                   /* 8 */
                             "policy: sagaa\n"              /* 9 */
                             "huge: 99999999999999999999\n" /* 10 */
                             "inf: inf\n";                  /* 11 */

static int setup(void **state) {
    pl_yaml_doc *doc;
    if (pl_yaml_parse(pl_str_c(source), "a.yaml", &doc, NULL))
        return -1;
    *state = doc;
    return 0;
}

static int teardown(void **state) {
    pl_yaml_free(*state);
    return 0;
}

static const pl_yaml_node *at(void **state, const char *key) {
    const pl_yaml_node *node = pl_yaml_find(pl_yaml_root(*state), key);
    assert_non_null(node);
    return node;
}

static void reads_each_type(void **state) {
    int64_t number, ms;
    double real;
    bool yes;
    pl_str text;
    assert_int_equal(pl_yaml_get_i64(at(state, "number"), 0, 100, &number, NULL), PL_OK);
    assert_int_equal(number, 42);
    assert_int_equal(pl_yaml_get_f64(at(state, "real"), &real, NULL), PL_OK);
    assert_true(real == -1500.0);
    assert_int_equal(pl_yaml_get_bool(at(state, "yes"), &yes, NULL), PL_OK);
    assert_true(yes);
    assert_int_equal(pl_yaml_get_duration_ms(at(state, "wait"), &ms, NULL), PL_OK);
    assert_int_equal(ms, 250);
    assert_int_equal(pl_yaml_get_str(at(state, "quoted"), &text, NULL), PL_OK);
    assert_true(pl_str_eqc(text, "42"));
}

static void a_quoted_number_is_a_text(void **state) {
    int64_t number = 7;
    pl_error err = PL_ERROR_INIT;
    assert_int_equal(pl_yaml_get_i64(at(state, "quoted"), 0, 100, &number, &err),
                     PL_INVALID_ARGUMENT);
    assert_string_equal(err.message, "a.yaml:2:9: expected a whole number, got text '42'");
    assert_int_equal(number, 7);
}

static void names_the_range_of_a_number(void **state) {
    int64_t number;
    pl_error err = PL_ERROR_INIT;
    assert_int_not_equal(pl_yaml_get_i64(at(state, "number"), 1, 9, &number, &err), PL_OK);
    assert_string_equal(err.message, "a.yaml:1:9: expected a whole number from 1 to 9, got '42'");
    assert_int_not_equal(pl_yaml_get_i64(at(state, "huge"), 1, 9, &number, &err), PL_OK);
    assert_string_equal(err.message,
                        "a.yaml:10:7: expected a whole number, got '99999999999999999999'");
}

static void yes_is_no_bool(void **state) {
    bool value;
    pl_error err = PL_ERROR_INIT;
    assert_int_not_equal(pl_yaml_get_bool(at(state, "old"), &value, &err), PL_OK);
    assert_string_equal(err.message, "a.yaml:5:6: expected true or false, got 'yes'");
}

static void infinity_is_no_number(void **state) {
    double value;
    assert_int_not_equal(pl_yaml_get_f64(at(state, "inf"), &value, NULL), PL_OK);
}

static void says_what_kind_it_got(void **state) {
    pl_str text;
    pl_error err = PL_ERROR_INIT;
    assert_int_not_equal(pl_yaml_get_str(at(state, "list"), &text, &err), PL_OK);
    assert_string_equal(err.message, "a.yaml:7:7: expected a text, got a sequence");
    assert_int_not_equal(pl_yaml_get_str(at(state, "nothing"), &text, &err), PL_OK);
    assert_string_equal(err.message, "a.yaml:8:9: expected a text, got null");
    assert_int_not_equal(pl_yaml_expect(at(state, "list"), PL_YAML_MAPPING, &err), PL_OK);
    assert_string_equal(err.message, "a.yaml:7:7: expected a mapping, got a sequence");
    assert_int_not_equal(pl_yaml_expect(at(state, "old"), PL_YAML_SEQUENCE, &err), PL_OK);
    assert_string_equal(err.message, "a.yaml:5:6: expected a sequence, got 'yes'; write [yes]");
}

static void names_the_choices(void **state) {
    static const char *const words[] = {"backorder", "saga"};
    size_t chosen;
    pl_error err = PL_ERROR_INIT;
    assert_int_not_equal(pl_yaml_get_choice(at(state, "policy"), words, 2, &chosen, &err), PL_OK);
    assert_string_equal(err.message, "a.yaml:9:9: expected one of backorder, saga, got 'sagaa'");
}

static void suggests_the_key_that_was_meant(void **state) {
    (void)state;
    static const char *const known[] = {"binary", "port", "settings"};
    pl_yaml_doc *doc;
    pl_error err = PL_ERROR_INIT;
    assert_int_equal(pl_yaml_parse(pl_str_c("binary: x\nprot: 1\n"), "a.yaml", &doc, NULL), PL_OK);
    assert_int_not_equal(pl_yaml_check_keys(pl_yaml_root(doc), known, 3, &err), PL_OK);
    assert_string_equal(err.message, "a.yaml:2:1: unknown key 'prot', did you mean 'port'?");
    pl_yaml_free(doc);
    assert_int_equal(pl_yaml_parse(pl_str_c("zzzzzzz: x\n"), "a.yaml", &doc, NULL), PL_OK);
    assert_int_not_equal(pl_yaml_check_keys(pl_yaml_root(doc), known, 3, &err), PL_OK);
    assert_string_equal(
        err.message, "a.yaml:1:1: unknown key 'zzzzzzz', expected one of: binary, port, settings");
    pl_yaml_free(doc);
}

static void names_a_key_that_is_missing(void **state) {
    const pl_yaml_node *value;
    pl_error err = PL_ERROR_INIT;
    assert_int_not_equal(pl_yaml_require(pl_yaml_root(*state), "port", &value, &err), PL_OK);
    assert_string_equal(err.message, "a.yaml:1:1: missing key 'port'");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_each_type),
        cmocka_unit_test(a_quoted_number_is_a_text),
        cmocka_unit_test(names_the_range_of_a_number),
        cmocka_unit_test(yes_is_no_bool),
        cmocka_unit_test(infinity_is_no_number),
        cmocka_unit_test(says_what_kind_it_got),
        cmocka_unit_test(names_the_choices),
        cmocka_unit_test(suggests_the_key_that_was_meant),
        cmocka_unit_test(names_a_key_that_is_missing),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
