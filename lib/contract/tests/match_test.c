/* Verdicts: what matches, and what is said where it does not. */
#include "shop.h"

static void judge(const char *body, const char *json, bool closed, const char *expected) {
    pl_contract_set *set = shop_response(pool, body);
    pl_buf bytes = pl_buf_make(SHOP_TEXT_MAX), said = pl_buf_make(SHOP_TEXT_MAX);
    shop_bytes(pool, "shop.v1.Item", json, &bytes);
    shop_judge(set, pl_buf_view(&bytes), closed, &said);
    assert_string_equal(said.p, expected);
    pl_buf_done(&bytes);
    pl_buf_done(&said);
    pl_contract_set_free(set);
}

static void accepts(const char *body, const char *json) {
    judge(body, json, false, "");
}

static void an_empty_message_is_not_anything(void **state) {
    (void)state;
    judge("{ name: TV, number: !range { min: 1 }, maybe: !type 1, part: { count: 0 } }", "{}",
          false,
          "number: expected at least 1, got 0\n"
          "name: expected 'TV', got ''\n"
          "part: expected a message, got absent\n"
          "maybe: expected any int32, got absent\n");
}

static void every_field_that_differs_is_named_by_its_path(void **state) {
    (void)state;
    judge("{ name: TV, parts: [ { name: a }, { name: b, count: 2 } ], texts: { k: v, n: w },"
          "  child: { child: { small: !range { min: 1, max: 1000 } } } }",
          "{\"name\":\"Radio\",\"parts\":[{\"name\":\"a\"},{\"name\":\"c\",\"count\":3}],"
          "\"texts\":{\"k\":\"x\",\"m\":\"w\"},\"child\":{\"child\":{}}}",
          false,
          "name: expected 'TV', got 'Radio'\n"
          "parts[1].name: expected 'b', got 'c'\n"
          "parts[1].count: expected 2, got 3\n"
          "texts['k']: expected 'v', got 'x'\n"
          "texts['n']: expected 'w', got no such key\n"
          "child.child.small: expected 1..1000, got 0\n");
}

static void what_nobody_reads_is_accepted_in_an_answer_and_not_in_a_request(void **state) {
    (void)state;
    accepts("{ name: TV }", "{\"name\":\"TV\",\"small\":5,\"part\":{\"count\":1}}");
    judge("{ name: TV }", "{\"name\":\"TV\",\"small\":5,\"secret\":\"x\"}", true,
          "small: expected nothing: it is not in the contract, got 5\n"
          "secret: expected nothing: it is not in the contract, got (hidden)\n");
    judge("{ name: TV, small: !any }", "{\"name\":\"TV\",\"small\":5}", true, "");
    judge("{ name: TV }", "{\"name\":\"TV\",\"small\":0}", true, "");
}

static void absent_and_default_differ_where_there_is_presence_alone(void **state) {
    (void)state;
    accepts("{ small: 0, name: !absent, tags: !absent }", "{}");
    accepts("{ maybe: 0 }", "{\"maybe\":0}");
    judge("{ maybe: 0 }", "{}", false, "maybe: expected 0, got absent\n");
    judge("{ maybe: !absent }", "{\"maybe\":0}", false, "maybe: expected absent, got 0\n");
    accepts("{ maybe: !present 5 }", "{\"maybe\":0}");
    judge("{ card: '' }", "{\"points\":\"0\"}", false, "card: expected '', got absent\n");
}

static void a_pattern_that_gave_up_does_not_say_that_the_value_is_wrong(void **state) {
    (void)state;
    judge("{ name: !regex { pattern: '^(a+)+b$', example: ab } }", "{\"name\":\"aaab!\"}", false,
          "name: expected text with /^(a+)+b$/, got 'aaab!'\n");
    judge("{ name: !regex { pattern: '^(a+)+b$', example: ab } }",
          "{\"name\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaab!\"}", false,
          "name: expected text with /^(a+)+b$/, got 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaab!' "
          "(undecided: the pattern reached its limit of steps)\n");
}

