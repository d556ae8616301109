/* Fails every allocation once: nothing leaks, nothing crashes, and what cannot be done is
 * said. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "codec.h"
#include "fixture.h"
#include "parley/loop/loop.h"
#include "parley/rpc/mock.h"
#include "parley/test/failmalloc.h"
#include "status.h"
#include "stream_fixture.h"

#define ALLOCATIONS_MAX 1000

/* Runs USE with each allocation failing once; it says PL_OK or PL_RESOURCE_EXHAUSTED, or one
 * of the codes that BESIDE allows. */
static void fail_each(pl_code (*use)(void), pl_code beside) {
    for (size_t n = 1; n < ALLOCATIONS_MAX; n++) {
        pl_code code;
        pl_test_fail_allocation(n);
        code = use();
        if (!pl_test_allocation_failed()) {
            assert_int_equal(code, PL_OK);
            return;
        }
        assert_true(code == PL_OK || code == PL_RESOURCE_EXHAUSTED || code == beside);
    }
    fail_msg("it allocates for ever");
}

static pl_code use_server(void) {
    pl_server_opts opts = PL_SERVER_OPTS_INIT;
    pl_service_binding binding = {&echo_service_desc, NULL};
    pl_server *server = NULL;
    pl_code code;

    opts.reflection = true;
    code = pl_server_new(&opts, &server, NULL);
    if (code == PL_OK)
        code = pl_server_add(server, binding, NULL);
    if (code == PL_OK)
        code = pl_server_start(server, NULL);
    pl_server_free(server);
    return code;
}

static void server_says_so_when_memory_runs_out(void **state) {
    (void)state;
    fail_each(use_server, PL_OK);
}

/* Nobody listens there: without a failed allocation the answer is PL_UNAVAILABLE. */
static pl_code use_channel(void) {
    pl_channel_opts opts = PL_CHANNEL_OPTS_INIT;
    pl_call_opts call_opts = PL_CALL_OPTS_INIT;
    pl_channel *channel = NULL;
    pl_call *call = NULL;
    pl_code code;

    opts.target = "127.0.0.1:1";
    call_opts.idempotency_key = "k";
    code = pl_channel_new(&opts, &channel, NULL);
    if (code == PL_OK)
        code = pl_call_new(&call_opts, &call, NULL);
    if (code == PL_OK)
        code = echo_call(channel, call, ECHO_ONCE, "text", 1, NULL);
    pl_call_free(call);
    pl_channel_free(channel);
    return code == PL_UNAVAILABLE ? PL_OK : code;
}

static void channel_says_so_when_memory_runs_out(void **state) {
    (void)state;
    fail_each(use_channel, PL_OK);
}

static pl_code use_bytes(void) {
    pl_metadata metadata[] = {{"x-colour", {"blue", 4}}};
    pl_bytes_request request = {.path = "/a.B/C", .metadata = metadata, .metadata_count = 1};
    pl_bytes_reply *reply = NULL;
    pl_channel_opts opts = PL_CHANNEL_OPTS_INIT;
    pl_channel *channel = NULL;
    pl_code code;

    opts.target = "127.0.0.1:1";
    request.deadline_ns = pl_deadline_ms(FIXTURE_PATIENCE_MS);
    code = pl_channel_new(&opts, &channel, NULL);
    if (code == PL_OK)
        code = pl_channel_call_bytes(channel, &request, &reply);
    pl_bytes_reply_free(reply);
    pl_channel_free(channel);
    return code == PL_UNAVAILABLE ? PL_OK : code;
}

static void call_in_bytes_says_so_when_memory_runs_out(void **state) {
    (void)state;
    fail_each(use_bytes, PL_OK);
}

static pl_code use_mock(void) {
    echo_request request = ECHO_REQUEST_INIT;
    echo_response answer = PARLEY__TEST__ECHO__V1__ECHO_RESPONSE__INIT;
    pl_call_opts opts = PL_CALL_OPTS_INIT;
    ProtobufCMessage *response = NULL;
    pl_mock *mock = pl_mock_new(&echo_service_desc);
    pl_call *call = NULL;
    pl_code code = mock ? pl_call_new(&opts, &call, NULL) : PL_RESOURCE_EXHAUSTED;

    if (code == PL_OK)
        code = pl_mock_answer(mock, ECHO_PLAIN, &answer.base);
    if (code == PL_OK)
        code = pl_mock_call(mock, ECHO_PLAIN, call, &request.base, &response);
    pl_call_free(call);
    pl_mock_free(mock);
    return code;
}

static void mock_says_so_when_memory_runs_out(void **state) {
    (void)state;
    fail_each(use_mock, PL_OK);
}

