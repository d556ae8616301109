/* Streams between a channel and a server. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "stream_expect.h"

static void server_stream_brings_every_message_in_order(void **state) {
    pl_call *call = echo_new_call(FIXTURE_PATIENCE_MS);
    const echo_response *message;
    pl_stream *stream = NULL;
    stream_impl impl;
    int64_t count = 0;

    (void)state;
    stream_impl_start(&impl, stream_plain, NULL);
    assert_int_equal(stream_open_method(&impl, STREAM_WATCH, call, "hi", 1000, &stream), PL_OK);
    while (stream_recv_response(stream, &message) == PL_OK && message) {
        assert_int_equal(message->number, count++);
        assert_string_equal(message->text, "hi");
    }
    assert_int_equal(count, 1000);
    assert_int_equal(pl_stream_close(stream), PL_OK);
    assert_true(stream_await(&impl, &impl.finished, 1));
    assert_int_equal(impl.requests, 1);
    assert_int_equal(impl.responses, 1000);
    pl_call_free(call);
    stream_impl_stop(&impl);
}

static void client_stream_is_answered_once(void **state) {
    pl_call *call = echo_new_call(FIXTURE_PATIENCE_MS);
    const ProtobufCMessage *answer = NULL;
    pl_stream *stream = NULL;
    stream_impl impl;

    (void)state;
    stream_impl_start(&impl, stream_plain, NULL);
    assert_int_equal(stream_open_method(&impl, STREAM_UPLOAD, call, NULL, 0, &stream), PL_OK);
    for (int64_t i = 1; i <= 1000; i++)
        assert_int_equal(stream_send_request(stream, "x", i), PL_OK);
    assert_int_equal(pl_stream_answer(stream, &answer), PL_OK);
    assert_int_equal(((const echo_response *)answer)->number, 500500);
    assert_int_equal(pl_stream_close(stream), PL_OK);
    assert_true(stream_await(&impl, &impl.finished, 1));
    assert_int_equal(impl.requests, 1000);
    assert_int_equal(impl.responses, 1);
    pl_call_free(call);
    stream_impl_stop(&impl);
}

static void both_sides_talk_in_turn(void **state) {
    pl_call *call = echo_new_call(FIXTURE_PATIENCE_MS);
    pl_stream *stream = NULL;
    stream_impl impl;

    (void)state;
    stream_impl_start(&impl, stream_plain, NULL);
    assert_int_equal(stream_open_method(&impl, STREAM_CHAT, call, NULL, 0, &stream), PL_OK);
    for (int64_t i = 0; i < 200; i++)
        expect_echo(stream, i);
    pl_stream_end(stream);
    pl_stream_end(stream);
    expect_end(stream);
    pl_call_free(call);
    stream_impl_stop(&impl);
}

static void streams_may_be_empty(void **state) {
    pl_call *call = echo_new_call(FIXTURE_PATIENCE_MS);
    const ProtobufCMessage *answer = NULL;
    pl_stream *stream = NULL;
    stream_impl impl;

    (void)state;
    stream_impl_start(&impl, stream_plain, NULL);
    assert_int_equal(stream_open_method(&impl, STREAM_WATCH, call, "", 0, &stream), PL_OK);
    expect_end(stream);
    assert_int_equal(stream_open_method(&impl, STREAM_UPLOAD, call, NULL, 0, &stream), PL_OK);
    assert_int_equal(pl_stream_answer(stream, &answer), PL_OK);
    assert_int_equal(pl_stream_close(stream), PL_OK);
    assert_int_equal(stream_open_method(&impl, STREAM_CHAT, call, NULL, 0, &stream), PL_OK);
    pl_stream_end(stream);
    expect_end(stream);
    pl_call_free(call);
    stream_impl_stop(&impl);
}

static void what_was_sent_before_an_error_comes_before_it(void **state) {
    pl_call *call = echo_new_call(FIXTURE_PATIENCE_MS);
    const echo_response *message;
    pl_stream *stream = NULL;
    stream_impl impl;

    (void)state;
    stream_impl_start(&impl, stream_failing, NULL);
    assert_int_equal(stream_open_method(&impl, STREAM_WATCH, call, "", 0, &stream), PL_OK);
    for (int64_t i = 0; i < 3; i++) {
        assert_int_equal(stream_recv_response(stream, &message), PL_OK);
        assert_int_equal(message->number, i);
    }
    assert_int_equal(stream_recv_response(stream, &message), PL_ABORTED);
    assert_string_equal(pl_call_error(call)->reason, "HAD_ENOUGH");
    assert_string_equal(pl_call_error(call)->domain, "test");
    assert_int_equal(pl_stream_close(stream), PL_ABORTED);
    assert_string_equal(pl_call_error(call)->message, "no more");
    assert_int_equal(pl_call_violations(call)->kept, 1);
    assert_string_equal(pl_call_violations(call)->items[0].field, "text");
    pl_call_free(call);
    stream_impl_stop(&impl);
}

static void metadata_goes_both_ways(void **state) {
    pl_call *call = echo_new_call(FIXTURE_PATIENCE_MS);
    const echo_response *message;
    pl_stream *stream = NULL;
    stream_impl impl;

    (void)state;
    stream_impl_start(&impl, stream_meta, NULL);
    pl_call_set_outgoing(call, "x-in", pl_str_c("blue"));
    assert_int_equal(stream_open_method(&impl, STREAM_WATCH, call, "m", 0, &stream), PL_OK);
    assert_int_equal(stream_recv_response(stream, &message), PL_OK);
    assert_int_equal(stream_recv_response(stream, &message), PL_OK);
    assert_int_equal(pl_stream_close(stream), PL_OK);
    assert_true(pl_str_eqc(pl_call_received(call, "x-out"), "blue"));
    assert_true(pl_str_eqc(pl_call_received(call, "x-end"), "blue"));
    assert_null(pl_call_received(call, "x-in").p);
    /* Also where there is no message. */
    pl_call_set_outgoing(call, "x-in", pl_str_c("red"));
    assert_int_equal(stream_open_method(&impl, STREAM_WATCH, call, "", 0, &stream), PL_OK);
    expect_end(stream);
    assert_true(pl_str_eqc(pl_call_received(call, "x-out"), "red"));
    pl_call_free(call);
    stream_impl_stop(&impl);
}

