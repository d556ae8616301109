/* Every allocation fails once: all changes are found, or an error is. */
#include <stdio.h>

#include "check.h"
#include "mutate.h"
#include "parley/breaking/diff.h"
#include "parley/test/failmalloc.h"

enum { BYTES_MAX = 16 << 20 };

static pl_pool *load(pl_buf *bytes, mutation *m) {
    pl_buf changed = pl_buf_make(BYTES_MAX);
    pl_pool *pool = NULL;
    pl_error err = PL_ERROR_INIT;
    mutate(pl_buf_view(bytes), "shop/v1/shop.proto", m, &changed);
    if (pl_pool_new(pl_buf_view(&changed), NULL, &pool, &err))
        fail_msg("%s", err.message);
    pl_buf_done(&changed);
    return pool;
}

static void read_set(pl_buf *out) {
    FILE *file = fopen(PL_SHOP_SET, "rb");
    assert_non_null(file);
    for (size_t n = 1; n > 0;) {
        char *room = pl_buf_reserve(out, 4096);
        n = room ? fread(room, 1, 4096, file) : 0;
        pl_buf_wrote(out, n);
    }
    (void)fclose(file);
}

static void finds_all_changes_or_says_that_memory_ran_out(void **state) {
    mutation none = {.target = SIZE_MAX}, renamed = {.kind = MUTATE_NAME, .target = 7};
    pl_buf bytes = pl_buf_make(BYTES_MAX);
    (void)state;
    read_set(&bytes);
    pl_pool *before = load(&bytes, &none), *after = load(&bytes, &renamed);
    bool done = false;
    for (size_t n = 1; !done; n++) {
        pl_changes *changes = NULL;
        pl_test_fail_allocation(n);
        pl_code code = pl_diff(before, after, NULL, &changes, NULL);
        done = !pl_test_allocation_failed();
        if (code == PL_OK) {
            assert_int_equal(pl_changes_count(changes), 2);
            for (size_t i = 0; i < 2; i++)
                assert_true(pl_changes_at(changes, i)->message.n > 0);
        } else {
            assert_int_equal(code, PL_RESOURCE_EXHAUSTED);
            assert_null(changes);
        }
        if (done)
            assert_int_equal(code, PL_OK);
        pl_changes_free(changes);
    }
    pl_pool_free(before);
    pl_pool_free(after);
    pl_buf_done(&bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_all_changes_or_says_that_memory_ran_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
