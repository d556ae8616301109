/* Calls without waiting, and the mock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include "breaker.h"
#include "fixture.h"
#include "parley/loop/loop.h"
#include "parley/rpc/mock.h"
#include "raw_peer.h"

enum { CALLS_THAT_OPEN = PL_BREAKER_CALLS_MIN };

typedef struct outcome {
    bool done;
    pl_code code;
    char text[64];
    char message[PL_ERROR_MESSAGE_MAX];
} outcome;

static void run_until(pl_loop *loop, const bool *done) {
    int64_t end = pl_deadline_ms(FIXTURE_PATIENCE_MS);

    while (!*done && pl_now_ns() < end)
        assert_int_equal(pl_loop_run_once(loop, 100, NULL), PL_OK);
    assert_true(*done);
}

static void on_bytes(void *arg, pl_bytes_reply *reply) {
    outcome *out = arg;

    out->done = true;
    out->code = reply->code;
    snprintf(out->message, sizeof out->message, "%s", reply->error.message);
    snprintf(out->text, sizeof out->text, "%.*s", (int)reply->body.n, reply->body.p);
    pl_bytes_reply_free(reply);
}

static pl_code start_bytes(pl_channel *channel, pl_loop *loop, int method, const char *body,
                           outcome *out, pl_bytes_op **out_op) {
    char path[128];
    pl_bytes_request request = {.path = path, .body = pl_str_c(body)};

    memset(out, 0, sizeof *out);
    snprintf(path, sizeof path, "%s", echo_service_desc.methods[method].path);
    request.deadline_ns = pl_deadline_ms(FIXTURE_PATIENCE_MS);
    request.idempotent = echo_service_desc.methods[method].idempotency == PL_IDEMPOTENCY_ALWAYS;
    return pl_channel_start_bytes(channel, &request, loop, on_bytes, out, out_op, NULL);
}

typedef struct one {
    echo_server echo;
    pl_channel *channel;
    pl_loop *loop;
} one;

static void open_one(one *f) {
    char address[32];

    echo_server_start(&f->echo, NULL);
    f->channel = echo_channel(echo_server_address(&f->echo, address));
    assert_int_equal(pl_loop_new(&f->loop, NULL), PL_OK);
}

static void close_one(one *f) {
    pl_channel_free(f->channel);
    echo_server_stop(&f->echo);
    pl_loop_free(f->loop);
}

static void bytes_are_answered_on_the_loop(void **state) {
    outcome out;
    one f;

    (void)state;
    open_one(&f);
    assert_int_equal(start_bytes(f.channel, f.loop, ECHO_META, "\x0a\x02hi", &out, NULL), PL_OK);
    assert_false(out.done);
    run_until(f.loop, &out.done);
    assert_int_equal(out.code, PL_OK);
    assert_string_equal(out.text, "\x0a\x02hi");
    close_one(&f);
}

static void asynchronous_call_is_retried_too(void **state) {
    outcome out;
    one f;

    (void)state;
    open_one(&f);
    f.echo.fail_first = 2;
    assert_int_equal(start_bytes(f.channel, f.loop, ECHO_FAIL, "\x10\x0e", &out, NULL), PL_OK);
    run_until(f.loop, &out.done);
    assert_int_equal(out.code, PL_OK);
    assert_int_equal(echo_server_calls(&f.echo), 3);
    close_one(&f);
}

/* To a port where nobody listens. */
static pl_channel *channel_to_nobody(void) {
    char address[32];
    int port, listener = raw_listen(&port);

    close(listener);
    snprintf(address, sizeof address, "127.0.0.1:%d", port);
    return echo_channel(address);
}

static unsigned long long failures_of(pl_channel *channel) {
    pl_channel_stats stats;

    pl_channel_read_stats(channel, &stats);
    return stats.failures;
}

