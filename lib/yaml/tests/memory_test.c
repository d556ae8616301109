/* Every allocation failed once: an error, nothing leaked, nothing written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "parley/test/failmalloc.h"
#include "parley/yaml/yaml.h"

static void survives_each_failed_allocation(void **state) {
    (void)state;
    static const char text[] = "a: &a {x: [1, two]}\nb: {<<: *a, c: 'd'}\n";
    bool done = false;
    for (size_t n = 1; !done; n++) {
        pl_yaml_doc *doc = NULL;
        pl_error err = PL_ERROR_INIT;
        pl_test_fail_allocation(n);
        pl_code code = pl_yaml_parse(pl_str_c(text), "a.yaml", &doc, &err);
        done = !pl_test_allocation_failed();
        assert_int_equal(code, done ? PL_OK : PL_RESOURCE_EXHAUSTED);
        assert_true(done == (doc != NULL));
        pl_yaml_free(doc);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(survives_each_failed_allocation)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
