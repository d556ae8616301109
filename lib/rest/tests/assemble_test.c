/* Requests from path, query and body. */
#include "fixture.h"

/* ---- path ---- */

static void takes_a_field_from_the_path(void **state) {
    ask(*state, "GET", "/items/5", NULL);
    expect_call(*state, "GetItem", "{\"itemId\":5}");
}

static void refuses_a_path_value_of_another_type(void **state) {
    ask(*state, "GET", "/items/abc", NULL);
    expect_refusal(*state, 400, "\"field\":\"item_id\"");
}

static void takes_several_segments_with_their_slashes(void **state) {
    ask(*state, "GET", "/files/a/b%2Fc/%EC%83%81", NULL);
    expect_call(*state, "ReadFile", "{\"name\":\"a/b%2Fc/상\"}");
}

static void answers_404_for_a_path_nobody_has(void **state) {
    ask(*state, "GET", "/nothing", NULL);
    expect_refusal(*state, 404, "\"status\":\"NOT_FOUND\"");
}

static void answers_404_for_a_trailing_slash(void **state) {
    ask(*state, "GET", "/items/", NULL);
    expect_refusal(*state, 404, "\"path\":\"/items/\"");
}

static void answers_405_with_what_is_allowed(void **state) {
    fixture *f = *state;
    ask(f, "PUT", "/items", "{}");
    expect_refusal(f, 405, "\"code\":12");
    assert_string_equal(header_of(f, "allow"), "POST, GET, HEAD");
}

static void refuses_an_empty_segment(void **state) {
    ask(*state, "GET", "//items", NULL);
    expect_refusal(*state, 400, "empty segment");
}

/* ---- query ---- */

static void takes_parameters_by_either_name(void **state) {
    ask(*state, "GET", "/items?page=1&size=2&made_after=2026-01-02T03:04:05Z", NULL);
    expect_call(*state, "ListItems",
                "{\"page\":1,\"size\":2,\"madeAfter\":\"2026-01-02T03:04:05Z\"}");
    ask(*state, "GET", "/items?madeAfter=2026-01-02T03:04:05Z", NULL);
    expect_call(*state, "ListItems", "{\"madeAfter\":\"2026-01-02T03:04:05Z\"}");
}

static void merges_dotted_parameters_into_one_message(void **state) {
    ask(*state, "GET", "/items?filter.name=a&filter.least=3", NULL);
    expect_call(*state, "ListItems", "{\"filter\":{\"name\":\"a\",\"least\":3}}");
}

static void repeats_a_repeated_parameter(void **state) {
    ask(*state, "GET", "/items?tag=a&tag=b+c&tag=%26", NULL);
    expect_call(*state, "ListItems", "{\"tag\":[\"a\",\"b c\",\"&\"]}");
}

static void takes_enums_by_any_name_and_number(void **state) {
    static const char *const spellings[] = {"KIND_LARGE", "Large", "2"};
    for (size_t i = 0; i < PL_COUNT(spellings); i++) {
        fixture *f = *state;
        ask(f, "GET", pl_arena_printf(&f->arena, "/items?kind=%s", spellings[i]), NULL);
        expect_call(f, "ListItems", "{\"kind\":\"KIND_LARGE\"}");
    }
}

static void takes_both_alphabets_of_base64(void **state) {
    ask(*state, "GET", "/items?token=-_8", NULL);
    expect_call(*state, "ListItems", "{\"token\":\"+/8=\"}");
    ask(*state, "GET", "/items?token=%2B%2F8%3D", NULL);
    expect_call(*state, "ListItems", "{\"token\":\"+/8=\"}");
}

static void refuses_an_unknown_parameter(void **state) {
    ask(*state, "GET", "/items?pge=1", NULL);
    expect_refusal(*state, 400, "pge: no such parameter; did you mean page?");
    ask(*state, "GET", "/items?filter.nothing=1", NULL);
    expect_refusal(*state, 400, "\"field\":\"filter.nothing\"");
}

