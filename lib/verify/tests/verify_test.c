/* Answers: a provider that does what some contracts say, verified against others. */
#include "foreign.h"
#include "parley/json/base64.h"
#include "parley/schema/wire.h"
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
    foreign_start(&f, LONG_ENCODED, NULL);
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

/* A status whose detail, with reason GONE, is of the type that URL names; in base64. */
static void put_detail(const char *url, pl_buf *out) {
    pl_buf info = pl_buf_make(TEXT_MAX), any = pl_buf_make(TEXT_MAX),
           status = pl_buf_make(TEXT_MAX);

    assert_true(pl_wire_put_bytes(&info, 1, pl_str_c("GONE")) &&
                pl_wire_put_bytes(&any, 1, pl_str_c(url)) &&
                pl_wire_put_bytes(&any, 2, pl_buf_view(&info)) &&
                pl_wire_put_bytes(&status, 3, pl_buf_view(&any)) &&
                pl_base64_encode(pl_buf_view(&status), out));
    pl_buf_done(&info);
    pl_buf_done(&any);
    pl_buf_done(&status);
}

/* A provider that sends such a detail does what a contract of google.rpc.ErrorInfo says. */
static bool is_kept_with_detail(const char *url) {
    pl_buf details = pl_buf_make(TEXT_MAX);
    foreign f;

    put_detail(url, &details);
    foreign_start(&f, "gone", details.p);
    w.opts.target = f.address;
    verified(HEAD "- name: gone\n" GET "  status:\n    code: UNAVAILABLE\n"
                  "    details:\n    - '@type': google.rpc.ErrorInfo\n      reason: GONE\n");
    bool kept = pl_verify_passed(w.report);
    tear_down(NULL); /* the channel ends with the report */
    foreign_stop(&f);
    pl_buf_done(&details);
    return kept;
}

static void the_type_of_a_detail_is_all_that_follows_the_last_slash(void **state) {
    (void)state;
    assert_true(is_kept_with_detail("type.googleapis.com/google.rpc.ErrorInfo"));
    assert_true(is_kept_with_detail("google.rpc.ErrorInfo"));
    assert_false(is_kept_with_detail("type.googleapis.com/not.google.rpc.ErrorInfo"));
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

#define WITH_PART(name)                                                                            \
    HEAD "- name: an item\n" GET "  response: { number: 1 }\n"                                     \
         "  trailers: { part-bin: { '@type': shop.v1.Part, name: " name " } }\n"

static void a_message_in_a_trailer_is_compared_by_field(void **state) {
    (void)state;
    provide(WITH_PART("leg"));
    verified(WITH_PART("leg"));
    passed();
    verified(WITH_PART("arm"));
    differs(0, "trailers.part-bin.name", "'arm'", "'leg'");
}

#define ASKED_WITH(part)                                                                           \
    HEAD "- name: an item\n" GET "  metadata: { part-bin: { '@type': shop.v1.Part, name: " part    \
         " } }\n  response: { number: 1 }\n"

static void a_message_in_the_metadata_is_sent_and_asked_for(void **state) {
    (void)state;
    provide(ASKED_WITH("leg"));
    verified(ASKED_WITH("leg"));
    passed();
    verified(ASKED_WITH("arm"));
    assert_int_equal(result(0)->difference_count, 1);
    assert_string_equal(result(0)->differences[0].path.p, "status.code");
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
        TEST(the_type_of_a_detail_is_all_that_follows_the_last_slash),
        TEST(metadata_are_sent_and_trailers_compared),
        TEST(a_message_in_a_trailer_is_compared_by_field),
        TEST(a_message_in_the_metadata_is_sent_and_asked_for),
        TEST(several_values_of_one_name_are_told_apart),
        TEST(an_answer_that_comes_late_is_a_difference),
        TEST(an_idempotent_call_is_made_twice_and_answered_alike),
        TEST(an_idempotent_call_does_not_answer_with_more),
        TEST(an_idempotent_call_that_is_passes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
