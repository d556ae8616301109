/* Generated streams: the same consumers over a real server, an implementation in the same process
 * and a relay, waiting and not. */
#include "board.h"
#include "grpc/testing/test.parley.h"
#include "parley/loop/loop.h"

static const golden_v1_BoardService_ops NO_OPS = {.count = NULL};

static void every_kind_works(world *w) {
    google_protobuf_Empty empty = google_protobuf_EMPTY_INIT;
    golden_v1_Note *note = NULL;
    unsigned n;
    assert_int_equal(w->service.ops->count(w->service.self, w->call, &empty, &note), PL_OK);
    assert_int_equal(note->number, NOTES);
    assert_int_equal(watch(w, "ann", &n), PL_OK);
    assert_int_equal(n, NOTES);
    assert_int_equal(upload(w, MANY_NOTES, "text", &n), PL_OK);
    assert_int_equal(n, MANY_NOTES);
    chat(w, NOTES);
}

static void every_kind_works_over_a_server(void **state) {
    (void)state;
    world w;
    open_remote(&w, &BOARD_OPS);
    every_kind_works(&w);
    close_world(&w);
}

static void every_kind_works_over_the_implementation_itself(void **state) {
    (void)state;
    world w;
    open_local(&w, &BOARD_OPS);
    every_kind_works(&w);
    close_world(&w);
}

static void every_kind_works_through_a_server_that_serves_a_client(void **state) {
    (void)state;
    world w, front;
    open_remote(&w, &BOARD_OPS);
    open_remote(&front, w.service.ops);
    pl_channel_free(front.channel);
    pl_server_free(front.server);
    front.server = serve(&w.service);
    front.channel = connect_to(front.server);
    front.service = golden_v1_BoardService_client(front.channel);
    every_kind_works(&front);
    close_world(&front);
    close_world(&w);
}

static void a_status_with_its_reason_reaches_the_consumer(void **state) {
    (void)state;
    world w;
    unsigned n;
    open_remote(&w, &BOARD_OPS);
    assert_int_equal(watch(&w, "nobody", &n), PL_NOT_FOUND);
    assert_string_equal(pl_call_error(w.call)->reason, "NO_AUTHOR");
    close_world(&w);
}

static void the_request_of_a_stream_is_validated(void **state) {
    (void)state;
    world w;
    unsigned n;
    open_remote(&w, &BOARD_OPS);
    assert_int_equal(watch(&w, "an author of far too many letters", &n), PL_INVALID_ARGUMENT);
    assert_int_equal(pl_call_violations(w.call)->count, 1);
    close_world(&w);
}

static void each_message_of_a_stream_of_requests_is_validated(void **state) {
    (void)state;
    world w;
    unsigned n;
    open_remote(&w, &BOARD_OPS);
    assert_int_equal(upload(&w, 1, "", &n), PL_INVALID_ARGUMENT);
    close_world(&w);
}

static void a_missing_operation_is_unimplemented(void **state) {
    (void)state;
    world w;
    unsigned n;
    open_remote(&w, &NO_OPS);
    assert_int_equal(watch(&w, "ann", &n), PL_UNIMPLEMENTED);
    close_world(&w);
    open_local(&w, &NO_OPS);
    assert_int_equal(watch(&w, "ann", &n), PL_UNIMPLEMENTED);
    close_world(&w);
}

/* ---- without waiting ---- */

typedef struct seen {
    golden_v1_BoardService_chat_client *client;
    unsigned messages, sent;
    bool done;
    pl_code code;
} seen;

static void on_note(void *arg, golden_v1_BoardService_watch_client *client,
                    const golden_v1_Note *note) {
    seen *s = arg;
    (void)client;
    s->messages++;
    assert_int_equal(note->number, s->messages);
}

static void on_done(void *arg, pl_call *call, pl_code code) {
    seen *s = arg;
    (void)call;
    s->done = true;
    s->code = code;
}

