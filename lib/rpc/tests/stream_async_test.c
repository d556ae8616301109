/* Streams on a loop, and ends that are given up at any moment. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "parley/base/assert.h"
#include "parley/loop/loop.h"
#include "stream_fixture.h"

#define ROUNDS 300

/* What came of one stream. */
typedef struct listener {
    pl_loop *loop;
    pl_stream *stream;
    unsigned messages, rooms, dones;
    int64_t next; /* number expected */
    bool in_order;
    unsigned pause_after; /* messages; 0: never */
    pl_code code;
    char reason[PL_ERROR_REASON_MAX];
    pl_channel *last; /* its channel, to be freed when it is done; NULL: not */
} listener;

static void on_event(const void *events, void *arg, pl_stream_event event, pl_stream *stream,
                     const ProtobufCMessage *message, pl_call *call, pl_code code) {
    listener *l = arg;

    (void)events;
    switch (event) {
    case PL_STREAM_MESSAGE:
        l->messages++;
        l->in_order = l->in_order && ((const echo_response *)message)->number == l->next++;
        if (l->messages == l->pause_after)
            pl_stream_pause(stream, true);
        break;
    case PL_STREAM_ROOM:
        l->rooms++;
        break;
    case PL_STREAM_DONE:
        l->dones++;
        l->code = code;
        snprintf(l->reason, sizeof l->reason, "%s", pl_call_error(call)->reason);
        /* All of it comes too late, and may. */
        pl_stream_end(stream);
        pl_stream_pause(stream, false);
        pl_stream_cancel(stream);
        pl_channel_free(l->last);
        break;
    }
}

static pl_code start(listener *l, pl_loop *loop, stream_impl *impl, int method, int64_t number) {
    const pl_method_desc *desc = &stream_methods[method];
    pl_call_opts opts = PL_CALL_OPTS_INIT;
    echo_request request = ECHO_REQUEST_INIT;
    pl_error err = PL_ERROR_INIT;

    memset(l, 0, sizeof *l);
    l->loop = loop;
    l->in_order = true;
    request.number = number;
    opts.loop = loop;
    opts.timeout_ms = FIXTURE_PATIENCE_MS;
    return pl_stream_start(impl->channel, &opts, desc,
                           desc->kind == PL_METHOD_SERVER_STREAM ? &request.base : NULL, on_event,
                           NULL, l, &l->stream, &err);
}

/* Runs the loop until *COUNTER is at least WANTED. */
static void run_until(pl_loop *loop, const unsigned *counter, unsigned wanted) {
    int64_t end = pl_deadline_ms(FIXTURE_PATIENCE_MS);

    while (*counter < wanted && pl_now_ns() < end)
        assert_int_equal(pl_loop_run_once(loop, 50, NULL), PL_OK);
    assert_true(*counter >= wanted);
}

static void run_for(pl_loop *loop, int64_t ms) {
    int64_t end = pl_deadline_ms(ms);

    while (pl_now_ns() < end)
        assert_int_equal(pl_loop_run_once(loop, 10, NULL), PL_OK);
}

/* Starts IMPL with HANDLER, and a stream of METHOD on a loop, which is the caller's to free. */
static pl_loop *listen_to(stream_impl *impl, stream_handler *handler, listener *l, int method,
                          int64_t number) {
    pl_loop *loop = NULL;

    stream_impl_start(impl, handler, NULL);
    assert_int_equal(pl_loop_new(&loop, NULL), PL_OK);
    assert_int_equal(start(l, loop, impl, method, number), PL_OK);
    return loop;
}

static void messages_are_delivered_in_order_then_done(void **state) {
    pl_loop *loop;
    stream_impl impl;
    listener l;

    (void)state;
    loop = listen_to(&impl, stream_plain, &l, STREAM_WATCH, 1000);
    run_until(loop, &l.dones, 1);
    assert_int_equal(l.messages, 1000);
    assert_true(l.in_order);
    assert_int_equal(l.code, PL_OK);
    pl_loop_free(loop);
    stream_impl_stop(&impl);
}

static void an_error_is_delivered_after_the_messages(void **state) {
    pl_loop *loop;
    stream_impl impl;
    listener l;

    (void)state;
    loop = listen_to(&impl, stream_failing, &l, STREAM_WATCH, 0);
    run_until(loop, &l.dones, 1);
    assert_int_equal(l.messages, 3);
    assert_int_equal(l.code, PL_ABORTED);
    assert_string_equal(l.reason, "HAD_ENOUGH");
    pl_loop_free(loop);
    stream_impl_stop(&impl);
}

