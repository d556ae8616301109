/* A service that is made while the program runs: its methods take and give bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "fixture.h"
#include "parley/rpc/stream.h"

#define SERVICE "made.v1.MadeService"
/* Of the server of these tests; of one answer, longer than that. */
#define MESSAGE_MAX 1000
/* With which "!!" fails. */
#define DETAILS 2

/* Answers the request twice; what begins with '!' fails, what begins with '+' is answered with more
 * than may be sent. */
static pl_code twice(const void *impl, pl_call *call, pl_str request, pl_buf *response) {
    assert_ptr_equal(impl, SERVICE);
    if (request.n > 1 && request.p[1] == '!') {
        for (int i = 0; i < DETAILS; i++)
            assert_int_equal(pl_call_detail(call, "made.v1.Detail", request), PL_OK);
    }
    if (request.n && request.p[0] == '!')
        return pl_call_fail(call, PL_NOT_FOUND, "GONE", "nobody has %.*s", PL_FMT(request));
    if (request.n && request.p[0] == '+') {
        for (int i = 0; i <= MESSAGE_MAX; i++)
            pl_buf_putc(response, 'x');
        return PL_OK;
    }
    (void)pl_call_send_metadata(call, "x-method", pl_str_c(pl_call_method(call)->name));
    pl_buf_str(response, request);
    pl_buf_str(response, request);
    return PL_OK;
}

/* Sends back what comes, the whole of it at the end where the caller waits for one answer. */
static pl_code back(const void *impl, pl_call *call, const ProtobufCMessage *request,
                    pl_stream *stream, ProtobufCMessage **out_response) {
    bool one = pl_call_method(call)->kind == PL_METHOD_CLIENT_STREAM;
    pl_buf all = pl_buf_make(MESSAGE_MAX);
    pl_code code = PL_OK;
    bool came = true;

    (void)impl;
    assert_true(!request && !out_response);
    while (code == PL_OK && came) {
        pl_str message;
        code = pl_stream_recv_bytes(stream, &message, &came);
        if (code == PL_OK && came && one)
            pl_buf_str(&all, message);
        else if (code == PL_OK && came)
            code = pl_stream_send_bytes(stream, message);
    }
    if (code == PL_OK && one)
        code = pl_stream_send_bytes(stream, pl_buf_view(&all));
    pl_buf_done(&all);
    return code;
}

#define METHOD(name_, kind_)                                                                       \
    .name = name_, .path = "/" SERVICE "/" name_, .kind = kind_, .auth = PL_AUTH_RULE_PUBLIC,      \
    .auth_arg = ""

static const pl_method_desc methods[] = {
    {METHOD("Twice", PL_METHOD_UNARY), .answer = twice},
    {METHOD("Inline", PL_METHOD_UNARY), .answer = twice, .run_inline = true},
    {METHOD("Watch", PL_METHOD_SERVER_STREAM), .stream = back},
    {METHOD("Upload", PL_METHOD_CLIENT_STREAM), .stream = back},
    {METHOD("Chat", PL_METHOD_BIDI), .stream = back},
};
static const pl_service_desc service = {
    .abi = PL_RPC_ABI, .name = SERVICE, .methods = methods, .method_count = PL_COUNT(methods)};

typedef struct made {
    pl_server *server;
    pl_channel *channel;
} made;

static int set_up(void **state) {
    static made m;
    pl_server_opts opts = PL_SERVER_OPTS_INIT;
    pl_channel_opts channel_opts = PL_CHANNEL_OPTS_INIT;
    pl_error err = PL_ERROR_INIT;
    char address[32];

    opts.max_message = MESSAGE_MAX;
    assert_int_equal(pl_server_new(&opts, &m.server, &err), PL_OK);
    assert_int_equal(pl_server_add(m.server, (pl_service_binding){&service, SERVICE}, &err), PL_OK);
    assert_int_equal(pl_server_start(m.server, &err), PL_OK);
    (void)snprintf(address, sizeof address, "127.0.0.1:%d", pl_server_port(m.server));
    channel_opts.target = address;
    assert_int_equal(pl_channel_new(&channel_opts, &m.channel, &err), PL_OK);
    *state = &m;
    return 0;
}

static int tear_down(void **state) {
    made *m = *state;

    pl_channel_free(m->channel);
    pl_server_free(m->server);
    return 0;
}

static pl_bytes_reply *call(void **state, const char *path, const char *body) {
    made *m = *state;
    pl_bytes_request request = {.path = path, .body = pl_str_c(body)};
    pl_bytes_reply *reply = NULL;

    request.deadline_ns = pl_deadline_ms(FIXTURE_PATIENCE_MS);
    (void)pl_channel_call_bytes(m->channel, &request, &reply);
    assert_non_null(reply);
    return reply;
}

