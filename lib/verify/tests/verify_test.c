/* Answers: a provider that does what some contracts say, verified against others. */
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "foreign.h"
#include "verify_fixture.h"

#define GET "  call: ShopService.GetItem\n  request: { id: 1 }\n"
#define ITEM                                                                                       \
    HEAD "- name: an item\n" GET                                                                   \
         "  response: { number: 1, name: !non_empty chair, parts: [{ name: leg, count: 4 }] }\n"

/* ---- answers --------------------------------------------------------------------------------- */

static void a_provider_that_keeps_its_contracts_passes(void **state) {
    (void)state;
    provide(ITEM);
    verified(ITEM);
    passed();
    assert_int_equal(w.report->passed, 1);
    assert_true(w.report->comparisons >= 5);
    assert_int_equal(result(0)->comparisons, w.report->comparisons);
}

static void a_field_that_differs_is_named_with_its_place(void **state) {
    (void)state;
    provide(HEAD "- name: an item\n" GET
                 "  response: { number: 1, name: chair, parts: [{ name: leg, count: 3 }] }\n");
    verified(ITEM);
    differs(0, "response.parts[0].count", "4", "3");
    assert_int_equal(result(0)->differences[0].at.line, 8);
    assert_int_equal(result(0)->differences[0].at.column, 78);
    assert_false(pl_verify_passed(w.report));
}

static pl_code answer_nothing(const void *impl, pl_call *call, pl_str request, pl_buf *response) {
    (void)impl, (void)call, (void)request, (void)response;
    return PL_OK;
}

static void an_empty_message_is_not_accepted_as_anything(void **state) {
    (void)state;
    provide_by_hand(answer_nothing, NULL);
    verified(ITEM);
    assert_int_equal(result(0)->verdict, PL_VERIFY_FAILED);
    assert_int_equal(result(0)->difference_count, 3);
}

/* name: "chair", an unknown field, number: 1 twice, and the parts. */
static pl_code answer_otherwise(const void *impl, pl_call *call, pl_str request, pl_buf *response) {
    static const char bytes[] = "\x12\x05"
                                "chair"
                                "\xd2\x3e\x02hi"
                                "\x08\x07\x08\x01"
                                "\x92\x01\x07\x10\x04\x0a\x03leg";

    (void)impl, (void)call, (void)request;
    (void)pl_buf_append(response, bytes, sizeof bytes - 1);
    return PL_OK;
}

static void bytes_in_another_order_and_unknown_fields_make_no_difference(void **state) {
    (void)state;
    provide_by_hand(answer_otherwise, NULL);
    verified(ITEM);
    passed();
}

static pl_code fail_in_red(const void *impl, pl_call *call, pl_str request, pl_buf *response) {
    (void)impl, (void)request, (void)response;
    return pl_call_fail(call, PL_INTERNAL, NULL, "\033[31mred\xc2\x9b");
}

static void a_provider_cannot_paint_the_terminal(void **state) {
    (void)state;
    provide_by_hand(fail_in_red, NULL);
    verified(ITEM);
    differs(0, "status.code", "OK", "INTERNAL: \\x1b[31mred\\x9b");
}

/* 100 characters of 3 bytes, and as they are sent. */
#define TEN(text)    text text text text text text text text text text
#define LONG         TEN(TEN("\xea\xb0\x80"))
#define LONG_ENCODED TEN(TEN("%EA%B0%80"))

static void a_long_message_of_a_provider_that_is_not_available_is_compared_whole(void **state) {
    foreign f;

    (void)state;
    foreign_start(&f, LONG_ENCODED);
    w.opts.target = f.address;
    verified(HEAD "- name: down\n" GET "  status: { code: UNAVAILABLE, message: " LONG " }\n");
    passed();
    tear_down(NULL); /* the channel ends with the report */
    foreign_stop(&f);
}

static pl_code answer_garbage(const void *impl, pl_call *call, pl_str request, pl_buf *response) {
    (void)impl, (void)call, (void)request;
    (void)pl_buf_append(response, "\x12\x7f", 2);
    return PL_OK;
}

