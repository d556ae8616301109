/* Streams in memory, and streams passed on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "stream_expect.h"

static void all_kinds_work_in_memory(void **state) {
    stream_impl impl;

    (void)state;
    stream_impl_init(&impl, stream_plain);
    expect_all_kinds(&impl);
    stream_impl_stop(&impl);
}

static void the_queue_in_memory_holds_so_many_messages_and_no_more(void **state) {
    pl_call *call = echo_new_call(200);
    pl_stream *stream = NULL;
    unsigned sent = 0;
    stream_impl impl;

    (void)state;
    stream_impl_init(&impl, stream_gated);
    assert_int_equal(stream_open_method(&impl, STREAM_UPLOAD, call, NULL, 0, &stream), PL_OK);
    while (stream_send_request(stream, "x", 1) == PL_OK)
        sent++;
    assert_int_equal(sent, PL_STREAM_QUEUE);
    assert_int_equal(pl_stream_close(stream), PL_DEADLINE_EXCEEDED);
    pl_call_free(call);
    stream_impl_stop(&impl);
}

static void the_queue_in_memory_holds_so_many_bytes_and_no_more(void **state) {
    static char text[60001];
    pl_call *call = echo_new_call(200);
    pl_stream *stream = NULL;
    unsigned sent = 0;
    stream_impl impl;

    (void)state;
    memset(text, 'x', sizeof text - 1);
    stream_impl_init(&impl, stream_gated);
    assert_int_equal(stream_open_method(&impl, STREAM_UPLOAD, call, NULL, 0, &stream), PL_OK);
    while (stream_send_request(stream, text, 1) == PL_OK)
        sent++;
    assert_int_equal(sent, PL_STREAM_QUEUE_BYTES / 60000 + 1);
    (void)pl_stream_close(stream);
    pl_call_free(call);
    stream_impl_stop(&impl);
}

static void a_sender_held_up_goes_on_when_the_reader_does(void **state) {
    pl_call *call = echo_new_call(FIXTURE_PATIENCE_MS);
    pl_stream *stream = NULL;
    stream_impl impl;

    (void)state;
    stream_impl_init(&impl, stream_plain);
    assert_int_equal(stream_open_method(&impl, STREAM_WATCH, call, "", 1000, &stream), PL_OK);
    assert_true(stream_await(&impl, &impl.sent, PL_STREAM_QUEUE));
    assert_int_equal(stream_settled(&impl, &impl.sent), PL_STREAM_QUEUE);
    expect_numbers(stream, 1000);
    pl_call_free(call);
    stream_impl_stop(&impl);
}

static void every_send_takes_back_what_its_message_was_made_of(void **state) {
    enum { ROUNDS = 100, SIZE = PL_CALL_ARENA_BUDGET / 10 };
    pl_call *call = echo_new_call(FIXTURE_PATIENCE_MS);
    pl_stream *stream = NULL;
    stream_impl impl;

    (void)state;
    stream_impl_init(&impl, stream_plain);
    assert_int_equal(stream_open_method(&impl, STREAM_CHAT, call, NULL, 0, &stream), PL_OK);
    for (unsigned i = 0; i < ROUNDS; i++) {
        assert_non_null(pl_arena_alloc(pl_stream_arena(stream), SIZE));
        expect_echo(stream, i);
    }
    assert_int_equal(pl_stream_close(stream), PL_OK);
    pl_call_free(call);
    stream_impl_stop(&impl);
}

static void errors_in_memory_are_as_over_a_channel(void **state) {
    pl_call *call = echo_new_call(FIXTURE_PATIENCE_MS);
    const echo_response *message;
    pl_stream *stream = NULL;
    stream_impl impl;

    (void)state;
    stream_impl_init(&impl, stream_failing);
    assert_int_equal(stream_open_method(&impl, STREAM_WATCH, call, "", 0, &stream), PL_OK);
    for (int i = 0; i < 3; i++)
        assert_int_equal(stream_recv_response(stream, &message), PL_OK);
    assert_int_equal(stream_recv_response(stream, &message), PL_ABORTED);
    assert_int_equal(pl_stream_close(stream), PL_ABORTED);
    assert_string_equal(pl_call_error(call)->reason, "HAD_ENOUGH");
    assert_int_equal(pl_call_violations(call)->kept, 1);
    pl_call_free(call);
    stream_impl_stop(&impl);
}

static void requests_in_memory_are_validated(void **state) {
    pl_call *call = echo_new_call(FIXTURE_PATIENCE_MS);
    const echo_response *message;
    pl_stream *stream = NULL;
    stream_impl impl;

    (void)state;
    stream_impl_init(&impl, stream_plain);
    assert_int_equal(stream_open_method(&impl, STREAM_LIMITED, call, NULL, 0, &stream), PL_OK);
    assert_int_equal(stream_send_request(stream, "far too long", 1), PL_OK);
    assert_int_equal(stream_recv_response(stream, &message), PL_INVALID_ARGUMENT);
    assert_int_equal(pl_stream_close(stream), PL_INVALID_ARGUMENT);
    assert_string_equal(pl_call_violations(call)->items[0].field, "text");
    pl_call_free(call);
    stream_impl_stop(&impl);
}

static void closing_early_in_memory_cancels_the_handler(void **state) {
    pl_call *call = echo_new_call(FIXTURE_PATIENCE_MS);
    const echo_response *message;
    pl_stream *stream = NULL;
    stream_impl impl;

    (void)state;
    stream_impl_init(&impl, stream_endless);
    assert_int_equal(stream_open_method(&impl, STREAM_WATCH, call, "", 0, &stream), PL_OK);
    assert_int_equal(stream_recv_response(stream, &message), PL_OK);
    assert_int_equal(pl_stream_close(stream), PL_OK);
    assert_int_equal(impl.ended, PL_CANCELLED);
    pl_call_free(call);
    stream_impl_stop(&impl);
}

static void the_deadline_holds_in_memory(void **state) {
    pl_call *call = echo_new_call(0);
    const echo_response *message;
    pl_stream *stream = NULL;
    stream_impl impl;

    (void)state;
    stream_impl_init(&impl, stream_plain);
    assert_int_equal(stream_open_method(&impl, STREAM_TIMED, call, NULL, 0, &stream), PL_OK);
    assert_int_equal(stream_recv_response(stream, &message), PL_DEADLINE_EXCEEDED);
    assert_int_equal(pl_stream_close(stream), PL_DEADLINE_EXCEEDED);
    assert_int_equal(impl.ended, PL_DEADLINE_EXCEEDED);
    pl_call_free(call);
    stream_impl_stop(&impl);
}

/* ---- passed on ---- */

