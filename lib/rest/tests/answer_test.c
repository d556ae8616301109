/* Answers: HAL, plain, 201, 204, entity tags, errors, and what the gateway answers by itself.
 * The expected bodies are in tests/golden. */
#include "fixture.h"

#include <stdio.h>

#include "parley/json/json.h"

#define GOLDEN_MAX (64u << 10)

static const char item_json[] =
    "{\"id\":1,\"displayName\":\"a \\\"b\\\"\",\"kind\":\"KIND_LARGE\",\"shelf\":{\"id\":7},"
    "\"tags\":[\"x\"],\"madeAt\":\"2026-01-02T03:04:05Z\",\"etag\":\"v1\"}";

/* Ends the exchange with the message JSON of the called method's answer. */
static void answer_with(fixture *f, const char *json) {
    const pl_method_type *method = pl_pool_method(f->pool, pl_str_c(call_of(f)->route->rpc_path));
    pl_buf wire = pl_buf_make(1 << 20);
    pl_error err = PL_ERROR_INIT;
    if (pl_json_to_wire(method->output, pl_str_c(json), NULL, &wire, &err))
        fail_msg("%s", err.message);
    pl_rest_finish(f->exchange, &(pl_rest_result){.code = PL_OK, .response = pl_buf_view(&wire)});
    pl_buf_done(&wire);
}

static const char *read_golden(fixture *f, const char *name) {
    const char *path = pl_arena_printf(&f->arena, "%s/%s.json", fixture_goldens, name);
    FILE *file = fopen(path, "rb");
    if (!file)
        fail_msg("%s cannot be read", path);
    char *text = pl_arena_alloc(&f->arena, GOLDEN_MAX);
    size_t n = fread(text, 1, GOLDEN_MAX - 1, file);
    fclose(file);
    text[n] = '\0';
    return text;
}

/* The body is the JSON of tests/golden/NAME.json. */
static void expect_golden(fixture *f, const char *name) {
    const pl_json_value *expected = NULL, *got = NULL;
    pl_error err = PL_ERROR_INIT;
    const char *golden = read_golden(f, name);
    if (pl_json_parse(pl_str_c(golden), name, &f->arena, &expected, &err) ||
        pl_json_parse(response_of(f)->body, "body", &f->arena, &got, &err))
        fail_msg("%s: %s", err.message, body_of(f));
    if (!pl_json_equal(expected, got))
        fail_msg("expected %s.json, got %s", name, body_of(f));
}

static void shows_an_item_as_hal(void **state) {
    fixture *f = *state;
    header(f, "host", "localhost:8088");
    ask(f, "GET", "/items/1", NULL);
    answer_with(f, item_json);
    assert_int_equal(response_of(f)->status, 200);
    assert_string_equal(header_of(f, "content-type"), "application/hal+json");
    assert_string_equal(header_of(f, "etag"), "\"v1\"");
    expect_golden(f, "item_hal");
}

static void shows_the_same_as_json_where_only_that_is_accepted(void **state) {
    fixture *f = *state;
    header(f, "host", "localhost:8088");
    header(f, "accept", "application/json");
    ask(f, "GET", "/items/1", NULL);
    answer_with(f, item_json);
    assert_string_equal(header_of(f, "content-type"), "application/json");
    expect_golden(f, "item_hal");
}

static void shows_a_plain_binding_without_hal(void **state) {
    fixture *f = *state;
    ask(f, "GET", "/plain/1", NULL);
    answer_with(f, item_json);
    assert_string_equal(header_of(f, "content-type"), "application/json");
    expect_golden(f, "item_plain");
}

static void shows_the_plain_profile_without_hal(void **state) {
    fixture *f = *state;
    header(f, "accept", "application/json;profile=plain");
    ask(f, "GET", "/items/1", NULL);
    answer_with(f, item_json);
    expect_golden(f, "item_plain");
}

static void shows_a_page_of_a_collection(void **state) {
    fixture *f = *state;
    header(f, "host", "shop.example:80");
    ask(f, "GET", "/items?tag=a%22b&page=1&size=1", NULL);
    answer_with(f, "{\"items\":[{\"id\":2}],\"page\":{\"size\":1,\"totalElements\":3,"
                   "\"totalPages\":3,\"number\":1}}");
    assert_string_equal(header_of(f, "content-type"), "application/hal+json");
    expect_golden(f, "collection_page");
}

static void shows_an_empty_collection(void **state) {
    fixture *f = *state;
    header(f, "host", "localhost");
    ask(f, "GET", "/items/search/findByName", NULL);
    answer_with(f, "{\"page\":{\"size\":20}}");
    expect_golden(f, "collection_empty");
}

