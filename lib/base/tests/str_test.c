#include "parley/base/str.h"

#include "check.h"

static void reads_numbers_whole_or_not_at_all(void **state) {
    (void)state;
    int64_t i = 7;
    uint64_t u = 7;
    assert_true(pl_str_i64(pl_str_c("-9223372036854775808"), &i) && i == INT64_MIN);
    assert_true(pl_str_i64(pl_str_c("9223372036854775807"), &i) && i == INT64_MAX);
    assert_true(pl_str_u64(pl_str_c("18446744073709551615"), &u) && u == UINT64_MAX);
    i = 7;
    static const char *const wrong[] = {"",
                                        "-",
                                        "+1",
                                        "1 ",
                                        " 1",
                                        "1x",
                                        "9223372036854775808",
                                        "-9223372036854775809",
                                        "18446744073709551616"};
    for (size_t k = 0; k < PL_COUNT(wrong); k++)
        assert_false(pl_str_i64(pl_str_c(wrong[k]), &i));
    assert_int_equal(i, 7);
    assert_false(pl_str_u64(pl_str_c("18446744073709551616"), &u));
}

static void reads_durations(void **state) {
    (void)state;
    int64_t ms = 0;
    assert_true(pl_str_duration_ms(pl_str_c("250ms"), &ms) && ms == 250);
    assert_true(pl_str_duration_ms(pl_str_c("2s"), &ms) && ms == 2000);
    assert_true(pl_str_duration_ms(pl_str_c("5m"), &ms) && ms == 300000);
    assert_true(pl_str_duration_ms(pl_str_c("1h"), &ms) && ms == 3600000);
    assert_true(pl_str_duration_ms(pl_str_c("42"), &ms) && ms == 42);
    assert_false(pl_str_duration_ms(pl_str_c("-1s"), &ms));
    assert_false(pl_str_duration_ms(pl_str_c("s"), &ms));
    assert_false(pl_str_duration_ms(pl_str_c("9223372036854775807h"), &ms));
}

static void splits_with_an_empty_last_piece(void **state) {
    (void)state;
    pl_str rest = pl_str_c("a,,b,");
    pl_str piece;
    const char *const expected[] = {"a", "", "b", ""};
    for (size_t i = 0; i < PL_COUNT(expected); i++) {
        assert_true(pl_str_split(&rest, ',', &piece));
        assert_true(pl_str_eqc(piece, expected[i]));
    }
    assert_false(pl_str_split(&rest, ',', &piece));
}

static void judges_utf8_as_rfc3629_does(void **state) {
    (void)state;
    static const char *const good[] = {"",
                                       "ascii only, longer than eight",
                                       "é",
                                       "유",
                                       "😀",
                                       "\xf4\x8f\xbf\xbf",
                                       "\xed\x9f\xbf",
                                       "abcdefg\xc3\xa9"};
    static const char *const bad[] = {
        "\x80",         "\xc0\x80",         "\xc1\xbf",         "\xe0\x80\x80",
        "\xed\xa0\x80", "\xf0\x80\x80\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80",
        "\xc3",         "\xe2\x82",         "abcdefg\xff",      "\xfe"};
    for (size_t i = 0; i < PL_COUNT(good); i++)
        assert_true(pl_utf8_valid(pl_str_c(good[i])));
    for (size_t i = 0; i < PL_COUNT(bad); i++)
        assert_false(pl_utf8_valid(pl_str_c(bad[i])));
}

static void cuts_between_characters(void **state) {
    (void)state;
    pl_str text = pl_str_c("a유😀");
    const size_t expected[] = {0, 1, 1, 1, 4, 4, 4, 4, 8, 8};
    for (size_t max = 0; max < PL_COUNT(expected); max++)
        assert_int_equal(pl_utf8_cut(text, max).n, expected[max]);
    assert_int_equal(pl_utf8_length(text), 3);
}

static void finds_the_name_that_was_meant(void **state) {
    (void)state;
    static const char *const names[] = {"status", "start", "stop"};
    assert_string_equal(pl_str_nearest(pl_str_c("statsu"), names, 3), "status");
    assert_string_equal(pl_str_nearest(pl_str_c("STOP"), names, 3), "stop");
    assert_null(pl_str_nearest(pl_str_c("completion"), names, 3));
}

static void compares_without_ascii_case(void **state) {
    (void)state;
    assert_true(pl_str_eq_nocase(pl_str_c("Content-LENGTH"), pl_str_c("content-length")));
    assert_false(pl_str_eq_nocase(pl_str_c("a["), pl_str_c("A{")));
    assert_true(pl_str_starts(pl_str_c("abc"), pl_str_c("")));
    assert_true(pl_str_ends(pl_str_c("abc"), pl_str_c("bc")));
    assert_false(pl_str_ends(pl_str_c("c"), pl_str_c("bc")));
    assert_true(pl_str_eqc(pl_str_trim(pl_str_c(" \ta b\t ")), "a b"));
}

static void orders_by_bytes_with_a_prefix_first(void **state) {
    (void)state;
    assert_int_equal(pl_str_cmp(pl_str_c("a"), pl_str_c("b")), -1);
    assert_int_equal(pl_str_cmp(pl_str_c("b"), pl_str_c("ab")), 1);
    assert_int_equal(pl_str_cmp(pl_str_c("ab"), pl_str_c("a")), 1);
    assert_int_equal(pl_str_cmp(pl_str_c("a"), pl_str_c("ab")), -1);
    assert_int_equal(pl_str_cmp(pl_str_c("\xff"), pl_str_c("a")), 1);
    assert_int_equal(pl_str_cmp(pl_str_make(NULL, 0), pl_str_c("")), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_numbers_whole_or_not_at_all),
        cmocka_unit_test(reads_durations),
        cmocka_unit_test(splits_with_an_empty_last_piece),
        cmocka_unit_test(orders_by_bytes_with_a_prefix_first),
        cmocka_unit_test(judges_utf8_as_rfc3629_does),
        cmocka_unit_test(cuts_between_characters),
        cmocka_unit_test(finds_the_name_that_was_meant),
        cmocka_unit_test(compares_without_ascii_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
