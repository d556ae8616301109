/* What a server does with streams that do not behave, and at its end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "parley/test/proxy.h"
#include "stream_client.h"
#include "stream_expect.h"

/* More than the queues of both ends and what core keeps of a stream. */
#define FAR_TOO_MANY (2u << 20)
#define LONG_TEXT    60000

static pl_code send_long(stream_impl *impl, pl_call *call, const echo_request *request,
                         pl_stream *stream, ProtobufCMessage **out_response) {
    static char text[LONG_TEXT + 1];
    pl_code code = PL_OK;

    (void)call;
    (void)request;
    (void)out_response;
    memset(text, 'x', LONG_TEXT);
    while (code == PL_OK) {
        code = stream_send_response(stream, text, 0);
        if (code == PL_OK)
            stream_note(impl, &impl->sent);
    }
    return code;
}

static void a_reader_that_does_not_read_holds_up_the_sender(void **state) {
    pl_call *call = echo_new_call(FIXTURE_PATIENCE_MS);
    const echo_response *message;
    pl_stream *stream = NULL;
    stream_impl impl;
    unsigned sent;

    (void)state;
    stream_impl_start(&impl, send_long, NULL);
    assert_int_equal(stream_open_method(&impl, STREAM_WATCH, call, "", 0, &stream), PL_OK);
    assert_true(stream_await(&impl, &impl.sent, 1));
    sent = stream_settled(&impl, &impl.sent);
    assert_in_range(sent, 1, FAR_TOO_MANY / LONG_TEXT);
    for (unsigned i = 0; i < sent; i++)
        assert_int_equal(stream_recv_response(stream, &message), PL_OK);
    assert_true(stream_await(&impl, &impl.sent, sent + 1));
    assert_int_equal(pl_stream_close(stream), PL_OK);
    pl_call_free(call);
    stream_impl_stop(&impl);
}

static void a_handler_that_does_not_read_holds_up_the_sender(void **state) {
    static char text[LONG_TEXT + 1];
    pl_call *call = echo_new_call(2000);
    pl_stream *stream = NULL;
    unsigned sent = 0;
    stream_impl impl;

    (void)state;
    memset(text, 'x', LONG_TEXT);
    stream_impl_start(&impl, stream_gated, NULL);
    assert_int_equal(stream_open_method(&impl, STREAM_UPLOAD, call, NULL, 0, &stream), PL_OK);
    while (stream_send_request(stream, text, 1) == PL_OK)
        sent++;
    assert_in_range(sent, 1, FAR_TOO_MANY / LONG_TEXT);
    assert_int_equal(pl_stream_close(stream), PL_DEADLINE_EXCEEDED);
    pl_call_free(call);
    stream_impl_stop(&impl);
}

static void a_caller_that_takes_nothing_is_given_up(void **state) {
    pl_server_opts opts = PL_SERVER_OPTS_INIT;
    pl_call *call = echo_new_call(FIXTURE_PATIENCE_MS);
    pl_stream *stream = NULL;
    stream_impl impl;

    (void)state;
    opts.stall_ms = 200;
    stream_impl_start(&impl, send_long, &opts);
    assert_int_equal(stream_open_method(&impl, STREAM_WATCH, call, "", 0, &stream), PL_OK);
    assert_true(stream_await(&impl, &impl.left, 1));
    assert_int_equal(impl.ended, PL_CANCELLED);
    (void)pl_stream_close(stream);
    pl_call_free(call);
    stream_impl_stop(&impl);
}

static void a_caller_that_takes_what_comes_is_not_given_up(void **state) {
    enum { STALL_MS = 1500 }; /* the machine may take some of it */
    pl_server_opts opts = PL_SERVER_OPTS_INIT;
    pl_call *call = echo_new_call(FIXTURE_PATIENCE_MS);
    const echo_response *message;
    pl_stream *stream = NULL;
    stream_impl impl;
    int64_t end;

    (void)state;
    opts.stall_ms = STALL_MS;
    stream_impl_start(&impl, send_long, &opts);
    assert_int_equal(stream_open_method(&impl, STREAM_WATCH, call, "", 0, &stream), PL_OK);
    end = pl_deadline_ms(2 * STALL_MS);
    while (pl_now_ns() < end) {
        assert_int_equal(stream_recv_response(stream, &message), PL_OK);
        assert_non_null(message);
    }
    assert_int_equal(pl_stream_close(stream), PL_OK);
    pl_call_free(call);
    stream_impl_stop(&impl);
}

