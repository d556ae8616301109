/* Well-known types, both ways. */
#include "json_fixture.h"

static void timestamps_go_there_and_back(void **state) {
    (void)state;
    static const char *const same[] = {
        "{\"at\":\"2026-01-31T12:34:56Z\"}",        "{\"at\":\"2026-01-31T12:34:56.789Z\"}",
        "{\"at\":\"2026-01-31T12:34:56.000001Z\"}", "{\"at\":\"2026-01-31T12:34:56.000000001Z\"}",
        "{\"at\":\"0001-01-01T00:00:00Z\"}",        "{\"at\":\"9999-12-31T23:59:59.999999999Z\"}",
        "{\"at\":\"1970-01-01T00:00:00Z\"}",        "{\"at\":\"2024-02-29T23:59:59Z\"}",
        "{\"at\":\"1900-03-01T00:00:00Z\"}"};
    for (size_t i = 0; i < PL_COUNT(same); i++)
        converts(SHAPE, same[i], same[i]);
    converts(SHAPE, "{\"at\":\"2026-01-31T12:00:00.10+09:00\"}",
             "{\"at\":\"2026-01-31T03:00:00.100Z\"}");
}

static void refuses_times_that_are_none(void **state) {
    (void)state;
    static const char *const bad[] = {"\"2026-02-30T00:00:00Z\"",
                                      "\"2026-01-31 12:00:00Z\"",
                                      "\"2026-01-31T12:00:00\"",
                                      "\"0000-01-01T00:00:00Z\"",
                                      "\"2026-01-31t12:00:00Z\"",
                                      "\"10000-01-01T00:00:00Z\"",
                                      "5",
                                      "\"0001-01-01T00:00:00+01:00\"",
                                      "\"\"",
                                      "{}"};
    for (size_t i = 0; i < PL_COUNT(bad); i++) {
        pl_buf wire = pl_buf_make(100), json = pl_buf_make(100);
        pl_buf_printf(&json, "{\"at\":%s}", bad[i]);
        if (pl_json_to_wire(type_of(SHAPE), pl_buf_view(&json), NULL, &wire, NULL) !=
            PL_INVALID_ARGUMENT)
            fail_msg("%s", bad[i]);
        pl_buf_done(&wire);
        pl_buf_done(&json);
    }
    refuses(SHAPE, "{\"at\":\"today\"}",
            "line 1, column 7: at: expected a time such as \"2026-01-31T12:00:00Z\"");
}

static void durations_go_there_and_back(void **state) {
    (void)state;
    converts(SHAPE, "{\"took\":\"1.5s\"}", "{\"took\":\"1.500s\"}");
    converts(SHAPE, "{\"took\":\"-0.000000001s\"}", "{\"took\":\"-0.000000001s\"}");
    converts(SHAPE, "{\"took\":\"0s\"}", "{\"took\":\"0s\"}");
    converts(SHAPE, "{\"took\":\"-315576000000s\"}", "{\"took\":\"-315576000000s\"}");
    refuses(SHAPE, "{\"took\":\"1\"}",
            "line 1, column 9: took: expected a duration such as \"1.5s\"");
    refuses(SHAPE, "{\"took\":\"315576000001s\"}",
            "line 1, column 9: took: expected a duration such as \"1.5s\"");
    refuses(SHAPE, "{\"took\":\"1.0000000001s\"}",
            "line 1, column 9: took: expected a duration such as \"1.5s\"");
    refuses(SHAPE, "{\"took\":\"--1s\"}",
            "line 1, column 9: took: expected a duration such as \"1.5s\"");
}

static void field_masks_change_between_camel_and_snake(void **state) {
    (void)state;
    converts(SHAPE, "{\"mask\":\"name,corner.farField,longTilt\"}",
             "{\"mask\":\"name,corner.farField,longTilt\"}");
    converts(SHAPE, "{\"mask\":\"\"}", "{\"mask\":\"\"}");
    refuses(SHAPE, "{\"mask\":\"long_tilt\"}",
            "line 1, column 9: mask: expected field paths such as \"name,order.customerId\"");
    pl_buf wire = pl_buf_make(100);
    pl_wire_put_bytes(&wire, 35,
                      pl_str_c("\x0a\x05"
                               "a_Bc_"));
    write_refused(SHAPE, &wire, "mask: the path \"a_Bc_\" has no JSON form");
    pl_buf_done(&wire);
}

static void struct_value_and_list_hold_any_json(void **state) {
    (void)state;
    const char *json = "{\"extra\":{\"a\":[1,\"x\",null,true,{\"b\":{}}],\"\":-0.5},"
                       "\"anything\":\"text\",\"list\":[[],{},1e+100]}";
    converts(SHAPE, json, json);
    converts(SHAPE, "{\"anything\":null}", "{\"anything\":null}");
    converts(SHAPE, "{\"extra\":{}}", "{\"extra\":{}}");
    refuses(SHAPE, "{\"extra\":{\"a\":1,\"a\":2}}",
            "line 1, column 17: extra[\"a\"]: the key stands twice in the map");
}

