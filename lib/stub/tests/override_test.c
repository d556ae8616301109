/* Other values for an event's example. */
#include "events_internal.h"
#include "fixture.h"

static pl_arena arena;

static int set_up(void **state) {
    (void)state;
    arena = pl_arena_make(4 << 20);
    s.text = pl_buf_make(TEXT_MAX);
    return pl_pool_load(PL_SHOP_SET, NULL, &s.pool, NULL) == PL_OK ? 0 : -1;
}

static int done(void **state) {
    pl_arena_done(&arena);
    return tear_down(state);
}

/* An item, as JSON, with OVERRIDES. */
static pl_code override(const char *item, const char *overrides, pl_error *err) {
    const pl_message_type *type = pl_pool_message(s.pool, pl_str_c("shop.v1.Item"));
    pl_buf wire = pl_buf_make(TEXT_MAX);
    pl_dynamic *message = NULL;

    assert_int_equal(pl_json_to_wire(type, pl_str_c(item), NULL, &wire, NULL), PL_OK);
    assert_int_equal(pl_dynamic_decode(type, pl_buf_view(&wire), &arena, &message, NULL), PL_OK);
    pl_code code = stub_override(message, pl_str_c(overrides), &arena, err);
    pl_buf_clear(&wire);
    pl_buf_clear(&s.text);
    assert_true(pl_dynamic_encode(message, &wire));
    assert_int_equal(pl_wire_to_json(type, pl_buf_view(&wire), NULL, &s.text, NULL), PL_OK);
    pl_buf_done(&wire);
    return code;
}

static void becomes(const char *item, const char *overrides, const char *expected) {
    pl_error err = PL_ERROR_INIT;

    if (override(item, overrides, &err) != PL_OK)
        fail_msg("%s: %s", overrides, err.message);
    assert_string_equal(s.text.p, expected);
}

static void refused(const char *item, const char *overrides, const char *why) {
    pl_error err = PL_ERROR_INIT;

    assert_int_equal(override(item, overrides, &err), PL_INVALID_ARGUMENT);
    if (!strstr(err.message, why))
        fail_msg("\"%s\" does not say \"%s\"", err.message, why);
}

static void a_text_stands_for_a_value_of_any_scalar(void **state) {
    (void)state;
    becomes("{}", "{\"small\":\"-3\",\"flag\":\"true\",\"exact\":\"1.5\",\"name\":\"NO\"}",
            "{\"name\":\"NO\",\"small\":-3,\"exact\":1.5,\"flag\":true}");
    becomes("{}", "{\"raw\":\"aGk=\",\"boxed\":\"7\",\"at\":\"2026-01-01T00:00:00Z\"}",
            "{\"raw\":\"aGk=\",\"at\":\"2026-01-01T00:00:00Z\",\"boxed\":\"7\"}");
}

static void numbers_of_64_bits_are_exact(void **state) {
    (void)state;
    becomes("{}", "{\"number\":\"-9223372036854775808\",\"ubig\":18446744073709551615}",
            "{\"number\":\"-9223372036854775808\",\"ubig\":\"18446744073709551615\"}");
    refused("{}", "{\"number\":\"9223372036854775808\"}", "number");
}

static void enums_have_a_name_or_a_number(void **state) {
    (void)state;
    becomes("{}", "{\"state\":\"STATE_SOLD\",\"states\":[\"STATE_ON_SALE\",2]}",
            "{\"state\":\"STATE_SOLD\",\"states\":[\"STATE_ON_SALE\",\"STATE_SOLD\"]}");
    refused("{}", "{\"state\":\"STATE_SOLDD\"}", "STATE_SOLDD");
}

static void paths_lead_into_messages_and_items_of_lists(void **state) {
    (void)state;
    becomes("{\"parts\":[{\"name\":\"a\",\"count\":1},{\"name\":\"b\"}]}",
            "{\"parts[1].count\":\"5\",\"child.part.name\":\"deep\"}",
            "{\"parts\":[{\"name\":\"a\",\"count\":1},{\"name\":\"b\",\"count\":5}],"
            "\"child\":{\"part\":{\"name\":\"deep\"}}}");
}

static void lists_maps_and_messages_are_given_whole_also_as_text(void **state) {
    (void)state;
    becomes("{\"numbers\":[9],\"tags\":[\"x\"]}",
            "{\"numbers\":\"[1, "
            "2]\",\"tags\":[],\"texts\":{\"a\":\"b\"},\"part\":\"{\\\"count\\\":2}\"}",
            "{\"part\":{\"count\":2},\"numbers\":[1,2],\"texts\":{\"a\":\"b\"}}");
}

