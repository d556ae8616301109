/* The stub over REST: what the gateway in front of the provider would answer. */
#include "fixture.h"

#include "parley/stub/rest.h"

#define REST_HEAD "consumer: web\nprovider: shop.v1\naccess: [rest]\ncontracts:\n"

#define SHOP                                                                                       \
    REST_HEAD "- name: a chair\n"                                                                  \
              "  call: ShopService.GetItem\n"                                                      \
              "  http: GET /items/{id}\n"                                                          \
              "  request: { id: 1 }\n"                                                             \
              "  response: { number: 1, name: !non_empty chair }\n"                                \
              "- name: nobody has it\n"                                                            \
              "  call: ShopService.GetItem\n"                                                      \
              "  request: { id: 2, language: !absent }\n"                                          \
              "  status: { code: NOT_FOUND, message: no item 2 }\n"                                \
              "- name: a chair is changed\n"                                                       \
              "  call: ShopService.PutItem\n"                                                      \
              "  request: { number: 1, name: !non_empty stool }\n"                                 \
              "  response: { number: 1, name: stool }\n"

static pl_arena arena;
static const pl_rest_response *answer;

/* Asks, and keeps the answer until the next one; its status. */
static int ask_with(const char *method, const char *path, const char *body,
                    const pl_rest_pair *header) {
    pl_rest_request request = {
        .method = pl_str_c(method), .path = pl_str_c(path), .body = pl_str_c(body)};
    pl_rest_pair headers[2] = {{PL_STR("content-type"), PL_STR("application/json")}};

    if (header)
        headers[1] = *header;
    request.headers = headers;
    request.header_count = header ? 2 : 1;
    pl_arena_done(&arena);
    arena = pl_arena_make(PL_STUB_REST_MEMORY);
    answer = pl_stub_rest(s.stub, &request, &arena);
    return answer->status;
}

static int ask(const char *method, const char *path, const char *body) {
    return ask_with(method, path, body, NULL);
}

static const char *header_of(const char *name) {
    for (size_t i = 0; i < answer->header_count; i++) {
        if (pl_str_eqc(answer->headers[i].name, name))
            return answer->headers[i].value.p;
    }
    return "";
}

static bool says(const char *text) {
    return strstr(answer->body.p, text) != NULL;
}

static int end(void **state) {
    pl_arena_done(&arena);
    return tear_down(state);
}

static void a_route_is_answered_with_the_example_as_json(void **state) {
    (void)state;
    start(SHOP, NULL);
    assert_int_equal(ask("GET", "/items/1", ""), 200);
    assert_true(says("\"name\":\"chair\""));
    assert_string_equal(header_of("x-contract"), "a chair, shop.v1/web.yaml:5");
    assert_string_equal(header_of("x-contract-verified"), "no");
}

static void a_body_is_a_request_too(void **state) {
    (void)state;
    start(SHOP, NULL);
    assert_int_equal(ask("PUT", "/items/1", "{\"name\":\"stool\"}"), 200);
    assert_true(says("\"name\":\"stool\""));
}

static void a_status_is_its_http_status_with_the_message(void **state) {
    (void)state;
    start(SHOP, NULL);
    assert_int_equal(ask("GET", "/items/2", ""), 404);
    assert_true(says("\"status\":\"NOT_FOUND\",\"message\":\"no item 2\""));
    assert_string_equal(header_of("x-contract"), "nobody has it, shop.v1/web.yaml:10");
}

static void what_no_contract_covers_is_501_with_the_closest_and_what_differs(void **state) {
    (void)state;
    start(SHOP, NULL);
    assert_int_equal(ask("GET", "/items/3", ""), 501);
    assert_true(says("closest is 'a chair, shop.v1/web.yaml:5': id: expected 1, got 3"));
    assert_true(says("\"reason\":\"NO_CONTRACT\""));
    assert_true(says("{\"field\":\"id\",\"description\":\"expected 1, got 3\"}"));
    assert_string_equal(header_of("x-contract"), "");
}

static void a_pinned_binding_does_not_answer_another_one(void **state) {
    (void)state;
    start(SHOP, NULL);
    assert_int_equal(ask("GET", "/item/1", ""), 501);
    assert_true(says("http: expected GET /items/{id}, got GET /item/{id}"));
    assert_int_equal(ask("GET", "/item/2", ""), 404); /* it pins none */
    assert_string_equal(header_of("x-contract"), "nobody has it, shop.v1/web.yaml:10");
}

