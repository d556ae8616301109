/* Generated streams, on golden/v1/streams.proto: the same consumers over a real server, an
 * implementation in the same process, a relay and a mock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "golden/v1/streams.parley.h"
#include "grpc/testing/test.parley.h"
#include "parley/loop/loop.h"
#include "parley/rpc/mock.h"
#include "parley/rpc/server.h"

#define PATIENCE_MS 10000
#define NOTES       3
/* More than a queue holds. */
#define MANY_NOTES 500

typedef golden_v1_BoardService board;

/* ---- an implementation ---- */

static pl_code count_op(void *self, pl_call *call, const google_protobuf_Empty *request,
                        golden_v1_Note **out_response) {
    (void)self;
    (void)request;
    golden_v1_Note *note = golden_v1_Note_new(pl_call_arena(call));
    if (!note)
        return pl_call_no_memory(call);
    note->number = NOTES;
    *out_response = note;
    return PL_OK;
}

static pl_code watch_op(void *self, pl_call *call, const golden_v1_WatchRequest *request,
                        golden_v1_BoardService_watch_stream *stream) {
    (void)self;
    pl_code code = PL_OK;
    if (strcmp(request->author, "nobody") == 0)
        return pl_call_fail(call, PL_NOT_FOUND, "NO_AUTHOR", "nobody writes nothing");
    for (unsigned i = 1; code == PL_OK && i <= NOTES; i++) {
        golden_v1_Note note = golden_v1_NOTE_INIT;
        note.author = request->author;
        note.text = "note";
        note.number = i;
        code = golden_v1_BoardService_watch_send(stream, &note);
    }
    return code;
}

static pl_code upload_op(void *self, pl_call *call, golden_v1_BoardService_upload_stream *stream,
                         golden_v1_Uploaded **out_response) {
    (void)self;
    golden_v1_Uploaded *done = golden_v1_Uploaded_new(pl_call_arena(call));
    const golden_v1_Note *note;
    pl_code code;
    if (!done)
        return pl_call_no_memory(call);
    while ((code = golden_v1_BoardService_upload_recv(stream, &note)) == PL_OK && note)
        done->count++;
    *out_response = done;
    return code;
}

static pl_code chat_op(void *self, pl_call *call, golden_v1_BoardService_chat_stream *stream) {
    (void)self;
    (void)call;
    const golden_v1_Free *said;
    pl_code code;
    while ((code = golden_v1_BoardService_chat_recv(stream, &said)) == PL_OK && said)
        if ((code = golden_v1_BoardService_chat_send(stream, said)) != PL_OK)
            break;
    return code;
}

static const golden_v1_BoardService_ops OPS = {
    .count = count_op, .watch = watch_op, .upload = upload_op, .chat = chat_op};
static const golden_v1_BoardService_ops NO_OPS = {.count = NULL};

/* ---- where it runs ---- */

typedef struct world {
    board impl;
    pl_server *server;
    pl_channel *channel;
    board service; /* what consumers see */
    golden_v1_BoardService_mock *mock;
    pl_call *call;
} world;

static pl_server *serve(const board *impl) {
    pl_server_opts opts = PL_SERVER_OPTS_INIT;
    pl_server *server;
    assert_int_equal(pl_server_new(&opts, &server, NULL), PL_OK);
    assert_int_equal(pl_server_add(server, golden_v1_BoardService_bind(impl), NULL), PL_OK);
    assert_int_equal(pl_server_start(server, NULL), PL_OK);
    return server;
}

static pl_channel *connect_to(const pl_server *server) {
    char target[32];
    pl_channel_opts opts = PL_CHANNEL_OPTS_INIT;
    pl_channel *channel;
    snprintf(target, sizeof(target), "127.0.0.1:%d", pl_server_port(server));
    opts.target = target;
    assert_int_equal(pl_channel_new(&opts, &channel, NULL), PL_OK);
    return channel;
}

