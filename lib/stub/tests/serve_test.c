/* A stub while it serves: its clock, reports of verifications, contracts that change, bundles that
 * were opened, and many callers. */
#include "fixture.h"

#include <pthread.h>

#include "parley/contract/bundle.h"
#include "parley/json/base64.h"
#include "stub_internal.h"

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
    /* Both from the pool: a bundle has no more files of it than it needs. */
    compile(CHAIR);
    start_set(NULL);
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

static void an_opened_bundle_answers_as_what_it_was_made_of(void **state) {
    (void)state;
    start(CHAIR, NULL);
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
    start(CHAIR, NULL);
    assert_int_equal(pl_contract_set_hash(s.set, after, &err), PL_OK);
    assert_memory_equal(before, after, PL_HASH_SIZE);
}

static void a_damaged_contract_is_an_error_and_the_others_answer(void **state) {
    (void)state;
    compile(HEAD "- name: a chair\n"
                 "  call: ShopService.GetItem\n"
                 "  request: { id: 1, language: !regex { pattern: cha.r, example: chair } }\n"
                 "  response: { name: chair }\n"
                 "- name: a table\n"
                 "  call: ShopService.GetItem\n"
                 "  request: { id: 2 }\n"
                 "  response: { name: table }\n");
    open_bundle("cha.r", "(ha.r");
    start_set(NULL);
    assert_int_equal(call("GetItem", "{\"id\":1,\"language\":\"chaor\"}"), PL_INTERNAL);
    assert_non_null(strstr(s.reply->error.message, "a chair, shop.v1/web.yaml:5: "));
    assert_int_equal(call("GetItem", "{\"id\":2}"), PL_OK);
}

/* A contract whose messages alone tell is not read, and what is kept of it is small. */
static void a_plain_call_is_answered_without_reading_its_contract(void **state) {
    enum { ITEMS = 200, KEPT_MAX = 256 };
    pl_buf text = pl_buf_make(TEXT_MAX);
    char request[32], answer[64];

    (void)state;
    pl_buf_puts(&text, HEAD);
    for (int i = 0; i < ITEMS; i++)
        pl_buf_printf(&text,
                      "- name: item %d\n  call: ShopService.GetItem\n  request: { id: %d }\n"
                      "  response: { number: %d, name: chair, parts: [{ name: leg }] }\n",
                      i, 100 + i, i + 1);
    start(text.p, NULL);
    const pl_contract_file *file = pl_contract_set_file(s.set, 0);
    size_t before = s.stub->arena.used;
    for (int i = 0; i < ITEMS; i++) {
        (void)snprintf(request, sizeof request, "{\"id\":%d}", 100 + i);
        (void)snprintf(answer, sizeof answer,
                       "{\"number\":\"%d\",\"name\":\"chair\",\"parts\":[{\"name\":\"leg\"}]}",
                       i + 1);
        assert_int_equal(call("GetItem", request), PL_OK);
        assert_string_equal(s.text.p, answer);
        assert_true(file->contracts[i]->unread.n > 0);
    }
    assert_true(s.stub->arena.used - before <= ITEMS * KEPT_MAX);
    pl_buf_done(&text);
}

/* Metadata, trailers and a status are read without the messages. */
static void what_goes_with_a_plain_call_is_read_without_its_messages(void **state) {
    const pl_metadata acme = {"tenant", PL_STR("acme")};

    (void)state;
    start(HEAD "- name: a chair\n"
               "  call: ShopService.GetItem\n"
               "  metadata: { tenant: !regex { pattern: '^a', example: acme } }\n"
               "  request: { id: 1 }\n"
               "  response: { name: chair }\n"
               "  trailers: { x-v: v1 }\n"
               "- name: no table\n"
               "  call: ShopService.GetItem\n"
               "  request: { id: 2 }\n"
               "  status: { code: NOT_FOUND, message: no table }\n",
          NULL);
    const pl_contract_file *file = pl_contract_set_file(s.set, 0);
    assert_int_equal(call_with("GetItem", "{\"id\":1}", &acme, 1), PL_OK);
    assert_string_equal(s.text.p, "{\"name\":\"chair\"}");
    assert_string_equal(trailer("x-v"), "v1");
    assert_int_equal(call("GetItem", "{\"id\":2}"), PL_NOT_FOUND);
    assert_string_equal(s.reply->error.message, "no table");
    assert_true(file->contracts[0]->unread.n > 0 && file->contracts[1]->unread.n > 0);
    assert_int_equal(call("GetItem", "{\"id\":1}"), PL_UNIMPLEMENTED);
    assert_non_null(strstr(s.reply->error.message, "metadata.tenant"));
}

static pl_code ask_bytes(const char *body) {
    pl_bytes_request request = {.path = "/shop.v1.ShopService/GetItem",
                                .body = pl_str_c(body),
                                .deadline_ns = pl_deadline_ms(PATIENCE_MS)};

    pl_bytes_reply_free(s.reply);
    s.reply = NULL;
    return pl_channel_call_bytes(s.channel, &request, &s.reply);
}

/* Which bytes say a request is nobody's promise. */
static void other_bytes_of_the_same_request_have_the_same_answer(void **state) {
    static const char in_order[] = "\x08\x01\x12\x02\x65\x6e";      /* 1: 1, 2: "en" */
    static const char turned[] = "\x12\x02\x65\x6e\x08\x01";        /* 2: "en", 1: 1 */
    static const char twice[] = "\x08\x02\x08\x01\x12\x02\x65\x6e"; /* 1: 2, 1: 1, 2: "en" */
    static const char another[] = "\x08\x01\x12\x02\x64\x65";       /* 1: 1, 2: "de" */

    (void)state;
    start(HEAD "- name: a chair\n"
               "  call: ShopService.GetItem\n"
               "  request: { id: 1, language: en }\n"
               "  response: { name: chair }\n",
          NULL);
    const pl_contract *chair = pl_contract_set_file(s.set, 0)->contracts[0];
    assert_int_equal(ask_bytes(in_order), PL_OK);
    assert_int_equal(ask_bytes(turned), PL_OK);
    assert_true(chair->unread.n > 0);
    assert_int_equal(ask_bytes(twice), PL_OK);
    assert_int_equal(ask_bytes(another), PL_UNIMPLEMENTED);
    assert_int_equal(chair->unread.n, 0);
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
        TEST(a_plain_call_is_answered_without_reading_its_contract),
        TEST(what_goes_with_a_plain_call_is_read_without_its_messages),
        TEST(other_bytes_of_the_same_request_have_the_same_answer),
        TEST(many_callers_are_answered_while_the_journal_is_read_and_reset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
