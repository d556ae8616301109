/* Contracts of calls that stream: the stub plays their scripts. */
#include "fixture.h"

#define WATCH                                                                                      \
    HEAD "- name: two news\n"                                                                      \
         "  call: ShopService.Watch\n"                                                             \
         "  steps:\n"                                                                              \
         "  - recv: { id: 1 }\n"                                                                   \
         "  - send: { name: x }\n"                                                                 \
         "    repeat: 2\n"                                                                         \
         "  - delay: 1ms\n"                                                                        \
         "  - send: { name: y }\n"                                                                 \
         "- name: it breaks off\n"                                                                 \
         "  call: ShopService.Watch\n"                                                             \
         "  steps:\n"                                                                              \
         "  - recv: { id: 2 }\n"                                                                   \
         "  - send: { name: x }\n"                                                                 \
         "  - status: { code: ABORTED, message: enough }\n"

static void a_stream_of_answers_is_sent(void **state) {
    const char *request = "{\"id\":1}";

    (void)state;
    start(WATCH, NULL);
    assert_int_equal(converse("Watch", &request, 1), PL_OK);
    assert_string_equal(s.text.p, "{\"name\":\"x\"}{\"name\":\"x\"}{\"name\":\"y\"}");
    assert_string_equal(trailer("x-contract"), "two news, shop.v1/web.yaml:5");
}

static void a_stream_ends_with_the_status_of_its_contract(void **state) {
    const char *request = "{\"id\":2}";

    (void)state;
    start(WATCH, NULL);
    assert_int_equal(converse("Watch", &request, 1), PL_ABORTED);
    assert_string_equal(s.text.p, "{\"name\":\"x\"}");
    assert_string_equal(s.reply->error.message, "enough");
}

static void a_request_that_no_script_begins_with_is_refused(void **state) {
    const char *request = "{\"id\":3}";

    (void)state;
    start(WATCH, NULL);
    assert_int_equal(converse("Watch", &request, 1), PL_UNIMPLEMENTED);
    assert_string_equal(s.reply->error.reason, "NO_CONTRACT");
    assert_int_equal(s.reply->violation_count, 1);
    assert_string_equal(s.reply->violations[0].description, "expected 1, got 3");
}

#define UPLOAD                                                                                     \
    HEAD "- name: two or three chairs\n"                                                           \
         "  call: ShopService.Upload\n"                                                            \
         "  steps:\n"                                                                              \
         "  - recv: { name: chair }\n"                                                             \
         "    repeat: { min: 2, max: 3 }\n"                                                        \
         "  - close\n"                                                                             \
         "  - send: { number: 23 }\n"                                                              \
         "- name: a chair and a table\n"                                                           \
         "  call: ShopService.Upload\n"                                                            \
         "  steps:\n"                                                                              \
         "  - recv: { name: chair }\n"                                                             \
         "  - recv: { name: table }\n"                                                             \
         "  - close\n"                                                                             \
         "  - send: { number: 11 }\n"

#define CHAIR "{\"name\":\"chair\"}"
#define TABLE "{\"name\":\"table\"}"

static void a_stream_of_requests_is_counted(void **state) {
    const char *chairs[] = {CHAIR, CHAIR, CHAIR, CHAIR};

    (void)state;
    start(UPLOAD, NULL);
    assert_int_equal(converse("Upload", chairs, 2), PL_OK);
    assert_string_equal(s.text.p, "{\"number\":\"23\"}");
    assert_int_equal(converse("Upload", chairs, 3), PL_OK);
    assert_int_equal(converse("Upload", chairs, 4), PL_UNIMPLEMENTED);
    assert_non_null(strstr(s.reply->error.message, "expected no more messages, got message 4"));
    assert_int_equal(converse("Upload", chairs, 1), PL_UNIMPLEMENTED);
    assert_non_null(strstr(s.reply->error.message, "expected another message after 1, got none"));
}