static void call_may_be_cancelled_while_it_waits_for_its_next_attempt(void **state) {
    pl_channel *channel = channel_to_nobody();
    int64_t end = pl_deadline_ms(FIXTURE_PATIENCE_MS);
    pl_bytes_op *op = NULL;
    pl_loop *loop = NULL;
    outcome out;

    (void)state;
    assert_int_equal(pl_loop_new(&loop, NULL), PL_OK);
    assert_int_equal(start_bytes(channel, loop, ECHO_FAIL, "", &out, &op), PL_OK);
    while (failures_of(channel) == 0 && pl_now_ns() < end)
        assert_int_equal(pl_loop_run_once(loop, 100, NULL), PL_OK);
    assert_false(out.done);
    pl_bytes_cancel(op);
    run_until(loop, &out.done);
    assert_int_equal(out.code, PL_CANCELLED);
    assert_int_equal(failures_of(channel), 1);
    pl_channel_free(channel);
    pl_loop_free(loop);
}

typedef struct last_call {
    pl_channel *channel;
    bool done;
    pl_code code;
} last_call;

static void free_channel(void *arg, pl_bytes_reply *reply) {
    last_call *last = arg;

    pl_channel_free(last->channel);
    last->code = reply->code;
    last->done = true;
    pl_bytes_reply_free(reply);
}

/* No server here: the channel is the last that uses core. */
static void channel_may_be_freed_in_the_callback_of_its_last_call(void **state) {
    pl_bytes_request request = {.path = "/" ECHO_SERVICE "/Plain", .body = pl_str_c("\x0a\x02hi")};
    last_call last = {NULL, false, PL_OK};
    pl_loop *loop = NULL;

    (void)state;
    last.channel = channel_to_nobody();
    assert_int_equal(pl_loop_new(&loop, NULL), PL_OK);
    request.deadline_ns = pl_deadline_ms(FIXTURE_PATIENCE_MS);
    assert_int_equal(
        pl_channel_start_bytes(last.channel, &request, loop, free_channel, &last, NULL, NULL),
        PL_OK);
    run_until(loop, &last.done);
    assert_int_equal(last.code, PL_UNAVAILABLE);
    pl_loop_free(loop);
}

static void impatient_callers_do_not_open_the_breaker(void **state) {
    pl_channel_stats stats;
    one f;

    (void)state;
    open_one(&f);
    for (int i = 1; i <= 2 * CALLS_THAT_OPEN; i++) {
        pl_bytes_op *op = NULL;
        outcome out;
        assert_int_equal(start_bytes(f.channel, f.loop, ECHO_BLOCK, "", &out, &op), PL_OK);
        assert_true(echo_server_await(&f.echo, &f.echo.entered, (unsigned)i));
        pl_bytes_cancel(op);
        run_until(f.loop, &out.done);
        assert_int_equal(out.code, PL_CANCELLED);
        assert_true(echo_server_await(&f.echo, &f.echo.cancellations, (unsigned)i));
    }
    pl_channel_read_stats(f.channel, &stats);
    assert_int_equal(stats.breaker, PL_BREAKER_CLOSED);
    assert_int_equal(stats.opened, 0);
    close_one(&f);
}

static int64_t ahead_of_now(void *ahead_ns) {
    return pl_now_ns() + *(int64_t *)ahead_ns;
}

static void open_breaker(one *f) {
    pl_channel_stats stats;

    for (int i = 0; i < CALLS_THAT_OPEN; i++) {
        outcome out;
        assert_int_equal(start_bytes(f->channel, f->loop, ECHO_ONCE, "\x10\x0e", &out, NULL),
                         PL_OK);
        run_until(f->loop, &out.done);
        assert_int_equal(out.code, PL_UNAVAILABLE);
    }
    pl_channel_read_stats(f->channel, &stats);
    assert_int_equal(stats.breaker, PL_BREAKER_OPEN);
}