static void open_local(world *w, const golden_v1_BoardService_ops *ops) {
    pl_call_opts opts = PL_CALL_OPTS_INIT;
    memset(w, 0, sizeof(*w));
    opts.timeout_ms = PATIENCE_MS;
    assert_int_equal(pl_call_new(&opts, &w->call, NULL), PL_OK);
    w->impl.ops = ops;
    w->service = w->impl;
}

static void open_remote(world *w, const golden_v1_BoardService_ops *ops) {
    open_local(w, ops);
    w->server = serve(&w->impl);
    w->channel = connect_to(w->server);
    w->service = golden_v1_BoardService_client(w->channel);
}

static void open_mock(world *w) {
    open_local(w, NULL);
    w->mock = golden_v1_BoardService_mock_new();
    assert_non_null(w->mock);
    w->service = golden_v1_BoardService_mock_service(w->mock);
}

static void close_world(world *w) {
    pl_call_free(w->call);
    pl_channel_free(w->channel);
    pl_server_free(w->server);
    golden_v1_BoardService_mock_free(w->mock);
}

/* ---- consumers ---- */

static pl_code watch(world *w, const char *author, unsigned *out_notes) {
    golden_v1_WatchRequest request = golden_v1_WATCH_REQUEST_INIT;
    golden_v1_BoardService_watch_client *client;
    const golden_v1_Note *note;
    *out_notes = 0;
    request.author = author;
    pl_code code = golden_v1_BoardService_watch_open(&w->service, w->call, &request, &client);
    if (code != PL_OK)
        return code;
    while (golden_v1_BoardService_watch_client_recv(client, &note) == PL_OK && note) {
        assert_int_equal(note->number, *out_notes + 1);
        assert_string_equal(note->author, author);
        *out_notes += 1;
    }
    return golden_v1_BoardService_watch_client_close(client);
}

static pl_code upload(world *w, unsigned notes, const char *text, unsigned *out_count) {
    golden_v1_BoardService_upload_client *client;
    const golden_v1_Uploaded *done = NULL;
    golden_v1_Note note = golden_v1_NOTE_INIT;
    note.text = text;
    *out_count = 0;
    pl_code code = golden_v1_BoardService_upload_open(&w->service, w->call, &client);
    if (code != PL_OK)
        return code;
    for (unsigned i = 0; code == PL_OK && i < notes; i++) {
        note.number = i;
        code = golden_v1_BoardService_upload_client_send(client, &note);
    }
    if (code == PL_OK && golden_v1_BoardService_upload_client_answer(client, &done) == PL_OK)
        *out_count = done->count;
    return golden_v1_BoardService_upload_client_close(client);
}

static void chat(world *w, unsigned turns) {
    golden_v1_BoardService_chat_client *client;
    const golden_v1_Free *heard;
    char text[16];
    assert_int_equal(golden_v1_BoardService_chat_open(&w->service, w->call, &client), PL_OK);
    for (unsigned i = 0; i < turns; i++) {
        golden_v1_Free said = golden_v1_FREE_INIT;
        snprintf(text, sizeof(text), "turn %u", i);
        said.text = text;
        assert_int_equal(golden_v1_BoardService_chat_client_send(client, &said), PL_OK);
        assert_int_equal(golden_v1_BoardService_chat_client_recv(client, &heard), PL_OK);
        assert_non_null(heard);
        assert_string_equal(heard->text, text);
    }
    golden_v1_BoardService_chat_client_end(client);
    assert_int_equal(golden_v1_BoardService_chat_client_recv(client, &heard), PL_OK);
    assert_null(heard);
    assert_int_equal(golden_v1_BoardService_chat_client_close(client), PL_OK);
}

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

/* ---- tests ---- */

static void every_kind_works_over_a_server(void **state) {
    (void)state;
    world w;
    open_remote(&w, &OPS);
    every_kind_works(&w);
    close_world(&w);
}

