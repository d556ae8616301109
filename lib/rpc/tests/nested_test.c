/* A handler that calls another service: what goes along, and what comes back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "breaker.h"
#include "fixture.h"

typedef struct pair {
    echo_server front, back;
    pl_channel *channel;
    pl_call *call;
} pair;

static void open_pair(pair *f) {
    pl_server_opts opts = PL_SERVER_OPTS_INIT;
    char address[32];

    opts.demo = true;
    echo_server_start(&f->back, &opts);
    echo_server_start(&f->front, &opts);
    pthread_mutex_lock(&f->front.mu);
    f->front.upstream = echo_channel(echo_server_address(&f->back, address));
    pthread_mutex_unlock(&f->front.mu);
    f->channel = echo_channel(echo_server_address(&f->front, address));
    f->call = echo_new_call(FIXTURE_PATIENCE_MS);
}

static void close_pair(pair *f) {
    pl_channel *upstream = f->front.upstream;

    pl_call_free(f->call);
    pl_channel_free(f->channel);
    echo_server_open_gate(&f->back);
    echo_server_stop(&f->front);
    pl_channel_free(upstream);
    echo_server_stop(&f->back);
}

/* What the service behind saw of metadata KEY. */
static const char *seen_behind(pair *f, const char *key) {
    echo_response *response = NULL;

    assert_int_equal(echo_call(f->channel, f->call, ECHO_RELAY, key, ECHO_META, &response), PL_OK);
    return response->seen;
}

static void identity_of_the_caller_goes_along(void **state) {
    pair f;

    (void)state;
    open_pair(&f);
    pl_call_set_outgoing(f.call, "authorization", pl_str_c("Bearer abc"));
    assert_string_equal(seen_behind(&f, "authorization"), "Bearer abc");
    pl_call_set_outgoing(f.call, "x-parley-demo", pl_str_c("admin"));
    assert_string_equal(seen_behind(&f, "x-parley-demo"), "admin");
    close_pair(&f);
}

static void other_metadata_stays_behind(void **state) {
    pair f;

    (void)state;
    open_pair(&f);
    pl_call_set_outgoing(f.call, "idempotency-key", pl_str_c("k1"));
    assert_string_equal(seen_behind(&f, "idempotency-key"), "");
    close_pair(&f);
}

static void trace_goes_along(void **state) {
    pair f;

    (void)state;
    open_pair(&f);
    assert_memory_equal(seen_behind(&f, "traceparent"), pl_call_traceparent(f.call), 36);
    close_pair(&f);
}

typedef struct heard {
    size_t count;
    pl_span last;
    pl_trace trace;
} heard;

static void hear(void *self, const pl_span *span) {
    heard *h = self;

    h->count++;
    h->last = *span;
    h->trace = *span->trace;
}

static void each_call_is_a_span_of_its_own(void **state) {
    heard h = {0};
    pl_trace first;
    pair f;

    (void)state;
    open_pair(&f);
    pl_channel_observe(f.channel, hear, &h);
    (void)seen_behind(&f, "traceparent");
    first = h.trace;
    (void)seen_behind(&f, "traceparent");
    assert_int_equal(h.count, 2);
    assert_int_equal(h.last.kind, PL_SPAN_CLIENT);
    assert_int_equal(h.last.code, PL_OK);
    assert_true(h.last.duration_ns > 0);
    assert_memory_equal(first.traceparent, pl_call_traceparent(f.call), PL_SPAN_ID_AT);
    assert_memory_equal(first.parent, pl_call_traceparent(f.call) + PL_SPAN_ID_AT,
                        PL_SPAN_ID_LENGTH);
    assert_false(pl_str_eq(pl_trace_span_id(&first), pl_trace_span_id(&h.trace)));
    close_pair(&f);
}

static void a_call_that_fails_is_told_with_its_code(void **state) {
    heard h = {0};
    pl_call *call = echo_new_call(60);
    pair f;

    (void)state;
    open_pair(&f);
    pl_channel_observe(f.channel, hear, &h);
    assert_int_equal(echo_call(f.channel, call, ECHO_RELAY, "", ECHO_BLOCK, NULL),
                     PL_DEADLINE_EXCEEDED);
    assert_int_equal(h.last.code, PL_DEADLINE_EXCEEDED);
    pl_call_free(call);
    close_pair(&f);
}

static void tracestate_goes_along_unchanged(void **state) {
    pair f;

    (void)state;
    open_pair(&f);
    pl_call_set_outgoing(f.call, "tracestate", pl_str_c("vendor=1,other=b c"));
    assert_string_equal(seen_behind(&f, "tracestate"), "vendor=1,other=b c");
    close_pair(&f);
}