static void integers_of_64_bits_are_exact(void **state) {
    (void)state;
    judge("{ number: 9007199254740993, ubig: 18446744073709551615 }",
          "{\"number\":\"9007199254740992\",\"ubig\":\"18446744073709551614\"}", false,
          "number: expected 9007199254740993, got 9007199254740992\n"
          "ubig: expected 18446744073709551615, got 18446744073709551614\n");
}

static void numbers_are_compared_as_what_they_are(void **state) {
    (void)state;
    accepts(
        "{ zig: -5, zag: -6, sfix: -7, bigsfix: -8, ratio: 0.1, exact: 0.1 }",
        "{\"zig\":-5,\"zag\":\"-6\",\"sfix\":-7,\"bigsfix\":\"-8\",\"ratio\":0.1,\"exact\":0.1}");
    accepts("{ exact: NaN, ratio: Infinity }", "{\"exact\":\"NaN\",\"ratio\":\"Infinity\"}");
    judge("{ exact: !range { min: 0, example: 1 } }", "{\"exact\":\"NaN\"}", false,
          "exact: expected at least 0, got nan\n");
    judge("{ state: OnSale }", "{\"state\":2}", false,
          "state: expected STATE_ON_SALE, got STATE_SOLD\n");
    judge("{ state: STATE_SOLD }", "{\"state\":77}", false, "state: expected STATE_SOLD, got 77\n");
}

static void distances_of_great_numbers_are_exact(void **state) {
    (void)state;
    accepts("{ ubig: !near { value: 9223372036854775807, by: 1 } }",
            "{\"ubig\":\"9223372036854775808\"}");
    judge("{ ubig: !near { value: 18446744073709551615, by: 10 } }", "{\"ubig\":\"5\"}", false,
          "ubig: expected 18446744073709551615 give or take 10, got 5\n");
    judge("{ zag: !near { value: -9223372036854775808, by: 10 } }",
          "{\"zag\":\"9223372036854775807\"}", false,
          "zag: expected -9223372036854775808 give or take 10, got 9223372036854775807\n");
}

static void fractions_are_shown_as_they_are_written(void **state) {
    (void)state;
    judge("{ exact: 10, ratio: 0.1 }", "{\"exact\":1500,\"ratio\":100000}", false,
          "ratio: expected 0.1, got 100000\nexact: expected 10, got 1500\n");
    judge("{ exact: 0.1 }", "{\"exact\":0.30000000000000004}", false,
          "exact: expected 0.1, got 0.30000000000000004\n");
}

/* Item.at: the last second of year 9999 and the one after it, the first of year 1 and the one
 * before it, and a second of a billion nanoseconds. */
static void a_time_beyond_its_years_is_none(void **state) {
    static const struct {
        const char *bytes;
        size_t size;
        bool right;
    } cases[] = {
        {"\xf2\x01\x07\x08\xff\x82\xd1\xff\xaf\x07", 10, true},
        {"\xf2\x01\x07\x08\x80\x83\xd1\xff\xaf\x07", 10, false},
        {"\xf2\x01\x0b\x08\x80\x92\xb8\xc3\x98\xfe\xff\xff\xff\x01", 14, true},
        {"\xf2\x01\x0b\x08\xff\x91\xb8\xc3\x98\xfe\xff\xff\xff\x01", 14, false},
        {"\xf2\x01\x08\x08\x01\x10\x80\x94\xeb\xdc\x03", 11, false},
    };
    pl_contract_set *set = shop_response(pool, "{ at: !timestamp }");
    (void)state;
    for (size_t i = 0; i < PL_COUNT(cases); i++) {
        pl_buf said = pl_buf_make(SHOP_TEXT_MAX);
        shop_judge(set, pl_str_make(cases[i].bytes, cases[i].size), false, &said);
        assert_int_equal(said.n == 0, cases[i].right);
        pl_buf_done(&said);
    }
    pl_contract_set_free(set);
}

