/* The stub over gRPC: what it answers, what it refuses, and what it remembers. */
#include "fixture.h"

/* What most of the tests use. */
#define SHOP                                                                                       \
    HEAD "- name: a chair\n"                                                                       \
         "  call: ShopService.GetItem\n"                                                           \
         "  request: { id: 1, language: en }\n"                                                    \
         "  response: { number: 1, name: !non_empty chair }\n"                                     \
         "- name: anything in German\n"                                                            \
         "  call: ShopService.GetItem\n"                                                           \
         "  request: { id: !range { min: 1, max: 9 }, language: de }\n"                            \
         "  response: { name: Stuhl }\n"                                                           \
         "- name: sold out\n"                                                                      \
         "  call: ShopService.GetItem\n"                                                           \
         "  request: { id: 2 }\n"                                                                  \
         "  status: { code: NOT_FOUND, message: !regex { pattern: 'item \\d+', example: item 2 } " \
         "}\n"

static void the_example_of_the_contract_is_answered(void **state) {
    (void)state;
    start(SHOP, NULL);
    assert_int_equal(call("GetItem", "{\"id\":1,\"language\":\"en\"}"), PL_OK);
    assert_string_equal(s.text.p, "{\"number\":\"1\",\"name\":\"chair\"}");
    assert_int_equal(call("GetItem", "{\"id\":1,\"language\":\"en\"}"), PL_OK);
    assert_string_equal(s.text.p, "{\"number\":\"1\",\"name\":\"chair\"}");
}

static void a_contract_is_found_by_its_matchers_too(void **state) {
    (void)state;
    start(SHOP, NULL);
    assert_int_equal(call("GetItem", "{\"id\":9,\"language\":\"de\"}"), PL_OK);
    assert_string_equal(s.text.p, "{\"name\":\"Stuhl\"}");
}

static void an_answer_says_which_contract_it_is_and_that_nobody_verified_it(void **state) {
    (void)state;
    start(SHOP, NULL);
    assert_int_equal(call("GetItem", "{\"id\":1,\"language\":\"en\"}"), PL_OK);
    assert_string_equal(trailer("x-contract"), "a chair, shop.v1/web.yaml:5");
    assert_string_equal(trailer("x-contract-verified"), "no");
}

static void a_name_that_metadata_cannot_have_is_escaped(void **state) {
    (void)state;
    start(HEAD "- name: 10 % for K\xc3\xbcmmel\n"
               "  call: ShopService.GetItem\n"
               "  request: { id: 1 }\n"
               "  response: { number: 1 }\n",
          NULL);
    assert_int_equal(call("GetItem", "{\"id\":1}"), PL_OK);
    assert_string_equal(trailer("x-contract"), "10 %25 for K%C3%BCmmel, shop.v1/web.yaml:5");
}

static void a_status_is_answered_with_its_example(void **state) {
    (void)state;
    start(SHOP, NULL);
    assert_int_equal(call("GetItem", "{\"id\":2}"), PL_NOT_FOUND);
    assert_string_equal(s.reply->error.message, "item 2");
    assert_string_equal(trailer("x-contract"), "sold out, shop.v1/web.yaml:13");
}

static void a_status_has_the_details_of_its_contract(void **state) {
    const char *details;

    (void)state;
    start(HEAD "- name: too many\n"
               "  call: ShopService.GetItem\n"
               "  request: { id: 3 }\n"
               "  status:\n"
               "    code: FAILED_PRECONDITION\n"
               "    message: too many\n" /* else an empty one, whose length is a NUL */
               "    details: [ { '@type': shop.v1.Part, name: bolt, count: !type 4 } ]\n",
          NULL);
    assert_int_equal(call("GetItem", "{\"id\":3}"), PL_FAILED_PRECONDITION);
    details = trailer("grpc-status-details-bin");
    assert_non_null(strstr(details, "type.googleapis.com/shop.v1.Part\x12\x08\x0a\x04"
                                    "bolt\x10\x04"));
}

