/* States: set up before each contract, taken back after it, and known before the first call. */
#include "verify_fixture.h"

/* What the states service was asked, "setup 1,teardown," and so on. */
static char asked[1024];
static int64_t on_sale; /* the item; 0: none */
static bool refuse;

static void note(const char *what, int64_t number) {
    size_t n = strlen(asked);

    (void)snprintf(asked + n, sizeof asked - n, number ? "%s %lld," : "%s,", what,
                   (long long)number);
}

static pl_code put_on_sale(void *self, const pl_state_values *with, pl_state_values *returns,
                           pl_error *err) {
    (void)self;
    if (refuse)
        return pl_error_set(err, PL_FAILED_PRECONDITION, "the shop is shut");
    on_sale = pl_state_i64(with, "id");
    note("setup", on_sale);
    pl_state_return_i64(returns, "number", on_sale + 100);
    return PL_OK;
}

static pl_code take_back(void *self, pl_error *err) {
    (void)self, (void)err;
    note("teardown", 0);
    on_sale = 0;
    return PL_OK;
}

static const pl_state_field parameters[] = {{"id", PL_STATE_INT64, false},
                                            {"language", PL_STATE_STRING, true}};
static const pl_state_field returned[] = {{"number", PL_STATE_INT64, false},
                                          {"label", PL_STATE_STRING, true}};
static const pl_state_def table[] = {{"item_on_sale", "It can be bought.",
                                      PL_STATE_FIELDS(parameters), PL_STATE_FIELDS(returned),
                                      put_on_sale}};
static const pl_states_def states = {
    .provider = "shop.v1", .states = table, .state_count = PL_COUNT(table), .teardown = take_back};

/* Answers { number: the item on sale + 100 }, where one is. */
static pl_code answer_sale(const void *impl, pl_call *call, pl_str request, pl_buf *response) {
    (void)impl, (void)request;
    if (!on_sale)
        return pl_call_fail(call, PL_NOT_FOUND, NULL, "nothing is on sale");
    note("call", on_sale);
    (void)pl_buf_putc(response, '\x08');
    (void)pl_buf_putc(response, (char)(on_sale + 100));
    return PL_OK;
}

static int set_up(void **state) {
    (void)state;
    asked[0] = '\0';
    on_sale = 0;
    refuse = false;
    provide_states(&states);
    provide_by_hand(answer_sale, NULL);
    return 0;
}

#define GET(name, given, number)                                                                   \
    "- name: " name "\n  given: " given "\n  call: ShopService.GetItem\n  request: { id: 1 }\n"    \
    "  response: { number: " number " }\n"

static void a_state_is_set_up_before_and_taken_back_after(void **state) {
    (void)state;
    verified(HEAD GET("a", "{ item_on_sale: { id: 5 } }", "105"));
    passed();
    assert_string_equal(asked, "teardown,setup 5,call 5,teardown,");
}

static void a_state_gets_every_integer_exactly(void **state) {
    (void)state;
    verified(HEAD GET("a", "{ item_on_sale: { id: 9007199254740993 } }", "105"));
    assert_non_null(strstr(asked, "setup 9007199254740993,"));
    verified(HEAD GET("a", "{ item_on_sale: { id: -9223372036854775808 } }", "105"));
    assert_non_null(strstr(asked, "setup -9223372036854775808,"));
}

static void what_is_in_progress_may_need_a_state_that_is_not_there_yet(void **state) {
    (void)state;
    verified(HEAD GET(
        "a", "{ item_to_come: {} }",
        "105") "  in_progress: { until: 2999-01-01, because: soon }\n"
               "- name: b\n  given: { item_on_sale: { id: 5 } }\n  call: ShopService.GetItem\n"
               "  request: { id: 2 }\n  response: { number: 105 }\n");
    passed();
    assert_int_equal(result(0)->verdict, PL_VERIFY_IN_PROGRESS);
    assert_int_equal(result(1)->verdict, PL_VERIFY_PASSED);
}

static void what_a_state_returned_is_compared(void **state) {
    (void)state;
    verified(
        HEAD GET("a", "{ item_on_sale: { id: 5 } }", "!from_state { name: number, example: 1 }"));
    passed();
}

static void an_unknown_state_is_an_error_before_the_first_call(void **state) {
    (void)state;
    verified(HEAD GET("a", "{ item_on_sail: { id: 5 } }",
                      "105") "- name: b\n  call: ShopService.PutItem\n  request: { number: 1 }\n"
                             "  response: { number: 1 }\n");
    assert_string_equal(asked, "teardown,");
    differs(0, "given.item_on_sail", "a state of the provider, did you mean 'item_on_sale'?",
            result(0)->differences[0].actual.p);
    assert_int_equal(result(0)->differences[0].at.line, 6);
    assert_int_equal(result(1)->verdict, PL_VERIFY_SKIPPED);
    assert_string_equal(result(1)->message.p,
                        "not tried: what other contracts give or trigger is unknown");
    assert_false(pl_verify_passed(w.report));
}

