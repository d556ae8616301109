/* One field alone: from and to text, and as the whole JSON value. */
#include "json_fixture.h"

static void converts_text(const char *name, const char *text, const char *expected) {
    pl_buf wire = pl_buf_make(1000), out = pl_buf_make(1000);
    pl_error err = PL_ERROR_INIT;
    if (pl_json_text_to_wire(field_of(SHAPE, name), pl_str_c(text), NULL, &wire, &err))
        fail_msg("%s", err.message);
    writes_as(SHAPE, &wire, NULL, expected);
    pl_buf_done(&wire);
    pl_buf_done(&out);
}

static void refuses_text(const char *name, const char *text, const char *expected) {
    pl_buf wire = pl_buf_make(1000);
    pl_error err = PL_ERROR_INIT;
    assert_int_equal(pl_json_text_to_wire(field_of(SHAPE, name), pl_str_c(text), NULL, &wire, &err),
                     PL_INVALID_ARGUMENT);
    assert_string_equal(err.message, expected);
    assert_int_equal(wire.n, 0);
    pl_buf_done(&wire);
}

static void reads_a_query_value_of_every_kind(void **state) {
    (void)state;
    converts_text("name", "a\"b c", "{\"name\":\"a\\\"b c\"}");
    converts_text("name", "5", "{\"name\":\"5\"}");
    converts_text("width", "-7", "{\"width\":\"-7\"}");
    converts_text("scale", "1.5", "{\"scale\":1.5}");
    converts_text("scale", "NaN", "{\"scale\":\"NaN\"}");
    converts_text("filled", "true", "{\"filled\":true}");
    converts_text("style", "STYLE_SOLID", "{\"style\":\"STYLE_SOLID\"}");
    converts_text("style", "5", "{\"style\":\"STYLE_DASHED\"}");
    converts_text("raw", "-_8", "{\"raw\":\"+/8=\"}");
    converts_text("at", "2026-01-31T12:00:00Z", "{\"at\":\"2026-01-31T12:00:00Z\"}");
    converts_text("boxed", "5", "{\"boxed\":\"5\"}");
    converts_text("mask", "name,longTilt", "{\"mask\":\"name,longTilt\"}");
    converts_text("tags", "one", "{\"tags\":[\"one\"]}");
    converts_text("packed_numbers", "3", "{\"packedNumbers\":[3]}");
}

static void refuses_query_values_with_the_field_and_what_was_expected(void **state) {
    (void)state;
    refuses_text("width", "x", "width: expected a whole number (int64), got \"x\"");
    refuses_text("width", "", "width: expected a whole number (int64), got \"\"");
    refuses_text("width", "1 ", "width: expected a whole number (int64), got \"1 \"");
    refuses_text("filled", "1", "filled: expected true or false, got \"1\"");
    refuses_text("style", "X",
                 "style: expected a value of shapes.v1.Style, such as \"Solid\", got \"X\"");
    refuses_text("name", "\xff", "name: the text is not UTF-8");
    refuses_text("corner", "x", "corner: shapes.v1.Point cannot be given as text");
    refuses_text("sizes", "x", "sizes: shapes.v1.Shape.SizesEntry cannot be given as text");
    refuses_text("extra", "x", "extra: google.protobuf.Struct cannot be given as text");
    refuses_text("pin", "1x", "pin: expected a whole number (int32), got another text");
}

static void reads_the_body_of_one_field(void **state) {
    (void)state;
    pl_buf wire = pl_buf_make(1000);
    assert_int_equal(
        pl_json_field_to_wire(field_of(SHAPE, "corner"), pl_str_c("{\"x\":1}"), NULL, &wire, NULL),
        PL_OK);
    assert_int_equal(
        pl_json_field_to_wire(field_of(SHAPE, "tags"), pl_str_c("[\"a\"]"), NULL, &wire, NULL),
        PL_OK);
    assert_int_equal(
        pl_json_field_to_wire(field_of(SHAPE, "name"), pl_str_c(" null "), NULL, &wire, NULL),
        PL_OK);
    writes_as(SHAPE, &wire, NULL, "{\"corner\":{\"x\":1},\"tags\":[\"a\"]}");
    pl_error err = PL_ERROR_INIT;
    assert_int_equal(pl_json_field_to_wire(field_of(SHAPE, "corner"), pl_str_c("{\"x\":1} 5"), NULL,
                                           &wire, &err),
                     PL_INVALID_ARGUMENT);
    assert_string_equal(err.message,
                        "line 1, column 9: expected the end of the text, got a number");
    pl_buf_done(&wire);
}

static void note_field(void *self, pl_str path, const pl_field *field) {
    pl_buf *notes = self;
    pl_buf_printf(notes, "%s%.*s", notes->n ? "," : "", PL_FMT(path));
    assert_true(pl_str_ends(path, field->name));
}

