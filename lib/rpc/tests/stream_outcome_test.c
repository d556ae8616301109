/* What a channel makes of the streams it carries: breaker, spans, callers that gave up before. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "call_internal.h"
#include "stream_fixture.h"

/* Longer than a breaker stays open. */
#define LATER_NS (60 * PL_NS_PER_S)

static int64_t clock_of(void *self) {
    return pl_now_ns() + atomic_load((const _Atomic int64_t *)self);
}

/* Answers nothing in time until the gate is open. */
static void open_breaker(stream_impl *impl) {
    const echo_response *message;

    for (int i = 0; i < 20; i++) {
        pl_call *call = echo_new_call(5);
        pl_stream *stream = NULL;
        if (stream_open_method(impl, STREAM_CHAT, call, NULL, 0, &stream) == PL_OK)
            assert_int_equal(stream_recv_response(stream, &message), PL_DEADLINE_EXCEEDED);
        (void)pl_stream_close(stream);
        pl_call_free(call);
    }
}

static void the_first_message_of_a_trial_closes_the_breaker(void **state) {
    pl_call *call = echo_new_call(FIXTURE_PATIENCE_MS);
    pl_channel_opts opts = PL_CHANNEL_OPTS_INIT;
    _Atomic int64_t ahead = 0;
    const echo_response *message;
    pl_stream *trial = NULL, *next = NULL;
    stream_impl impl;
    char address[32];

    (void)state;
    stream_impl_start(&impl, stream_gated, NULL);
    pl_channel_free(impl.channel);
    opts.target = stream_impl_address(&impl, address);
    opts.now = clock_of;
    opts.now_self = &ahead;
    assert_int_equal(pl_channel_new(&opts, &impl.channel, NULL), PL_OK);
    open_breaker(&impl);
    assert_int_equal(stream_open_method(&impl, STREAM_CHAT, call, NULL, 0, &next), PL_UNAVAILABLE);
    assert_string_equal(pl_call_error(call)->reason, "CIRCUIT_OPEN");
    atomic_store(&ahead, LATER_NS);
    stream_open_gate(&impl);
    assert_int_equal(stream_open_method(&impl, STREAM_CHAT, call, NULL, 0, &trial), PL_OK);
    assert_int_equal(stream_open_method(&impl, STREAM_CHAT, call, NULL, 0, &next), PL_UNAVAILABLE);
    assert_int_equal(stream_send_request(trial, "x", 1), PL_OK);
    assert_int_equal(stream_recv_response(trial, &message), PL_OK);
    assert_int_equal(stream_open_method(&impl, STREAM_CHAT, call, NULL, 0, &next), PL_OK);
    assert_int_equal(pl_stream_close(next), PL_OK);
    assert_int_equal(pl_stream_close(trial), PL_OK);
    pl_call_free(call);
    stream_impl_stop(&impl);
}

typedef struct spans {
    unsigned count;
    pl_code code;
    char name[128];
} spans;

static void note_span(void *self, const pl_span *span) {
    spans *s = self;

    s->count++;
    s->code = span->code;
    snprintf(s->name, sizeof s->name, "%s", span->name);
}

static void who_has_heard_enough_has_not_failed_in_the_eyes_of_the_observer(void **state) {
    pl_call *call = echo_new_call(FIXTURE_PATIENCE_MS);
    spans seen = {.code = PL_UNKNOWN};
    const echo_response *message;
    pl_stream *stream = NULL;
    stream_impl impl;

    (void)state;
    stream_impl_start(&impl, stream_endless, NULL);
    pl_channel_observe(impl.channel, note_span, &seen);
    assert_int_equal(stream_open_method(&impl, STREAM_WATCH, call, "", 0, &stream), PL_OK);
    assert_int_equal(stream_recv_response(stream, &message), PL_OK);
    assert_int_equal(seen.count, 0);
    assert_int_equal(pl_stream_close(stream), PL_OK);
    assert_int_equal(seen.count, 1);
    assert_int_equal(seen.code, PL_OK);
    pl_call_free(call);
    stream_impl_stop(&impl);
}

