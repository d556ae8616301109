/* Limits of connections and calls: half-open peers, keepalive, sizes, age. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "parley/test/proxy.h"
#include "raw_peer.h"

enum { KEEPALIVE_MS = 1000 };

typedef struct line {
    echo_server echo;
    pl_test_proxy *proxy;
    pl_channel *channel;
} line;

static void open_line_with(line *l, const pl_server_opts *server, uint32_t keepalive_ms,
                           unsigned attempts) {
    pl_channel_opts opts = PL_CHANNEL_OPTS_INIT;
    char address[32];

    memset(l, 0, sizeof *l);
    echo_server_start(&l->echo, server);
    assert_int_equal(pl_test_proxy_start(echo_server_address(&l->echo, address), &l->proxy, NULL),
                     PL_OK);
    opts.name = "echo";
    opts.target = pl_test_proxy_address(l->proxy);
    opts.keepalive_ms = keepalive_ms;
    opts.attempts = attempts;
    opts.no_breaker = true;
    assert_int_equal(pl_channel_new(&opts, &l->channel, NULL), PL_OK);
}

/* Calls of it are made once. */
static void open_line(line *l, const pl_server_opts *server, uint32_t keepalive_ms) {
    open_line_with(l, server, keepalive_ms, 1);
}

static void close_line(line *l) {
    pl_channel_free(l->channel);
    pl_test_proxy_free(l->proxy);
    echo_server_stop(&l->echo);
}

typedef struct waiting {
    line *l;
    pl_code code;
    pl_error error;
} waiting;

/* A call that ends only with its deadline, or the connection. */
static void *call_block(void *self) {
    waiting *w = self;
    pl_call *call = echo_new_call(6 * FIXTURE_PATIENCE_MS);

    w->code = echo_call(w->l->channel, call, ECHO_BLOCK, "", 0, NULL);
    w->error = *pl_call_error(call);
    pl_call_free(call);
    return NULL;
}

static void caller_notices_a_half_open_connection(void **state) {
    pthread_t thread;
    waiting w = {0};
    int64_t begun;
    line l;

    (void)state;
    open_line(&l, NULL, KEEPALIVE_MS);
    w.l = &l;
    assert_int_equal(pthread_create(&thread, NULL, call_block, &w), 0);
    assert_true(echo_server_await(&l.echo, &l.echo.entered, 1));
    begun = pl_now_ns();
    pl_test_proxy_stall(l.proxy);
    pthread_join(thread, NULL);
    assert_int_equal(w.code, PL_UNAVAILABLE);
    assert_string_equal(w.error.message,
                        "echo: /" ECHO_SERVICE "/Block: it did not answer: the connection "
                        "was lost, or it is unavailable; it is not known whether it took effect");
    assert_true(pl_now_ns() - begun <
                (int64_t)(KEEPALIVE_MS + PL_CHANNEL_KEEPALIVE_WAIT_MS + FIXTURE_PATIENCE_MS) *
                    PL_NS_PER_MS);
    close_line(&l);
}

static void connection_that_is_lost_ends_the_handler(void **state) {
    pthread_t thread;
    waiting w = {0};
    line l;

    (void)state;
    open_line(&l, NULL, 0);
    w.l = &l;
    assert_int_equal(pthread_create(&thread, NULL, call_block, &w), 0);
    assert_true(echo_server_await(&l.echo, &l.echo.entered, 1));
    pl_test_proxy_reset(l.proxy);
    assert_true(echo_server_await(&l.echo, &l.echo.cancellations, 1));
    pthread_join(thread, NULL);
    assert_int_equal(w.code, PL_UNAVAILABLE);
    close_line(&l);
}

static void call_after_a_lost_connection_makes_a_new_one(void **state) {
    line l;

    (void)state;
    open_line(&l, NULL, 0);
    assert_int_equal(echo_once(l.channel, ECHO_PLAIN, "x", 0), PL_OK);
    for (int i = 0; i < 3; i++) {
        int64_t deadline = pl_deadline_ms(FIXTURE_PATIENCE_MS);
        pl_test_proxy_cut(l.proxy);
        while (echo_once(l.channel, ECHO_PLAIN, "x", 0) != PL_OK)
            assert_true(pl_now_ns() < deadline);
    }
    close_line(&l);
}

static void upstream_that_is_gone_is_named_without_its_address(void **state) {
    pl_call *call = echo_new_call(FIXTURE_PATIENCE_MS);
    line l;

    (void)state;
    open_line(&l, NULL, 0);
    pl_test_proxy_refuse(l.proxy);
    assert_int_equal(echo_call(l.channel, call, ECHO_PLAIN, "x", 0, NULL), PL_UNAVAILABLE);
    assert_string_equal(pl_call_error(call)->message,
                        "echo: /" ECHO_SERVICE "/Plain: it cannot be reached");
    assert_string_equal(pl_call_error(call)->reason, "UPSTREAM_UNAVAILABLE");
    pl_call_free(call);
    close_line(&l);
}

static void answer_that_does_not_come_is_too_late(void **state) {
    pl_call *call = echo_new_call(1000);
    line l;

    (void)state;
    open_line(&l, NULL, 0);
    assert_int_equal(echo_call(l.channel, call, ECHO_BLOCK, "", 0, NULL), PL_DEADLINE_EXCEEDED);
    assert_string_equal(pl_call_error(call)->message,
                        "echo: /" ECHO_SERVICE "/Block: it did not answer in time");
    assert_string_equal(pl_call_error(call)->reason, "UPSTREAM_TIMEOUT");
    pl_call_free(call);
    close_line(&l);
}