static void refuses_a_message_as_a_parameter(void **state) {
    ask(*state, "GET", "/items?filter=1", NULL);
    expect_refusal(*state, 400, "\"field\":\"filter\"");
}

static void refuses_two_values_for_one_parameter(void **state) {
    ask(*state, "GET", "/items?page=1&page=2", NULL);
    expect_refusal(*state, 400, "page: given twice with different values");
}

static void takes_the_same_value_twice(void **state) {
    ask(*state, "GET", "/items?page=1&page=1", NULL);
    expect_call(*state, "ListItems", "{\"page\":1}");
}

static void refuses_a_query_that_contradicts_the_path(void **state) {
    ask(*state, "GET", "/items/5?item_id=6", NULL);
    expect_refusal(*state, 400, "item_id: given twice");
    ask(*state, "GET", "/items/5?itemId=5", NULL);
    expect_call(*state, "GetItem", "{\"itemId\":5}");
}

static void refuses_malformed_escapes_in_a_query(void **state) {
    static const char *const targets[] = {"/items?sort=%", "/items?sort=%zz", "/items?sort=%00",
                                          "/items?sort=%ff", "/items?so%rt=a"};
    for (size_t i = 0; i < PL_COUNT(targets); i++) {
        ask(*state, "GET", targets[i], NULL);
        expect_refusal(*state, 400, "INVALID_ARGUMENT");
    }
}

static void refuses_more_parameters_than_the_limit(void **state) {
    fixture *f = *state;
    pl_buf target = pl_buf_make(4096);
    pl_buf_puts(&target, "/items?");
    for (int i = 0; i <= PL_REST_MAX_PARAMETERS; i++)
        pl_buf_puts(&target, "tag=a&");
    ask(f, "GET", pl_arena_strdup(&f->arena, target.p), NULL);
    pl_buf_done(&target);
    expect_refusal(f, 400, "more than 100 parameters");
}

/* ---- body ---- */

static void takes_the_whole_request_from_the_body(void **state) {
    ask(*state, "POST", "/items/5:touch", "{\"times\":\"3\",\"note\":\"x\"}");
    expect_call(*state, "TouchItem", "{\"itemId\":5,\"times\":3,\"note\":\"x\"}");
}

static void takes_one_field_from_the_body(void **state) {
    ask(*state, "POST", "/items", "{\"displayName\":\"a\",\"kind\":\"Small\"}");
    expect_call(*state, "CreateItem", "{\"item\":{\"displayName\":\"a\",\"kind\":\"KIND_SMALL\"}}");
}

static void refuses_a_body_that_contradicts_the_path(void **state) {
    ask(*state, "POST", "/items/5:touch", "{\"itemId\":6}");
    expect_refusal(*state, 400, "itemId: the body has another value");
    ask(*state, "POST", "/items/5:touch", "{\"itemId\":0}");
    expect_refusal(*state, 400, "itemId: the body has another value");
    ask(*state, "POST", "/shelves/7/5", "{\"id\":8}");
    expect_refusal(*state, 400, "id: the body has another value");
}

static void takes_a_body_that_agrees_with_the_path(void **state) {
    ask(*state, "POST", "/items/5:touch", "{\"itemId\":\"5\"}");
    expect_call(*state, "TouchItem", "{\"itemId\":5}");
}

static void merges_path_and_body_into_one_message(void **state) {
    ask(*state, "POST", "/shelves/7/5", "{\"label\":\"top\"}");
    expect_call(*state, "MoveItem", "{\"shelf\":{\"id\":7,\"label\":\"top\"},\"itemId\":5}");
}

static void refuses_an_unknown_member_with_its_path(void **state) {
    ask(*state, "POST", "/items", "{\"shelf\":{\"colour\":1}}");
    expect_refusal(*state, 400, "\"field\":\"shelf.colour\"");
}

