/* What is told of states that contracts name and nobody has written. */
#include "fixture_missing.h"
#include "verify_fixture.h"

#define CONTRACTS                                                                                  \
    HEAD "- name: an item\n  given: { item_on_sale: { id: 7 }, shop_open: {} }\n"                  \
         "  call: ShopService.GetItem\n  request: { id: 7 }\n  response: { number: 7 }\n"          \
         "- name: another\n  given: { item_on_sale: { id: 8 } }\n"                                 \
         "  call: ShopService.GetItem\n  request: { id: 8 }\n  response: { number: 8 }\n"

static const pl_state_def both[] = {{.name = "item_on_sale"}, {.name = "shop_open"}};

static const char *told(const pl_states_def *def) {
    w.set = compile(CONTRACTS);
    w.text = pl_buf_make(TEXT_MAX);
    fixture_missing(w.set, def, &w.text);
    return w.text.n ? w.text.p : "";
}

static void nothing_is_told_where_every_state_is_there(void **state) {
    static const pl_states_def def = {.states = both, .state_count = 2};
    (void)state;
    assert_string_equal(told(&def), "");
}

static void a_state_is_told_once_with_its_place_and_its_function(void **state) {
    static const pl_states_def def = {.states = both + 1, .state_count = 1};
    (void)state;
    const char *text = told(&def);
    const char *first = strstr(text, "  state item_on_sale  (");
    assert_non_null(first);
    assert_null(strstr(first + 10, "state item_on_sale"));
    assert_non_null(strstr(text, ":6, given id)"));
    assert_non_null(strstr(text, "static pl_code setup_item_on_sale("));
    assert_null(strstr(text, "shop_open"));
}

static void a_service_without_states_lacks_all_of_them(void **state) {
    (void)state;
    const char *text = told(NULL);
    assert_non_null(strstr(text, "state item_on_sale"));
    assert_non_null(strstr(text, "state shop_open"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_told_where_every_state_is_there),
        TEST(a_state_is_told_once_with_its_place_and_its_function),
        TEST(a_service_without_states_lacks_all_of_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
