#include "parley/http/parser.h"

#include "check.h"

static void expect_decoded(const char *text, pl_http_decode mode, const char *decoded) {
    pl_buf out = pl_buf_make(1024);
    bool ok = pl_http_percent_decode(pl_str_c(text), mode, &out);
    assert_int_equal(ok, decoded != NULL);
    if (decoded)
        assert_string_equal(out.p, decoded);
    pl_buf_done(&out);
}

static void decodes_once(void **state) {
    (void)state;
    expect_decoded("a%20b%2Fc%252F+", PL_HTTP_DECODE_ALL, "a b/c%2F+");
    expect_decoded("", PL_HTTP_DECODE_ALL, "");
    expect_decoded("%ec%a3%bc", PL_HTTP_DECODE_ALL, "\xec\xa3\xbc");
}

static void keeps_encoded_slashes_where_asked(void **state) {
    (void)state;
    expect_decoded("a%2Fb%2fc%20", PL_HTTP_DECODE_KEEP_SLASH, "a%2Fb%2fc ");
}

static void takes_plus_as_a_space_in_forms(void **state) {
    (void)state;
    expect_decoded("a+b%2B", PL_HTTP_DECODE_FORM, "a b+");
}

static void refuses_broken_escapes_and_nul(void **state) {
    (void)state;
    static const char *const bad[] = {"%", "%2", "a%", "%zz", "%2g", "%00", "a%00b", "%%20"};
    for (size_t i = 0; i < PL_COUNT(bad); i++)
        expect_decoded(bad[i], PL_HTTP_DECODE_ALL, NULL);
}

static void refuses_what_does_not_fit(void **state) {
    (void)state;
    pl_buf out = pl_buf_make(3);
    assert_false(pl_http_percent_decode(pl_str_c("abcd"), PL_HTTP_DECODE_ALL, &out));
    assert_true(out.failed);
    pl_buf_clear(&out);
    assert_false(pl_http_percent_encode(pl_str_c("a/"), &out));
    pl_buf_done(&out);
}

static void encodes_all_but_unreserved_characters(void **state) {
    (void)state;
    pl_buf out = pl_buf_make(100);
    assert_true(pl_http_percent_encode(pl_str_c("aZ9-._~ /%\xec"), &out));
    assert_string_equal(out.p, "aZ9-._~%20%2F%25%EC");
    pl_buf_clear(&out);
    assert_true(pl_http_percent_encode_path(pl_str_c("/a b//%2F-/"), &out));
    assert_string_equal(out.p, "/a%20b//%252F-/");
    pl_buf_done(&out);
}

static void judges_paths(void **state) {
    (void)state;
    static const char *const good[] = {"/",    "/a",    "/a/",         "/a.b/..c",
                                       "/...", "/%2Fa", "/a:b@c;d=e,f"};
    static const char *const bad[] = {
        "",   "a",    "//",   "/a//b", "/.",  "/..",  "/a/./", "/%2e",  "/%2E%2e", "/a/.%2e",
        "/%", "/%00", "/a b", "/\"",   "/<>", "/a?b", "/a#b",  "/\x7f", "/\xff"};
    for (size_t i = 0; i < PL_COUNT(good); i++)
        assert_null(pl_http_path_error(pl_str_c(good[i])));
    for (size_t i = 0; i < PL_COUNT(bad); i++)
        assert_non_null(pl_http_path_error(pl_str_c(bad[i])));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decodes_once),
        cmocka_unit_test(keeps_encoded_slashes_where_asked),
        cmocka_unit_test(takes_plus_as_a_space_in_forms),
        cmocka_unit_test(refuses_broken_escapes_and_nul),
        cmocka_unit_test(refuses_what_does_not_fit),
        cmocka_unit_test(encodes_all_but_unreserved_characters),
        cmocka_unit_test(judges_paths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