static void what_no_contract_covers_is_refused_with_the_closest_and_what_differs(void **state) {
    (void)state;
    start(SHOP, NULL);
    assert_int_equal(call("GetItem", "{\"id\":2,\"labels\":[\"x\"]}"), PL_UNIMPLEMENTED);
    assert_string_equal(s.reply->error.reason, "NO_CONTRACT");
    assert_non_null(strstr(s.reply->error.message, "closest is 'sold out, shop.v1/web.yaml:13'"));
    assert_int_equal(s.reply->violation_count, 1);
    assert_string_equal(s.reply->violations[0].field, "labels");
}

/* Contracts of items 1 to 1000 in Korean, of COUNT more of them in English, and of one in French.
 */
static void start_with_a_thousand_and(int count) {
    pl_buf text = pl_buf_make(TEXT_MAX);

    pl_buf_puts(&text, HEAD);
    for (int i = 0; i <= 1000 + count; i++)
        pl_buf_printf(&text,
                      "- name: item %d\n  call: ShopService.GetItem\n"
                      "  request: { id: %d, language: %s }\n  response: { number: 1 }\n",
                      i + 1, i % 1000 + 1,
                      i < 1000           ? "ko"
                      : i < 1000 + count ? "en"
                                         : "fr");
    start(text.p, NULL);
    pl_buf_done(&text);
}

static void refuses_naming(const char *request, const char *closest) {
    assert_int_equal(call("GetItem", request), PL_UNIMPLEMENTED);
    if (!strstr(s.reply->error.message, closest))
        fail_msg("%s: %s", closest, s.reply->error.message);
}

static void the_closest_of_very_many_is_found(void **state) {
    (void)state;
    start_with_a_thousand_and(500);
    refuses_naming("{\"id\":9999,\"language\":\"fr\"}", "closest is 'item 1501, ");
    refuses_naming("{\"id\":9999,\"language\":\"en\"}", "closest is 'item 1001, ");
    refuses_naming("{\"id\":777,\"language\":\"de\"}", "closest is 'item 777, ");
    refuses_naming("{\"id\":9999,\"language\":\"de\"}", "closest is 'item 1, ");
}

static void of_too_many_that_are_as_close_the_first_is_named(void **state) {
    (void)state;
    start_with_a_thousand_and(1000);
    refuses_naming("{\"id\":9999,\"language\":\"en\"}", "closest is 'item 1001, ");
    refuses_naming("{\"id\":9999,\"language\":\"fr\"}", "closest is 'item 2001, ");
}

static void every_field_that_differs_is_in_the_details(void **state) {
    (void)state;
    start(HEAD "- name: one\n"
               "  call: ShopService.GetItem\n"
               "  request: { id: 1, language: en }\n"
               "  response: { number: 1 }\n",
          NULL);
    assert_int_equal(call("GetItem", "{\"id\":7,\"language\":\"fr\"}"), PL_UNIMPLEMENTED);
    assert_int_equal(s.reply->violation_count, 2);
    assert_string_equal(s.reply->violations[0].field, "id");
    assert_string_equal(s.reply->violations[0].description, "expected 1, got 7");
    assert_string_equal(s.reply->violations[1].field, "language");
    assert_string_equal(s.reply->violations[1].description, "expected 'en', got 'fr'");
}

static void a_method_without_contract_is_refused(void **state) {
    (void)state;
    start(SHOP, NULL);
    assert_int_equal(call("DropItem", "{\"id\":1}"), PL_UNIMPLEMENTED);
    assert_string_equal(s.reply->error.message,
                        "/shop.v1.ShopService/DropItem: no contract is about this method; add one "
                        "to contracts/shop.v1/");
}