static void shows_a_collection_as_a_plain_array_where_no_page_is_asked_for(void **state) {
    fixture *f = *state;
    ask(f, "GET", "/whole/u", NULL);
    answer_with(f, "{\"items\":[{\"id\":1,\"displayName\":\"a\"}]}");
    assert_string_equal(header_of(f, "content-type"), "application/json");
    assert_int_equal(body_of(f)[0], '[');
    ask(f, "GET", "/whole/u?size=5", NULL);
    answer_with(f, "{\"items\":[]}");
    assert_non_null(strstr(body_of(f), "\"_embedded\":{\"items\":[]}"));
}

static void shows_one_field_where_the_binding_says_so(void **state) {
    fixture *f = *state;
    ask(f, "GET", "/files/a", NULL);
    answer_with(f, "{\"text\":\"hello\"}");
    assert_string_equal(body_of(f), "\"hello\"");
}

static void answers_201_with_the_location(void **state) {
    fixture *f = *state;
    header(f, "host", "localhost:8088");
    ask(f, "POST", "/items", "{\"displayName\":\"a\"}");
    answer_with(f, item_json);
    assert_int_equal(response_of(f)->status, 201);
    assert_string_equal(header_of(f, "location"), "http://localhost:8088/items/1");
    expect_golden(f, "item_hal");
}

static void answers_204_without_a_body(void **state) {
    fixture *f = *state;
    header(f, "accept", "text/html");
    ask(f, "DELETE", "/items/1", NULL);
    answer_with(f, "{}");
    assert_int_equal(response_of(f)->status, 204);
    assert_int_equal(response_of(f)->body.n, 0);
    assert_null(header_of(f, "content-type"));
}

static void answers_an_empty_message_as_an_empty_object(void **state) {
    fixture *f = *state;
    ask(f, "POST", "/items/1:drop", NULL);
    answer_with(f, "{}");
    assert_int_equal(response_of(f)->status, 200);
    assert_string_equal(body_of(f), "{}");
}

static void answers_304_where_the_client_has_the_version(void **state) {
    fixture *f = *state;
    header(f, "if-none-match", "\"v0\", W/\"v1\"");
    ask(f, "GET", "/items/1", NULL);
    answer_with(f, item_json);
    assert_int_equal(response_of(f)->status, 304);
    assert_string_equal(header_of(f, "etag"), "\"v1\"");
    assert_int_equal(response_of(f)->body.n, 0);
}

static void makes_links_relative_where_the_host_is_unusable(void **state) {
    fixture *f = *state;
    header(f, "host", "evil\"/<script>");
    ask(f, "GET", "/items/1", NULL);
    answer_with(f, item_json);
    assert_non_null(strstr(body_of(f), "\"self\":{\"href\":\"/items/1\"}"));
}

static void shows_an_error_of_the_service(void **state) {
    fixture *f = *state;
    ask(f, "GET", "/items/9", NULL);
    pl_rest_finish(f->exchange, &(pl_rest_result){.code = PL_NOT_FOUND,
                                                  .message = PL_STR("item 9: no such item")});
    assert_int_equal(response_of(f)->status, 404);
    assert_non_null(strstr(body_of(f), "{\"code\":5,\"status\":\"NOT_FOUND\",\"message\":\"item 9: "
                                       "no such item\",\"details\":[],\"timestamp\":\"20"));
    assert_non_null(strstr(body_of(f), "\"path\":\"/items/9\"}"));
}

/* A google.rpc.Status with a BadRequest of one violation of FIELD. */
static pl_str violation_of(fixture *f, const char *field) {
    pl_buf inner = pl_buf_make(1024);
    pl_buf outer = pl_buf_make(1024);
    pl_wire_put_bytes(&inner, 1, pl_str_c(field));
    pl_wire_put_bytes(&outer, 1, pl_buf_view(&inner));
    pl_buf_clear(&inner);
    pl_wire_put_bytes(&inner, 1, pl_str_c("type.googleapis.com/google.rpc.BadRequest"));
    pl_wire_put_bytes(&inner, 2, pl_buf_view(&outer));
    pl_buf_clear(&outer);
    pl_wire_put_bytes(&outer, 3, pl_buf_view(&inner));
    char *kept = pl_arena_strndup(&f->arena, outer.p, outer.n);
    pl_str status = pl_str_make(kept, outer.n);
    pl_buf_done(&inner);
    pl_buf_done(&outer);
    return status;
}

