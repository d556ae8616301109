/* Every allocation fails once: there is no stub, or no answer, and nothing is lost. */
#include "fixture.h"

#include "parley/stub/rest.h"
#include "parley/test/failmalloc.h"

#define CHAIR                                                                                      \
    "consumer: web\nprovider: shop.v1\naccess: [rest]\ncontracts:\n"                               \
    "- name: a chair\n"                                                                            \
    "  call: ShopService.GetItem\n"                                                                \
    "  request: { id: 1 }\n"                                                                       \
    "  response: { number: 1, name: chair }\n"                                                     \
    "  scenario: { name: sale, then: sold }\n"                                                     \
    "  trailers: { x-price: '12' }\n"                                                              \
    "- name: a table\n"                                                                            \
    "  call: ShopService.GetItem\n"                                                                \
    "  request: { id: 2 }\n"                                                                       \
    "  response: { number: 2, name: table }\n"

static const char *const provider = "shop.v1";
static const pl_stub_opts usual = PL_STUB_OPTS_INIT;

static int end(void **state) {
    (void)pl_test_allocation_failed();
    return tear_down(state);
}

static void making_a_stub_survives_each_failed_allocation(void **state) {
    size_t n = 1;

    (void)state;
    compile(CHAIR);
    for (bool failed = true; failed; n++) {
        pl_stub *stub = NULL;
        pl_test_fail_allocation(n);
        pl_code code = pl_stub_new(s.set, &provider, 1, &usual, &stub, NULL);
        failed = pl_test_allocation_failed();
        assert_int_equal(code, failed ? PL_RESOURCE_EXHAUSTED : PL_OK);
        pl_stub_free(stub);
    }
    assert_true(n > 3);
}

/* The first request of a new stub makes its routes and the contract's label, too. */
static bool ask_with_failure(const char *path, size_t n) {
    const pl_rest_request get = {.method = PL_STR("GET"), .path = pl_str_c(path)};
    pl_arena arena = pl_arena_make(PL_STUB_REST_MEMORY);
    pl_stub *stub = NULL;
    pl_error err = PL_ERROR_INIT;

    assert_int_equal(pl_stub_new(s.set, &provider, 1, &usual, &stub, &err), PL_OK);
    pl_test_fail_allocation(n);
    const pl_rest_response *response = pl_stub_rest(stub, &get, &arena);
    bool failed = pl_test_allocation_failed();
    assert_non_null(response);
    /* Without memory the journal forgets the request, and nobody else notices. */
    if (!failed)
        assert_int_equal(response->status, 200);
    pl_arena_done(&arena);
    pl_stub_free(stub);
    return failed;
}

static void a_request_survives_each_failed_allocation(void **state) {
    size_t n = 1;

    (void)state;
    compile(CHAIR);
    while (ask_with_failure("/items/1", n))
        n++;
    assert_true(n > 3);
}

static void a_plain_request_survives_each_failed_allocation(void **state) {
    size_t n = 1;

    (void)state;
    compile(CHAIR);
    open_bundle(NULL, NULL);
    while (ask_with_failure("/items/2", n))
        n++;
    assert_true(n > 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(making_a_stub_survives_each_failed_allocation, end),
        cmocka_unit_test_teardown(a_request_survives_each_failed_allocation, end),
        cmocka_unit_test_teardown(a_plain_request_survives_each_failed_allocation, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