static void the_greater_priority_answers(void **state) {
    (void)state;
    start(HEAD "- name: any\n"
               "  call: ShopService.GetItem\n"
               "  request: { id: !range { min: 1, max: 9 } }\n"
               "  response: { name: any }\n"
               "- name: four\n"
               "  call: ShopService.GetItem\n"
               "  request: { id: 4 }\n"
               "  response: { name: four }\n"
               "  priority: 1\n",
          NULL);
    assert_int_equal(call("GetItem", "{\"id\":4}"), PL_OK);
    assert_string_equal(s.text.p, "{\"name\":\"four\"}");
    assert_int_equal(call("GetItem", "{\"id\":5}"), PL_OK);
    assert_string_equal(s.text.p, "{\"name\":\"any\"}");
}

/* Also where it fixes other fields than the one that comes before both. */
static void of_equal_priority_the_first_answers(void **state) {
    (void)state;
    start(HEAD "- name: one\n"
               "  call: ShopService.GetItem\n"
               "  request: { id: 1, language: !non_empty en }\n"
               "  response: { name: one }\n"
               "- name: in German\n"
               "  call: ShopService.GetItem\n"
               "  request: { id: !range { min: 2, max: 9 }, language: de }\n"
               "  response: { name: German }\n"
               "- name: two\n"
               "  call: ShopService.GetItem\n"
               "  request: { id: 2, language: !non_empty en }\n"
               "  response: { name: two }\n"
               "- name: in Korean\n"
               "  call: ShopService.GetItem\n"
               "  request: { id: !range { min: 2, max: 9 }, language: ko }\n"
               "  response: { name: Korean }\n",
          NULL);
    assert_int_equal(call("GetItem", "{\"id\":2,\"language\":\"de\"}"), PL_OK);
    assert_string_equal(s.text.p, "{\"name\":\"German\"}");
    assert_int_equal(call("GetItem", "{\"id\":2,\"language\":\"en\"}"), PL_OK);
    assert_string_equal(s.text.p, "{\"name\":\"two\"}");
    assert_int_equal(call("GetItem", "{\"id\":2,\"language\":\"ko\"}"), PL_OK);
    assert_string_equal(s.text.p, "{\"name\":\"two\"}");
}

static void nested_values_find_their_contract(void **state) {
    (void)state;
    start(HEAD "- name: bolts\n"
               "  call: ShopService.PutItem\n"
               "  request: { number: 1, part: { name: bolt } }\n"
               "  response: { name: bolts }\n"
               "- name: nuts\n"
               "  call: ShopService.PutItem\n"
               "  request: { number: 1, part: { name: nut } }\n"
               "  response: { name: nuts }\n",
          NULL);
    assert_int_equal(call("PutItem", "{\"number\":1,\"part\":{\"name\":\"nut\"}}"), PL_OK);
    assert_string_equal(s.text.p, "{\"name\":\"nuts\"}");
    assert_int_equal(call("PutItem", "{\"number\":1}"), PL_UNIMPLEMENTED);
}

static void metadata_are_matched_and_trailers_are_sent(void **state) {
    const pl_metadata german = {"x-tongue", PL_STR("de")};

    (void)state;
    start(HEAD "- name: by tongue\n"
               "  call: ShopService.GetItem\n"
               "  request: { id: 1 }\n"
               "  metadata: { x-tongue: de }\n"
               "  trailers: { x-price: !non_empty '12' }\n"
               "  response: { name: Stuhl }\n",
          NULL);
    assert_int_equal(call_with("GetItem", "{\"id\":1}", &german, 1), PL_OK);
    assert_string_equal(trailer("x-price"), "12");
    assert_int_equal(call("GetItem", "{\"id\":1}"), PL_UNIMPLEMENTED);
    assert_string_equal(s.reply->violations[0].field, "metadata.x-tongue");
}

#define SCENARIO                                                                                   \
    HEAD "- name: first\n"                                                                         \
         "  call: ShopService.GetItem\n"                                                           \
         "  request: { id: 1 }\n"                                                                  \
         "  response: { name: first }\n"                                                           \
         "  scenario: { name: sale, then: sold }\n"                                                \
         "- name: second\n"                                                                        \
         "  call: ShopService.GetItem\n"                                                           \
         "  request: { id: 1 }\n"                                                                  \
         "  response: { name: second }\n"                                                          \
         "  scenario: { name: sale, when: sold }\n"

