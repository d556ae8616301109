/* Calls that stream: every message counts. */
#include "verify_fixture.h"

#define NEWS(second, third)                                                                        \
    HEAD "- name: news\n  call: ShopService.Watch\n  steps:\n  - recv: { id: 1 }\n"                \
         "  - send: { name: a }\n  - send: { name: " second " }\n  - send: { name: " third " }\n"

static void every_message_of_a_stream_is_compared(void **state) {
    (void)state;
    provide(NEWS("b", "x"));
    verified(NEWS("b", "c"));
    differs(0, "response[2].name", "'c'", "'x'");
    verified(NEWS("y", "c"));
    assert_int_equal(result(0)->difference_count, 2);
    assert_string_equal(result(0)->differences[0].path.p, "response[1].name");
    assert_string_equal(result(0)->differences[1].path.p, "response[2].name");
}

static void a_message_too_few_is_a_difference(void **state) {
    (void)state;
    provide(HEAD "- name: news\n  call: ShopService.Watch\n  steps:\n  - recv: { id: 1 }\n"
                 "  - send: { name: a }\n");
    verified(NEWS("b", "c"));
    differs(0, "response[1]", "another message", "the end, after 1");
    assert_int_equal(result(0)->differences[0].at.line, 10); /* of the first that did not come */
}

static void a_message_that_is_left_out_is_a_difference(void **state) {
    (void)state;
    provide(HEAD "- name: news\n  call: ShopService.Watch\n  steps:\n  - recv: { id: 1 }\n"
                 "  - send: { name: a }\n  - send: { name: c }\n");
    verified(NEWS("b", "c"));
    assert_int_equal(result(0)->difference_count, 2);
    assert_string_equal(result(0)->differences[0].path.p, "response[1].name");
    assert_string_equal(result(0)->differences[1].path.p, "response[2]");
}

static void a_message_too_many_is_a_difference(void **state) {
    (void)state;
    provide(NEWS("b", "c"));
    verified(HEAD "- name: news\n  call: ShopService.Watch\n  steps:\n  - recv: { id: 1 }\n"
                  "  - send: { name: a }\n  - send: { name: b }\n");
    differs(0, "response[2]", "no more messages", "message 3: {\"name\":\"c\"}");
    assert_int_equal(result(0)->differences[0].at.line, 10);
}

static void a_message_too_many_with_something_sensitive_is_not_shown(void **state) {
    (void)state;
    provide(HEAD "- name: news\n  call: ShopService.Watch\n  steps:\n  - recv: { id: 1 }\n"
                 "  - send: { name: a, secret: hush }\n");
    verified(HEAD "- name: news\n  call: ShopService.Watch\n  steps:\n  - recv: { id: 1 }\n");
    differs(0, "response[0]", "no more messages", "message 1");
    tear_down(NULL);
    /* What is in an Any may be sensitive. */
    provide(HEAD "- name: news\n  call: ShopService.Watch\n  steps:\n  - recv: { id: 1 }\n"
                 "  - send: { any: { '@type': shop.v1.Item, secret: hush } }\n");
    verified(HEAD "- name: news\n  call: ShopService.Watch\n  steps:\n  - recv: { id: 1 }\n");
    differs(0, "response[0]", "no more messages", "message 1");
}

static void messages_that_look_alike_are_told_apart_by_what_follows(void **state) {
    (void)state;
    provide(NEWS("b", "c"));
    verified(HEAD "- name: news\n  call: ShopService.Watch\n  steps:\n  - recv: { id: 1 }\n"
                  "  - send: { name: !non_empty a }\n    repeat: { min: 1, max: 5 }\n"
                  "  - send: { name: c }\n");
    passed();
}

static void messages_in_any_order_are_each_taken_once(void **state) {
    (void)state;
    provide(NEWS("b", "c"));
    verified(HEAD "- name: news\n  call: ShopService.Watch\n  steps:\n  - recv: { id: 1 }\n"
                  "  - any_order:\n    - send: { name: c }\n    - send: { name: a }\n"
                  "    - send: { name: !non_empty b }\n");
    passed();
}

static void a_conversation_is_mirrored(void **state) {
    const char *talk = HEAD "- name: hello\n  call: ShopService.Chat\n  steps:\n"
                            "  - recv: { name: hello }\n  - send: { name: hello }\n"
                            "  - recv: { name: chair }\n    repeat: { min: 2, max: 3 }\n"
                            "  - send: { name: bye }\n  - close\n";

    (void)state;
    provide(talk);
    verified(talk);
    passed();
}

static void more_of_a_message_than_its_step_has_is_a_difference(void **state) {
    (void)state;
    provide(NEWS("b", "c"));
    verified(HEAD "- name: news\n  call: ShopService.Watch\n  steps:\n  - recv: { id: 1 }\n"
                  "  - send: { name: !non_empty a }\n    repeat: { min: 1, max: 2 }\n");
    differs(0, "response[2]", "no more messages", "message 3: {\"name\":\"c\"}");
}

