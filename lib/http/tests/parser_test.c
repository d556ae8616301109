#include "parley/http/parser.h"

#include "text.h"

#include <stdlib.h>

#include "run.h"

/* Runs BYTES whole and cut at every byte and expects one log of them all. */
static void expect_log(pl_str bytes, run_opts opts, const char *log) {
    for (opts.cut = 0; opts.cut < bytes.n; opts.cut++) {
        run r = run_parser(bytes, &opts);
        if (strcmp(r.log.p, log) != 0)
            fail_msg("cut at %zu:\n%s-- is not\n%s", opts.cut, r.log.p, log);
        pl_buf_done(&r.log);
    }
    opts.cut = 0;
    opts.bytewise = true;
    run r = run_parser(bytes, &opts);
    assert_string_equal(r.log.p, log);
    pl_buf_done(&r.log);
}

static void expect_requests(const char *bytes, const char *log) {
    expect_log(pl_str_c(bytes), (run_opts){.side = PL_HTTP_REQUESTS}, log);
}

static void expect_responses(const char *bytes, const char *log) {
    expect_log(pl_str_c(bytes), (run_opts){.side = PL_HTTP_RESPONSES}, log);
}

#define NONE " length=-1 chunked=0 keep=1\nEND body=\n"

static void takes_a_request_without_a_body(void **state) {
    (void)state;
    expect_requests(
        "GET /orders/1?a=b&c HTTP/1.1\r\nHost: localhost:8088\r\nAccept:  */* \t\r\n\r\n",
        "HEAD GET path=/orders/1 query=a=b&c host=localhost:8088 "
        "host=[localhost:8088] accept=[*/*]" NONE);
}

static void takes_a_body_of_known_length(void **state) {
    (void)state;
    expect_requests("POST /o HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
                    "HEAD POST path=/o query= host=a host=[a] content-length=[5] length=5 "
                    "chunked=0 keep=1\nEND body=hello\n");
}

static void takes_chunks_with_extensions_and_trailers(void **state) {
    (void)state;
    expect_requests("POST /o HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                    "5;name=\"v\"\r\nhello\r\n00A;x\r\n, world..!\r\n0\r\nX-Sum: 1\r\n\r\n",
                    "HEAD POST path=/o query= host=a host=[a] transfer-encoding=[chunked] "
                    "length=-1 chunked=1 keep=1\nEND body=hello, world..!\n");
}

static void takes_pipelined_requests_in_order(void **state) {
    (void)state;
    expect_requests("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n"
                    "POST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi"
                    "GET /3 HTTP/1.1\r\nHost: a\r\nConnection: Close\r\n\r\n",
                    "HEAD GET path=/1 query= host=a host=[a]" NONE
                    "HEAD POST path=/2 query= host=a host=[a] content-length=[2] length=2 "
                    "chunked=0 keep=1\nEND body=hi\n"
                    "HEAD GET path=/3 query= host=a host=[a] connection=[Close] length=-1 "
                    "chunked=0 keep=0\nEND body=\n");
}

static void skips_one_empty_line_before_a_request(void **state) {
    (void)state;
    expect_requests("\r\nGET /1 HTTP/1.1\r\nHost: a\r\n\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n",
                    "HEAD GET path=/1 query= host=a host=[a]" NONE
                    "HEAD GET path=/2 query= host=a host=[a]" NONE);
}

static void takes_http_1_0_without_host_and_closes_after_it(void **state) {
    (void)state;
    expect_requests("GET / HTTP/1.0\r\n\r\n",
                    "HEAD GET path=/ query= host= length=-1 chunked=0 keep=0\nEND body=\n");
}

static void keeps_an_http_1_0_connection_that_asks_for_it(void **state) {
    (void)state;
    expect_requests("GET / HTTP/1.0\r\nConnection: a, Keep-Alive\r\n\r\n",
                    "HEAD GET path=/ query= host= connection=[a, Keep-Alive]" NONE);
}

static void takes_absolute_targets_with_their_host(void **state) {
    (void)state;
    expect_requests("GET HTTP://shop:80/a?b HTTP/1.1\r\nHost: other\r\n\r\n",
                    "HEAD GET path=/a query=b host=shop:80 host=[other]" NONE);
    expect_requests("GET http://shop?b HTTP/1.1\r\nHost: shop\r\n\r\n",
                    "HEAD GET path=/ query=b host=shop host=[shop]" NONE);
}

static void takes_the_asterisk_with_options(void **state) {
    (void)state;
    expect_requests("OPTIONS * HTTP/1.1\r\nHost: [::1]:80\r\n\r\n",
                    "HEAD OPTIONS path=* query= host=[::1]:80 host=[[::1]:80]" NONE);
}