static void refuses_malformed_json(void **state) {
    static const char *const bodies[] = {"{",
                                         "[]",
                                         "{\"times\":}",
                                         "{\"times\":1,}",
                                         "null",
                                         "1",
                                         "{} x",
                                         "{\"times\":1,\"times\":1}",
                                         "{\"times\":1e99}"};
    for (size_t i = 0; i < PL_COUNT(bodies); i++) {
        ask(*state, "POST", "/items/5:touch", bodies[i]);
        expect_refusal(*state, 400, "INVALID_ARGUMENT");
    }
}

static void refuses_a_body_where_none_is_taken(void **state) {
    ask(*state, "POST", "/items/5:drop", "{}");
    expect_refusal(*state, 400, "takes no body");
}

static void refuses_a_query_beside_a_whole_body(void **state) {
    ask(*state, "POST", "/items/5:touch?times=3", "{}");
    expect_refusal(*state, 400, "not from the query");
}

static void refuses_a_field_of_the_body_in_the_query(void **state) {
    ask(*state, "POST", "/items?item.id=3", "{}");
    expect_refusal(*state, 400, "belongs into the body");
}

static void refuses_other_content_types(void **state) {
    static const char *const types[] = {"text/plain", "application/x-www-form-urlencoded", "",
                                        "application/jsonp", "application/json; charset=latin1"};
    for (size_t i = 0; i < PL_COUNT(types); i++) {
        fixture *f = *state;
        f->header_count = 0;
        header(f, "content-type", types[i]);
        ask(f, "POST", "/items", "{}");
        expect_refusal(f, 415, "expected application/json");
    }
}

static void takes_json_of_every_name(void **state) {
    static const char *const types[] = {"application/json", "application/json; charset=UTF-8",
                                        "application/hal+json", "Application/Merge-Patch+JSON"};
    for (size_t i = 0; i < PL_COUNT(types); i++) {
        fixture *f = *state;
        f->header_count = 0;
        header(f, "content-type", types[i]);
        ask(f, "POST", "/items", "{\"displayName\":\"a\"}");
        expect_call(f, "CreateItem", "{\"item\":{\"displayName\":\"a\"}}");
    }
}

static void refuses_a_request_over_the_methods_limit(void **state) {
    fixture *f = *state;
    char name[700];
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    ask(f, "POST", "/items", pl_arena_printf(&f->arena, "{\"displayName\":\"%s\"}", name));
    expect_refusal(f, 413, "at most 600");
}

static void takes_a_form_where_one_is_consumed(void **state) {
    fixture *f = *state;
    header(f, "content-type", "application/x-www-form-urlencoded");
    ask(f, "POST", "/form", "times=3&note=a+b%26");
    expect_call(f, "SubmitForm", "{\"times\":3,\"note\":\"a b&\"}");
}

/* ---- update masks ---- */

static void fills_the_mask_of_a_patch(void **state) {
    ask(*state, "PATCH", "/items/5",
        "{\"displayName\":\"a\",\"shelf\":{\"label\":\"\"},\"tags\":null}");
    expect_call(*state, "UpdateItem",
                "{\"itemId\":5,\"item\":{\"displayName\":\"a\",\"shelf\":{}},"
                "\"updateMask\":\"displayName,shelf.label,tags\"}");
}

static void keeps_a_mask_that_is_given(void **state) {
    ask(*state, "PATCH", "/items/5?updateMask=tags", "{\"displayName\":\"a\"}");
    expect_call(*state, "UpdateItem",
                "{\"itemId\":5,\"item\":{\"displayName\":\"a\"},\"updateMask\":\"tags\"}");
}

static void fills_no_mask_of_a_put(void **state) {
    ask(*state, "PUT", "/items/5", "{\"displayName\":\"a\"}");
    expect_call(*state, "UpdateItem", "{\"itemId\":5,\"item\":{\"displayName\":\"a\"}}");
}

static void refuses_a_patch_of_nothing(void **state) {
    ask(*state, "PATCH", "/items/5", "{}");
    expect_refusal(*state, 400, "at least one field");
}

/* ---- headers ---- */