static void each_value_of_one_name_of_metadata_is_matched(void **state) {
    const pl_metadata right[] = {{"x-tag", PL_STR("a")}, {"x-tag", PL_STR("b")}},
                      wrong[] = {{"x-tag", PL_STR("a")}, {"x-tag", PL_STR("a")}};

    (void)state;
    start(HEAD "- name: by tags\n"
               "  call: ShopService.GetItem\n"
               "  request: { id: 1 }\n"
               "  metadata: { x-tag: [a, b] }\n"
               "  response: { name: tags }\n",
          NULL);
    assert_int_equal(call_with("GetItem", "{\"id\":1}", right, 2), PL_OK);
    assert_int_equal(call_with("GetItem", "{\"id\":1}", wrong, 2), PL_UNIMPLEMENTED);
    assert_int_equal(call_with("GetItem", "{\"id\":1}", right, 1), PL_UNIMPLEMENTED);
}

static void a_message_in_metadata_is_not_there_where_it_is_absent(void **state) {
    (void)state;
    start(HEAD "- name: by part\n"
               "  call: ShopService.GetItem\n"
               "  request: { id: 1 }\n"
               "  metadata: { x-part-bin: { '@type': shop.v1.Part } }\n"
               "  response: { name: part }\n",
          NULL);
    assert_int_equal(call("GetItem", "{\"id\":1}"), PL_UNIMPLEMENTED);
    assert_string_equal(s.reply->violations[0].field, "metadata.x-part-bin");
}

static void a_scenario_changes_its_answers(void **state) {
    (void)state;
    start(SCENARIO, NULL);
    assert_int_equal(call("GetItem", "{\"id\":1}"), PL_OK);
    assert_string_equal(s.text.p, "{\"name\":\"first\"}");
    assert_int_equal(call("GetItem", "{\"id\":1}"), PL_OK);
    assert_string_equal(s.text.p, "{\"name\":\"second\"}");
    pl_stub_reset(s.stub);
    assert_int_equal(call("GetItem", "{\"id\":1}"), PL_OK);
    assert_string_equal(s.text.p, "{\"name\":\"first\"}");
}

/* As the check has it, which says of a priority that is not greater that it is never reached. */
static void a_contract_outside_a_scenario_yields_to_a_greater_priority_in_it(void **state) {
    (void)state;
    start(HEAD "- name: always\n"
               "  call: ShopService.GetItem\n"
               "  request: { id: 1 }\n"
               "  response: { name: always }\n"
               "- name: sell\n"
               "  call: ShopService.GetItem\n"
               "  request: { id: 2 }\n"
               "  response: { name: sell }\n"
               "  scenario: { name: sale, then: sold }\n"
               "- name: sold\n"
               "  priority: 1\n"
               "  call: ShopService.GetItem\n"
               "  request: { id: 1 }\n"
               "  response: { name: sold }\n"
               "  scenario: { name: sale, when: sold }\n",
          NULL);
    assert_int_equal(call("GetItem", "{\"id\":1}"), PL_OK);
    assert_string_equal(s.text.p, "{\"name\":\"always\"}");
    assert_int_equal(call("GetItem", "{\"id\":2}"), PL_OK);
    assert_int_equal(call("GetItem", "{\"id\":1}"), PL_OK);
    assert_string_equal(s.text.p, "{\"name\":\"sold\"}");
}

