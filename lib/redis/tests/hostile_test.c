/* Servers over TCP that answer what no Redis would, or nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "parley/base/clock.h"
#include "parley/redis/redis.h"

#define SOON      pl_deadline_ms(10000)
#define MAX_REPLY 65536

typedef struct fake {
    int listener;
    uint16_t port;
    const char *answer;
    pthread_t thread;
} fake;

/* Answers the first bytes of one client, and stays until that hangs up. */
static void *serve(void *arg) {
    const fake *f = arg;
    char buffer[4096];
    int client = accept(f->listener, NULL, NULL);
    if (client < 0)
        return NULL;
    if (recv(client, buffer, sizeof buffer, 0) > 0)
        send(client, f->answer, strlen(f->answer), MSG_NOSIGNAL);
    shutdown(client, SHUT_WR);
    while (recv(client, buffer, sizeof buffer, 0) > 0)
        continue;
    close(client);
    return NULL;
}

static void listen_on_any(fake *f) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    f->listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(f->listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(f->listener, 1), 0);
    assert_int_equal(getsockname(f->listener, (struct sockaddr *)&address, &size), 0);
    f->port = ntohs(address.sin_port);
}

static pl_redis *open_port(uint16_t port) {
    char url[64];
    snprintf(url, sizeof url, "redis://127.0.0.1:%u", port);
    pl_redis_opts opts = PL_REDIS_OPTS_INIT;
    opts.url = url;
    opts.max_reply = MAX_REPLY;
    pl_redis *redis = NULL;
    assert_int_equal(pl_redis_new(&opts, &redis, NULL), PL_OK);
    return redis;
}

static pl_code ask(const char *answer, pl_error *err) {
    fake f = {.answer = answer};
    listen_on_any(&f);
    assert_int_equal(pthread_create(&f.thread, NULL, serve, &f), 0);
    pl_redis *redis = open_port(f.port);
    pl_redis_reply *reply = NULL;
    pl_code code = PL_REDIS_CALL(redis, SOON, &reply, err, "PING");
    pl_redis_reply_free(reply);
    pl_redis_free(redis);
    pthread_join(f.thread, NULL);
    close(f.listener);
    return code;
}

static void an_answer_over_tcp_arrives(void **state) {
    (void)state;
    assert_int_equal(ask("*3\r\n:1\r\n$-1\r\n*1\r\n+OK\r\n", NULL), PL_OK);
}

static void bytes_that_are_no_reply_are_a_protocol_error(void **state) {
    (void)state;
    static const char *const answers[] = {"HTTP/1.1 400 Bad Request\r\n\r\n", "$x\r\n", "*-7\r\n",
                                          "$-5\r\n", "?\r\n"};
    for (size_t i = 0; i < PL_COUNT(answers); i++) {
        pl_error err = PL_ERROR_INIT;
        pl_code code = ask(answers[i], &err);
        if (code != PL_INTERNAL)
            fail_msg("%s: %s: %s", answers[i], pl_code_name(code), err.message);
        assert_string_equal(err.reason, "PROTOCOL");
    }
}

static void an_array_that_claims_to_be_huge_takes_no_memory(void **state) {
    (void)state;
    assert_int_equal(ask("*2147483647\r\n", NULL), PL_RESOURCE_EXHAUSTED);
}

static void a_reply_nested_too_deep_is_refused(void **state) {
    (void)state;
    char answer[20 * 4 + 1] = "";
    for (int i = 0; i < 20; i++)
        memcpy(answer + 4 * i, "*1\r\n", 5);
    assert_int_equal(ask(answer, NULL), PL_INTERNAL);
}

static void a_reply_cut_short_is_unavailable(void **state) {
    (void)state;
    assert_int_equal(ask("$100\r\nabc", NULL), PL_UNAVAILABLE);
    assert_int_equal(ask("", NULL), PL_UNAVAILABLE);
}

static void a_port_nobody_listens_on_is_unavailable(void **state) {
    (void)state;
    fake f = {0};
    listen_on_any(&f);
    close(f.listener);
    pl_redis *redis = open_port(f.port);
    pl_error err = PL_ERROR_INIT;
    assert_int_equal(PL_REDIS_CALL(redis, SOON, NULL, &err, "PING"), PL_UNAVAILABLE);
    pl_redis_free(redis);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_over_tcp_arrives),
        cmocka_unit_test(bytes_that_are_no_reply_are_a_protocol_error),
        cmocka_unit_test(an_array_that_claims_to_be_huge_takes_no_memory),
        cmocka_unit_test(a_reply_nested_too_deep_is_refused),
        cmocka_unit_test(a_reply_cut_short_is_unavailable),
        cmocka_unit_test(a_port_nobody_listens_on_is_unavailable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