/* Waits until the server has closed all connections of the proxy. */
static void assert_closed(line *l) {
    int64_t deadline = pl_deadline_ms(FIXTURE_PATIENCE_MS);

    while (pl_test_proxy_get_stats(l->proxy).open > 0 && pl_now_ns() < deadline)
        continue;
    assert_int_equal(pl_test_proxy_get_stats(l->proxy).open, 0);
}

static void connection_without_calls_is_closed(void **state) {
    pl_server_opts opts = PL_SERVER_OPTS_INIT;
    raw_peer *peer;
    line l;

    (void)state;
    opts.max_idle_ms = 100;
    open_line(&l, &opts, 0);
    peer = raw_connect(pl_test_proxy_port(l.proxy));
    assert_true(raw_begin(peer));
    raw_settle(peer);
    raw_answer answer;
    raw_await(peer, 1, &answer);
    assert_true(answer.goaway == 0 || answer.closed);
    raw_close(peer);
    assert_closed(&l);
    close_line(&l);
}

/* A call that meets the connection as it closes is repeated. */
static void old_connection_is_closed_and_no_idempotent_call_fails(void **state) {
    pl_server_opts opts = PL_SERVER_OPTS_INIT;
    int64_t deadline = pl_deadline_ms(FIXTURE_PATIENCE_MS);
    line l;

    (void)state;
    opts.max_age_ms = 100;
    open_line_with(&l, &opts, 0, PL_CHANNEL_ATTEMPTS);
    while (pl_test_proxy_get_stats(l.proxy).connections < 3 && pl_now_ns() < deadline) {
        pl_call *call = echo_new_call(FIXTURE_PATIENCE_MS);
        (void)echo_call(l.channel, call, ECHO_PLAIN, "x", 0, NULL);
        if (pl_call_error(call)->code != PL_OK)
            fail_msg("%s", pl_call_error(call)->message);
        pl_call_free(call);
    }
    assert_true(pl_test_proxy_get_stats(l.proxy).connections >= 3);
    close_line(&l);
}

static pl_bytes_reply *call_in_bytes(line *l, int method, size_t size,
                                     const pl_metadata *metadata) {
    char *body = calloc(1, size + 1);
    pl_bytes_request request = {.path = echo_service_desc.methods[method].path,
                                .body = pl_str_make(body, size),
                                .deadline_ns = pl_deadline_ms(FIXTURE_PATIENCE_MS),
                                .metadata = metadata,
                                .metadata_count = metadata ? 1 : 0};
    pl_bytes_reply *reply = NULL;

    assert_non_null(body);
    (void)pl_channel_call_bytes(l->channel, &request, &reply);
    free(body);
    return reply;
}

static void request_too_long_is_refused_with_its_size(void **state) {
    pl_bytes_reply *reply;
    line l;

    (void)state;
    open_line(&l, NULL, 0);
    reply = call_in_bytes(&l, ECHO_LIMITED, 101, NULL);
    assert_int_equal(reply->code, PL_RESOURCE_EXHAUSTED);
    assert_string_equal(reply->error.message,
                        "/" ECHO_SERVICE "/Limited: the request has 101 bytes, at most 100 are "
                        "accepted");
    pl_bytes_reply_free(reply);
    reply = call_in_bytes(&l, ECHO_PLAIN, PL_SERVER_MAX_MESSAGE + 1, NULL);
    assert_int_equal(reply->code, PL_RESOURCE_EXHAUSTED);
    assert_non_null(strstr(reply->error.message, "4194305 vs. 4194304"));
    pl_bytes_reply_free(reply);
    assert_int_equal(echo_server_calls(&l.echo), 0);
    close_line(&l);
}

static void metadata_too_large_is_refused(void **state) {
    char *value = calloc(1, PL_SERVER_MAX_METADATA);
    pl_metadata metadata = {"x-big", {value, PL_SERVER_MAX_METADATA}};
    pl_bytes_reply *reply;
    line l;

    (void)state;
    assert_non_null(value);
    memset(value, 'a', PL_SERVER_MAX_METADATA);
    open_line(&l, NULL, 0);
    assert_int_equal(echo_once(l.channel, ECHO_PLAIN, "x", 0), PL_OK);
    reply = call_in_bytes(&l, ECHO_PLAIN, 0, &metadata);
    assert_int_equal(reply->code, PL_RESOURCE_EXHAUSTED);
    assert_int_equal(echo_server_calls(&l.echo), 1);
    pl_bytes_reply_free(reply);
    free(value);
    close_line(&l);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(caller_notices_a_half_open_connection),
        cmocka_unit_test(connection_that_is_lost_ends_the_handler),
        cmocka_unit_test(call_after_a_lost_connection_makes_a_new_one),
        cmocka_unit_test(upstream_that_is_gone_is_named_without_its_address),
        cmocka_unit_test(answer_that_does_not_come_is_too_late),
        cmocka_unit_test(connection_without_calls_is_closed),
        cmocka_unit_test(old_connection_is_closed_and_no_idempotent_call_fails),
        cmocka_unit_test(request_too_long_is_refused_with_its_size),
        cmocka_unit_test(metadata_too_large_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
