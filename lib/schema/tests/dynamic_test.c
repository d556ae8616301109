#include "parley/schema/dynamic.h"

#include "parley/test/failmalloc.h"
#include "shapes.h"

typedef struct scratch {
    pl_arena arena;
    pl_buf wire, out;
} scratch;

static int set_up(void **state) {
    scratch *s = calloc(1, sizeof(*s));
    if (!s)
        return -1;
    s->arena = pl_arena_make(1 << 20);
    s->wire = pl_buf_make(1 << 16);
    s->out = pl_buf_make(1 << 16);
    *state = s;
    return 0;
}

static int tear_down(void **state) {
    scratch *s = *state;
    pl_arena_done(&s->arena);
    pl_buf_done(&s->wire);
    pl_buf_done(&s->out);
    free(s);
    return 0;
}

static pl_dynamic *decode(scratch *s, const char *type) {
    pl_dynamic *m = NULL;
    pl_error err = PL_ERROR_INIT;
    if (pl_dynamic_decode(type_of(type), pl_buf_view(&s->wire), &s->arena, &m, &err))
        fail_msg("%s", err.message);
    return m;
}

static void last_singular_value_wins(void **state) {
    scratch *s = *state;
    pl_wire_put_bytes(&s->wire, 1, pl_str_c("first"));
    pl_wire_put_bytes(&s->wire, 1, pl_str_c("last"));
    pl_dynamic_value v;
    assert_true(pl_dynamic_get(decode(s, SHAPE), field_of(SHAPE, "name"), &v));
    assert_true(pl_str_eqc(v.text, "last"));
}

static void messages_in_pieces_are_merged(void **state) {
    scratch *s = *state;
    pl_wire_put_bytes(&s->wire, 17, pl_str_c("\x08\x01\x10\x02"));
    pl_wire_put_bytes(&s->wire, 17, pl_str_c("\x08\x05"));
    pl_dynamic_value corner, v;
    assert_true(pl_dynamic_get(decode(s, SHAPE), field_of(SHAPE, "corner"), &corner));
    assert_true(pl_dynamic_get(corner.message, field_of("shapes.v1.Point", "x"), &v) &&
                v.bits == 5);
    assert_true(pl_dynamic_get(corner.message, field_of("shapes.v1.Point", "y"), &v) &&
                v.bits == 2);
}

static void a_later_branch_of_a_oneof_clears_the_earlier(void **state) {
    scratch *s = *state;
    pl_wire_put_bytes(&s->wire, 26, pl_str_c("red"));
    pl_wire_put_bytes(&s->wire, 27, pl_str_c("\x08\x01"));
    pl_dynamic *m = decode(s, SHAPE);
    assert_int_equal(pl_dynamic_count(m, field_of(SHAPE, "color")), 0);
    assert_int_equal(pl_dynamic_count(m, field_of(SHAPE, "gradient")), 1);
}

static void lists_come_packed_and_unpacked(void **state) {
    scratch *s = *state;
    pl_wire_put_bytes(&s->wire, 20, pl_str_c("\x01\x02\x03\x04\x05"));
    pl_wire_put_tag(&s->wire, 20, PL_WIRE_VARINT);
    pl_wire_put_varint(&s->wire, 6);
    pl_dynamic *m = decode(s, SHAPE);
    const pl_field *f = field_of(SHAPE, "loose_numbers");
    assert_int_equal(pl_dynamic_count(m, f), 6);
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(pl_dynamic_at(m, f, i).bits, i + 1);
}

static void later_map_entries_replace_earlier_ones(void **state) {
    scratch *s = *state;
    pl_wire_put_bytes(&s->wire, 23,
                      pl_str_c("\x0a\x01"
                               "a\x10\x01"));
    pl_wire_put_bytes(&s->wire, 23,
                      pl_str_c("\x0a\x01"
                               "b\x10\x02"));
    pl_wire_put_bytes(&s->wire, 23,
                      pl_str_c("\x0a\x01"
                               "a\x10\x03"));
    pl_dynamic *m = decode(s, SHAPE);
    const pl_field *f = field_of(SHAPE, "sizes");
    assert_int_equal(pl_dynamic_count(m, f), 2);
    pl_dynamic_value v;
    assert_true(pl_dynamic_get(pl_dynamic_at(m, f, 0).message, &f->message->fields[1], &v));
    assert_int_equal(v.bits, 3);
}