static void each_consumer_has_a_scenario_of_its_own(void **state) {
    static const char *const of_web = "consumer: web\nprovider: shop.v1\naccess: [grpc]\n"
                                      "contracts:\n"
                                      "- name: sell\n  call: ShopService.GetItem\n"
                                      "  request: { id: 1 }\n  response: { number: 1 }\n"
                                      "  scenario: { name: sale, then: sold }\n",
                             *const of_app = "consumer: app\nprovider: shop.v1\naccess: [grpc]\n"
                                             "contracts:\n"
                                             "- name: look\n  call: ShopService.GetItem\n"
                                             "  request: { id: 2 }\n  response: { number: 2 }\n"
                                             "  scenario: { name: sale, then: sold }\n";
    const pl_stub_opts opts = PL_STUB_OPTS_INIT;
    const char *provider = "shop.v1";

    (void)state;
    compile_both(of_web, of_app);
    assert_int_equal(pl_stub_new(s.set, &provider, 1, &opts, &s.stub, NULL), PL_OK);
    serve();
    assert_int_equal(call("GetItem", "{\"id\":1}"), PL_OK);
    assert_int_equal(call("GetItem", "{\"id\":1}"), PL_UNIMPLEMENTED);
    assert_int_equal(call("GetItem", "{\"id\":2}"), PL_OK);
}

static void a_scenario_at_another_point_is_refused(void **state) {
    (void)state;
    start(HEAD "- name: later\n"
               "  call: ShopService.GetItem\n"
               "  request: { id: 1 }\n"
               "  response: { name: later }\n"
               "  scenario: { name: sale, when: sold }\n"
               "- name: sell\n"
               "  call: ShopService.GetItem\n"
               "  request: { id: 2 }\n"
               "  response: { name: sell }\n"
               "  scenario: { name: sale, then: sold }\n",
          NULL);
    assert_int_equal(call("GetItem", "{\"id\":1}"), PL_UNIMPLEMENTED);
    assert_non_null(strstr(s.reply->error.message,
                           "scenario 'sale' would have to be at 'sold', it is at its beginning"));
    assert_int_equal(call("GetItem", "{\"id\":2}"), PL_OK);
    assert_int_equal(call("GetItem", "{\"id\":1}"), PL_OK);
    assert_int_equal(call("GetItem", "{\"id\":2}"), PL_UNIMPLEMENTED);
    assert_non_null(strstr(s.reply->error.message,
                           "scenario 'sale' would have to be at its beginning, it is at 'sold'"));
}

/* Two contracts about the same request, one after the other. */
#define THEN_SOLD                                                                                  \
    HEAD "- name: sell\n"                                                                          \
         "  call: ShopService.GetItem\n"                                                           \
         "  request: { id: 1 }\n"                                                                  \
         "  response: { name: sell }\n"                                                            \
         "  scenario: { name: sale, then: sold }\n"                                                \
         "- name: sold\n"                                                                          \
         "  call: ShopService.GetItem\n"                                                           \
         "  request: { id: 1 }\n"                                                                  \
         "  response: { name: sold }\n"                                                            \
         "  scenario: { name: sale, when: sold }\n"

static void of_two_as_close_the_one_that_could_be_asked_now_is_named(void **state) {
    (void)state;
    start(THEN_SOLD, NULL);
    assert_int_equal(call("GetItem", "{\"id\":1}"), PL_OK);
    assert_int_equal(call("GetItem", "{\"id\":2}"), PL_UNIMPLEMENTED);
    assert_non_null(strstr(s.reply->error.message, "the closest is 'sold, "));
    assert_null(strstr(s.reply->error.message, "scenario"));
}

static void a_lenient_stub_does_not_go_back_in_a_scenario(void **state) {
    pl_stub_opts opts = PL_STUB_OPTS_INIT;

    (void)state;
    opts.lenient = true;
    start(THEN_SOLD, &opts);
    assert_int_equal(call("GetItem", "{\"id\":1}"), PL_OK);
    assert_int_equal(call("GetItem", "{\"id\":2}"), PL_OK);
    assert_string_equal(s.text.p, "{\"name\":\"sold\"}");
}

