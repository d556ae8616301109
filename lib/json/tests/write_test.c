/* Wire bytes in any order and in pieces to JSON, with options and hooks. */
#include "json_fixture.h"

static int set_up(void **state) {
    pl_buf *wire = malloc(sizeof(*wire));
    if (!wire)
        return -1;
    *wire = pl_buf_make(1 << 16);
    *state = wire;
    return 0;
}

static int tear_down(void **state) {
    pl_buf_done(*state);
    free(*state);
    return 0;
}

static void put_number(pl_buf *wire, uint32_t number, uint64_t value) {
    pl_wire_put_tag(wire, number, PL_WIRE_VARINT);
    pl_wire_put_varint(wire, value);
}

static void groups_what_lies_scattered(void **state) {
    pl_buf *w = *state;
    pl_wire_put_bytes(w, 21, pl_str_c("a"));
    put_number(w, 19, 1);
    pl_wire_put_bytes(w, 17, pl_str_c("\x08\x01"));
    pl_wire_put_bytes(w, 21, pl_str_c("b"));
    pl_wire_put_bytes(w, 1, pl_str_c("first"));
    pl_wire_put_bytes(w, 19, pl_str_c("\x02\x03"));
    pl_wire_put_bytes(w, 17, pl_str_c("\x10\x02"));
    put_number(w, 19, 4);
    pl_wire_put_bytes(w, 1, pl_str_c("last"));
    writes_as(SHAPE, w, NULL,
              "{\"name\":\"last\",\"corner\":{\"x\":1,\"y\":2},\"packedNumbers\":[1,2,3,4],"
              "\"tags\":[\"a\",\"b\"]}");
}

static void the_last_branch_of_a_oneof_wins(void **state) {
    pl_buf *w = *state;
    pl_wire_put_bytes(w, 27, pl_str_c("\x08\x01"));
    pl_wire_put_bytes(w, 26, pl_str_c("red"));
    pl_wire_put_bytes(w, 27, pl_str_c("\x10\x02"));
    writes_as(SHAPE, w, NULL, "{\"gradient\":{\"y\":2}}");
}

static void the_last_of_equal_map_keys_wins(void **state) {
    pl_buf *w = *state;
    pl_wire_put_bytes(w, 23,
                      pl_str_c("\x0a\x01"
                               "a\x10\x01"));
    pl_wire_put_bytes(w, 23,
                      pl_str_c("\x10\x02\x0a\x01"
                               "b"));
    pl_wire_put_bytes(w, 23,
                      pl_str_c("\x10\x03\x0a\x01"
                               "a"));
    writes_as(SHAPE, w, NULL, "{\"sizes\":{\"b\":2,\"a\":3}}");
}

static void map_entries_lack_what_is_default(void **state) {
    pl_buf *w = *state;
    pl_wire_put_bytes(w, 23, pl_str_c(""));
    pl_wire_put_bytes(w, 24, pl_str_c("\x08\x05"));
    writes_as(SHAPE, w, NULL, "{\"sizes\":{\"\":0},\"places\":{\"5\":{}}}");
}

static void leaves_out_defaults_and_unknown_fields(void **state) {
    pl_buf *w = *state;
    put_number(w, 2, 0);
    pl_wire_put_bytes(w, 1, pl_str_c(""));
    put_number(w, 29, 0);
    pl_wire_put_bytes(w, 2000, pl_str_c("unknown"));
    writes_as(SHAPE, w, NULL, "{\"maybe\":0}");
}

static void writes_defaults_where_asked(void **state) {
    pl_buf *w = *state;
    pl_json_write_opts opts = PL_JSON_WRITE_OPTS_INIT;
    opts.defaults = true;
    writes_as("shapes.v1.Point", w, &opts, "{\"x\":0,\"y\":0,\"farField\":\"\"}");
    pl_buf out = pl_buf_make(1 << 16);
    assert_int_equal(pl_wire_to_json(type_of(SHAPE), pl_buf_view(w), &opts, &out, NULL), PL_OK);
    assert_non_null(strstr(out.p, "\"style\":\"STYLE_UNSPECIFIED\""));
    assert_non_null(strstr(out.p, "\"points\":[]"));
    assert_non_null(strstr(out.p, "\"sizes\":{}"));
    assert_non_null(strstr(out.p, "\"width\":\"0\""));
    assert_null(strstr(out.p, "maybe"));
    assert_null(strstr(out.p, "corner"));
    assert_null(strstr(out.p, "color"));
    pl_buf_done(&out);
}

