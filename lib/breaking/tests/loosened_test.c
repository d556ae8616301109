/* What an edit of a contract takes back, and what it does not. */
#include "parley/breaking/impact.h"

#include <stdio.h>

#include "check.h"
#include "parley/contract/compile.h"

enum { TEXT_MAX = 4096 };

#define HEAD   "consumer: web\nprovider: shop.v1\naccess: [grpc, rest]\ncontracts:\n- name: it\n"
#define GET    "  call: ShopService.GetItem\n  request: { id: 7 }\n"
#define PUT(r) "  call: ShopService.PutItem\n  request: " r "\n  response: {}\n"

static pl_pool *pool;

static int load(void **state) {
    (void)state;
    return pl_pool_load(PL_SHOP_SET, NULL, &pool, NULL) == PL_OK ? 0 : -1;
}

static int unload(void **state) {
    (void)state;
    pl_pool_free(pool);
    return 0;
}

static pl_contract_set *compile(const char *body) {
    char text[TEXT_MAX];
    (void)snprintf(text, sizeof text, HEAD "%s", body);
    pl_contract_source source = {"shop.v1/web.yaml", pl_str_c(text)};
    pl_findings *findings = pl_findings_new();
    pl_contract_set *set = NULL;
    pl_error err = PL_ERROR_INIT;
    if (pl_contract_compile(pool, &source, 1, NULL, findings, &set, &err))
        fail_msg("%s", err.message);
    if (pl_findings_errors(findings))
        fail_msg("%s: %s", body, pl_findings_at(findings, 0)->message);
    pl_findings_free(findings);
    return set;
}

/* A contract that was WAS and is IS is looser in the way HOW; NULL: it is not. */
static void edited(const char *was, const char *is, const char *how) {
    pl_contract_set *before = compile(was), *after = compile(is);
    const char *got = pl_contract_loosened(pl_contract_set_file(before, 0)->contracts[0],
                                           pl_contract_set_file(after, 0)->contracts[0]);
    if (got && how ? strcmp(got, how) != 0 : got != how)
        fail_msg("%s became %s: expected %s, got %s", was, is, how ? how : "no less",
                 got ? got : "no less");
    pl_contract_set_free(before);
    pl_contract_set_free(after);
}

/* The answer's field was WAS and is IS. */
static void answered(const char *was, const char *is, bool less) {
    char before[TEXT_MAX], after[TEXT_MAX];
    (void)snprintf(before, sizeof before, GET "  response: { %s }\n", was);
    (void)snprintf(after, sizeof after, GET "  response: { %s }\n", is);
    edited(before, after, less ? "its answer is matched by more" : NULL);
}

static void a_value_may_become_a_value_in_the_range(void **state) {
    (void)state;
    answered("number: !range { min: 1, max: 9 }", "number: 9", false);
    answered("number: !range { min: 1, max: 9 }", "number: 10", true);
    answered("number: !range { min: 1, max: 9 }", "number: 0", true);
    answered("number: !range { min: 1, max: 9 }", "number: !range { min: 2, max: 8 }", false);
    answered("number: !range { min: 1, max: 9 }", "number: !range { min: 1, max: 10 }", true);
    answered("number: !range { min: 1, max: 9 }", "number: !range { min: 1 }", true);
}

static void a_type_is_less_than_nothing_alone(void **state) {
    (void)state;
    answered("maybe: !type 1", "maybe: 2", false);
    answered("maybe: !type 1", "maybe: !any 1", true);
    answered("maybe: !type 1", "maybe: !absent", true);
    answered("name: !non_empty TV", "name: !type TV", true);
    answered("name: !non_empty TV", "name: TV", false);
}

static void a_map_is_all_of_its_entries(void **state) {
    (void)state;
    answered("texts: { a: x }", "texts: { a: x }", false);
    answered("texts: { a: x }", "texts: { a: x, b: y }", true);
    answered("texts: { a: x, b: y }", "texts: { a: x }", true);
}

