/* The server's limits: time, connections, draining. Timeouts are tiny; the tests wait for
 * their effects. */
#include "parley/http/server.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "serving.h"

#define HEARD_MAX (16 * 1024 * 1024)
#define HOST      "Host: a\r\n"
#define TINY_MS   20

static void expect_end_with(serving *s, int fd, const char *text) {
    pl_buf heard = pl_buf_make(HEARD_MAX);
    hear_end(s, fd, &heard);
    if (text && !strstr(heard.p, text))
        fail_msg("no \"%s\" in:\n%.2000s", text, heard.p);
    if (!text)
        assert_int_equal(heard.n, 0);
    pl_buf_done(&heard);
    close(fd);
}

static void refuses_a_head_that_does_not_come_in_time(void **state) {
    serving *s = *state;
    s->opts.header_timeout_ms = TINY_MS;
    serve(s);
    int fd = dial(s);
    say(fd, "GET /now HTTP/1.1\r\nHo");
    expect_end_with(s, fd, "HTTP/1.1 408 Request Timeout\r\n");
    assert_int_equal(s->handled, 0);
}

static void does_not_count_progress_within_a_head(void **state) {
    serving *s = *state;
    s->opts.header_timeout_ms = TINY_MS;
    serve(s);
    int fd = dial(s);
    pl_buf heard = pl_buf_make(HEARD_MAX);
    say(fd, "GET /now HTTP/1.1\r\n");
    int64_t patience = pl_deadline_ms(PATIENCE_MS);
    while (!hear(fd, &heard) && heard.n == 0 && pl_now_ns() < patience) {
        send(fd, "a: b\r\n", 6, MSG_NOSIGNAL);
        assert_int_equal(pl_loop_run_once(s->loop, 5, NULL), PL_OK);
    }
    assert_non_null(strstr(heard.p, "HTTP/1.1 4")); /* 408; 431 where the machine is slow */
    assert_int_equal(s->handled, 0);
    pl_buf_done(&heard);
    close(fd);
}

static void closes_a_connection_that_is_idle(void **state) {
    serving *s = *state;
    s->opts.idle_timeout_ms = TINY_MS;
    serve(s);
    int never = dial(s), once = dial(s);
    pl_buf heard = pl_buf_make(HEARD_MAX);
    say(once, "GET /now HTTP/1.1\r\n" HOST "\r\n");
    hear_text(s, once, &heard, "GET /now  7\n");
    pl_buf_clear(&heard);
    hear_end(s, once, &heard);
    assert_int_equal(heard.n, 0);
    expect_end_with(s, never, NULL);
    pl_buf_done(&heard);
    close(once);
}

static void does_not_take_the_time_of_a_handler_for_idleness(void **state) {
    serving *s = *state;
    s->opts.idle_timeout_ms = 1;
    serve(s);
    int fd = dial(s);
    say(fd, "GET /slow HTTP/1.1\r\n" HOST "\r\n");
    run_until(s, pl_http_server_get_stats(s->server).connections == 1);
    for (int64_t until = pl_deadline_ms(2); pl_now_ns() < until;)
        continue; /* the timer is due in the round in which the request is read */
    expect_end_with(s, fd, "GET /slow");
}

static void waits_for_a_handler_as_long_as_it_takes(void **state) {
    serving *s = *state;
    s->opts.idle_timeout_ms = s->opts.header_timeout_ms = s->opts.rate_grace_ms = 1;
    serve(s);
    int fd = dial(s), other = dial(s);
    say(fd, "GET /later HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n");
    run_until(s, s->held_count);
    expect_end_with(s, other, NULL); /* idle for longer than allowed meanwhile */
    assert_int_equal(s->gone, 0);
    answer(s->held[0], "at last");
    expect_end_with(s, fd, "at last");
}

static void refuses_a_body_that_comes_too_slowly(void **state) {
    serving *s = *state;
    s->opts.rate_grace_ms = TINY_MS;
    s->opts.min_rate = 1000;
    serve(s);
    int fd = dial(s);
    say(fd, "POST /now HTTP/1.1\r\n" HOST "Content-Length: 1000\r\n\r\nabc");
    expect_end_with(s, fd, "HTTP/1.1 408 Request Timeout\r\n");
    assert_int_equal(s->handled, 0);
}

static void cuts_a_client_that_reads_too_slowly(void **state) {
    serving *s = *state;
    s->opts.rate_grace_ms = TINY_MS;
    s->opts.min_rate = 1024 * 1024 * 1024;
    serve(s);
    int fd = dial(s);
    int small = 4096;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
    say(fd, "GET /big HTTP/1.1\r\n" HOST "\r\n");
    run_until(s, s->handled);
    run_until(s, pl_http_server_get_stats(s->server).connections == 0);
    close(fd);
}