static void takes_the_authority_with_connect(void **state) {
    (void)state;
    expect_requests("CONNECT shop:443 HTTP/1.1\r\nHost: shop\r\n\r\n",
                    "HEAD CONNECT path= query= host=shop:443 host=[shop]" NONE);
}

static void takes_methods_it_does_not_know(void **state) {
    (void)state;
    expect_requests("PURGE /x HTTP/1.1\r\nHost: a\r\n\r\n",
                    "HEAD PURGE path=/x query= host=a host=[a]" NONE);
}

static void takes_encoded_paths_and_what_browsers_send_in_queries(void **state) {
    (void)state;
    expect_requests("GET /%EC%A3%BC%2F/...?q=[a]{b}|c^`\\&d=%2e%2e/# HTTP/1.1\r\nHost: a\r\n\r\n",
                    "ERROR 400 fragment in the target\n");
    expect_requests("GET /%EC%A3%BC%2F/...?q=[a]{b}|c^`\\&d=%2e%2e/ HTTP/1.1\r\nHost: a\r\n\r\n",
                    "HEAD GET path=/%EC%A3%BC%2F/... query=q=[a]{b}|c^`\\&d=%2e%2e/ host=a "
                    "host=[a]" NONE);
}

static void takes_fields_with_8_bit_bytes_and_empty_values(void **state) {
    (void)state;
    expect_requests("GET / HTTP/1.1\r\nHost: a\r\nX-Name: \xec\xa3\xbc\r\nX-Empty:\r\n\r\n",
                    "HEAD GET path=/ query= host=a host=[a] x-name=[\xec\xa3\xbc] x-empty=[]" NONE);
}

