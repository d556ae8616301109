/* Every malformed request of the list in README.md is refused with its status, however its
 * bytes are cut. */
#include "check.h"

#include <stdlib.h>

#include "run.h"

typedef struct item {
    const char *name;
    int status;
    pl_str bytes;
    int64_t max_body;
} item;

#define GET     "GET / HTTP/1.1\r\nHost: a\r\n"
#define POST    "POST / HTTP/1.1\r\nHost: a\r\n"
#define CHUNKED POST "Transfer-Encoding: chunked\r\n\r\n"
#define A16     "aaaaaaaaaaaaaaaa"
#define A64     A16 A16 A16 A16
#define A256    A64 A64 A64 A64

static const item items[] = {
    {"no_host", 400, PL_STR("GET / HTTP/1.1\r\n\r\n"), 0},
    {"two_hosts", 400, PL_STR(GET "Host: a\r\n\r\n"), 0},
    {"two_different_hosts", 400, PL_STR(GET "Host: b\r\n\r\n"), 0},
    {"two_hosts_in_http_1_0", 400, PL_STR("GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n"), 0},
    {"host_with_a_path", 400, PL_STR("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"), 0},
    {"host_with_user_info", 400, PL_STR("GET / HTTP/1.1\r\nHost: u@a\r\n\r\n"), 0},
    {"host_with_a_space", 400, PL_STR("GET / HTTP/1.1\r\nHost: a b\r\n\r\n"), 0},
    {"host_as_a_list", 400, PL_STR("GET / HTTP/1.1\r\nHost: a, b/c\r\n\r\n"), 0},
    {"host_with_a_port_too_large", 400, PL_STR("GET / HTTP/1.1\r\nHost: a:65536\r\n\r\n"), 0},
    {"host_with_a_port_of_letters", 400, PL_STR("GET / HTTP/1.1\r\nHost: a:8x\r\n\r\n"), 0},
    {"host_that_is_empty", 400, PL_STR("GET / HTTP/1.1\r\nHost:\r\n\r\n"), 0},
    {"host_with_an_open_bracket", 400, PL_STR("GET / HTTP/1.1\r\nHost: [::1\r\n\r\n"), 0},
    {"bare_lf_after_the_request_line", 400, PL_STR("GET / HTTP/1.1\nHost: a\r\n\r\n"), 0},
    {"bare_lf_after_a_field", 400, PL_STR(GET "A: b\n\r\n"), 0},
    {"bare_lf_as_the_empty_line", 400, PL_STR(GET "\n"), 0},
    {"bare_lf_everywhere", 400, PL_STR("GET / HTTP/1.1\nHost: a\n\n"), 0},
    {"cr_alone_after_the_request_line", 400, PL_STR("GET / HTTP/1.1\rHost: a\r\n\r\n"), 0},
    {"cr_alone_in_a_value", 400, PL_STR(GET "A: b\rc\r\n\r\n"), 0},
    {"cr_twice", 400, PL_STR(GET "A: b\r\r\n\r\n"), 0},
    {"cr_alone_everywhere", 400, PL_STR("GET / HTTP/1.1\rHost: a\r\r"), 0},
    {"cr_alone_before_the_request", 400, PL_STR("\rGET / HTTP/1.1\r\nHost: a\r\n\r\n"), 0},
    {"two_empty_lines_before_the_request", 400, PL_STR("\r\n\r\n" GET "\r\n"), 0},
    {"nul_in_a_value", 400, PL_STR(GET "A: b\0c\r\n\r\n"), 0},
    {"del_in_a_value", 400, PL_STR(GET "A: b\x7f\r\n\r\n"), 0},
    {"escape_in_a_value", 400, PL_STR(GET "A: \x1b[0m\r\n\r\n"), 0},
    {"vertical_tab_in_a_value", 400, PL_STR(GET "A: b\x0b\r\n\r\n"), 0},
    {"nul_in_a_name", 400, PL_STR(GET "A\0: b\r\n\r\n"), 0},
    {"space_before_the_colon", 400, PL_STR(GET "A : b\r\n\r\n"), 0},
    {"tab_before_the_colon", 400, PL_STR(GET "A\t: b\r\n\r\n"), 0},
    {"space_before_the_colon_of_content_length", 400, PL_STR(POST "Content-Length : 1\r\n\r\na"),
     0},
    {"name_with_a_bracket", 400, PL_STR(GET "A(b): c\r\n\r\n"), 0},
    {"name_with_an_8_bit_byte", 400, PL_STR(GET "\xc3\xa4: c\r\n\r\n"), 0},
    {"name_that_is_empty", 400, PL_STR(GET ": c\r\n\r\n"), 0},
    {"field_without_a_colon", 400, PL_STR(GET "abc\r\n\r\n"), 0},
    {"obs_fold_with_a_space", 400, PL_STR(GET "A: b\r\n c\r\n\r\n"), 0},
    {"obs_fold_with_a_tab", 400, PL_STR(GET "A: b\r\n\tc\r\n\r\n"), 0},
    {"space_before_the_first_field", 400, PL_STR("GET / HTTP/1.1\r\n Host: a\r\n\r\n"), 0},
    {"tab_before_the_first_field", 400, PL_STR("GET / HTTP/1.1\r\n\tHost: a\r\n\r\n"), 0},
    {"two_different_content_lengths", 400,
     PL_STR(POST "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"), 0},
    {"two_equal_content_lengths", 400,
     PL_STR(POST "Content-Length: 1\r\nContent-Length: 1\r\n\r\na"), 0},
    {"content_length_as_a_list", 400, PL_STR(POST "Content-Length: 1, 1\r\n\r\na"), 0},
    {"content_length_with_plus", 400, PL_STR(POST "Content-Length: +1\r\n\r\na"), 0},
    {"content_length_with_minus", 400, PL_STR(POST "Content-Length: -1\r\n\r\na"), 0},
    {"content_length_in_hex", 400, PL_STR(POST "Content-Length: 0x1\r\n\r\na"), 0},
    {"content_length_that_is_empty", 400, PL_STR(POST "Content-Length:\r\n\r\n"), 0},
    {"content_length_with_a_space_within", 400, PL_STR(POST "Content-Length: 1 1\r\n\r\na"), 0},
    {"content_length_of_2_to_63", 400, PL_STR(POST "Content-Length: 9223372036854775808\r\n\r\na"),
     0},
    {"content_length_of_2_to_64_and_1", 400,
     PL_STR(POST "Content-Length: 18446744073709551617\r\n\r\na"), 0},
    {"content_length_with_transfer_encoding", 400,
     PL_STR(POST "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 0},
    {"transfer_encoding_with_content_length", 400,
     PL_STR(POST "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n"), 0},
    {"transfer_encoding_in_http_1_0", 400,
     PL_STR("POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 0},
    {"transfer_encoding_identity", 400, PL_STR(POST "Transfer-Encoding: identity\r\n\r\n"), 0},
    {"transfer_encoding_gzip_chunked", 400,
     PL_STR(POST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"), 0},
    {"transfer_encoding_xchunked", 400, PL_STR(POST "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
     0},
    {"transfer_encoding_with_vertical_tab", 400,
     PL_STR(POST "Transfer-Encoding: \x0b"
                 "chunked\r\n\r\n0\r\n\r\n"),
     0},
    {"transfer_encoding_that_is_empty", 400, PL_STR(POST "Transfer-Encoding:\r\n\r\n"), 0},
    {"transfer_encoding_twice", 400,
     PL_STR(POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 0},
    {"transfer_encoding_chunked_twice_in_a_list", 400,
     PL_STR(POST "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n"), 0},
    {"chunk_size_with_plus", 400, PL_STR(CHUNKED "+1\r\na\r\n0\r\n\r\n"), 0},
    {"chunk_size_with_minus", 400, PL_STR(CHUNKED "-1\r\na\r\n0\r\n\r\n"), 0},
    {"chunk_size_with_0x", 400, PL_STR(CHUNKED "0x1\r\na\r\n0\r\n\r\n"), 0},
    {"chunk_size_that_is_empty", 400, PL_STR(CHUNKED "\r\na\r\n0\r\n\r\n"), 0},
    {"chunk_size_after_a_space", 400, PL_STR(CHUNKED " 1\r\na\r\n0\r\n\r\n"), 0},
    {"chunk_size_before_a_space", 400, PL_STR(CHUNKED "1 \r\na\r\n0\r\n\r\n"), 0},
    {"chunk_size_of_2_to_63", 400, PL_STR(CHUNKED "8000000000000000\r\na"), 0},
    {"chunk_size_of_17_digits", 400, PL_STR(CHUNKED "00000000000000001\r\na\r\n0\r\n\r\n"), 0},
    {"chunk_longer_than_said", 400, PL_STR(CHUNKED "1\r\nab\r\n0\r\n\r\n"), 0},
    {"chunk_shorter_than_said", 400, PL_STR(CHUNKED "3\r\na\r\n0\r\n\r\n"), 0},
    {"chunk_size_ended_by_bare_lf", 400, PL_STR(CHUNKED "1\na\r\n0\r\n\r\n"), 0},
    {"chunk_ended_by_bare_lf", 400, PL_STR(CHUNKED "1\r\na\n0\r\n\r\n"), 0},
    {"chunk_size_ended_by_cr_alone", 400, PL_STR(CHUNKED "1\ra\r\n0\r\n\r\n"), 0},
    {"chunk_ended_by_cr_alone", 400, PL_STR(CHUNKED "1\r\na\r0\r\n\r\n"), 0},
    {"last_chunk_ended_by_bare_lf", 400, PL_STR(CHUNKED "0\n\n"), 0},
    {"trailers_ended_by_bare_lf", 400, PL_STR(CHUNKED "0\r\n\n"), 0},
    {"chunk_extension_over_256_bytes", 400, PL_STR(CHUNKED "1;" A256 "a\r\na\r\n0\r\n\r\n"), 0},
    {"chunk_extension_with_a_control", 400, PL_STR(CHUNKED "1;a\x01\r\na\r\n0\r\n\r\n"), 0},
    {"chunk_extension_with_nul", 400, PL_STR(CHUNKED "1;a\0\r\na\r\n0\r\n\r\n"), 0},
    {"chunk_extension_with_bare_lf", 400, PL_STR(CHUNKED "1;a\na\r\n0\r\n\r\n"), 0},
    {"trailer_content_length", 400, PL_STR(CHUNKED "0\r\nContent-Length: 1\r\n\r\n"), 0},
    {"trailer_transfer_encoding", 400, PL_STR(CHUNKED "0\r\nTransfer-Encoding: chunked\r\n\r\n"),
     0},
    {"trailer_host", 400, PL_STR(CHUNKED "0\r\nHost: a\r\n\r\n"), 0},
    {"trailer_authorization", 400, PL_STR(CHUNKED "0\r\nAUTHORIZATION: a\r\n\r\n"), 0},
    {"trailer_with_a_fold", 400, PL_STR(CHUNKED "0\r\nA: b\r\n c\r\n\r\n"), 0},
    {"two_spaces_after_the_method", 400, PL_STR("GET  / HTTP/1.1\r\nHost: a\r\n\r\n"), 0},
    {"two_spaces_after_the_target", 400, PL_STR("GET /  HTTP/1.1\r\nHost: a\r\n\r\n"), 0},
    {"tab_after_the_method", 400, PL_STR("GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n"), 0},
    {"tab_after_the_target", 400, PL_STR("GET /\tHTTP/1.1\r\nHost: a\r\n\r\n"), 0},
    {"space_after_the_version", 400, PL_STR("GET / HTTP/1.1 \r\nHost: a\r\n\r\n"), 0},
    {"space_before_the_method", 400, PL_STR(" GET / HTTP/1.1\r\nHost: a\r\n\r\n"), 0},
    {"method_with_a_bracket", 400, PL_STR("GE(T / HTTP/1.1\r\nHost: a\r\n\r\n"), 0},
    {"method_over_32_bytes", 400, PL_STR(A64 " / HTTP/1.1\r\nHost: a\r\n\r\n"), 0},
    {"no_target", 400, PL_STR("GET HTTP/1.1\r\nHost: a\r\n\r\n"), 0},
    {"no_version", 400, PL_STR("GET /\r\nHost: a\r\n\r\n"), 0},
    {"version_in_small_letters", 400, PL_STR("GET / http/1.1\r\nHost: a\r\n\r\n"), 0},
    {"version_2_0", 505, PL_STR("GET / HTTP/2.0\r\nHost: a\r\n\r\n"), 0},
    {"version_1_2", 505, PL_STR("GET / HTTP/1.2\r\nHost: a\r\n\r\n"), 0},
    {"version_0_9", 505, PL_STR("GET / HTTP/0.9\r\nHost: a\r\n\r\n"), 0},
    {"version_01_1", 505, PL_STR("GET / HTTP/01.1\r\nHost: a\r\n\r\n"), 0},
    {"version_1_10", 505, PL_STR("GET / HTTP/1.10\r\nHost: a\r\n\r\n"), 0},
    {"preface_of_http_2", 505, PL_STR("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 0},
    {"target_with_scheme_https", 400, PL_STR("GET https://a/ HTTP/1.1\r\nHost: a\r\n\r\n"), 0},
    {"target_with_scheme_ftp", 400, PL_STR("GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n"), 0},
    {"target_with_scheme_file", 400, PL_STR("GET file:///etc HTTP/1.1\r\nHost: a\r\n\r\n"), 0},
    {"absolute_target_with_user_info", 400, PL_STR("GET http://u:p@a/ HTTP/1.1\r\nHost: a\r\n\r\n"),
     0},
    {"absolute_target_without_host", 400, PL_STR("GET http:/// HTTP/1.1\r\nHost: a\r\n\r\n"), 0},
    {"absolute_target_without_host_field", 400, PL_STR("GET http://a/ HTTP/1.1\r\n\r\n"), 0},
    {"authority_form_without_connect", 400, PL_STR("GET a:80 HTTP/1.1\r\nHost: a\r\n\r\n"), 0},
    {"connect_with_a_path", 400, PL_STR("CONNECT / HTTP/1.1\r\nHost: a\r\n\r\n"), 0},
    {"connect_without_a_port", 400, PL_STR("CONNECT a HTTP/1.1\r\nHost: a\r\n\r\n"), 0},
    {"asterisk_without_options", 400, PL_STR("GET * HTTP/1.1\r\nHost: a\r\n\r\n"), 0},
    {"target_without_a_slash", 400, PL_STR("GET a HTTP/1.1\r\nHost: a\r\n\r\n"), 0},
    {"target_with_a_fragment", 400, PL_STR("GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n"), 0},
    {"target_with_a_raw_space", 400, PL_STR("GET /a b HTTP/1.1\r\nHost: a\r\n\r\n"), 0},
    {"target_with_a_raw_8_bit_byte", 400, PL_STR("GET /\xc3\xa4 HTTP/1.1\r\nHost: a\r\n\r\n"), 0},
    {"query_with_a_raw_8_bit_byte", 400, PL_STR("GET /?\xc3 HTTP/1.1\r\nHost: a\r\n\r\n"), 0},
    {"target_with_a_control", 400, PL_STR("GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n"), 0},
    {"target_with_nul", 400, PL_STR("GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n"), 0},
    {"target_with_a_cut_escape", 400, PL_STR("GET /%2 HTTP/1.1\r\nHost: a\r\n\r\n"), 0},
    {"target_with_a_lone_percent", 400, PL_STR("GET /% HTTP/1.1\r\nHost: a\r\n\r\n"), 0},
    {"target_with_a_wrong_escape", 400, PL_STR("GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n"), 0},
    {"target_with_an_encoded_nul", 400, PL_STR("GET /a%00 HTTP/1.1\r\nHost: a\r\n\r\n"), 0},
    {"query_with_a_wrong_escape", 400, PL_STR("GET /?a=%g0 HTTP/1.1\r\nHost: a\r\n\r\n"), 0},
    {"query_with_an_encoded_nul", 400, PL_STR("GET /?a=%00 HTTP/1.1\r\nHost: a\r\n\r\n"), 0},
    {"path_with_an_empty_segment", 400, PL_STR("GET /a//b HTTP/1.1\r\nHost: a\r\n\r\n"), 0},
    {"path_that_begins_with_two_slashes", 400, PL_STR("GET //a HTTP/1.1\r\nHost: a\r\n\r\n"), 0},
    {"path_that_ends_with_two_slashes", 400, PL_STR("GET /a// HTTP/1.1\r\nHost: a\r\n\r\n"), 0},
    {"path_with_a_dot_segment", 400, PL_STR("GET /a/./b HTTP/1.1\r\nHost: a\r\n\r\n"), 0},
    {"path_with_two_dots", 400, PL_STR("GET /a/../b HTTP/1.1\r\nHost: a\r\n\r\n"), 0},
    {"path_that_ends_with_two_dots", 400, PL_STR("GET /a/.. HTTP/1.1\r\nHost: a\r\n\r\n"), 0},
    {"path_with_encoded_dots", 400, PL_STR("GET /a/%2e%2E/b HTTP/1.1\r\nHost: a\r\n\r\n"), 0},
    {"path_with_a_half_encoded_dot_segment", 400,
     PL_STR("GET /a/.%2e/b HTTP/1.1\r\nHost: a\r\n\r\n"), 0},
    {"path_with_a_backslash", 400, PL_STR("GET /a\\b HTTP/1.1\r\nHost: a\r\n\r\n"), 0},
    {"upgrade_to_h2c", 400,
     PL_STR(GET "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\r\n"), 0},
    {"expectation_that_is_unknown", 417, PL_STR(POST "Expect: 200-ok\r\n\r\n"), 0},
    {"body_over_the_limit", 413, PL_STR(POST "Content-Length: 11\r\n\r\n"), 10},
    {"body_over_the_default_limit", 413, PL_STR(POST "Content-Length: 1048577\r\n\r\n"), 0},
    {"chunks_over_the_limit", 413, PL_STR(CHUNKED "6\r\nabcdef\r\n6\r\n"), 10},
    {"first_chunk_over_the_limit", 413, PL_STR(CHUNKED "b\r\n"), 10},
};

static void expect_refused(const item *it, const run_opts *opts, size_t cut) {
    run r = run_parser(it->bytes, opts);
    if (r.status != it->status)
        fail_msg("cut at %zu: status %d, expected %d:\n%s", cut, r.status, it->status, r.log.p);
    pl_buf_done(&r.log);
}

static void is_refused(void **state) {
    const item *it = *state;
    run_opts opts = {.side = PL_HTTP_REQUESTS, .max_body = it->max_body};
    expect_refused(it, &opts, 0);
    for (opts.cut = 1; opts.cut < it->bytes.n; opts.cut++)
        expect_refused(it, &opts, opts.cut);
    opts.cut = 0;
    opts.bytewise = true;
    expect_refused(it, &opts, 0);
}

/* Requests that are too long for a literal: PREFIX, COUNT times REPEATED, SUFFIX. */
typedef struct long_item {
    const char *name;
    int status; /* 0: accepted */
    const char *prefix, *repeated;
    size_t count;
    const char *suffix;
} long_item;

#define TARGET_FILL (PL_HTTP_MAX_TARGET - 1)
/* Beside "Host: a" and what surrounds a value. */
#define VALUE_FILL (PL_HTTP_MAX_HEAD - 9 - 5)

static const long_item long_items[] = {
    {"target_of_8_kB_is_accepted", 0, "GET /", "a", TARGET_FILL, " HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"target_over_8_kB", 414, "GET /", "a", TARGET_FILL + 1, " HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"target_without_end", 414, "GET /", "a", 9000, ""},
    {"fields_of_16_kB_are_accepted", 0, GET "A: ", "a", VALUE_FILL, "\r\n\r\n"},
    {"fields_over_16_kB", 431, GET "A: ", "a", VALUE_FILL + 1, "\r\n\r\n"},
    {"field_without_end", 431, GET "A: ", "a", 17000, ""},
    {"a_hundred_fields_are_accepted", 0, GET, "A: b\r\n", PL_HTTP_MAX_FIELDS - 1, "\r\n"},
    {"more_than_a_hundred_fields", 431, GET, "A: b\r\n", PL_HTTP_MAX_FIELDS, "\r\n"},
    {"trailers_over_16_kB", 431, CHUNKED "0\r\nA: ", "a", PL_HTTP_MAX_HEAD, "\r\n\r\n"},
    {"more_than_a_hundred_trailers", 431, CHUNKED "0\r\n", "A: b\r\n", PL_HTTP_MAX_FIELDS + 1,
     "\r\n"},
    {"chunk_extension_of_256_bytes_is_accepted", 0, CHUNKED "1;", "a", 256, "\r\na\r\n0\r\n\r\n"},
    {"chunks_of_one_byte_are_accepted", 0, CHUNKED, "1\r\na\r\n", 20000, "0\r\n\r\n"},
    {"chunks_with_long_extensions", 400, CHUNKED, "1;" A64 A64 "\r\na\r\n", 200, "0\r\n\r\n"},
};

static pl_buf build(const long_item *it) {
    pl_buf buf = pl_buf_make(1 << 20);
    pl_buf_puts(&buf, it->prefix);
    for (size_t i = 0; i < it->count; i++)
        pl_buf_puts(&buf, it->repeated);
    pl_buf_puts(&buf, it->suffix);
    assert_false(buf.failed);
    return buf;
}

static void is_judged(void **state) {
    const long_item *it = *state;
    pl_buf bytes = build(it);
    run_opts opts = {.side = PL_HTTP_REQUESTS};
    size_t step = bytes.n / 97 + 1;
    for (opts.cut = 0; opts.cut < bytes.n; opts.cut += step) {
        run r = run_parser(pl_buf_view(&bytes), &opts);
        if (r.status != it->status || r.messages != (it->status ? 0u : 1u))
            fail_msg("cut at %zu: status %d (%s), expected %d", opts.cut, r.status,
                     r.reason ? r.reason : "", it->status);
        pl_buf_done(&r.log);
    }
    pl_buf_done(&bytes);
}

int main(void) {
    struct CMUnitTest tests[PL_COUNT(items) + PL_COUNT(long_items)];
    size_t n = 0;
    for (size_t i = 0; i < PL_COUNT(items); i++)
        tests[n++] = (struct CMUnitTest){.name = items[i].name,
                                         .test_func = is_refused,
                                         .initial_state = (void *)(uintptr_t)&items[i]};
    for (size_t i = 0; i < PL_COUNT(long_items); i++)
        tests[n++] = (struct CMUnitTest){.name = long_items[i].name,
                                         .test_func = is_judged,
                                         .initial_state = (void *)(uintptr_t)&long_items[i]};
    return cmocka_run_group_tests_name("malformed requests", tests, NULL, NULL);
}