/* Else there would never be another one. */
static void trial_that_is_given_up_is_over_for_the_breaker(void **state) {
    pl_channel_opts opts = PL_CHANNEL_OPTS_INIT;
    int64_t ahead_ns = 0;
    pl_bytes_op *op = NULL;
    char address[32];
    outcome out;
    one f;

    (void)state;
    open_one(&f);
    pl_channel_free(f.channel);
    opts.target = echo_server_address(&f.echo, address);
    opts.now = ahead_of_now;
    opts.now_self = &ahead_ns;
    assert_int_equal(pl_channel_new(&opts, &f.channel, NULL), PL_OK);
    open_breaker(&f);
    ahead_ns += PL_BREAKER_OPEN_MS * PL_NS_PER_MS;
    assert_int_equal(start_bytes(f.channel, f.loop, ECHO_BLOCK, "", &out, &op), PL_OK);
    assert_true(echo_server_await(&f.echo, &f.echo.entered, 1));
    pl_bytes_cancel(op);
    run_until(f.loop, &out.done);
    ahead_ns += PL_BREAKER_OPEN_MS * PL_NS_PER_MS;
    assert_int_equal(start_bytes(f.channel, f.loop, ECHO_META, "\x0a\x02hi", &out, NULL), PL_OK);
    run_until(f.loop, &out.done);
    assert_int_equal(out.code, PL_OK);
    close_one(&f);
}

static void cancelled_call_is_answered_cancelled(void **state) {
    pl_bytes_op *op = NULL;
    outcome out;
    one f;

    (void)state;
    open_one(&f);
    assert_int_equal(start_bytes(f.channel, f.loop, ECHO_BLOCK, "", &out, &op), PL_OK);
    assert_true(echo_server_await(&f.echo, &f.echo.entered, 1));
    pl_bytes_cancel(op);
    run_until(f.loop, &out.done);
    assert_int_equal(out.code, PL_CANCELLED);
    assert_true(echo_server_await(&f.echo, &f.echo.cancellations, 1));
    close_one(&f);
}

static void call_too_many_is_refused_at_once(void **state) {
    pl_channel_opts opts = PL_CHANNEL_OPTS_INIT;
    outcome first, second;
    char address[32];
    one f;

    (void)state;
    open_one(&f);
    pl_channel_free(f.channel);
    opts.bulkhead = 1;
    opts.target = echo_server_address(&f.echo, address);
    assert_int_equal(pl_channel_new(&opts, &f.channel, NULL), PL_OK);
    assert_int_equal(start_bytes(f.channel, f.loop, ECHO_BLOCK, "", &first, NULL), PL_OK);
    assert_int_equal(start_bytes(f.channel, f.loop, ECHO_BLOCK, "", &second, NULL), PL_UNAVAILABLE);
    echo_server_open_gate(&f.echo);
    run_until(f.loop, &first.done);
    assert_false(second.done);
    close_one(&f);
}

static void on_message(pl_any_fn *done, void *arg, pl_call *call, pl_code code,
                       const ProtobufCMessage *response) {
    outcome *out = arg;

    assert_null(done);
    out->done = true;
    out->code = code;
    snprintf(out->message, sizeof out->message, "%s", pl_call_error(call)->message);
    if (response)
        snprintf(out->text, sizeof out->text, "%s", ((const echo_response *)response)->text);
}

static pl_code start_message(one *f, int method, const char *text, int64_t number, outcome *out) {
    pl_call_opts opts = PL_CALL_OPTS_INIT;
    echo_request request = ECHO_REQUEST_INIT;
    char copy[64];

    memset(out, 0, sizeof *out);
    snprintf(copy, sizeof copy, "%s", text);
    request.text = copy;
    request.number = number;
    opts.loop = f->loop;
    return pl_channel_start(f->channel, &opts, &echo_service_desc.methods[method], &request.base,
                            on_message, NULL, out, NULL);
}

