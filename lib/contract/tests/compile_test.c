/* What concerns several files: consumers against each other, states, and what is compiled. */
#include "shop.h"

#define FILE_OF(consumer, rest)                                                                    \
    "consumer: " consumer "\nprovider: shop.v1\naccess: [grpc]\ncontracts:\n" rest
#define CALL(name, request, answer)                                                                \
    "- name: " name "\n  call: ShopService.GetItem\n  request: " request "\n  " answer "\n"
#define GIVEN(name, given, request, answer)                                                        \
    "- name: " name "\n  given: " given "\n  call: ShopService.GetItem\n  request: " request       \
    "\n  " answer "\n"

/* Compiles COUNT files; what is said: "PATH:LINE:COL RULE message\n" each. */
static pl_contract_set *compile_by(const pl_contract_source *sources, size_t count,
                                   const pl_contract_compile_opts *opts, pl_buf *said) {
    pl_findings *findings = pl_findings_new();
    pl_contract_set *set = NULL;
    pl_error err = PL_ERROR_INIT;
    if (pl_contract_compile(pool, sources, count, opts, findings, &set, &err))
        fail_msg("%s", err.message);
    for (size_t i = 0; i < pl_findings_count(findings); i++) {
        const pl_finding *f = pl_findings_at(findings, i);
        pl_buf_printf(said, "%s:%u:%u %s %s\n", f->file, f->line, f->column, f->rule, f->message);
    }
    pl_findings_free(findings);
    return set;
}

static pl_contract_set *compile(const pl_contract_source *sources, size_t count, pl_buf *said) {
    return compile_by(sources, count, NULL, said);
}

static void two(const char *left, const char *right, const char *expected) {
    const pl_contract_source sources[] = {{"a.yaml", pl_str_c(left)}, {"b.yaml", pl_str_c(right)}};
    pl_buf said = pl_buf_make(SHOP_TEXT_MAX);
    pl_contract_set_free(compile(sources, PL_COUNT(sources), &said));
    assert_string_equal(said.p, expected);
    pl_buf_done(&said);
}

static void consumers_that_expect_different_answers_are_told_the_request(void **state) {
    (void)state;
    two(FILE_OF("a", CALL("one", "{ id: !range { min: 1, max: 10 } }", "response: { small: 5 }")),
        FILE_OF("b", CALL("two", "{ id: !range { min: 7, max: 20 } }", "response: { small: 6 }")),
        "b.yaml:5:9 CONFLICT cannot hold beside 'one' (a.yaml:5): both take GetItem {\"id\":7} and "
        "expect different answers\n");
    two(FILE_OF("a", CALL("one", "{ id: 1 }", "response: { small: 5 }")),
        FILE_OF("b", CALL("two", "{ id: !type 1 }", "status: NOT_FOUND")),
        "b.yaml:5:9 CONFLICT cannot hold beside 'one' (a.yaml:5): both take GetItem {\"id\":1} and "
        "expect different answers\n");
}

static void consumers_that_agree_or_presuppose_different_states_are_not_in_conflict(void **state) {
    (void)state;
    two(FILE_OF("a", CALL("one", "{ id: 1 }", "response: { small: !range { max: 9 }, name: x }")),
        FILE_OF("b",
                CALL("two", "{ id: 1 }", "response: { small: !range { min: 5 }, flag: true }")),
        "");
    two(FILE_OF("a", GIVEN("one", "{ full: { n: 1 } }", "{ id: 1 }", "response: { small: 5 }")),
        FILE_OF("b", GIVEN("two", "{ full: { n: 2 } }", "{ id: 1 }", "status: NOT_FOUND")), "");
    two(FILE_OF("a",
                CALL("one", "{ id: 1 }", "response: { name: !regex { pattern: a, example: a } }")),
        FILE_OF("b", CALL("two", "{ id: 1 }", "response: { name: b }")), "");
}

#define PART(name, scenario, answer)                                                               \
    "- name: " name "\n  scenario: " scenario "\n  call: ShopService.GetItem\n"                    \
    "  request: { id: 1 }\n  " answer "\n"

static void a_scenario_at_its_beginning_is_held_against_another_consumer(void **state) {
    (void)state;
    two(FILE_OF("a", CALL("one", "{ id: 1 }", "response: { small: 5 }")),
        FILE_OF("b", PART("two", "{ name: s, then: sold }", "response: { small: 5 }")
                         PART("three", "{ name: s, when: sold }", "status: NOT_FOUND")),
        "");
    two(FILE_OF("a", CALL("one", "{ id: 1 }", "response: { small: 5 }")),
        FILE_OF("b", PART("two", "{ name: s, then: sold }", "status: NOT_FOUND")),
        "b.yaml:5:9 CONFLICT cannot hold beside 'one' (a.yaml:5): both take GetItem {\"id\":1} and "
        "expect different answers\n");
}

