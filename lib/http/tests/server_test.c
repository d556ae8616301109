#include "parley/http/server.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "serving.h"

#define HEARD_MAX (16 * 1024 * 1024)
#define HOST      "Host: a\r\n"
#define CLOSE     "Connection: close\r\n"

static void expect(const pl_buf *heard, const char *text) {
    if (!strstr(heard->p, text))
        fail_msg("no \"%s\" in:\n%.2000s", text, heard->p);
}

static void expect_not(const pl_buf *heard, const char *text) {
    if (strstr(heard->p, text))
        fail_msg("\"%s\" in:\n%.2000s", text, heard->p);
}

static void answers_with_date_length_and_type(void **state) {
    serving *s = *state;
    serve(s);
    pl_buf heard = ask(s, "GET /now HTTP/1.1\r\n" HOST CLOSE "\r\n");
    expect(&heard, "HTTP/1.1 200 OK\r\nDate: ");
    expect(&heard, " GMT\r\nContent-Type: text/plain\r\nContent-Length: 12\r\n"
                   "Connection: close\r\n\r\nGET /now  7\n");
    assert_string_equal(s->last_peer, "127.0.0.1");
    pl_buf_done(&heard);
}

static void keeps_the_connection_for_the_next_request(void **state) {
    serving *s = *state;
    serve(s);
    int fd = dial(s);
    pl_buf heard = pl_buf_make(HEARD_MAX);
    for (int i = 0; i < 3; i++) {
        pl_buf_clear(&heard);
        say(fd, "POST /now HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\nhi");
        hear_text(s, fd, &heard, "POST /now hi 7\n");
        expect_not(&heard, "Connection");
    }
    assert_int_equal(pl_http_server_get_stats(s->server).accepted, 1);
    pl_buf_done(&heard);
    close(fd);
}