static const char *metadata_of(fixture *f, const char *name) {
    const pl_rest_call *call = call_of(f);
    for (size_t i = 0; i < call->metadata_count; i++) {
        if (pl_str_eqc(call->metadata[i].name, name))
            return pl_arena_cstr(&f->arena, call->metadata[i].value);
    }
    return NULL;
}

static void passes_listed_headers_only(void **state) {
    fixture *f = *state;
    header(f, "authorization", "Bearer x");
    header(f, "x-parley-demo", "admin");
    header(f, "cookie", "a=b");
    header(f, "if-match", "\"v1\"");
    ask(f, "GET", "/items/5", NULL);
    assert_string_equal(metadata_of(f, "authorization"), "Bearer x");
    assert_string_equal(metadata_of(f, "if-match"), "v1");
    assert_int_equal(call_of(f)->metadata_count, 2);
}

static void an_if_match_of_nothing_is_refused(void **state) {
    fixture *f = *state;
    header(f, "if-match", " ");
    ask(f, "PATCH", "/items/5", "{\"displayName\":\"x\"}");
    expect_refusal(f, 400, "header if-match: expected an entity tag");
}

static void an_empty_tag_is_not_the_absence_of_one(void **state) {
    fixture *f = *state;
    header(f, "if-match", "\"\"");
    ask(f, "PATCH", "/items/5", "{\"displayName\":\"x\"}");
    assert_string_equal(metadata_of(f, "if-match"), "\"\"");
}

static void says_where_a_body_is_wrong(void **state) {
    ask(*state, "PATCH", "/items/5", "{\n \"displayName\": 5}");
    expect_refusal(*state, 400, "line 2, column 17: displayName: expected a string, got 5");
}