static void a_wrong_parameter_is_an_error_before_the_first_call(void **state) {
    (void)state;
    verified(HEAD GET("a", "{ item_on_sale: { id: 5, langage: de } }", "105"));
    differs(0, "given.item_on_sale.langage", "a parameter of the state, did you mean 'language'?",
            result(0)->differences[0].actual.p);
    verified(HEAD GET("a", "{ item_on_sale: { id: five } }", "105"));
    differs(0, "given.item_on_sale.id", "int64", "\"five\"");
    verified(HEAD GET("a", "{ item_on_sale: {} }", "105"));
    differs(0, "given.item_on_sale.id", "int64", "absent; the state needs it");
    assert_string_equal(asked, "teardown,teardown,teardown,");
}

static void a_value_that_no_state_returns_is_an_error_before_the_first_call(void **state) {
    (void)state;
    verified(
        HEAD GET("a", "{ item_on_sale: { id: 5 } }", "!from_state { name: nummer, example: 1 }"));
    differs(0, "given", "a state that returns what !from_state names", "none returns 'nummer'");
    assert_int_equal(result(0)->differences[0].at.line, 9);
    assert_string_equal(asked, "teardown,");
}

static void metadata_and_statuses_name_values_too(void **state) {
    (void)state;
    verified(HEAD GET(
        "a", "{ item_on_sale: { id: 5 } }",
        "105") "  trailers: { x-left: !from_state nummer }\n"
               "- name: b\n  given: { item_on_sale: { id: 6 } }\n  call: ShopService.GetItem\n"
               "  request: { id: 2 }\n  metadata: { x-shop: !from_state shop }\n"
               "  status: { code: NOT_FOUND, message: !from_state reason }\n");
    differs(0, "given", "a state that returns what !from_state names", "none returns 'nummer'");
    assert_int_equal(result(1)->difference_count, 2);
    assert_string_equal(result(1)->differences[0].actual.p, "none returns 'reason'");
    assert_string_equal(result(1)->differences[1].actual.p, "none returns 'shop'");
}

static void of_two_values_of_one_name_the_last_counts(void **state) {
    (void)state;
    verified(HEAD GET("a", "[{ item_on_sale: { id: 4 } }, { item_on_sale: { id: 5 } }]",
                      "!from_state { name: number, example: 1 }"));
    passed();
}

static void a_value_of_another_type_is_an_error_before_the_first_call(void **state) {
    (void)state;
    verified(
        HEAD GET("a", "{ item_on_sale: { id: 5 } }", "!from_state { name: label, example: 1 }"));
    differs(0, "given", "'label' as a value of field 'number', int64",
            "a state that returns it as string");
    assert_string_equal(asked, "teardown,");
}

static void an_unknown_trigger_is_an_error_before_the_first_call(void **state) {
    (void)state;
    verified(HEAD "- name: it is sold\n  trigger: sold\n  event: ItemSold\n  stream: shop\n"
                  "  payload: { number: 7 }\n");
    assert_string_equal(result(0)->differences[0].path.p, "trigger");
    assert_string_equal(result(0)->differences[0].expected.p,
                        "a trigger of the provider; there is none");
}

static void a_state_that_cannot_be_set_up_is_told_with_its_address(void **state) {
    (void)state;
    refuse = true;
    verified(HEAD GET("a", "{ item_on_sale: { id: 5 } }", "105"));
    assert_non_null(strstr(result(0)->message.p, "Setup of item_on_sale at 127.0.0.1:"));
    assert_non_null(strstr(result(0)->message.p, "FAILED_PRECONDITION"));
    assert_non_null(strstr(result(0)->message.p, "the shop is shut"));
}

static void a_server_without_the_states_service_is_told_as_such(void **state) {
    (void)state;
    w.opts.states = w.target;
    assert_int_equal(verify(HEAD GET("an item", "{ item_on_sale: { id: 7 } }", "107")),
                     PL_UNIMPLEMENTED);
    assert_non_null(
        strstr(w.err.message, "no parley.contract.v1.ProviderStatesService is served there"));
}

static void states_that_nobody_serves_are_an_error(void **state) {
    (void)state;
    w.opts.states = "127.0.0.1:1";
    assert_int_equal(verify(HEAD GET("a", "{ item_on_sale: { id: 5 } }", "105")), PL_UNAVAILABLE);
    assert_non_null(strstr(w.err.message, "the catalogue of the states at 127.0.0.1:1"));
}

static void one_contract_is_verified_by_its_name(void **state) {
    pl_verifier *verifier = NULL;

    (void)state;
    w.set = compile(HEAD GET("a", "{ item_on_sale: { id: 5 } }", "105"));
    w.opts.target = w.target;
    assert_int_equal(pl_verifier_new(w.set, "shop.v1", &w.opts, &verifier, &w.err), PL_OK);
    assert_null(pl_verifier_find(verifier, "other", "a"));
    const pl_contract *contract = pl_verifier_find(verifier, NULL, "a");
    assert_non_null(contract);
    const pl_verify_result *r = pl_verifier_run(verifier, contract);
    assert_int_equal(r->verdict, PL_VERIFY_PASSED);
    assert_string_equal(asked, "teardown,setup 5,call 5,teardown,");
    pl_verifier_free(verifier);
}

