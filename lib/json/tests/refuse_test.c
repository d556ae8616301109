/* What ProtoJSON refuses, and what it says then. */
#include "json_fixture.h"

static void says_where_and_what_was_expected(void **state) {
    (void)state;
    pl_json_read_opts opts = PL_JSON_READ_OPTS_INIT;
    refuses_as(SHAPE, "{\"points\":[{\"x\":1},\n  {\"x\":\"abc\"}]}", opts,
               "line 2, column 8: points[1].x: expected a whole number (int32), got \"abc\"",
               "points[1].x");
    refuses_as(SHAPE, "{\"places\":{\"7\":{\"y\":{}}}}", opts,
               "line 1, column 21: places[\"7\"].y: expected a whole number (int32), got an object",
               "places[\"7\"].y");
    refuses_as(SHAPE, "{\"corner\":{\"x\":1.5}}", opts,
               "line 1, column 16: corner.x: expected a whole number (int32), got 1.5", "corner.x");
    refuses_as(SHAPE, "[]", opts,
               "line 1, column 1: expected an object (shapes.v1.Shape), got an array", "");
}

static void positions_count_from_where_the_text_was_cut_out(void **state) {
    (void)state;
    pl_json_read_opts opts = PL_JSON_READ_OPTS_INIT;
    opts.line = 4;
    opts.col = 10;
    refuses_as(SHAPE, "{\"depth\":{}}", opts,
               "line 4, column 19: depth: expected a whole number (int32), got an object", "depth");
    refuses_as(SHAPE, "{\n\"depth\":{}}", opts,
               "line 5, column 9: depth: expected a whole number (int32), got an object", "depth");
}

static void names_the_field_that_may_have_been_meant(void **state) {
    (void)state;
    refuses(SHAPE, "{\"witdh\":1}",
            "line 1, column 2: witdh: shapes.v1.Shape has no such field; did you mean \"width\"?");
    refuses(SHAPE, "{\"corner\":{\"zzzzzz\":1}}",
            "line 1, column 12: corner.zzzzzz: shapes.v1.Point has no such field");
}

static void refuses_a_field_given_twice_under_any_name(void **state) {
    (void)state;
    refuses(SHAPE, "{\"name\":\"a\",\"name\":\"a\"}",
            "line 1, column 13: name: the field is given twice");
    refuses(SHAPE, "{\"longTilt\":1,\"long_tilt\":2}",
            "line 1, column 15: long_tilt: the field is given twice");
    refuses(SHAPE, "{\"name\":null,\"name\":\"a\"}",
            "line 1, column 14: name: the field is given twice");
    refuses(SHAPE, "{\"sizes\":{\"a\":1,\"b\":2,\"a\":3}}",
            "line 1, column 23: sizes[\"a\"]: the key stands twice in the map");
    refuses(SHAPE, "{\"places\":{\"1\":{},\"1\":{}}}",
            "line 1, column 19: places[\"1\"]: the key stands twice in the map");
}

static void refuses_two_branches_of_a_oneof(void **state) {
    (void)state;
    refuses(SHAPE, "{\"color\":\"a\",\"pattern\":1}",
            "line 1, column 14: pattern: another field of oneof fill is given too");
    refuses(SHAPE, "{\"nothing\":null,\"pattern\":1}",
            "line 1, column 17: pattern: another field of oneof fill is given too");
}

