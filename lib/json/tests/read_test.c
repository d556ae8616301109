/* What ProtoJSON accepts. Each text goes to the wire and comes back. */
#include "json_fixture.h"

static void reads_every_kind_of_scalar(void **state) {
    (void)state;
    const char *json =
        "{\"name\":\"n\",\"width\":\"-9223372036854775808\",\"height\":\"18446744073709551615\","
        "\"tilt\":-2147483648,\"longTilt\":\"-1\",\"mark\":4294967295,\"longMark\":\"7\","
        "\"signedMark\":-7,\"signedLongMark\":\"-7\",\"ratio\":0.1,\"scale\":-1.5e-300,"
        "\"filled\":true,\"raw\":\"AAEC/w==\",\"style\":\"STYLE_SOLID\",\"count\":1,\"depth\":-1}";
    converts(SHAPE, json, json);
}

static void reads_64_bit_integers_exactly_from_numbers_and_strings(void **state) {
    (void)state;
    converts(SHAPE, "{\"width\":9223372036854775807,\"height\":18446744073709551615}",
             "{\"width\":\"9223372036854775807\",\"height\":\"18446744073709551615\"}");
    converts(SHAPE, "{\"width\":-9007199254740993}", "{\"width\":\"-9007199254740993\"}");
}

static void reads_whole_numbers_written_as_others(void **state) {
    (void)state;
    converts(SHAPE, "{\"depth\":1e3}", "{\"depth\":1000}");
    converts(SHAPE, "{\"depth\":1.0}", "{\"depth\":1}");
    converts(SHAPE, "{\"depth\":150e-1}", "{\"depth\":15}");
    converts(SHAPE, "{\"depth\":\"3\"}", "{\"depth\":3}");
    converts(SHAPE, "{\"width\":9.223372036854775807e18}", "{\"width\":\"9223372036854775807\"}");
}

static void reads_names_of_both_kinds_and_escaped(void **state) {
    (void)state;
    converts(SHAPE, "{\"long_tilt\":1}", "{\"longTilt\":\"1\"}");
    converts(SHAPE, "{\"\\u006eame\":\"x\"}", "{\"name\":\"x\"}");
    converts(SHAPE, "{\"perhaps\":\"x\"}", "{\"perhaps\":\"x\"}");
    converts(SHAPE, "{\"maybe_text\":\"x\"}", "{\"perhaps\":\"x\"}");
}

static void reads_escapes_and_surrogate_pairs(void **state) {
    (void)state;
    converts(SHAPE, "{\"name\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uD83D\\uDE00\\u0000\"}",
             "{\"name\":\"\\\"\\\\/\\b\\f\\n\\r\\té😀\\u0000\"}");
}

static void reads_enums_by_name_number_and_json_name(void **state) {
    (void)state;
    pl_json_read_opts ropts = PL_JSON_READ_OPTS_INIT;
    pl_json_write_opts wopts = PL_JSON_WRITE_OPTS_INIT;
    ropts.enum_json_names = wopts.enum_json_names = true;
    converts(SHAPE, "{\"style\":5}", "{\"style\":\"STYLE_DASHED\"}");
    converts(SHAPE, "{\"style\":77}", "{\"style\":77}");
    converts_as(SHAPE, "{\"style\":\"Dashed\"}", &ropts, &wopts, "{\"style\":\"Dashed\"}");
    converts_as(SHAPE, "{\"style\":\"STYLE_NONE\"}", &ropts, &wopts, "{\"style\":\"STYLE_NONE\"}");
}

static void reads_bytes_in_both_alphabets_padded_or_not(void **state) {
    (void)state;
    converts(SHAPE, "{\"raw\":\"-_8\"}", "{\"raw\":\"+/8=\"}");
    converts(SHAPE, "{\"raw\":\"+/8=\"}", "{\"raw\":\"+/8=\"}");
    converts(SHAPE, "{\"raw\":\"YQ\"}", "{\"raw\":\"YQ==\"}");
}

static void reads_floats_as_near_as_can_be(void **state) {
    (void)state;
    converts(SHAPE, "{\"scale\":0.30000000000000004}", "{\"scale\":0.30000000000000004}");
    converts(SHAPE, "{\"scale\":5e-324}", "{\"scale\":5e-324}");
    converts(SHAPE, "{\"scale\":1.7976931348623157e308}", "{\"scale\":1.7976931348623157e+308}");
    converts(SHAPE, "{\"ratio\":3.4028235e38}", "{\"ratio\":3.4028235e+38}");
    converts(SHAPE, "{\"scale\":\"NaN\",\"ratio\":\"-Infinity\"}",
             "{\"ratio\":\"-Infinity\",\"scale\":\"NaN\"}");
    converts(SHAPE, "{\"scale\":-0}", "{\"scale\":-0}");
    converts(SHAPE, "{\"scale\":\"2.5\"}", "{\"scale\":2.5}");
}

static void reads_lists_maps_and_messages(void **state) {
    (void)state;
    const char *json =
        "{\"corner\":{\"x\":1,\"farField\":\"f\"},\"points\":[{\"x\":1},{},{\"y\":2}],"
        "\"packedNumbers\":[1,-1,0],\"looseNumbers\":[0,5],\"tags\":[\"\",\"b\"],"
        "\"sizes\":{\"a\":1,\"\":0},\"places\":{\"-5\":{\"x\":1}},"
        "\"flags\":{\"true\":\"STYLE_SOLID\",\"false\":\"STYLE_UNSPECIFIED\"}}";
    converts(SHAPE, json, json);
}

