/* A stub while it serves: its clock, reports of verifications, contracts that change, bundles that
 * were opened, and many callers. */
#include "fixture.h"

#include <pthread.h>

#include "parley/contract/bundle.h"
#include "parley/json/base64.h"
#include "parley/stub/rest.h"

enum { CALLERS = 8, CALLS_EACH = 250 };

#define CHAIR                                                                                      \
    HEAD "- name: a chair\n"                                                                       \
         "  call: ShopService.GetItem\n"                                                           \
         "  request: { id: 1 }\n"                                                                  \
         "  response: { number: 1, name: chair }\n"                                                \
         "- name: a table\n"                                                                       \
         "  call: ShopService.GetItem\n"                                                           \
         "  request: { id: 2 }\n"                                                                  \
         "  response: { number: 2, name: table }\n"

/* ---- the clock ------------------------------------------------------------------------------- */

static void times_in_answers_are_the_stubs_clock(void **state) {
    (void)state;
    start(HEAD "- name: just now\n"
               "  call: ShopService.GetItem\n"
               "  request: { id: 1 }\n"
               "  response: { number: 1, at: !timestamp now }\n",
          NULL);
    pl_stub_set_clock(s.stub, 1000);
    assert_int_equal(call("GetItem", "{\"id\":1}"), PL_OK);
    assert_string_equal(s.text.p, "{\"number\":\"1\",\"at\":\"1970-01-01T00:00:01Z\"}");
    pl_stub_set_clock(s.stub, 86400000);
    assert_int_equal(call("GetItem", "{\"id\":1}"), PL_OK);
    assert_string_equal(s.text.p, "{\"number\":\"1\",\"at\":\"1970-01-02T00:00:00Z\"}");
}

static void a_clock_that_is_not_set_is_the_machines(void **state) {
    int64_t now_ms = pl_time_us() / 1000;

    (void)state;
    start(CHAIR, NULL);
    pl_stub_set_clock(s.stub, 1);
    assert_int_equal(pl_stub_clock(s.stub), 1);
    pl_stub_set_clock(s.stub, 0);
    assert_in_range(pl_stub_clock(s.stub), now_ms, now_ms + PATIENCE_MS);
}

/* ---- reports --------------------------------------------------------------------------------- */

/* A report of what s.set says, HASH taken as it is where it is given. */
static pl_code report(const char *hash, const char *contracts) {
    uint8_t bytes[PL_HASH_SIZE];
    pl_buf text = pl_buf_make(TEXT_MAX);
    pl_error err = PL_ERROR_INIT;

    assert_int_equal(pl_contract_set_hash(s.set, bytes, &err), PL_OK);
    pl_buf_puts(&text, "{\"hash\":\"");
    if (hash)
        pl_buf_puts(&text, hash);
    else
        pl_base64_encode(pl_str_make((const char *)bytes, sizeof bytes), &text);
    pl_buf_printf(&text, "\",\"provider\":\"shop.v1\",\"version\":\"1.4.0\",\"contracts\":%s}",
                  contracts);
    pl_code code = pl_stub_add_report(s.stub, pl_buf_view(&text), &err);
    pl_buf_done(&text);
    return code;
}

#define PASSED "{\"name\":\"a chair\",\"consumer\":\"web\",\"verdict\":\"VERDICT_PASSED\"}"
#define FAILED "{\"name\":\"a table\",\"consumer\":\"web\",\"verdict\":\"VERDICT_FAILED\"}"

static void what_the_provider_kept_has_its_version(void **state) {
    (void)state;
    start(CHAIR, NULL);
    assert_int_equal(report(NULL, "[" PASSED "," FAILED "]"), PL_OK);
    assert_int_equal(call("GetItem", "{\"id\":1}"), PL_OK);
    assert_string_equal(trailer("x-contract-verified"), "1.4.0");
    assert_int_equal(call("GetItem", "{\"id\":2}"), PL_OK);
    assert_string_equal(trailer("x-contract-verified"), "no");
}

static void a_report_about_other_contracts_is_stale(void **state) {
    (void)state;
    start(CHAIR, NULL);
    assert_int_equal(report("AAAA", "[" PASSED "]"), PL_OK);
    assert_int_equal(call("GetItem", "{\"id\":1}"), PL_OK);
    assert_string_equal(trailer("x-contract-verified"), "stale 1.4.0");
}

