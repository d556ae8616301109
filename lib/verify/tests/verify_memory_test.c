/* Every allocation failed once: nothing leaked, and a wrong provider never passes. */
#include "parley/test/failmalloc.h"
#include "verify_fixture.h"

#define ITEM(name)                                                                                 \
    HEAD "- name: an item\n  call: ShopService.GetItem\n  request: { id: 1 }\n"                    \
         "  response: { number: 1, name: " name ", parts: [{ name: leg }] }\n"                     \
         "- name: news\n  call: ShopService.Watch\n  idempotent: true\n  steps:\n"                 \
         "  - recv: { id: 1 }\n  - send: { name: a }\n  - send: { name: b }\n"

/* Verifies SET again and again, the n-th allocation failed; WRONG: it may not pass. */
static void survive(const char *text, bool wrong) {
    bool done = false;

    w.set = compile(text);
    w.opts.target = w.target;
    for (size_t n = 1; !done; n++) {
        pl_verify_report *report = NULL;
        pl_error err = PL_ERROR_INIT;
        pl_test_fail_allocation(n);
        pl_code code = pl_verify(w.set, "shop.v1", &w.opts, &report, &err);
        done = !pl_test_allocation_failed();
        assert_true((code == PL_OK) == (report != NULL));
        if (wrong && report)
            assert_false(pl_verify_passed(report));
        if (done)
            assert_true(report && pl_verify_passed(report) == !wrong);
        pl_verify_report_free(report);
    }
}

static void a_right_provider_is_verified_or_it_is_said_why_not(void **state) {
    (void)state;
    provide(ITEM("chair"));
    survive(ITEM("chair"), false);
}

static void a_wrong_provider_never_passes(void **state) {
    (void)state;
    provide(ITEM("sofa"));
    survive(ITEM("chair"), true);
}

static void every_format_says_that_it_is_cut(void **state) {
    static bool (*const writers[])(const pl_verify_report *, pl_buf *) = {
        pl_verify_summary, pl_verify_json,     pl_verify_proto_json, pl_verify_junit,
        pl_verify_sarif,   pl_verify_markdown, pl_verify_github};

    (void)state;
    provide(ITEM("sofa"));
    verified(ITEM("chair"));
    for (size_t i = 0; i < PL_COUNT(writers); i++) {
        pl_buf out = pl_buf_make(20);
        assert_false(writers[i](w.report, &out));
        pl_buf_done(&out);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_right_provider_is_verified_or_it_is_said_why_not),
        TEST(a_wrong_provider_never_passes),
        TEST(every_format_says_that_it_is_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