static void a_stream_that_cannot_be_opened_is_observed_by_its_name(void **state) {
    pl_call *call = echo_new_call(FIXTURE_PATIENCE_MS);
    spans seen = {.code = PL_OK};
    pl_stream *stream = NULL;
    stream_impl impl;

    (void)state;
    stream_impl_start(&impl, stream_plain, NULL);
    pl_channel_observe(impl.channel, note_span, &seen);
    pl_call_set_outgoing(call, "not a key", pl_str_c("x"));
    assert_int_equal(stream_open_method(&impl, STREAM_CHAT, call, NULL, 0, &stream),
                     PL_INVALID_ARGUMENT);
    assert_int_equal(seen.count, 1);
    assert_int_equal(seen.code, PL_INVALID_ARGUMENT);
    assert_string_equal(seen.name, stream_methods[STREAM_CHAT].path);
    pl_call_free(call);
    stream_impl_stop(&impl);
}

static void nothing_is_sent_for_a_caller_that_has_given_up(void **state) {
    pl_call *call = echo_new_call(FIXTURE_PATIENCE_MS);
    pl_stream *stream = NULL;
    stream_impl impl;

    (void)state;
    stream_impl_start(&impl, stream_plain, NULL);
    pl_call_cancel(call);
    assert_int_equal(stream_open_method(&impl, STREAM_CHAT, call, NULL, 0, &stream), PL_CANCELLED);
    assert_non_null(strstr(pl_call_error(call)->message, "given up"));
    pl_call_free(call);
    stream_impl_stop(&impl);
}

static void nothing_is_sent_after_the_deadline(void **state) {
    pl_call *call = echo_new_call(0);
    pl_stream *stream = NULL;
    stream_impl impl;

    (void)state;
    stream_impl_start(&impl, stream_plain, NULL);
    pl_call_limit(call, pl_now_ns());
    assert_int_equal(stream_open_method(&impl, STREAM_CHAT, call, NULL, 0, &stream),
                     PL_DEADLINE_EXCEEDED);
    assert_non_null(strstr(pl_call_error(call)->message, "not called"));
    pl_call_free(call);
    stream_impl_stop(&impl);
}

static void an_answer_that_makes_no_sense_is_what_the_close_says(void **state) {
    pl_call *call = echo_new_call(FIXTURE_PATIENCE_MS);
    const echo_response *message;
    pl_stream *stream = NULL;
    stream_impl impl;

    (void)state;
    stream_impl_start(&impl, stream_malformed, NULL);
    assert_int_equal(stream_open_method(&impl, STREAM_WATCH, call, "", 0, &stream), PL_OK);
    assert_int_equal(stream_recv_response(stream, &message), PL_INTERNAL);
    assert_int_equal(pl_stream_close(stream), PL_INTERNAL);
    assert_non_null(strstr(pl_call_error(call)->message, "malformed answer"));
    pl_call_free(call);
    stream_impl_stop(&impl);
}

static void bytes_too_long_to_be_sent_are_refused(void **state) {
    pl_bytes_request request = {.path = "/" STREAM_SERVICE "/Chat", .deadline_ns = PL_NEVER};
    size_t size = PL_CHANNEL_MAX_MESSAGE + 1;
    char *bytes = calloc(1, size);
    pl_bytes_reply *reply = NULL;
    pl_stream *stream = NULL;
    stream_impl impl;

    (void)state;
    assert_non_null(bytes);
    stream_impl_start(&impl, stream_plain, NULL);
    assert_int_equal(pl_stream_open_bytes(impl.channel, &request, &stream, NULL), PL_OK);
    assert_int_equal(pl_stream_send_bytes(stream, pl_str_make(bytes, size)), PL_INTERNAL);
    pl_stream_close_bytes(stream, &reply);
    pl_bytes_reply_free(reply);
    free(bytes);
    stream_impl_stop(&impl);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_message_of_a_trial_closes_the_breaker),
        cmocka_unit_test(who_has_heard_enough_has_not_failed_in_the_eyes_of_the_observer),
        cmocka_unit_test(a_stream_that_cannot_be_opened_is_observed_by_its_name),
        cmocka_unit_test(nothing_is_sent_for_a_caller_that_has_given_up),
        cmocka_unit_test(nothing_is_sent_after_the_deadline),
        cmocka_unit_test(an_answer_that_makes_no_sense_is_what_the_close_says),
        cmocka_unit_test(bytes_too_long_to_be_sent_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