static void an_answer_that_makes_no_sense_ends_the_stream(void **state) {
    pl_loop *loop;
    int64_t begun = pl_now_ns();
    stream_impl impl;
    listener l;

    (void)state;
    loop = listen_to(&impl, stream_malformed, &l, STREAM_WATCH, 0);
    run_until(loop, &l.dones, 1);
    assert_int_equal(l.code, PL_INTERNAL);
    /* At once: its deadline would have ended it, too. */
    assert_true(pl_now_ns() - begun < FIXTURE_PATIENCE_MS * PL_NS_PER_MS / 2);
    assert_int_equal(l.messages, 0);
    pl_loop_free(loop);
    stream_impl_stop(&impl);
}

static void a_stream_on_a_loop_does_not_stand_in_line(void **state) {
    pl_channel_opts opts = PL_CHANNEL_OPTS_INIT;
    pl_loop *loop = NULL;
    stream_impl impl;
    listener first, second;
    char address[32];
    int64_t begun;

    (void)state;
    stream_impl_start(&impl, stream_gated, NULL);
    pl_channel_free(impl.channel);
    opts.target = stream_impl_address(&impl, address);
    opts.bulkhead = 1;
    opts.bulkhead_wait_ms = FIXTURE_PATIENCE_MS;
    assert_int_equal(pl_channel_new(&opts, &impl.channel, NULL), PL_OK);
    assert_int_equal(pl_loop_new(&loop, NULL), PL_OK);
    assert_int_equal(start(&first, loop, &impl, STREAM_WATCH, 0), PL_OK);
    begun = pl_now_ns();
    assert_int_equal(start(&second, loop, &impl, STREAM_WATCH, 0), PL_UNAVAILABLE);
    assert_true(pl_now_ns() - begun < FIXTURE_PATIENCE_MS * PL_NS_PER_MS / 2);
    stream_open_gate(&impl);
    run_until(loop, &first.dones, 1);
    assert_int_equal(first.code, PL_OK);
    pl_loop_free(loop);
    stream_impl_stop(&impl);
}

static pl_code full(stream_impl *impl, pl_call *call, const echo_request *request,
                    pl_stream *stream, ProtobufCMessage **out_response) {
    (void)impl;
    (void)request;
    (void)stream;
    (void)out_response;
    return pl_call_fail(call, PL_RESOURCE_EXHAUSTED, "FULL", "no more of it");
}

static void an_upstream_that_has_no_room_is_not_taken_for_a_full_queue(void **state) {
    static const int methods[] = {STREAM_WATCH, STREAM_UPLOAD};
    pl_loop *loop = NULL;
    stream_impl impl;
    listener l;

    (void)state;
    stream_impl_start(&impl, full, NULL);
    assert_int_equal(pl_loop_new(&loop, NULL), PL_OK);
    for (size_t i = 0; i < PL_COUNT(methods); i++) {
        assert_int_equal(start(&l, loop, &impl, methods[i], 0), PL_OK);
        run_until(loop, &l.dones, 1);
        assert_int_equal(l.code, PL_RESOURCE_EXHAUSTED);
        assert_string_equal(l.reason, "FULL");
        assert_int_equal(l.rooms, 0);
    }
    pl_loop_free(loop);
    stream_impl_stop(&impl);
}

static void a_paused_stream_delivers_nothing_and_holds_up_its_sender(void **state) {
    pl_loop *loop;
    unsigned sent;
    stream_impl impl;
    listener l;

    (void)state;
    loop = listen_to(&impl, stream_endless, &l, STREAM_WATCH, 0);
    l.pause_after = 5;
    run_until(loop, &l.messages, 5);
    run_for(loop, 50);
    assert_int_equal(l.messages, 5);
    sent = stream_settled(&impl, &impl.sent);
    pl_stream_pause(l.stream, false);
    run_until(loop, &l.messages, sent + 1);
    assert_true(l.in_order);
    pl_stream_cancel(l.stream);
    run_until(loop, &l.dones, 1);
    assert_int_equal(l.code, PL_CANCELLED);
    pl_loop_free(loop);
    stream_impl_stop(&impl);
}