typedef struct relay_chain {
    stream_impl back, front;
} relay_chain;

static void chain_start_with(relay_chain *chain, stream_handler *front, stream_handler *back) {
    stream_impl_start(&chain->back, back, NULL);
    stream_impl_start(&chain->front, front, NULL);
    pthread_mutex_lock(&chain->front.mu);
    chain->front.upstream = chain->back.channel;
    pthread_mutex_unlock(&chain->front.mu);
}

static void chain_start(relay_chain *chain, stream_handler *handler) {
    chain_start_with(chain, stream_relaying, handler);
}

static void chain_stop(relay_chain *chain) {
    stream_impl_stop(&chain->front);
    stream_impl_stop(&chain->back);
}

static void all_kinds_are_passed_on(void **state) {
    relay_chain chain;

    (void)state;
    chain_start(&chain, stream_plain);
    expect_all_kinds(&chain.front);
    chain_stop(&chain);
}

static void the_error_of_the_upstream_is_passed_on_with_its_details(void **state) {
    pl_call *call = echo_new_call(FIXTURE_PATIENCE_MS);
    const echo_response *message;
    pl_stream *stream = NULL;
    relay_chain chain;

    (void)state;
    chain_start(&chain, stream_failing);
    assert_int_equal(stream_open_method(&chain.front, STREAM_CHAT, call, NULL, 0, &stream), PL_OK);
    for (int i = 0; i < 3; i++)
        assert_int_equal(stream_recv_response(stream, &message), PL_OK);
    assert_int_equal(stream_recv_response(stream, &message), PL_ABORTED);
    assert_int_equal(pl_stream_close(stream), PL_ABORTED);
    assert_string_equal(pl_call_error(call)->reason, "HAD_ENOUGH");
    assert_int_equal(pl_call_violations(call)->kept, 1);
    pl_call_free(call);
    chain_stop(&chain);
}

