#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stream_expect.h"

void expect_echo(pl_stream *stream, int64_t number) {
    const echo_response *message;

    assert_int_equal(stream_send_request(stream, "ping", number), PL_OK);
    assert_int_equal(stream_recv_response(stream, &message), PL_OK);
    assert_non_null(message);
    assert_int_equal(message->number, number);
}

void expect_end(pl_stream *stream) {
    const echo_response *message;

    assert_int_equal(stream_recv_response(stream, &message), PL_OK);
    assert_null(message);
    assert_int_equal(pl_stream_close(stream), PL_OK);
}

void expect_numbers(pl_stream *stream, int64_t count) {
    const echo_response *message;

    for (int64_t i = 0; i < count; i++) {
        assert_int_equal(stream_recv_response(stream, &message), PL_OK);
        assert_non_null(message);
        assert_int_equal(message->number, i);
    }
    expect_end(stream);
}

void expect_all_kinds(stream_impl *impl) {
    enum { COUNT = 500 };
    pl_call *call = echo_new_call(FIXTURE_PATIENCE_MS);
    const ProtobufCMessage *answer = NULL;
    pl_stream *stream = NULL;

    assert_int_equal(stream_open_method(impl, STREAM_WATCH, call, "hi", COUNT, &stream), PL_OK);
    expect_numbers(stream, COUNT);
    assert_int_equal(stream_open_method(impl, STREAM_UPLOAD, call, NULL, 0, &stream), PL_OK);
    for (int64_t i = 1; i <= COUNT; i++)
        assert_int_equal(stream_send_request(stream, "x", i), PL_OK);
    assert_int_equal(pl_stream_answer(stream, &answer), PL_OK);
    assert_int_equal(((const echo_response *)answer)->number, COUNT * (COUNT + 1) / 2);
    assert_int_equal(pl_stream_close(stream), PL_OK);
    assert_int_equal(stream_open_method(impl, STREAM_CHAT, call, NULL, 0, &stream), PL_OK);
    for (int64_t i = 0; i < COUNT / 5; i++)
        expect_echo(stream, i);
    pl_stream_end(stream);
    expect_end(stream);
    pl_call_free(call);
}