static void lists_are_ordered_unless_they_are_said_not_to_be(void **state) {
    (void)state;
    judge("{ numbers: [1, 2] }", "{\"numbers\":[2,1]}", false,
          "numbers[0]: expected 1, got 2\nnumbers[1]: expected 2, got 1\n");
    accepts("{ numbers: !unordered [1, 2, !range { min: 1, example: 3 }] }",
            "{\"numbers\":[2,2,1]}");
    accepts("{ numbers: !unordered [!range { min: 1 }, 1] }", "{\"numbers\":[1,2]}");
    judge("{ numbers: !unordered [1, 2] }", "{\"numbers\":[2,2]}", false,
          "numbers: expected 1, got none of 2 items\n");
    accepts("{ numbers: !contains [2] }", "{\"numbers\":[1,2,3]}");
    judge("{ numbers: !each 1 }", "{\"numbers\":[]}", false,
          "numbers: expected at least one item, each as described, got 0 items\n");
    accepts("{ numbers: !type [1] }", "{\"numbers\":[]}");
    judge("{ parts: !each { count: !range { min: 1 } } }", "{\"parts\":[{\"count\":1},{}]}", false,
          "parts[1].count: expected at least 1, got 0\n");
}

static void maps_are_equal_in_any_order(void **state) {
    (void)state;
    accepts("{ texts: { a: x, b: y } }", "{\"texts\":{\"b\":\"y\",\"a\":\"x\"}}");
    judge("{ texts: { a: x } }", "{\"texts\":{\"b\":\"y\",\"a\":\"x\"}}", false,
          "texts: expected 1 entry, got 2 entries\n");
    judge("{ texts: { a: x } }", "{\"texts\":{\"b\":\"y\",\"a\":\"z\"}}", false,
          "texts: expected 1 entry, got 2 entries\n"
          "texts['a']: expected 'x', got 'z'\n");
    accepts("{ texts: !contains { a: x } }", "{\"texts\":{\"b\":\"y\",\"a\":\"x\"}}");
    accepts("{ places: { 5: {} } }", "{\"places\":{\"5\":{}}}");
    judge("{ texts: !each_value x }", "{}", false,
          "texts: expected at least one entry, each as described, got 0 entries\n");
}

static void a_matcher_says_in_words_what_it_holds(void **state) {
    static const char *const words[][2] = {
        {"{ numbers: !type [1] }", "any number of items, each as described: any int32"},
        {"{ tags: !contains [a, b] }", "a list with these 2 items in it: 'a'"},
        {"{ texts: !contains { a: x } }", "a map with this entry in it: 'x'"},
    };
    (void)state;
    for (size_t i = 0; i < PL_COUNT(words); i++) {
        pl_contract_set *set = shop_response(pool, words[i][0]);
        pl_buf said = pl_buf_make(SHOP_TEXT_MAX);
        const pl_match_member *whole = &pl_contract_response(shop_contract(set))->members[0];
        const pl_matcher *m = whole->matcher;
        pl_matcher_describe(m, whole->field, &said);
        pl_buf_puts(&said, ": ");
        pl_matcher_describe(m->members ? m->members[0].matcher : m->items[0],
                            m->members ? &whole->field->message->fields[1] : whole->field, &said);
        assert_string_equal(said.p, words[i][1]);
        pl_buf_done(&said);
        pl_contract_set_free(set);
    }
}

/* An Any with the name "x/othershop.v1.Part". */
static void the_type_of_any_is_a_whole_name(void **state) {
    static const char bytes[] = "\xa2\x02\x15\x0a\x13"
                                "x/othershop.v1.Part";
    pl_contract_set *set = shop_response(pool, "{ any: { \"@type\": shop.v1.Part } }");
    pl_buf said = pl_buf_make(SHOP_TEXT_MAX);
    (void)state;
    shop_judge(set, pl_str_make(bytes, sizeof bytes - 1), false, &said);
    assert_string_equal(said.p, "any: expected shop.v1.Part, got x/othershop.v1.Part\n");
    pl_buf_done(&said);
    pl_contract_set_free(set);
}

