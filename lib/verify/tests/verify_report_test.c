/* The formats of a report. */
#include "parley/json/json.h"
#include "verify_fixture.h"

#define GET(number) "  call: ShopService.GetItem\n  request: { id: " number " }\n"
#define SERVED                                                                                     \
    HEAD "- name: a <chair> & \"more\"\n" GET(                                                     \
        "1") "  response: { number: 1, name: sofa }\n"                                             \
             "- name: a table\n" GET("2") "  response: { number: 2 }\n"                            \
                                          "- name: half done\n" GET(                               \
                                              "3") "  response: { number: 3 }\n"                   \
                                                   "- name: left out\n" GET(                       \
                                                       "4") "  response: { number: 4 }\n"
#define VERIFIED                                                                                   \
    HEAD "- name: a <chair> & \"more\"\n" GET(                                                     \
        "1") "  response: { number: 1, name: a|b }\n"                                              \
             "- name: a table\n" GET(                                                              \
                 "2") "  response: { number: 2 }\n"                                                \
                      "- name: half done\n" GET(                                                   \
                          "3") "  response: { number: 4 }\n  in_progress: { until: 2999-01-01, "   \
                               "because: soon }\n"                                                 \
                               "- name: left out\n" GET(                                           \
                                   "4") "  response: { number: 4 }\n  ignored: { until: "          \
                                        "2999-01-01, because: later }\n"

static pl_buf out;

static int set_up(void **state) {
    (void)state;
    out = pl_buf_make(TEXT_MAX);
    w.opts.version = "1.2";
    provide(SERVED);
    verified(VERIFIED);
    return 0;
}

static int done(void **state) {
    pl_buf_done(&out);
    return tear_down(state);
}

static void has(const char *part) {
    if (!strstr(out.p, part))
        fail_msg("expected %s in %s", part, out.p);
}

static void the_console_shows_what_differs_by_field_and_place(void **state) {
    (void)state;
    assert_true(pl_verify_text(w.report, false, false, &out));
    has("failed: web: a <chair> & \"more\"  (shop.v1/web.yaml:5)\n"
        "  response.name: expected 'a|b', got 'sofa'\n    at shop.v1/web.yaml:8:32\n");
    has("in progress: web: half done  (shop.v1/web.yaml:13)\n"
        "  response.number: expected 4, got 3\n");
    has("skipped: web: left out  (shop.v1/web.yaml:18)\n  later\n");
    assert_null(strstr(out.p, "a table"));
    pl_buf_clear(&out);
    assert_true(pl_verify_text(w.report, true, true, &out));
    has("\033[32mpassed\033[0m: web: a table");
    pl_buf_clear(&out);
    assert_true(pl_verify_summary(w.report, &out));
    has("shop.v1: 1 passed, 1 failed, 1 in progress, 1 skipped; ");
}

static void json_has_the_shape_that_was_promised(void **state) {
    pl_arena arena = pl_arena_make(TEXT_MAX);
    const pl_json_value *root = NULL;
    int64_t number = 0;

    (void)state;
    assert_true(pl_verify_json(w.report, &out));
    assert_int_equal(pl_json_parse(pl_buf_view(&out), NULL, &arena, &root, &w.err), PL_OK);
    assert_true(pl_json_is(pl_json_at(root, "provider"), "shop.v1"));
    assert_true(pl_json_i64(pl_json_at(root, "failed"), &number) && number == 1);
    assert_true(pl_json_is(pl_json_at(root, "contracts[0].consumer"), "web"));
    assert_true(pl_json_i64(pl_json_at(root, "contracts[0].line"), &number) && number == 5);
    assert_true(pl_json_is(pl_json_at(root, "contracts[0].verdict"), "failed"));
    assert_true(pl_json_is(pl_json_at(root, "contracts[0].differences[0].path"), "response.name"));
    assert_true(pl_json_is(pl_json_at(root, "contracts[0].differences[0].actual"), "'sofa'"));
    assert_true(pl_json_is(pl_json_at(root, "contracts[2].verdict"), "in_progress"));
    pl_arena_done(&arena);
}

/* The set of the report's own proto reads it. */
static void the_report_file_is_proto_json(void **state) {
    pl_pool *pool = NULL;
    pl_buf wire = pl_buf_make(TEXT_MAX);

    (void)state;
    assert_true(pl_verify_proto_json(w.report, &out));
    assert_int_equal(pl_pool_load(PL_REPORT_SET, NULL, &pool, &w.err), PL_OK);
    const pl_message_type *type = pl_pool_message(
        pool, pl_str_c("parley.contract.v1.VerificationReport"));
    if (pl_json_to_wire(type, pl_buf_view(&out), NULL, &wire, &w.err) != PL_OK)
        fail_msg("%s", w.err.message);
    has("\"version\":\"1.2\"");
    has("\"verdict\":\"VERDICT_IN_PROGRESS\"");
    pl_buf_done(&wire);
    pl_pool_free(pool);
}

