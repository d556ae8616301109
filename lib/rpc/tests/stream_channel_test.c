/* Streams between a channel and a server. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stream_fixture.h"

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
    const echo_response *message;
    pl_stream *stream = NULL;
    stream_impl impl;

    (void)state;
    stream_impl_start(&impl, stream_plain, NULL);
    assert_int_equal(stream_open_method(&impl, STREAM_CHAT, call, NULL, 0, &stream), PL_OK);
    for (int64_t i = 0; i < 200; i++) {
        assert_int_equal(stream_send_request(stream, "ping", i), PL_OK);
        assert_int_equal(stream_recv_response(stream, &message), PL_OK);
        assert_int_equal(message->number, i);
    }
    pl_stream_end(stream);
    pl_stream_end(stream);
    assert_int_equal(stream_recv_response(stream, &message), PL_OK);
    assert_null(message);
    assert_int_equal(pl_stream_close(stream), PL_OK);
    pl_call_free(call);
    stream_impl_stop(&impl);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(server_stream_brings_every_message_in_order),
        cmocka_unit_test(client_stream_is_answered_once),
        cmocka_unit_test(both_sides_talk_in_turn),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