static void normalizing_orders_merges_and_keeps_what_is_unknown(void **state) {
    scratch *s = *state;
    pl_wire_put_bytes(&s->wire, 1000, pl_str_c("unknown"));
    pl_wire_put_bytes(&s->wire, 17, pl_str_c("\x10\x02"));
    pl_wire_put_bytes(&s->wire, 1, pl_str_c("n"));
    pl_wire_put_bytes(&s->wire, 17, pl_str_c("\x08\x01"));
    assert_int_equal(pl_wire_normalize(type_of(SHAPE), pl_buf_view(&s->wire), &s->out, NULL),
                     PL_OK);
    pl_buf expected = pl_buf_make(100);
    pl_wire_put_bytes(&expected, 1, pl_str_c("n"));
    pl_wire_put_bytes(&expected, 17, pl_str_c("\x08\x01\x10\x02"));
    pl_wire_put_bytes(&expected, 1000, pl_str_c("unknown"));
    assert_true(pl_str_eq(pl_buf_view(&s->out), pl_buf_view(&expected)));
    pl_buf_done(&expected);
}

static void groups_go_there_and_back(void **state) {
    scratch *s = *state;
    pl_wire_put_tag(&s->wire, 7, PL_WIRE_GROUP);
    pl_wire_put_bytes(&s->wire, 1, pl_str_c("u"));
    pl_wire_put_tag(&s->wire, 7, PL_WIRE_GROUP_END);
    assert_true(pl_dynamic_encode(decode(s, LEGACY), &s->out));
    assert_true(pl_str_eq(pl_buf_view(&s->out), pl_buf_view(&s->wire)));
}

static void set_values_are_encoded(void **state) {
    scratch *s = *state;
    pl_dynamic *m = pl_dynamic_new(type_of("shapes.v1.Point"), &s->arena);
    pl_dynamic_value v = {.bits = 3};
    assert_true(pl_dynamic_set(m, field_of("shapes.v1.Point", "x"), v));
    assert_true(pl_dynamic_set(m, field_of("shapes.v1.Point", "y"), v));
    pl_dynamic_clear(m, field_of("shapes.v1.Point", "y"));
    assert_true(pl_dynamic_encode(m, &s->out));
    assert_true(pl_str_eqc(pl_buf_view(&s->out), "\x08\x03"));
}

static void refuses_malformed_bytes_and_more_than_the_arena_holds(void **state) {
    scratch *s = *state;
    pl_dynamic *m = NULL;
    pl_arena small = pl_arena_make(256);
    assert_int_equal(pl_dynamic_decode(type_of(SHAPE), pl_str_c("\x0a\x05x"), &s->arena, &m, NULL),
                     PL_INVALID_ARGUMENT);
    assert_int_equal(pl_dynamic_decode(type_of(SHAPE), pl_str_c("\x0a\x01x"), &small, &m, NULL),
                     PL_RESOURCE_EXHAUSTED);
    assert_null(m);
    pl_arena_done(&small);
}

static void survives_the_failure_of_any_allocation(void **state) {
    scratch *s = *state;
    pl_wire_put_bytes(&s->wire, 17, pl_str_c("\x08\x01"));
    pl_wire_put_bytes(&s->wire, 19, pl_str_c("\x08\x01"));
    pl_wire_put_bytes(&s->wire, 21, pl_str_c("tag"));
    bool failed = true;
    for (size_t n = 1; failed; n++) {
        pl_buf out = pl_buf_make(1000);
        pl_test_fail_allocation(n);
        pl_code code = pl_wire_normalize(type_of(SHAPE), pl_buf_view(&s->wire), &out, NULL);
        failed = pl_test_allocation_failed();
        assert_int_equal(code, failed ? PL_RESOURCE_EXHAUSTED : PL_OK);
        pl_buf_done(&out);
    }
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(last_singular_value_wins),
        TEST(messages_in_pieces_are_merged),
        TEST(a_later_branch_of_a_oneof_clears_the_earlier),
        TEST(lists_come_packed_and_unpacked),
        TEST(later_map_entries_replace_earlier_ones),
        TEST(normalizing_orders_merges_and_keeps_what_is_unknown),
        TEST(groups_go_there_and_back),
        TEST(set_values_are_encoded),
        TEST(refuses_malformed_bytes_and_more_than_the_arena_holds),
        TEST(survives_the_failure_of_any_allocation),
    };
    return cmocka_run_group_tests(tests, shapes_open, shapes_close);
}
