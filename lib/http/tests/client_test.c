#include "parley/http/client.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "serving.h"

/* What a DONE was told. */
typedef struct outcome {
    int count;
    int status;
    pl_code code;
    char body[256];
    char message[PL_ERROR_MESSAGE_MAX];
} outcome;

static void on_done(void *self, const pl_http_answer *answer, const pl_error *error) {
    outcome *o = self;
    o->count++;
    if (answer) {
        o->status = answer->head->status;
        snprintf(o->body, sizeof(o->body), "%.*s", PL_FMT(answer->body));
    } else {
        o->code = error->code;
        snprintf(o->message, sizeof(o->message), "%s", error->message);
    }
}

typedef struct fixture {
    serving *s;
    pl_http_client *client;
    char address[64];
    int listener; /* of a peer the test plays itself; -1: none */
} fixture;

static int set_up(void **state) {
    fixture *f = calloc(1, sizeof(*f));
    assert_non_null(f);
    void *s = NULL;
    set_up_serving(&s);
    f->s = s;
    f->listener = -1;
    assert_int_equal(pl_http_client_new(f->s->loop, &f->client, NULL), PL_OK);
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    fixture *f = *state;
    void *s = f->s;
    pl_http_client_free(f->client);
    if (f->listener >= 0)
        close(f->listener);
    tear_down_serving(&s);
    free(f);
    return 0;
}

static void use_server(fixture *f) {
    serve(f->s);
    snprintf(f->address, sizeof(f->address), "127.0.0.1:%u", f->s->port);
}

/* A peer whose bytes the test writes itself. */
static void use_script(fixture *f) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    f->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_true(f->listener >= 0);
    assert_int_equal(bind(f->listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(f->listener, 8), 0);
    assert_int_equal(getsockname(f->listener, (struct sockaddr *)&address, &size), 0);
    snprintf(f->address, sizeof(f->address), "127.0.0.1:%u", ntohs(address.sin_port));
}

static int take_connection(fixture *f) {
    int fd = -1;
    run_until(f->s, (fd = accept(f->listener, NULL, NULL)) >= 0);
    assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    return fd;
}

static pl_http_call call_of(fixture *f, const char *target) {
    pl_http_call call = PL_HTTP_CALL_INIT;
    call.address = f->address;
    call.target = pl_str_c(target);
    return call;
}

static void start(fixture *f, const pl_http_call *call, outcome *o) {
    int before = o->count;
    assert_int_equal(pl_http_client_start(f->client, call, on_done, o, NULL, NULL), PL_OK);
    assert_int_equal(o->count, before);
}

static void sends_a_request_and_hands_the_answer_over(void **state) {
    fixture *f = *state;
    use_server(f);
    outcome o = {0};
    pl_http_call call = call_of(f, "/now?x");
    call.method = pl_str_c("PUT");
    call.body = pl_str_c("hello");
    start(f, &call, &o);
    run_until(f->s, o.count);
    assert_int_equal(o.status, 200);
    assert_string_equal(o.body, "PUT /now hello 7\n");
}

static void keeps_the_connection_for_the_next_request(void **state) {
    fixture *f = *state;
    use_server(f);
    outcome o = {0};
    pl_http_call call = call_of(f, "/now");
    for (int i = 1; i <= 5; i++) {
        start(f, &call, &o);
        run_until(f->s, o.count == i);
    }
    assert_int_equal(pl_http_server_get_stats(f->s->server).accepted, 1);
    assert_int_equal(pl_http_server_get_stats(f->s->server).requests, 5);
}

static void opens_a_connection_for_each_request_at_a_time(void **state) {
    fixture *f = *state;
    use_server(f);
    outcome o = {0};
    pl_http_call call = call_of(f, "/later");
    for (int i = 0; i < 3; i++)
        start(f, &call, &o);
    run_until(f->s, f->s->held_count == 3);
    for (int i = 0; i < 3; i++)
        answer(f->s->held[i], "ok");
    run_until(f->s, o.count == 3);
    assert_int_equal(pl_http_server_get_stats(f->s->server).accepted, 3);
}

static void sends_no_second_request_on_a_connection_the_server_closes(void **state) {
    fixture *f = *state;
    use_server(f);
    outcome o = {0};
    pl_http_call call = call_of(f, "/close");
    start(f, &call, &o);
    run_until(f->s, o.count == 1);
    start(f, &call, &o);
    run_until(f->s, o.count == 2);
    assert_int_equal(o.status, 200);
    assert_int_equal(pl_http_server_get_stats(f->s->server).accepted, 2);
}

static void takes_chunked_answers_in_pieces(void **state) {
    fixture *f = *state;
    use_script(f);
    outcome o = {0};
    pl_http_call call = call_of(f, "/x");
    start(f, &call, &o);
    int fd = take_connection(f);
    pl_buf heard = pl_buf_make(4096);
    hear_text(f->s, fd, &heard, "\r\n\r\n");
    assert_true(
        pl_str_starts(pl_buf_view(&heard), pl_str_c("GET /x HTTP/1.1\r\nHost: 127.0.0.1:")));
    const char *text = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\n"
                       "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
    for (size_t i = 0; text[i]; i++) {
        say_n(fd, text + i, 1);
        assert_int_equal(pl_loop_run_once(f->s->loop, 5, NULL), PL_OK);
    }
    run_until(f->s, o.count);
    assert_int_equal(o.status, 201);
    assert_string_equal(o.body, "abcde");
    pl_buf_done(&heard);
    close(fd);
}