static void a_caller_that_gives_up_is_given_up_along_the_chain(void **state) {
    pl_call *call = echo_new_call(FIXTURE_PATIENCE_MS);
    pl_stream *stream = NULL;
    relay_chain chain;

    (void)state;
    chain_start(&chain, stream_plain);
    assert_int_equal(stream_open_method(&chain.front, STREAM_CHAT, call, NULL, 0, &stream), PL_OK);
    expect_echo(stream, 1);
    assert_int_equal(pl_stream_close(stream), PL_OK);
    assert_true(stream_await(&chain.back, &chain.back.left, 1));
    assert_int_equal(chain.back.ended, PL_CANCELLED);
    assert_true(stream_await(&chain.front, &chain.front.left, 1));
    assert_int_equal(chain.front.ended, PL_CANCELLED);
    pl_call_free(call);
    chain_stop(&chain);
}

static void an_invalid_request_is_not_passed_on(void **state) {
    pl_call *call = echo_new_call(FIXTURE_PATIENCE_MS);
    const echo_response *message;
    pl_stream *stream = NULL;
    relay_chain chain;

    (void)state;
    chain_start(&chain, stream_plain);
    assert_int_equal(stream_open_method(&chain.front, STREAM_LIMITED, call, NULL, 0, &stream),
                     PL_OK);
    assert_int_equal(stream_send_request(stream, "far too long", 1), PL_OK);
    assert_int_equal(stream_recv_response(stream, &message), PL_INVALID_ARGUMENT);
    assert_int_equal(pl_stream_close(stream), PL_INVALID_ARGUMENT);
    assert_string_equal(pl_call_violations(call)->items[0].field, "text");
    assert_int_equal(stream_read(&chain.back, &chain.back.seen), 0);
    pl_call_free(call);
    chain_stop(&chain);
}

static void a_slow_caller_holds_up_the_whole_chain(void **state) {
    pl_call *call = echo_new_call(FIXTURE_PATIENCE_MS);
    pl_stream *stream = NULL;
    unsigned sent;
    relay_chain chain;

    (void)state;
    chain_start(&chain, stream_endless);
    assert_int_equal(stream_open_method(&chain.front, STREAM_WATCH, call, "", 0, &stream), PL_OK);
    assert_true(stream_await(&chain.back, &chain.back.sent, 1));
    sent = stream_settled(&chain.back, &chain.back.sent);
    assert_in_range(sent, 1, 1000000);
    assert_int_equal(pl_stream_close(stream), PL_OK);
    assert_true(stream_await(&chain.back, &chain.back.left, 1));
    pl_call_free(call);
    chain_stop(&chain);
}

static pl_code relay_with_metadata(stream_impl *impl, pl_call *call, const echo_request *request,
                                   pl_stream *stream, ProtobufCMessage **out_response) {
    pl_call_set_outgoing(call, "x-in", pl_str_c("green"));
    return stream_relaying(impl, call, request, stream, out_response);
}

static pl_code tell_metadata(stream_impl *impl, pl_call *call, const echo_request *request,
                             pl_stream *stream, ProtobufCMessage **out_response) {
    bool green = pl_str_eqc(pl_call_metadata(call, "x-in"), "green");

    (void)impl;
    (void)request;
    (void)out_response;
    return stream_send_response(stream, "x", green);
}

static void metadata_set_before_a_relay_goes_upstream(void **state) {
    pl_call *call = echo_new_call(FIXTURE_PATIENCE_MS);
    const echo_response *message;
    pl_stream *stream = NULL;
    relay_chain chain;

    (void)state;
    chain_start_with(&chain, relay_with_metadata, tell_metadata);
    assert_int_equal(stream_open_method(&chain.front, STREAM_WATCH, call, "", 0, &stream), PL_OK);
    assert_int_equal(stream_recv_response(stream, &message), PL_OK);
    assert_int_equal(message->number, 1);
    assert_int_equal(pl_stream_close(stream), PL_OK);
    pl_call_free(call);
    chain_stop(&chain);
}