static void bytes_that_are_no_message_are_a_difference(void **state) {
    (void)state;
    provide_by_hand(answer_garbage, NULL);
    verified(ITEM);
    assert_int_equal(result(0)->difference_count, 1);
    assert_string_equal(result(0)->differences[0].expected.p, "shop.v1.Item");
    assert_non_null(strstr(result(0)->differences[0].actual.p, "2 bytes that are none"));
}

static void a_field_that_must_not_be_there_is_found(void **state) {
    (void)state;
    provide(HEAD "- name: an item\n" GET "  response: { number: 1, child: { secret: x } }\n");
    verified(HEAD "- name: an item\n" GET
                  "  response: { number: 1 }\n  must_not_contain: [secret]\n");
    differs(0, "response.child.secret", "never there: must_not_contain", "there");
}

/* ---- status, headers ------------------------------------------------------------------------- */

#define MISSING                                                                                    \
    "  status:\n    code: NOT_FOUND\n    message: !regex { pattern: 'item \\d+', example: item 1 " \
    "}\n"                                                                                          \
    "    details:\n    - '@type': google.rpc.ErrorInfo\n      reason: GONE\n"

static void the_status_is_compared_with_message_and_details(void **state) {
    (void)state;
    provide(HEAD "- name: none\n" GET MISSING);
    verified(HEAD "- name: none\n" GET MISSING);
    passed();
}

static void another_status_is_a_difference_with_what_it_says(void **state) {
    (void)state;
    provide(HEAD "- name: none\n" GET MISSING);
    verified(ITEM);
    differs(0, "status.code", "OK", "NOT_FOUND: item 1");
}

static void a_detail_that_differs_is_named(void **state) {
    (void)state;
    provide(HEAD "- name: none\n" GET
                 "  status:\n    code: NOT_FOUND\n    message: item 7\n    details:\n"
                 "    - '@type': google.rpc.ErrorInfo\n      reason: LOST\n");
    verified(HEAD "- name: none\n" GET MISSING);
    differs(0, "status.details[google.rpc.ErrorInfo].reason", "'GONE'", "'LOST'");
}

static void of_several_details_of_a_type_one_is_enough(void **state) {
    (void)state;
    provide(HEAD "- name: none\n" GET
                 "  status:\n    code: NOT_FOUND\n    message: item 7\n    details:\n"
                 "    - '@type': google.rpc.ErrorInfo\n      reason: LOST\n"
                 "    - '@type': google.rpc.ErrorInfo\n      reason: GONE\n");
    verified(HEAD "- name: none\n" GET MISSING);
    passed();
}

static void a_detail_that_is_missing_is_named(void **state) {
    (void)state;
    provide(HEAD "- name: none\n" GET "  status: { code: NOT_FOUND, message: item 1 }\n");
    verified(HEAD "- name: none\n" GET MISSING);
    assert_int_equal(result(0)->difference_count, 1);
    assert_string_equal(result(0)->differences[0].path.p, "status.details[google.rpc.ErrorInfo]");
    assert_string_equal(result(0)->differences[0].actual.p, "absent");
}

#define WITH_HEADERS(trailer)                                                                      \
    HEAD "- name: an item\n" GET "  metadata: { x-shop: north }\n  response: { number: 1 }\n  "    \
         "trailers: { x-left: '" trailer "' }\n"

static void metadata_are_sent_and_trailers_compared(void **state) {
    (void)state;
    provide(WITH_HEADERS("3"));
    verified(WITH_HEADERS("3"));
    passed();
    verified(WITH_HEADERS("4"));
    differs(0, "trailers.x-left", "'4'", "'3'");
}

#define SEVERAL(asked, left)                                                                       \
    HEAD "- name: an item\n" GET "  metadata: { x-shop: [north, " asked                            \
         "] }\n  response: { number: 1 }\n  trailers: { x-left: ['3', '" left "'] }\n"

static void several_values_of_one_name_are_told_apart(void **state) {
    (void)state;
    provide(SEVERAL("south", "4"));
    verified(SEVERAL("south", "4"));
    passed();
    verified(SEVERAL("south", "5"));
    differs(0, "trailers.x-left", "'5'", "'4'");
    verified(SEVERAL("west", "4"));
    assert_true(result(0)->difference_count > 0);
}