static void null_takes_a_value_away(void **state) {
    (void)state;
    becomes("{\"name\":\"a\",\"small\":1}", "{\"name\":null}", "{\"small\":1}");
}

static void another_branch_of_a_oneof_takes_its_place(void **state) {
    (void)state;
    becomes("{\"card\":\"1\"}", "{\"points\":\"4\"}", "{\"points\":\"4\"}");
}

static void json_names_are_names_too(void **state) {
    (void)state;
    becomes("{}", "{\"zipCode\":\"010\"}", "{\"zipCode\":\"010\"}");
}

static void an_unknown_field_is_named_with_the_one_that_was_meant(void **state) {
    (void)state;
    refused("{}", "{\"part.cont\":\"1\"}",
            "part.cont: shop.v1.Part has no field 'cont', did you mean 'count'?");
    refused("{}", "{\"\":\"1\"}", "has no field ''");
    refused("{}", "{\"part.\":\"1\"}", "has no field ''");
}

static void a_path_that_leads_nowhere_is_refused(void **state) {
    (void)state;
    refused("{\"parts\":[{}]}", "{\"parts[1].count\":\"1\"}", "leads nowhere at 'parts'");
    refused("{}", "{\"parts.count\":\"1\"}", "leads nowhere at 'parts'");
    refused("{}", "{\"name.count\":\"1\"}", "leads nowhere at 'name'");
    refused("{}", "{\"part[0].count\":\"1\"}", "leads nowhere at 'part'");
    refused("{\"parts\":[{}]}", "{\"parts[0]count\":\"1\"}", "has no field 'count'");
    refused("{}", "{\"texts.a\":\"1\"}", "leads nowhere at 'texts'");
}

static void a_value_of_another_type_is_refused(void **state) {
    (void)state;
    refused("{}", "{\"small\":\"many\"}", "small: expected");
    refused("{}", "{\"small\":[1]}", "small");
    refused("{}", "{\"numbers\":\"1\"}", "numbers");
    refused("{}", "[1]", "expected a JSON object of fields, got array");
    refused("{}", "{\"small\":1,\"small\":2}", "the name stands twice");
}

static void what_no_publisher_could_have_sent_is_told(void **state) {
    const pl_message_type *type = pl_pool_message(s.pool, pl_str_c("shop.v1.GetItemRequest"));
    pl_dynamic *message = NULL;
    pl_error err = PL_ERROR_INIT;

    (void)state;
    assert_int_equal(pl_dynamic_decode(type, pl_str_c(""), &arena, &message, NULL), PL_OK);
    assert_int_equal(stub_override(message,
                                   pl_str_c("{\"language\":\"\u00e4\u00e4\u00e4\u00e4\u00e4\","
                                            "\"labels\":[\"a\",\"b\"]}"),
                                   &arena, &err),
                     PL_OK);
    assert_int_equal(stub_check_limits(message, &err), PL_OK);
    assert_int_equal(stub_override(message, pl_str_c("{\"language\":\"english\"}"), &arena, &err),
                     PL_OK);
    assert_int_equal(stub_check_limits(message, &err), PL_INVALID_ARGUMENT);
    assert_string_equal(err.message, "language: has 7 characters, an event at most 5");
    assert_int_equal(stub_override(message,
                                   pl_str_c("{\"language\":\"en\",\"labels\":[\"a\",\"b\",\"c\"]}"),
                                   &arena, &err),
                     PL_OK);
    assert_int_equal(stub_check_limits(message, &err), PL_INVALID_ARGUMENT);
    assert_string_equal(err.message, "labels: has 3 items, an event at most 2");
}

#undef TEST
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, done)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_text_stands_for_a_value_of_any_scalar),
        TEST(numbers_of_64_bits_are_exact),
        TEST(enums_have_a_name_or_a_number),
        TEST(paths_lead_into_messages_and_items_of_lists),
        TEST(lists_maps_and_messages_are_given_whole_also_as_text),
        TEST(null_takes_a_value_away),
        TEST(another_branch_of_a_oneof_takes_its_place),
        TEST(json_names_are_names_too),
        TEST(an_unknown_field_is_named_with_the_one_that_was_meant),
        TEST(a_path_that_leads_nowhere_is_refused),
        TEST(a_value_of_another_type_is_refused),
        TEST(what_no_publisher_could_have_sent_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
