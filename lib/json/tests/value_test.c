#include "parley/json/json.h"

#include <stdlib.h>

#include "check.h"

static int set_up(void **state) {
    pl_arena *arena = malloc(sizeof(*arena));
    if (!arena)
        return -1;
    *arena = pl_arena_make(1 << 20);
    *state = arena;
    return 0;
}

static int tear_down(void **state) {
    pl_arena_done(*state);
    free(*state);
    return 0;
}

static const pl_json_value *parse(pl_arena *arena, const char *text) {
    const pl_json_value *root = NULL;
    pl_error err = PL_ERROR_INIT;
    if (pl_json_parse(pl_str_c(text), NULL, arena, &root, &err))
        fail_msg("%s", err.message);
    return root;
}

static void keeps_kinds_texts_and_places(void **state) {
    const pl_json_value *root = parse(
        *state, "{\n  \"a\": [1.50, \"x\\u00e9\", true, null],\n  \"b\": {}\n}");
    assert_int_equal(root->kind, PL_JSON_OBJECT);
    assert_int_equal(root->count, 2);
    const pl_json_value *a = pl_json_member(root, pl_str_c("a"));
    assert_int_equal(a->line, 2);
    assert_int_equal(a->col, 8);
    assert_string_equal(pl_json_item(a, 0)->text.p, "1.50");
    assert_true(pl_json_is(pl_json_item(a, 1), "xé"));
    assert_true(pl_json_item(a, 2)->boolean);
    assert_int_equal(pl_json_item(a, 3)->kind, PL_JSON_NULL);
    assert_null(pl_json_item(a, 4));
    assert_string_equal(pl_json_kind_name(pl_json_at(root, "b")->kind), "object");
}

static void follows_paths_and_pointers(void **state) {
    const pl_json_value *root = parse(
        *state, "{\"_embedded\":{\"d\":[{\"s\":\"A\"},{\"s\":\"B\"}]},\"a/b\":{\"~\":1},\"\":2}");
    assert_true(pl_json_is(pl_json_at(root, "_embedded.d[1].s"), "B"));
    assert_true(pl_json_is(pl_json_at(root, "/_embedded/d/0/s"), "A"));
    assert_non_null(pl_json_at(root, "/a~1b/~0"));
    assert_ptr_equal(pl_json_at(root, ""), root);
    assert_non_null(pl_json_at(root, "/"));
    static const char *const nowhere[] = {"x",
                                          "_embedded.d[2]",
                                          "_embedded.d[x]",
                                          "_embedded.d[0",
                                          "_embedded.d.s",
                                          "_embedded.",
                                          "/_embedded/d/2",
                                          "/x/y"};
    for (size_t i = 0; i < PL_COUNT(nowhere); i++)
        assert_null(pl_json_at(root, nowhere[i]));
    assert_null(pl_json_at(NULL, "a"));
    assert_true(pl_json_is(pl_json_at(parse(*state, "[[\"x\"]]"), "[0][0]"), "x"));
}

static void reads_numbers_only_where_they_are_exact(void **state) {
    int64_t i = 0;
    double d = 0;
    const pl_json_value *root = parse(*state, "[9007199254740993, 1e2, 1.5, \"5\"]");
    assert_true(pl_json_i64(pl_json_at(root, "[0]"), &i) && i == INT64_C(9007199254740993));
    assert_true(pl_json_i64(pl_json_at(root, "[1]"), &i) && i == 100);
    assert_false(pl_json_i64(pl_json_at(root, "[2]"), &i));
    assert_false(pl_json_i64(pl_json_at(root, "[3]"), &i));
    assert_true(pl_json_double(pl_json_at(root, "[2]"), &d) && d == 1.5);
    assert_false(pl_json_i64(NULL, &i));
}