static void null_value_is_a_value(void **state) {
    (void)state;
    converts(SHAPE, "{\"nothing\":null}", "{\"nothing\":null}");
    converts(SHAPE, "{\"nothing\":\"NULL_VALUE\"}", "{\"nothing\":null}");
}

static void wrappers_are_what_they_hold(void **state) {
    (void)state;
    converts(SHAPE, "{\"boxed\":\"5\",\"boxedText\":\"\"}", "{\"boxed\":\"5\",\"boxedText\":\"\"}");
    converts(SHAPE, "{\"boxed\":0}", "{\"boxed\":\"0\"}");
    refuses(SHAPE, "{\"boxed\":{\"value\":1}}",
            "line 1, column 10: boxed: expected a whole number (int64), got an object");
}

static void any_holds_types_of_the_pool(void **state) {
    (void)state;
    const char *json = "{\"any\":{\"@type\":\"type.googleapis.com/shapes.v1.Point\",\"x\":1}}";
    converts(SHAPE, json, json);
    converts(SHAPE, "{\"any\":{\"x\":1,\"@type\":\"type.googleapis.com/shapes.v1.Point\"}}", json);
    json =
        "{\"any\":{\"@type\":\"type.googleapis.com/google.protobuf.Duration\",\"value\":\"1s\"}}";
    converts(SHAPE, json, json);
    json = "{\"any\":{\"@type\":\"a/google.protobuf.Any\","
           "\"value\":{\"@type\":\"b/shapes.v1.Point\",\"y\":2}}}";
    converts(SHAPE, json, json);
    converts(SHAPE, "{\"any\":{}}", "{\"any\":{}}");
}

static void refuses_an_any_it_cannot_know(void **state) {
    (void)state;
    refuses(SHAPE, "{\"any\":{\"x\":1}}",
            "line 1, column 8: any: google.protobuf.Any needs \"@type\"");
    refuses(SHAPE, "{\"any\":{\"@type\":\"a/no.Such\"}}",
            "line 1, column 8: any: \"@type\": expected \"type.googleapis.com/\" and a known "
            "message, got "
            "\"a/no.Such\"");
    refuses(SHAPE, "{\"any\":{\"@type\":\"a/shapes.v1.Point\",\"@type\":\"a/shapes.v1.Point\"}}",
            "line 1, column 37: any.@type: the field is given twice");
    pl_buf wire = pl_buf_make(100);
    pl_wire_put_bytes(&wire, 39,
                      pl_str_c("\x0a\x04"
                               "a/no"));
    write_refused(SHAPE, &wire, "any: google.protobuf.Any holds \"a/no\", which is not known");
    pl_buf_done(&wire);
}

static void refuses_any_in_any_without_end(void **state) {
    (void)state;
    pl_buf json = pl_buf_make(1 << 16), wire = pl_buf_make(1 << 16);
    pl_error err = PL_ERROR_INIT;
    for (int i = 0; i < 20; i++)
        pl_buf_puts(&json, "{\"@type\":\"a/google.protobuf.Any\",\"value\":");
    pl_buf_puts(&json, "{}");
    for (int i = 0; i < 20; i++)
        pl_buf_putc(&json, '}');
    assert_int_equal(
        pl_json_to_wire(type_of("google.protobuf.Any"), pl_buf_view(&json), NULL, &wire, &err),
        PL_INVALID_ARGUMENT);
    assert_non_null(strstr(err.message, "google.protobuf.Any is more than 16 deep"));
    pl_buf_done(&json);
    pl_buf_done(&wire);
}

static void refuses_to_write_what_is_out_of_range(void **state) {
    (void)state;
    pl_buf wire = pl_buf_make(100);
    pl_wire_put_bytes(&wire, 33, pl_str_c("\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"));
    write_refused(SHAPE, &wire,
                  "at: google.protobuf.Timestamp is out of range: 0 seconds, -1 nanos");
    pl_buf_clear(&wire);
    pl_wire_put_bytes(&wire, 37, pl_str_make("\x11\0\0\0\0\0\0\xf8\x7f", 9));
    write_refused(SHAPE, &wire,
                  "anything: google.protobuf.Value cannot hold NaN or an infinity in JSON");
    pl_buf_done(&wire);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(timestamps_go_there_and_back),
        cmocka_unit_test(refuses_times_that_are_none),
        cmocka_unit_test(durations_go_there_and_back),
        cmocka_unit_test(field_masks_change_between_camel_and_snake),
        cmocka_unit_test(struct_value_and_list_hold_any_json),
        cmocka_unit_test(null_value_is_a_value),
        cmocka_unit_test(wrappers_are_what_they_hold),
        cmocka_unit_test(any_holds_types_of_the_pool),
        cmocka_unit_test(refuses_an_any_it_cannot_know),
        cmocka_unit_test(refuses_any_in_any_without_end),
        cmocka_unit_test(refuses_to_write_what_is_out_of_range),
    };
    return cmocka_run_group_tests(tests, shapes_open, shapes_close);
}