static void metadata_that_must_be_absent_are_not_sent(void **state) {
    const char *text = HEAD "- name: an item\n" GET
                            "  metadata: { x-shop: !absent }\n  response: { number: 1 }\n";

    (void)state;
    provide(text);
    verified(text);
    passed();
}

static void what_a_server_says_of_time_and_of_its_own_end_is_its_status(void **state) {
    const char *text = HEAD "- name: an item\n" GET
                            "  status: { code: DEADLINE_EXCEEDED, message: too slow }\n"
                            "- name: another\n  call: ShopService.GetItem\n  request: { id: 2 }\n"
                            "  status: { code: CANCELLED, message: not now }\n";

    (void)state;
    provide(text);
    verified(text);
    passed();
}

/* ---- time, repetition ------------------------------------------------------------------------ */

static void an_answer_that_comes_late_is_a_difference(void **state) {
    (void)state;
    provide(HEAD "- name: news\n  call: ShopService.Watch\n  steps:\n  - recv: { id: 1 }\n"
                 "  - delay: 30ms\n  - send: { name: x }\n");
    verified(HEAD "- name: news\n  call: ShopService.Watch\n  within: 5ms\n  steps:\n"
                  "  - recv: { id: 1 }\n  - send: { name: x }\n");
    assert_int_equal(result(0)->difference_count, 1);
    assert_string_equal(result(0)->differences[0].path.p, "within");
    assert_string_equal(result(0)->differences[0].expected.p, "at most 5 ms");
}

static int answered;

/* number: 1, then 2. */
static pl_code answer_counting(const void *impl, pl_call *call, pl_str request, pl_buf *response) {
    (void)impl, (void)call, (void)request;
    (void)pl_buf_append(response, ++answered % 2 ? "\x08\x01" : "\x08\x02", 2);
    return PL_OK;
}

static void an_idempotent_call_is_made_twice_and_answered_alike(void **state) {
    (void)state;
    answered = 0;
    provide_by_hand(answer_counting, NULL);
    verified(HEAD "- name: an item\n" GET "  response: { number: !type 1 }\n  idempotent: true\n");
    differs(0, "second response.number", "as the first time: \"1\"", "\"2\"");
}

/* number: 1 with a tag, then with two. */
static pl_code answer_growing(const void *impl, pl_call *call, pl_str request, pl_buf *response) {
    (void)impl, (void)call, (void)request;
    (void)pl_buf_append(response, "\x08\x01\xa2\x01\x01x\xa2\x01\x01y", ++answered % 2 ? 6 : 10);
    return PL_OK;
}

static void an_idempotent_call_does_not_answer_with_more(void **state) {
    (void)state;
    answered = 0;
    provide_by_hand(answer_growing, NULL);
    verified(HEAD "- name: an item\n" GET "  response: { number: 1 }\n  idempotent: true\n");
    differs(0, "second response.tags", "as the first time: [\"x\"]", "[\"x\",\"y\"]");
}

static void an_idempotent_call_that_is_passes(void **state) {
    (void)state;
    provide_by_hand(answer_otherwise, NULL);
    verified(HEAD "- name: an item\n" GET "  response: { number: !type 1 }\n  idempotent: true\n");
    passed();
}

/* ---- who is not there ------------------------------------------------------------------------ */

static void an_unreachable_provider_is_named_with_address_and_state(void **state) {
    (void)state;
    w.opts.target = "127.0.0.1:1";
    verified(ITEM);
    assert_int_equal(result(0)->verdict, PL_VERIFY_FAILED);
    assert_non_null(strstr(result(0)->message.p, "/shop.v1.ShopService/GetItem at 127.0.0.1:1"));
    assert_non_null(strstr(result(0)->message.p, "UNAVAILABLE"));
    assert_non_null(strstr(result(0)->message.p, "the connection is TRANSIENT_FAILURE"));
    assert_non_null(strstr(result(0)->message.p, "the transport said: ipv4:127.0.0.1:1: Failed"));
    assert_null(strstr(result(0)->message.p, "src/core"));
    assert_false(pl_verify_passed(w.report));
}