static void more_differences_than_are_listed_are_counted(void **state) {
    pl_buf text = pl_buf_make(TEXT_MAX);

    (void)state;
    provide(HEAD "- name: news\n  call: ShopService.Watch\n  steps:\n  - recv: { id: 1 }\n"
                 "  - send: { name: x }\n    repeat: 200\n");
    verified(HEAD "- name: news\n  call: ShopService.Watch\n  steps:\n  - recv: { id: 1 }\n"
                  "  - send: { name: a }\n    repeat: 200\n");
    assert_int_equal(result(0)->difference_count, PL_VERIFY_DIFFERENCES_MAX);
    assert_int_equal(result(0)->difference_total, 200);
    assert_true(pl_verify_text(w.report, false, false, &text));
    assert_non_null(strstr(text.p, "and 100 more differences"));
    pl_buf_done(&text);
}

/* ---- time ------------------------------------------------------------------------------------ */

#define AFTER_A_PAUSE(more)                                                                        \
    HEAD "- name: news\n  call: ShopService.Watch\n" more                                          \
         "  steps:\n  - recv: { id: 1 }\n  - delay: 1100ms\n  - send: { name: a }\n"

static void the_pauses_of_a_script_are_added_to_the_time_there_is(void **state) {
    (void)state;
    provide(AFTER_A_PAUSE(""));
    w.opts.timeout_ms = 1000;
    verified(AFTER_A_PAUSE(""));
    passed();
}

static void what_comes_after_its_time_is_late_and_not_lost(void **state) {
    (void)state;
    provide(AFTER_A_PAUSE(""));
    w.opts.timeout_ms = 1000;
    verified(HEAD "- name: news\n  call: ShopService.Watch\n  within: 1s\n"
                  "  steps:\n  - recv: { id: 1 }\n  - send: { name: a }\n");
    assert_int_equal(result(0)->difference_count, 1);
    assert_string_equal(result(0)->differences[0].path.p, "within");
    assert_int_equal(result(0)->differences[0].at.line, 7);
}

/* ---- twice ----------------------------------------------------------------------------------- */

static int called;

/* One message for the first call, two for the second. */
static pl_code say_more(const void *impl, pl_call *call, const ProtobufCMessage *request,
                        pl_stream *stream, ProtobufCMessage **out_response) {
    pl_str message;
    bool came = false;
    pl_code code = pl_stream_recv_bytes(stream, &message, &came);

    (void)impl, (void)call, (void)request, (void)out_response;
    called++;
    for (int i = 0; code == PL_OK && i < called; i++)
        code = pl_stream_send_bytes(stream, pl_str_c("\x08\x01"));
    return code;
}

static void an_idempotent_call_has_as_many_messages_again(void **state) {
    (void)state;
    called = 0;
    provide_by_hand(NULL, say_more);
    verified(HEAD "- name: hello\n  call: ShopService.Chat\n  idempotent: true\n  steps:\n"
                  "  - recv: { name: hello }\n  - send: { number: 1 }\n"
                  "    repeat: { min: 1, max: 3 }\n  - close\n");
    differs(0, "second response", "as the first time: 1 messages", "2 messages");
}

static void more_steps_in_any_order_than_are_told_apart_are_refused(void **state) {
    pl_buf text = pl_buf_make(TEXT_MAX);

    (void)state;
    pl_buf_puts(&text, HEAD "- name: news\n  call: ShopService.Watch\n  steps:\n"
                            "  - recv: { id: 1 }\n  - any_order:\n");
    for (int i = 0; i < 33; i++)
        pl_buf_printf(&text, "    - send: { number: %d }\n", i + 1);
    provide(text.p);
    verified(text.p);
    assert_string_equal(result(0)->message.p, "any_order of more than 32 steps cannot be verified");
    pl_buf_done(&text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(more_of_a_message_than_its_step_has_is_a_difference),
        TEST(more_differences_than_are_listed_are_counted),
        TEST(the_pauses_of_a_script_are_added_to_the_time_there_is),
        TEST(what_comes_after_its_time_is_late_and_not_lost),
        TEST(an_idempotent_call_has_as_many_messages_again),
        TEST(more_steps_in_any_order_than_are_told_apart_are_refused),
        TEST(every_message_of_a_stream_is_compared),
        TEST(a_message_too_few_is_a_difference),
        TEST(a_message_that_is_left_out_is_a_difference),
        TEST(a_message_too_many_is_a_difference),
        TEST(a_message_too_many_with_something_sensitive_is_not_shown),
        TEST(messages_that_look_alike_are_told_apart_by_what_follows),
        TEST(messages_in_any_order_are_each_taken_once),
        TEST(a_conversation_is_mirrored),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