static void an_error_alone_has_no_initial_metadata(void **state) {
    pl_call *call = echo_new_call(FIXTURE_PATIENCE_MS);
    const echo_response *message;
    pl_stream *stream = NULL;
    stream_impl impl;

    (void)state;
    stream_impl_start(&impl, stream_meta, NULL);
    pl_call_set_outgoing(call, "x-in", pl_str_c("blue"));
    assert_int_equal(stream_open_method(&impl, STREAM_WATCH, call, "", 1, &stream), PL_OK);
    assert_int_equal(stream_recv_response(stream, &message), PL_ABORTED);
    assert_int_equal(pl_stream_close(stream), PL_ABORTED);
    assert_null(pl_call_received(call, "x-out").p);
    assert_true(pl_str_eqc(pl_call_received(call, "x-end"), "blue"));
    pl_call_free(call);
    stream_impl_stop(&impl);
}

static void a_consumer_that_has_enough_closes_with_ok(void **state) {
    pl_call *call = echo_new_call(FIXTURE_PATIENCE_MS);
    const echo_response *message;
    pl_stream *stream = NULL;
    stream_impl impl;

    (void)state;
    stream_impl_start(&impl, stream_endless, NULL);
    assert_int_equal(stream_open_method(&impl, STREAM_WATCH, call, "", 0, &stream), PL_OK);
    for (int i = 0; i < 3; i++)
        assert_int_equal(stream_recv_response(stream, &message), PL_OK);
    assert_int_equal(pl_stream_close(stream), PL_OK);
    assert_int_equal(pl_call_error(call)->code, PL_OK);
    assert_true(stream_await(&impl, &impl.left, 1));
    assert_int_equal(impl.ended, PL_CANCELLED);
    pl_call_free(call);
    stream_impl_stop(&impl);
}