static void that_nobody_is_there_is_told_once(void **state) {
    (void)state;
    w.opts.target = "127.0.0.1:1";
    verified(ITEM "- name: another\n  call: ShopService.GetItem\n  request: { id: 2 }\n"
                  "  response: { number: 2 }\n"
                  "- name: third\n  scenario: { name: s, then: a }\n  call: ShopService.GetItem\n"
                  "  request: { id: 3 }\n  response: { number: 3 }\n");
    assert_int_equal(w.report->failed, 1);
    assert_int_equal(w.report->skipped, 2);
    assert_string_equal(result(1)->message.p, "not tried: nobody is at the provider's address");
    w.text = pl_buf_make(TEXT_MAX);
    assert_true(pl_verify_text(w.report, false, false, &w.text));
    assert_null(strstr(w.text.p, "another")); /* the summary counts them */
}

/* The next verification is of who listens there. */
static int listen_somewhere(void) {
    static char address[32];
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(bind(listener, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(listener, SOMAXCONN), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&at, &size), 0);
    (void)snprintf(address, sizeof address, "127.0.0.1:%u", (unsigned)ntohs(at.sin_port));
    w.opts.target = address;
    return listener;
}

/* Something else than gRPC. */
static void *speak_http(void *listener) {
    static const char answer[] = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
    int one;

    while ((one = accept(*(int *)listener, NULL, NULL)) >= 0) {
        (void)!write(one, answer, sizeof answer - 1);
        (void)shutdown(one, SHUT_WR);
        (void)close(one);
    }
    return NULL;
}

static void the_port_of_rest_is_recognised(void **state) {
    pthread_t thread;
    int listener = listen_somewhere();

    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, speak_http, &listener), 0);
    verified(ITEM);
    assert_non_null(strstr(result(0)->message.p, "that is not gRPC: is it the port of REST?"));
    /* The channel, which may call again, ends with the report. */
    pl_verify_report_free(w.report);
    w.report = NULL;
    (void)shutdown(listener, SHUT_RDWR);
    (void)pthread_join(thread, NULL);
    (void)close(listener);
}

static void nobody_there_is_not_taken_for_an_expected_unavailable(void **state) {
    const char *down = HEAD "- name: down\n" GET "  status: UNAVAILABLE\n";

    (void)state;
    w.opts.target = "127.0.0.1:1";
    verified(down);
    assert_int_equal(result(0)->verdict, PL_VERIFY_FAILED);
    w.opts.target = NULL;
    provide(down);
    verified(down);
    passed();
}

/* Speaks HTTP/2 as far as a call, and hangs up. */
static void *hang_up(void *listener) {
    static const char settings[] = "\0\0\0\4\0\0\0\0\0";
    enum { SETTINGS_SIZE = 9, CALL_SIZE = 150 };
    char bytes[1024];
    int one;

    while ((one = accept(*(int *)listener, NULL, NULL)) >= 0) {
        ssize_t n = write(one, settings, SETTINGS_SIZE);
        for (size_t got = 0; n > 0 && got < CALL_SIZE; got += (size_t)n)
            n = read(one, bytes, sizeof bytes);
        (void)close(one);
    }
    return NULL;
}

static void a_provider_that_hangs_up_is_not_taken_for_an_expected_unavailable(void **state) {
    pthread_t thread;
    int listener = listen_somewhere();

    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, hang_up, &listener), 0);
    verified(HEAD "- name: down\n" GET "  status: UNAVAILABLE\n");
    assert_int_equal(result(0)->verdict, PL_VERIFY_FAILED);
    assert_int_equal(result(0)->comparisons, 0);
    /* The channel, which has called again by now, ends with the report. */
    pl_verify_report_free(w.report);
    w.report = NULL;
    (void)shutdown(listener, SHUT_RDWR);
    (void)pthread_join(thread, NULL);
    (void)close(listener);
}

