/* Between the types of lib/http and those of this library. */
#include "parley/rest/http.h"

#include "check.h"

static pl_rest_pair pair(const char *name, const char *value) {
    return (pl_rest_pair){pl_str_c(name), pl_str_c(value)};
}

static void a_request_has_what_the_head_and_the_body_have(void **state) {
    (void)state;
    const pl_http_field fields[] = {{PL_STR("accept"), PL_STR("a/b")},
                                    {PL_STR("if-match"), PL_STR("\"3\"")}};
    const pl_http_head head = {.method_text = PL_STR("PUT"),
                               .path = PL_STR("/items/a%20b"),
                               .query = PL_STR("x=1"),
                               .fields = fields,
                               .field_count = PL_COUNT(fields)};
    pl_arena arena = pl_arena_make(1u << 12);
    pl_rest_request request;

    assert_true(pl_rest_of_http(&head, pl_str_c("{}"), &arena, &request));
    assert_true(pl_str_eqc(request.method, "PUT"));
    assert_true(pl_str_eqc(request.path, "/items/a%20b"));
    assert_true(pl_str_eqc(request.query, "x=1"));
    assert_true(pl_str_eqc(request.body, "{}"));
    assert_int_equal(request.header_count, 2);
    assert_true(pl_str_eqc(request.headers[1].name, "if-match"));
    assert_true(pl_str_eqc(request.headers[1].value, "\"3\""));
    assert_false(request.https);
    pl_arena_done(&arena);
}

static void a_full_arena_is_told(void **state) {
    (void)state;
    const pl_http_field fields[] = {{PL_STR("accept"), PL_STR("a/b")}};
    const pl_http_head head = {.fields = fields, .field_count = 1};
    pl_arena arena = pl_arena_make(1);
    pl_rest_request request = {.header_count = 7};

    assert_false(pl_rest_of_http(&head, pl_str_c(""), &arena, &request));
    assert_int_equal(request.header_count, 7);
    pl_arena_done(&arena);
}

static void a_reply_has_the_content_type_apart_and_is_not_sniffed(void **state) {
    (void)state;
    const pl_rest_pair headers[] = {pair("location", "/items/1"),
                                    pair("content-type", "application/json"),
                                    pair("etag", "\"1\"")};
    const pl_rest_response response = {201, headers, PL_COUNT(headers), PL_STR("{}")};
    pl_http_field fields[PL_REST_HTTP_FIELDS];
    const pl_http_reply reply = pl_rest_http_reply(&response, fields);

    assert_int_equal(reply.status, 201);
    assert_true(pl_str_eqc(reply.body, "{}"));
    assert_true(pl_str_eqc(reply.content_type, "application/json"));
    assert_int_equal(reply.field_count, 3);
    assert_true(pl_str_eqc(reply.fields[0].name, "location"));
    assert_true(pl_str_eqc(reply.fields[1].value, "\"1\""));
    assert_true(pl_str_eqc(reply.fields[2].name, "x-content-type-options"));
    assert_true(pl_str_eqc(reply.fields[2].value, "nosniff"));
}

static void more_headers_than_there_is_room_for_are_left_out(void **state) {
    (void)state;
    pl_rest_pair headers[PL_REST_HTTP_FIELDS + 4];
    for (size_t i = 0; i < PL_COUNT(headers); i++)
        headers[i] = pair("x-more", "1");
    headers[PL_COUNT(headers) - 1] = pair("content-type", "application/json");
    const pl_rest_response response = {200, headers, PL_COUNT(headers), PL_STR("{}")};
    pl_http_field fields[PL_REST_HTTP_FIELDS];
    const pl_http_reply reply = pl_rest_http_reply(&response, fields);

    assert_int_equal(reply.field_count, PL_REST_HTTP_FIELDS);
    assert_true(pl_str_eqc(reply.content_type, "application/json"));
    assert_true(pl_str_eqc(fields[PL_REST_HTTP_FIELDS - 1].value, "nosniff"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_has_what_the_head_and_the_body_have),
        cmocka_unit_test(a_full_arena_is_told),
        cmocka_unit_test(a_reply_has_the_content_type_apart_and_is_not_sniffed),
        cmocka_unit_test(more_headers_than_there_is_room_for_are_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
