/* The program of a provider's states: started, and ended whatever it does. */
#include "verify/local.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "parley/base/clock.h"

enum { ARENA_MAX = 1 << 20, PRINTED_MS = 20000 };

typedef struct fixture {
    char folder[32], program[64];
    pl_arena arena;
    local local;
    pl_error err;
} fixture;

static int set_up(void **state) {
    fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    f->arena = pl_arena_make(ARENA_MAX);
    (void)snprintf(f->folder, sizeof f->folder, "/tmp/parley-test-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    (void)snprintf(f->program, sizeof f->program, "%s/states", f->folder);
    f->local.states_program = f->program;
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    fixture *f = *state;
    local_done(&f->local);
    (void)unlink(f->program);
    (void)rmdir(f->folder);
    pl_arena_done(&f->arena);
    free(f);
    return 0;
}

/* Starts the shell's TEXT as the program. */
static pl_code serve(fixture *f, const char *text) {
    FILE *file = fopen(f->program, "w");
    assert_non_null(file);
    assert_true(fprintf(file, "#!/bin/sh\n%s\n", text) > 0 && fclose(file) == 0);
    assert_int_equal(chmod(f->program, 0700), 0);
    return local_serve_states(&f->local, &f->arena, &f->err);
}

static void has_ended(pid_t pid) {
    assert_int_equal(kill(pid, 0), -1);
    assert_int_equal(errno, ESRCH);
}

static void the_address_is_that_of_the_ready_line(void **state) {
    fixture *f = *state;
    assert_int_equal(
        serve(f, "echo ready states=127.0.0.1:4711; exec tail -f /dev/null >/dev/null"), PL_OK);
    assert_string_equal(f->local.states, "127.0.0.1:4711");
    pid_t pid = f->local.states_pid;
    local_done(&f->local);
    has_ended(pid);
}

static void a_program_that_does_not_hear_sigterm_is_ended(void **state) {
    fixture *f = *state;
    assert_int_equal(
        serve(f, "trap '' TERM; echo ready states=127.0.0.1:1; exec tail -f /dev/null >/dev/null"),
        PL_OK);
    pid_t pid = f->local.states_pid;
    local_done(&f->local);
    has_ended(pid);
}

static void a_program_may_print_more_than_a_pipe_holds(void **state) {
    fixture *f = *state;
    char done[sizeof f->folder + 8];
    (void)snprintf(done, sizeof done, "%s/done", f->folder);
    assert_int_equal(serve(f, "echo ready states=127.0.0.1:1\n"
                              "yes printed by states | head -n 4000 && touch \"${0%/*}/done\"\n"
                              "exec tail -f /dev/null >/dev/null"),
                     PL_OK);
    int64_t deadline_ns = pl_deadline_ms(PRINTED_MS);
    while (access(done, F_OK) != 0 && pl_remaining_ms(deadline_ns) > 0)
        (void)poll(NULL, 0, 5);
    assert_int_equal(unlink(done), 0);
}

static void a_program_that_ends_at_once_was_never_ready(void **state) {
    fixture *f = *state;
    assert_int_equal(serve(f, "echo no database; exit 1"), PL_UNAVAILABLE);
    assert_non_null(strstr(f->err.message, "did not say \"ready states=\""));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_address_is_that_of_the_ready_line, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_program_that_does_not_hear_sigterm_is_ended, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_program_may_print_more_than_a_pipe_holds, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_program_that_ends_at_once_was_never_ready, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