static pl_code chat_for_ever(const void *impl, pl_call *call, const ProtobufCMessage *request,
                             pl_stream *stream, ProtobufCMessage **out_response) {
    pl_code code = PL_OK;
    bool came = true;
    pl_str message;

    (void)impl, (void)call, (void)request, (void)out_response;
    while (code == PL_OK && came)
        code = pl_stream_recv_bytes(stream, &message, &came);
    return code;
}

static void a_provider_that_does_not_answer_in_time_is_named(void **state) {
    (void)state;
    provide_by_hand(NULL, chat_for_ever);
    w.opts.timeout_ms = 1000;
    verified(HEAD "- name: hello\n  call: ShopService.Chat\n  steps:\n  - recv: { name: hello }\n"
                  "  - send: { name: hello }\n  - close\n");
    assert_int_equal(result(0)->verdict, PL_VERIFY_FAILED);
    assert_non_null(strstr(result(0)->message.p, "DEADLINE_EXCEEDED"));
    assert_non_null(strstr(result(0)->message.p, "the connection is READY"));
    assert_string_equal(result(0)->note.p,
                        "1 sent, 0 received; then nothing came for the step in line 9");
}

/* ---- what counts ----------------------------------------------------------------------------- */

static void nothing_verified_is_no_success(void **state) {
    (void)state;
    provide(ITEM);
    w.provider = "other.v1";
    verified(ITEM);
    assert_int_equal(w.report->result_count, 0);
    assert_false(pl_verify_passed(w.report));
    w.provider = NULL;
    w.opts.filter = "another";
    verified(ITEM);
    assert_int_equal(w.report->skipped, 1);
    assert_false(pl_verify_passed(w.report));
}

static void a_filter_is_part_of_a_name_whatever_its_case(void **state) {
    (void)state;
    provide(ITEM);
    w.opts.filter = "AN I";
    verified(ITEM);
    passed();
    assert_int_equal(w.report->passed, 1);
    w.opts.filter = "item"; /* at its end */
    verified(ITEM "- name: another\n  call: ShopService.GetItem\n  request: { id: 2 }\n"
                  "  response: { number: 2 }\n");
    passed();
    w.text = pl_buf_make(TEXT_MAX);
    assert_true(pl_verify_text(w.report, false, false, &w.text));
    assert_string_equal(w.text.p, ""); /* the summary counts what was filtered out */
}

#define PROGRESS                                                                                   \
    HEAD "- name: an item\n" GET "  response: { number: 2 }\n"                                     \
         "  in_progress: { until: 2026-12-31, because: it is being written }\n"                    \
         "- name: another\n  call: ShopService.GetItem\n  request: { id: 2 }\n"                    \
         "  response: { number: 2 }\n"
#define PROVIDED                                                                                   \
    HEAD "- name: an item\n" GET "  response: { number: 1 }\n"                                     \
         "- name: another\n  call: ShopService.GetItem\n  request: { id: 2 }\n"                    \
         "  response: { number: 2 }\n"
/* 2026-12-31T12:00:00Z, and a day later. */
#define LAST_DAY_MS INT64_C(1798718400000)
#define DAY_MS      INT64_C(86400000)

static void what_is_in_progress_is_reported_and_does_not_fail(void **state) {
    (void)state;
    provide(PROVIDED);
    w.opts.now_ms = LAST_DAY_MS;
    verified(PROGRESS);
    passed();
    assert_int_equal(w.report->in_progress, 1);
    assert_int_equal(result(0)->verdict, PL_VERIFY_IN_PROGRESS);
    assert_string_equal(result(0)->differences[0].path.p, "response.number");
}

static void what_is_in_progress_fails_after_its_day(void **state) {
    (void)state;
    provide(PROVIDED);
    w.opts.now_ms = LAST_DAY_MS + DAY_MS;
    verified(PROGRESS);
    assert_false(pl_verify_passed(w.report));
    differs(0, "response.number", "2", "1");
}