static void moves_messages_whose_length_needs_more_bytes(void **state) {
    (void)state;
    pl_buf json = pl_buf_make(1 << 20);
    pl_buf_puts(&json, "{\"name\":\"x\",\"child\":{\"corner\":{\"farField\":\"");
    for (int i = 0; i < 20000; i++)
        pl_buf_putc(&json, (char)('a' + i % 26));
    pl_buf_puts(&json, "\"},\"etag\":\"e\"},\"etag\":\"f\"}");
    converts(SHAPE, json.p, json.p);
    pl_buf_done(&json);
}

static void finds_keys_of_a_map_after_moving_its_entries(void **state) {
    (void)state;
    pl_buf json = pl_buf_make(1 << 20);
    pl_buf_puts(&json, "{\"places\":{");
    for (int i = 0; i < 300; i++)
        pl_buf_printf(&json, "%s\"%d\":{\"farField\":\"%0*d\"}", i ? "," : "", i, i, 7);
    pl_buf_puts(&json, "}}");
    pl_buf wire = pl_buf_make(1 << 20);
    assert_int_equal(pl_json_to_wire(type_of(SHAPE), pl_buf_view(&json), NULL, &wire, NULL), PL_OK);
    json.n -= 2;
    pl_buf_puts(&json, ",\"298\":{}}}");
    assert_int_equal(pl_json_to_wire(type_of(SHAPE), pl_buf_view(&json), NULL, &wire, NULL),
                     PL_INVALID_ARGUMENT);
    pl_buf_done(&json);
    pl_buf_done(&wire);
}

static void null_leaves_a_field_absent(void **state) {
    (void)state;
    converts(SHAPE, "{\"name\":null,\"points\":null,\"sizes\":null,\"corner\":null,\"boxed\":null}",
             "{}");
    converts(SHAPE, "{\"color\":null,\"pattern\":5}", "{\"pattern\":5}");
}

static void keeps_presence_of_a_default(void **state) {
    (void)state;
    converts(SHAPE, "{\"maybe\":0,\"perhaps\":\"\"}", "{\"maybe\":0,\"perhaps\":\"\"}");
    converts(SHAPE, "{\"color\":\"\"}", "{\"color\":\"\"}");
    pl_buf wire = pl_buf_make(100);
    pl_wire_field f;
    assert_int_equal(pl_json_to_wire(type_of(SHAPE), pl_str_c("{\"width\":0}"), NULL, &wire, NULL),
                     PL_OK);
    assert_true(pl_wire_find(pl_buf_view(&wire), 2, &f));
    pl_buf_done(&wire);
}

static void reads_proto2_with_groups_and_extensions(void **state) {
    (void)state;
    const char *json = "{\"id\":0,\"level\":\"LEVEL_HIGH\",\"packed\":[1,2],\"loose\":[3],"
                       "\"result\":{\"url\":\"u\"},\"byName\":{\"a\":\"LEVEL_LOW\"},"
                       "\"[shapes.v1.rank]\":5}";
    converts(LEGACY, json, json);
}

static void ignores_what_is_unknown_where_asked(void **state) {
    (void)state;
    pl_json_read_opts opts = PL_JSON_READ_OPTS_INIT;
    opts.ignore_unknown = true;
    converts_as(SHAPE, "{\"no\":{\"such\":[1,\"\\u00e9\",null]},\"name\":\"n\",\"no\":1}", &opts,
                NULL, "{\"name\":\"n\"}");
    converts_as(SHAPE,
                "{\"style\":\"NO\",\"styles\":[\"NO\",\"STYLE_SOLID\"],"
                "\"flags\":{\"true\":\"NO\",\"false\":\"STYLE_SOLID\"}}",
                &opts, NULL,
                "{\"styles\":[\"STYLE_SOLID\"],\"flags\":{\"false\":\"STYLE_SOLID\"}}");
}

static void reads_white_space_between_all_tokens(void **state) {
    (void)state;
    converts(SHAPE, " \r\n\t{ \"tags\" : [ \"a\" , \"b\" ] , \"corner\" : { } } \n",
             "{\"corner\":{},\"tags\":[\"a\",\"b\"]}");
}

static void reads_a_message_of_a_hundred_levels(void **state) {
    (void)state;
    pl_buf json = pl_buf_make(1 << 16);
    for (int i = 1; i < PL_WIRE_DEPTH_MAX; i++)
        pl_buf_puts(&json, "{\"child\":");
    pl_buf_puts(&json, "{}");
    for (int i = 1; i < PL_WIRE_DEPTH_MAX; i++)
        pl_buf_putc(&json, '}');
    converts(SHAPE, json.p, json.p);
    pl_buf_done(&json);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_kind_of_scalar),
        cmocka_unit_test(reads_64_bit_integers_exactly_from_numbers_and_strings),
        cmocka_unit_test(reads_whole_numbers_written_as_others),
        cmocka_unit_test(reads_names_of_both_kinds_and_escaped),
        cmocka_unit_test(reads_escapes_and_surrogate_pairs),
        cmocka_unit_test(reads_enums_by_name_number_and_json_name),
        cmocka_unit_test(reads_bytes_in_both_alphabets_padded_or_not),
        cmocka_unit_test(reads_floats_as_near_as_can_be),
        cmocka_unit_test(reads_lists_maps_and_messages),
        cmocka_unit_test(moves_messages_whose_length_needs_more_bytes),
        cmocka_unit_test(finds_keys_of_a_map_after_moving_its_entries),
        cmocka_unit_test(null_leaves_a_field_absent),
        cmocka_unit_test(keeps_presence_of_a_default),
        cmocka_unit_test(reads_proto2_with_groups_and_extensions),
        cmocka_unit_test(ignores_what_is_unknown_where_asked),
        cmocka_unit_test(reads_white_space_between_all_tokens),
        cmocka_unit_test(reads_a_message_of_a_hundred_levels),
    };
    return cmocka_run_group_tests(tests, shapes_open, shapes_close);
}