static void keeps_http_1_0_only_where_asked(void **state) {
    serving *s = *state;
    serve(s);
    pl_buf heard = ask(s, "GET /now HTTP/1.0\r\n\r\n");
    expect(&heard, "Connection: close\r\n");
    pl_buf_done(&heard);
    int fd = dial(s);
    heard = pl_buf_make(HEARD_MAX);
    say(fd, "GET /now HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    hear_text(s, fd, &heard, "GET /now  7\n");
    expect(&heard, "Connection: keep-alive\r\n");
    pl_buf_done(&heard);
    close(fd);
}

static void takes_a_request_byte_by_byte(void **state) {
    serving *s = *state;
    serve(s);
    int fd = dial(s);
    const char *request = "POST /now HTTP/1.1\r\n" HOST CLOSE
                          "Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n";
    for (size_t i = 0; request[i]; i++) {
        say_n(fd, request + i, 1);
        assert_int_equal(pl_loop_run_once(s->loop, 5, NULL), PL_OK);
    }
    pl_buf heard = pl_buf_make(HEARD_MAX);
    hear_end(s, fd, &heard);
    expect(&heard, "POST /now hi 7\n");
    pl_buf_done(&heard);
    close(fd);
}

static void answers_pipelined_requests_in_order(void **state) {
    serving *s = *state;
    serve(s);
    int fd = dial(s);
    say(fd, "GET /later HTTP/1.1\r\n" HOST "\r\n"
            "POST /now HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\nhi"
            "GET /later HTTP/1.1\r\n" HOST "\r\nGET /now HTTP/1.1\r\n" HOST CLOSE "\r\n");
    run_until(s, s->held_count == 1);
    assert_int_equal(s->handled, 1);
    answer(s->held[0], "first\n");
    run_until(s, s->held_count == 2);
    answer(s->held[1], "third\n");
    pl_buf heard = pl_buf_make(HEARD_MAX);
    hear_end(s, fd, &heard);
    const char *first = strstr(heard.p, "first\n"), *second = strstr(heard.p, "POST /now hi 7\n"),
               *third = strstr(heard.p, "third\n"), *last = strstr(heard.p, "GET /now  7\n");
    assert_true(first && first < second && second < third && third < last);
    pl_buf_done(&heard);
    close(fd);
}

static void writes_the_answers_of_a_round_together(void **state) {
    serving *s = *state;
    serve(s);
    int fd = dial(s);
    say(fd, "GET /now HTTP/1.1\r\n" HOST "\r\nGET /now HTTP/1.1\r\n" HOST "\r\n"
            "GET /now HTTP/1.1\r\n" HOST "\r\n");
    run_until(s, s->handled);
    char text[4096] = "";
    assert_true(read(fd, text, sizeof(text) - 1) > 0);
    int count = 0;
    for (const char *p = text; (p = strstr(p, "200 OK")); p++)
        count++;
    assert_int_equal(count, 3);
    close(fd);
}

static void bounds_what_is_read_ahead_of_a_slow_answer(void **state) {
    serving *s = *state;
    serve(s);
    int fd = dial(s);
    say(fd, "GET /later HTTP/1.1\r\n" HOST "\r\n");
    run_until(s, s->held_count == 1);
    /* Fills the socket until the server stops reading, then the rest must still be served. */
    static const char next[] = "GET /now HTTP/1.1\r\n" HOST "\r\n";
    int said = 0;
    while (said < 200000 && send(fd, next, sizeof(next) - 1, MSG_NOSIGNAL) == sizeof(next) - 1) {
        said++;
        if (said % 1000 == 0)
            assert_int_equal(pl_loop_run_once(s->loop, 0, NULL), PL_OK);
    }
    assert_true(said < 200000);
    assert_int_equal(s->handled, 1);
    answer(s->held[0], "first");
    pl_buf heard = pl_buf_make(HEARD_MAX);
    run_until(s, (hear(fd, &heard), s->handled >= said + 1));
    pl_buf_done(&heard);
    close(fd);
}

static void sends_no_body_to_head(void **state) {
    serving *s = *state;
    serve(s);
    pl_buf heard = ask(s, "HEAD /now HTTP/1.1\r\n" HOST CLOSE "\r\n");
    expect(&heard, "Content-Length: 13\r\n");
    assert_true(pl_str_ends(pl_buf_view(&heard), pl_str_c("\r\n\r\n")));
    pl_buf_done(&heard);
}

static void sends_no_length_with_204(void **state) {
    serving *s = *state;
    serve(s);
    pl_buf heard = ask(s, "GET /none HTTP/1.1\r\n" HOST CLOSE "\r\n");
    expect(&heard, "HTTP/1.1 204 No Content\r\n");
    expect_not(&heard, "Content-Length");
    pl_buf_done(&heard);
}

static void says_100_when_the_client_waits_for_it(void **state) {
    serving *s = *state;
    serve(s);
    int fd = dial(s);
    pl_buf heard = pl_buf_make(HEARD_MAX);
    say(fd, "POST /now HTTP/1.1\r\n" HOST "Content-Length: 2\r\nExpect: 100-continue\r\n\r\n");
    hear_text(s, fd, &heard, "HTTP/1.1 100 Continue\r\n\r\n");
    assert_int_equal(s->handled, 0);
    say(fd, "hi");
    hear_text(s, fd, &heard, "POST /now hi 7\n");
    pl_buf_done(&heard);
    close(fd);
}

static void says_413_instead_of_100_to_a_body_too_large(void **state) {
    serving *s = *state;
    serve(s);
    pl_buf heard = ask(s, "POST /small HTTP/1.1\r\n" HOST
                          "Content-Length: 5\r\nExpect: 100-continue\r\n\r\n");
    assert_true(pl_str_starts(pl_buf_view(&heard), pl_str_c("HTTP/1.1 413 ")));
    assert_int_equal(s->handled, 0);
    pl_buf_done(&heard);
}

static void lets_the_handler_limit_the_body_of_a_request(void **state) {
    serving *s = *state;
    serve(s);
    pl_buf heard = ask(s, "POST /small HTTP/1.1\r\n" HOST CLOSE "Content-Length: 4\r\n\r\nabcd");
    expect(&heard, "POST /small abcd 7\n");
    pl_buf_done(&heard);
    heard = ask(s, "POST /small HTTP/1.1\r\n" HOST
                   "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n3\r\nabc\r\n0\r\n\r\n");
    expect(&heard, "HTTP/1.1 413 ");
    expect(&heard, "Connection: close\r\n");
    pl_buf_done(&heard);
}

static void lets_the_handler_answer_before_the_body(void **state) {
    serving *s = *state;
    serve(s);
    pl_buf heard = ask(s,
                       "POST /early HTTP/1.1\r\n" HOST "Content-Length: 1000\r\n\r\nonly a part");
    expect(&heard, "HTTP/1.1 403 Forbidden\r\n");
    expect(&heard, "Connection: close\r\n");
    assert_int_equal(s->handled, 0);
    pl_buf_done(&heard);
}

static void keeps_the_connection_after_an_early_answer_without_a_body(void **state) {
    serving *s = *state;
    serve(s);
    pl_buf heard = ask(s, "GET /early HTTP/1.1\r\n" HOST "\r\n"
                          "GET /now HTTP/1.1\r\n" HOST CLOSE "\r\n");
    expect(&heard, "HTTP/1.1 403 Forbidden\r\n");
    expect(&heard, "GET /now  7\n");
    assert_int_equal(s->handled, 1);
    pl_buf_done(&heard);
}

static void refuses_what_is_malformed_and_closes(void **state) {
    serving *s = *state;
    serve(s);
    pl_buf heard = ask(s, "GET /now HTTP/1.1\r\n\r\nGET /now HTTP/1.1\r\n" HOST "\r\n");
    expect(&heard, "HTTP/1.1 400 Bad Request\r\n");
    expect(&heard, "Connection: close\r\n");
    expect(&heard, "\r\n\r\nno Host\n");
    assert_int_equal(s->handled, 0);
    assert_int_equal(pl_http_server_get_stats(s->server).refused, 1);
    pl_buf_done(&heard);
}

static void refuses_connect(void **state) {
    serving *s = *state;
    serve(s);
    pl_buf heard = ask(s, "CONNECT a:80 HTTP/1.1\r\n" HOST "\r\n");
    expect(&heard, "HTTP/1.1 501 Not Implemented\r\n");
    pl_buf_done(&heard);
}

static const char *error_shape(void *self, int listener, int status, const char *detail,
                               pl_buf *out_body) {
    (void)self;
    pl_buf_printf(out_body, "{\"status\":%d,\"listener\":%d,\"message\":\"%s\"}", status, listener,
                  detail);
    return "application/json";
}

static void gives_refusals_the_shape_of_the_handler(void **state) {
    serving *s = *state;
    s->opts.on_error = error_shape;
    serve(s);
    pl_buf heard = ask(s, "GET /%00 HTTP/1.1\r\n" HOST "\r\n");
    expect(&heard, "Content-Type: application/json\r\n");
    expect(&heard, "{\"status\":400,\"listener\":7,\"message\":\"%00 in the target\"}");
    pl_buf_done(&heard);
}

static void refuses_a_request_that_is_cut_off(void **state) {
    serving *s = *state;
    serve(s);
    int fd = dial(s);
    say(fd, "POST /now HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nab");
    assert_int_equal(shutdown(fd, SHUT_WR), 0);
    pl_buf heard = pl_buf_make(HEARD_MAX);
    hear_end(s, fd, &heard);
    expect(&heard, "HTTP/1.1 400 ");
    assert_int_equal(s->handled, 0);
    pl_buf_done(&heard);
    close(fd);
}

static void answers_a_client_that_closed_only_its_side(void **state) {
    serving *s = *state;
    serve(s);
    int fd = dial(s);
    say(fd, "GET /later HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(shutdown(fd, SHUT_WR), 0);
    run_until(s, s->held_count && s->gone);
    answer(s->held[0], "still there");
    pl_buf heard = pl_buf_make(HEARD_MAX);
    hear_end(s, fd, &heard);
    expect(&heard, "still there");
    pl_buf_done(&heard);
    close(fd);
}

static void tells_that_the_client_has_gone(void **state) {
    serving *s = *state;
    serve(s);
    int fd = dial(s);
    say(fd, "GET /later HTTP/1.1\r\n" HOST "\r\n");
    run_until(s, s->held_count);
    assert_int_equal(s->gone, 0);
    assert_false(pl_http_request_gone(s->held[0]));
    /* A reset, as of a client that was killed with an answer on its way. */
    struct linger now = {.l_onoff = 1};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    close(fd);
    run_until(s, s->gone);
    assert_true(pl_http_request_gone(s->held[0]));
    assert_int_equal(s->gone, 1);
    assert_text(pl_http_request_head(s->held[0])->path, "/later");
    answer(s->held[0], "to nobody");
    assert_int_equal(pl_http_server_get_stats(s->server).connections, 0);
}

static void may_be_answered_when_told_that_the_client_has_gone(void **state) {
    serving *s = *state;
    s->answer_gone = true;
    serve(s);
    for (int reset = 0; reset < 2; reset++) {
        int fd = dial(s);
        s->held_count = s->gone = 0;
        say(fd, "GET /later HTTP/1.1\r\n" HOST "\r\n");
        run_until(s, s->held_count);
        struct linger now = {.l_onoff = 1};
        if (reset)
            setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
        close(fd);
        run_until(s, pl_http_server_get_stats(s->server).connections == 0);
        assert_int_equal(s->gone, 1);
    }
    assert_int_equal(pl_http_server_get_stats(s->server).active, 0);
}

static void outlives_its_server_as_a_request(void **state) {
    serving *s = *state;
    serve(s);
    int fd = dial(s);
    say(fd, "GET /later HTTP/1.1\r\n" HOST "\r\n");
    run_until(s, s->held_count);
    pl_http_server_free(s->server);
    s->server = NULL;
    assert_int_equal(s->gone, 0);
    assert_text(pl_http_request_head(s->held[0])->path, "/later");
    answer(s->held[0], "to nobody");
    close(fd);
}

static void answers_500_where_the_answer_cannot_be_sent(void **state) {
    serving *s = *state;
    serve(s);
    pl_buf heard = ask(s, "GET /bad HTTP/1.1\r\n" HOST CLOSE "\r\n");
    expect(&heard, "HTTP/1.1 500 Internal Server Error\r\n");
    expect_not(&heard, "X-Bad");
    expect_not(&heard, "b: c");
    pl_buf_done(&heard);
}

static void closes_where_the_handler_says_so(void **state) {
    serving *s = *state;
    serve(s);
    pl_buf heard = ask(s, "GET /close HTTP/1.1\r\n" HOST "\r\n");
    expect(&heard, "Connection: close\r\n");
    pl_buf_done(&heard);
}

static void sends_a_large_answer_whole(void **state) {
    serving *s = *state;
    serve(s);
    pl_buf heard = ask(s,
                       "GET /big HTTP/1.1\r\n" HOST "\r\nGET /now HTTP/1.1\r\n" HOST CLOSE "\r\n");
    const char *body = strstr(heard.p, "\r\n\r\n");
    assert_non_null(body);
    assert_int_equal(strspn(body + 4, "x"), 8 * 1024 * 1024);
    assert_true(pl_str_ends(pl_buf_view(&heard), pl_str_c("GET /now  7\n")));
    pl_buf_done(&heard);
}

int main(void) {
#define UNIT(name) cmocka_unit_test_setup_teardown(name, set_up_serving, tear_down_serving)
    const struct CMUnitTest tests[] = {
        UNIT(answers_with_date_length_and_type),
        UNIT(keeps_the_connection_for_the_next_request),
        UNIT(keeps_http_1_0_only_where_asked),
        UNIT(takes_a_request_byte_by_byte),
        UNIT(answers_pipelined_requests_in_order),
        UNIT(writes_the_answers_of_a_round_together),
        UNIT(bounds_what_is_read_ahead_of_a_slow_answer),
        UNIT(sends_no_body_to_head),
        UNIT(sends_no_length_with_204),
        UNIT(says_100_when_the_client_waits_for_it),
        UNIT(says_413_instead_of_100_to_a_body_too_large),
        UNIT(lets_the_handler_limit_the_body_of_a_request),
        UNIT(lets_the_handler_answer_before_the_body),
        UNIT(keeps_the_connection_after_an_early_answer_without_a_body),
        UNIT(refuses_what_is_malformed_and_closes),
        UNIT(refuses_connect),
        UNIT(gives_refusals_the_shape_of_the_handler),
        UNIT(refuses_a_request_that_is_cut_off),
        UNIT(answers_a_client_that_closed_only_its_side),
        UNIT(tells_that_the_client_has_gone),
        UNIT(may_be_answered_when_told_that_the_client_has_gone),
        UNIT(outlives_its_server_as_a_request),
        UNIT(answers_500_where_the_answer_cannot_be_sent),
        UNIT(closes_where_the_handler_says_so),
        UNIT(sends_a_large_answer_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