static void what_is_ignored_is_skipped_with_its_reason(void **state) {
    (void)state;
    provide(PROVIDED);
    w.opts.now_ms = LAST_DAY_MS;
    verified(HEAD "- name: an item\n" GET "  response: { number: 2 }\n"
                  "  ignored: { until: 2026-12-31, because: nobody knows }\n");
    assert_int_equal(result(0)->verdict, PL_VERIFY_SKIPPED);
    assert_string_equal(result(0)->message.p, "nobody knows");
    assert_false(pl_verify_passed(w.report));
}

static void a_binding_of_rest_is_said_not_to_be_tried(void **state) {
    const char *text = HEAD "- name: an item\n" GET
                            "  http: GET /items/{id}\n  response: { number: 1 }\n";

    (void)state;
    provide(text);
    verified(text);
    passed();
    assert_string_equal(result(0)->note.p, "over gRPC; its binding GET /items/{id} is not tried");
}

static void all_that_is_to_be_noted_of_a_contract_is_said(void **state) {
    const char *text = HEAD "- name: an item\n" GET
                            "  http: GET /items/{id}\n  response: { number: 1 }\n"
                            "  in_progress: { until: 2026-12-31, because: it is being written }\n";

    (void)state;
    provide(text);
    w.opts.now_ms = LAST_DAY_MS;
    verified(text);
    passed();
    assert_string_equal(result(0)->note.p, "over gRPC; its binding GET /items/{id} is not tried; "
                                           "it holds: in_progress may be taken out");
}

static bool stop(void *self, const pl_contract *contract, size_t index, size_t count) {
    (void)self, (void)contract;
    assert_int_equal(count, 2);
    return index < 1;
}

static void a_run_can_be_ended_between_contracts(void **state) {
    (void)state;
    provide(PROVIDED);
    w.opts.progress = stop;
    assert_int_equal(verify(PROVIDED), PL_CANCELLED);
    assert_non_null(strstr(w.err.message, "after 1 of 2"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(metadata_that_must_be_absent_are_not_sent),
        TEST(what_a_server_says_of_time_and_of_its_own_end_is_its_status),
        TEST(a_provider_that_keeps_its_contracts_passes),
        TEST(a_field_that_differs_is_named_with_its_place),
        TEST(an_empty_message_is_not_accepted_as_anything),
        TEST(bytes_in_another_order_and_unknown_fields_make_no_difference),
        TEST(a_provider_cannot_paint_the_terminal),
        TEST(a_long_message_of_a_provider_that_is_not_available_is_compared_whole),
        TEST(bytes_that_are_no_message_are_a_difference),
        TEST(a_field_that_must_not_be_there_is_found),
        TEST(the_status_is_compared_with_message_and_details),
        TEST(another_status_is_a_difference_with_what_it_says),
        TEST(a_detail_that_differs_is_named),
        TEST(of_several_details_of_a_type_one_is_enough),
        TEST(a_detail_that_is_missing_is_named),
        TEST(metadata_are_sent_and_trailers_compared),
        TEST(several_values_of_one_name_are_told_apart),
        TEST(an_answer_that_comes_late_is_a_difference),
        TEST(an_idempotent_call_is_made_twice_and_answered_alike),
        TEST(an_idempotent_call_does_not_answer_with_more),
        TEST(an_idempotent_call_that_is_passes),
        TEST(an_unreachable_provider_is_named_with_address_and_state),
        TEST(that_nobody_is_there_is_told_once),
        TEST(the_port_of_rest_is_recognised),
        TEST(nobody_there_is_not_taken_for_an_expected_unavailable),
        TEST(a_provider_that_hangs_up_is_not_taken_for_an_expected_unavailable),
        TEST(a_provider_that_does_not_answer_in_time_is_named),
        TEST(nothing_verified_is_no_success),
        TEST(a_filter_is_part_of_a_name_whatever_its_case),
        TEST(what_is_in_progress_is_reported_and_does_not_fail),
        TEST(what_is_in_progress_fails_after_its_day),
        TEST(what_is_ignored_is_skipped_with_its_reason),
        TEST(a_binding_of_rest_is_said_not_to_be_tried),
        TEST(all_that_is_to_be_noted_of_a_contract_is_said),
        TEST(a_run_can_be_ended_between_contracts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
