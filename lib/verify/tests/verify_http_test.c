/* Answers over HTTP, of a server that answers whatever a test says. */
#include <arpa/inet.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "foreign.h"
#include "verify_fixture.h"

#define GET_ITEM                                                                                   \
    HEAD "- name: an item\n  call: ShopService.GetItem\n  http: GET /items/{id}\n"                 \
         "  request: { id: 1 }\n"

static struct {
    int listener;
    pthread_t thread;
    const char *answer;
    char asked[4096];
    char address[32];
} server;

/* Takes one call. */
static void *serve(void *unused) {
    size_t n = 0;
    int fd = accept(server.listener, NULL, NULL);

    (void)unused;
    for (ssize_t got = 1; fd >= 0 && got > 0 && !strstr(server.asked, "\r\n\r\n");
         n += (size_t)got) {
        got = recv(fd, server.asked + n, sizeof server.asked - 1 - n, 0);
        server.asked[n + (size_t)(got > 0 ? got : 0)] = '\0';
    }
    if (fd >= 0) {
        (void)send(fd, server.answer, strlen(server.answer), MSG_NOSIGNAL);
        (void)close(fd);
    }
    return NULL;
}

static void listen_anywhere(void) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;

    server.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(server.listener >= 0);
    assert_int_equal(bind(server.listener, (struct sockaddr *)&at, size), 0);
    assert_int_equal(listen(server.listener, 1), 0);
    assert_int_equal(getsockname(server.listener, (struct sockaddr *)&at, &size), 0);
    (void)snprintf(server.address, sizeof server.address, "127.0.0.1:%d", ntohs(at.sin_port));
}

/* Verifies the contract TEXT with a server that answers with STATUS and BODY. */
static void answered(const char *text, const char *status, const char *body) {
    char answer[1024];

    (void)snprintf(answer, sizeof answer, "HTTP/1.1 %s\r\nContent-Length: %zu\r\n\r\n%s", status,
                   strlen(body), body);
    server.answer = answer;
    server.asked[0] = '\0';
    listen_anywhere();
    assert_int_equal(pthread_create(&server.thread, NULL, serve, NULL), 0);
    if (!w.opts.target)
        w.opts.target = "127.0.0.1:1"; /* never called */
    w.opts.rest = server.address;
    pl_code code = verify(text);
    (void)shutdown(server.listener, SHUT_RDWR); /* where nobody has called */
    (void)pthread_join(server.thread, NULL);
    (void)close(server.listener);
    assert_int_equal(code, PL_OK);
}

static void an_answer_may_have_more_than_the_contract_reads(void **state) {
    (void)state;
    answered(GET_ITEM "  response: { number: 1, state: STATE_SOLD }\n", "200 OK",
             "{\"number\":\"1\",\"state\":\"STATE_SOLD\",\"_links\":{\"self\":{\"href\":\"/\"}}}");
    passed();
    assert_non_null(strstr(server.asked, "GET /items/1 HTTP/1.1\r\n"));
    assert_non_null(strstr(server.asked, "accept: application/json;profile=plain\r\n"));
}

static void an_answer_that_is_none_is_a_difference(void **state) {
    (void)state;
    answered(GET_ITEM "  response: { number: 1 }\n", "200 OK", "<html>");
    assert_int_equal(result(0)->difference_count, 1);
    assert_string_equal(result(0)->differences[0].path.p, "response");
    assert_non_null(strstr(result(0)->differences[0].actual.p, "HTTP status 200 with a body"));
}

static void a_list_is_the_field_that_repeats(void **state) {
    (void)state;
    answered(GET_ITEM "  response: { parts: [{ name: a }] }\n", "200 OK", "[{\"name\":\"a\"}]");
    passed();
    answered(GET_ITEM "  response: { parts: [{ name: a }] }\n", "200 OK", "[{\"name\":\"b\"}]");
    differs(0, "response.parts[0].name", "'a'", "'b'");
}

static void the_code_of_an_error_is_in_its_body(void **state) {
    const char *text = GET_ITEM "  status: { code: FAILED_PRECONDITION, message: not now }\n";

    (void)state;
    answered(text, "400 Bad Request",
             "{\"code\":400,\"status\":\"FAILED_PRECONDITION\",\"message\":\"not now\"}");
    passed();
    answered(text, "400 Bad Request", "{\"code\":9,\"message\":\"not now\"}");
    passed();
    answered(text, "400 Bad Request", "{\"status\":\"INVALID_ARGUMENT\",\"message\":\"not now\"}");
    differs(0, "status.code", "FAILED_PRECONDITION", "INVALID_ARGUMENT: not now");
    answered(text, "400 Bad Request", "{\"code\":3,\"message\":\"not now\"}");
    differs(0, "status.code", "FAILED_PRECONDITION", "INVALID_ARGUMENT: not now");
}

static void without_words_the_status_decides(void **state) {
    (void)state;
    answered(GET_ITEM "  status: NOT_FOUND\n", "404 Not Found", "nothing here");
    passed();
    answered(GET_ITEM "  status: NOT_FOUND\n", "410 Gone", "");
    assert_string_equal(result(0)->differences[0].path.p, "status.http");
}

static void what_grpc_said_before_is_not_said_over_http(void **state) {
    foreign f;

    (void)state;
    foreign_start(&f, "later", NULL);
    w.opts.target = f.address;
    answered(HEAD "- name: over gRPC\n  call: ShopService.GetItem\n  request: { id: 2 }\n"
                  "  status: { code: UNAVAILABLE, message: later }\n"
                  "- name: an item\n  call: ShopService.GetItem\n  http: GET /items/{id}\n"
                  "  request: { id: 1 }\n  status: { code: NOT_FOUND, message: no item }\n",
             "404 Not Found", "{\"status\":\"NOT_FOUND\",\"message\":\"no item\"}");
    passed();
    tear_down(NULL); /* the channel ends with the report */
    foreign_stop(&f);
}

static void a_status_beside_another_code_is_a_difference(void **state) {
    (void)state;
    answered(GET_ITEM "  status: NOT_FOUND\n", "500 Internal Server Error",
             "{\"status\":\"NOT_FOUND\"}");
    differs(0, "status.http", "404", "500 beside NOT_FOUND");
    /* That of If-Match, which has no code of its own. */
    answered(GET_ITEM "  status: ABORTED\n", "412 Precondition Failed", "{\"status\":\"ABORTED\"}");
    passed();
    answered(GET_ITEM "  status: NOT_FOUND\n", "200 OK", "{\"status\":\"NOT_FOUND\"}");
    assert_int_equal(result(0)->difference_count, 2);
    assert_string_equal(result(0)->differences[0].path.p, "response");
    assert_string_equal(result(0)->differences[1].path.p, "status.code");
}

static void nobody_there_is_said_with_the_request(void **state) {
    (void)state;
    w.opts.target = w.opts.rest = "127.0.0.1:1";
    verified(GET_ITEM "  status: UNAVAILABLE\n");
    assert_int_equal(result(0)->verdict, PL_VERIFY_FAILED);
    assert_non_null(strstr(result(0)->message.p, "GET /items/1 at 127.0.0.1:1: UNAVAILABLE"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(an_answer_may_have_more_than_the_contract_reads),
        TEST(an_answer_that_is_none_is_a_difference),
        TEST(a_list_is_the_field_that_repeats),
        TEST(the_code_of_an_error_is_in_its_body),
        TEST(without_words_the_status_decides),
        TEST(what_grpc_said_before_is_not_said_over_http),
        TEST(a_status_beside_another_code_is_a_difference),
        TEST(nobody_there_is_said_with_the_request),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
