/* Fails every allocation once: nothing leaks, nothing crashes, and what cannot be done is
 * said. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "codec.h"
#include "fixture.h"
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

    pl_error_set(&error, PL_ABORTED, "again");
    pl_error_info(&error, "test", "AGAIN");
    pl_violations_add(&sent, "a", "b");
    pl_status_encode(&error, &sent, &bytes);
    if (!bytes.failed)
        pl_status_decode(pl_buf_view(&bytes), &got, &back);
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(server_says_so_when_memory_runs_out),
        cmocka_unit_test(channel_says_so_when_memory_runs_out),
        cmocka_unit_test(stream_says_so_when_memory_runs_out),
        cmocka_unit_test(stream_of_bytes_says_so_when_memory_runs_out),
        cmocka_unit_test(call_in_bytes_says_so_when_memory_runs_out),
        cmocka_unit_test(mock_says_so_when_memory_runs_out),
        cmocka_unit_test(error_details_are_left_out_when_memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
