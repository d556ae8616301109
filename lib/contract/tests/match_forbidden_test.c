/* Verdicts: what must not be in a message, wherever it is. */
#include "shop.h"

/* TEXT, the JSON of an Item, has one of the forbidden fields, at PATH. */
static void forbids(const char *text, const char *path) {
    static const pl_str names[] = {PL_STR("secret"), PL_STR("zipCode")};
    pl_arena arena = pl_arena_make(1 << 20);
    pl_verdict verdict = pl_verdict_make(&arena);
    pl_buf bytes = pl_buf_make(SHOP_TEXT_MAX);
    pl_dynamic *message = NULL;
    shop_bytes(pool, "shop.v1.Item", text, &bytes);
    assert_int_equal(pl_dynamic_decode(pl_pool_message(pool, pl_str_c("shop.v1.Item")),
                                       pl_buf_view(&bytes), &arena, &message, NULL),
                     PL_OK);
    assert_false(pl_match_without(message, names, PL_COUNT(names), NULL, &verdict));
    assert_int_equal(verdict.total, 1);
    assert_string_equal(verdict.differences[0].path.p, path);
    pl_buf_done(&bytes);
    pl_arena_done(&arena);
}

static void a_forbidden_field_is_found_at_any_depth(void **state) {
    (void)state;
    forbids("{\"child\":{\"child\":{\"secret\":\"x\",\"zipCode\":\"\"}}}", "child.child.secret");
}

static void a_forbidden_field_is_found_in_any(void **state) {
    (void)state;
    forbids("{\"any\":{\"@type\":\"type.googleapis.com/shop.v1.Item\",\"secret\":\"x\"}}",
            "any.secret");
}

static void a_forbidden_name_is_found_in_a_struct(void **state) {
    (void)state;
    forbids("{\"extra\":{\"a\":[{\"secret\":\"x\"}]}}",
            "extra.fields[0].value.list_value.values[0].struct_value.fields[0]");
}

/* Any within Any has no end: what is too deep to be looked at is not said to be right. */
static void any_within_any_is_followed_to_a_depth(void **state) {
    enum { DEPTH = 9, TEXT_MAX = 2048 };
    static const char open[] = "{\"any\":{\"@type\":\"type.googleapis.com/shop.v1.Item\"";
    char text[TEXT_MAX], path[TEXT_MAX];
    size_t n = 0, at = 0;
    (void)state;
    for (int i = 0; i < DEPTH; i++) {
        n += (size_t)snprintf(text + n, TEXT_MAX - n, "%s%s", i ? "," : "", open + (i ? 1 : 0));
        at += (size_t)snprintf(path + at, TEXT_MAX - at, "%sany", i ? "." : "");
    }
    for (int i = 0; i < DEPTH; i++)
        n += (size_t)snprintf(text + n, TEXT_MAX - n, "}");
    (void)snprintf(text + n, TEXT_MAX - n, "}");
    forbids(text, path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_forbidden_field_is_found_at_any_depth),
        cmocka_unit_test(a_forbidden_field_is_found_in_any),
        cmocka_unit_test(a_forbidden_name_is_found_in_a_struct),
        cmocka_unit_test(any_within_any_is_followed_to_a_depth),
    };
    return cmocka_run_group_tests(tests, shop_load, shop_unload);
}