static void a_trace_is_continued_with_its_state(void **state) {
    pl_call_opts opts = PL_CALL_OPTS_INIT;
    pl_call *call = NULL;
    echo_response *response = NULL;
    pair f;

    (void)state;
    open_pair(&f);
    opts.timeout_ms = FIXTURE_PATIENCE_MS;
    opts.tracestate = "vendor=1";
    assert_int_equal(pl_call_new(&opts, &call, NULL), PL_OK);
    assert_int_equal(pl_call_tracestate(call).n, 0); /* it is of no trace */
    pl_call_free(call);
    opts.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    assert_int_equal(pl_call_new(&opts, &call, NULL), PL_OK);
    assert_int_equal(echo_call(f.channel, call, ECHO_RELAY, "tracestate", ECHO_META, &response),
                     PL_OK);
    assert_string_equal(response->seen, "vendor=1");
    pl_call_free(call);
    close_pair(&f);
}

static void what_is_not_sampled_stays_so_behind(void **state) {
    pl_call_opts opts = PL_CALL_OPTS_INIT;
    pl_call *call = NULL;
    echo_response *response = NULL;
    pair f;

    (void)state;
    open_pair(&f);
    opts.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";
    opts.timeout_ms = FIXTURE_PATIENCE_MS;
    assert_int_equal(pl_call_new(&opts, &call, NULL), PL_OK);
    assert_int_equal(echo_call(f.channel, call, ECHO_RELAY, "traceparent", ECHO_META, &response),
                     PL_OK);
    assert_string_equal(response->seen + 52, "-00");
    pl_call_free(call);
    close_pair(&f);
}

static void deadline_of_the_caller_limits_the_call_behind(void **state) {
    pl_call *call;
    pair f;

    (void)state;
    open_pair(&f);
    (void)seen_behind(&f, "x-none"); /* the connections are there */
    call = echo_new_call(1000);      /* for both handlers to begin */
    assert_int_equal(echo_call(f.channel, call, ECHO_RELAY, "", ECHO_BLOCK, NULL),
                     PL_DEADLINE_EXCEEDED);
    assert_true(echo_server_await(&f.back, &f.back.cancellations, 1));
    pl_call_free(call);
    close_pair(&f);
}

static void *relay_block(void *channel) {
    echo_once(channel, ECHO_RELAY, "", ECHO_BLOCK);
    return NULL;
}

static void cancellation_reaches_the_call_behind(void **state) {
    pthread_t thread;
    pair f;

    (void)state;
    open_pair(&f);
    assert_int_equal(pthread_create(&thread, NULL, relay_block, f.channel), 0);
    assert_true(echo_server_await(&f.back, &f.back.entered, 1));
    /* The server in front cancels its calls, long before the timeout of the call behind. */
    assert_int_equal(pl_server_drain(f.front.server, 0), PL_DEADLINE_EXCEEDED);
    assert_true(echo_server_await(&f.back, &f.back.cancellations, 1));
    /* That is what the call behind ends with where it was left to its timeout. */
    assert_int_not_equal(f.front.last_code, PL_DEADLINE_EXCEEDED);
    pthread_join(thread, NULL);
    close_pair(&f);
}

static void error_of_the_call_behind_is_passed_on_as_it_is(void **state) {
    pair f;

    (void)state;
    open_pair(&f);
    assert_int_equal(echo_call(f.channel, f.call, ECHO_RELAY, "long text", ECHO_LIMITED, NULL),
                     PL_INVALID_ARGUMENT);
    assert_string_equal(pl_call_error(f.call)->reason, "INVALID_REQUEST");
    assert_int_equal(pl_call_violations(f.call)->kept, 1);
    close_pair(&f);
}

static void service_in_front_is_not_blamed_for_the_one_behind(void **state) {
    pl_channel_stats stats;
    pair f;

    (void)state;
    open_pair(&f);
    assert_int_equal(pl_server_drain(f.back.server, 0), PL_OK);
    for (int i = 0; i < 2 * PL_BREAKER_CALLS_MIN; i++)
        assert_int_equal(echo_call(f.channel, f.call, ECHO_RELAY, "", ECHO_ONCE, NULL),
                         PL_UNAVAILABLE);
    pl_channel_read_stats(f.front.upstream, &stats);
    assert_int_equal(stats.breaker, PL_BREAKER_OPEN);
    assert_string_equal(pl_call_error(f.call)->reason, "CIRCUIT_OPEN");
    assert_true(pl_call_error(f.call)->retry_after_ms > 0);
    pl_channel_read_stats(f.channel, &stats);
    assert_int_equal(stats.breaker, PL_BREAKER_CLOSED);
    close_pair(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(identity_of_the_caller_goes_along),
        cmocka_unit_test(other_metadata_stays_behind),
        cmocka_unit_test(trace_goes_along),
        cmocka_unit_test(each_call_is_a_span_of_its_own),
        cmocka_unit_test(a_call_that_fails_is_told_with_its_code),
        cmocka_unit_test(tracestate_goes_along_unchanged),
        cmocka_unit_test(a_trace_is_continued_with_its_state),
        cmocka_unit_test(what_is_not_sampled_stays_so_behind),
        cmocka_unit_test(deadline_of_the_caller_limits_the_call_behind),
        cmocka_unit_test(cancellation_reaches_the_call_behind),
        cmocka_unit_test(error_of_the_call_behind_is_passed_on_as_it_is),
        cmocka_unit_test(service_in_front_is_not_blamed_for_the_one_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