static void takes_the_largest_numbers_as_lengths(void **state) {
    (void)state;
    run_opts opts = {.side = PL_HTTP_REQUESTS, .max_body = INT64_MAX};
    run r = run_parser(pl_str_c("POST / HTTP/1.1\r\nHost: a\r\n"
                                "Content-Length: 9223372036854775807\r\n\r\n"),
                       &opts);
    assert_int_equal(r.status, 0);
    pl_buf_done(&r.log);
    r = run_parser(pl_str_c("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                            "7fffffffffffffff\r\nabc"),
                   &opts);
    assert_int_equal(r.status, 0);
    pl_buf_done(&r.log);
}

static void refuses_a_request_that_is_cut_off(void **state) {
    (void)state;
    pl_str bytes = pl_str_c("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nab");
    for (size_t n = 1; n <= bytes.n; n++) {
        run_opts opts = {.side = PL_HTTP_REQUESTS, .to_close = true};
        run r = run_parser(pl_str_make(bytes.p, n), &opts);
        assert_int_equal(r.status, 400);
        pl_buf_done(&r.log);
    }
}

static void says_nothing_when_the_peer_closes_between_requests(void **state) {
    (void)state;
    run_opts opts = {.side = PL_HTTP_REQUESTS, .to_close = true};
    run r = run_parser(pl_str_c("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), &opts);
    assert_int_equal(r.status, 0);
    assert_int_equal(r.messages, 1);
    pl_buf_done(&r.log);
}

static void takes_responses_with_a_length(void **state) {
    (void)state;
    expect_responses("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
                     "HEAD 200 OK content-length=[2] length=2 chunked=0 keep=1\nEND body=hi\n");
}

static void takes_responses_without_a_reason(void **state) {
    (void)state;
    expect_responses("HTTP/1.1 404\r\nContent-Length: 0\r\n\r\n",
                     "HEAD 404  content-length=[0] length=0 chunked=0 keep=1\nEND body=\n");
    expect_responses("HTTP/1.1 404 \r\nContent-Length: 0\r\n\r\n",
                     "HEAD 404  content-length=[0] length=0 chunked=0 keep=1\nEND body=\n");
}

static void takes_responses_that_end_with_the_connection(void **state) {
    (void)state;
    expect_log(pl_str_c("HTTP/1.0 200 OK\r\n\r\nhello"),
               (run_opts){.side = PL_HTTP_RESPONSES, .to_close = true},
               "HEAD 200 OK length=-1 chunked=0 keep=0\nEND body=hello\n");
}

static void takes_interim_responses_before_the_final_one(void **state) {
    (void)state;
    expect_responses("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
                     "HEAD 100 Continue" NONE "HEAD 204 No Content" NONE);
}

static void expects_no_body_of_an_answer_to_head(void **state) {
    (void)state;
    expect_log(pl_str_c("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"),
               (run_opts){.side = PL_HTTP_RESPONSES, .answers = PL_HTTP_HEAD_METHOD},
               "HEAD 200 OK content-length=[9] length=9 chunked=0 keep=1\nEND body=\n");
}

static void refuses_malformed_responses(void **state) {
    (void)state;
    static const char *const bad[] = {
        "HTTP/1.1 20 OK\r\n\r\n",
        "HTTP/1.1 2000 OK\r\n\r\n",
        "HTTP/1.1  200 OK\r\n\r\n",
        "HTTP/1.1 099 OK\r\n\r\n",
        "HTTP/1.1 600 OK\r\n\r\n",
        "HTTP/1.1 abc OK\r\n\r\n",
        "HTTP/1.1\r\n\r\n",
        "HTTP/2.0 200 OK\r\n\r\n",
        "ICY 200 OK\r\n\r\n",
        "HTTP/1.1 200 O\x01K\r\n\r\n",
        "HTTP/1.1 200 OK\nContent-Length: 0\n\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        "\r\nHTTP/1.1 200 OK\r\n\r\n",
    };
    for (size_t i = 0; i < PL_COUNT(bad); i++) {
        run_opts opts = {.side = PL_HTTP_RESPONSES, .bytewise = true};
        run r = run_parser(pl_str_c(bad[i]), &opts);
        if (r.status == 0)
            fail_msg("%s accepted:\n%s", bad[i], r.log.p);
        pl_buf_done(&r.log);
    }
}

static void gives_fields_by_name_and_lists_by_token(void **state) {
    (void)state;
    pl_http_parser *parser = pl_http_parser_new(PL_HTTP_REQUESTS);
    pl_str in = pl_str_c("GET / HTTP/1.1\r\nHost: a\r\nTE: x\r\nte: Trailers , y\r\n\r\n"), piece;
    assert_int_equal(pl_http_parser_feed(parser, &in, &piece), PL_HTTP_HEAD);
    const pl_http_head *head = pl_http_parser_head(parser);
    pl_str value;
    assert_true(pl_http_head_find(head, "te", &value));
    assert_text(value, "x");
    assert_false(pl_http_head_find(head, "accept", &value));
    assert_true(pl_http_head_has_token(head, "te", "trailers"));
    assert_true(pl_http_head_has_token(head, "te", "X"));
    assert_false(pl_http_head_has_token(head, "te", "trail"));
    assert_true(pl_http_field_valid(pl_str_c("x-a"), pl_str_c("a b\tc")));
    assert_false(pl_http_field_valid(pl_str_c("x a"), pl_str_c("")));
    assert_false(pl_http_field_valid(pl_str_c(""), pl_str_c("")));
    assert_false(pl_http_field_valid(pl_str_c("x"), pl_str_c("a\r\nb: c")));
    pl_http_parser_free(parser);
    pl_http_parser_free(NULL);
}

static void names_methods_and_statuses(void **state) {
    (void)state;
    assert_string_equal(pl_http_method_name(PL_HTTP_DELETE), "DELETE");
    assert_string_equal(pl_http_method_name(PL_HTTP_OTHER), "");
    assert_string_equal(pl_http_status_reason(404), "Not Found");
    assert_string_equal(pl_http_status_reason(299), "Status");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_a_request_without_a_body),
        cmocka_unit_test(takes_a_body_of_known_length),
        cmocka_unit_test(takes_chunks_with_extensions_and_trailers),
        cmocka_unit_test(takes_pipelined_requests_in_order),
        cmocka_unit_test(skips_one_empty_line_before_a_request),
        cmocka_unit_test(takes_http_1_0_without_host_and_closes_after_it),
        cmocka_unit_test(keeps_an_http_1_0_connection_that_asks_for_it),
        cmocka_unit_test(takes_absolute_targets_with_their_host),
        cmocka_unit_test(takes_the_asterisk_with_options),
        cmocka_unit_test(takes_the_authority_with_connect),
        cmocka_unit_test(takes_methods_it_does_not_know),
        cmocka_unit_test(takes_encoded_paths_and_what_browsers_send_in_queries),
        cmocka_unit_test(takes_fields_with_8_bit_bytes_and_empty_values),
        cmocka_unit_test(takes_the_largest_numbers_as_lengths),
        cmocka_unit_test(refuses_a_request_that_is_cut_off),
        cmocka_unit_test(says_nothing_when_the_peer_closes_between_requests),
        cmocka_unit_test(takes_responses_with_a_length),
        cmocka_unit_test(takes_responses_without_a_reason),
        cmocka_unit_test(takes_responses_that_end_with_the_connection),
        cmocka_unit_test(takes_interim_responses_before_the_final_one),
        cmocka_unit_test(expects_no_body_of_an_answer_to_head),
        cmocka_unit_test(refuses_malformed_responses),
        cmocka_unit_test(gives_fields_by_name_and_lists_by_token),
        cmocka_unit_test(names_methods_and_statuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
