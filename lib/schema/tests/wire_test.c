#include "parley/schema/wire.h"

#include "shapes.h"

static void reads_back_every_wire_type(void **state) {
    (void)state;
    pl_buf b = pl_buf_make(1000);
    pl_wire_put_tag(&b, 1, PL_WIRE_VARINT);
    pl_wire_put_varint(&b, UINT64_MAX);
    pl_wire_put_tag(&b, 2, PL_WIRE_FIXED32);
    pl_wire_put_fixed32(&b, 0x01020304);
    pl_wire_put_tag(&b, 3, PL_WIRE_FIXED64);
    pl_wire_put_fixed64(&b, UINT64_C(0x0102030405060708));
    pl_wire_put_bytes(&b, PL_WIRE_NUMBER_MAX, pl_str_c("hello"));
    pl_wire_put_tag(&b, 5, PL_WIRE_GROUP);
    pl_wire_put_bytes(&b, 1, pl_str_c("in"));
    pl_wire_put_tag(&b, 5, PL_WIRE_GROUP_END);
    pl_wire_reader r = pl_wire_reader_make(pl_buf_view(&b));
    pl_wire_field f;
    assert_true(pl_wire_next(&r, &f) && f.value == UINT64_MAX);
    assert_true(pl_wire_next(&r, &f) && f.value == 0x01020304);
    assert_true(pl_wire_next(&r, &f) && f.value == UINT64_C(0x0102030405060708));
    assert_true(pl_wire_next(&r, &f) && pl_str_eqc(f.bytes, "hello"));
    assert_int_equal(f.number, PL_WIRE_NUMBER_MAX);
    assert_true(pl_wire_next(&r, &f) && f.number == 5 && f.bytes.n == 4);
    assert_false(pl_wire_next(&r, &f));
    assert_false(r.failed);
    pl_buf_done(&b);
}

