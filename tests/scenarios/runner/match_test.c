/* A runner that lets everything pass would be worse than none. */
#include "check.h"
#include "runner.h"

typedef struct fixture {
    pl_arena arena;
    vars vars;
    failure failure;
    context c;
    pl_yaml_doc *doc;
} fixture;

static int set_up(void **state) {
    static fixture f;
    memset(&f, 0, sizeof f);
    f.arena = pl_arena_make(STEP_ARENA);
    vars_init(&f.vars, NULL);
    failure_init(&f.failure);
    f.c = (context){.vars = &f.vars, .arena = &f.arena, .failure = &f.failure};
    *state = &f;
    return 0;
}

static int tear_down(void **state) {
    fixture *f = *state;
    pl_yaml_free(f->doc);
    failure_done(&f->failure);
    vars_done(&f->vars);
    pl_arena_done(&f->arena);
    return 0;
}

static const pl_yaml_node *yaml(fixture *f, const char *text) {
    pl_error err = PL_ERROR_INIT;
    pl_yaml_free(f->doc);
    f->doc = NULL;
    if (pl_yaml_parse(pl_str_c(text), "test.yaml", &f->doc, &err) != PL_OK)
        fail_msg("%s", err.message);
    return pl_yaml_root(f->doc);
}

static bool matches(fixture *f, const char *expected, const char *actual) {
    const pl_json_value *value = NULL;
    if (actual)
        assert_int_equal(pl_json_parse(pl_str_c(actual), NULL, &f->arena, &value, NULL), PL_OK);
    return match(&f->c, yaml(f, expected), value, "body");
}

static void plain_numbers_match_numbers_and_quoted_ones_texts(void **state) {
    assert_true(matches(*state, "{a: 1}", "{\"a\":1}"));
    assert_true(matches(*state, "{a: '1'}", "{\"a\":\"1\"}"));
    assert_false(matches(*state, "{a: 1}", "{\"a\":\"1\"}"));
    assert_false(matches(*state, "{a: '1'}", "{\"a\":1}"));
    assert_false(matches(*state, "{a: 1}", "{\"a\":2}"));
    assert_true(matches(*state, "{a: true, b: null, c: x}", "{\"a\":true,\"b\":null,\"c\":\"x\"}"));
    assert_false(matches(*state, "{a: null}", "{}"));
}

static void an_object_may_have_more_members_than_expected_but_not_fewer(void **state) {
    assert_true(matches(*state, "{a: 1}", "{\"a\":1,\"b\":2}"));
    assert_false(matches(*state, "{a: 1, b: 2}", "{\"a\":1}"));
    assert_false(matches(*state, "{a: 1}", "[]"));
    assert_false(matches(*state, "{a: 1}", NULL));
}

static void a_path_leads_into_the_answer(void **state) {
    static const char answer[] = "{\"_embedded\":{\"orders\":[{\"id\":7}]}}";
    assert_true(matches(*state, "_embedded.orders[0].id: 7", answer));
    assert_false(matches(*state, "_embedded.orders[0].id: 8", answer));
    assert_false(matches(*state, "_embedded.orders[1].id: 7", answer));
}

static void a_list_has_as_many_items_as_expected(void **state) {
    assert_true(matches(*state, "[{a: 1}, {a: 2}]", "[{\"a\":1},{\"a\":2}]"));
    assert_false(matches(*state, "[{a: 1}]", "[{\"a\":1},{\"a\":2}]"));
    assert_false(matches(*state, "[{a: 2}, {a: 1}]", "[{\"a\":1},{\"a\":2}]"));
    assert_false(matches(*state, "[]", "[1]"));
    assert_true(matches(*state, "!any_order [2, 1]", "[1,2]"));
    assert_false(matches(*state, "!any_order [1, 1]", "[1,2]"));
    assert_true(matches(*state, "!contains [2]", "[1,2]"));
    assert_false(matches(*state, "!contains [3]", "[1,2]"));
    assert_false(matches(*state, "!contains [2, 2]", "[1,2]"));
}