static void message_is_answered_on_the_loop(void **state) {
    outcome out;
    one f;

    (void)state;
    open_one(&f);
    assert_int_equal(start_message(&f, ECHO_PLAIN, "hello", 0, &out), PL_OK);
    run_until(f.loop, &out.done);
    assert_int_equal(out.code, PL_OK);
    assert_string_equal(out.text, "hello");
    assert_int_equal(start_message(&f, ECHO_FAIL, "pears", PL_NOT_FOUND, &out), PL_OK);
    run_until(f.loop, &out.done);
    assert_int_equal(out.code, PL_NOT_FOUND);
    assert_string_equal(out.message, "pears: no more");
    close_one(&f);
}

static void error_of_a_call_is_not_the_next_ones(void **state) {
    outcome out;
    one f;

    (void)state;
    open_one(&f);
    assert_int_equal(start_message(&f, ECHO_FAIL, "pears", PL_NOT_FOUND, &out), PL_OK);
    run_until(f.loop, &out.done);
    assert_int_equal(start_message(&f, ECHO_PLAIN, "hello", 0, &out), PL_OK);
    run_until(f.loop, &out.done);
    assert_int_equal(out.code, PL_OK);
    assert_string_equal(out.message, "");
    close_one(&f);
}

/* ---- several in one round of a loop, which the channel's thread starts ---- */

enum { CALLS_OF_A_ROUND = 8 };

typedef struct round_of_calls {
    pl_task task;
    one *f;
    int method, count;
    bool cancel_last;
    outcome outs[CALLS_OF_A_ROUND];
} round_of_calls;

static void start_round(pl_task *task) {
    round_of_calls *r = PL_CONTAINER_OF(task, round_of_calls, task);
    pl_bytes_op *last = NULL;

    for (int i = 0; i < r->count; i++)
        assert_int_equal(
            start_bytes(r->f->channel, r->f->loop, r->method, "\x0a\x02hi", &r->outs[i], &last),
            PL_OK);
    if (r->cancel_last)
        pl_bytes_cancel(last);
}

static void calls_of_one_round_are_all_answered(void **state) {
    round_of_calls r = {.task.run = start_round, .method = ECHO_META, .count = CALLS_OF_A_ROUND};
    one f;

    (void)state;
    open_one(&f);
    r.f = &f;
    pl_loop_post(f.loop, &r.task);
    for (int i = 0; i < r.count; i++) {
        run_until(f.loop, &r.outs[i].done);
        assert_int_equal(r.outs[i].code, PL_OK);
        assert_string_equal(r.outs[i].text, "\x0a\x02hi");
    }
    close_one(&f);
}

static void call_may_be_cancelled_in_the_round_that_starts_it(void **state) {
    round_of_calls r = {
        .task.run = start_round, .method = ECHO_BLOCK, .count = 2, .cancel_last = true};
    one f;

    (void)state;
    open_one(&f);
    r.f = &f;
    pl_loop_post(f.loop, &r.task);
    run_until(f.loop, &r.outs[1].done);
    assert_int_equal(r.outs[1].code, PL_CANCELLED);
    assert_false(r.outs[0].done);
    echo_server_open_gate(&f.echo);
    run_until(f.loop, &r.outs[0].done);
    close_one(&f);
}

enum { LOOPS = 2, CALLS_AT_ONCE = 4, CALLS_OF_A_LOOP = 200 };

typedef struct asker {
    pthread_t thread;
    pl_channel *channel;
    pl_loop *loop;
    int to_start, to_end, failed;
} asker;

static void ask(asker *a);

static void on_asked(void *arg, pl_bytes_reply *reply) {
    asker *a = arg;

    a->failed += reply->code != PL_OK || !pl_loop_is_running_here(a->loop);
    pl_bytes_reply_free(reply);
    if (--a->to_end == 0)
        pl_loop_stop(a->loop);
    else if (a->to_start > 0)
        ask(a);
}

static void ask(asker *a) {
    pl_bytes_request request = {.path = echo_service_desc.methods[ECHO_META].path,
                                .body = pl_str_c("\x0a\x02hi"),
                                .deadline_ns = pl_deadline_ms(FIXTURE_PATIENCE_MS)};

    a->to_start--;
    if (pl_channel_start_bytes(a->channel, &request, a->loop, on_asked, a, NULL, NULL) != PL_OK)
        a->failed++;
}

