#include "parley/base/str.h"

#include <stdio.h>
#include <stdlib.h>

#include "check.h"

static void never_holds_more_than_its_maximum(void **state) {
    (void)state;
    pl_buf buf = pl_buf_make(10);
    assert_true(pl_buf_puts(&buf, "0123456789"));
    assert_false(pl_buf_putc(&buf, 'x'));
    assert_true(buf.failed);
    assert_string_equal(buf.p, "0123456789");
    pl_buf_clear(&buf);
    assert_false(buf.failed);
    assert_string_equal(buf.p, "");
    pl_buf_done(&buf);
}

static void is_an_empty_text_before_anything_is_appended(void **state) {
    (void)state;
    pl_buf buf = pl_buf_make(10);
    assert_string_equal(buf.p, "");
    size_t size = 1;
    char *content = pl_buf_take(&buf, &size);
    assert_string_equal(content, "");
    assert_int_equal(size, 0);
    free(content);
}

static void formats_long_texts(void **state) {
    (void)state;
    pl_buf buf = pl_buf_make(4096);
    assert_true(pl_buf_printf(&buf, "%0600d|", 5));
    assert_int_equal(buf.n, 601);
    assert_true(pl_buf_printf(&buf, "%s", "end"));
    assert_string_equal(buf.p + 600, "|end");
    pl_buf_done(&buf);
}

static void writes_the_extreme_numbers(void **state) {
    (void)state;
    pl_buf buf = pl_buf_make(100);
    pl_buf_i64(&buf, INT64_MIN);
    pl_buf_putc(&buf, ' ');
    pl_buf_u64(&buf, UINT64_MAX);
    pl_buf_putc(&buf, ' ');
    pl_buf_i64(&buf, 0);
    assert_string_equal(buf.p, "-9223372036854775808 18446744073709551615 0");
    pl_buf_done(&buf);
}

/* Whatever its place among others: several bytes are looked at together. */
static void escapes_json_in_every_place(void **state) {
    (void)state;
    enum { LENGTH = 19 };
    static const struct {
        char c;
        const char *written;
    } cases[] = {{'"', "\\\""}, {'\\', "\\\\"},   {'\x1f', "\\u001f"},
                 {'\n', "\\n"}, {'\x7f', "\x7f"}, {'\x80', "\xef\xbf\xbd"},
                 {'!', "!"},    {'\0', "\\u0000"}};
    for (size_t at = 0; at < LENGTH; at++) {
        for (size_t i = 0; i < PL_COUNT(cases); i++) {
            char text[LENGTH], expected[64];
            memset(text, 'a', sizeof text);
            text[at] = cases[i].c;
            snprintf(expected, sizeof expected, "\"%.*s%s%.*s\"", (int)at, "aaaaaaaaaaaaaaaaaaa",
                     cases[i].written, (int)(LENGTH - 1 - at), "aaaaaaaaaaaaaaaaaaa");
            pl_buf buf = pl_buf_make(64);
            pl_buf_json(&buf, pl_str_make(text, sizeof text));
            assert_string_equal(buf.p, expected);
            pl_buf_done(&buf);
        }
    }
}

static void escapes_json_and_replaces_what_is_not_utf8(void **state) {
    (void)state;
    pl_buf buf = pl_buf_make(200);
    pl_buf_json(&buf, pl_str_c("a\"\\\n\x01 유 \xff!"));
    assert_string_equal(buf.p, "\"a\\\"\\\\\\n\\u0001 유 \xef\xbf\xbd!\"");
    pl_buf_done(&buf);
}

static void consumes_from_the_front(void **state) {
    (void)state;
    pl_buf buf = pl_buf_make(20);
    pl_buf_puts(&buf, "abcdef");
    pl_buf_consume(&buf, 2);
    assert_string_equal(buf.p, "cdef");
    pl_buf_consume(&buf, 99);
    assert_string_equal(buf.p, "");
    pl_buf_done(&buf);
    pl_buf_done(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(never_holds_more_than_its_maximum),
        cmocka_unit_test(is_an_empty_text_before_anything_is_appended),
        cmocka_unit_test(formats_long_texts),
        cmocka_unit_test(writes_the_extreme_numbers),
        cmocka_unit_test(escapes_json_in_every_place),
        cmocka_unit_test(escapes_json_and_replaces_what_is_not_utf8),
        cmocka_unit_test(consumes_from_the_front),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
