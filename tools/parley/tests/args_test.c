/* What every verb does alike. */
#include <stdio.h>
#include <unistd.h>

#include "check.h"
#include "common/args.h"

enum { TEXT_MAX = 4 };

static const tool_command command = {.name = "graph"};
static const tool_args args = {.command = &command};

static void output_that_is_whole_leaves_the_exit_code(void **state) {
    pl_buf out = pl_buf_make(TEXT_MAX);
    (void)state;
    pl_buf_puts(&out, "ok\n");
    assert_int_equal(tool_print(&args, &out, TOOL_EXIT_BREAKING), TOOL_EXIT_BREAKING);
    assert_int_equal(out.n, 0);
}

static void output_that_is_cut_is_a_failure(void **state) {
    pl_buf out = pl_buf_make(TEXT_MAX);
    (void)state;
    pl_buf_puts(&out, "ok\n");
    pl_buf_puts(&out, "and more");
    assert_int_equal(tool_print(&args, &out, TOOL_EXIT_OK), TOOL_EXIT_FAILED);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(output_that_is_whole_leaves_the_exit_code),
        cmocka_unit_test(output_that_is_cut_is_a_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
