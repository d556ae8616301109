/* Requests as a REST client writes them: path, query and body. */
#include "http_request.h"

#include "verify_fixture.h"

enum { ROOM = 64 << 10 };

/* The request JSON, by a binding with PATH and BODY, is sent to TARGET with SENT. */
static void is_sent(const char *path, const char *body, const char *json, const char *target,
                    const char *sent) {
    const pl_http_rule rule = {.path = pl_str_c(path), .body = pl_str_c(body)};
    pl_contract_set *set = compile(HEAD "- name: a\n  call: ShopService.PutItem\n"
                                        "  request: { number: 1 }\n  response: { number: 1 }\n");
    const pl_method_type *method = pl_contract_set_file(set, 0)->contracts[0]->method;
    pl_arena arena = pl_arena_make(1 << 20);
    pl_buf request = pl_buf_make(ROOM), to = pl_buf_make(ROOM), with = pl_buf_make(ROOM);

    assert_int_equal(pl_json_to_wire(method->input, pl_str_c(json), NULL, &request, NULL), PL_OK);
    assert_true(http_request_write(method, &rule, pl_buf_view(&request), &arena, &to, &with));
    assert_string_equal(to.p, target);
    assert_string_equal(with.n ? with.p : "", sent);
    pl_buf_done(&request);
    pl_buf_done(&to);
    pl_buf_done(&with);
    pl_arena_done(&arena);
    pl_contract_set_free(set);
}

static void what_is_not_in_the_path_is_in_the_query(void **state) {
    (void)state;
    is_sent("/items/{number}", "",
            "{\"number\":\"5\",\"name\":\"a&b c\",\"flag\":true,\"tags\":[\"x\",\"y\"],"
            "\"part\":{\"name\":\"p\",\"count\":2},\"state\":\"STATE_SOLD\"}",
            "/items/5?name=a%26b%20c&flag=true&state=STATE_SOLD&part.name=p&part.count=2"
            "&tags=x&tags=y",
            "");
}

static void a_variable_of_one_segment_has_no_slash(void **state) {
    (void)state;
    is_sent("/of/{name}:drop", "", "{\"name\":\"a/b\"}", "/of/a%2Fb:drop", "");
    is_sent("/of/{name=shelves/*}/x", "", "{\"name\":\"shelves/b c\"}", "/of/shelves/b%20c/x", "");
    is_sent("/of/{part.name=**}", "", "{\"part\":{\"name\":\"a/b/c\",\"count\":1}}",
            "/of/a/b/c?part.count=1", "");
}

static void a_variable_that_is_not_given_is_its_default(void **state) {
    (void)state;
    is_sent("/items/{number}/{flag}", "", "{}", "/items/0/false", "");
}

static void a_whole_body_leaves_out_the_path(void **state) {
    (void)state;
    is_sent("/items/{number}", "*", "{\"number\":\"5\",\"name\":\"a\",\"part\":{\"count\":2}}",
            "/items/5", "{\"name\":\"a\",\"part\":{\"count\":2}}");
    is_sent("/items/{number}", "*", "{\"number\":\"5\"}", "/items/5", "{}");
}

static void a_body_of_one_field_leaves_the_others_to_the_query(void **state) {
    (void)state;
    is_sent("/items/{number}", "part", "{\"number\":\"5\",\"name\":\"a\",\"part\":{\"count\":2}}",
            "/items/5?name=a", "{\"count\":2}");
    is_sent("/items/{number}", "part", "{\"number\":\"5\"}", "/items/5", "{}");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(what_is_not_in_the_path_is_in_the_query),
        TEST(a_variable_of_one_segment_has_no_slash),
        TEST(a_variable_that_is_not_given_is_its_default),
        TEST(a_whole_body_leaves_out_the_path),
        TEST(a_body_of_one_field_leaves_the_others_to_the_query),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
