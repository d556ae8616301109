/* What a change says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "parley/breaking/diff.h"
#include "parley/schema/wire.h"

enum { SET_MAX = 1 << 12, SET_FILE = 1, FILE_NAME = 1, FILE_PACKAGE = 2, FILE_SYNTAX = 12 };

/* One file without elements. */
static pl_pool *pool_of(const char *package) {
    pl_buf set = pl_buf_make(SET_MAX), file = pl_buf_make(SET_MAX);
    pl_pool *pool = NULL;
    pl_error err = PL_ERROR_INIT;
    assert_true(pl_wire_put_bytes(&file, FILE_NAME, pl_str_c("a.proto")));
    if (package)
        assert_true(pl_wire_put_bytes(&file, FILE_PACKAGE, pl_str_c(package)));
    assert_true(pl_wire_put_bytes(&file, FILE_SYNTAX, pl_str_c("proto3")));
    assert_true(pl_wire_put_bytes(&set, SET_FILE, pl_buf_view(&file)));
    if (pl_pool_new(pl_buf_view(&set), NULL, &pool, &err))
        fail_msg("%s", err.message);
    pl_buf_done(&file);
    pl_buf_done(&set);
    return pool;
}

static void says(const char *was, const char *is, const char *message) {
    pl_pool *before = pool_of(was), *after = pool_of(is);
    pl_changes *changes = NULL;
    assert_int_equal(pl_diff(before, after, NULL, &changes, NULL), PL_OK);
    assert_int_equal(pl_changes_count(changes), 1);
    assert_string_equal(pl_changes_at(changes, 0)->message.p, message);
    pl_changes_free(changes);
    pl_pool_free(before);
    pl_pool_free(after);
}

static void a_package_that_is_gone_is_none(void **state) {
    (void)state;
    says("a.v1", NULL, "the package changed from a.v1 to none");
    says(NULL, "a.v1", "the package changed from none to a.v1");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_package_that_is_gone_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
