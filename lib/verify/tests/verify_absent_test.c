/* Who is not there, hangs up, or does not answer in time. */
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "verify_fixture.h"

#define GET "  call: ShopService.GetItem\n  request: { id: 1 }\n"
#define ITEM                                                                                       \
    HEAD "- name: an item\n" GET                                                                   \
         "  response: { number: 1, name: !non_empty chair, parts: [{ name: leg, count: 4 }] }\n"

static void an_unreachable_provider_is_named_with_address_and_state(void **state) {
    (void)state;
    w.opts.target = "127.0.0.1:1";
    verified(ITEM);
    assert_int_equal(result(0)->verdict, PL_VERIFY_FAILED);
    assert_non_null(strstr(result(0)->message.p, "/shop.v1.ShopService/GetItem at 127.0.0.1:1"));
    assert_non_null(strstr(result(0)->message.p, "UNAVAILABLE"));
    assert_non_null(strstr(result(0)->message.p, "the connection is TRANSIENT_FAILURE"));
    assert_non_null(strstr(result(0)->message.p, "the transport said: ipv4:127.0.0.1:1: Failed"));
    assert_null(strstr(result(0)->message.p, "src/core"));
    assert_false(pl_verify_passed(w.report));
}

static void that_nobody_is_there_is_told_once(void **state) {
    (void)state;
    w.opts.target = "127.0.0.1:1";
    verified(ITEM "- name: another\n  call: ShopService.GetItem\n  request: { id: 2 }\n"
                  "  response: { number: 2 }\n"
                  "- name: third\n  scenario: { name: s, then: a }\n  call: ShopService.GetItem\n"
                  "  request: { id: 3 }\n  response: { number: 3 }\n");
    assert_int_equal(w.report->failed, 1);
    assert_int_equal(w.report->skipped, 2);
    assert_string_equal(result(1)->message.p, "not tried: nobody is at the provider's address");
    w.text = pl_buf_make(TEXT_MAX);
    assert_true(pl_verify_text(w.report, false, false, &w.text));
    assert_null(strstr(w.text.p, "another")); /* the summary counts them */
}

/* The next verification is of who listens there. */
static int listen_somewhere(void) {
    static char address[32];
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(bind(listener, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(listener, SOMAXCONN), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&at, &size), 0);
    (void)snprintf(address, sizeof address, "127.0.0.1:%u", (unsigned)ntohs(at.sin_port));
    w.opts.target = address;
    return listener;
}

/* Something else than gRPC. */
static void *speak_http(void *listener) {
    static const char answer[] = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
    int one;

    while ((one = accept(*(int *)listener, NULL, NULL)) >= 0) {
        (void)!write(one, answer, sizeof answer - 1);
        (void)shutdown(one, SHUT_WR);
        (void)close(one);
    }
    return NULL;
}

static void the_port_of_rest_is_recognised(void **state) {
    pthread_t thread;
    int listener = listen_somewhere();

    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, speak_http, &listener), 0);
    verified(ITEM);
    assert_non_null(strstr(result(0)->message.p, "that is not gRPC: is it the port of REST?"));
    /* The channel, which may call again, ends with the report. */
    pl_verify_report_free(w.report);
    w.report = NULL;
    (void)shutdown(listener, SHUT_RDWR);
    (void)pthread_join(thread, NULL);
    (void)close(listener);
}

static void nobody_there_is_not_taken_for_an_expected_unavailable(void **state) {
    const char *down = HEAD "- name: down\n" GET "  status: UNAVAILABLE\n";

    (void)state;
    w.opts.target = "127.0.0.1:1";
    verified(down);
    assert_int_equal(result(0)->verdict, PL_VERIFY_FAILED);
    w.opts.target = NULL;
    provide(down);
    verified(down);
    passed();
}

