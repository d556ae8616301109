/* Every allocation fails once: the table is not built, or the answer is an error, and
 * nothing is lost or used after it was freed. */
#include "fixture.h"

#include <stdio.h>

#include "parley/test/failmalloc.h"

static const char *set_path;

static void loading_survives_each_failed_allocation(void **state) {
    (void)state;
    pl_pool *pool = NULL;
    assert_int_equal(pl_pool_load(set_path, NULL, &pool, NULL), PL_OK);
    pl_rest_opts opts = PL_REST_OPTS_INIT;
    opts.pool = pool;
    size_t n = 1;
    for (bool failed = true; failed; n++) {
        pl_rest *rest = NULL;
        pl_test_fail_allocation(n);
        pl_code code = pl_rest_new(&opts, &rest, NULL);
        failed = pl_test_allocation_failed();
        assert_int_equal(code, failed ? PL_RESOURCE_EXHAUSTED : PL_OK);
        pl_rest_free(rest);
    }
    assert_true(n > 3);
    pl_pool_free(pool);
}

/* One exchange with the allocation N failing; true where one did. */
static bool exchange_with_failure(const pl_rest *rest, size_t n) {
    const pl_rest_pair type = {PL_STR("content-type"), PL_STR("application/json")};
    const pl_rest_request request = {.method = PL_STR("POST"),
                                     .path = PL_STR("/shelves/7/5"),
                                     .body = PL_STR("{\"label\":\"top\"}"),
                                     .headers = &type,
                                     .header_count = 1};
    pl_arena arena = pl_arena_make(1 << 20);
    pl_test_fail_allocation(n);
    pl_rest_exchange *exchange = pl_rest_begin(rest, &request, &arena);
    if (exchange && pl_rest_exchange_call(exchange))
        pl_rest_finish(exchange, &(pl_rest_result){.code = PL_OK, .response = PL_STR("\x0a\x01x")});
    bool failed = pl_test_allocation_failed();
    if (exchange) {
        const pl_rest_response *response = pl_rest_exchange_response(exchange);
        assert_non_null(response);
        assert_true(failed ? response->status >= 400 : response->status == 200);
    } else {
        assert_true(failed);
    }
    pl_arena_done(&arena);
    return failed;
}

static void exchange_survives_each_failed_allocation(void **state) {
    fixture *f = *state;
    size_t n = 1;
    while (exchange_with_failure(f->rest, n))
        n++;
    assert_true(n > 3);
}

int main(int argc, char **argv) {
    assert_true(argc == 3);
    fixture_sets = argv[1];
    fixture_goldens = argv[2];
    char path[4096];
    snprintf(path, sizeof path, "%s/items.binpb", argv[1]);
    set_path = path;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loading_survives_each_failed_allocation),
        cmocka_unit_test_setup_teardown(exchange_survives_each_failed_allocation, fixture_set_up,
                                        fixture_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