static void a_list_in_any_order_has_a_limit(void **state) {
    pl_buf json = pl_buf_make(SHOP_TEXT_MAX);
    (void)state;
    pl_buf_puts(&json, "{\"numbers\":[1");
    for (size_t i = 1; i < PL_MATCH_ITEMS_MAX; i++)
        pl_buf_puts(&json, ",1");
    pl_buf_puts(&json, "]}");
    accepts("{ numbers: !contains [1] }", json.p);
    pl_buf_cut(&json, json.n - 2);
    pl_buf_puts(&json, ",1]}");
    pl_contract_set *set = shop_response(pool, "{ numbers: !contains [1] }");
    pl_buf bytes = pl_buf_make(SHOP_TEXT_MAX), said = pl_buf_make(SHOP_TEXT_MAX);
    shop_bytes(pool, "shop.v1.Item", json.p, &bytes);
    shop_judge(set, pl_buf_view(&bytes), false, &said);
    assert_non_null(strstr(said.p, "more than 1000 items, which are not compared"));
    pl_buf_done(&said);
    pl_buf_done(&bytes);
    pl_buf_done(&json);
    pl_contract_set_free(set);
}

static void well_known_types_are_their_values(void **state) {
    (void)state;
    accepts("{ at: 2026-11-21T10:00:00+09:00, took: 1500ms, mask: 'b,a', boxed: 5,"
            "  extra: { a: [1, x], b: true }, value: null, list: [1],"
            "  any: { \"@type\": shop.v1.Part, name: x } }",
            "{\"at\":\"2026-11-21T01:00:00Z\",\"took\":\"1.5s\",\"mask\":\"a,b\",\"boxed\":\"5\","
            "\"extra\":{\"b\":true,\"a\":[1,\"x\"]},\"value\":null,\"list\":[1],"
            "\"any\":{\"@type\":\"type.googleapis.com/shop.v1.Part\",\"name\":\"x\",\"count\":5}}");
    accepts("{ mask: 'zipCode,part.count' }", "{\"mask\":\"part.count,zipCode\"}");
    accepts("{ mask: zip_code }", "{\"mask\":\"zipCode\"}");
    judge("{ boxed: !absent }", "{\"boxed\":\"0\"}", false,
          "boxed: expected absent, got a google.protobuf.Int64Value\n");
    accepts("{ boxed: !present 1, boxed_text: !any x }", "{\"boxed\":\"0\"}");
    judge("{ boxed: 0, at: !range { min: 2026-01-01T00:00:00Z },"
          "  any: { \"@type\": shop.v1.Part, name: x } }",
          "{\"at\":\"2025-12-31T23:59:59.5Z\","
          "\"any\":{\"@type\":\"type.googleapis.com/shop.v1.ItemSold\"}}",
          false,
          "at: expected at least 2026-01-01T00:00:00Z, got 2025-12-31T23:59:59.5Z\n"
          "any: expected shop.v1.Part, got type.googleapis.com/shop.v1.ItemSold\n"
          "boxed: expected a message, got absent\n");
}

static void the_clock_is_the_callers(void **state) {
    (void)state;
    pl_contract_set *set = shop_response(pool, "{ at: !timestamp now, name: !timestamp now }");
    const pl_contract *contract = shop_contract(set);
    pl_arena arena = pl_arena_make(1 << 20);
    pl_buf bytes = pl_buf_make(SHOP_TEXT_MAX), json = pl_buf_make(SHOP_TEXT_MAX);
    pl_match_opts opts = PL_MATCH_OPTS_INIT;
    opts.now_ms = 1763712000250;
    assert_int_equal(pl_example_bytes(pl_contract_response(contract), contract->method->output,
                                      &opts, &arena, &bytes),
                     PL_OK);
    assert_int_equal(
        pl_wire_to_json(contract->method->output, pl_buf_view(&bytes), NULL, &json, NULL), PL_OK);
    assert_string_equal(
        json.p, "{\"name\":\"2025-11-21T08:00:00.25Z\",\"at\":\"2025-11-21T08:00:00.250Z\"}");
    pl_buf_done(&bytes);
    pl_buf_done(&json);
    pl_arena_done(&arena);
    pl_contract_set_free(set);
}

/* Of the value NAME, a state returned the text behind it in SELF. */
static bool returned(void *self, pl_str name, pl_str *out_text) {
    static const char *const names[] = {"number", "state", "exact", "at", "took", "name"};
    const char *const *texts = self;
    for (size_t i = 0; i < PL_COUNT(names); i++) {
        if (pl_str_eqc(name, names[i])) {
            *out_text = pl_str_c(texts[i]);
            return true;
        }
    }
    return false;
}

