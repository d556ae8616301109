/* A supervised process, with tiny programs: it starts, ends, starts again, gives up, stops. */
#include "up/process.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "parley/base/clock.h"

enum { PATIENCE_MS = 10000, TURN_MS = 20 };

typedef struct fixture {
    pl_loop *loop;
    process p;
    char folder[32];
    const char *argv[4];
    int starts;
    int lines;
    char line[64];
} fixture;

static pl_code command(void *self, process *p, pl_child_opts *opts, pl_error *err) {
    fixture *f = self;
    (void)p;
    (void)err;
    f->starts++;
    opts->argv = f->argv;
    return PL_OK;
}

static void changed(void *self, process *p) {
    (void)self;
    (void)p;
}

/* The programs say when they serve, as services do. */
static void on_line(void *self, process *p, pl_str line) {
    fixture *f = self;
    f->lines++;
    (void)snprintf(f->line, sizeof f->line, "%.*s", PL_FMT(line));
    if (pl_str_eqc(line, "ready"))
        process_ready(p);
}

static int set_up(void **state) {
    fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    process_owner owner = {command, changed, on_line, f};
    (void)snprintf(f->folder, sizeof f->folder, "/tmp/parley-test-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    assert_int_equal(pl_loop_new(&f->loop, NULL), PL_OK);
    assert_int_equal(process_init(&f->p, f->loop, &owner, f->folder, "it", NULL), PL_OK);
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    fixture *f = *state;
    char path[64];
    process_done(&f->p);
    pl_loop_free(f->loop);
    (void)snprintf(path, sizeof path, "%s/it.log", f->folder);
    (void)unlink(path);
    (void)rmdir(f->folder);
    free(f);
    return 0;
}

static void run_sh(fixture *f, const char *script) {
    f->argv[0] = "/bin/sh";
    f->argv[1] = "-c";
    f->argv[2] = script;
    process_start(&f->p);
}

static void wait_state(fixture *f, process_state state) {
    int64_t deadline = pl_deadline_ms(PATIENCE_MS);
    while (f->p.state != state && pl_now_ns() < deadline)
        assert_int_equal(pl_loop_run_once(f->loop, TURN_MS, NULL), PL_OK);
    assert_string_equal(process_state_name(f->p.state), process_state_name(state));
}

static void wait_failed(fixture *f) {
    int64_t deadline = pl_deadline_ms(PATIENCE_MS);
    while (!process_failed(&f->p) && pl_now_ns() < deadline)
        assert_int_equal(pl_loop_run_once(f->loop, TURN_MS, NULL), PL_OK);
    assert_true(process_failed(&f->p));
}

static void is_ready_when_its_owner_says_so(void **state) {
    fixture *f = *state;
    run_sh(f, "echo ready; exec tail -f /dev/null");
    assert_int_equal(f->p.state, PROCESS_STARTING);
    run_sh(f, "asked again: nothing happens");
    wait_state(f, PROCESS_READY);
    assert_int_equal(f->starts, 1);
    assert_true(process_pid(&f->p) > 0);
}

static void stops_on_request_and_stays_stopped(void **state) {
    fixture *f = *state;
    run_sh(f, "echo ready; exec tail -f /dev/null");
    wait_state(f, PROCESS_READY);
    process_stop(&f->p);
    assert_int_equal(f->p.state, PROCESS_STOPPING);
    wait_state(f, PROCESS_STOPPED);
    assert_int_equal(f->starts, 1);
    assert_int_equal(process_pid(&f->p), 0);
}

static void is_started_again_after_a_crash(void **state) {
    fixture *f = *state;
    run_sh(f, "echo ready; kill -9 $$");
    wait_state(f, PROCESS_BACKOFF);
    assert_int_equal(f->p.restarts, 1);
    assert_string_equal(f->p.ended, "signal 9, SIGKILL");
    wait_state(f, PROCESS_STARTING);
    assert_int_equal(f->starts, 2);
}

static void a_crash_is_an_error_with_its_last_lines(void **state) {
    fixture *f = *state;
    run_sh(f, "echo ready; echo first; echo second; echo no way; kill -SEGV $$");
    wait_state(f, PROCESS_BACKOFF);
    char log[2048] = "";
    FILE *file = fopen(f->p.log.path, "r");
    assert_non_null(file);
    assert_true(fread(log, 1, sizeof log - 1, file) > 0);
    (void)fclose(file);
    assert_null(strstr(f->p.log.last.p, "ended"));
    assert_non_null(strstr(log, "\"level\":\"error\""));
    assert_non_null(strstr(log, "ended (signal 11, SIGSEGV); again in 100 ms"));
    const char *last = strstr(log, "\"last\":\"");
    assert_non_null(last);
    assert_non_null(strstr(last, "no way"));
    assert_null(strstr(last, "ready"));
}

static void last_lines_are_those_of_the_last_run(void **state) {
    fixture *f = *state;
    char script[160];
    (void)snprintf(script, sizeof script,
                   "test -e %s/seen && echo again && exit 1; touch %s/seen; echo once; exit 1",
                   f->folder, f->folder);
    run_sh(f, script);
    wait_state(f, PROCESS_BACKOFF);
    wait_state(f, PROCESS_STARTING);
    wait_state(f, PROCESS_BACKOFF);
    assert_non_null(strstr(f->p.log.last.p, "again\n"));
    assert_null(strstr(f->p.log.last.p, "once"));
    (void)snprintf(script, sizeof script, "%s/seen", f->folder);
    (void)unlink(script);
}

static void half_a_line_of_one_that_died_does_not_spoil_the_next_start(void **state) {
    fixture *f = *state;
    char script[128];
    (void)snprintf(script, sizeof script,
                   "test -e %s/seen && echo ready && exec tail -f /dev/null;"
                   " touch %s/seen; printf half; exit 1",
                   f->folder, f->folder);
    run_sh(f, script);
    wait_state(f, PROCESS_BACKOFF);
    assert_string_equal(f->line, "half");
    wait_state(f, PROCESS_READY);
    (void)snprintf(script, sizeof script, "%s/seen", f->folder);
    (void)unlink(script);
}

static void delay_grows_with_every_end(void **state) {
    fixture *f = *state;
    run_sh(f, "exit 1");
    wait_state(f, PROCESS_BACKOFF);
    assert_int_equal(f->p.backoff_ms, 2 * PROCESS_BACKOFF_FIRST_MS);
    wait_state(f, PROCESS_STARTING);
    wait_state(f, PROCESS_BACKOFF);
    assert_int_equal(f->p.backoff_ms, 4 * PROCESS_BACKOFF_FIRST_MS);
}

static void has_failed_after_some_ends_in_a_row(void **state) {
    fixture *f = *state;
    f->argv[0] = "/bin/false";
    process_start(&f->p);
    wait_failed(f);
    assert_int_equal(f->starts, PROCESS_FAILURES_MAX);
    assert_string_equal(f->p.ended, "exit 1");
}

static void wrong_settings_are_a_failure_at_once(void **state) {
    fixture *f = *state;
    run_sh(f, "echo LIMIT: expected a number; exit 2");
    wait_failed(f);
    assert_int_equal(f->starts, 1);
    assert_non_null(strstr(f->p.log.last.p, "LIMIT: expected a number"));
}

static void missing_program_is_a_failure_at_once(void **state) {
    fixture *f = *state;
    f->argv[0] = "/nonexistent/program";
    process_start(&f->p);
    wait_failed(f);
    assert_int_equal(f->starts, 1);
}

static void start_while_it_stops_starts_it_again(void **state) {
    fixture *f = *state;
    run_sh(f, "echo ready; exec tail -f /dev/null");
    wait_state(f, PROCESS_READY);
    process_stop(&f->p);
    process_start(&f->p);
    wait_state(f, PROCESS_STARTING);
    wait_state(f, PROCESS_READY);
    assert_int_equal(f->starts, 2);
    assert_int_equal(f->p.restarts, 0);
}

static void kill_ends_one_that_does_not_listen(void **state) {
    fixture *f = *state;
    run_sh(f, "trap '' TERM; echo ready; exec tail -f /dev/null");
    wait_state(f, PROCESS_READY);
    process_stop(&f->p);
    process_kill(&f->p);
    wait_state(f, PROCESS_STOPPED);
    assert_string_equal(f->p.ended, "signal 9, SIGKILL");
}

static void restart_without_its_program_waits_and_tries_again(void **state) {
    fixture *f = *state;
    run_sh(f, "echo ready; exec tail -f /dev/null");
    wait_state(f, PROCESS_READY);
    process_stop(&f->p);
    f->argv[0] = "/no/such/program";
    process_start(&f->p);
    wait_state(f, PROCESS_BACKOFF);
    assert_int_equal(f->starts, 2);
}

static void kill_ends_one_that_waits_for_its_next_start(void **state) {
    fixture *f = *state;
    run_sh(f, "exit 1");
    wait_state(f, PROCESS_BACKOFF);
    process_kill(&f->p);
    wait_state(f, PROCESS_STOPPED);
    assert_int_equal(f->starts, 1);
}

static void one_that_runs_once_has_succeeded_with_exit_0(void **state) {
    fixture *f = *state;
    f->p.once = true;
    run_sh(f, "exit 0");
    wait_state(f, PROCESS_STOPPED);
    assert_true(f->p.succeeded);
    assert_int_equal(f->p.restarts, 0);
}

static void one_that_runs_once_is_tried_again_after_a_failure(void **state) {
    fixture *f = *state;
    f->p.once = true;
    f->argv[0] = "/bin/false";
    process_start(&f->p);
    wait_state(f, PROCESS_BACKOFF);
    assert_false(f->p.succeeded);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(is_ready_when_its_owner_says_so),
        TEST(stops_on_request_and_stays_stopped),
        TEST(is_started_again_after_a_crash),
        TEST(a_crash_is_an_error_with_its_last_lines),
        TEST(last_lines_are_those_of_the_last_run),
        TEST(half_a_line_of_one_that_died_does_not_spoil_the_next_start),
        TEST(delay_grows_with_every_end),
        TEST(has_failed_after_some_ends_in_a_row),
        TEST(wrong_settings_are_a_failure_at_once),
        TEST(missing_program_is_a_failure_at_once),
        TEST(start_while_it_stops_starts_it_again),
        TEST(restart_without_its_program_waits_and_tries_again),
        TEST(kill_ends_one_that_does_not_listen),
        TEST(kill_ends_one_that_waits_for_its_next_start),
        TEST(one_that_runs_once_has_succeeded_with_exit_0),
        TEST(one_that_runs_once_is_tried_again_after_a_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