static void half_an_upload_is_never_taken_for_a_whole_one(void **state) {
    pl_call *call = echo_new_call(FIXTURE_PATIENCE_MS);
    pl_stream *stream = NULL;
    stream_impl impl;

    (void)state;
    stream_impl_start(&impl, stream_plain, NULL);
    for (unsigned i = 1; i <= 300; i++) {
        assert_int_equal(stream_open_method(&impl, STREAM_UPLOAD, call, NULL, 0, &stream), PL_OK);
        assert_int_equal(stream_send_request(stream, "x", 1), PL_OK);
        assert_true(stream_await(&impl, &impl.seen, i));
        assert_int_equal(pl_stream_close(stream), PL_CANCELLED);
        assert_int_equal(pl_call_error(call)->code, PL_CANCELLED);
        assert_true(stream_await(&impl, &impl.left, i));
        assert_int_equal(impl.ended, PL_CANCELLED);
    }
    pl_call_free(call);
    stream_impl_stop(&impl);
}

static void a_cancelled_stream_gives_out_nothing_more(void **state) {
    pl_call *call = echo_new_call(FIXTURE_PATIENCE_MS);
    const echo_response *message;
    pl_stream *stream = NULL;
    unsigned got = 0;
    stream_impl impl;

    (void)state;
    stream_impl_start(&impl, stream_endless, NULL);
    assert_int_equal(stream_open_method(&impl, STREAM_WATCH, call, "", 0, &stream), PL_OK);
    assert_int_equal(stream_recv_response(stream, &message), PL_OK);
    (void)stream_settled(&impl, &impl.sent); /* the queue is full */
    pl_stream_cancel(stream);
    assert_true(stream_await(&impl, &impl.left, 1));
    while (stream_recv_response(stream, &message) == PL_OK)
        got++;
    assert_in_range(got, 0, 1);
    assert_int_equal(pl_call_error(call)->code, PL_CANCELLED);
    assert_int_equal(pl_stream_close(stream), PL_CANCELLED);
    pl_call_free(call);
    stream_impl_stop(&impl);
}

static void the_deadline_ends_both_sides(void **state) {
    pl_call *call = echo_new_call(0);
    const echo_response *message;
    pl_stream *stream = NULL;
    stream_impl impl;

    (void)state;
    stream_impl_start(&impl, stream_plain, NULL);
    assert_int_equal(stream_open_method(&impl, STREAM_TIMED, call, NULL, 0, &stream), PL_OK);
    assert_int_equal(stream_recv_response(stream, &message), PL_DEADLINE_EXCEEDED);
    assert_int_equal(pl_call_error(call)->code, PL_DEADLINE_EXCEEDED);
    assert_int_equal(pl_stream_close(stream), PL_DEADLINE_EXCEEDED);
    assert_true(stream_await(&impl, &impl.left, 1));
    /* The handler's deadline is a moment later than the caller's, who gives up at it. */
    assert_true(impl.ended == PL_DEADLINE_EXCEEDED || impl.ended == PL_CANCELLED);
    pl_call_free(call);
    stream_impl_stop(&impl);
}

static void an_invalid_message_ends_the_stream_with_its_violations(void **state) {
    pl_call *call = echo_new_call(FIXTURE_PATIENCE_MS);
    const echo_response *message;
    pl_stream *stream = NULL;
    stream_impl impl;

    (void)state;
    stream_impl_start(&impl, stream_plain, NULL);
    assert_int_equal(stream_open_method(&impl, STREAM_LIMITED, call, NULL, 0, &stream), PL_OK);
    expect_echo(stream, 1);
    assert_int_equal(stream_send_request(stream, "far too long", 2), PL_OK);
    assert_int_equal(stream_recv_response(stream, &message), PL_INVALID_ARGUMENT);
    assert_int_equal(pl_stream_close(stream), PL_INVALID_ARGUMENT);
    assert_string_equal(pl_call_error(call)->reason, "INVALID_REQUEST");
    assert_string_equal(pl_call_violations(call)->items[0].field, "text");
    assert_int_equal(stream_read(&impl, &impl.seen), 1);
    pl_call_free(call);
    stream_impl_stop(&impl);
}

static void a_malformed_message_ends_the_stream(void **state) {
    pl_bytes_request request = {.path = "/" STREAM_SERVICE "/Chat", .deadline_ns = PL_NEVER};
    pl_bytes_reply *reply = NULL;
    pl_stream *stream = NULL;
    stream_impl impl;
    pl_str message;
    bool came;

    (void)state;
    stream_impl_start(&impl, stream_plain, NULL);
    assert_int_equal(pl_stream_open_bytes(impl.channel, &request, &stream, NULL), PL_OK);
    assert_int_equal(pl_stream_send_bytes(stream, pl_str_c("\xff\xff")), PL_OK);
    assert_int_equal(pl_stream_recv_bytes(stream, &message, &came), PL_INVALID_ARGUMENT);
    pl_stream_close_bytes(stream, &reply);
    assert_int_equal(reply->code, PL_INVALID_ARGUMENT);
    assert_int_equal(stream_read(&impl, &impl.seen), 0);
    pl_bytes_reply_free(reply);
    stream_impl_stop(&impl);
}