static void turns_away_connections_beyond_its_limit(void **state) {
    serving *s = *state;
    s->opts.max_connections = 2;
    serve(s);
    int first = dial(s), second = dial(s);
    run_until(s, pl_http_server_get_stats(s->server).connections == 2);
    int third = dial(s);
    say(third, "GET /now HTTP/1.1\r\n" HOST "\r\n");
    expect_end_with(s, third, "HTTP/1.1 503 Service Unavailable\r\n");
    assert_int_equal(s->handled, 0);
    assert_int_equal(pl_http_server_get_stats(s->server).turned_away, 1);
    close(first);
    run_until(s, pl_http_server_get_stats(s->server).connections == 1);
    int fourth = dial(s);
    say(fourth, "GET /now HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n");
    expect_end_with(s, fourth, "200 OK");
    close(second);
}

static void says_when_to_come_back(void **state) {
    serving *s = *state;
    s->opts.max_connections = 0;
    serve(s);
    expect_end_with(s, dial(s), "Retry-After: 1\r\n");
}

static void turns_away_connections_of_one_address_beyond_its_limit(void **state) {
    serving *s = *state;
    s->opts.max_connections_per_address = 1;
    serve(s);
    int first = dial(s);
    run_until(s, pl_http_server_get_stats(s->server).connections == 1);
    expect_end_with(s, dial(s), "too many connections of this address");
    close(first);
    run_until(s, pl_http_server_get_stats(s->server).connections == 0);
    int again = dial(s);
    say(again, "GET /now HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n");
    expect_end_with(s, again, "200 OK");
}

static void on_drained(void *self) {
    serving *s = self;
    s->drained++;
}

static void drains_idle_connections_at_once(void **state) {
    serving *s = *state;
    serve(s);
    int fd = dial(s);
    run_until(s, pl_http_server_get_stats(s->server).connections == 1);
    pl_http_server_drain(s->server, PATIENCE_MS, on_drained, s);
    assert_int_equal(s->drained, 0);
    expect_end_with(s, fd, NULL);
    run_until(s, s->drained);
    assert_int_equal(s->drained, 1);
}

static void drains_a_server_without_connections(void **state) {
    serving *s = *state;
    serve(s);
    pl_http_server_drain(s->server, PATIENCE_MS, on_drained, s);
    assert_int_equal(s->drained, 0);
    run_until(s, s->drained);
}

static void free_server(void *self) {
    serving *s = self;
    s->drained++;
    pl_http_server_free(s->server);
    s->server = NULL;
}

static void may_be_freed_when_it_is_drained(void **state) {
    serving *s = *state;
    serve(s);
    int fd = dial(s);
    run_until(s, pl_http_server_get_stats(s->server).connections == 1);
    pl_http_server_drain(s->server, PATIENCE_MS, free_server, s);
    run_until(s, s->drained);
    expect_end_with(s, fd, NULL);
}

static void lets_requests_end_while_draining(void **state) {
    serving *s = *state;
    serve(s);
    int held = dial(s), half = dial(s);
    say(held, "GET /later HTTP/1.1\r\n" HOST "\r\n");
    say(half, "GET /now HT");
    run_until(s, s->held_count && pl_http_server_get_stats(s->server).connections == 2);
    assert_int_equal(pl_loop_run_once(s->loop, 5, NULL), PL_OK);
    pl_http_server_drain(s->server, PATIENCE_MS, on_drained, s);
    say(half, "TP/1.1\r\n" HOST "\r\n");
    expect_end_with(s, half, "Connection: close\r\n");
    assert_int_equal(s->drained, 0);
    answer(s->held[0], "the last\n");
    expect_end_with(s, held, "the last\n");
    run_until(s, s->drained);
}

static void cuts_what_is_left_after_the_grace(void **state) {
    serving *s = *state;
    serve(s);
    int fd = dial(s);
    say(fd, "GET /later HTTP/1.1\r\n" HOST "\r\n");
    run_until(s, s->held_count);
    pl_http_server_drain(s->server, TINY_MS, on_drained, s);
    run_until(s, s->drained);
    assert_int_equal(s->gone, 1);
    expect_end_with(s, fd, NULL);
    answer(s->held[0], "to nobody");
}

static void listens_no_more_while_draining(void **state) {
    serving *s = *state;
    serve(s);
    pl_http_server_drain(s->server, PATIENCE_MS, NULL, NULL);
    pl_http_server *other = NULL;
    assert_int_equal(pl_http_server_new(s->loop, &s->opts, &other, NULL), PL_OK);
    char address[64];
    snprintf(address, sizeof(address), "127.0.0.1:%u", s->port);
    pl_http_listen_opts listen = {.address = address};
    assert_int_equal(pl_http_server_listen(other, &listen, NULL, NULL), PL_OK);
    pl_http_server_free(other);
}