static void what_states_return_is_read_as_the_field_has_it(void **state) {
    static const char *texts[] = {"-5",   "STATE_SOLD", "1.50", "2026-01-01T00:00:00+00:00",
                                  "2.0s", "x"};
    static const char *others[] = {"-6", "STATE_ON_SALE", "1.51", "2026-01-01T00:00:01Z", "2.5s",
                                   "y"};
    pl_contract_set *set = shop_response(
        pool, "{ number: !from_state number, state: !from_state state, exact: !from_state exact,"
              "  at: !from_state at, took: !from_state took, name: !from_state name }");
    const pl_contract *contract = shop_contract(set);
    const pl_message_type *type = contract->method->output;
    pl_arena arena = pl_arena_make(1 << 20);
    pl_buf bytes = pl_buf_make(SHOP_TEXT_MAX), json = pl_buf_make(SHOP_TEXT_MAX);
    pl_match_opts opts = PL_MATCH_OPTS_INIT;
    pl_verdict verdict = pl_verdict_make(&arena);
    (void)state;
    opts.state_value = returned;
    opts.self = texts;
    assert_int_equal(pl_example_bytes(pl_contract_response(contract), type, &opts, &arena, &bytes),
                     PL_OK);
    assert_int_equal(pl_wire_to_json(type, pl_buf_view(&bytes), NULL, &json, NULL), PL_OK);
    assert_non_null(strstr(json.p, "\"number\":\"-5\""));
    assert_non_null(strstr(json.p, "\"exact\":1.5"));
    assert_true(pl_match_bytes(pl_contract_response(contract), type, pl_buf_view(&bytes), &opts,
                               NULL, &arena));
    opts.self = others;
    assert_false(pl_match_bytes(pl_contract_response(contract), type, pl_buf_view(&bytes), &opts,
                                &verdict, &arena));
    assert_int_equal(verdict.total, PL_COUNT(texts));
    pl_buf_done(&bytes);
    pl_buf_done(&json);
    pl_arena_done(&arena);
    pl_contract_set_free(set);
}

static void without_states_a_request_has_the_example_of_from_state(void **state) {
    static const char body[] = "{ number: !from_state { name: number, example: 5 } }";
    (void)state;
    judge(body, "{ \"number\": 5 }", true, "");
    judge(body, "{ \"number\": 6 }", true,
          "number: expected the state's number, such as 5, got 6\n");
    judge(body, "{ \"number\": 6 }", false, "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_message_is_not_anything),
        cmocka_unit_test(every_field_that_differs_is_named_by_its_path),
        cmocka_unit_test(what_nobody_reads_is_accepted_in_an_answer_and_not_in_a_request),
        cmocka_unit_test(absent_and_default_differ_where_there_is_presence_alone),
        cmocka_unit_test(a_pattern_that_gave_up_does_not_say_that_the_value_is_wrong),
        cmocka_unit_test(integers_of_64_bits_are_exact),
        cmocka_unit_test(numbers_are_compared_as_what_they_are),
        cmocka_unit_test(distances_of_great_numbers_are_exact),
        cmocka_unit_test(fractions_are_shown_as_they_are_written),
        cmocka_unit_test(a_time_beyond_its_years_is_none),
        cmocka_unit_test(lists_are_ordered_unless_they_are_said_not_to_be),
        cmocka_unit_test(maps_are_equal_in_any_order),
        cmocka_unit_test(the_type_of_any_is_a_whole_name),
        cmocka_unit_test(a_list_in_any_order_has_a_limit),
        cmocka_unit_test(well_known_types_are_their_values),
        cmocka_unit_test(a_matcher_says_in_words_what_it_holds),
        cmocka_unit_test(the_clock_is_the_callers),
        cmocka_unit_test(what_states_return_is_read_as_the_field_has_it),
        cmocka_unit_test(without_states_a_request_has_the_example_of_from_state),
    };
    return cmocka_run_group_tests(tests, shop_load, shop_unload);
}