static void a_message_over_the_limit_of_the_method_ends_the_stream(void **state) {
    pl_call *call = echo_new_call(FIXTURE_PATIENCE_MS);
    char text[200];
    const echo_response *message;
    pl_stream *stream = NULL;
    stream_impl impl;

    (void)state;
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    stream_impl_start(&impl, stream_plain, NULL);
    assert_int_equal(stream_open_method(&impl, STREAM_LIMITED, call, NULL, 0, &stream), PL_OK);
    assert_int_equal(stream_send_request(stream, text, 1), PL_OK);
    assert_int_equal(stream_recv_response(stream, &message), PL_RESOURCE_EXHAUSTED);
    assert_non_null(strstr(pl_call_error(call)->message, "at most 100"));
    assert_int_equal(pl_stream_close(stream), PL_RESOURCE_EXHAUSTED);
    pl_call_free(call);
    stream_impl_stop(&impl);
}

static void a_message_over_the_limit_of_the_server_is_seen_as_such(void **state) {
    pl_server_opts opts = PL_SERVER_OPTS_INIT;
    pl_call *call = echo_new_call(FIXTURE_PATIENCE_MS);
    const echo_response *message;
    pl_stream *stream = NULL;
    stream_impl impl;
    char text[2000];

    (void)state;
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    opts.max_message = 1000;
    stream_impl_start(&impl, stream_plain, &opts);
    assert_int_equal(stream_open_method(&impl, STREAM_CHAT, call, NULL, 0, &stream), PL_OK);
    assert_int_equal(stream_send_request(stream, text, 1), PL_OK);
    assert_int_equal(stream_recv_response(stream, &message), PL_RESOURCE_EXHAUSTED);
    assert_int_equal(pl_stream_close(stream), PL_RESOURCE_EXHAUSTED);
    /* Whether its handler had begun or not. */
    assert_true(stream_await(&impl, &impl.finished, 1));
    pl_call_free(call);
    stream_impl_stop(&impl);
}

static void an_upload_with_a_message_too_long_is_not_whole(void **state) {
    pl_server_opts opts = PL_SERVER_OPTS_INIT;
    const ProtobufCMessage *answer;
    stream_impl impl;
    char text[2000];

    (void)state;
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    opts.max_message = 1000;
    stream_impl_start(&impl, stream_plain, &opts);
    for (unsigned i = 1; i <= 20; i++) {
        pl_call *call = echo_new_call(FIXTURE_PATIENCE_MS);
        pl_stream *stream = NULL;

        assert_int_equal(stream_open_method(&impl, STREAM_UPLOAD, call, NULL, 0, &stream), PL_OK);
        assert_int_equal(stream_send_request(stream, "x", 1), PL_OK);
        assert_true(stream_await(&impl, &impl.seen, i));
        assert_int_equal(stream_send_request(stream, text, 1), PL_OK);
        assert_int_equal(pl_stream_answer(stream, &answer), PL_RESOURCE_EXHAUSTED);
        assert_true(stream_await(&impl, &impl.left, i));
        assert_int_equal(impl.ended, PL_CANCELLED);
        assert_int_equal(pl_stream_close(stream), PL_RESOURCE_EXHAUSTED);
        pl_call_free(call);
    }
    stream_impl_stop(&impl);
}

static void bytes_pass_as_they_are(void **state) {
    pl_bytes_request request = {.path = "/" STREAM_SERVICE "/Watch", .deadline_ns = PL_NEVER};
    pl_bytes_reply *reply = NULL;
    pl_stream *stream = NULL;
    stream_impl impl;
    pl_str message;
    unsigned count = 0;
    bool came;

    (void)state;
    stream_impl_start(&impl, stream_plain, NULL);
    assert_int_equal(pl_stream_open_bytes(impl.channel, &request, &stream, NULL), PL_OK);
    assert_int_equal(pl_stream_send_bytes(stream, pl_str_c("\x0a\x01m\x10\x02")), PL_OK);
    pl_stream_end(stream);
    while (pl_stream_recv_bytes(stream, &message, &came) == PL_OK && came)
        count++;
    assert_int_equal(count, 2);
    pl_stream_close_bytes(stream, &reply);
    assert_int_equal(reply->code, PL_OK);
    pl_bytes_reply_free(reply);
    stream_impl_stop(&impl);
}