static void what_is_no_report_is_refused(void **state) {
    pl_error err = PL_ERROR_INIT;

    (void)state;
    start(CHAIR, NULL);
    assert_int_equal(pl_stub_add_report(s.stub, pl_str_c("[]"), &err), PL_INVALID_ARGUMENT);
    assert_non_null(strstr(err.message, "no report of a verification"));
    assert_int_equal(pl_stub_add_report(s.stub, pl_str_c("{"), &err), PL_INVALID_ARGUMENT);
}

/* ---- contracts that change ------------------------------------------------------------------- */

static pl_contract_set *compile_other(const char *text) {
    pl_findings *findings = pl_findings_new();
    pl_contract_source source = {"shop.v1/web.yaml", pl_str_c(text)};
    pl_contract_set *set = NULL;
    pl_error err = PL_ERROR_INIT;

    assert_int_equal(pl_contract_compile(s.pool, &source, 1, NULL, findings, &set, &err), PL_OK);
    assert_int_equal(pl_findings_errors(findings), 0);
    pl_findings_free(findings);
    return set;
}

static void other_contracts_take_over_while_a_connection_stays(void **state) {
    const pl_stub_opts opts = PL_STUB_OPTS_INIT;
    const char *provider = "shop.v1";
    pl_stub *next = NULL;
    pl_error err = PL_ERROR_INIT;

    (void)state;
    start(CHAIR, NULL);
    assert_int_equal(call("GetItem", "{\"id\":1}"), PL_OK);
    pl_contract_set *set = compile_other(HEAD "- name: a stool\n"
                                              "  call: ShopService.GetItem\n"
                                              "  request: { id: 1 }\n"
                                              "  response: { number: 1, name: stool }\n");
    assert_int_equal(pl_stub_new(set, &provider, 1, &opts, &next, &err), PL_OK);
    assert_int_equal(pl_stub_turn(s.stub, next, &err), PL_OK);
    assert_int_equal(call("GetItem", "{\"id\":1}"), PL_OK);
    assert_string_equal(s.text.p, "{\"number\":\"1\",\"name\":\"stool\"}");
    assert_int_equal(call("GetItem", "{\"id\":2}"), PL_UNIMPLEMENTED);
    assert_int_equal(pl_stub_turn(s.stub, s.stub, &err), PL_OK);
    assert_int_equal(pl_stub_calls(next), 0);
    pl_stub_free(next);
    pl_contract_set_free(set);
    assert_int_equal(call("GetItem", "{\"id\":2}"), PL_OK);
}

/* ---- bundles that were opened ---------------------------------------------------------------- */

/* The bundle of TEXT, opened, is served; where WAS stands in it IS stands then. */
static void start_damaged(const char *text, const char *was, const char *is) {
    const pl_stub_opts usual = PL_STUB_OPTS_INIT;
    const char *provider = "shop.v1";
    pl_buf bytes = pl_buf_make(PL_BUNDLE_MAX);
    pl_contract_set *opened = NULL;
    pl_error err = PL_ERROR_INIT;

    compile(text);
    assert_int_equal(pl_bundle_write(s.set, &bytes, &err), PL_OK);
    for (size_t i = 0; was && i + strlen(was) <= bytes.n; i++) {
        if (memcmp(bytes.p + i, was, strlen(was)) == 0)
            memcpy(bytes.p + i, is, strlen(was));
    }
    assert_int_equal(pl_bundle_open(&bytes, &opened, &err), PL_OK);
    pl_buf_done(&bytes);
    pl_contract_set_free(s.set);
    s.set = opened;
    assert_int_equal(pl_stub_new(s.set, &provider, 1, &usual, &s.stub, &err), PL_OK);
    serve();
}

static void start_opened(const char *text) {
    start_damaged(text, NULL, NULL);
}

static void an_opened_bundle_answers_as_what_it_was_made_of(void **state) {
    (void)state;
    start_opened(CHAIR);
    assert_int_equal(call("GetItem", "{\"id\":2}"), PL_OK);
    assert_string_equal(s.text.p, "{\"number\":\"2\",\"name\":\"table\"}");
    assert_int_equal(call("GetItem", "{\"id\":3}"), PL_UNIMPLEMENTED);
    assert_non_null(strstr(s.reply->error.message, "id: expected 1, got 3"));
}

