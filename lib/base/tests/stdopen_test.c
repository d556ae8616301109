/* Standard descriptors that are closed when a process starts. */
#include "parley/base/stdopen.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

/* What the child of a test does: true where all is as it should be. */
static void in_a_child(bool (*run)(void)) {
    int status = -1;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(run() ? 0 : 1);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static bool files_are_opened_above(void) {
    for (int fd = 0; fd <= 2; fd++)
        close(fd);
    pl_stdopen();
    return open("/dev/null", O_RDWR) > 2;
}

static bool reading_and_writing_fail(void) {
    char c = 'x';
    close(0);
    close(1);
    pl_stdopen();
    return read(0, &c, 1) < 0 && errno == EBADF && write(1, &c, 1) < 0 && errno == EBADF;
}

static bool open_ones_are_left(void) {
    int ends[2];
    char c = 0;
    if (pipe(ends) != 0 || dup2(ends[0], 0) != 0)
        return false;
    close(1);
    pl_stdopen();
    return write(ends[1], "y", 1) == 1 && read(0, &c, 1) == 1 && c == 'y';
}

static void nothing_that_is_opened_later_takes_their_place(void **state) {
    (void)state;
    in_a_child(files_are_opened_above);
}

static void using_one_that_was_closed_fails_as_before(void **state) {
    (void)state;
    in_a_child(reading_and_writing_fail);
}

static void those_that_are_open_are_left_alone(void **state) {
    (void)state;
    in_a_child(open_ones_are_left);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_that_is_opened_later_takes_their_place),
        cmocka_unit_test(using_one_that_was_closed_fails_as_before),
        cmocka_unit_test(those_that_are_open_are_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