static void states_are_those_the_provider_declares(void **state) {
    static const char states[] = "provider: shop.v1\nstates:\n"
                                 "  on_sale: { parameters: { id: int64, name: string? } }\n"
                                 "  empty:\n"
                                 "  odd: { parameters: { id: int46 } }\n";
    static const char file[] = FILE_OF(
        "a", GIVEN("right", "{ on_sale: { id: 1 }, empty: }", "{ id: 1 }", "response: { name: x }")
                 GIVEN("unknown", "{ on_sail: { id: 1 } }", "{ id: 2 }", "response: { name: x }")
                     GIVEN("types", "{ on_sale: { id: one, nam: x } }", "{ id: 3 }",
                           "response: { name: x }")
                         GIVEN("missing", "{ on_sale: }", "{ id: 4 }", "response: { name: x }"));
    const pl_contract_source sources[] = {{"shop.v1/a.yaml", pl_str_c(file)},
                                          {"shop.v1/states.yaml", pl_str_c(states)}};
    pl_buf said = pl_buf_make(SHOP_TEXT_MAX);
    (void)state;
    pl_contract_set_free(compile(sources, PL_COUNT(sources), &said));
    assert_string_equal(
        said.p, "shop.v1/a.yaml:11:12 STATE_UNKNOWN shop.v1 has no state 'on_sail'\n"
                "shop.v1/a.yaml:16:27 STATE_PARAMETER 'id' is int64, got \"one\"\n"
                "shop.v1/a.yaml:16:37 STATE_PARAMETER state 'on_sale' has no parameter 'nam'\n"
                "shop.v1/a.yaml:21:12 STATE_PARAMETER state 'on_sale' needs the parameter 'id'\n"
                "shop.v1/states.yaml:5:28 STATE_TYPE 'int46' is no type of a parameter\n");
    pl_buf_done(&said);
}

static void states_said_in(const char *path, const char *states, const char *expected) {
    const pl_contract_source source = {path, pl_str_c(states)};
    pl_contract_compile_opts opts = PL_CONTRACT_COMPILE_OPTS_INIT;
    pl_buf said = pl_buf_make(SHOP_TEXT_MAX);
    opts.check_paths = true;
    pl_contract_set_free(compile_by(&source, 1, &opts, &said));
    assert_string_equal(said.p ? said.p : "", expected);
    pl_buf_done(&said);
}

static void states_lie_in_the_folder_of_their_provider(void **state) {
    (void)state;
    states_said_in("contracts/shop.v1/states.yaml", "provider: shop.v1\nstates:\n  empty:\n", "");
    states_said_in("contracts/shop.v1/states.yaml", "provider: google.rpc\nstates:\n  empty:\n",
                   "contracts/shop.v1/states.yaml:1:11 PATH states of google.rpc do not belong "
                   "here\n");
    states_said_in("contracts/shop.v1/states.yaml", "provider: shop.v2\nstates:\n  empty:\n",
                   "contracts/shop.v1/states.yaml:1:11 PROVIDER_UNKNOWN no proto has the package "
                   "'shop.v2'\n");
}

static void values_of_states_are_those_that_the_given_states_return(void **state) {
    static const char states[] = "provider: shop.v1\nstates:\n"
                                 "  on_sale: { returns: { number: int64, label: string } }\n"
                                 "  empty:\n";
    static const char file[] = FILE_OF(
        "a", GIVEN("right", "{ on_sale: }", "{ id: 1 }",
                   "response: { number: !from_state number, name: !from_state label }")
                 GIVEN("unknown", "{ on_sale: }", "{ id: 2 }",
                       "response: { number: !from_state numbre }")
                     GIVEN("of another state", "{ empty: }", "{ id: 3 }",
                           "response: { number: !from_state number }")
                         GIVEN("type", "{ on_sale: }", "{ id: 4 }",
                               "response: { number: !from_state label }"));
    const pl_contract_source sources[] = {{"shop.v1/a.yaml", pl_str_c(file)},
                                          {"shop.v1/states.yaml", pl_str_c(states)}};
    pl_buf said = pl_buf_make(SHOP_TEXT_MAX);
    (void)state;
    pl_contract_set_free(compile(sources, PL_COUNT(sources), &said));
    assert_string_equal(
        said.p, "shop.v1/a.yaml:14:23 STATE_VALUE none of the states in given: returns 'numbre'\n"
                "shop.v1/a.yaml:19:23 STATE_VALUE none of the states in given: returns 'number'\n"
                "shop.v1/a.yaml:24:23 STATE_VALUE state 'on_sale' returns 'label' as string, field "
                "'number' is int64\n");
    pl_buf_done(&said);
}