static void junit_escapes_what_xml_has_no_room_for(void **state) {
    (void)state;
    assert_true(pl_verify_junit(w.report, &out));
    has("tests=\"4\" failures=\"1\" errors=\"0\" skipped=\"2\"");
    has("name=\"a &lt;chair&gt; &amp; &quot;more&quot;\" file=\"shop.v1/web.yaml\" line=\"5\"");
    has("<failure message=\"response.name: expected ");
    has("<skipped message=\"later\"/>");
}

static void sarif_points_at_the_contract(void **state) {
    pl_arena arena = pl_arena_make(TEXT_MAX);
    const pl_json_value *root = NULL;
    int64_t line = 0;

    (void)state;
    assert_true(pl_verify_sarif(w.report, &out));
    assert_int_equal(pl_json_parse(pl_buf_view(&out), NULL, &arena, &root, &w.err), PL_OK);
    assert_true(pl_json_is(pl_json_at(root, "version"), "2.1.0"));
    assert_true(pl_json_is(pl_json_at(root, "runs[0].results[0].level"), "error"));
    assert_true(pl_json_i64(
        pl_json_at(root, "runs[0].results[0].locations[0].physicalLocation.region.startLine"),
        &line));
    assert_int_equal(line, 8);
    assert_true(pl_json_is(pl_json_at(root, "runs[0].results[1].level"), "note"));
    pl_arena_done(&arena);
}

static void markdown_keeps_its_table(void **state) {
    (void)state;
    assert_true(pl_verify_markdown(w.report, &out));
    has("**Failed.** shop.v1: 1 passed, 1 failed");
    has("| failed | web | a \\<chair> & \"more\" | response.name | 'a\\|b' | 'sofa' | "
        "shop.v1/web.yaml:8 |\n");
}

static void github_is_told_file_and_line(void **state) {
    (void)state;
    assert_true(pl_verify_github(w.report, &out));
    has("::error file=shop.v1/web.yaml,line=8,col=32,title=web::a <chair> & \"more\": "
        "response.name: expected 'a|b', got 'sofa'\n");
    has("::warning file=shop.v1/web.yaml,line=");
}

/* As the set has it, at another path. */
static void at_path(const char *path) {
    static pl_contract contract;
    static pl_contract_file file;
    static pl_verify_result one;

    one = *result(0);
    contract = *one.contract;
    file = *contract.file;
    file.path = pl_str_c(path);
    contract.file = &file;
    one.contract = &contract;
    w.report->results = &one;
    w.report->result_count = 1;
}

static void sarif_has_the_path_as_a_uri(void **state) {
    (void)state;
    at_path("a b/50%#1/\xc3\xa4?:\"\\_-.~.yaml");
    assert_true(pl_verify_sarif(w.report, &out));
    has("\"uri\":\"a%20b/50%25%231/%C3%A4%3F%3A%22%5C_-.~.yaml\"");
}

static void markdown_escapes_the_path(void **state) {
    (void)state;
    at_path("a|b/c_d/*e.yaml");
    assert_true(pl_verify_markdown(w.report, &out));
    has(" | a\\|b/c\\_d/\\*e.yaml:8 |\n");
}

static void github_gets_a_path_that_ends_no_property(void **state) {
    (void)state;
    at_path("a,b:c/50%.yaml");
    assert_true(pl_verify_github(w.report, &out));
    has("::error file=a%2Cb%3Ac/50%25.yaml,line=8,col=32,title=web::");
}

static void nothing_verified_is_said_in_every_format(void **state) {
    (void)state;
    w.opts.filter = "no such name";
    verified(VERIFIED);
    assert_true(pl_verify_summary(w.report, &out) && pl_verify_junit(w.report, &out) &&
                pl_verify_github(w.report, &out) && pl_verify_markdown(w.report, &out));
    has("0 comparisons: nothing was verified");
    has("<error message=\"nothing was verified\"/>");
    has("tests=\"5\" failures=\"0\" errors=\"1\" skipped=\"4\"");
    size_t cases = 0;
    for (const char *at = out.p; (at = strstr(at, "<testcase ")); at++)
        cases++;
    assert_int_equal(cases, 5);
    has("::error::shop.v1: nothing was verified\n");
    has("**Failed.**");
}

#define REPORT(name) cmocka_unit_test_setup_teardown(name, set_up, done)

int main(void) {
    const struct CMUnitTest tests[] = {
        REPORT(the_console_shows_what_differs_by_field_and_place),
        REPORT(json_has_the_shape_that_was_promised),
        REPORT(the_report_file_is_proto_json),
        REPORT(junit_escapes_what_xml_has_no_room_for),
        REPORT(sarif_points_at_the_contract),
        REPORT(markdown_keeps_its_table),
        REPORT(github_is_told_file_and_line),
        REPORT(sarif_has_the_path_as_a_uri),
        REPORT(markdown_escapes_the_path),
        REPORT(github_gets_a_path_that_ends_no_property),
        REPORT(nothing_verified_is_said_in_every_format),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
