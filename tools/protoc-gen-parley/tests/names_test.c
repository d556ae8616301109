/* Names in C, ours and protobuf-c's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "names.h"

static int set_up(void **state) {
    static pl_arena arena;
    arena = pl_arena_make(1u << 16);
    *state = &arena;
    return 0;
}

static int tear_down(void **state) {
    pl_arena_done(*state);
    return 0;
}

static void an_acronym_is_one_word(void **state) {
    assert_string_equal(pl_name_snake(*state, "GetHTTPUrl"), "get_http_url");
    assert_string_equal(pl_name_snake(*state, "HTTP"), "http");
    assert_string_equal(pl_name_upper(*state, "PlaceOrder"), "PLACE_ORDER");
}

static void a_path_is_flat(void **state) {
    assert_string_equal(pl_name_flat(*state, "mall.orders.v1.Order"), "mall_orders_v1_Order");
    assert_string_equal(pl_name_guard(*state, "a/b-c"), "A_B_C_PARLEY_H");
}

static void types_are_as_protoc_gen_c_names_them(void **state) {
    assert_string_equal(pl_name_pbc_type(*state, "my_pkg.v1.FooBar"), "MyPkg__V1__FooBar");
    assert_string_equal(pl_name_pbc_lower(*state, "my_pkg.v1.HTTPThing"), "my_pkg__v1__httpthing");
    assert_string_equal(pl_name_pbc_upper(*state, "my_pkg.v1.FooBar"), "MY_PKG__V1__FOO_BAR");
}

static void members_are_lower_case_and_no_keywords(void **state) {
    assert_string_equal(pl_name_pbc_member(*state, "class"), "class_");
    assert_string_equal(pl_name_pbc_member(*state, "fooBar"), "foobar");
}

static void operations_are_no_macros(void **state) {
    assert_string_equal(pl_name_op(*state, "delete"), "delete_");
    assert_string_equal(pl_name_op(*state, "offsetof"), "offsetof_");
    assert_string_equal(pl_name_op(*state, "va_arg"), "va_arg_");
    assert_string_equal(pl_name_op(*state, "watch"), "watch");
}

static void a_case_has_its_oneof_and_field_in_it(void **state) {
    assert_string_equal(pl_name_pbc_case(*state, "A__B", "_min", "min"), "A__B___MIN_MIN");
    assert_string_equal(pl_name_pbc_oneof(*state, "fooBaz"), "foo_baz");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(an_acronym_is_one_word),
        TEST(a_path_is_flat),
        TEST(types_are_as_protoc_gen_c_names_them),
        TEST(members_are_lower_case_and_no_keywords),
        TEST(operations_are_no_macros),
        TEST(a_case_has_its_oneof_and_field_in_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