static void writes_numbers_and_names_as_asked(void **state) {
    pl_buf *w = *state;
    put_number(w, 2, 5);
    put_number(w, 5, 1);
    put_number(w, 14, 1);
    pl_json_write_opts opts = PL_JSON_WRITE_OPTS_INIT;
    opts.int64_numbers = opts.proto_names = opts.enum_json_names = true;
    writes_as(SHAPE, w, &opts, "{\"width\":5,\"long_tilt\":-1,\"style\":\"Solid\"}");
    opts.enum_numbers = true;
    writes_as(SHAPE, w, &opts, "{\"width\":5,\"long_tilt\":-1,\"style\":1}");
}

static void cuts_varints_to_the_size_of_their_field(void **state) {
    pl_buf *w = *state;
    put_number(w, 16, UINT64_C(0x1ffffffff));
    put_number(w, 15, UINT64_C(0x1ffffffff));
    put_number(w, 12, 2);
    writes_as(SHAPE, w, NULL, "{\"filled\":true,\"count\":4294967295,\"depth\":-1}");
}

static void drops_values_that_a_closed_enum_lacks(void **state) {
    pl_buf *w = *state;
    put_number(w, 3, 4);
    put_number(w, 3, 99);
    put_number(w, 4, 2);
    put_number(w, 4, 99);
    pl_wire_put_bytes(w, 9,
                      pl_str_c("\x0a\x01"
                               "a\x10\x63"));
    writes_as(LEGACY, w, NULL,
              "{\"level\":\"LEVEL_HIGH\",\"levels\":[\"LEVEL_LOW\"],\"byName\":{}}");
}

static void writes_floats_as_short_as_can_be(void **state) {
    pl_buf *w = *state;
    static const struct {
        double value;
        const char *text;
    } table[] = {{0.1, "0.1"},
                 {1e21, "1e+21"},
                 {123456789, "123456789"},
                 {1.0 / 3, "0.3333333333333333"},
                 {5e-324, "5e-324"},
                 {-0.0, "-0"},
                 {1e15, "1e+15"},
                 {999999999999999, "999999999999999"},
                 {0.1 + 0.2, "0.30000000000000004"}};
    for (size_t i = 0; i < PL_COUNT(table); i++) {
        uint64_t bits;
        char expected[64];
        memcpy(&bits, &table[i].value, sizeof(bits));
        pl_buf_clear(w);
        pl_wire_put_tag(w, 11, PL_WIRE_FIXED64);
        pl_wire_put_fixed64(w, bits);
        snprintf(expected, sizeof(expected), "{\"scale\":%s}", table[i].text);
        writes_as(SHAPE, w, NULL, expected);
    }
}

static void refuses_bytes_that_are_no_message(void **state) {
    pl_buf *w = *state;
    pl_wire_put_bytes(w, 18, pl_str_c("\x08\x01"));
    pl_wire_put_bytes(w, 18, pl_str_c("\x0a\x01x"));
    write_refused(SHAPE, w, "points[1].x: malformed: wire type 2");
    pl_buf_clear(w);
    pl_wire_put_bytes(w, 17, pl_str_c("\x08"));
    write_refused(SHAPE, w, "corner: malformed: shapes.v1.Point is cut off or damaged");
    pl_buf_clear(w);
    pl_wire_put_bytes(w, 1, pl_str_c("\xff"));
    write_refused(SHAPE, w, "name: the text is not UTF-8");
    pl_buf_clear(w);
    pl_wire_put_bytes(w, 19, pl_str_c("\x01\x80"));
    write_refused(SHAPE, w, "malformed: packed_numbers is cut off");
}