/* From here on IMPL's channel goes through a proxy. */
static pl_test_proxy *put_proxy(stream_impl *impl) {
    pl_test_proxy *proxy = NULL;
    char address[32];

    assert_int_equal(pl_test_proxy_start(stream_impl_address(impl, address), &proxy, NULL), PL_OK);
    pl_channel_free(impl->channel);
    impl->channel = echo_channel(pl_test_proxy_address(proxy));
    return proxy;
}

static void a_caller_behind_a_dead_network_is_given_up(void **state) {
    pl_server_opts opts = PL_SERVER_OPTS_INIT;
    pl_call *call = echo_new_call(FIXTURE_PATIENCE_MS);
    const echo_response *message;
    pl_test_proxy *proxy;
    pl_stream *stream = NULL;
    stream_impl impl;

    (void)state;
    opts.stall_ms = 200;
    stream_impl_start(&impl, send_long, &opts);
    proxy = put_proxy(&impl);
    assert_int_equal(stream_open_method(&impl, STREAM_WATCH, call, "", 0, &stream), PL_OK);
    assert_int_equal(stream_recv_response(stream, &message), PL_OK);
    pl_test_proxy_stall(proxy);
    assert_true(stream_await(&impl, &impl.left, 1));
    assert_int_equal(impl.ended, PL_CANCELLED);
    (void)pl_stream_close(stream);
    pl_test_proxy_free(proxy);
    pl_call_free(call);
    stream_impl_stop(&impl);
}

static void a_stream_whose_connection_breaks_is_in_doubt(void **state) {
    pl_call *call = echo_new_call(FIXTURE_PATIENCE_MS);
    const echo_response *message;
    pl_test_proxy *proxy;
    pl_stream *stream = NULL;
    stream_impl impl;
    pl_code code;

    (void)state;
    stream_impl_start(&impl, stream_endless, NULL);
    proxy = put_proxy(&impl);
    assert_int_equal(stream_open_method(&impl, STREAM_WATCH, call, "", 0, &stream), PL_OK);
    assert_int_equal(stream_recv_response(stream, &message), PL_OK);
    pl_test_proxy_cut(proxy);
    while ((code = stream_recv_response(stream, &message)) == PL_OK)
        assert_non_null(message);
    assert_int_equal(code, PL_UNAVAILABLE);
    assert_string_equal(pl_call_error(call)->reason, PL_REASON_OUTCOME_UNKNOWN);
    assert_int_equal(pl_stream_close(stream), PL_UNAVAILABLE);
    assert_string_equal(pl_call_error(call)->reason, PL_REASON_OUTCOME_UNKNOWN);
    assert_true(stream_await(&impl, &impl.left, 1));
    assert_int_equal(impl.ended, PL_CANCELLED);
    pl_test_proxy_free(proxy);
    pl_call_free(call);
    stream_impl_stop(&impl);
}

static void an_upload_whose_connection_breaks_is_not_whole(void **state) {
    pl_call *call = echo_new_call(FIXTURE_PATIENCE_MS);
    const ProtobufCMessage *answer = NULL;
    pl_test_proxy *proxy;
    pl_stream *stream = NULL;
    stream_impl impl;

    (void)state;
    stream_impl_start(&impl, stream_plain, NULL);
    proxy = put_proxy(&impl);
    assert_int_equal(stream_open_method(&impl, STREAM_UPLOAD, call, NULL, 0, &stream), PL_OK);
    assert_int_equal(stream_send_request(stream, "x", 1), PL_OK);
    assert_true(stream_await(&impl, &impl.seen, 1));
    pl_test_proxy_cut(proxy);
    assert_true(stream_await(&impl, &impl.left, 1));
    assert_int_equal(impl.ended, PL_CANCELLED);
    assert_int_equal(pl_stream_answer(stream, &answer), PL_UNAVAILABLE);
    assert_int_equal(pl_stream_close(stream), PL_UNAVAILABLE);
    pl_test_proxy_free(proxy);
    pl_call_free(call);
    stream_impl_stop(&impl);
}