static void nothing_can_be_sent_after_the_end(void **state) {
    pl_call *call = echo_new_call(FIXTURE_PATIENCE_MS);
    const echo_response *message;
    pl_stream *stream = NULL;
    stream_impl impl;

    (void)state;
    stream_impl_start(&impl, stream_plain, NULL);
    assert_int_equal(stream_open_method(&impl, STREAM_CHAT, call, NULL, 0, &stream), PL_OK);
    pl_stream_end(stream);
    assert_int_equal(stream_send_request(stream, "late", 1), PL_FAILED_PRECONDITION);
    assert_int_equal(stream_recv_response(stream, &message), PL_OK);
    assert_int_equal(stream_send_request(stream, "later", 1), PL_FAILED_PRECONDITION);
    assert_int_equal(pl_stream_close(stream), PL_OK);
    pl_call_free(call);
    stream_impl_stop(&impl);
}

static void who_cannot_send_hears_why_at_the_close(void **state) {
    pl_call *call = echo_new_call(FIXTURE_PATIENCE_MS);
    echo_request request = ECHO_REQUEST_INIT;
    size_t size = PL_CHANNEL_MAX_MESSAGE + 1;
    char *text = malloc(size);
    pl_stream *stream = NULL;
    stream_impl impl;

    (void)state;
    assert_non_null(text);
    memset(text, 'x', size - 1);
    text[size - 1] = '\0';
    request.text = text;
    stream_impl_start(&impl, stream_plain, NULL);
    assert_int_equal(stream_open_method(&impl, STREAM_CHAT, call, NULL, 0, &stream), PL_OK);
    assert_int_equal(pl_stream_send(stream, &request.base), PL_INTERNAL);
    assert_int_equal(pl_stream_close(stream), PL_INTERNAL);
    assert_int_equal(pl_call_error(call)->code, PL_INTERNAL);
    assert_non_null(strstr(pl_call_error(call)->message, "can be sent"));
    free(text);
    pl_call_free(call);
    stream_impl_stop(&impl);
}

static void a_channel_that_takes_large_answers_sends_large_requests(void **state) {
    pl_server_opts server_opts = PL_SERVER_OPTS_INIT;
    pl_channel_opts opts = PL_CHANNEL_OPTS_INIT;
    pl_call *call = echo_new_call(FIXTURE_PATIENCE_MS);
    echo_request request = ECHO_REQUEST_INIT;
    const ProtobufCMessage *message = NULL;
    size_t size = PL_CHANNEL_MAX_MESSAGE + 1;
    char *text = malloc(size);
    pl_channel *channel = NULL;
    pl_stream *stream = NULL;
    stream_impl impl;
    char address[32];

    (void)state;
    assert_non_null(text);
    memset(text, 'x', size - 1);
    text[size - 1] = '\0';
    request.text = text;
    server_opts.max_message = opts.max_message = 2 * PL_CHANNEL_MAX_MESSAGE;
    server_opts.arena_budget = 8 * PL_CHANNEL_MAX_MESSAGE;
    stream_impl_start(&impl, stream_plain, &server_opts);
    opts.target = stream_impl_address(&impl, address);
    assert_int_equal(pl_channel_new(&opts, &channel, NULL), PL_OK);
    assert_int_equal(
        pl_stream_open(&stream_methods[STREAM_CHAT], channel, NULL, call, NULL, &stream), PL_OK);
    assert_int_equal(pl_stream_send(stream, &request.base), PL_OK);
    pl_stream_end(stream);
    assert_int_equal(pl_stream_recv(stream, &message), PL_OK);
    assert_non_null(message);
    assert_int_equal(pl_stream_close(stream), PL_OK);
    free(text);
    pl_channel_free(channel);
    pl_call_free(call);
    stream_impl_stop(&impl);
}