static void refuses_bytes_that_are_no_message(void **state) {
    (void)state;
    static const struct {
        const char *p;
        size_t n;
    } bad[] = {
        {"\x08", 1},                                              /* no value */
        {"\x08\xff", 2},                                          /* varint cut off */
        {"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 12}, /* varint of 11 bytes */
        {"\x0a\x05"
         "abc",
         5},                                     /* longer than there is */
        {"\x0d\x01\x02\x03", 4},                 /* fixed32 cut off */
        {"\x09\x01\x02\x03\x04\x05\x06\x07", 8}, /* fixed64 cut off */
        {"\x00\x01", 2},                         /* field 0 */
        {"\x0e", 1},                             /* wire type 6 */
        {"\x0c", 1},                             /* end of no group */
        {"\x0b\x14", 2},                         /* end of another group */
        {"\x0b\x08\x01", 3},                     /* group without end */
        {"\x88\x80\x80\x80\x10\x01", 6},         /* number over 2^29 */
    };
    for (size_t i = 0; i < PL_COUNT(bad); i++) {
        char *copy = malloc(bad[i].n);
        memcpy(copy, bad[i].p, bad[i].n);
        pl_wire_reader r = pl_wire_reader_make(pl_str_make(copy, bad[i].n));
        pl_wire_field f;
        while (pl_wire_next(&r, &f))
            ;
        assert_true(r.failed);
        assert_int_equal(pl_wire_check(type_of(SHAPE), pl_str_make(copy, bad[i].n), false, NULL),
                         PL_INVALID_ARGUMENT);
        free(copy);
    }
}

static void refuses_groups_nested_too_deep(void **state) {
    (void)state;
    char deep[400];
    memset(deep, 0x0b, 200);
    memset(deep + 200, 0x0c, 200);
    pl_wire_reader r = pl_wire_reader_make(pl_str_make(deep, sizeof(deep)));
    pl_wire_field f;
    assert_false(pl_wire_next(&r, &f));
    assert_true(r.failed);
}

static void zigzag_goes_there_and_back(void **state) {
    (void)state;
    static const int64_t values[] = {0, -1, 1, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < PL_COUNT(values); i++)
        assert_true(pl_zigzag_decode(pl_zigzag_encode(values[i])) == values[i]);
    assert_true(pl_zigzag_encode(-1) == 1);
}

static void finds_the_last_of_a_field(void **state) {
    (void)state;
    pl_wire_field f;
    assert_true(pl_wire_find(pl_str_c("\x08\x01\x10\x05\x08\x02"), 1, &f) && f.value == 2);
    assert_false(pl_wire_find(pl_str_c("\x08\x01"), 2, &f));
    assert_false(pl_wire_find(pl_str_c("\x08\x01\x08"), 1, &f));
}

static void check_names_the_field_that_is_wrong(void **state) {
    (void)state;
    pl_error err = PL_ERROR_INIT;
    pl_buf m = pl_buf_make(100);
    pl_wire_put_bytes(&m, 18, pl_str_c("\x08\x01"));
    pl_wire_put_bytes(&m, 21, pl_str_c("tag"));
    pl_wire_put_bytes(&m, 18, pl_str_c("\x0a\x01z"));
    assert_int_equal(pl_wire_check(type_of(SHAPE), pl_buf_view(&m), false, &err),
                     PL_INVALID_ARGUMENT);
    assert_string_equal(err.message,
                        "shapes.v1.Shape: points[1].x: the wire type is not that of the field");
    pl_buf_done(&m);
}

static void check_refuses_text_that_is_not_utf8_and_nul_where_asked(void **state) {
    (void)state;
    pl_str bad = pl_str_make("\x0a\x01\xff", 3), nul = pl_str_make("\x0a\x01\0", 3);
    assert_int_equal(pl_wire_check(type_of(SHAPE), bad, false, NULL), PL_INVALID_ARGUMENT);
    assert_int_equal(pl_wire_check(type_of(SHAPE), nul, false, NULL), PL_OK);
    assert_int_equal(pl_wire_check(type_of(SHAPE), nul, true, NULL), PL_INVALID_ARGUMENT);
}

static void check_accepts_packed_and_unpacked_alike(void **state) {
    (void)state;
    pl_buf m = pl_buf_make(100);
    pl_wire_put_bytes(&m, 20, pl_str_c("\x01\x02"));
    pl_wire_put_tag(&m, 19, PL_WIRE_VARINT);
    pl_wire_put_varint(&m, 7);
    assert_int_equal(pl_wire_check(type_of(SHAPE), pl_buf_view(&m), false, NULL), PL_OK);
    pl_wire_put_bytes(&m, 19, pl_str_c("\x01\x80"));
    assert_int_equal(pl_wire_check(type_of(SHAPE), pl_buf_view(&m), false, NULL),
                     PL_INVALID_ARGUMENT);
    pl_buf_done(&m);
}

/* A Shape that has DEPTH messages in all. */
static pl_buf nested(unsigned depth) {
    pl_buf m = pl_buf_make(1 << 16), outer = pl_buf_make(1 << 16);
    for (unsigned i = 1; i < depth; i++) {
        pl_buf_clear(&outer);
        pl_wire_put_bytes(&outer, 31, pl_buf_view(&m));
        pl_buf_clear(&m);
        pl_buf_str(&m, pl_buf_view(&outer));
    }
    pl_buf_done(&outer);
    return m;
}

static void check_refuses_more_than_a_hundred_levels(void **state) {
    (void)state;
    pl_buf most = nested(PL_WIRE_DEPTH_MAX), more = nested(PL_WIRE_DEPTH_MAX + 1);
    assert_int_equal(pl_wire_check(type_of(SHAPE), pl_buf_view(&most), false, NULL), PL_OK);
    assert_int_equal(pl_wire_check(type_of(SHAPE), pl_buf_view(&more), false, NULL),
                     PL_INVALID_ARGUMENT);
    pl_buf_done(&most);
    pl_buf_done(&more);
}

static void puts_fail_where_the_buffer_is_full(void **state) {
    (void)state;
    pl_buf b = pl_buf_make(3);
    assert_false(pl_wire_put_bytes(&b, 1, pl_str_c("abc")));
    assert_true(b.failed);
    pl_buf_done(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_back_every_wire_type),
        cmocka_unit_test(refuses_bytes_that_are_no_message),
        cmocka_unit_test(refuses_groups_nested_too_deep),
        cmocka_unit_test(zigzag_goes_there_and_back),
        cmocka_unit_test(finds_the_last_of_a_field),
        cmocka_unit_test(check_names_the_field_that_is_wrong),
        cmocka_unit_test(check_refuses_text_that_is_not_utf8_and_nul_where_asked),
        cmocka_unit_test(check_accepts_packed_and_unpacked_alike),
        cmocka_unit_test(check_refuses_more_than_a_hundred_levels),
        cmocka_unit_test(puts_fail_where_the_buffer_is_full),
    };
    return cmocka_run_group_tests(tests, shapes_open, shapes_close);
}