static pl_code use_status(void) {
    pl_arena arena = pl_arena_make(1 << 16);
    pl_violations sent = pl_violations_make(&arena), back = pl_violations_make(&arena);
    pl_error error = PL_ERROR_INIT, got = PL_ERROR_INIT;
    pl_buf bytes = pl_buf_make(PL_STATUS_DETAILS_MAX);
    pl_buf metadata = pl_buf_make(PL_STATUS_DETAILS_MAX);

    pl_error_set(&error, PL_ABORTED, "again");
    pl_error_info(&error, "test", "AGAIN");
    pl_violations_add(&sent, "a", "b");
    pl_status_put_metadata(pl_str_c("k"), pl_str_c("v"), &metadata);
    pl_status_encode(&error, pl_buf_view(&metadata), &sent, &bytes);
    if (!bytes.failed)
        pl_status_decode(pl_buf_view(&bytes), &got, &back);
    pl_buf_done(&metadata);
    pl_buf_done(&bytes);
    pl_arena_done(&arena);
    return PL_OK;
}

static void error_details_are_left_out_when_memory_runs_out(void **state) {
    (void)state;
    fail_each(use_status, PL_OK);
}

/* Nobody listens there, as above. */
static pl_code use_stream(void) {
    pl_channel_opts opts = PL_CHANNEL_OPTS_INIT;
    pl_call_opts call_opts = PL_CALL_OPTS_INIT;
    echo_request request = ECHO_REQUEST_INIT;
    const ProtobufCMessage *message;
    pl_channel *channel = NULL;
    pl_stream *stream = NULL;
    pl_call *call = NULL;
    pl_code code;

    opts.target = "127.0.0.1:1";
    code = pl_channel_new(&opts, &channel, NULL);
    if (code == PL_OK)
        code = pl_call_new(&call_opts, &call, NULL);
    if (code == PL_OK)
        code = pl_stream_open(&stream_methods[STREAM_WATCH], channel, NULL, call, &request.base,
                              &stream);
    if (code == PL_OK)
        code = pl_stream_recv(stream, &message);
    if (stream)
        code = pl_stream_close(stream);
    pl_call_free(call);
    pl_channel_free(channel);
    return code == PL_UNAVAILABLE ? PL_OK : code;
}

static void stream_says_so_when_memory_runs_out(void **state) {
    (void)state;
    fail_each(use_stream, PL_OK);
}

static pl_code use_stream_of_bytes(void) {
    pl_metadata metadata[] = {{"x-colour", {"blue", 4}}};
    pl_bytes_request request = {.path = "/a.B/C", .metadata = metadata, .metadata_count = 1};
    pl_channel_opts opts = PL_CHANNEL_OPTS_INIT;
    pl_bytes_reply *reply = NULL;
    pl_channel *channel = NULL;
    pl_stream *stream = NULL;
    pl_code code;

    opts.target = "127.0.0.1:1";
    request.deadline_ns = pl_deadline_ms(FIXTURE_PATIENCE_MS);
    code = pl_channel_new(&opts, &channel, NULL);
    if (code == PL_OK)
        code = pl_stream_open_bytes(channel, &request, &stream, NULL);
    if (code == PL_OK) {
        pl_stream_end(stream);
        pl_stream_close_bytes(stream, &reply);
        code = reply ? PL_OK : PL_RESOURCE_EXHAUSTED;
    }
    pl_bytes_reply_free(reply);
    pl_channel_free(channel);
    return code;
}

static void stream_of_bytes_says_so_when_memory_runs_out(void **state) {
    (void)state;
    fail_each(use_stream_of_bytes, PL_OK);
}

/* More than the codec has on its stack, and than the first blocks of an arena. */
static pl_code use_codec(void) {
    enum { ITEMS = 600 };
    static char text[] = "a text of an item";
    static char *items[ITEMS];
    echo_request request = ECHO_REQUEST_INIT;
    pl_arena arena = pl_arena_make(1 << 20);
    ProtobufCMessage *message = NULL;
    grpc_slice slice;
    pl_code code;

    for (size_t i = 0; i < ITEMS; i++)
        items[i] = text;
    request.items = items;
    request.n_items = ITEMS;
    code = pl_message_pack(&request.base, 1 << 20, &slice, NULL);
    if (code == PL_OK) {
        pl_str bytes = {(const char *)GRPC_SLICE_START_PTR(slice), GRPC_SLICE_LENGTH(slice)};
        code = pl_message_unpack(ECHO_REQUEST_TYPE, bytes, &arena, NULL, &message, NULL);
        assert_true((message != NULL) == (code == PL_OK));
        grpc_slice_unref(slice);
    }
    pl_arena_done(&arena);
    return code;
}

static void codec_says_so_when_memory_runs_out(void **state) {
    (void)state;
    fail_each(use_codec, PL_RESOURCE_EXHAUSTED);
}

