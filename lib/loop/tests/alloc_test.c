/* Fails every allocation once: nothing leaks, nothing crashes, and what cannot be done is
 * said. */
#include "parley/loop/child.h"

#include "check.h"

#include <signal.h>

#include "parley/test/failmalloc.h"

static void on_signal(void *self, int signo) {
    (void)self;
    (void)signo;
}

static pl_code use_all(void) {
    pl_loop *loop = NULL;
    pl_child *child = NULL;
    pl_code code = pl_loop_new(&loop, NULL);
    if (!code)
        code = pl_loop_on_signal(loop, SIGUSR2, on_signal, NULL, NULL);
    pl_child_opts opts = PL_CHILD_OPTS_INIT;
    const char *const argv[] = {"/bin/true", NULL};
    opts.argv = argv;
    if (!code)
        code = pl_child_start(loop, &opts, &child, NULL);
    pl_child_free(child);
    pl_loop_free(loop);
    return code;
}

static void says_so_when_memory_runs_out(void **state) {
    (void)state;
    for (size_t n = 1; n < 100; n++) {
        pl_test_fail_allocation(n);
        pl_code code = use_all();
        if (!pl_test_allocation_failed()) {
            assert_int_equal(code, PL_OK);
            return;
        }
        assert_int_equal(code, PL_RESOURCE_EXHAUSTED);
    }
    fail_msg("it allocates for ever");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(says_so_when_memory_runs_out)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