static void a_paused_stream_can_be_given_up(void **state) {
    pl_loop *loop;
    stream_impl impl;
    listener l;

    (void)state;
    loop = listen_to(&impl, stream_endless, &l, STREAM_WATCH, 0);
    l.pause_after = 1;
    run_until(loop, &l.messages, 1);
    pl_stream_cancel(l.stream);
    run_until(loop, &l.dones, 1);
    assert_int_equal(l.messages, 1);
    assert_int_equal(l.code, PL_CANCELLED);
    pl_loop_free(loop);
    stream_impl_stop(&impl);
}

static pl_code try_send(listener *l, int64_t number) {
    static char text[4001];
    echo_request request = ECHO_REQUEST_INIT;

    memset(text, 'x', sizeof text - 1);
    request.text = text;
    request.number = number;
    return pl_stream_try_send(l->stream, &request.base);
}

static void a_sender_without_room_is_told_when_there_is(void **state) {
    pl_loop *loop;
    unsigned sent = 0;
    stream_impl impl;
    listener l;
    pl_code code;

    (void)state;
    loop = listen_to(&impl, stream_gated, &l, STREAM_UPLOAD, 0);
    /* Core and the kernel take some, so it is full when no room has come for a while. */
    do {
        while ((code = try_send(&l, 1)) == PL_OK)
            sent++;
        assert_int_equal(code, PL_RESOURCE_EXHAUSTED);
        l.rooms = 0;
        run_for(loop, 150);
    } while (l.rooms > 0);
    stream_open_gate(&impl);
    run_until(loop, &l.rooms, 1);
    assert_int_equal(try_send(&l, 1), PL_OK);
    pl_stream_end(l.stream);
    run_until(loop, &l.dones, 1);
    assert_int_equal(l.code, PL_OK);
    assert_int_equal(l.messages, 1);
    assert_int_equal(stream_read(&impl, &impl.seen), sent + 1);
    pl_loop_free(loop);
    stream_impl_stop(&impl);
}

static void count_span(void *self, const pl_span *span) {
    assert_int_equal(span->code, PL_OK);
    ++*(unsigned *)self;
}

static void the_channel_may_be_freed_when_its_last_stream_is_done(void **state) {
    pl_loop *loop = NULL;
    unsigned spans = 0;
    stream_impl impl;
    listener l;

    (void)state;
    stream_impl_start(&impl, stream_plain, NULL);
    pl_channel_observe(impl.channel, count_span, &spans);
    assert_int_equal(pl_loop_new(&loop, NULL), PL_OK);
    assert_int_equal(start(&l, loop, &impl, STREAM_WATCH, 1), PL_OK);
    l.last = impl.channel;
    impl.channel = NULL;
    run_until(loop, &l.dones, 1);
    assert_int_equal(l.code, PL_OK);
    assert_int_equal(spans, 1);
    pl_loop_free(loop);
    stream_impl_stop(&impl);
}

static void a_stream_without_a_loop_is_refused(void **state) {
    pl_call_opts opts = PL_CALL_OPTS_INIT;
    pl_stream *stream = NULL;
    stream_impl impl;

    (void)state;
    stream_impl_start(&impl, stream_plain, NULL);
    assert_int_equal(pl_stream_start(impl.channel, &opts, &stream_methods[STREAM_CHAT], NULL,
                                     on_event, NULL, NULL, &stream, NULL),
                     PL_INVALID_ARGUMENT);
    stream_impl_stop(&impl);
}

/* ---- at any moment ---- */

static void *cancel_soon(void *arg) {
    pl_stream_cancel(arg);
    return NULL;
}

static void a_stream_may_be_given_up_at_any_moment(void **state) {
    static const int methods[] = {STREAM_WATCH, STREAM_CHAT, STREAM_UPLOAD};
    stream_impl impl;

    (void)state;
    stream_impl_start(&impl, stream_plain, NULL);
    for (unsigned i = 0; i < ROUNDS; i++) {
        pl_call *call = echo_new_call(FIXTURE_PATIENCE_MS);
        int method = methods[i % PL_COUNT(methods)];
        const echo_response *message;
        pl_stream *stream = NULL;
        pthread_t thread;
        pl_code code;

        assert_int_equal(stream_open_method(&impl, method, call, "x", 20, &stream), PL_OK);
        assert_int_equal(pthread_create(&thread, NULL, cancel_soon, stream), 0);
        for (unsigned n = 0; n < i % 7 && method != STREAM_WATCH; n++) {
            if (stream_send_request(stream, "x", n) != PL_OK)
                break;
        }
        pl_stream_end(stream);
        while ((code = stream_recv_response(stream, &message)) == PL_OK && message)
            continue;
        pthread_join(thread, NULL);
        assert_true(code == PL_OK || code == PL_CANCELLED);
        assert_int_equal(pl_stream_close(stream), code);
        pl_call_free(call);
    }
    stream_impl_stop(&impl);
}