/* ---- scenarios ------------------------------------------------------------------------------- */

#define PART(name, scenario, id, number)                                                           \
    "- name: " name "\n  given: { item_on_sale: { id: " id " } }\n  scenario: " scenario "\n"      \
    "  call: ShopService.GetItem\n  request: { id: 1 }\n  response: { number: " number " }\n"

static void contracts_of_a_scenario_run_in_the_order_of_its_states(void **state) {
    (void)state;
    verified(HEAD PART("last", "{ name: s, when: full }", "5", "105")
                 PART("first", "{ name: s, then: full }", "5", "105"));
    passed();
    assert_int_equal(w.report->passed, 2);
    assert_string_equal(result(0)->contract->name.p, "first");
    assert_string_equal(asked, "teardown,setup 5,call 5,call 5,teardown,");
}

static void a_scenario_that_leads_nowhere_fails(void **state) {
    (void)state;
    verified(HEAD PART("never", "{ name: s, when: full, then: half }", "5", "105")
                 PART("nor this", "{ name: s, when: half, then: full }", "6", "106"));
    assert_int_equal(result(0)->verdict, PL_VERIFY_FAILED);
    assert_string_equal(result(0)->message.p,
                        "no contract of the scenario s that is not ignored leads to 'full'");
}

static void what_is_ignored_leads_to_nothing(void **state) {
    (void)state;
    verified(HEAD PART(
        "first", "{ name: s, then: full }", "5",
        "105") "  ignored: { until: 2999-01-01, because: later }\n" PART("last",
                                                                         "{ name: s, when: full }",
                                                                         "5", "105"));
    assert_int_equal(result(0)->verdict, PL_VERIFY_SKIPPED);
    assert_int_equal(result(1)->verdict, PL_VERIFY_FAILED);
    assert_non_null(strstr(result(1)->message.p, "that is not ignored leads to 'full'"));
    assert_null(strstr(asked, "call"));
}

static void one_contract_of_a_scenario_is_led_up_to(void **state) {
    pl_verifier *verifier = NULL;

    (void)state;
    w.set = compile(HEAD PART("last", "{ name: s, when: full }", "6", "106")
                        PART("first", "{ name: s, then: full }", "5", "105"));
    w.opts.target = w.target;
    assert_int_equal(pl_verifier_new(w.set, "shop.v1", &w.opts, &verifier, &w.err), PL_OK);
    const pl_verify_result *r = pl_verifier_run(verifier, pl_verifier_find(verifier, NULL, "last"));
    assert_int_equal(r->verdict, PL_VERIFY_PASSED);
    assert_string_equal(asked, "teardown,setup 5,call 5,setup 6,call 6,teardown,");
    pl_verifier_free(verifier);
}

static void a_caller_of_its_own_finds_the_states_of_a_contract(void **state) {
    pl_verifier *verifier = NULL;
    pl_error err = PL_ERROR_INIT;
    (void)state;
    w.set = compile(HEAD GET("an item", "{ item_on_sale: { id: 7 } }", "107"));
    w.opts.target = w.target;
    w.opts.states = w.states_at;
    assert_int_equal(pl_verifier_new(w.set, "shop.v1", &w.opts, &verifier, &err), PL_OK);
    const pl_contract *contract = pl_verifier_find(verifier, "web", "an item");
    assert_int_equal(pl_verifier_set_up(verifier, contract, &err), PL_OK);
    assert_int_equal(on_sale, 7);
    assert_int_equal(pl_verifier_take_back(verifier, &err), PL_OK);
    assert_int_equal(on_sale, 0);
    refuse = true;
    assert_int_equal(pl_verifier_set_up(verifier, contract, NULL), PL_FAILED_PRECONDITION);
    pl_verifier_free(verifier);
}

#define STATES(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        STATES(a_state_is_set_up_before_and_taken_back_after),
        STATES(a_state_gets_every_integer_exactly),
        STATES(what_is_in_progress_may_need_a_state_that_is_not_there_yet),
        STATES(what_a_state_returned_is_compared),
        STATES(an_unknown_state_is_an_error_before_the_first_call),
        STATES(a_wrong_parameter_is_an_error_before_the_first_call),
        STATES(a_value_that_no_state_returns_is_an_error_before_the_first_call),
        STATES(metadata_and_statuses_name_values_too),
        STATES(of_two_values_of_one_name_the_last_counts),
        STATES(a_value_of_another_type_is_an_error_before_the_first_call),
        STATES(an_unknown_trigger_is_an_error_before_the_first_call),
        STATES(a_state_that_cannot_be_set_up_is_told_with_its_address),
        STATES(a_server_without_the_states_service_is_told_as_such),
        STATES(states_that_nobody_serves_are_an_error),
        STATES(one_contract_is_verified_by_its_name),
        STATES(contracts_of_a_scenario_run_in_the_order_of_its_states),
        STATES(a_scenario_that_leads_nowhere_fails),
        STATES(what_is_ignored_leads_to_nothing),
        STATES(one_contract_of_a_scenario_is_led_up_to),
        STATES(a_caller_of_its_own_finds_the_states_of_a_contract),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