static void on_event(const void *events, void *arg, pl_stream_event event, pl_stream *stream,
                     const ProtobufCMessage *message, pl_call *call, pl_code code) {
    (void)events;
    (void)stream;
    (void)message;
    (void)call;
    if (event == PL_STREAM_DONE)
        *(pl_code *)arg = code;
}

/* Without waiting. Nobody listens there, as above. */
static pl_code use_started_stream(void) {
    const pl_code none = PL_CODE_COUNT;
    int64_t end = pl_deadline_ms(FIXTURE_PATIENCE_MS);
    pl_channel_opts opts = PL_CHANNEL_OPTS_INIT;
    pl_call_opts call_opts = PL_CALL_OPTS_INIT;
    echo_request request = ECHO_REQUEST_INIT;
    pl_channel *channel = NULL;
    pl_stream *stream = NULL;
    pl_loop *loop = NULL;
    pl_code code, done = none;

    opts.target = "127.0.0.1:1";
    code = pl_loop_new(&loop, NULL);
    if (code == PL_OK)
        code = pl_channel_new(&opts, &channel, NULL);
    call_opts.loop = loop;
    if (code == PL_OK)
        code = pl_stream_start(channel, &call_opts, &stream_methods[STREAM_WATCH], &request.base,
                               on_event, NULL, &done, &stream, NULL);
    if (code == PL_OK) {
        while (done == none && pl_now_ns() < end)
            assert_int_equal(pl_loop_run_once(loop, 50, NULL), PL_OK);
        code = done;
    }
    pl_channel_free(channel);
    pl_loop_free(loop);
    return code == PL_UNAVAILABLE ? PL_OK : code;
}

static void stream_on_a_loop_says_so_when_memory_runs_out(void **state) {
    (void)state;
    fail_each(use_started_stream, PL_OK);
}

/* All kinds, each with a message in each direction where it has one. */
static pl_code use_kinds(stream_impl *impl) {
    static const int kinds[] = {STREAM_WATCH, STREAM_UPLOAD, STREAM_CHAT};
    pl_code code = PL_OK;

    for (size_t i = 0; i < PL_COUNT(kinds) && code == PL_OK; i++) {
        const ProtobufCMessage *answer = NULL;
        pl_call_opts opts = PL_CALL_OPTS_INIT;
        pl_stream *stream = NULL;
        pl_call *call = NULL;

        opts.timeout_ms = FIXTURE_PATIENCE_MS;
        code = pl_call_new(&opts, &call, NULL);
        if (code == PL_OK)
            code = stream_open_method(impl, kinds[i], call, "x", 1, &stream);
        if (code == PL_OK && kinds[i] != STREAM_WATCH)
            code = stream_send_request(stream, "x", 1);
        if (code == PL_OK)
            code = kinds[i] == STREAM_UPLOAD ? pl_stream_answer(stream, &answer)
                                             : pl_stream_recv(stream, &answer);
        if (stream) {
            pl_code closed = pl_stream_close(stream);
            if (code == PL_OK)
                code = closed;
        }
        pl_call_free(call);
    }
    return code;
}

static pl_code use_local_stream(void) {
    stream_impl impl;
    pl_code code;

    stream_impl_init(&impl, stream_plain);
    code = use_kinds(&impl);
    stream_impl_stop(&impl);
    return code;
}

static void stream_in_memory_says_so_when_memory_runs_out(void **state) {
    (void)state;
    fail_each(use_local_stream, PL_OK);
}

static stream_impl served;

static pl_code use_served_stream(void) {
    return use_kinds(&served);
}

/* On both sides of a connection: wherever it fails, the next stream works. */
static void server_of_streams_says_so_when_memory_runs_out(void **state) {
    (void)state;
    stream_impl_start(&served, stream_plain, NULL);
    fail_each(use_served_stream, PL_OK);
    assert_int_equal(use_served_stream(), PL_OK);
    stream_impl_stop(&served);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(server_says_so_when_memory_runs_out),
        cmocka_unit_test(codec_says_so_when_memory_runs_out),
        cmocka_unit_test(channel_says_so_when_memory_runs_out),
        cmocka_unit_test(stream_says_so_when_memory_runs_out),
        cmocka_unit_test(stream_of_bytes_says_so_when_memory_runs_out),
        cmocka_unit_test(stream_on_a_loop_says_so_when_memory_runs_out),
        cmocka_unit_test(stream_in_memory_says_so_when_memory_runs_out),
        cmocka_unit_test(server_of_streams_says_so_when_memory_runs_out),
        cmocka_unit_test(call_in_bytes_says_so_when_memory_runs_out),
        cmocka_unit_test(mock_says_so_when_memory_runs_out),
        cmocka_unit_test(error_details_are_left_out_when_memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
