/* The blocking client: deadlines, retries, breaker, bulkhead, addresses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "breaker.h"
#include "fixture.h"
#include "raw_peer.h"

typedef struct fake_clock {
    _Atomic int64_t now;
} fake_clock;

static int64_t read_clock(void *self) {
    return atomic_load(&((fake_clock *)self)->now);
}

static pl_channel *channel_with(const pl_channel_opts *base, const char *target) {
    pl_channel_opts opts = *base;
    pl_channel *channel = NULL;

    opts.name = "echo";
    opts.target = target;
    assert_int_equal(pl_channel_new(&opts, &channel, NULL), PL_OK);
    return channel;
}

static pl_channel_stats stats_of(pl_channel *channel) {
    pl_channel_stats stats;

    pl_channel_read_stats(channel, &stats);
    return stats;
}

static void call_without_a_server_is_unavailable_and_names_both(void **state) {
    pl_channel *channel = echo_channel("127.0.0.1:1");
    pl_call *call = echo_new_call(2000);

    (void)state;
    assert_int_equal(echo_call(channel, call, ECHO_ONCE, "", 0, NULL), PL_UNAVAILABLE);
    assert_non_null(strstr(pl_call_error(call)->message, "echo: /" ECHO_SERVICE "/Once"));
    assert_string_equal(pl_call_error(call)->reason, "UPSTREAM_UNAVAILABLE");
    pl_call_free(call);
    pl_channel_free(channel);
}

/* Ends when the listener is shut. */
static void *greet_in_http1(void *arg) {
    static const char greeting[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
    int connection;

    while ((connection = accept(*(int *)arg, NULL, NULL)) >= 0) {
        assert_int_equal(send(connection, greeting, sizeof greeting - 1, MSG_NOSIGNAL),
                         sizeof greeting - 1);
        close(connection);
    }
    return NULL;
}

/* Core's round_robin took the 200 for a connection, and crashed. */
static void server_that_greets_in_http1_is_unavailable(void **state) {
    pthread_t greeter;
    char address[32];
    int port, listener = raw_listen(&port);
    pl_channel *channel;

    (void)state;
    snprintf(address, sizeof address, "127.0.0.1:%d", port);
    assert_int_equal(pthread_create(&greeter, NULL, greet_in_http1, &listener), 0);
    channel = echo_channel(address);
    for (int i = 0; i < 5; i++) {
        pl_call *call = echo_new_call(1000);
        assert_int_equal(echo_call(channel, call, ECHO_ONCE, "", 0, NULL), PL_UNAVAILABLE);
        pl_call_free(call);
    }
    pl_channel_free(channel);
    shutdown(listener, SHUT_RDWR);
    pthread_join(greeter, NULL);
    close(listener);
}

static void target_of_no_known_form_is_an_invalid_argument(void **state) {
    pl_channel_opts opts = PL_CHANNEL_OPTS_INIT;
    pl_channel *channel = NULL;

    (void)state;
    opts.target = "no port";
    assert_int_equal(pl_channel_new(&opts, &channel, NULL), PL_INVALID_ARGUMENT);
    assert_null(channel);
}

static void call_whose_deadline_has_passed_is_not_sent(void **state) {
    echo_server echo;
    char address[32];
    pl_channel *channel;
    pl_call_opts opts = PL_CALL_OPTS_INIT;
    pl_call *outer = echo_new_call(0), *call = NULL;

    (void)state;
    echo_server_start(&echo, NULL);
    channel = echo_channel(echo_server_address(&echo, address));
    opts.parent = outer;
    opts.timeout_ms = -1;
    assert_int_equal(pl_call_new(&opts, &call, NULL), PL_INVALID_ARGUMENT);
    opts.timeout_ms = 0;
    assert_int_equal(pl_call_new(&opts, &call, NULL), PL_OK);
    pl_call_limit(call, pl_now_ns() - 1);
    assert_int_equal(echo_call(channel, call, ECHO_PLAIN, "", 0, NULL), PL_DEADLINE_EXCEEDED);
    assert_int_equal(echo_server_calls(&echo), 0);
    pl_call_free(call);
    pl_call_free(outer);
    pl_channel_free(channel);
    echo_server_stop(&echo);
}

static void idempotent_call_is_retried_until_it_succeeds(void **state) {
    echo_server echo;
    char address[32];
    pl_channel *channel;

    (void)state;
    echo_server_start(&echo, NULL);
    echo.fail_first = 2;
    channel = echo_channel(echo_server_address(&echo, address));
    assert_int_equal(echo_once(channel, ECHO_FAIL, "", PL_UNAVAILABLE), PL_OK);
    assert_int_equal(echo_server_calls(&echo), 3);
    assert_int_equal(stats_of(channel).retries, 2);
    pl_channel_free(channel);
    echo_server_stop(&echo);
}

static void call_that_is_not_idempotent_is_made_once(void **state) {
    echo_server echo;
    char address[32];
    pl_channel *channel;

    (void)state;
    echo_server_start(&echo, NULL);
    channel = echo_channel(echo_server_address(&echo, address));
    assert_int_equal(echo_once(channel, ECHO_ONCE, "", PL_UNAVAILABLE), PL_UNAVAILABLE);
    assert_int_equal(echo_server_calls(&echo), 1);
    pl_channel_free(channel);
    echo_server_stop(&echo);
}

static void call_with_a_key_is_retried_where_the_method_allows_it(void **state) {
    echo_server echo;
    char address[32];
    pl_channel *channel;
    pl_call *call = echo_new_call(0);

    (void)state;
    echo_server_start(&echo, NULL);
    echo.fail_first = 1;
    channel = echo_channel(echo_server_address(&echo, address));
    pl_call_set_outgoing(call, "idempotency-key", pl_str_c("k1"));
    assert_int_equal(echo_call(channel, call, ECHO_KEYED, "", PL_UNAVAILABLE, NULL), PL_OK);
    assert_int_equal(echo_server_calls(&echo), 2);
    assert_int_equal(pl_call_error(call)->code, PL_OK);
    pl_call_free(call);
    pl_channel_free(channel);
    echo_server_stop(&echo);
}

static void call_without_a_key_is_made_once_where_the_method_wants_one(void **state) {
    echo_server echo;
    char address[32];
    pl_channel *channel;

    (void)state;
    echo_server_start(&echo, NULL);
    channel = echo_channel(echo_server_address(&echo, address));
    assert_int_equal(echo_once(channel, ECHO_KEYED, "", PL_UNAVAILABLE), PL_UNAVAILABLE);
    assert_int_equal(echo_server_calls(&echo), 1);
    pl_channel_free(channel);
    echo_server_stop(&echo);
}

static void retries_end_when_their_budget_is_spent(void **state) {
    pl_channel_opts opts = PL_CHANNEL_OPTS_INIT;
    echo_server echo;
    char address[32];
    pl_channel *channel;

    (void)state;
    opts.no_breaker = true;
    echo_server_start(&echo, NULL);
    channel = channel_with(&opts, echo_server_address(&echo, address));
    for (int i = 0; i < 20; i++)
        assert_int_equal(echo_once(channel, ECHO_FAIL, "", PL_UNAVAILABLE), PL_UNAVAILABLE);
    /* Ten saved up, and a fifth of twenty. */
    assert_in_range(stats_of(channel).retries, 10, 14);
    pl_channel_free(channel);
    echo_server_stop(&echo);
}

static void breaker_opens_after_failures_and_recovers_by_a_trial(void **state) {
    fake_clock clock = {1000 * PL_NS_PER_S};
    pl_channel_opts opts = PL_CHANNEL_OPTS_INIT;
    pl_call *call = echo_new_call(0);
    echo_server echo;
    char address[32];
    pl_channel *channel;

    (void)state;
    opts.now = read_clock;
    opts.now_self = &clock;
    echo_server_start(&echo, NULL);
    channel = channel_with(&opts, echo_server_address(&echo, address));
    for (int i = 0; i < PL_BREAKER_CALLS_MIN; i++)
        assert_int_equal(echo_once(channel, ECHO_ONCE, "", PL_UNAVAILABLE), PL_UNAVAILABLE);
    assert_int_equal(stats_of(channel).breaker, PL_BREAKER_OPEN);

    assert_int_equal(echo_call(channel, call, ECHO_ONCE, "", 0, NULL), PL_UNAVAILABLE);
    assert_int_equal(echo_server_calls(&echo), PL_BREAKER_CALLS_MIN);
    assert_string_equal(pl_call_error(call)->reason, "CIRCUIT_OPEN");
    assert_int_equal(pl_call_error(call)->retry_after_ms, PL_BREAKER_OPEN_MS);

    atomic_fetch_add(&clock.now, PL_BREAKER_OPEN_MS * PL_NS_PER_MS);
    assert_int_equal(echo_once(channel, ECHO_PLAIN, "", 0), PL_OK);
    assert_int_equal(stats_of(channel).breaker, PL_BREAKER_CLOSED);
    pl_call_free(call);
    pl_channel_free(channel);
    echo_server_stop(&echo);
}

static void business_refusals_do_not_open_the_breaker(void **state) {
    echo_server echo;
    char address[32];
    pl_channel *channel;

    (void)state;
    echo_server_start(&echo, NULL);
    channel = echo_channel(echo_server_address(&echo, address));
    for (int i = 0; i < 2 * PL_BREAKER_CALLS_MIN; i++)
        echo_once(channel, ECHO_ONCE, "pears", PL_FAILED_PRECONDITION);
    assert_int_equal(stats_of(channel).breaker, PL_BREAKER_CLOSED);
    /* A handler that says UNAVAILABLE of something behind it, with details, lives. */
    for (int i = 0; i < 2 * PL_BREAKER_CALLS_MIN; i++)
        echo_once(channel, ECHO_ONCE, "pears", PL_UNAVAILABLE);
    assert_int_equal(stats_of(channel).breaker, PL_BREAKER_CLOSED);
    pl_channel_free(channel);
    echo_server_stop(&echo);
}

static void *call_block(void *channel) {
    echo_once(channel, ECHO_BLOCK, "", 0);
    return NULL;
}

static void bulkhead_refuses_a_call_too_many_at_once(void **state) {
    pl_channel_opts opts = PL_CHANNEL_OPTS_INIT;
    pthread_t threads[2];
    echo_server echo;
    char address[32];
    pl_channel *channel;
    pl_call *call = echo_new_call(0);

    (void)state;
    opts.bulkhead = 2;
    echo_server_start(&echo, NULL);
    channel = channel_with(&opts, echo_server_address(&echo, address));
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, call_block, channel), 0);
    assert_true(echo_server_await(&echo, &echo.entered, 2));
    assert_int_equal(echo_call(channel, call, ECHO_PLAIN, "", 0, NULL), PL_UNAVAILABLE);
    assert_string_equal(pl_call_error(call)->reason, "BULKHEAD_FULL");
    assert_int_equal(stats_of(channel).refused_bulkhead, 1);
    echo_server_open_gate(&echo);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    pl_call_free(call);
    pl_channel_free(channel);
    echo_server_stop(&echo);
}