static void run_until_done(pl_loop *loop, const seen *s) {
    int64_t end = pl_deadline_ms(PATIENCE_MS);
    while (!s->done && pl_now_ns() < end)
        assert_int_equal(pl_loop_run_once(loop, 100, NULL), PL_OK);
    assert_true(s->done);
}

static void answers_are_delivered_on_the_loop(void **state) {
    (void)state;
    static const golden_v1_BoardService_watch_events EVENTS = {.message = on_note, .done = on_done};
    golden_v1_WatchRequest request = golden_v1_WATCH_REQUEST_INIT;
    golden_v1_BoardService_watch_client *client;
    pl_call_opts opts = PL_CALL_OPTS_INIT;
    seen s = {.done = false};
    pl_loop *loop;
    world w;
    open_remote(&w, &BOARD_OPS);
    assert_int_equal(pl_loop_new(&loop, NULL), PL_OK);
    opts.loop = loop;
    request.author = "ann";
    assert_int_equal(
        golden_v1_BoardService_watch_start(w.channel, &opts, &request, &EVENTS, &s, &client, NULL),
        PL_OK);
    run_until_done(loop, &s);
    assert_int_equal(s.code, PL_OK);
    assert_int_equal(s.messages, NOTES);
    close_world(&w);
    pl_loop_free(loop);
}

/* Sends until there is no room, and the rest when there is. */
static void pour(seen *s) {
    golden_v1_Free said = golden_v1_FREE_INIT;
    said.text = "said";
    while (s->sent < MANY_NOTES) {
        if (golden_v1_BoardService_chat_client_try_send(s->client, &said) != PL_OK)
            return;
        s->sent++;
    }
    golden_v1_BoardService_chat_client_end(s->client);
}

static void on_room(void *arg, golden_v1_BoardService_chat_client *client) {
    (void)client;
    pour(arg);
}

static void on_heard(void *arg, golden_v1_BoardService_chat_client *client,
                     const golden_v1_Free *heard) {
    seen *s = arg;
    (void)client;
    assert_string_equal(heard->text, "said");
    s->messages++;
}

static void a_stream_both_ways_goes_on_as_there_is_room(void **state) {
    (void)state;
    static const golden_v1_BoardService_chat_events EVENTS = {
        .message = on_heard, .room = on_room, .done = on_done};
    pl_call_opts opts = PL_CALL_OPTS_INIT;
    seen s = {.done = false};
    pl_loop *loop;
    world w;
    open_remote(&w, &BOARD_OPS);
    assert_int_equal(pl_loop_new(&loop, NULL), PL_OK);
    opts.loop = loop;
    assert_int_equal(
        golden_v1_BoardService_chat_start(w.channel, &opts, &EVENTS, &s, &s.client, NULL), PL_OK);
    pour(&s);
    assert_true(s.sent < MANY_NOTES);
    run_until_done(loop, &s);
    assert_int_equal(s.code, PL_OK);
    assert_int_equal(s.messages, MANY_NOTES);
    close_world(&w);
    pl_loop_free(loop);
}

static void a_contract_of_others_has_the_rule_of_the_parameter(void **state) {
    (void)state;
    for (size_t i = 0; i < grpc_testing_TestService_METHOD_COUNT; i++)
        assert_int_equal(grpc_testing_TestService_desc.methods[i].auth, PL_AUTH_RULE_PUBLIC);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_works_over_a_server),
        cmocka_unit_test(every_kind_works_over_the_implementation_itself),
        cmocka_unit_test(every_kind_works_through_a_server_that_serves_a_client),
        cmocka_unit_test(a_status_with_its_reason_reaches_the_consumer),
        cmocka_unit_test(the_request_of_a_stream_is_validated),
        cmocka_unit_test(each_message_of_a_stream_of_requests_is_validated),
        cmocka_unit_test(a_missing_operation_is_unimplemented),
        cmocka_unit_test(answers_are_delivered_on_the_loop),
        cmocka_unit_test(a_stream_both_ways_goes_on_as_there_is_room),
        cmocka_unit_test(a_contract_of_others_has_the_rule_of_the_parameter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
