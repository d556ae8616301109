/* grpc.health.v1 and grpc.reflection.v1, as any gRPC client asks them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fixture.h"
#include "parley/schema/wire.h"
#include "stream_client.h"

#define WATCH      "/grpc.health.v1.Health/Watch"
#define REFLECTION "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"

enum { SERVING = 1, NOT_SERVING = 2, SERVICE_UNKNOWN = 3 };

static const char of_echo[] = "\x0a\x1f" ECHO_SERVICE;

static int status_in(pl_str message) {
    pl_wire_field field;

    assert_true(pl_wire_find(message, 1, &field));
    return (int)field.value;
}

static pl_code check(pl_channel *channel, pl_str request, int *out_status) {
    pl_bytes_request call = {.path = "/grpc.health.v1.Health/Check", .body = request};
    pl_bytes_reply *reply = NULL;
    pl_code code;

    call.deadline_ns = pl_deadline_ms(FIXTURE_PATIENCE_MS);
    code = pl_channel_call_bytes(channel, &call, &reply);
    if (code == PL_OK)
        *out_status = status_in(reply->body);
    pl_bytes_reply_free(reply);
    return code;
}

static void check_tells_the_status_of_server_and_service(void **state) {
    echo_server echo;
    char address[32];
    pl_channel *channel;
    int status = 0;

    (void)state;
    echo_server_start(&echo, NULL);
    channel = echo_channel(echo_server_address(&echo, address));
    assert_int_equal(check(channel, pl_str_c(""), &status), PL_OK);
    assert_int_equal(status, SERVING);
    pl_server_set_serving(echo.server, ECHO_SERVICE, false);
    assert_int_equal(check(channel, pl_str_c(of_echo), &status), PL_OK);
    assert_int_equal(status, NOT_SERVING);
    assert_int_equal(check(channel, pl_str_c(""), &status), PL_OK);
    assert_int_equal(status, SERVING);
    assert_int_equal(check(channel, pl_str_c("\x0a\x02no"), &status), PL_NOT_FOUND);
    pl_channel_free(channel);
    echo_server_stop(&echo);
}

static void watch_tells_every_change(void **state) {
    stream_client stream;
    echo_server echo;
    char address[32];
    pl_str message;

    (void)state;
    echo_server_start(&echo, NULL);
    stream_open(&stream, echo_server_address(&echo, address), WATCH);
    stream_send(&stream, pl_str_c(of_echo));
    stream_half_close(&stream);
    assert_true(stream_receive(&stream, &message));
    assert_int_equal(status_in(message), SERVING);
    pl_server_set_serving(echo.server, NULL, false);
    assert_true(stream_receive(&stream, &message));
    assert_int_equal(status_in(message), NOT_SERVING);
    pl_server_set_serving(echo.server, ECHO_SERVICE, true);
    assert_true(stream_receive(&stream, &message));
    assert_int_equal(status_in(message), SERVING);
    stream_cancel(&stream);
    assert_int_equal(stream_close(&stream), GRPC_STATUS_CANCELLED);
    echo_server_stop(&echo);
}

static void watch_of_an_unknown_service_says_so_and_stays(void **state) {
    stream_client stream;
    echo_server echo;
    char address[32];
    pl_str message;

    (void)state;
    echo_server_start(&echo, NULL);
    stream_open(&stream, echo_server_address(&echo, address), WATCH);
    stream_send(&stream, pl_str_c("\x0a\x02no"));
    stream_half_close(&stream);
    assert_true(stream_receive(&stream, &message));
    assert_int_equal(status_in(message), SERVICE_UNKNOWN);
    stream_cancel(&stream);
    assert_int_equal(stream_close(&stream), GRPC_STATUS_CANCELLED);
    echo_server_stop(&echo);
}

static void watcher_is_told_of_the_end_and_does_not_delay_it(void **state) {
    stream_client stream;
    echo_server echo;
    char address[32];
    pl_str message;

    (void)state;
    echo_server_start(&echo, NULL);
    stream_open(&stream, echo_server_address(&echo, address), WATCH);
    stream_send(&stream, pl_str_c(""));
    stream_half_close(&stream);
    assert_true(stream_receive(&stream, &message));
    assert_int_equal(pl_server_drain(echo.server, FIXTURE_PATIENCE_MS), PL_OK);
    while (stream_receive(&stream, &message))
        assert_int_equal(status_in(message), NOT_SERVING);
    assert_int_not_equal(stream_close(&stream), GRPC_STATUS_OK);
    echo_server_stop(&echo);
}

static bool contains(pl_str text, const char *part) {
    size_t n = strlen(part);

    for (size_t i = 0; i + n <= text.n; i++) {
        if (memcmp(text.p + i, part, n) == 0)
            return true;
    }
    return false;
}

static void start_reflection(echo_server *echo, stream_client *stream) {
    pl_server_opts opts = PL_SERVER_OPTS_INIT;
    char address[32];

    opts.reflection = true;
    echo_server_start(echo, &opts);
    stream_open(stream, echo_server_address(echo, address), REFLECTION);
}

static void reflection_answers_question_after_question(void **state) {
    stream_client stream;
    echo_server echo;
    pl_wire_field field;
    pl_str message;

    (void)state;
    start_reflection(&echo, &stream);
    stream_send(&stream, pl_str_make("\x3a\x00", 2)); /* list_services */
    assert_true(stream_receive(&stream, &message));
    assert_true(pl_wire_find(message, 6, &field));
    assert_true(contains(message, ECHO_SERVICE));
    stream_send(&stream, pl_str_c("\x22\x1f" ECHO_SERVICE)); /* file_containing_symbol */
    assert_true(stream_receive(&stream, &message));
    assert_true(pl_wire_find(message, 4, &field));
    assert_true(contains(field.bytes, "EchoRequest"));
    stream_half_close(&stream);
    assert_false(stream_receive(&stream, &message));
    assert_int_equal(stream_close(&stream), GRPC_STATUS_OK);
    echo_server_stop(&echo);
}

static void reflection_says_what_it_does_not_know(void **state) {
    stream_client stream;
    echo_server echo;
    pl_wire_field field;
    pl_str message;

    (void)state;
    start_reflection(&echo, &stream);
    stream_send(&stream, pl_str_c("\x22\x08"
                                  "no.Thing"));
    assert_true(stream_receive(&stream, &message));
    assert_true(pl_wire_find(message, 7, &field));
    assert_true(contains(field.bytes, "no.Thing"));
    stream_cancel(&stream);
    assert_int_equal(stream_close(&stream), GRPC_STATUS_CANCELLED);
    echo_server_stop(&echo);
}

static void reflection_is_unimplemented_where_it_is_off(void **state) {
    stream_client stream;
    echo_server echo;
    char address[32];
    pl_str message;

    (void)state;
    echo_server_start(&echo, NULL);
    stream_open(&stream, echo_server_address(&echo, address), REFLECTION);
    assert_false(stream_receive(&stream, &message));
    assert_int_equal(stream_close(&stream), GRPC_STATUS_UNIMPLEMENTED);
    echo_server_stop(&echo);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(check_tells_the_status_of_server_and_service),
        cmocka_unit_test(watch_tells_every_change),
        cmocka_unit_test(watch_of_an_unknown_service_says_so_and_stays),
        cmocka_unit_test(watcher_is_told_of_the_end_and_does_not_delay_it),
        cmocka_unit_test(reflection_answers_question_after_question),
        cmocka_unit_test(reflection_says_what_it_does_not_know),
        cmocka_unit_test(reflection_is_unimplemented_where_it_is_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