static void calls_refused_by_the_bulkhead_count_for_the_breaker(void **state) {
    pl_channel_opts opts = PL_CHANNEL_OPTS_INIT;
    echo_server echo;
    char address[32];
    pl_channel *channel;
    pthread_t thread;

    (void)state;
    opts.bulkhead = 1;
    echo_server_start(&echo, NULL);
    channel = channel_with(&opts, echo_server_address(&echo, address));
    assert_int_equal(pthread_create(&thread, NULL, call_block, channel), 0);
    assert_true(echo_server_await(&echo, &echo.entered, 1));
    for (int i = 0; i < PL_BREAKER_CALLS_MIN; i++)
        assert_int_equal(echo_once(channel, ECHO_ONCE, "", 0), PL_UNAVAILABLE);
    assert_int_equal(stats_of(channel).breaker, PL_BREAKER_OPEN);
    echo_server_open_gate(&echo);
    pthread_join(thread, NULL);
    pl_channel_free(channel);
    echo_server_stop(&echo);
}

static void *call_plain(void *channel) {
    return (void *)(intptr_t)echo_once(channel, ECHO_PLAIN, "", 0);
}

static void call_too_many_stands_in_line_for_a_moment(void **state) {
    pl_channel_opts opts = PL_CHANNEL_OPTS_INIT;
    int64_t end = pl_deadline_ms(FIXTURE_PATIENCE_MS);
    pthread_t first, second;
    echo_server echo;
    char address[32];
    pl_channel *channel;
    void *code = NULL;

    (void)state;
    opts.bulkhead = 1;
    opts.bulkhead_wait_ms = FIXTURE_PATIENCE_MS;
    echo_server_start(&echo, NULL);
    channel = channel_with(&opts, echo_server_address(&echo, address));
    assert_int_equal(pthread_create(&first, NULL, call_block, channel), 0);
    assert_true(echo_server_await(&echo, &echo.entered, 1));
    assert_int_equal(pthread_create(&second, NULL, call_plain, channel), 0);
    while (stats_of(channel).calls < 2 && pl_now_ns() < end)
        continue;
    echo_server_open_gate(&echo);
    pthread_join(first, NULL);
    pthread_join(second, &code);
    assert_int_equal((intptr_t)code, PL_OK);
    assert_int_equal(stats_of(channel).refused_bulkhead, 0);
    pl_channel_free(channel);
    echo_server_stop(&echo);
}