static void a_request_has_the_same_fields(void **state) {
    (void)state;
    edited(PUT("{ number: 7, name: a }"), PUT("{ number: 7 }"), "its request is another");
    edited(PUT("{ number: 7 }"), PUT("{ number: 7, name: a }"), "its request is another");
    edited(PUT("{ number: 7, name: a }"), PUT("{ number: 7, name: !type a }"), NULL);
    edited(PUT("{ number: 7, name: !type a }"), PUT("{ number: 7, name: a }"),
           "its request is another");
}

#define UPLOAD(repeat)                                                                             \
    "  call: ShopService.Upload\n  steps:\n  - recv: { number: 1 }\n    repeat: " repeat           \
    "\n  - close\n  - send: {}\n"

static void a_request_comes_as_often(void **state) {
    static const char how[] = "its requests may be fewer or more";
    (void)state;
    edited(UPLOAD("{ min: 2, max: 4 }"), UPLOAD("{ min: 2, max: 4 }"), NULL);
    edited(UPLOAD("{ min: 2, max: 4 }"), UPLOAD("{ min: 1, max: 5 }"), NULL);
    edited(UPLOAD("{ min: 2, max: 4 }"), UPLOAD("{ min: 3, max: 4 }"), how);
    edited(UPLOAD("{ min: 2, max: 4 }"), UPLOAD("{ min: 2, max: 3 }"), how);
}

static void values_of_one_key_are_compared_in_order(void **state) {
    static const char how[] = "its trailers are matched by more";
    (void)state;
    edited(GET "  response: {}\n  trailers: { x-tag: [a, b] }\n",
           GET "  response: {}\n  trailers: { x-tag: [a, b] }\n", NULL);
    edited(GET "  response: {}\n  trailers: { x-tag: [a, b] }\n",
           GET "  response: {}\n  trailers: { x-tag: [b, a] }\n", how);
    edited(GET "  response: {}\n  trailers: { x-tag: [a, b] }\n",
           GET "  response: {}\n  trailers: { x-tag: a }\n", how);
}

static void a_time_that_is_gone_is_longer(void **state) {
    static const char how[] = "it may take longer";
    (void)state;
    edited(GET "  response: {}\n  within: 100ms\n", GET "  response: {}\n  within: 100ms\n", NULL);
    edited(GET "  response: {}\n  within: 100ms\n", GET "  response: {}\n  within: 50ms\n", NULL);
    edited(GET "  response: {}\n  within: 100ms\n", GET "  response: {}\n  within: 200ms\n", how);
    edited(GET "  response: {}\n  within: 100ms\n", GET "  response: {}\n", how);
    edited(GET "  response: {}\n", GET "  response: {}\n  within: 100ms\n", NULL);
}

static void a_route_that_is_no_longer_pinned_is_one_of_all(void **state) {
    static const char how[] = "it is called by another route";
    (void)state;
    edited(GET "  http: GET /items/{id}\n  response: {}\n", GET "  response: {}\n", NULL);
    edited(GET "  response: {}\n", GET "  http: GET /items/{id}\n  response: {}\n", how);
    edited(GET "  http: GET /items/{id}\n  response: {}\n",
           GET "  http: GET /item/{id}\n  response: {}\n", how);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_may_become_a_value_in_the_range),
        cmocka_unit_test(a_type_is_less_than_nothing_alone),
        cmocka_unit_test(a_map_is_all_of_its_entries),
        cmocka_unit_test(a_request_has_the_same_fields),
        cmocka_unit_test(a_request_comes_as_often),
        cmocka_unit_test(values_of_one_key_are_compared_in_order),
        cmocka_unit_test(a_time_that_is_gone_is_longer),
        cmocka_unit_test(a_route_that_is_no_longer_pinned_is_one_of_all),
    };

    return cmocka_run_group_tests(tests, load, unload);
}