static void a_parameter_nobody_declares_is_the_same_kind_of_thing_everywhere(void **state) {
    (void)state;
    two(FILE_OF("a", GIVEN("one", "{ full: { n: 1 } }", "{ id: 1 }", "response: { small: 5 }")),
        FILE_OF("b", GIVEN("two", "{ full: { n: many } }", "{ id: 2 }", "response: { small: 5 }")),
        "b.yaml:6:23 STATE_PARAMETER 'n' is a text here and a number at a.yaml:6\n");
}

static void a_finding_is_text_whatever_it_is_about(void **state) {
    pl_findings *list = pl_findings_new();
    pl_finding_place place = {"a\033.yaml", 1, 2, PL_STR("name: \033[2Jx")};
    pl_buf out = pl_buf_make(SHOP_TEXT_MAX);
    (void)state;
    pl_findings_add(list, &place, PL_FINDING_ERROR, "NAME", "no '%.4s' here\033]0;", "a한글");
    assert_string_equal(pl_findings_at(list, 0)->message, "no 'a한' here\033]0;");
    pl_finding_print(pl_findings_at(list, 0), false, &out);
    assert_string_equal(out.p,
                        "a?.yaml:1:2: error: no 'a한' here?]0; [NAME]\n  name: ?[2Jx\n   ^\n");
    pl_buf_clear(&out);
    pl_findings_add(list, &place, PL_FINDING_ERROR, "NAME", "no '%.3s' here", "a한글");
    assert_string_equal(pl_findings_at(list, 1)->message, "no 'a' here");
    pl_buf_done(&out);
    pl_findings_free(list);
}

static void a_parameter_of_a_state_is_json(void **state) {
    static const char *const cases[][2] = {
        {"1", "1"},
        {"-1.5e3", "-1.5e3"},
        {"0", "0"},
        {"true", "true"},
        {"x", "\"x\""},
        {"'1'", "\"1\""},
        {".5", "\".5\""},
        {"1.", "\"1.\""},
        {"007", "\"007\""},
        {"-01", "\"-01\""},
        {"+5", "\"+5\""},
        {"0x10", "\"0x10\""},
        {"[1, a]", "[1,\"a\"]"},
    };
    (void)state;
    for (size_t i = 0; i < PL_COUNT(cases); i++) {
        pl_buf text = pl_buf_make(SHOP_TEXT_MAX);
        pl_buf_printf(&text,
                      SHOP_HEAD "  given: { s: { p: %s } }\n  call: ShopService.GetItem\n"
                                "  request: { id: 1 }\n  response: { name: x }\n",
                      cases[i][0]);
        pl_contract_set *set = shop_compile(pool, text.p);
        assert_string_equal(shop_contract(set)->given[0].parameters[0].json.p, cases[i][1]);
        pl_contract_set_free(set);
        pl_buf_done(&text);
    }
}

static void what_does_not_fit_is_counted(void **state) {
    pl_findings *list = pl_findings_new();
    pl_finding_place place = {"a.yaml", 1, 1, {"", 0}};
    (void)state;
    for (size_t i = 0; i < PL_FINDINGS_MAX + 2; i++)
        pl_findings_add(list, &place, PL_FINDING_WARNING, "NAME", "%zu", i);
    assert_int_equal(pl_findings_count(list), PL_FINDINGS_MAX);
    assert_int_equal(pl_findings_dropped(list), 2);
    pl_findings_free(list);
}

/* RULE is told TIMES of COUNT contracts with one request whose answers are as ANSWER says. */
static void expect_told(size_t count, const char *request, const char *answer, const char *rule,
                        size_t times) {
    pl_buf text = pl_buf_make(SHOP_TEXT_MAX);
    pl_findings *findings = pl_findings_new();
    pl_contract_set *set = NULL;
    size_t told = 0;
    pl_buf_puts(&text, "consumer: web\nprovider: shop.v1\naccess: [grpc]\ncontracts:\n");
    for (size_t i = 0; i < count; i++) {
        pl_buf_printf(&text, "- name: c%zu\n  call: ShopService.GetItem\n  request: { ", i);
        pl_buf_printf(&text, request, i);
        pl_buf_puts(&text, " }\n  response: { ");
        pl_buf_printf(&text, answer, i);
        pl_buf_puts(&text, " }\n");
    }
    pl_contract_source source = {"web.yaml", pl_buf_view(&text)};
    assert_int_equal(pl_contract_compile(pool, &source, 1, NULL, findings, &set, NULL), PL_OK);
    for (size_t i = 0; i < pl_findings_count(findings); i++)
        told += strcmp(pl_findings_at(findings, i)->rule, rule) == 0;
    assert_int_equal(told, times);
    pl_contract_set_free(set);
    pl_findings_free(findings);
    pl_buf_done(&text);
}