static void an_opened_bundle_has_the_hash_of_what_it_was_made_of(void **state) {
    uint8_t before[PL_HASH_SIZE], after[PL_HASH_SIZE];
    pl_error err = PL_ERROR_INIT;

    (void)state;
    compile(CHAIR);
    assert_int_equal(pl_contract_set_hash(s.set, before, &err), PL_OK);
    (void)tear_down(NULL);
    start_opened(CHAIR);
    assert_int_equal(pl_contract_set_hash(s.set, after, &err), PL_OK);
    assert_memory_equal(before, after, PL_HASH_SIZE);
}

static void a_damaged_contract_is_an_error_and_the_others_answer(void **state) {
    (void)state;
    start_damaged(HEAD "- name: a chair\n"
                       "  call: ShopService.GetItem\n"
                       "  request: { id: 1 }\n"
                       "  response: { name: !regex { pattern: cha.r, example: chair } }\n"
                       "- name: a table\n"
                       "  call: ShopService.GetItem\n"
                       "  request: { id: 2 }\n"
                       "  response: { name: table }\n",
                  "cha.r", "(ha.r");
    assert_int_equal(call("GetItem", "{\"id\":1}"), PL_INTERNAL);
    assert_non_null(strstr(s.reply->error.message, "a chair, shop.v1/web.yaml:5: "));
    assert_int_equal(call("GetItem", "{\"id\":2}"), PL_OK);
}

/* ---- many ------------------------------------------------------------------------------------ */

static void *ask_often(void *arg) {
    pl_bytes_request request = {.path = "/shop.v1.ShopService/GetItem",
                                .body = PL_STR("\x08\x01"),
                                .deadline_ns = pl_deadline_ms(PATIENCE_MS)};
    size_t *right = arg;

    for (int i = 0; i < CALLS_EACH; i++) {
        pl_bytes_reply *reply = NULL;
        *right += pl_channel_call_bytes(s.channel, &request, &reply) == PL_OK;
        pl_bytes_reply_free(reply);
    }
    return NULL;
}

static void *ask_rest_often(void *arg) {
    pl_rest_request request = {.method = PL_STR("GET"), .path = PL_STR("/items/1")};
    size_t *right = arg;

    for (int i = 0; i < CALLS_EACH; i++) {
        pl_arena arena = pl_arena_make(PL_STUB_REST_MEMORY);
        *right += pl_stub_rest(s.stub, &request, &arena)->status == 200;
        pl_arena_done(&arena);
    }
    return NULL;
}

static void many_callers_are_answered_while_the_journal_is_read_and_reset(void **state) {
    pthread_t callers[CALLERS];
    size_t right[CALLERS] = {0};

    (void)state;
    start("consumer: web\nprovider: shop.v1\naccess: [grpc, rest]\ncontracts:\n"
          "- name: a chair\n"
          "  call: ShopService.GetItem\n"
          "  request: { id: 1 }\n"
          "  response: { number: 1, name: chair }\n",
          NULL);
    for (size_t i = 0; i < CALLERS; i++)
        assert_int_equal(
            pthread_create(&callers[i], NULL, i % 2 ? ask_often : ask_rest_often, &right[i]), 0);
    for (int i = 0; i < 50; i++) {
        pl_buf out = pl_buf_make(64u << 20);
        assert_true(pl_stub_journal(s.stub, &out));
        assert_true(pl_stub_unused(s.stub, &out));
        pl_stub_set_clock(s.stub, i);
        if (i % 10 == 0)
            pl_stub_reset(s.stub);
        pl_buf_done(&out);
    }
    for (size_t i = 0; i < CALLERS; i++)
        assert_int_equal(pthread_join(callers[i], NULL), 0);
    for (size_t i = 0; i < CALLERS; i++)
        assert_int_equal(right[i], CALLS_EACH);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(times_in_answers_are_the_stubs_clock),
        TEST(a_clock_that_is_not_set_is_the_machines),
        TEST(what_the_provider_kept_has_its_version),
        TEST(a_report_about_other_contracts_is_stale),
        TEST(what_is_no_report_is_refused),
        TEST(other_contracts_take_over_while_a_connection_stays),
        TEST(an_opened_bundle_answers_as_what_it_was_made_of),
        TEST(an_opened_bundle_has_the_hash_of_what_it_was_made_of),
        TEST(a_damaged_contract_is_an_error_and_the_others_answer),
        TEST(many_callers_are_answered_while_the_journal_is_read_and_reset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
