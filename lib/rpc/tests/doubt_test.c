/* What a client says of a call whose connection broke: it may have had its effect. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "parley/loop/loop.h"
#include "parley/test/proxy.h"

typedef struct broken_line {
    echo_server echo;
    pl_test_proxy *proxy;
    pl_channel *channel;
} broken_line;

static int set_up(void **state) {
    broken_line *line = calloc(1, sizeof *line);
    char address[32];

    assert_non_null(line);
    echo_server_start(&line->echo, NULL);
    assert_int_equal(
        pl_test_proxy_start(echo_server_address(&line->echo, address), &line->proxy, NULL), PL_OK);
    line->channel = echo_channel(pl_test_proxy_address(line->proxy));
    *state = line;
    return 0;
}

static int tear_down(void **state) {
    broken_line *line = *state;

    pl_channel_free(line->channel);
    pl_test_proxy_free(line->proxy);
    echo_server_stop(&line->echo);
    free(line);
    return 0;
}

/* Breaks the connection, for good, when the handler has begun. */
static void *break_when_entered(void *self) {
    broken_line *line = self;

    if (echo_server_await(&line->echo, &line->echo.entered, 1)) {
        pl_test_proxy_refuse(line->proxy);
        pl_test_proxy_reset(line->proxy);
    }
    return NULL;
}

static void broken_connection_leaves_the_outcome_unknown(void **state) {
    broken_line *line = *state;
    pl_call *call = echo_new_call(0);
    pthread_t breaker;

    assert_int_equal(pthread_create(&breaker, NULL, break_when_entered, line), 0);
    assert_int_equal(echo_call(line->channel, call, ECHO_BLOCK, "", 0, NULL), PL_UNAVAILABLE);
    pthread_join(breaker, NULL);
    assert_string_equal(pl_call_error(call)->reason, PL_REASON_OUTCOME_UNKNOWN);
    pl_call_free(call);
}

static pl_bytes_reply *call_in_bytes(broken_line *line, bool idempotent) {
    pl_bytes_reply *reply = NULL;
    pl_bytes_request request = {.path = "/" ECHO_SERVICE "/Block",
                                .body = PL_STR(""),
                                .deadline_ns = pl_deadline_ms(FIXTURE_PATIENCE_MS),
                                .idempotent = idempotent};
    pthread_t breaker;

    assert_int_equal(pthread_create(&breaker, NULL, break_when_entered, line), 0);
    assert_int_equal(pl_channel_call_bytes(line->channel, &request, &reply), PL_UNAVAILABLE);
    pthread_join(breaker, NULL);
    return reply;
}

static void call_in_bytes_says_so_too(void **state) {
    pl_bytes_reply *reply = call_in_bytes(*state, false);

    assert_string_equal(reply->error.reason, PL_REASON_OUTCOME_UNKNOWN);
    pl_bytes_reply_free(reply);
}

static void retry_that_was_refused_does_not_end_the_doubt(void **state) {
    broken_line *line = *state;
    pl_channel_stats stats;
    pl_bytes_reply *reply = call_in_bytes(line, true);

    pl_channel_read_stats(line->channel, &stats);
    assert_true(stats.retries > 0);
    assert_string_equal(reply->error.reason, PL_REASON_OUTCOME_UNKNOWN);
    pl_bytes_reply_free(reply);
}

typedef struct outcome {
    pl_loop *loop;
    pl_bytes_reply *reply;
} outcome;

static void keep_reply(void *arg, pl_bytes_reply *reply) {
    outcome *o = arg;

    o->reply = reply;
    pl_loop_stop(o->loop);
}

static void call_without_waiting_says_so_too(void **state) {
    broken_line *line = *state;
    outcome o = {NULL, NULL};
    pl_bytes_request request = {.path = "/" ECHO_SERVICE "/Block",
                                .body = PL_STR(""),
                                .deadline_ns = pl_deadline_ms(FIXTURE_PATIENCE_MS)};
    pthread_t breaker;

    assert_int_equal(pl_loop_new(&o.loop, NULL), PL_OK);
    assert_int_equal(pthread_create(&breaker, NULL, break_when_entered, line), 0);
    assert_int_equal(
        pl_channel_start_bytes(line->channel, &request, o.loop, keep_reply, &o, NULL, NULL), PL_OK);
    assert_int_equal(pl_loop_run(o.loop, NULL), PL_OK);
    pthread_join(breaker, NULL);
    assert_int_equal(o.reply->code, PL_UNAVAILABLE);
    assert_string_equal(o.reply->error.reason, PL_REASON_OUTCOME_UNKNOWN);
    pl_bytes_reply_free(o.reply);
    pl_loop_free(o.loop);
}

static void refused_connection_leaves_no_doubt(void **state) {
    broken_line *line = *state;
    pl_call *call = echo_new_call(0);

    pl_test_proxy_refuse(line->proxy);
    assert_int_equal(echo_call(line->channel, call, ECHO_ONCE, "", 0, NULL), PL_UNAVAILABLE);
    assert_string_equal(pl_call_error(call)->reason, "UPSTREAM_UNAVAILABLE");
    pl_call_free(call);
}

static void assert_not_in_doubt(const char *target, const char *said) {
    pl_channel *channel = echo_channel(target);
    pl_call *call = echo_new_call(0);

    assert_int_equal(echo_call(channel, call, ECHO_ONCE, "", 0, NULL), PL_UNAVAILABLE);
    assert_string_equal(pl_call_error(call)->reason, "UPSTREAM_UNAVAILABLE");
    assert_non_null(strstr(pl_call_error(call)->message, said));
    pl_call_free(call);
    pl_channel_free(channel);
}

/* A resolver refuses this name without asking anybody, so it needs no network. */
static void name_that_cannot_be_resolved_leaves_no_doubt(void **state) {
    (void)state;
    assert_not_in_doubt("a..invalid:1", "it cannot be reached: its name cannot be resolved");
}

static void socket_that_is_not_there_leaves_no_doubt(void **state) {
    (void)state;
    assert_not_in_doubt("unix:/nowhere/socket", "it cannot be reached");
}

static void unavailable_of_a_handler_is_an_answer(void **state) {
    broken_line *line = *state;
    pl_call *call = echo_new_call(0);
    pl_channel_stats stats;

    assert_int_equal(echo_call(line->channel, call, ECHO_ONCE, ECHO_BARE, PL_UNAVAILABLE, NULL),
                     PL_UNAVAILABLE);
    assert_string_equal(pl_call_error(call)->message, "failed");
    assert_string_equal(pl_call_error(call)->reason, "");
    pl_channel_read_stats(line->channel, &stats);
    assert_int_equal(stats.failures, 0);
    pl_call_free(call);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(broken_connection_leaves_the_outcome_unknown, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(call_in_bytes_says_so_too, set_up, tear_down),
        cmocka_unit_test_setup_teardown(retry_that_was_refused_does_not_end_the_doubt, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(call_without_waiting_says_so_too, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refused_connection_leaves_no_doubt, set_up, tear_down),
        cmocka_unit_test(name_that_cannot_be_resolved_leaves_no_doubt),
        cmocka_unit_test(socket_that_is_not_there_leaves_no_doubt),
        cmocka_unit_test_setup_teardown(unavailable_of_a_handler_is_an_answer, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