static void refuses_values_of_other_types(void **state) {
    (void)state;
    refuses(SHAPE, "{\"name\":5}", "line 1, column 9: name: expected a string, got 5");
    refuses(SHAPE, "{\"name\":true}", "line 1, column 9: name: expected a string, got true");
    refuses(SHAPE, "{\"filled\":\"true\"}",
            "line 1, column 11: filled: expected true or false, got \"true\"");
    refuses(SHAPE, "{\"filled\":1}", "line 1, column 11: filled: expected true or false, got 1");
    refuses(SHAPE, "{\"ratio\":\"x\"}",
            "line 1, column 10: ratio: expected a number (float), got \"x\"");
    refuses(SHAPE, "{\"raw\":\"a*bc\"}",
            "line 1, column 8: raw: expected base64 in a string, got \"a*bc\"");
    refuses(SHAPE, "{\"raw\":\"abcde\"}",
            "line 1, column 8: raw: expected base64 in a string, got \"abcde\"");
    refuses(SHAPE, "{\"tags\":\"a\"}", "line 1, column 9: tags: expected an array, got a string");
    refuses(SHAPE, "{\"sizes\":[1]}", "line 1, column 10: sizes: expected an object, got an array");
    refuses(SHAPE, "{\"corner\":1}",
            "line 1, column 11: corner: expected an object (shapes.v1.Point), got a number");
    refuses(SHAPE, "{\"tags\":[\"a\",null]}",
            "line 1, column 14: tags[1]: expected a string, got null");
    refuses(SHAPE, "{\"sizes\":{\"a\":null}}",
            "line 1, column 15: sizes[\"a\"]: expected a whole number (int32), got null");
    refuses(SHAPE, "{\"style\":\"STYLE_DOTTED\"}",
            "line 1, column 10: style: expected a value of shapes.v1.Style, such as \"Solid\", got "
            "\"STYLE_DOTTED\"");
    refuses(SHAPE, "{\"style\":\"Solid\"}",
            "line 1, column 10: style: expected a value of shapes.v1.Style, such as \"Solid\", got "
            "\"Solid\"");
    refuses(SHAPE, "{\"flags\":{\"yes\":0}}",
            "line 1, column 11: flags[\"yes\"]: expected true or false, got \"yes\"");
    refuses(SHAPE, "{\"places\":{\"x\":{}}}",
            "line 1, column 12: places[\"x\"]: expected a whole number (int64), got \"x\"");
}

static void refuses_numbers_that_do_not_fit(void **state) {
    (void)state;
    static const char *const texts[] = {"{\"width\":9223372036854775808}",
                                        "{\"width\":-9223372036854775809}",
                                        "{\"height\":18446744073709551616}",
                                        "{\"height\":-1}",
                                        "{\"count\":4294967296}",
                                        "{\"depth\":2147483648}",
                                        "{\"depth\":-2147483649}",
                                        "{\"mark\":-1}",
                                        "{\"depth\":1e10}",
                                        "{\"depth\":0.5}",
                                        "{\"depth\":1e-1}",
                                        "{\"width\":1e19}",
                                        "{\"scale\":1e309}",
                                        "{\"ratio\":3.5e38}",
                                        "{\"style\":2147483648}",
                                        "{\"depth\":1e99999999999}",
                                        "{\"depth\":\"\"}",
                                        "{\"depth\":\" 1\"}",
                                        "{\"depth\":\"1 \"}",
                                        "{\"depth\":\"0x1\"}",
                                        "{\"depth\":\"+1\"}"};
    for (size_t i = 0; i < PL_COUNT(texts); i++) {
        pl_buf wire = pl_buf_make(100);
        if (pl_json_to_wire(type_of(SHAPE), pl_str_c(texts[i]), NULL, &wire, NULL) !=
            PL_INVALID_ARGUMENT)
            fail_msg("%s", texts[i]);
        pl_buf_done(&wire);
    }
}

static void refuses_text_that_is_no_json(void **state) {
    (void)state;
    static const char *const texts[] = {"",
                                        " ",
                                        "{",
                                        "}",
                                        "{\"name\"}",
                                        "{\"name\":}",
                                        "{\"name\":\"a\"",
                                        "{\"name\":\"a\",}",
                                        "{\"name\":\"a}",
                                        "{name:1}",
                                        "{'name':1}",
                                        "{\"depth\":01}",
                                        "{\"depth\":1.}",
                                        "{\"depth\":.5}",
                                        "{\"depth\":+1}",
                                        "{\"depth\":1e}",
                                        "{\"depth\":-}",
                                        "{\"depth\":0x10}",
                                        "{\"depth\":NaN}",
                                        "{\"filled\":tru}",
                                        "{\"name\":\"\\x\"}",
                                        "{\"name\":\"\\u12\"}",
                                        "{\"name\":\"\\ud800\"}",
                                        "{\"name\":\"\\ud800\\u0041\"}",
                                        "{\"name\":\"\\udc00\"}",
                                        "{\"name\":\"\t\"}",
                                        "{\"name\":\"\x80\"}",
                                        "{\"name\":\"\xc0\x80\"}",
                                        "{} {}",
                                        "{}x",
                                        "{\"tags\":[}",
                                        "{\"tags\":[\"a\"",
                                        "{\"tags\":[\"a\",]}",
                                        "{\"tags\":[,]}",
                                        "// c\n{}",
                                        "{\"name\":nul}",
                                        "null",
                                        "{\"name\":\"\\",
                                        "{\"name\":\"\\u00e",
                                        "\xef\xbb\xbf{}"};
    for (size_t i = 0; i < PL_COUNT(texts); i++) {
        pl_buf wire = pl_buf_make(100);
        size_t n = strlen(texts[i]);
        char *copy = malloc(n ? n : 1);
        memcpy(copy, texts[i], n);
        if (pl_json_to_wire(type_of(SHAPE), pl_str_make(copy, n), NULL, &wire, NULL) !=
            PL_INVALID_ARGUMENT)
            fail_msg("%s", texts[i]);
        free(copy);
        pl_buf_done(&wire);
    }
}