static void an_upstream_that_is_not_there_opens_the_breaker(void **state) {
    pl_call *call = echo_new_call(FIXTURE_PATIENCE_MS);
    pl_channel_opts opts = PL_CHANNEL_OPTS_INIT;
    const echo_response *message;
    pl_stream *stream = NULL;
    pl_channel_stats stats;
    stream_impl impl;

    (void)state;
    stream_impl_init(&impl, stream_plain);
    opts.target = "127.0.0.1:1";
    assert_int_equal(pl_channel_new(&opts, &impl.channel, NULL), PL_OK);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(stream_open_method(&impl, STREAM_WATCH, call, "", 1, &stream), PL_OK);
        assert_int_equal(stream_recv_response(stream, &message), PL_UNAVAILABLE);
        assert_int_equal(pl_stream_close(stream), PL_UNAVAILABLE);
        assert_string_equal(pl_call_error(call)->reason, "UPSTREAM_UNAVAILABLE");
    }
    assert_int_equal(stream_open_method(&impl, STREAM_WATCH, call, "", 1, &stream), PL_UNAVAILABLE);
    assert_string_equal(pl_call_error(call)->reason, "CIRCUIT_OPEN");
    pl_channel_read_stats(impl.channel, &stats);
    assert_int_equal(stats.in_flight, 0);
    pl_call_free(call);
    stream_impl_stop(&impl);
}

static void a_stream_has_a_place_in_the_bulkhead(void **state) {
    pl_call *call = echo_new_call(FIXTURE_PATIENCE_MS);
    pl_channel_opts opts = PL_CHANNEL_OPTS_INIT;
    pl_stream *first = NULL, *second = NULL;
    pl_channel *channel;
    stream_impl impl;
    char address[32];

    (void)state;
    stream_impl_start(&impl, stream_endless, NULL);
    channel = impl.channel;
    opts.target = stream_impl_address(&impl, address);
    opts.bulkhead = opts.bulkhead_wait_ms = 1;
    assert_int_equal(pl_channel_new(&opts, &impl.channel, NULL), PL_OK);
    assert_int_equal(stream_open_method(&impl, STREAM_WATCH, call, "", 0, &first), PL_OK);
    assert_int_equal(stream_open_method(&impl, STREAM_WATCH, call, "", 0, &second), PL_UNAVAILABLE);
    assert_string_equal(pl_call_error(call)->reason, "BULKHEAD_FULL");
    assert_int_equal(pl_stream_close(first), PL_OK);
    assert_int_equal(stream_open_method(&impl, STREAM_WATCH, call, "", 0, &second), PL_OK);
    assert_int_equal(pl_stream_close(second), PL_OK);
    pl_channel_free(channel);
    pl_call_free(call);
    stream_impl_stop(&impl);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(server_stream_brings_every_message_in_order),
        cmocka_unit_test(client_stream_is_answered_once),
        cmocka_unit_test(both_sides_talk_in_turn),
        cmocka_unit_test(streams_may_be_empty),
        cmocka_unit_test(what_was_sent_before_an_error_comes_before_it),
        cmocka_unit_test(metadata_goes_both_ways),
        cmocka_unit_test(an_error_alone_has_no_initial_metadata),
        cmocka_unit_test(a_consumer_that_has_enough_closes_with_ok),
        cmocka_unit_test(half_an_upload_is_never_taken_for_a_whole_one),
        cmocka_unit_test(a_cancelled_stream_gives_out_nothing_more),
        cmocka_unit_test(the_deadline_ends_both_sides),
        cmocka_unit_test(an_invalid_message_ends_the_stream_with_its_violations),
        cmocka_unit_test(a_malformed_message_ends_the_stream),
        cmocka_unit_test(a_message_over_the_limit_of_the_method_ends_the_stream),
        cmocka_unit_test(a_message_over_the_limit_of_the_server_is_seen_as_such),
        cmocka_unit_test(an_upload_with_a_message_too_long_is_not_whole),
        cmocka_unit_test(bytes_pass_as_they_are),
        cmocka_unit_test(nothing_can_be_sent_after_the_end),
        cmocka_unit_test(who_cannot_send_hears_why_at_the_close),
        cmocka_unit_test(a_channel_that_takes_large_answers_sends_large_requests),
        cmocka_unit_test(an_upstream_that_is_not_there_opens_the_breaker),
        cmocka_unit_test(a_stream_has_a_place_in_the_bulkhead),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