static void says_when_the_text_is_full_and_leaves_it_as_it_was(void **state) {
    pl_buf *w = *state;
    pl_wire_put_bytes(w, 17, pl_str_c("\x08\x01\x10\x02"));
    for (size_t max = 0; max < 24; max++) {
        pl_buf out = pl_buf_make(max);
        assert_int_equal(pl_wire_to_json(type_of(SHAPE), pl_buf_view(w), NULL, &out, NULL),
                         PL_RESOURCE_EXHAUSTED);
        assert_int_equal(out.n, 0);
        pl_buf_done(&out);
    }
}

static const pl_field *embed_points(void *self, const pl_message_type *type, unsigned depth) {
    (void)self;
    return depth == 0 ? pl_message_field_by_name(type, pl_str_c("points")) : NULL;
}

static pl_code add_links(void *self, pl_json_scope *scope, pl_buf *out, pl_error *err) {
    (void)self;
    (void)err;
    if (scope->depth > 0 && !scope->embedded)
        return PL_OK;
    pl_json_scope_key(scope, pl_str_c("_links"), out);
    pl_buf_puts(out, "{\"x\":\"");
    const pl_field *x = pl_message_field_by_number(scope->type, 1);
    pl_code code = pl_wire_field_to_text(x, scope->wire, NULL, out, err);
    pl_buf_puts(out, "\"}");
    return code;
}

static void hooks_embed_a_list_and_add_members(void **state) {
    pl_buf *w = *state;
    const pl_json_hooks hooks = {embed_points, add_links, NULL};
    pl_json_write_opts opts = PL_JSON_WRITE_OPTS_INIT;
    opts.hooks = &hooks;
    writes_as(SHAPE, w, &opts, "{\"_embedded\":{\"points\":[]},\"_links\":{\"x\":\"\"}}");
    pl_wire_put_bytes(w, 18, pl_str_c("\x08\x07"));
    pl_wire_put_bytes(w, 18, pl_str_c(""));
    pl_wire_put_bytes(w, 17, pl_str_c("\x08\x01"));
    pl_wire_put_bytes(w, 1, pl_str_c("n"));
    writes_as(SHAPE, w, &opts,
              "{\"name\":\"n\",\"corner\":{\"x\":1},\"_embedded\":{\"points\":["
              "{\"x\":7,\"_links\":{\"x\":\"7\"}},{\"_links\":{\"x\":\"0\"}}]},\"_links\":{\"x\":"
              "\"n\"}}");
}

static pl_code refuse_all(void *self, pl_json_scope *scope, pl_buf *out, pl_error *err) {
    (void)self;
    (void)out;
    return pl_error_set(err, PL_INTERNAL, "depth %u", scope->depth);
}

static void the_error_of_a_hook_ends_the_writing(void **state) {
    pl_buf *w = *state, out = pl_buf_make(100);
    const pl_json_hooks hooks = {NULL, refuse_all, NULL};
    pl_json_write_opts opts = PL_JSON_WRITE_OPTS_INIT;
    pl_error err = PL_ERROR_INIT;
    opts.hooks = &hooks;
    pl_wire_put_bytes(w, 17, pl_str_c(""));
    assert_int_equal(pl_wire_to_json(type_of(SHAPE), pl_buf_view(w), &opts, &out, &err),
                     PL_INTERNAL);
    assert_string_equal(err.message, "depth 1");
    assert_int_equal(out.n, 0);
    pl_buf_done(&out);
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(groups_what_lies_scattered),
        TEST(the_last_branch_of_a_oneof_wins),
        TEST(the_last_of_equal_map_keys_wins),
        TEST(map_entries_lack_what_is_default),
        TEST(leaves_out_defaults_and_unknown_fields),
        TEST(writes_defaults_where_asked),
        TEST(writes_numbers_and_names_as_asked),
        TEST(cuts_varints_to_the_size_of_their_field),
        TEST(drops_values_that_a_closed_enum_lacks),
        TEST(writes_floats_as_short_as_can_be),
        TEST(refuses_bytes_that_are_no_message),
        TEST(says_when_the_text_is_full_and_leaves_it_as_it_was),
        TEST(hooks_embed_a_list_and_add_members),
        TEST(the_error_of_a_hook_ends_the_writing),
    };
    return cmocka_run_group_tests(tests, shapes_open, shapes_close);
}