static void takes_answers_that_end_with_the_connection(void **state) {
    fixture *f = *state;
    use_script(f);
    outcome o = {0};
    pl_http_call call = call_of(f, "/");
    start(f, &call, &o);
    int fd = take_connection(f);
    say(fd, "HTTP/1.0 200 OK\r\n\r\nuntil the end");
    close(fd);
    run_until(f->s, o.count);
    assert_string_equal(o.body, "until the end");
}

static void fails_when_nobody_listens(void **state) {
    fixture *f = *state;
    use_script(f);
    close(f->listener);
    f->listener = -1;
    outcome o = {0};
    pl_http_call call = call_of(f, "/");
    start(f, &call, &o);
    run_until(f->s, o.count);
    assert_int_equal(o.code, PL_UNAVAILABLE);
    assert_non_null(strstr(o.message, "refused"));
}

static void fails_when_the_connection_breaks(void **state) {
    fixture *f = *state;
    use_script(f);
    outcome o = {0};
    pl_http_call call = call_of(f, "/");
    start(f, &call, &o);
    int fd = take_connection(f);
    say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab");
    close(fd);
    run_until(f->s, o.count);
    assert_int_equal(o.code, PL_UNAVAILABLE);
}

static void fails_when_the_answer_is_late(void **state) {
    fixture *f = *state;
    use_server(f);
    outcome o = {0};
    pl_http_call call = call_of(f, "/later");
    call.timeout_ms = 500; /* for the request to arrive */
    start(f, &call, &o);
    run_until(f->s, o.count);
    assert_int_equal(o.code, PL_DEADLINE_EXCEEDED);
    run_until(f->s, f->s->gone);
    answer(f->s->held[0], "to nobody");
    assert_int_equal(o.count, 1);
}

static void fails_when_the_answer_is_malformed(void **state) {
    fixture *f = *state;
    use_script(f);
    outcome o = {0};
    pl_http_call call = call_of(f, "/");
    start(f, &call, &o);
    int fd = take_connection(f);
    say(fd, "SSH-2.0-OpenSSH\r\n");
    run_until(f->s, o.count);
    assert_int_equal(o.code, PL_DATA_LOSS);
    close(fd);
}

static void fails_when_the_answer_is_too_large(void **state) {
    fixture *f = *state;
    use_server(f);
    outcome o = {0};
    pl_http_call call = call_of(f, "/big");
    call.max_body = 1000;
    start(f, &call, &o);
    run_until(f->s, o.count);
    assert_int_equal(o.code, PL_RESOURCE_EXHAUSTED);
}

/* Has one request answered on a connection, closes it when the next has come in, and says
 * whether that was sent again. */
static bool sent_again(fixture *f, const char *method, outcome *o) {
    use_script(f);
    pl_http_call call = call_of(f, "/");
    call.method = pl_str_c(method);
    start(f, &call, o);
    int fd = take_connection(f);
    pl_buf heard = pl_buf_make(4096);
    hear_text(f->s, fd, &heard, "\r\n\r\n");
    say(fd, "HTTP/1.1 204 No Content\r\n\r\n");
    run_until(f->s, o->count == 1);
    start(f, &call, o);
    pl_buf_clear(&heard);
    hear_text(f->s, fd, &heard, "\r\n\r\n");
    close(fd);
    int again = -1;
    run_until(f->s, o->count == 2 || (again = accept(f->listener, NULL, NULL)) >= 0);
    if (again >= 0) {
        say(again, "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");
        run_until(f->s, o->count == 2);
        close(again);
    }
    pl_buf_done(&heard);
    return again >= 0;
}

static void sends_an_idempotent_request_again_when_a_kept_connection_closes(void **state) {
    fixture *f = *state;
    outcome o = {0};
    assert_true(sent_again(f, "GET", &o));
    assert_int_equal(o.status, 201);
}

static void never_sends_a_post_again(void **state) {
    fixture *f = *state;
    outcome o = {0};
    assert_false(sent_again(f, "POST", &o));
    assert_int_equal(o.code, PL_UNAVAILABLE);
}

static void refuses_calls_that_cannot_be_sent(void **state) {
    fixture *f = *state;
    use_server(f);
    static const pl_http_field split = {.name = PL_STR("a"), .value = PL_STR("b\r\nc: d")};
    static const pl_http_field own = {.name = PL_STR("content-length"), .value = PL_STR("3")};
    outcome o = {0};
    pl_http_call good = call_of(f, "/"), bad[7] = {good, good, good, good, good, good, good};
    bad[0].target = pl_str_c("/a b");
    bad[1].target = pl_str_c("/a\r\nb: c");
    bad[2].method = pl_str_c("G T");
    bad[3].fields = &split, bad[3].field_count = 1;
    bad[4].fields = &own, bad[4].field_count = 1;
    bad[5].address = "example.org:80";
    bad[6].host = pl_str_c("a\r\nb: c");
    for (size_t i = 0; i < PL_COUNT(bad); i++)
        assert_int_equal(pl_http_client_start(f->client, &bad[i], on_done, &o, NULL, NULL),
                         PL_INVALID_ARGUMENT);
    assert_int_equal(o.count, 0);
}

