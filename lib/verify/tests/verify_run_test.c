/* A whole run: what counts, what is exempt, what is noted, and its end. */
#include "verify_fixture.h"

#define GET "  call: ShopService.GetItem\n  request: { id: 1 }\n"
#define ITEM                                                                                       \
    HEAD "- name: an item\n" GET                                                                   \
         "  response: { number: 1, name: !non_empty chair, parts: [{ name: leg, count: 4 }] }\n"

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