static void reports_the_fields_that_were_given(void **state) {
    (void)state;
    pl_buf wire = pl_buf_make(1000), notes = pl_buf_make(1000);
    pl_json_read_opts opts = PL_JSON_READ_OPTS_INIT;
    opts.on_field = note_field;
    opts.self = &notes;
    const char *json =
        "{\"name\":\"n\",\"longTilt\":0,\"corner\":{\"x\":1,\"farField\":null},"
        "\"points\":[{\"x\":1}],\"sizes\":{\"a\":1},\"at\":\"2026-01-31T12:00:00Z\","
        "\"extra\":{\"a\":{\"b\":1}},\"child\":{\"corner\":{\"y\":2}},\"inner\":null,"
        "\"any\":{\"@type\":\"a/shapes.v1.Point\",\"x\":1}}";
    assert_int_equal(pl_json_to_wire(type_of(SHAPE), pl_str_c(json), &opts, &wire, NULL), PL_OK);
    assert_string_equal(notes.p, "name,long_tilt,corner.x,corner.far_field,points,sizes,at,extra,"
                                 "child.corner.y,inner,any");
    pl_buf_clear(&notes);
    assert_int_equal(
        pl_json_field_to_wire(field_of(SHAPE, "corner"), pl_str_c("{\"x\":1}"), &opts, &wire, NULL),
        PL_OK);
    assert_string_equal(notes.p, "x");
    pl_buf_done(&wire);
    pl_buf_done(&notes);
}

static void writes_one_field_as_json(void **state) {
    (void)state;
    pl_buf wire = pl_buf_make(1000), out = pl_buf_make(1000);
    const char *json =
        "{\"name\":\"n\",\"corner\":{\"x\":1},\"tags\":[\"a\",\"b\"],\"sizes\":{\"a\":1}}";
    assert_int_equal(pl_json_to_wire(type_of(SHAPE), pl_str_c(json), NULL, &wire, NULL), PL_OK);
    static const char *const expected[][2] = {{"name", "\"n\""},
                                              {"corner", "{\"x\":1}"},
                                              {"tags", "[\"a\",\"b\"]"},
                                              {"sizes", "{\"a\":1}"},
                                              {"inner", "null"},
                                              {"points", "[]"},
                                              {"depth", "0"},
                                              {"style", "\"STYLE_UNSPECIFIED\""}};
    for (size_t i = 0; i < PL_COUNT(expected); i++) {
        pl_buf_clear(&out);
        assert_int_equal(pl_wire_field_to_json(field_of(SHAPE, expected[i][0]), pl_buf_view(&wire),
                                               NULL, &out, NULL),
                         PL_OK);
        assert_string_equal(out.p, expected[i][1]);
    }
    pl_buf_done(&wire);
    pl_buf_done(&out);
}

static void writes_one_field_as_plain_text(void **state) {
    (void)state;
    pl_buf wire = pl_buf_make(1000), out = pl_buf_make(1000);
    const char *json = "{\"name\":\"a\\\"b\",\"width\":7,\"style\":\"STYLE_SOLID\","
                       "\"at\":\"2026-01-31T12:00:00Z\",\"corner\":{}}";
    assert_int_equal(pl_json_to_wire(type_of(SHAPE), pl_str_c(json), NULL, &wire, NULL), PL_OK);
    static const char *const expected[][2] = {{"name", "a\"b"},
                                              {"width", "7"},
                                              {"style", "STYLE_SOLID"},
                                              {"at", "2026-01-31T12:00:00Z"},
                                              {"etag", ""},
                                              {"took", ""},
                                              {"depth", "0"}};
    for (size_t i = 0; i < PL_COUNT(expected); i++) {
        pl_buf_clear(&out);
        assert_int_equal(pl_wire_field_to_text(field_of(SHAPE, expected[i][0]), pl_buf_view(&wire),
                                               NULL, &out, NULL),
                         PL_OK);
        assert_string_equal(out.p, expected[i][1]);
    }
    assert_int_equal(
        pl_wire_field_to_text(field_of(SHAPE, "corner"), pl_buf_view(&wire), NULL, &out, NULL),
        PL_INVALID_ARGUMENT);
    assert_int_equal(
        pl_wire_field_to_text(field_of(SHAPE, "tags"), pl_buf_view(&wire), NULL, &out, NULL),
        PL_INVALID_ARGUMENT);
    pl_buf_done(&wire);
    pl_buf_done(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_a_query_value_of_every_kind),
        cmocka_unit_test(refuses_query_values_with_the_field_and_what_was_expected),
        cmocka_unit_test(reads_the_body_of_one_field),
        cmocka_unit_test(reports_the_fields_that_were_given),
        cmocka_unit_test(writes_one_field_as_json),
        cmocka_unit_test(writes_one_field_as_plain_text),
    };
    return cmocka_run_group_tests(tests, shapes_open, shapes_close);
}