static void cancels_without_a_callback(void **state) {
    fixture *f = *state;
    use_server(f);
    outcome o = {0};
    pl_http_exchange *exchange = NULL;
    pl_http_call call = call_of(f, "/later");
    assert_int_equal(pl_http_client_start(f->client, &call, on_done, &o, &exchange, NULL), PL_OK);
    run_until(f->s, f->s->held_count);
    pl_http_exchange_cancel(exchange);
    run_until(f->s, f->s->gone);
    answer(f->s->held[0], "to nobody");
    assert_int_equal(o.count, 0);
    pl_http_exchange_cancel(NULL);
}

static void ends_exchanges_silently_when_it_is_freed(void **state) {
    fixture *f = *state;
    use_server(f);
    outcome o = {0};
    pl_http_call call = call_of(f, "/later");
    start(f, &call, &o);
    call.address = "127.0.0.1:1"; /* fails at once or soon */
    start(f, &call, &o);
    pl_http_client_free(f->client);
    f->client = NULL;
    assert_int_equal(pl_loop_run_once(f->s->loop, 0, NULL), PL_OK);
    assert_int_equal(o.count, 0);
    for (int i = 0; i < f->s->held_count; i++)
        answer(f->s->held[i], "to nobody");
}

static void talks_over_unix_sockets(void **state) {
    fixture *f = *state;
    char folder[] = "/tmp/http-test-XXXXXX";
    assert_non_null(mkdtemp(folder));
    use_server(f);
    snprintf(f->address, sizeof(f->address), "unix:%s/s", folder);
    pl_http_listen_opts listen = {.address = f->address, .listener = 9};
    assert_int_equal(pl_http_server_listen(f->s->server, &listen, NULL, NULL), PL_OK);
    outcome o = {0};
    pl_http_call call = call_of(f, "/now");
    start(f, &call, &o);
    run_until(f->s, o.count);
    assert_string_equal(o.body, "GET /now  9\n");
    assert_string_equal(f->s->last_peer, "unix");
    pl_http_server_free(f->s->server);
    f->s->server = NULL;
    assert_int_equal(rmdir(folder), 0);
}

static void *run_loop(void *loop) {
    pl_code code = pl_loop_run(loop, NULL);
    return code ? loop : NULL;
}

static void fetches_and_waits_for_the_answer(void **state) {
    fixture *f = *state;
    use_server(f);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, run_loop, f->s->loop), 0);
    pl_http_call call = call_of(f, "/now");
    snprintf(f->address, sizeof(f->address), "localhost:%u", f->s->port);
    pl_http_answer *fetched = NULL;
    pl_code code = pl_http_fetch(&call, &fetched, NULL);
    pl_loop_stop(f->s->loop);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(code, PL_OK);
    assert_int_equal(fetched->head->status, 200);
    assert_text(fetched->body, "GET /now  7\n");
    pl_str type;
    assert_true(pl_http_head_find(fetched->head, "content-type", &type));
    assert_text(type, "text/plain");
    pl_http_answer_free(fetched);
    pl_http_answer_free(NULL);
}

static void says_why_it_cannot_fetch(void **state) {
    fixture *f = *state;
    use_script(f);
    close(f->listener);
    f->listener = -1;
    pl_http_call call = call_of(f, "/");
    pl_http_answer *answer_ = NULL;
    pl_error err = PL_ERROR_INIT;
    assert_int_equal(pl_http_fetch(&call, &answer_, &err), PL_UNAVAILABLE);
    assert_non_null(strstr(err.message, f->address));
    assert_null(answer_);
}

int main(void) {
#define UNIT(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        UNIT(sends_a_request_and_hands_the_answer_over),
        UNIT(keeps_the_connection_for_the_next_request),
        UNIT(opens_a_connection_for_each_request_at_a_time),
        UNIT(sends_no_second_request_on_a_connection_the_server_closes),
        UNIT(takes_chunked_answers_in_pieces),
        UNIT(takes_answers_that_end_with_the_connection),
        UNIT(fails_when_nobody_listens),
        UNIT(fails_when_the_connection_breaks),
        UNIT(fails_when_the_answer_is_late),
        UNIT(fails_when_the_answer_is_malformed),
        UNIT(fails_when_the_answer_is_too_large),
        UNIT(sends_an_idempotent_request_again_when_a_kept_connection_closes),
        UNIT(never_sends_a_post_again),
        UNIT(refuses_calls_that_cannot_be_sent),
        UNIT(cancels_without_a_callback),
        UNIT(ends_exchanges_silently_when_it_is_freed),
        UNIT(talks_over_unix_sockets),
        UNIT(fetches_and_waits_for_the_answer),
        UNIT(says_why_it_cannot_fetch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