static void a_server_that_falls_silent_is_noticed_by_keepalive(void **state) {
    pl_channel_opts opts = PL_CHANNEL_OPTS_INIT;
    pl_call *call = echo_new_call(6 * FIXTURE_PATIENCE_MS);
    const echo_response *message;
    pl_test_proxy *proxy;
    pl_stream *stream = NULL;
    stream_impl impl;

    (void)state;
    stream_impl_start(&impl, stream_plain, NULL);
    proxy = put_proxy(&impl);
    pl_channel_free(impl.channel);
    opts.target = pl_test_proxy_address(proxy);
    opts.keepalive_ms = 500;
    assert_int_equal(pl_channel_new(&opts, &impl.channel, NULL), PL_OK);
    assert_int_equal(stream_open_method(&impl, STREAM_CHAT, call, NULL, 0, &stream), PL_OK);
    expect_echo(stream, 1);
    pl_test_proxy_stall(proxy);
    assert_int_equal(stream_recv_response(stream, &message), PL_UNAVAILABLE);
    assert_int_equal(pl_stream_close(stream), PL_UNAVAILABLE);
    pl_test_proxy_free(proxy);
    pl_call_free(call);
    stream_impl_stop(&impl);
}

static void one_stream_too_many_is_refused(void **state) {
    enum { STREAMS = 64 };
    pl_stream *streams[STREAMS] = {NULL}, *extra = NULL;
    pl_call *calls[STREAMS + 1];
    const echo_response *message;
    pl_server_stats stats;
    stream_impl impl;

    (void)state;
    stream_impl_start(&impl, stream_plain, NULL);
    for (unsigned i = 0; i <= STREAMS; i++)
        calls[i] = echo_new_call(FIXTURE_PATIENCE_MS);
    for (unsigned i = 0; i < STREAMS; i++)
        assert_int_equal(stream_open_method(&impl, STREAM_CHAT, calls[i], NULL, 0, &streams[i]),
                         PL_OK);
    assert_true(stream_await(&impl, &impl.entered, STREAMS));
    pl_server_read_stats(impl.server, &stats);
    assert_int_equal(stats.streams, STREAMS);
    assert_int_equal(stream_open_method(&impl, STREAM_CHAT, calls[STREAMS], NULL, 0, &extra),
                     PL_OK);
    assert_int_equal(stream_recv_response(extra, &message), PL_RESOURCE_EXHAUSTED);
    assert_int_equal(pl_stream_close(extra), PL_RESOURCE_EXHAUSTED);
    assert_string_equal(pl_call_error(calls[STREAMS])->reason, "STREAMS_FULL");
    assert_int_equal(pl_call_error(calls[STREAMS])->retry_after_ms, 100);
    pl_server_read_stats(impl.server, &stats);
    assert_int_equal(stats.refused, 1);
    for (unsigned i = 0; i < STREAMS; i++) {
        expect_echo(streams[i], i);
        assert_int_equal(pl_stream_close(streams[i]), PL_OK);
    }
    assert_true(stream_await(&impl, &impl.left, STREAMS));
    assert_int_equal(stream_open_method(&impl, STREAM_WATCH, calls[STREAMS], "", 1, &extra), PL_OK);
    assert_int_equal(stream_recv_response(extra, &message), PL_OK);
    assert_int_equal(pl_stream_close(extra), PL_OK);
    for (unsigned i = 0; i <= STREAMS; i++)
        pl_call_free(calls[i]);
    stream_impl_stop(&impl);
}

static void headers_without_a_message_do_not_keep_a_stream(void **state) {
    pl_server_opts opts = PL_SERVER_OPTS_INIT;
    stream_client client;
    stream_impl impl;
    char address[32];

    (void)state;
    opts.deadline_ms = 100;
    stream_impl_start(&impl, stream_plain, &opts);
    stream_open(&client, stream_impl_address(&impl, address), "/" STREAM_SERVICE "/Upload");
    assert_true(stream_await(&impl, &impl.left, 1));
    assert_int_equal(impl.ended, PL_CANCELLED);
    (void)stream_close(&client);
    stream_impl_stop(&impl);
}

/* A stream of METHOD of a server that gives calls without a deadline less time than a test needs.
 */