static void calls_are_spread_over_all_addresses(void **state) {
    echo_server echo[2];
    char target[96];
    pl_channel *channel;

    (void)state;
    echo_server_start(&echo[0], NULL);
    echo_server_start(&echo[1], NULL);
    snprintf(target, sizeof target, "ipv4:127.0.0.1:%d,127.0.0.1:%d",
             pl_server_port(echo[0].server), pl_server_port(echo[1].server));
    channel = echo_channel(target);
    for (int i = 0; i < 1000 && (!echo_server_calls(&echo[0]) || !echo_server_calls(&echo[1])); i++)
        assert_int_equal(echo_once(channel, ECHO_PLAIN, "", 0), PL_OK);
    assert_true(echo_server_calls(&echo[0]) > 0);
    assert_true(echo_server_calls(&echo[1]) > 0);
    pl_channel_free(channel);
    echo_server_stop(&echo[0]);
    echo_server_stop(&echo[1]);
}

/* Replaces the file as its writers do. */
static void write_addresses(const char *path, int port) {
    char fresh[128];
    FILE *f;

    snprintf(fresh, sizeof fresh, "%s.new", path);
    f = fopen(fresh, "w");
    assert_non_null(f);
    fprintf(f, "# where it listens\n127.0.0.1:%d\n", port);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(rename(fresh, path), 0);
}