static void of_scripts_that_begin_alike_the_one_that_goes_on_so_is_played(void **state) {
    const char *both[] = {CHAIR, TABLE};

    (void)state;
    start(UPLOAD, NULL);
    assert_int_equal(converse("Upload", both, 2), PL_OK);
    assert_string_equal(s.text.p, "{\"number\":\"11\"}");
}

static void a_message_is_the_next_steps_where_that_takes_it(void **state) {
    const char *messages[] = {CHAIR, TABLE, "{\"name\":\"end\"}"};

    (void)state;
    start(HEAD "- name: until the end\n  call: ShopService.Upload\n  steps:\n"
               "  - recv: { name: !any x }\n    repeat: { min: 1, max: 9 }\n"
               "  - recv: { name: end }\n  - close\n  - send: { number: 3 }\n",
          NULL);
    assert_int_equal(converse("Upload", messages, 3), PL_OK);
    assert_string_equal(s.text.p, "{\"number\":\"3\"}");
    assert_int_equal(converse("Upload", messages, 2), PL_UNIMPLEMENTED);
}

static void many_scripts_may_begin_alike_for_long(void **state) {
    const char *stool[] = {CHAIR, TABLE, "{\"name\":\"stool\"}"};

    (void)state;
    start(HEAD "- name: a lamp\n  call: ShopService.Upload\n  steps:\n"
               "  - recv: { name: chair }\n  - recv: { name: table }\n  - recv: { name: lamp }\n"
               "  - close\n  - send: { number: 1 }\n"
               "- name: a stool\n  call: ShopService.Upload\n  steps:\n"
               "  - recv: { name: chair }\n  - recv: { name: table }\n  - recv: { name: stool }\n"
               "  - close\n  - send: { number: 2 }\n",
          NULL);
    assert_int_equal(converse("Upload", stool, 3), PL_OK);
    assert_string_equal(s.text.p, "{\"number\":\"2\"}");
}

/* Also where it is found after another, which fixes the same as one before both. */
static void of_scripts_that_begin_alike_the_first_leads(void **state) {
    const char *request = "{\"id\":7,\"language\":\"ko\"}";

    (void)state;
    start(HEAD "- name: in English\n  call: ShopService.Watch\n  steps:\n"
               "  - recv: { id: !range { min: 1, max: 9 }, language: en }\n"
               "  - send: { name: English }\n"
               "- name: seven\n  call: ShopService.Watch\n  steps:\n"
               "  - recv: { id: 7, language: !non_empty de }\n"
               "  - send: { name: seven }\n"
               "- name: in Korean\n  call: ShopService.Watch\n  steps:\n"
               "  - recv: { id: !range { min: 1, max: 9 }, language: ko }\n"
               "  - send: { name: Korean }\n",
          NULL);
    assert_int_equal(converse("Watch", &request, 1), PL_OK);
    assert_string_equal(s.text.p, "{\"name\":\"seven\"}");
}

static void a_later_message_that_differs_is_named(void **state) {
    const char *messages[] = {CHAIR, "{\"name\":\"lamp\"}"};

    (void)state;
    start(UPLOAD, NULL);
    assert_int_equal(converse("Upload", messages, 2), PL_UNIMPLEMENTED);
    assert_non_null(strstr(s.reply->error.message, "expected 'chair', got 'lamp'"));
    assert_non_null(strstr(s.reply->violations[0].field, "message 2"));
}

#define CHAT                                                                                       \
    HEAD "- name: hello\n"                                                                         \
         "  call: ShopService.Chat\n"                                                              \
         "  steps:\n"                                                                              \
         "  - recv: { name: hello }\n"                                                             \
         "  - send: { name: hello }\n"                                                             \
         "  - any_order:\n"                                                                        \
         "    - recv: { name: chair }\n"                                                           \
         "    - recv: { name: table }\n"                                                           \
         "  - send: { name: bye }\n"