static void takes_two_traceparents_for_none(void **state) {
    fixture *f = *state;
    header(f, "traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    header(f, "traceparent", "00-1af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    ask(f, "GET", "/items/5", NULL);
    assert_int_equal(call_of(f)->metadata_count, 0);
}

static void refuses_a_header_given_twice(void **state) {
    fixture *f = *state;
    header(f, "idempotency-key", "a");
    header(f, "idempotency-key", "b");
    ask(f, "POST", "/items", "{}");
    expect_refusal(f, 400, "idempotency-key: given twice");
}

static void refuses_a_header_that_grpc_cannot_carry(void **state) {
    fixture *f = *state;
    header(f, "idempotency-key", "\xC3\xA4");
    ask(f, "POST", "/items", "{}");
    expect_refusal(f, 400, "printable ASCII");
}

static void refuses_headers_beyond_what_is_sent_upstream(void **state) {
    fixture *f = *state;
    char *value = pl_arena_alloc(&f->arena, PL_REST_MAX_METADATA_BYTES + 1);
    memset(value, 'x', PL_REST_MAX_METADATA_BYTES);
    value[PL_REST_MAX_METADATA_BYTES] = '\0';
    header(f, "authorization", value);
    ask(f, "GET", "/items/5", NULL);
    expect_refusal(f, 431, "RESOURCE_EXHAUSTED");
}

static void may_repeat_with_a_key_only(void **state) {
    fixture *f = *state;
    ask(f, "POST", "/items", "{}");
    assert_false(call_of(f)->idempotent);
    header(f, "idempotency-key", "a");
    ask(f, "POST", "/items", "{}");
    assert_true(call_of(f)->idempotent);
    ask(f, "GET", "/items/5", NULL);
    assert_true(call_of(f)->idempotent);
}

static void takes_the_sooner_of_the_timeouts(void **state) {
    fixture *f = *state;
    ask(f, "GET", "/items", NULL);
    assert_int_equal(call_of(f)->timeout_ms, PL_REST_TIMEOUT_MS);
    ask(f, "GET", "/items/5", NULL);
    assert_int_equal(call_of(f)->timeout_ms, 750);
    header(f, "grpc-timeout", "20m");
    ask(f, "GET", "/items/5", NULL);
    assert_int_equal(call_of(f)->timeout_ms, 20);
}

static void refuses_a_malformed_timeout(void **state) {
    static const char *const values[] = {"20", "m", "-1m", "123456789m", "1x", "1.5S"};
    for (size_t i = 0; i < PL_COUNT(values); i++) {
        fixture *f = *state;
        f->header_count = 0;
        header(f, "grpc-timeout", values[i]);
        ask(f, "GET", "/items/5", NULL);
        expect_refusal(f, 400, "grpc-timeout");
    }
}

static void refuses_what_the_client_does_not_accept(void **state) {
    fixture *f = *state;
    header(f, "accept", "text/html");
    ask(f, "GET", "/items/5", NULL);
    expect_refusal(f, 406, "application/hal+json");
}

static void answers_503_where_the_arena_is_full(void **state) {
    fixture *f = *state;
    for (size_t budget = 0; budget < 40000; budget += 500) {
        pl_arena small = pl_arena_make(budget);
        const pl_rest_request request = {
            .method = PL_STR("POST"),
            .path = PL_STR("/items"),
            .body = PL_STR("{\"displayName\":\"a\"}"),
            .headers = (pl_rest_pair[]){{PL_STR("content-type"), PL_STR("application/json")}},
            .header_count = 1};
        pl_rest_exchange *exchange = pl_rest_begin(f->rest, &request, &small);
        if (exchange && !pl_rest_exchange_call(exchange))
            assert_true(pl_rest_exchange_response(exchange)->status >= 400);
        pl_arena_done(&small);
    }
}

int main(int argc, char **argv) {
    assert_true(argc == 3);
    fixture_sets = argv[1];
    fixture_goldens = argv[2];
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)
    const struct CMUnitTest tests[] = {
        T(takes_a_field_from_the_path),
        T(refuses_a_path_value_of_another_type),
        T(takes_several_segments_with_their_slashes),
        T(answers_404_for_a_path_nobody_has),
        T(answers_404_for_a_trailing_slash),
        T(answers_405_with_what_is_allowed),
        T(refuses_an_empty_segment),
        T(takes_parameters_by_either_name),
        T(merges_dotted_parameters_into_one_message),
        T(repeats_a_repeated_parameter),
        T(takes_enums_by_any_name_and_number),
        T(takes_both_alphabets_of_base64),
        T(refuses_an_unknown_parameter),
        T(refuses_a_message_as_a_parameter),
        T(refuses_two_values_for_one_parameter),
        T(takes_the_same_value_twice),
        T(refuses_a_query_that_contradicts_the_path),
        T(refuses_malformed_escapes_in_a_query),
        T(refuses_more_parameters_than_the_limit),
        T(takes_the_whole_request_from_the_body),
        T(takes_one_field_from_the_body),
        T(refuses_a_body_that_contradicts_the_path),
        T(takes_a_body_that_agrees_with_the_path),
        T(merges_path_and_body_into_one_message),
        T(refuses_an_unknown_member_with_its_path),
        T(refuses_malformed_json),
        T(refuses_a_body_where_none_is_taken),
        T(refuses_a_query_beside_a_whole_body),
        T(refuses_a_field_of_the_body_in_the_query),
        T(refuses_other_content_types),
        T(takes_json_of_every_name),
        T(refuses_a_request_over_the_methods_limit),
        T(takes_a_form_where_one_is_consumed),
        T(fills_the_mask_of_a_patch),
        T(keeps_a_mask_that_is_given),
        T(fills_no_mask_of_a_put),
        T(refuses_a_patch_of_nothing),
        T(passes_listed_headers_only),
        T(an_if_match_of_nothing_is_refused),
        T(an_empty_tag_is_not_the_absence_of_one),
        T(says_where_a_body_is_wrong),
        T(takes_two_traceparents_for_none),
        T(refuses_a_header_given_twice),
        T(refuses_a_header_that_grpc_cannot_carry),
        T(refuses_headers_beyond_what_is_sent_upstream),
        T(may_repeat_with_a_key_only),
        T(takes_the_sooner_of_the_timeouts),
        T(refuses_a_malformed_timeout),
        T(refuses_what_the_client_does_not_accept),
        T(answers_503_where_the_arena_is_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