/* Speaks HTTP/2 as far as a call, and hangs up. */
static void *hang_up(void *listener) {
    static const char settings[] = "\0\0\0\4\0\0\0\0\0";
    enum { SETTINGS_SIZE = 9, CALL_SIZE = 150 };
    char bytes[1024];
    int one;

    while ((one = accept(*(int *)listener, NULL, NULL)) >= 0) {
        ssize_t n = write(one, settings, SETTINGS_SIZE);
        for (size_t got = 0; n > 0 && got < CALL_SIZE; got += (size_t)n)
            n = read(one, bytes, sizeof bytes);
        (void)close(one);
    }
    return NULL;
}

static void a_provider_that_hangs_up_is_not_taken_for_an_expected_unavailable(void **state) {
    pthread_t thread;
    int listener = listen_somewhere();

    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, hang_up, &listener), 0);
    verified(HEAD "- name: down\n" GET "  status: UNAVAILABLE\n");
    assert_int_equal(result(0)->verdict, PL_VERIFY_FAILED);
    assert_int_equal(result(0)->comparisons, 0);
    /* The channel, which has called again by now, ends with the report. */
    pl_verify_report_free(w.report);
    w.report = NULL;
    (void)shutdown(listener, SHUT_RDWR);
    (void)pthread_join(thread, NULL);
    (void)close(listener);
}

/* Before the second contract the provider ends. */
static bool end_provider(void *self, const pl_contract *contract, size_t index, size_t count) {
    (void)self, (void)contract, (void)count;
    if (index == 1) {
        pl_server_free(w.server);
        w.server = NULL;
    }
    return true;
}

static void a_provider_that_ends_in_the_middle_is_told_of_by_every_contract_after(void **state) {
    const char *three = ITEM "- name: another\n  call: ShopService.GetItem\n  request: { id: 2 }\n"
                             "  response: { number: 2 }\n"
                             "- name: third\n  call: ShopService.GetItem\n  request: { id: 3 }\n"
                             "  response: { number: 3 }\n";

    (void)state;
    provide(three);
    w.opts.progress = end_provider;
    verified(three);
    assert_int_equal(w.report->passed, 1);
    assert_int_equal(w.report->failed, 2);
    assert_false(pl_verify_passed(w.report));
    for (size_t i = 1; i < 3; i++) {
        assert_int_equal(result(i)->difference_count, 0);
        assert_non_null(strstr(result(i)->message.p, "/shop.v1.ShopService/GetItem at 127.0.0.1:"));
        assert_non_null(strstr(result(i)->message.p, "UNAVAILABLE"));
    }
}

static pl_code chat_for_ever(const void *impl, pl_call *call, const ProtobufCMessage *request,
                             pl_stream *stream, ProtobufCMessage **out_response) {
    pl_code code = PL_OK;
    bool came = true;
    pl_str message;

    (void)impl, (void)call, (void)request, (void)out_response;
    while (code == PL_OK && came)
        code = pl_stream_recv_bytes(stream, &message, &came);
    return code;
}

static void a_provider_that_does_not_answer_in_time_is_named(void **state) {
    (void)state;
    provide_by_hand(NULL, chat_for_ever);
    w.opts.timeout_ms = 1000;
    verified(HEAD "- name: hello\n  call: ShopService.Chat\n  steps:\n  - recv: { name: hello }\n"
                  "  - send: { name: hello }\n  - close\n");
    assert_int_equal(result(0)->verdict, PL_VERIFY_FAILED);
    assert_non_null(strstr(result(0)->message.p, "DEADLINE_EXCEEDED"));
    assert_non_null(strstr(result(0)->message.p, "the connection is READY"));
    assert_string_equal(result(0)->note.p,
                        "1 sent, 0 received; then nothing came for the step in line 9");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(an_unreachable_provider_is_named_with_address_and_state),
        TEST(that_nobody_is_there_is_told_once),
        TEST(the_port_of_rest_is_recognised),
        TEST(nobody_there_is_not_taken_for_an_expected_unavailable),
        TEST(a_provider_that_hangs_up_is_not_taken_for_an_expected_unavailable),
        TEST(a_provider_that_ends_in_the_middle_is_told_of_by_every_contract_after),
        TEST(a_provider_that_does_not_answer_in_time_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
