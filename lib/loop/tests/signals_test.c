#include "patience.h"

#include <signal.h>
#include <unistd.h>

static int told, last;

static void on_signal(void *self, int signo) {
    (void)self;
    told++;
    last = signo;
}

static void tells_of_the_signals_asked_for(void **state) {
    (void)state;
    pl_loop *loop = NULL;
    assert_int_equal(pl_loop_new(&loop, NULL), PL_OK);
    assert_int_equal(pl_loop_on_signal(loop, SIGUSR1, on_signal, NULL, NULL), PL_OK);
    assert_int_equal(pl_loop_on_signal(loop, SIGTERM, on_signal, NULL, NULL), PL_OK);
    told = 0;
    assert_int_equal(kill(getpid(), SIGTERM), 0);
    run_until(loop, told);
    assert_int_equal(last, SIGTERM);
    assert_int_equal(kill(getpid(), SIGUSR1), 0);
    run_until(loop, told == 2);
    assert_int_equal(last, SIGUSR1);

    assert_int_equal(pl_loop_on_signal(loop, SIGUSR1, NULL, NULL, NULL), PL_OK);
    assert_int_equal(kill(getpid(), SIGUSR1), 0);
    assert_int_equal(kill(getpid(), SIGTERM), 0);
    run_until(loop, told == 3);
    assert_int_equal(last, SIGTERM);
    pl_loop_free(loop);
}

static void refuses_signals_that_cannot_be_handled(void **state) {
    (void)state;
    pl_loop *loop = NULL;
    assert_int_equal(pl_loop_new(&loop, NULL), PL_OK);
    static const int bad[] = {0, -1, SIGKILL, SIGSTOP, 65};
    for (size_t i = 0; i < PL_COUNT(bad); i++)
        assert_int_equal(pl_loop_on_signal(loop, bad[i], on_signal, NULL, NULL),
                         PL_INVALID_ARGUMENT);
    pl_loop_free(loop);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_of_the_signals_asked_for),
        cmocka_unit_test(refuses_signals_that_cannot_be_handled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