static void upstream_without_an_address_is_named_and_its_file_is_not(void **state) {
    char folder[] = "/tmp/parley-rpc-XXXXXX", path[64], target[80];
    pl_call *call = echo_new_call(0);
    pl_channel *channel;
    FILE *f;

    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/addr", folder);
    snprintf(target, sizeof target, "file:%s", path);
    f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fclose(f), 0);
    channel = echo_channel(target);
    assert_int_equal(echo_call(channel, call, ECHO_PLAIN, "", 0, NULL), PL_UNAVAILABLE);
    assert_non_null(strstr(pl_call_error(call)->message, "echo: has no address"));
    assert_null(strstr(pl_call_error(call)->message, folder));
    unlink(path);
    pl_channel_free(channel);
    channel = echo_channel(target);
    assert_int_equal(echo_call(channel, call, ECHO_PLAIN, "", 0, NULL), PL_UNAVAILABLE);
    assert_null(strstr(pl_call_error(call)->message, folder));
    pl_call_free(call);
    pl_channel_free(channel);
    rmdir(folder);
}

static void address_file_is_followed_when_it_is_replaced(void **state) {
    char folder[] = "/tmp/parley-rpc-XXXXXX", path[64], target[80];
    int64_t end = pl_deadline_ms(FIXTURE_PATIENCE_MS);
    echo_server first, second;
    pl_channel *channel;

    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/addr", folder);
    snprintf(target, sizeof target, "file:%s", path);
    channel = echo_channel(target);
    assert_int_equal(echo_once(channel, ECHO_PLAIN, "", 0), PL_UNAVAILABLE);

    echo_server_start(&first, NULL);
    write_addresses(path, pl_server_port(first.server));
    assert_int_equal(echo_once(channel, ECHO_PLAIN, "", 0), PL_OK);
    assert_int_equal(echo_server_calls(&first), 1);

    echo_server_start(&second, NULL);
    write_addresses(path, pl_server_port(second.server));
    while (!echo_server_calls(&second) && pl_now_ns() < end)
        assert_int_equal(echo_once(channel, ECHO_PLAIN, "", 0), PL_OK);
    assert_int_equal(echo_server_calls(&second), 1);
    pl_channel_free(channel);
    echo_server_stop(&first);
    echo_server_stop(&second);
    unlink(path);
    rmdir(folder);
}