static void a_contract_that_is_never_reached_is_told_of_once(void **state) {
    (void)state;
    expect_told(40, "id: !type 1%zu", "name: TV", "SHADOWED", 39);
}

static void a_contract_against_many_is_told_of_some(void **state) {
    (void)state;
    expect_told(3, "id: !range { min: 1, max: 1%zu, example: 1 }", "name: n%zu", "AMBIGUOUS", 3);
    expect_told(40, "id: !range { min: 1, max: 1%zu, example: 1 }", "name: n%zu", "AMBIGUOUS",
                16 * 17 / 2 + 23 * 16);
}

static void a_unary_call_is_recv_close_send_status(void **state) {
    (void)state;
    pl_contract_set *set = shop_response(pool, "{ name: x }");
    const pl_contract *contract = shop_contract(set);
    static const pl_step_kind kinds[] = {PL_STEP_RECV, PL_STEP_CLOSE, PL_STEP_SEND, PL_STEP_STATUS};
    assert_int_equal(contract->step_count, PL_COUNT(kinds));
    for (size_t i = 0; i < PL_COUNT(kinds); i++)
        assert_int_equal(contract->steps[i].kind, kinds[i]);
    assert_ptr_equal(contract->method->output, pl_pool_message(pool, pl_str_c("shop.v1.Item")));
    pl_contract_set_free(set);
}

static void what_was_not_written_of_a_stream_is_added(void **state) {
    static const struct {
        const char *method, *steps;
        pl_step_kind kinds[6];
    } cases[] = {
        {"Watch",
         "[ recv: { id: 1 }, send: { name: x } ]",
         {PL_STEP_RECV, PL_STEP_CLOSE, PL_STEP_SEND, PL_STEP_STATUS}},
        {"Upload",
         "[ recv: { name: a }, recv: { name: b }, send: { name: x } ]",
         {PL_STEP_RECV, PL_STEP_RECV, PL_STEP_CLOSE, PL_STEP_SEND, PL_STEP_STATUS}},
        {"Chat",
         "[ recv: { name: a }, send: { name: x } ]",
         {PL_STEP_RECV, PL_STEP_SEND, PL_STEP_CLOSE, PL_STEP_STATUS}},
    };
    (void)state;
    for (size_t i = 0; i < PL_COUNT(cases); i++) {
        pl_buf text = pl_buf_make(SHOP_TEXT_MAX);
        pl_buf_printf(&text, SHOP_HEAD "  call: ShopService.%s\n  steps: %s\n", cases[i].method,
                      cases[i].steps);
        pl_contract_set *set = shop_compile(pool, text.p);
        const pl_contract *contract = shop_contract(set);
        for (size_t k = 0; k < contract->step_count; k++)
            assert_int_equal(contract->steps[k].kind, cases[i].kinds[k]);
        assert_int_equal(cases[i].kinds[contract->step_count], 0);
        pl_contract_set_free(set);
        pl_buf_done(&text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(consumers_that_expect_different_answers_are_told_the_request),
        cmocka_unit_test(consumers_that_agree_or_presuppose_different_states_are_not_in_conflict),
        cmocka_unit_test(a_scenario_at_its_beginning_is_held_against_another_consumer),
        cmocka_unit_test(states_are_those_the_provider_declares),
        cmocka_unit_test(states_lie_in_the_folder_of_their_provider),
        cmocka_unit_test(values_of_states_are_those_that_the_given_states_return),
        cmocka_unit_test(a_parameter_nobody_declares_is_the_same_kind_of_thing_everywhere),
        cmocka_unit_test(a_finding_is_text_whatever_it_is_about),
        cmocka_unit_test(a_parameter_of_a_state_is_json),
        cmocka_unit_test(what_does_not_fit_is_counted),
        cmocka_unit_test(a_contract_that_is_never_reached_is_told_of_once),
        cmocka_unit_test(a_contract_against_many_is_told_of_some),
        cmocka_unit_test(a_unary_call_is_recv_close_send_status),
        cmocka_unit_test(what_was_not_written_of_a_stream_is_added),
    };
    return cmocka_run_group_tests(tests, shop_load, shop_unload);
}