static void compares_whatever_the_order_of_members(void **state) {
    static const struct {
        const char *a, *b;
        bool equal;
    } table[] = {{"{\"a\":1,\"b\":[1,2]}", "{\"b\":[1.0,2],\"a\":1e0}", true},
                 {"[1,2]", "[2,1]", false},
                 {"{\"a\":1}", "{\"b\":1}", false},
                 {"{\"a\":1}", "{\"a\":1,\"b\":1}", false},
                 {"9007199254740993", "9007199254740992", false},
                 {"18446744073709551615", "18446744073709551614", false},
                 {"0.5", "5e-1", true},
                 {"\"a\"", "\"\\u0061\"", true},
                 {"null", "false", false},
                 {"true", "false", false}};
    for (size_t i = 0; i < PL_COUNT(table); i++)
        assert_int_equal(pl_json_equal(parse(*state, table[i].a), parse(*state, table[i].b)),
                         table[i].equal);
}

static void refuses_with_name_and_place(void **state) {
    static const struct {
        const char *text, *message;
    } table[] = {
        {"{\"a\":1,\n\"a\":2}", "f.json:2:1: the name stands twice in the object, got a string"},
        {"[1,]", "f.json:1:4: expected a value, got another character"},
        {"[1 2]", "f.json:1:4: expected ',' or ']', got a number"},
        {"{1:2}", "f.json:1:2: expected a name in quotes, got a number"},
        {"1 1", "f.json:1:3: expected the end of the text, got a number"},
        {"", "f.json:1:1: expected a value, got the end of the text"}};
    for (size_t i = 0; i < PL_COUNT(table); i++) {
        const pl_json_value *root = NULL;
        pl_error err = PL_ERROR_INIT;
        assert_int_equal(pl_json_parse(pl_str_c(table[i].text), "f.json", *state, &root, &err),
                         PL_INVALID_ARGUMENT);
        assert_string_equal(err.message, table[i].message);
        assert_null(root);
    }
}

static void refuses_values_nested_too_deep(void **state) {
    char text[2 * PL_JSON_DEPTH_MAX + 3];
    const pl_json_value *root = NULL;
    memset(text, '[', PL_JSON_DEPTH_MAX);
    memset(text + PL_JSON_DEPTH_MAX, ']', PL_JSON_DEPTH_MAX);
    assert_int_equal(
        pl_json_parse(pl_str_make(text, 2 * PL_JSON_DEPTH_MAX), NULL, *state, &root, NULL), PL_OK);
    memset(text, '[', PL_JSON_DEPTH_MAX + 1);
    memset(text + PL_JSON_DEPTH_MAX + 1, ']', PL_JSON_DEPTH_MAX + 1);
    assert_int_equal(
        pl_json_parse(pl_str_make(text, 2 * PL_JSON_DEPTH_MAX + 2), NULL, *state, &root, NULL),
        PL_INVALID_ARGUMENT);
}

static void says_when_the_arena_is_full(void **state) {
    (void)state;
    pl_arena small = pl_arena_make(200);
    const pl_json_value *root = NULL;
    assert_int_equal(pl_json_parse(pl_str_c("[1,2,3,4,5]"), NULL, &small, &root, NULL),
                     PL_RESOURCE_EXHAUSTED);
    pl_arena_done(&small);
}

static void prints_in_one_line_and_indented(void **state) {
    pl_buf out = pl_buf_make(1000);
    const char *text = "{\"a\":[1.50,{}],\"b\":\"x\\n\",\"c\":null,\"d\":[]}";
    const pl_json_value *root = parse(*state, text);
    assert_true(pl_json_print(root, 0, &out));
    assert_string_equal(out.p, text);
    pl_buf_clear(&out);
    assert_true(pl_json_print(pl_json_at(root, "a"), 2, &out));
    assert_string_equal(out.p, "[\n  1.50,\n  {}\n]");
    pl_buf_done(&out);
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(keeps_kinds_texts_and_places),
        TEST(follows_paths_and_pointers),
        TEST(reads_numbers_only_where_they_are_exact),
        TEST(compares_whatever_the_order_of_members),
        TEST(refuses_with_name_and_place),
        TEST(refuses_values_nested_too_deep),
        TEST(says_when_the_arena_is_full),
        TEST(prints_in_one_line_and_indented),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