static void expect_field(fixture *f, const char *field, const char *shown) {
    ask(f, "POST", "/items", "{\"displayName\":\"x\"}");
    pl_rest_finish(f->exchange, &(pl_rest_result){.code = PL_INVALID_ARGUMENT,
                                                  .details = violation_of(f, field)});
    const char *wanted = pl_arena_printf(&f->arena, "\"fieldViolations\":[{\"field\":\"%s\",",
                                         shown);
    if (!strstr(body_of(f), wanted))
        fail_msg("expected %s, got %s", wanted, body_of(f));
}

static void names_the_fields_of_violations_as_the_client_does(void **state) {
    expect_field(*state, "item.display_name", "displayName");
    expect_field(*state, "item.tags[2]", "tags[2]");
    expect_field(*state, "item.shelf.no_such_field", "shelf.no_such_field");
    expect_field(*state, "item", "item");
    expect_field(*state, "other_thing.part", "other_thing.part");
    expect_field(*state, "", "");
}

static void calls_a_malformed_answer_the_services_fault(void **state) {
    fixture *f = *state;
    ask(f, "GET", "/items/9", NULL);
    pl_rest_finish(f->exchange, &(pl_rest_result){.code = PL_OK, .response = PL_STR("\x0a\xff")});
    assert_int_equal(response_of(f)->status, 500);
    assert_non_null(strstr(body_of(f), "\"status\":\"INTERNAL\""));
}

static void lists_collections_at_the_root(void **state) {
    fixture *f = *state;
    header(f, "host", "localhost:8088");
    ask(f, "GET", "/", NULL);
    assert_int_equal(response_of(f)->status, 200);
    assert_string_equal(header_of(f, "content-type"), "application/hal+json");
    expect_golden(f, "entry");
}

static void lists_searches_of_a_collection(void **state) {
    fixture *f = *state;
    header(f, "host", "localhost:8088");
    ask(f, "GET", "/items/search", NULL);
    expect_golden(f, "search");
}

static void lists_profiles(void **state) {
    fixture *f = *state;
    header(f, "host", "localhost:8088");
    ask(f, "GET", "/profile", NULL);
    expect_golden(f, "profiles");
}

static void describes_items_in_a_json_schema(void **state) {
    fixture *f = *state;
    ask(f, "GET", "/profile/items", NULL);
    assert_string_equal(header_of(f, "content-type"), "application/schema+json");
    expect_golden(f, "profile_items");
}

/* A service answers a PATCH with ABORTED; TAG is its If-Match, NULL: it has none. */
static void abort_patch(fixture *f, const char *tag) {
    if (tag)
        header(f, "if-match", tag);
    ask(f, "PATCH", "/items/5", "{\"displayName\":\"x\"}");
    assert_non_null(pl_rest_exchange_call(f->exchange));
    pl_rest_finish(f->exchange, &(pl_rest_result){.code = PL_ABORTED, .message = PL_STR("no")});
}

static void a_change_that_if_match_prevented_is_412(void **state) {
    fixture *f = *state;
    abort_patch(f, "\"7\"");
    expect_refusal(f, 412, "ABORTED");
}

static void another_conflict_is_409(void **state) {
    fixture *f = *state;
    abort_patch(f, NULL);
    expect_refusal(f, 409, "ABORTED");
}

static void refuses_other_methods_at_the_root(void **state) {
    fixture *f = *state;
    ask(f, "POST", "/", "{}");
    expect_refusal(f, 405, "UNIMPLEMENTED");
    assert_string_equal(header_of(f, "allow"), "GET, HEAD");
}

int main(int argc, char **argv) {
    assert_true(argc == 3);
    fixture_sets = argv[1];
    fixture_goldens = argv[2];
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)
    const struct CMUnitTest tests[] = {
        T(shows_an_item_as_hal),
        T(shows_the_same_as_json_where_only_that_is_accepted),
        T(shows_a_plain_binding_without_hal),
        T(shows_the_plain_profile_without_hal),
        T(shows_a_page_of_a_collection),
        T(shows_an_empty_collection),
        T(shows_a_collection_as_a_plain_array_where_no_page_is_asked_for),
        T(shows_one_field_where_the_binding_says_so),
        T(answers_201_with_the_location),
        T(answers_204_without_a_body),
        T(answers_an_empty_message_as_an_empty_object),
        T(answers_304_where_the_client_has_the_version),
        T(makes_links_relative_where_the_host_is_unusable),
        T(shows_an_error_of_the_service),
        T(names_the_fields_of_violations_as_the_client_does),
        T(calls_a_malformed_answer_the_services_fault),
        T(lists_collections_at_the_root),
        T(lists_searches_of_a_collection),
        T(lists_profiles),
        T(describes_items_in_a_json_schema),
        T(a_change_that_if_match_prevented_is_412),
        T(another_conflict_is_409),
        T(refuses_other_methods_at_the_root),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