static pl_stream *open_with_deadline(stream_impl *impl, stream_handler *handler, pl_call *call,
                                     int method) {
    pl_server_opts opts = PL_SERVER_OPTS_INIT;
    pl_stream *stream = NULL;

    opts.deadline_ms = 50;
    stream_impl_start(impl, handler, &opts);
    assert_int_equal(stream_open_method(impl, method, call, NULL, 0, &stream), PL_OK);
    return stream;
}

static void a_stream_outlives_the_deadline_of_unary_calls(void **state) {
    pl_call *call = echo_new_call(FIXTURE_PATIENCE_MS);
    pl_stream *stream;
    stream_impl impl;

    (void)state;
    stream = open_with_deadline(&impl, stream_plain, call, STREAM_CHAT);
    expect_echo(stream, 1);
    (void)stream_settled(&impl, &impl.left); /* longer than that */
    expect_echo(stream, 2);
    assert_int_equal(pl_stream_close(stream), PL_OK);
    pl_call_free(call);
    stream_impl_stop(&impl);
}

/* Says something, then reads until the end. */
static pl_code speak_first(stream_impl *impl, pl_call *call, const echo_request *request,
                           pl_stream *stream, ProtobufCMessage **out_response) {
    pl_code code = stream_send_response(stream, "hello", 0);

    return code == PL_OK ? stream_plain(impl, call, request, stream, out_response) : code;
}

static void a_caller_that_only_listens_is_not_given_up(void **state) {
    const echo_response *message;
    pl_call *call = echo_new_call(FIXTURE_PATIENCE_MS);
    pl_stream *stream;
    stream_impl impl;

    (void)state;
    stream = open_with_deadline(&impl, speak_first, call, STREAM_CHAT);
    assert_int_equal(stream_recv_response(stream, &message), PL_OK);
    assert_int_equal(stream_settled(&impl, &impl.left), 0); /* longer than that */
    expect_echo(stream, 2);
    assert_int_equal(pl_stream_close(stream), PL_OK);
    pl_call_free(call);
    stream_impl_stop(&impl);
}

static void a_caller_that_pauses_after_its_first_message_is_not_given_up(void **state) {
    pl_call *call = echo_new_call(FIXTURE_PATIENCE_MS);
    const ProtobufCMessage *answer = NULL;
    pl_stream *stream;
    stream_impl impl;

    (void)state;
    stream = open_with_deadline(&impl, stream_plain, call, STREAM_UPLOAD);
    assert_int_equal(stream_send_request(stream, "x", 1), PL_OK);
    assert_true(stream_await(&impl, &impl.seen, 1));
    assert_int_equal(stream_settled(&impl, &impl.left), 0); /* for longer than the deadline */
    assert_int_equal(pl_stream_answer(stream, &answer), PL_OK);
    assert_int_equal(pl_stream_close(stream), PL_OK);
    pl_call_free(call);
    stream_impl_stop(&impl);
}

static void a_caller_that_ends_without_a_message_is_not_given_up(void **state) {
    pl_call *call = echo_new_call(FIXTURE_PATIENCE_MS);
    const ProtobufCMessage *answer = NULL;
    pl_stream *stream;
    stream_impl impl;

    (void)state;
    stream = open_with_deadline(&impl, stream_gated, call, STREAM_UPLOAD);
    pl_stream_end(stream);
    assert_int_equal(stream_settled(&impl, &impl.left), 0); /* for longer than the deadline */
    stream_open_gate(&impl);
    assert_int_equal(pl_stream_answer(stream, &answer), PL_OK);
    assert_int_equal(pl_stream_close(stream), PL_OK);
    pl_call_free(call);
    stream_impl_stop(&impl);
}

static void a_handler_that_cannot_send_may_return_the_code_as_it_is(void **state) {
    pl_server_opts opts = PL_SERVER_OPTS_INIT;
    pl_call *call = echo_new_call(FIXTURE_PATIENCE_MS);
    const echo_response *message;
    pl_stream *stream = NULL;
    stream_impl impl;

    (void)state;
    opts.max_message = LONG_TEXT / 2;
    stream_impl_start(&impl, send_long, &opts);
    assert_int_equal(stream_open_method(&impl, STREAM_WATCH, call, "", 0, &stream), PL_OK);
    assert_int_equal(stream_recv_response(stream, &message), PL_INTERNAL);
    assert_non_null(strstr(pl_call_error(call)->message, "can be sent"));
    assert_int_equal(pl_stream_close(stream), PL_INTERNAL);
    pl_call_free(call);
    stream_impl_stop(&impl);
}

