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
}

static void a_message_too_many_is_a_difference(void **state) {
    (void)state;
    provide(NEWS("b", "c"));
    verified(HEAD "- name: news\n  call: ShopService.Watch\n  steps:\n  - recv: { id: 1 }\n"
                  "  - send: { name: a }\n  - send: { name: b }\n");
    differs(0, "response[2]", "no more messages", "message 3");
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

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(every_message_of_a_stream_is_compared),
        TEST(a_message_too_few_is_a_difference),
        TEST(a_message_too_many_is_a_difference),
        TEST(messages_that_look_alike_are_told_apart_by_what_follows),
        TEST(messages_in_any_order_are_each_taken_once),
        TEST(a_conversation_is_mirrored),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