static void ends_on_a_loop_may_be_given_up_at_any_moment(void **state) {
    pl_loop *loop = NULL;
    stream_impl impl;

    (void)state;
    stream_impl_start(&impl, stream_plain, NULL);
    assert_int_equal(pl_loop_new(&loop, NULL), PL_OK);
    for (unsigned i = 0; i < ROUNDS; i++) {
        pthread_t thread;
        listener l;

        assert_int_equal(start(&l, loop, &impl, i % 2 ? STREAM_WATCH : STREAM_CHAT, 20), PL_OK);
        assert_int_equal(pthread_create(&thread, NULL, cancel_soon, l.stream), 0);
        pthread_join(thread, NULL);
        run_until(loop, &l.dones, 1);
        assert_true(l.in_order);
        assert_true(l.code == PL_OK || l.code == PL_CANCELLED);
    }
    pl_loop_free(loop);
    stream_impl_stop(&impl);
}

static void streams_in_memory_may_be_given_up_at_any_moment(void **state) {
    stream_impl impl;

    (void)state;
    stream_impl_init(&impl, stream_plain);
    for (unsigned i = 0; i < ROUNDS; i++) {
        pl_call *call = echo_new_call(FIXTURE_PATIENCE_MS);
        const echo_response *message;
        pl_stream *stream = NULL;
        pthread_t thread;

        assert_int_equal(stream_open_method(&impl, STREAM_CHAT, call, "x", 20, &stream), PL_OK);
        assert_int_equal(pthread_create(&thread, NULL, cancel_soon, stream), 0);
        for (unsigned n = 0; n < i % 7; n++) {
            if (stream_send_request(stream, "x", n) != PL_OK ||
                stream_recv_response(stream, &message) != PL_OK)
                break;
        }
        pthread_join(thread, NULL);
        assert_int_equal(pl_stream_close(stream), PL_CANCELLED);
        pl_call_free(call);
    }
    stream_impl_stop(&impl);
}

static void a_server_may_end_at_any_moment(void **state) {
    (void)state;
    for (unsigned i = 0; i < 20; i++) {
        pl_call *call = echo_new_call(FIXTURE_PATIENCE_MS);
        const echo_response *message;
        pl_stream *stream = NULL;
        stream_impl impl;
        pl_code code = PL_OK;

        stream_impl_start(&impl, stream_endless, NULL);
        assert_int_equal(stream_open_method(&impl, STREAM_WATCH, call, "x", 0, &stream), PL_OK);
        for (unsigned n = 0; n < i && code == PL_OK; n++)
            code = stream_recv_response(stream, &message);
        (void)pl_server_drain(impl.server, 0);
        while (code == PL_OK)
            code = stream_recv_response(stream, &message);
        assert_int_equal(code, PL_UNAVAILABLE);
        assert_int_equal(pl_stream_close(stream), PL_UNAVAILABLE);
        pl_call_free(call);
        stream_impl_stop(&impl);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_are_delivered_in_order_then_done),
        cmocka_unit_test(an_error_is_delivered_after_the_messages),
        cmocka_unit_test(an_answer_that_makes_no_sense_ends_the_stream),
        cmocka_unit_test(a_stream_on_a_loop_does_not_stand_in_line),
        cmocka_unit_test(an_upstream_that_has_no_room_is_not_taken_for_a_full_queue),
        cmocka_unit_test(a_paused_stream_delivers_nothing_and_holds_up_its_sender),
        cmocka_unit_test(a_paused_stream_can_be_given_up),
        cmocka_unit_test(a_sender_without_room_is_told_when_there_is),
        cmocka_unit_test(the_channel_may_be_freed_when_its_last_stream_is_done),
        cmocka_unit_test(a_stream_without_a_loop_is_refused),
        cmocka_unit_test(a_stream_may_be_given_up_at_any_moment),
        cmocka_unit_test(ends_on_a_loop_may_be_given_up_at_any_moment),
        cmocka_unit_test(streams_in_memory_may_be_given_up_at_any_moment),
        cmocka_unit_test(a_server_may_end_at_any_moment),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