static void matchers_refuse_what_they_do_not_describe(void **state) {
    assert_true(matches(*state, "{a: !absent }", "{}"));
    assert_false(matches(*state, "{a: !absent }", "{\"a\":null}"));
    assert_true(matches(*state, "{a: !regex 'x+'}", "{\"a\":\"xx\"}"));
    assert_false(matches(*state, "{a: !regex 'x+'}", "{\"a\":\"xxy\"}"));
    assert_false(matches(*state, "{a: !regex '.*'}", "{}"));
    assert_true(matches(*state, "{a: !type array}", "{\"a\":[]}"));
    assert_false(matches(*state, "{a: !type array}", "{\"a\":{}}"));
    assert_true(matches(*state, "{a: !length 2}", "{\"a\":[1,2]}"));
    assert_false(matches(*state, "{a: !length 2}", "{\"a\":[1]}"));
    assert_true(matches(*state, "!at_least 3", "3"));
    assert_false(matches(*state, "!at_least 3", "2"));
    assert_true(matches(*state, "!at_most 3", "3"));
    assert_false(matches(*state, "!at_most 3", "4"));
    assert_true(matches(*state, "!one_of [1, 2]", "2"));
    assert_false(matches(*state, "!one_of [1, 2]", "3"));
    assert_false(matches(*state, "!surely 1", "1"));
}

static void variables_are_replaced_and_unknown_ones_refused(void **state) {
    fixture *f = *state;
    vars_set(&f->vars, "order", pl_str_c("7"));
    assert_true(matches(f, "{id: $(order)}", "{\"id\":7}"));
    assert_true(matches(f, "{href: '/orders/$(order)'}", "{\"href\":\"/orders/7\"}"));
    assert_false(matches(f, "{id: $(order)}", "{\"id\":8}"));
    assert_false(matches(f, "{id: $(other)}", "{\"id\":7}"));
    assert_string_equal(f->failure.text.p, "$(other) is not known");
    assert_false(matches(f, "{id: $(order}", "{\"id\":7}"));
}

static void a_failure_names_the_line_and_what_came_instead(void **state) {
    fixture *f = *state;
    assert_false(matches(f, "a: 1\nb:\n  c: 2\n", "{\"a\":1,\"b\":{\"c\":3}}"));
    assert_int_equal(pl_yaml_line(f->failure.at), 3);
    assert_string_equal(f->failure.text.p, "body.b.c: expected 2, got 3");
}

static bool checks(fixture *f, const char *steps) {
    return check_steps(yaml(f, steps), NULL);
}

static void unknown_steps_and_options_are_refused_before_anything_runs(void **state) {
    assert_true(checks(*state, "- GET: /x\n  expect: {status: 200}\n- settle\n"));
    assert_false(checks(*state, "- FETCH: /x\n"));
    assert_false(checks(*state, "- GET: /x\n  expects: {status: 200}\n"));
    assert_false(checks(*state, "- GET: /x\n  expect: {state: 200}\n"));
    assert_false(checks(*state, "- eventually:\n    - FETCH: /x\n"));
    assert_false(checks(*state, "- repeat: 3\n  do:\n    - FETCH: /x\n"));
    assert_false(checks(*state, "GET: /x\n"));
}

static void steps_stop_at_the_first_failure_and_say_why(void **state) {
    fixture *f = *state;
    vars_set(&f->vars, "a", pl_str_c("1"));
    assert_true(run_steps(&f->c, yaml(f, "- equal: [$(a), 1]\n- let: {b: 2}\n")));
    assert_false(run_steps(&f->c, yaml(f, "- equal: [$(a), $(b)]\n")));
    assert_string_equal(f->failure.text.p, "expected the same, got '1' and '2'");
}

static void parallel_steps_fail_where_one_of_them_fails(void **state) {
    fixture *f = *state;
    assert_true(run_steps(&f->c, yaml(f, "- parallel: [equal: [1, 1], equal: [2, 2]]\n")));
    assert_false(run_steps(&f->c, yaml(f, "- parallel: [equal: [1, 1], equal: [1, 2]]\n")));
    assert_true(
        run_steps(&f->c, yaml(f, "- repeat: 9\n  at_once: 3\n  do: [equal: [$(i), $(i)]]\n")));
    assert_false(
        run_steps(&f->c, yaml(f, "- repeat: 9\n  at_once: 3\n  do: [equal: [$(i), 1]]\n")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(plain_numbers_match_numbers_and_quoted_ones_texts, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(an_object_may_have_more_members_than_expected_but_not_fewer,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_path_leads_into_the_answer, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_list_has_as_many_items_as_expected, set_up, tear_down),
        cmocka_unit_test_setup_teardown(matchers_refuse_what_they_do_not_describe, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(variables_are_replaced_and_unknown_ones_refused, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_failure_names_the_line_and_what_came_instead, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(unknown_steps_and_options_are_refused_before_anything_runs,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(steps_stop_at_the_first_failure_and_say_why, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(parallel_steps_fail_where_one_of_them_fails, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