static void refuses_more_than_a_hundred_levels(void **state) {
    (void)state;
    static const char *const openings[] = {"{\"child\":", "{\"extra\":{\"a\":", "[", "{\"x\":"};
    for (size_t i = 0; i < PL_COUNT(openings); i++) {
        pl_buf json = pl_buf_make(1 << 20), wire = pl_buf_make(1 << 20);
        pl_error err = PL_ERROR_INIT;
        pl_json_read_opts opts = PL_JSON_READ_OPTS_INIT;
        opts.ignore_unknown = true;
        const char *type = i == 2 ? "google.protobuf.Value" : SHAPE;
        for (int k = 0; k < 100000; k++)
            pl_buf_puts(&json, openings[i]);
        assert_int_equal(pl_json_to_wire(type_of(type), pl_buf_view(&json), &opts, &wire, &err),
                         PL_INVALID_ARGUMENT);
        assert_true(strstr(err.message, "more than 100 deep") || strstr(err.message, "too deep") ||
                    strstr(err.message, "google.protobuf.Value"));
        pl_buf_done(&json);
        pl_buf_done(&wire);
    }
}

static void does_not_show_values_of_sensitive_fields(void **state) {
    (void)state;
    refuses(SHAPE, "{\"pin\":\"12x4\"}",
            "line 1, column 8: pin: expected a whole number (int32), got a string");
}

static void cuts_long_values_and_long_paths(void **state) {
    (void)state;
    pl_buf json = pl_buf_make(1 << 16), wire = pl_buf_make(1 << 16);
    pl_error err = PL_ERROR_INIT;
    pl_json_fault fault;
    pl_json_read_opts opts = PL_JSON_READ_OPTS_INIT;
    opts.fault = &fault;
    for (int i = 0; i < 90; i++)
        pl_buf_puts(&json, "{\"child\":");
    pl_buf_puts(&json, "{\"depth\":\"");
    for (int i = 0; i < 5000; i++)
        pl_buf_putc(&json, 'a');
    pl_buf_puts(&json, "\"}");
    for (int i = 0; i < 90; i++)
        pl_buf_putc(&json, '}');
    assert_int_equal(pl_json_to_wire(type_of(SHAPE), pl_buf_view(&json), &opts, &wire, &err),
                     PL_INVALID_ARGUMENT);
    assert_true(strlen(err.message) < PL_ERROR_MESSAGE_MAX);
    assert_non_null(strstr(err.message, "expected a whole number"));
    assert_int_equal(strlen(fault.path), PL_JSON_PATH_SIZE - 1);
    assert_non_null(strstr(fault.path, ".child.depth"));
    pl_buf_done(&json);
    pl_buf_done(&wire);
}

static void says_when_the_output_is_full_and_leaves_it_as_it_was(void **state) {
    (void)state;
    for (size_t max = 0; max < 8; max++) {
        pl_buf wire = pl_buf_make(max);
        assert_int_equal(pl_json_to_wire(type_of(SHAPE),
                                         pl_str_c("{\"corner\":{\"farField\":\"x\"}}"), NULL, &wire,
                                         NULL),
                         PL_RESOURCE_EXHAUSTED);
        assert_int_equal(wire.n, 0);
        pl_buf_done(&wire);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_where_and_what_was_expected),
        cmocka_unit_test(positions_count_from_where_the_text_was_cut_out),
        cmocka_unit_test(names_the_field_that_may_have_been_meant),
        cmocka_unit_test(refuses_a_field_given_twice_under_any_name),
        cmocka_unit_test(refuses_two_branches_of_a_oneof),
        cmocka_unit_test(refuses_values_of_other_types),
        cmocka_unit_test(refuses_numbers_that_do_not_fit),
        cmocka_unit_test(refuses_text_that_is_no_json),
        cmocka_unit_test(refuses_more_than_a_hundred_levels),
        cmocka_unit_test(does_not_show_values_of_sensitive_fields),
        cmocka_unit_test(cuts_long_values_and_long_paths),
        cmocka_unit_test(says_when_the_output_is_full_and_leaves_it_as_it_was),
    };
    return cmocka_run_group_tests(tests, shapes_open, shapes_close);
}
