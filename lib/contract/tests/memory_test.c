/* Every allocation failed once: an error, nothing leaked, nothing written. */
#include "parley/contract/bundle.h"
#include "parley/contract/format.h"
#include "parley/test/failmalloc.h"
#include "shop.h"

static const char text[] = SHOP_HEAD
    "  call: ShopService.GetItem\n  request: { id: !one_of [1, 2] }\n"
    "  response: { name: !regex { pattern: a, example: a }, texts: { a: b }, took: 5s,"
    " nobody: 1 }\n"
    "- name: b\n  call: ShopService.GetItem\n  request: { id: 2 }\n  status: NOT_FOUND\n";

static void compiling_survives_each_failed_allocation(void **state) {
    const pl_contract_source source = {"shop.v1/web.yaml", pl_str_c(text)};
    bool done = false;
    (void)state;
    for (size_t n = 1; !done; n++) {
        pl_contract_set *set = NULL;
        pl_error err = PL_ERROR_INIT;
        pl_findings *findings = pl_findings_new();
        assert_non_null(findings);
        pl_test_fail_allocation(n);
        pl_code code = pl_contract_compile(pool, &source, 1, NULL, findings, &set, &err);
        done = !pl_test_allocation_failed();
        assert_true((code == PL_OK) == (set != NULL));
        /* A check that lacked memory was not silent. */
        if (code == PL_OK)
            assert_true(pl_findings_errors(findings) > 0);
        pl_contract_set_free(set);
        pl_findings_free(findings);
    }
}

static void bundles_survive_each_failed_allocation(void **state) {
    pl_contract_set *set = shop_response(pool, "{ name: x, parts: !each { count: 1 } }");
    pl_buf whole = pl_buf_make(SHOP_TEXT_MAX);
    bool done = false;
    (void)state;
    assert_int_equal(pl_bundle_write(set, &whole, NULL), PL_OK);
    for (size_t n = 1; !done; n++) {
        pl_contract_set *read = NULL;
        pl_buf out = pl_buf_make(SHOP_TEXT_MAX);
        pl_test_fail_allocation(n);
        pl_code code = pl_bundle_write(set, &out, NULL);
        if (code == PL_OK)
            code = pl_bundle_read(pl_buf_view(&whole), &read, NULL);
        done = !pl_test_allocation_failed();
        assert_int_equal(code, done ? PL_OK : PL_RESOURCE_EXHAUSTED);
        pl_contract_set_free(read);
        pl_buf_done(&out);
    }
    pl_buf_done(&whole);
    pl_contract_set_free(set);
}

static void laying_out_survives_each_failed_allocation(void **state) {
    bool done = false;
    (void)state;
    for (size_t n = 1; !done; n++) {
        pl_buf out = pl_buf_make(SHOP_TEXT_MAX);
        pl_test_fail_allocation(n);
        pl_code code = pl_contract_format(pl_str_c(text), "a.yaml", &out, NULL);
        done = !pl_test_allocation_failed();
        assert_true(done == (code == PL_OK));
        assert_true(code == PL_OK || out.n == 0);
        pl_buf_done(&out);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compiling_survives_each_failed_allocation),
        cmocka_unit_test(bundles_survive_each_failed_allocation),
        cmocka_unit_test(laying_out_survives_each_failed_allocation),
    };
    return cmocka_run_group_tests(tests, shop_load, shop_unload);
}