static void check_twice(void **state, const char *path, const char *name) {
    pl_bytes_reply *reply = call(state, path, "abc");

    assert_int_equal(reply->code, PL_OK);
    assert_true(pl_str_eqc(reply->body, "abcabc"));
    assert_int_equal(reply->metadata_count, 1);
    assert_true(pl_str_eqc(reply->metadata[0].value, name));
    pl_bytes_reply_free(reply);
}

static void a_unary_method_answers_in_bytes(void **state) {
    check_twice(state, "/" SERVICE "/Twice", "Twice");
}

static void it_may_run_on_the_poller(void **state) {
    check_twice(state, "/" SERVICE "/Inline", "Inline");
}

static void an_empty_message_is_one(void **state) {
    pl_bytes_reply *reply = call(state, "/" SERVICE "/Twice", "");

    assert_int_equal(reply->code, PL_OK);
    assert_int_equal(reply->body.n, 0);
    pl_bytes_reply_free(reply);
}

static void its_error_reaches_the_caller(void **state) {
    pl_bytes_reply *reply = call(state, "/" SERVICE "/Twice", "!1");

    assert_int_equal(reply->code, PL_NOT_FOUND);
    assert_string_equal(reply->error.message, "nobody has !1");
    assert_string_equal(reply->error.reason, "GONE");
    pl_bytes_reply_free(reply);
}

static void an_error_has_the_details_of_its_handler(void **state) {
    pl_bytes_reply *reply = call(state, "/" SERVICE "/Twice", "!!");
    pl_str wire = {NULL, 0};
    unsigned found = 0;

    assert_string_equal(reply->error.reason, "GONE");
    for (size_t i = 0; i < reply->metadata_count; i++) {
        if (strcmp(reply->metadata[i].key, "grpc-status-details-bin") == 0)
            wire = reply->metadata[i].value;
    }
    for (size_t i = 0; i + 14 <= wire.n; i++)
        found += memcmp(wire.p + i, "made.v1.Detail", 14) == 0;
    assert_int_equal(found, DETAILS);
    pl_bytes_reply_free(reply);
}

static void an_answer_that_is_too_long_is_an_error(void **state) {
    pl_bytes_reply *reply = call(state, "/" SERVICE "/Twice", "+");

    assert_int_equal(reply->code, PL_INTERNAL);
    assert_non_null(strstr(reply->error.message, "longer than 1000 bytes"));
    pl_bytes_reply_free(reply);
}

static void a_method_that_was_not_made_is_unimplemented(void **state) {
    pl_bytes_reply *reply = call(state, "/" SERVICE "/None", "");

    assert_int_equal(reply->code, PL_UNIMPLEMENTED);
    pl_bytes_reply_free(reply);
}

/* Sends "ab" and "c" (a stream of answers: "ab" alone) and collects what comes. */
static void converse(void **state, const char *path, bool both, const char *wanted) {
    made *m = *state;
    pl_bytes_request request = {.path = path, .deadline_ns = pl_deadline_ms(FIXTURE_PATIENCE_MS)};
    pl_buf all = pl_buf_make(MESSAGE_MAX);
    pl_stream *stream = NULL;
    pl_bytes_reply *reply = NULL;
    pl_error err = PL_ERROR_INIT;
    pl_str message;

    assert_int_equal(pl_stream_open_bytes(m->channel, &request, &stream, &err), PL_OK);
    assert_int_equal(pl_stream_send_bytes(stream, pl_str_c("ab")), PL_OK);
    if (both)
        assert_int_equal(pl_stream_send_bytes(stream, pl_str_c("c")), PL_OK);
    pl_stream_end(stream);
    for (bool came = true; came;) {
        assert_int_equal(pl_stream_recv_bytes(stream, &message, &came), PL_OK);
        if (came)
            pl_buf_printf(&all, "%.*s;", PL_FMT(message));
    }
    pl_stream_close_bytes(stream, &reply);
    assert_int_equal(reply->code, PL_OK);
    assert_string_equal(all.p, wanted);
    pl_bytes_reply_free(reply);
    pl_buf_done(&all);
}

static void a_stream_of_answers_is_given_its_request(void **state) {
    converse(state, "/" SERVICE "/Watch", false, "ab;");
}

static void a_stream_of_requests_sends_its_answer_itself(void **state) {
    converse(state, "/" SERVICE "/Upload", true, "abc;");
}

static void both_directions_stream_in_bytes(void **state) {
    converse(state, "/" SERVICE "/Chat", true, "ab;c;");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_unary_method_answers_in_bytes),
        cmocka_unit_test(it_may_run_on_the_poller),
        cmocka_unit_test(an_empty_message_is_one),
        cmocka_unit_test(its_error_reaches_the_caller),
        cmocka_unit_test(an_error_has_the_details_of_its_handler),
        cmocka_unit_test(an_answer_that_is_too_long_is_an_error),
        cmocka_unit_test(a_method_that_was_not_made_is_unimplemented),
        cmocka_unit_test(a_stream_of_answers_is_given_its_request),
        cmocka_unit_test(a_stream_of_requests_sends_its_answer_itself),
        cmocka_unit_test(both_directions_stream_in_bytes),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