static void a_refusal_says_that_the_scenario_is_elsewhere_beside_what_differs(void **state) {
    (void)state;
    start(HEAD "- name: later\n"
               "  call: ShopService.GetItem\n"
               "  request: { id: 1 }\n"
               "  response: { name: later }\n"
               "  scenario: { name: sale, when: sold }\n"
               "- name: sell\n"
               "  call: ShopService.DropItem\n"
               "  request: { id: 1 }\n"
               "  response: {}\n"
               "  scenario: { name: sale, then: sold }\n",
          NULL);
    assert_int_equal(call("GetItem", "{\"id\":2}"), PL_UNIMPLEMENTED);
    assert_non_null(strstr(s.reply->error.message,
                           "id: expected 1, got 2; scenario 'sale' would have to be at 'sold', it "
                           "is at its beginning"));
}

static void a_lenient_stub_answers_with_the_closest_contract(void **state) {
    pl_stub_opts opts = PL_STUB_OPTS_INIT;

    (void)state;
    opts.lenient = true;
    start(SHOP, &opts);
    assert_int_equal(call("GetItem", "{\"id\":50,\"language\":\"de\"}"), PL_OK);
    assert_string_equal(s.text.p, "{\"name\":\"Stuhl\"}");
}

static void a_fault_takes_the_place_of_the_answer(void **state) {
    pl_stub_opts opts = PL_STUB_OPTS_INIT;

    (void)state;
    opts.fault_code = PL_INTERNAL;
    opts.fault_rate = 1;
    start(SHOP, &opts);
    assert_int_equal(call("GetItem", "{\"id\":2}"), PL_INTERNAL);
    assert_string_equal(s.reply->error.reason, "INJECTED_FAULT");
}

static void an_answer_comes_after_the_latency(void **state) {
    pl_stub_opts opts = PL_STUB_OPTS_INIT;
    int64_t before;

    (void)state;
    opts.latency_ms = 30;
    start(SHOP, &opts);
    before = pl_now_ns();
    assert_int_equal(call("GetItem", "{\"id\":2}"), PL_NOT_FOUND);
    assert_true(pl_now_ns() - before >= 30 * PL_NS_PER_MS);
}

static void another_consumers_contracts_are_not_served(void **state) {
    pl_stub_opts opts = PL_STUB_OPTS_INIT;
    const char *provider = "shop.v1";
    pl_error err = PL_ERROR_INIT;

    (void)state;
    compile(SHOP);
    opts.consumer = "somebody";
    assert_int_equal(pl_stub_new(s.set, &provider, 1, &opts, &s.stub, &err), PL_NOT_FOUND);
    assert_string_equal(err.message, "shop.v1: somebody has no contract about a call of it");
}

static void a_provider_without_service_is_an_error(void **state) {
    const pl_stub_opts opts = PL_STUB_OPTS_INIT;
    const char *provider = "shop.v2";
    pl_error err = PL_ERROR_INIT;

    (void)state;
    compile(SHOP);
    assert_int_equal(pl_stub_new(s.set, &provider, 1, &opts, &s.stub, &err), PL_NOT_FOUND);
    assert_string_equal(err.message, "shop.v2: no proto has a service in this package");
}

static void the_journal_has_every_call_and_how_often_each_contract_answered(void **state) {
    pl_buf journal = pl_buf_make(TEXT_MAX);

    (void)state;
    start(SHOP, NULL);
    (void)call("GetItem", "{\"id\":2}");
    (void)call("GetItem", "{\"id\":2}");
    (void)call("GetItem", "{\"id\":3}");
    assert_true(pl_stub_journal(s.stub, &journal));
    assert_non_null(strstr(journal.p, "\"method\":\"shop.v1.ShopService.GetItem\","
                                      "\"code\":\"NOT_FOUND\",\"request\":{\"id\":\"2\"},"
                                      "\"contract\":\"sold out\",\"consumer\":\"web\","
                                      "\"file\":\"shop.v1/web.yaml\",\"line\":13"));
    assert_non_null(strstr(journal.p, "\"code\":\"UNIMPLEMENTED\",\"request\":{\"id\":\"3\"},"
                                      "\"message\":\"no contract covers"));
    assert_non_null(strstr(journal.p, "\"line\":13,\"calls\":2}"));
    pl_buf_done(&journal);
}