static void *ask_main(void *arg) {
    asker *a = arg;

    for (int i = 0; i < CALLS_AT_ONCE; i++)
        ask(a);
    if (pl_loop_run(a->loop, NULL) != PL_OK)
        a->failed++;
    return NULL;
}

static void loops_share_a_channel_and_each_has_its_own_calls(void **state) {
    asker askers[LOOPS];
    one f;

    (void)state;
    open_one(&f);
    for (int i = 0; i < LOOPS; i++) {
        askers[i] = (asker){
            .channel = f.channel, .to_start = CALLS_OF_A_LOOP, .to_end = CALLS_OF_A_LOOP};
        assert_int_equal(pl_loop_new(&askers[i].loop, NULL), PL_OK);
        assert_int_equal(pthread_create(&askers[i].thread, NULL, ask_main, &askers[i]), 0);
    }
    for (int i = 0; i < LOOPS; i++) {
        pthread_join(askers[i].thread, NULL);
        assert_int_equal(askers[i].failed, 0);
        assert_int_equal(askers[i].to_end, 0);
        pl_loop_free(askers[i].loop);
    }
    close_one(&f);
}

static void mock_answers_what_it_was_told_and_remembers(void **state) {
    pl_mock *mock = pl_mock_new(&echo_service_desc);
    pl_call *call = echo_new_call(0);
    echo_request request = ECHO_REQUEST_INIT;
    echo_response answer = PARLEY__TEST__ECHO__V1__ECHO_RESPONSE__INIT;
    ProtobufCMessage *response = NULL;
    char asked[] = "asked", told[] = "told";

    (void)state;
    request.text = asked;
    answer.text = told;
    assert_int_equal(pl_mock_call(mock, ECHO_PLAIN, call, &request.base, &response),
                     PL_UNIMPLEMENTED);
    assert_int_equal(pl_mock_answer(mock, ECHO_PLAIN, &answer.base), PL_OK);
    assert_int_equal(pl_mock_call(mock, ECHO_PLAIN, call, &request.base, &response), PL_OK);
    assert_string_equal(((echo_response *)response)->text, "told");
    assert_int_equal(pl_mock_count(mock, ECHO_PLAIN), 2);
    assert_string_equal(((const echo_request *)pl_mock_last_request(mock, ECHO_PLAIN))->text,
                        "asked");
    pl_mock_fail(mock, ECHO_PLAIN, PL_NOT_FOUND, "GONE", "not here");
    assert_int_equal(pl_mock_call(mock, ECHO_PLAIN, call, &request.base, &response), PL_NOT_FOUND);
    assert_string_equal(pl_call_error(call)->reason, "GONE");
    pl_mock_free(mock);
    pl_call_free(call);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_are_answered_on_the_loop),
        cmocka_unit_test(asynchronous_call_is_retried_too),
        cmocka_unit_test(call_may_be_cancelled_while_it_waits_for_its_next_attempt),
        cmocka_unit_test(cancelled_call_is_answered_cancelled),
        cmocka_unit_test(impatient_callers_do_not_open_the_breaker),
        cmocka_unit_test(trial_that_is_given_up_is_over_for_the_breaker),
        cmocka_unit_test(channel_may_be_freed_in_the_callback_of_its_last_call),
        cmocka_unit_test(call_too_many_is_refused_at_once),
        cmocka_unit_test(message_is_answered_on_the_loop),
        cmocka_unit_test(error_of_a_call_is_not_the_next_ones),
        cmocka_unit_test(calls_of_one_round_are_all_answered),
        cmocka_unit_test(call_may_be_cancelled_in_the_round_that_starts_it),
        cmocka_unit_test(loops_share_a_channel_and_each_has_its_own_calls),
        cmocka_unit_test(mock_answers_what_it_was_told_and_remembers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