static void calls_succeed_again_after_the_server_was_restarted(void **state) {
    pl_server_opts opts = PL_SERVER_OPTS_INIT;
    int64_t end = pl_deadline_ms(FIXTURE_PATIENCE_MS);
    char address[32];
    echo_server echo;
    pl_channel *channel;
    pl_code code;

    (void)state;
    echo_server_start(&echo, NULL);
    channel = echo_channel(echo_server_address(&echo, address));
    assert_int_equal(echo_once(channel, ECHO_PLAIN, "x", 0), PL_OK);
    echo_server_stop(&echo);
    assert_int_equal(echo_once(channel, ECHO_ONCE, "x", 0), PL_UNAVAILABLE);
    opts.listen = address;
    echo_server_start(&echo, &opts);
    do
        code = echo_once(channel, ECHO_PLAIN, "", 0);
    while (code != PL_OK && pl_now_ns() < end);
    assert_int_equal(code, PL_OK);
    pl_channel_free(channel);
    echo_server_stop(&echo);
}

static void malformed_answer_is_internal(void **state) {
    static const pl_method_desc wrong = {.name = "Plain",
                                         .path = "/" ECHO_SERVICE "/Meta",
                                         .kind = PL_METHOD_UNARY,
                                         .request = ECHO_REQUEST_TYPE,
                                         .response = ECHO_REQUEST_TYPE,
                                         .auth_arg = ""};
    echo_request request = ECHO_REQUEST_INIT;
    ProtobufCMessage *response = NULL;
    pl_call *call = echo_new_call(0);
    char name[] = "x-colour";
    echo_server echo;
    char address[32];
    pl_channel *channel;

    (void)state;
    echo_server_start(&echo, NULL);
    channel = echo_channel(echo_server_address(&echo, address));
    request.text = name;
    /* EchoResponse.seen is a message where it is read as an EchoRequest. */
    pl_call_set_outgoing(call, "x-colour", pl_str_c("blue"));
    assert_int_equal(pl_channel_call(channel, call, &wrong, &request.base, &response), PL_INTERNAL);
    assert_null(response);
    pl_call_free(call);
    pl_channel_free(channel);
    echo_server_stop(&echo);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(call_without_a_server_is_unavailable_and_names_both),
        cmocka_unit_test(server_that_greets_in_http1_is_unavailable),
        cmocka_unit_test(target_of_no_known_form_is_an_invalid_argument),
        cmocka_unit_test(call_whose_deadline_has_passed_is_not_sent),
        cmocka_unit_test(idempotent_call_is_retried_until_it_succeeds),
        cmocka_unit_test(call_that_is_not_idempotent_is_made_once),
        cmocka_unit_test(call_with_a_key_is_retried_where_the_method_allows_it),
        cmocka_unit_test(call_without_a_key_is_made_once_where_the_method_wants_one),
        cmocka_unit_test(retries_end_when_their_budget_is_spent),
        cmocka_unit_test(breaker_opens_after_failures_and_recovers_by_a_trial),
        cmocka_unit_test(business_refusals_do_not_open_the_breaker),
        cmocka_unit_test(bulkhead_refuses_a_call_too_many_at_once),
        cmocka_unit_test(calls_refused_by_the_bulkhead_count_for_the_breaker),
        cmocka_unit_test(call_too_many_stands_in_line_for_a_moment),
        cmocka_unit_test(calls_are_spread_over_all_addresses),
        cmocka_unit_test(upstream_without_an_address_is_named_and_its_file_is_not),
        cmocka_unit_test(address_file_is_followed_when_it_is_replaced),
        cmocka_unit_test(calls_succeed_again_after_the_server_was_restarted),
        cmocka_unit_test(malformed_answer_is_internal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