static void every_kind_works_over_the_implementation_itself(void **state) {
    (void)state;
    world w;
    open_local(&w, &OPS);
    every_kind_works(&w);
    close_world(&w);
}

static void every_kind_works_through_a_server_that_serves_a_client(void **state) {
    (void)state;
    world w, front;
    open_remote(&w, &OPS);
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
    open_remote(&w, &OPS);
    assert_int_equal(watch(&w, "nobody", &n), PL_NOT_FOUND);
    assert_string_equal(pl_call_error(w.call)->reason, "NO_AUTHOR");
    close_world(&w);
}

static void the_request_of_a_stream_is_validated(void **state) {
    (void)state;
    world w;
    unsigned n;
    open_remote(&w, &OPS);
    assert_int_equal(watch(&w, "an author of far too many letters", &n), PL_INVALID_ARGUMENT);
    assert_int_equal(pl_call_violations(w.call)->count, 1);
    close_world(&w);
}

static void each_message_of_a_stream_of_requests_is_validated(void **state) {
    (void)state;
    world w;
    unsigned n;
    open_remote(&w, &OPS);
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

static pl_code no_answer(void *self, pl_call *call, golden_v1_BoardService_upload_stream *stream,
                         golden_v1_Uploaded **out_response) {
    (void)self;
    (void)call;
    (void)stream;
    (void)out_response;
    return PL_OK;
}

static void an_upload_without_an_answer_is_an_internal_error(void **state) {
    (void)state;
    static const golden_v1_BoardService_ops FORGETFUL = {.upload = no_answer};
    world w;
    unsigned n;
    open_remote(&w, &FORGETFUL);
    assert_int_equal(upload(&w, 0, "", &n), PL_INTERNAL);
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
    open_remote(&w, &OPS);
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
    open_remote(&w, &OPS);
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

/* ---- mocks ---- */

static void a_mock_sends_its_messages_and_ends(void **state) {
    (void)state;
    golden_v1_Note first = golden_v1_NOTE_INIT, second = golden_v1_NOTE_INIT;
    const golden_v1_Note *const notes[] = {&first, &second};
    world w;
    unsigned n;
    open_mock(&w);
    first.number = 1;
    second.number = 2;
    first.author = second.author = "ann";
    assert_int_equal(golden_v1_BoardService_mock_watch_answer(w.mock, notes, 2), PL_OK);
    assert_int_equal(watch(&w, "ann", &n), PL_OK);
    assert_int_equal(n, 2);
    assert_int_equal(golden_v1_BoardService_mock_watch_count(w.mock), 1);
    assert_string_equal(golden_v1_BoardService_mock_watch_last(w.mock)->author, "ann");
    close_world(&w);
}

static void a_mock_fails_behind_its_messages(void **state) {
    (void)state;
    golden_v1_Note note = golden_v1_NOTE_INIT;
    const golden_v1_Note *const notes[] = {&note};
    world w;
    unsigned n;
    open_mock(&w);
    note.number = 1;
    note.author = "ann";
    assert_int_equal(golden_v1_BoardService_mock_watch_answer(w.mock, notes, 1), PL_OK);
    golden_v1_BoardService_mock_watch_fail(w.mock, PL_UNAVAILABLE, "GONE", "gone");
    assert_int_equal(watch(&w, "ann", &n), PL_UNAVAILABLE);
    assert_int_equal(n, 1);
    assert_string_equal(pl_call_error(w.call)->reason, "GONE");
    close_world(&w);
}

static void a_mock_that_was_told_nothing_is_unimplemented(void **state) {
    (void)state;
    world w;
    unsigned n;
    open_mock(&w);
    assert_int_equal(watch(&w, "ann", &n), PL_UNIMPLEMENTED);
    assert_int_equal(upload(&w, 0, "text", &n), PL_UNIMPLEMENTED);
    close_world(&w);
}

static void a_mock_keeps_the_requests_of_the_last_call(void **state) {
    (void)state;
    golden_v1_Uploaded answer = golden_v1_UPLOADED_INIT;
    world w;
    unsigned n;
    open_mock(&w);
    answer.count = 7;
    assert_int_equal(golden_v1_BoardService_mock_upload_answer(w.mock, &answer), PL_OK);
    assert_int_equal(upload(&w, 5, "before", &n), PL_OK);
    assert_int_equal(upload(&w, 2, "text", &n), PL_OK);
    assert_int_equal(n, 7);
    assert_int_equal(golden_v1_BoardService_mock_upload_requests(w.mock), 2);
    assert_int_equal(golden_v1_BoardService_mock_upload_request(w.mock, 1)->number, 1);
    assert_string_equal(golden_v1_BoardService_mock_upload_request(w.mock, 0)->text, "text");
    assert_null(golden_v1_BoardService_mock_upload_request(w.mock, 2));
    golden_v1_BoardService_mock_clear(w.mock);
    assert_int_equal(golden_v1_BoardService_mock_upload_requests(w.mock), 0);
    close_world(&w);
}

static void a_mock_keeps_so_many_messages_and_no_more(void **state) {
    (void)state;
    static const golden_v1_Note *notes[PL_MOCK_MESSAGES_MAX + 1];
    static const golden_v1_Note NOTE = golden_v1_NOTE_INIT;
    world w;
    unsigned n;
    open_mock(&w);
    for (size_t i = 0; i < PL_COUNT(notes); i++)
        notes[i] = &NOTE;
    assert_int_equal(
        golden_v1_BoardService_mock_watch_answer(w.mock, notes, PL_MOCK_MESSAGES_MAX + 1),
        PL_RESOURCE_EXHAUSTED);
    assert_int_equal(golden_v1_BoardService_mock_upload_answer(w.mock, NULL), PL_OK);
    assert_int_equal(upload(&w, PL_MOCK_MESSAGES_MAX + 1, "text", &n), PL_OK);
    assert_int_equal(golden_v1_BoardService_mock_upload_requests(w.mock), PL_MOCK_MESSAGES_MAX + 1);
    assert_non_null(golden_v1_BoardService_mock_upload_request(w.mock, PL_MOCK_MESSAGES_MAX - 1));
    assert_null(golden_v1_BoardService_mock_upload_request(w.mock, PL_MOCK_MESSAGES_MAX));
    close_world(&w);
}

static void a_mock_hands_streams_to_an_implementation(void **state) {
    (void)state;
    world w;
    unsigned n;
    open_mock(&w);
    w.impl.ops = &OPS;
    golden_v1_BoardService_mock_upload_handle(w.mock, &w.impl);
    golden_v1_BoardService_mock_chat_handle(w.mock, &w.impl);
    assert_int_equal(upload(&w, MANY_NOTES, "text", &n), PL_OK);
    assert_int_equal(n, MANY_NOTES);
    chat(&w, NOTES);
    assert_int_equal(golden_v1_BoardService_mock_chat_count(w.mock), 1);
    close_world(&w);
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
        cmocka_unit_test(an_upload_without_an_answer_is_an_internal_error),
        cmocka_unit_test(answers_are_delivered_on_the_loop),
        cmocka_unit_test(a_stream_both_ways_goes_on_as_there_is_room),
        cmocka_unit_test(a_mock_sends_its_messages_and_ends),
        cmocka_unit_test(a_mock_fails_behind_its_messages),
        cmocka_unit_test(a_mock_that_was_told_nothing_is_unimplemented),
        cmocka_unit_test(a_mock_keeps_the_requests_of_the_last_call),
        cmocka_unit_test(a_mock_keeps_so_many_messages_and_no_more),
        cmocka_unit_test(a_mock_hands_streams_to_an_implementation),
        cmocka_unit_test(a_contract_of_others_has_the_rule_of_the_parameter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
