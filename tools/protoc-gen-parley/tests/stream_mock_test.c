/* Generated mocks of methods that stream. */
#include "board.h"
#include "parley/rpc/mock.h"

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
    w.impl.ops = &BOARD_OPS;
    golden_v1_BoardService_mock_upload_handle(w.mock, &w.impl);
    golden_v1_BoardService_mock_chat_handle(w.mock, &w.impl);
    assert_int_equal(upload(&w, MANY_NOTES, "text", &n), PL_OK);
    assert_int_equal(n, MANY_NOTES);
    chat(&w, NOTES);
    assert_int_equal(golden_v1_BoardService_mock_chat_count(w.mock), 1);
    close_world(&w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_mock_sends_its_messages_and_ends),
        cmocka_unit_test(a_mock_fails_behind_its_messages),
        cmocka_unit_test(a_mock_that_was_told_nothing_is_unimplemented),
        cmocka_unit_test(a_mock_keeps_the_requests_of_the_last_call),
        cmocka_unit_test(a_mock_keeps_so_many_messages_and_no_more),
        cmocka_unit_test(a_mock_hands_streams_to_an_implementation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