static void who_says_rest_is_not_answered_over_grpc(void **state) {
    (void)state;
    start(SHOP, NULL);
    assert_int_equal(call("GetItem", "{\"id\":1}"), PL_UNIMPLEMENTED);
    assert_string_equal(s.reply->violations[0].field, "access");
    assert_string_equal(s.reply->violations[0].description, "expected rest, got grpc");
}

static void who_says_grpc_is_not_answered_over_rest(void **state) {
    (void)state;
    start(HEAD "- name: a chair\n"
               "  call: ShopService.GetItem\n"
               "  request: { id: 1 }\n"
               "  response: { number: 1 }\n",
          NULL);
    assert_int_equal(ask("GET", "/items/1", ""), 501);
    assert_true(says("access: expected grpc, got rest"));
}

static void what_no_route_takes_is_refused_as_the_gateway_does(void **state) {
    (void)state;
    start(SHOP, NULL);
    assert_int_equal(ask("GET", "/nothing", ""), 404);
    assert_int_equal(ask("DELETE", "/items/1", ""), 405);
    assert_string_equal(header_of("allow"), "PUT, GET, HEAD");
    assert_int_equal(ask("GET", "/items/x", ""), 400);
    assert_int_equal(ask("PUT", "/items/1", "{\"name\":"), 400);
    assert_int_equal(ask("PUT", "/items/1", "\xff\xfe"), 400);
    assert_int_equal(ask("GET", "/items/%zz", ""), 400);
}

static void the_journal_has_the_method_and_the_path(void **state) {
    pl_buf journal = pl_buf_make(TEXT_MAX);

    (void)state;
    start(SHOP, NULL);
    (void)ask("GET", "/items/1", "");
    (void)ask("GET", "/nothing", "");
    assert_true(pl_stub_journal(s.stub, &journal));
    assert_non_null(strstr(journal.p, "\"code\":\"OK\",\"request\":{\"id\":\"1\"},\"http\":{"
                                      "\"method\":\"GET\",\"path\":\"/items/1\"},\"contract\":"
                                      "\"a chair\""));
    assert_non_null(strstr(journal.p, "\"http\":{\"method\":\"GET\",\"path\":\"/nothing\","
                                      "\"status\":404},"
                                      "\"message\":\"nothing has this path\"}"));
    pl_buf_done(&journal);
}

static void the_journal_says_why_a_request_was_no_call(void **state) {
    (void)state;
    start(SHOP, NULL);
    (void)ask("DELETE", "/items/1", "");
    (void)ask("GET", "/items/x", "");
    (void)ask("GET", "/", "");
    pl_buf_clear(&s.text);
    assert_true(pl_stub_journal(s.stub, &s.text));
    assert_non_null(strstr(s.text.p, "\"status\":405},\"message\":\"DELETE is not allowed here; "
                                     "allowed: PUT, GET, HEAD\"}"));
    assert_non_null(strstr(s.text.p, "\"status\":400},\"message\":\"id: expected "));
    assert_non_null(strstr(s.text.p, "\"path\":\"/\",\"status\":200}}"));
}

static void another_binding_is_a_difference(void **state) {
    (void)state;
    start(REST_HEAD "- name: plural\n  call: ShopService.GetItem\n  http: GET /items/{id}\n"
                    "  request: { id: 1 }\n  response: { number: 1 }\n"
                    "- name: singular\n  call: ShopService.GetItem\n  http: GET /item/{id}\n"
                    "  request: { id: 1 }\n  response: { number: 1 }\n",
          NULL);
    assert_int_equal(ask("GET", "/item/1", NULL), 200);
    assert_non_null(strstr(header_of("x-contract"), "singular"));
    assert_int_equal(ask("GET", "/item/2", NULL), 501);
    assert_true(says("the closest is 'singular, "));
}

static void a_path_with_what_is_sensitive_is_shown_as_its_template(void **state) {
    pl_buf journal = pl_buf_make(TEXT_MAX);

    (void)state;
    start(REST_HEAD "- name: a secret item\n"
                    "  call: ShopService.PutItem\n"
                    "  request: { number: 7, secret: !non_empty xyz }\n"
                    "  response: { number: 7 }\n",
          NULL);
    assert_int_equal(ask("PUT", "/items/7", "{\"secret\":\"hush\"}"), 200);
    assert_true(pl_stub_journal(s.stub, &journal));
    assert_null(strstr(journal.p, "hush"));
    assert_non_null(strstr(journal.p, "\"path\":\"/items/{number}\""));
    pl_buf_done(&journal);
}