/* Passes an upload on to a method that answers as often as it likes. */
static pl_code relay_to_chat(stream_impl *impl, pl_call *call, const echo_request *request,
                             pl_stream *stream, ProtobufCMessage **out_response) {
    pl_method_desc chat = stream_methods[STREAM_UPLOAD];

    (void)request;
    chat.path = stream_methods[STREAM_CHAT].path;
    return pl_stream_relay(&chat, impl->upstream, call, NULL, stream, out_response);
}

/* Takes nothing and answers twice. */
static pl_code answer_twice(stream_impl *impl, pl_call *call, const echo_request *request,
                            pl_stream *stream, ProtobufCMessage **out_response) {
    bool open = stream_pass_gate(impl, call);

    (void)request;
    (void)out_response;
    for (int64_t i = 0; open && i < 2; i++) {
        pl_code code = stream_send_response(stream, "again", i);
        if (code != PL_OK)
            return code;
    }
    while (!pl_call_cancelled(call))
        (void)stream_settled(impl, &impl->left);
    return PL_CANCELLED;
}

typedef struct uploader {
    stream_impl *impl;
    pl_stream *stream;
} uploader;

static void *upload_without_end(void *self) {
    static char text[4001];
    uploader *u = self;

    memset(text, 'x', sizeof text - 1);
    while (stream_send_request(u->stream, text, 1) == PL_OK)
        stream_note(u->impl, &u->impl->sent);
    return NULL;
}

static void a_relay_that_waits_for_room_ends_when_the_answer_makes_no_sense(void **state) {
    pl_call *call = echo_new_call(0);
    const ProtobufCMessage *answer = NULL;
    relay_chain chain;
    uploader u;
    pthread_t thread;

    (void)state;
    chain_start_with(&chain, relay_to_chat, answer_twice);
    u.impl = &chain.front;
    assert_int_equal(stream_open_method(&chain.front, STREAM_UPLOAD, call, NULL, 0, &u.stream),
                     PL_OK);
    assert_int_equal(pthread_create(&thread, NULL, upload_without_end, &u), 0);
    assert_true(stream_await(&chain.front, &chain.front.sent, 1));
    (void)stream_settled(&chain.front, &chain.front.sent); /* all queues are full */
    stream_open_gate(&chain.back);
    assert_true(stream_await(&chain.front, &chain.front.left, 1));
    pthread_join(thread, NULL);
    assert_int_equal(pl_stream_answer(u.stream, &answer), PL_INTERNAL);
    assert_int_equal(pl_stream_close(u.stream), PL_INTERNAL);
    assert_non_null(strstr(pl_call_error(call)->message, "answered twice"));
    pl_call_free(call);
    chain_stop(&chain);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_kinds_work_in_memory),
        cmocka_unit_test(the_queue_in_memory_holds_so_many_messages_and_no_more),
        cmocka_unit_test(the_queue_in_memory_holds_so_many_bytes_and_no_more),
        cmocka_unit_test(a_sender_held_up_goes_on_when_the_reader_does),
        cmocka_unit_test(every_send_takes_back_what_its_message_was_made_of),
        cmocka_unit_test(errors_in_memory_are_as_over_a_channel),
        cmocka_unit_test(requests_in_memory_are_validated),
        cmocka_unit_test(closing_early_in_memory_cancels_the_handler),
        cmocka_unit_test(the_deadline_holds_in_memory),
        cmocka_unit_test(all_kinds_are_passed_on),
        cmocka_unit_test(the_error_of_the_upstream_is_passed_on_with_its_details),
        cmocka_unit_test(a_caller_that_gives_up_is_given_up_along_the_chain),
        cmocka_unit_test(an_invalid_request_is_not_passed_on),
        cmocka_unit_test(a_slow_caller_holds_up_the_whole_chain),
        cmocka_unit_test(metadata_set_before_a_relay_goes_upstream),
        cmocka_unit_test(a_relay_that_waits_for_room_ends_when_the_answer_makes_no_sense),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