static void tells_listeners_apart(void **state) {
    serving *s = *state;
    serve(s);
    pl_http_listen_opts listen = {.address = "127.0.0.1:0", .listener = 42};
    assert_int_equal(pl_http_server_listen(s->server, &listen, &s->port, NULL), PL_OK);
    pl_buf heard = ask(s, "GET /now HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n");
    assert_non_null(strstr(heard.p, "GET /now  42\n"));
    pl_buf_done(&heard);
}

static void refuses_addresses_it_cannot_listen_on(void **state) {
    serving *s = *state;
    serve(s);
    char taken[64];
    snprintf(taken, sizeof(taken), "127.0.0.1:%u", s->port);
    const struct {
        const char *address;
        pl_code code;
    } bad[] = {{taken, PL_ALREADY_EXISTS},           {"8088", PL_INVALID_ARGUMENT},
               {"127.0.0.1", PL_INVALID_ARGUMENT},   {"127.0.0.1:65536", PL_INVALID_ARGUMENT},
               {"127.0.0.1:x", PL_INVALID_ARGUMENT}, {"nowhere.example:80", PL_INVALID_ARGUMENT},
               {":80", PL_INVALID_ARGUMENT},         {"192.0.2.1:0", PL_INVALID_ARGUMENT},
               {"unix:", PL_INVALID_ARGUMENT},       {"unix:/no/such/folder/s", PL_NOT_FOUND},
               {NULL, PL_INVALID_ARGUMENT}};
    for (size_t i = 0; i < PL_COUNT(bad); i++) {
        pl_error err = PL_ERROR_INIT;
        pl_http_listen_opts listen = {.address = bad[i].address};
        pl_code code = pl_http_server_listen(s->server, &listen, NULL, &err);
        if (code != bad[i].code)
            fail_msg("%s: %s: %s", bad[i].address, pl_code_name(code), err.message);
    }
}

static void shares_a_port_where_asked(void **state) {
    serving *s = *state;
    assert_int_equal(pl_http_server_new(s->loop, &s->opts, &s->server, NULL), PL_OK);
    pl_http_listen_opts listen = {.address = "127.0.0.1:0", .reuse_port = true};
    assert_int_equal(pl_http_server_listen(s->server, &listen, &s->port, NULL), PL_OK);
    char address[64];
    snprintf(address, sizeof(address), "127.0.0.1:%u", s->port);
    listen.address = address;
    assert_int_equal(pl_http_server_listen(s->server, &listen, NULL, NULL), PL_OK);
}

static void replaces_the_socket_file_of_a_server_that_ended(void **state) {
    serving *s = *state;
    char folder[] = "/tmp/http-test-XXXXXX", address[64], path[64];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/s", folder);
    snprintf(address, sizeof(address), "unix:%s", path);
    assert_int_equal(pl_http_server_new(s->loop, &s->opts, &s->server, NULL), PL_OK);
    pl_http_listen_opts listen = {.address = address};
    assert_int_equal(pl_http_server_listen(s->server, &listen, NULL, NULL), PL_OK);
    assert_int_equal(pl_http_server_listen(s->server, &listen, NULL, NULL), PL_ALREADY_EXISTS);
    /* A second name keeps the file when the server removes its own. */
    char kept[72];
    snprintf(kept, sizeof(kept), "%s.kept", path);
    assert_int_equal(link(path, kept), 0);
    pl_http_server_free(s->server);
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(rename(kept, path), 0);
    assert_int_equal(pl_http_server_new(s->loop, &s->opts, &s->server, NULL), PL_OK);
    assert_int_equal(pl_http_server_listen(s->server, &listen, NULL, NULL), PL_OK);
    pl_http_server_free(s->server);
    s->server = NULL;
    assert_int_equal(rmdir(folder), 0);
}

int main(void) {
#define UNIT(name) cmocka_unit_test_setup_teardown(name, set_up_serving, tear_down_serving)
    const struct CMUnitTest tests[] = {
        UNIT(refuses_a_head_that_does_not_come_in_time),
        UNIT(does_not_count_progress_within_a_head),
        UNIT(closes_a_connection_that_is_idle),
        UNIT(does_not_take_the_time_of_a_handler_for_idleness),
        UNIT(waits_for_a_handler_as_long_as_it_takes),
        UNIT(refuses_a_body_that_comes_too_slowly),
        UNIT(cuts_a_client_that_reads_too_slowly),
        UNIT(turns_away_connections_beyond_its_limit),
        UNIT(says_when_to_come_back),
        UNIT(turns_away_connections_of_one_address_beyond_its_limit),
        UNIT(drains_idle_connections_at_once),
        UNIT(drains_a_server_without_connections),
        UNIT(may_be_freed_when_it_is_drained),
        UNIT(lets_requests_end_while_draining),
        UNIT(cuts_what_is_left_after_the_grace),
        UNIT(listens_no_more_while_draining),
        UNIT(tells_listeners_apart),
        UNIT(refuses_addresses_it_cannot_listen_on),
        UNIT(shares_a_port_where_asked),
        UNIT(replaces_the_socket_file_of_a_server_that_ended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