static void of_a_long_request_the_journal_has_no_content(void **state) {
    pl_buf request = pl_buf_make(TEXT_MAX);

    (void)state;
    start(HEAD "- name: any\n"
               "  call: ShopService.PutItem\n"
               "  request: { name: !any x }\n"
               "  response: { number: 1 }\n",
          NULL);
    pl_buf_printf(&request, "{\"name\":\"%0*d\"}", PL_STUB_JOURNAL_REQUEST_MAX, 7);
    assert_int_equal(call("PutItem", "{\"name\":\"x\"}"), PL_OK);
    assert_int_equal(call("PutItem", request.p), PL_OK);
    pl_buf_done(&request);
    pl_buf_clear(&s.text);
    assert_true(pl_stub_journal(s.stub, &s.text));
    assert_non_null(strstr(s.text.p, "\"request\":{\"name\":\"x\"}"));
    assert_non_null(strstr(s.text.p, "\"request\":null,\"contract\":\"any\""));
}

static void unused_are_the_contracts_that_no_call_reached(void **state) {
    pl_buf unused = pl_buf_make(TEXT_MAX);

    (void)state;
    start(SHOP, NULL);
    (void)call("GetItem", "{\"id\":2}");
    (void)call("GetItem", "{\"id\":9,\"language\":\"de\"}");
    assert_true(pl_stub_unused(s.stub, &unused));
    assert_string_equal(unused.p, "{\"unused\":[{\"name\":\"a chair\",\"consumer\":\"web\","
                                  "\"file\":\"shop.v1/web.yaml\",\"line\":5}]}");
    pl_buf_done(&unused);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(the_example_of_the_contract_is_answered),
        TEST(a_contract_is_found_by_its_matchers_too),
        TEST(an_answer_says_which_contract_it_is_and_that_nobody_verified_it),
        TEST(a_name_that_metadata_cannot_have_is_escaped),
        TEST(a_status_is_answered_with_its_example),
        TEST(a_status_has_the_details_of_its_contract),
        TEST(what_no_contract_covers_is_refused_with_the_closest_and_what_differs),
        TEST(the_closest_of_very_many_is_found),
        TEST(of_too_many_that_are_as_close_the_first_is_named),
        TEST(every_field_that_differs_is_in_the_details),
        TEST(a_method_without_contract_is_refused),
        TEST(the_greater_priority_answers),
        TEST(of_equal_priority_the_first_answers),
        TEST(nested_values_find_their_contract),
        TEST(metadata_are_matched_and_trailers_are_sent),
        TEST(each_value_of_one_name_of_metadata_is_matched),
        TEST(a_message_in_metadata_is_not_there_where_it_is_absent),
        TEST(a_scenario_changes_its_answers),
        TEST(a_contract_outside_a_scenario_yields_to_a_greater_priority_in_it),
        TEST(each_consumer_has_a_scenario_of_its_own),
        TEST(a_scenario_at_another_point_is_refused),
        TEST(of_two_as_close_the_one_that_could_be_asked_now_is_named),
        TEST(a_lenient_stub_does_not_go_back_in_a_scenario),
        TEST(a_refusal_says_that_the_scenario_is_elsewhere_beside_what_differs),
        TEST(a_lenient_stub_answers_with_the_closest_contract),
        TEST(a_fault_takes_the_place_of_the_answer),
        TEST(an_answer_comes_after_the_latency),
        TEST(another_consumers_contracts_are_not_served),
        TEST(a_provider_without_service_is_an_error),
        TEST(the_journal_has_every_call_and_how_often_each_contract_answered),
        TEST(of_a_long_request_the_journal_has_no_content),
        TEST(unused_are_the_contracts_that_no_call_reached),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