static void internal_methods_are_for_internal_callers(void **state) {
    pl_call *call = echo_new_call(FIXTURE_PATIENCE_MS);
    const echo_response *message;
    pl_stream *stream = NULL;
    stream_impl impl;

    (void)state;
    stream_impl_start(&impl, stream_plain, NULL);
    assert_int_equal(stream_open_method(&impl, STREAM_INTERNAL, call, "", 1, &stream), PL_OK);
    assert_int_equal(stream_recv_response(stream, &message), PL_PERMISSION_DENIED);
    assert_int_equal(pl_stream_close(stream), PL_PERMISSION_DENIED);
    assert_int_equal(stream_read(&impl, &impl.entered), 0);
    pl_call_free(call);
    stream_impl_stop(&impl);
}

static void a_stream_that_hears_of_the_drain_ends_with_ok(void **state) {
    pl_call *call = echo_new_call(FIXTURE_PATIENCE_MS);
    const echo_response *message;
    pl_stream *stream = NULL;
    stream_impl impl;

    (void)state;
    stream_impl_start(&impl, stream_until_stopping, NULL);
    assert_int_equal(stream_open_method(&impl, STREAM_WATCH, call, "", 0, &stream), PL_OK);
    assert_int_equal(stream_recv_response(stream, &message), PL_OK);
    assert_int_equal(pl_server_drain(impl.server, FIXTURE_PATIENCE_MS), PL_OK);
    expect_end(stream);
    pl_call_free(call);
    stream_impl_stop(&impl);
}

static void a_stream_that_goes_on_is_cancelled_after_the_grace(void **state) {
    pl_call *call = echo_new_call(FIXTURE_PATIENCE_MS);
    const echo_response *message;
    pl_stream *stream = NULL;
    stream_impl impl;
    pl_code code;

    (void)state;
    stream_impl_start(&impl, stream_endless, NULL);
    assert_int_equal(stream_open_method(&impl, STREAM_WATCH, call, "", 0, &stream), PL_OK);
    assert_int_equal(stream_recv_response(stream, &message), PL_OK);
    assert_int_equal(pl_server_drain(impl.server, 50), PL_DEADLINE_EXCEEDED);
    assert_int_equal(impl.ended, PL_CANCELLED);
    while ((code = stream_recv_response(stream, &message)) == PL_OK)
        assert_non_null(message);
    assert_int_equal(code, PL_UNAVAILABLE);
    assert_int_equal(pl_stream_close(stream), PL_UNAVAILABLE);
    pl_call_free(call);
    stream_impl_stop(&impl);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reader_that_does_not_read_holds_up_the_sender),
        cmocka_unit_test(a_handler_that_does_not_read_holds_up_the_sender),
        cmocka_unit_test(a_caller_that_takes_nothing_is_given_up),
        cmocka_unit_test(a_caller_that_takes_what_comes_is_not_given_up),
        cmocka_unit_test(a_caller_behind_a_dead_network_is_given_up),
        cmocka_unit_test(a_stream_whose_connection_breaks_is_in_doubt),
        cmocka_unit_test(an_upload_whose_connection_breaks_is_not_whole),
        cmocka_unit_test(a_server_that_falls_silent_is_noticed_by_keepalive),
        cmocka_unit_test(one_stream_too_many_is_refused),
        cmocka_unit_test(headers_without_a_message_do_not_keep_a_stream),
        cmocka_unit_test(a_stream_outlives_the_deadline_of_unary_calls),
        cmocka_unit_test(a_caller_that_only_listens_is_not_given_up),
        cmocka_unit_test(a_caller_that_pauses_after_its_first_message_is_not_given_up),
        cmocka_unit_test(a_caller_that_ends_without_a_message_is_not_given_up),
        cmocka_unit_test(a_handler_that_cannot_send_may_return_the_code_as_it_is),
        cmocka_unit_test(internal_methods_are_for_internal_callers),
        cmocka_unit_test(a_stream_that_hears_of_the_drain_ends_with_ok),
        cmocka_unit_test(a_stream_that_goes_on_is_cancelled_after_the_grace),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