static void what_is_sensitive_and_no_text_is_not_in_the_journal_at_all(void **state) {
    (void)state;
    start(REST_HEAD "- name: an item with keys\n"
                    "  call: ShopService.PutItem\n"
                    "  request: { number: 7, keys: !any [aGk=] }\n"
                    "  response: { number: 7 }\n",
          NULL);
    assert_int_equal(ask("PUT", "/items/7", "{\"keys\":[\"aHVzaA==\"]}"), 200);
    pl_buf_clear(&s.text);
    assert_true(pl_stub_journal(s.stub, &s.text));
    assert_non_null(strstr(s.text.p, "\"request\":{\"number\":\"7\"}"));
}

static void what_is_sensitive_in_an_any_is_not_in_the_journal(void **state) {
    (void)state;
    start(REST_HEAD "- name: an item in an item\n"
                    "  call: ShopService.PutItem\n"
                    "  request: { number: 7, any: !any }\n"
                    "  response: { number: 7 }\n",
          NULL);
    assert_int_equal(ask("PUT", "/items/7",
                         "{\"any\":{\"@type\":\"type.googleapis.com/shop.v1.Item\","
                         "\"name\":\"lamp\",\"secret\":\"hush\"}}"),
                     200);
    pl_buf_clear(&s.text);
    assert_true(pl_stub_journal(s.stub, &s.text));
    assert_null(strstr(s.text.p, "hush"));
    assert_non_null(strstr(s.text.p, "\"secret\":\"(redacted)\""));
    assert_non_null(strstr(s.text.p, "\"name\":\"lamp\""));
}

static void a_secret_header_is_not_in_the_journal(void **state) {
    const pl_rest_pair token = {PL_STR("authorization"), PL_STR("Bearer hush")};
    pl_buf journal = pl_buf_make(TEXT_MAX);

    (void)state;
    start(REST_HEAD "- name: with a token\n"
                    "  call: ShopService.GetItem\n"
                    "  request: { id: 1 }\n"
                    "  metadata: { authorization: Bearer good }\n"
                    "  response: { number: 1 }\n",
          NULL);
    assert_int_equal(ask_with("GET", "/items/1", "", &token), 501);
    assert_false(says("hush"));
    assert_true(says("metadata.authorization"));
    assert_true(pl_stub_journal(s.stub, &journal));
    assert_null(strstr(journal.p, "hush"));
    pl_buf_done(&journal);
}

static void a_fault_is_one_over_rest_too(void **state) {
    pl_stub_opts opts = PL_STUB_OPTS_INIT;

    (void)state;
    opts.fault_code = PL_UNAVAILABLE;
    opts.fault_rate = 1;
    start(SHOP, &opts);
    assert_int_equal(ask("GET", "/items/1", ""), 503);
    assert_true(says("INJECTED_FAULT"));
}

static void a_lenient_stub_answers_rest_with_the_closest(void **state) {
    pl_stub_opts opts = PL_STUB_OPTS_INIT;

    (void)state;
    opts.lenient = true;
    start(SHOP, &opts);
    assert_int_equal(ask("GET", "/items/3", ""), 200);
    assert_true(says("\"name\":\"chair\""));
}

int main(void) {
#define REST_TEST(name) cmocka_unit_test_teardown(name, end)
    const struct CMUnitTest tests[] = {
        REST_TEST(a_route_is_answered_with_the_example_as_json),
        REST_TEST(a_body_is_a_request_too),
        REST_TEST(a_status_is_its_http_status_with_the_message),
        REST_TEST(what_no_contract_covers_is_501_with_the_closest_and_what_differs),
        REST_TEST(a_pinned_binding_does_not_answer_another_one),
        REST_TEST(who_says_rest_is_not_answered_over_grpc),
        REST_TEST(who_says_grpc_is_not_answered_over_rest),
        REST_TEST(what_no_route_takes_is_refused_as_the_gateway_does),
        REST_TEST(the_journal_has_the_method_and_the_path),
        REST_TEST(the_journal_says_why_a_request_was_no_call),
        REST_TEST(another_binding_is_a_difference),
        REST_TEST(a_path_with_what_is_sensitive_is_shown_as_its_template),
        REST_TEST(what_is_sensitive_and_no_text_is_not_in_the_journal_at_all),
        REST_TEST(what_is_sensitive_in_an_any_is_not_in_the_journal),
        REST_TEST(a_secret_header_is_not_in_the_journal),
        REST_TEST(a_fault_is_one_over_rest_too),
        REST_TEST(a_lenient_stub_answers_rest_with_the_closest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