static void a_conversation_takes_turns(void **state) {
    const char *messages[] = {"{\"name\":\"hello\"}", TABLE, CHAIR};

    (void)state;
    start(CHAT, NULL);
    assert_int_equal(converse("Chat", messages, 3), PL_OK);
    assert_string_equal(s.text.p, "{\"name\":\"hello\"}{\"name\":\"bye\"}");
}

static void in_any_order_is_not_as_often_as_one_likes(void **state) {
    const char *messages[] = {"{\"name\":\"hello\"}", CHAIR, CHAIR};

    (void)state;
    start(CHAT, NULL);
    assert_int_equal(converse("Chat", messages, 3), PL_UNIMPLEMENTED);
    assert_non_null(strstr(s.reply->error.message, "expected another message, got message 3"));
}

static void the_stub_speaks_first_where_the_script_says_so(void **state) {
    (void)state;
    start(HEAD "- name: welcome\n"
               "  call: ShopService.Chat\n"
               "  steps:\n"
               "  - send: { name: welcome }\n",
          NULL);
    assert_int_equal(converse("Chat", NULL, 0), PL_OK);
    assert_string_equal(s.text.p, "{\"name\":\"welcome\"}");
}

static void streams_are_in_the_journal(void **state) {
    pl_buf journal = pl_buf_make(TEXT_MAX);
    const char *request = "{\"id\":1}";

    (void)state;
    start(WATCH, NULL);
    assert_int_equal(converse("Watch", &request, 1), PL_OK);
    assert_true(pl_stub_journal(s.stub, &journal));
    assert_non_null(strstr(journal.p, "\"method\":\"shop.v1.ShopService.Watch\",\"code\":\"OK\","
                                      "\"request\":{\"id\":\"1\"},\"contract\":\"two news\""));
    assert_non_null(strstr(journal.p, "\"line\":5,\"calls\":1}"));
    pl_buf_done(&journal);
}

static const pl_stub_opts lenient = {.lenient = true};

static void a_lenient_stub_plays_the_closest_script(void **state) {
    const char *request = "{\"id\":3}";

    (void)state;
    start(WATCH, &lenient);
    assert_int_equal(converse("Watch", &request, 1), PL_OK);
    assert_string_equal(s.text.p, "{\"name\":\"x\"}{\"name\":\"x\"}{\"name\":\"y\"}");
}

static void a_lenient_stub_overlooks_messages_too_many_and_too_few(void **state) {
    const char *chairs[] = {"{\"name\":\"chair\"}", "{\"name\":\"chair\"}", "{\"name\":\"chair\"}",
                            "{\"name\":\"chair\"}", "{\"name\":\"lamp\"}"};

    (void)state;
    start(UPLOAD, &lenient);
    assert_int_equal(converse("Upload", chairs, 5), PL_OK);
    assert_string_equal(s.text.p, "{\"number\":\"23\"}");
    assert_int_equal(converse("Upload", chairs, 1), PL_OK);
    assert_int_equal(converse("Upload", chairs, 0), PL_OK);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_stream_of_answers_is_sent),
        TEST(a_stream_ends_with_the_status_of_its_contract),
        TEST(a_request_that_no_script_begins_with_is_refused),
        TEST(a_stream_of_requests_is_counted),
        TEST(of_scripts_that_begin_alike_the_one_that_goes_on_so_is_played),
        TEST(a_message_is_the_next_steps_where_that_takes_it),
        TEST(many_scripts_may_begin_alike_for_long),
        TEST(of_scripts_that_begin_alike_the_first_leads),
        TEST(a_later_message_that_differs_is_named),
        TEST(a_conversation_takes_turns),
        TEST(in_any_order_is_not_as_often_as_one_likes),
        TEST(the_stub_speaks_first_where_the_script_says_so),
        TEST(streams_are_in_the_journal),
        TEST(a_lenient_stub_plays_the_closest_script),
        TEST(a_lenient_stub_overlooks_messages_too_many_and_too_few),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
