/* The life of a service, seen from outside: a child process, its admin port, its
 * log, its exit code. */
#include "child.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "parley/base/clock.h"

static const char *const with_secret[] = {"SAMPLE_URL=hunter2", NULL};
static const char *const demo[] = {"SAMPLE_URL=hunter2", "DEMO=true", NULL};

static void assert_holds(const pl_buf *text, const char *expected) {
    if (!strstr(text->p, expected))
        fail_msg("no <<%s>> in <<%s>>", expected, text->p);
}

static pl_code check_health(const struct child *c) {
    struct call call = {.child = c, .path = "/grpc.health.v1.Health/Check"};
    child_call(&call);
    if (!call.code) /* field 1, varint, SERVING */
        assert_true(call.body_size == 2 && memcmp(call.body, "\x08\x01", 2) == 0);
    return call.code;
}

static void serves_until_sigterm_and_exits_with_0(void **state) {
    struct child *c = *state;
    SPAWN(c, with_secret);
    child_wait_ready(c);
    assert_int_equal(check_health(c), PL_OK);
    assert_int_equal(child_ask(c, "GET", "/livez", NULL, NULL), 200);
    assert_int_equal(child_ask(c, "GET", "/readyz", &c->out, NULL), 200);
    assert_string_equal(c->out.p, "{\"ready\":true,\"state\":\"serving\",\"checks\":"
                                  "[{\"name\":\"file\",\"ok\":true}]}\n");
    kill(c->pid, SIGTERM);
    assert_int_equal(child_wait_end(c), 0);
    assert_holds(&c->err, "\"service\":\"test-sample\",\"event\":\"ready\",\"version\":\"1.2.3\"");
    assert_holds(&c->err, "\"event\":\"draining\"");
    assert_holds(&c->err, "\"event\":\"sample_stop\"");
    assert_holds(&c->err, "\"event\":\"stopped\"");
    assert_null(strstr(c->err.p, "hunter2"));
}

static void a_service_without_grpc_announces_its_own_ports(void **state) {
    struct child *c = *state;
    c->program = "sample-without-grpc";
    SPAWN(c, with_secret, "--announce=127.0.0.1:8088");
    child_wait_ready(c);
    assert_memory_equal(c->ready, "ready http=127.0.0.1:8088 admin=127.0.0.1:", 41);
    assert_string_equal(c->grpc, "");
    assert_int_equal(child_ask(c, "GET", "/readyz", NULL, NULL), 200);
    kill(c->pid, SIGTERM);
    assert_int_equal(child_wait_end(c), 0);
}

static void sigint_ends_it_as_well(void **state) {
    struct child *c = *state;
    SPAWN(c, with_secret);
    child_wait_ready(c);
    kill(c->pid, SIGINT);
    assert_int_equal(child_wait_end(c), 0);
}

static void a_second_signal_ends_it_at_once(void **state) {
    struct child *c = *state;
    SPAWN(c, with_secret, "--hang-stop");
    child_wait_ready(c);
    kill(c->pid, SIGTERM);
    child_read_until(c, "sample_stop");
    kill(c->pid, SIGTERM);
    assert_int_equal(child_wait_end(c), 128 + SIGTERM);
}

static void is_not_ready_while_a_check_fails(void **state) {
    struct child *c = *state;
    child_make_file(c);
    SPAWN(c, with_secret, "--ready-file", c->file);
    child_wait_ready(c);
    assert_int_equal(child_ask(c, "GET", "/readyz", NULL, NULL), 200);
    unlink(c->file);
    int64_t deadline = pl_deadline_ms(DEADLINE_MS); /* the answer is cached for a while */
    while (child_ask(c, "GET", "/readyz", &c->out, NULL) != 503)
        assert_true(pl_now_ns() < deadline);
    assert_holds(&c->out, "{\"ready\":false,\"state\":\"serving\",\"checks\":[{\"name\":\"file\","
                          "\"ok\":false,\"error\":\"/tmp/parley-life-");
    assert_int_equal(child_ask(c, "GET", "/livez", NULL, NULL), 200);
}

static void a_call_in_progress_ends_before_the_service_does(void **state) {
    struct child *c = *state;
    child_make_file(c);
    SPAWN(c, with_secret, "--ready-file", c->file);
    child_wait_ready(c);
    struct call call = {.child = c, .path = "/sample.v1.WaitService/Wait", .code = PL_UNKNOWN};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, child_call, &call), 0);
    child_read_until(c, "sample_called");
    kill(c->pid, SIGTERM);
    child_read_until(c, "draining");
    assert_int_equal(child_ask(c, "GET", "/livez", NULL, NULL), 200);
    assert_int_equal(child_ask(c, "GET", "/readyz", &c->out, NULL), 503);
    assert_holds(&c->out, "\"state\":\"draining\"");
    unlink(c->file);
    pthread_join(thread, NULL);
    assert_int_equal(call.code, PL_OK);
    assert_int_equal(child_wait_end(c), 0);
    assert_holds(&c->err, "\"method\":\"/sample.v1.WaitService/Wait\",\"code\":\"OK\"");
}

static void a_call_that_goes_on_after_the_grace_is_cut(void **state) {
    struct child *c = *state;
    child_make_file(c);
    SPAWN(c, with_secret, "--ready-file", c->file, "--drain-grace=10ms");
    child_wait_ready(c);
    struct call call = {.child = c, .path = "/sample.v1.WaitService/Wait", .code = PL_OK};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, child_call, &call), 0);
    child_read_until(c, "sample_called");
    kill(c->pid, SIGTERM);
    int status = child_wait_end(c);
    pthread_join(thread, NULL);
    assert_int_equal(status, 0);
    assert_int_not_equal(call.code, PL_OK);
    assert_holds(&c->err, "\"event\":\"drain_cut\"");
}

static void what_a_handler_logs_carries_the_trace_of_its_call(void **state) {
    struct child *c = *state;
    SPAWN(c, with_secret, "--ready-file=/no/such/file");
    child_wait_ready(c);
    struct call call = {.child = c, .path = "/sample.v1.WaitService/Wait"};
    child_call(&call);
    assert_int_equal(call.code, PL_OK);
    child_read_until(c, "\"event\":\"call\"");
    const char *own = strstr(c->err.p, "\"event\":\"sample_called\",\"trace\":\"");
    const char *chassis = strstr(c->err.p, "\"event\":\"call\",\"trace\":\"");
    assert_non_null(own);
    assert_non_null(chassis);
    assert_memory_equal(strstr(own, "trace"), strstr(chassis, "trace"), 8 + 32);
}

static void shows_metrics_of_calls_and_process(void **state) {
    struct child *c = *state;
    SPAWN(c, with_secret);
    child_wait_ready(c);
    assert_int_equal(check_health(c), PL_OK);
    int64_t deadline = pl_deadline_ms(DEADLINE_MS); /* it is counted after it is answered */
    static const char counted[] =
        "parley_rpc_calls_total{method=\"/grpc.health.v1.Health/Check\",code=\"OK\"} 1\n";
    do {
        assert_int_equal(child_ask(c, "GET", "/metrics", &c->out, NULL), 200);
        assert_true(pl_now_ns() < deadline);
    } while (!strstr(c->out.p, counted));
    assert_holds(&c->out, "parley_rpc_seconds_count{method=\"/grpc.health.v1.Health/Check\"} 1\n");
    assert_holds(&c->out, "sample_secret_bytes 7\n");
    assert_holds(&c->out, "process_resident_memory_bytes ");
    assert_holds(&c->out, "parley_rpc_workers_busy 0\n");
}

static void logs_each_call_with_its_trace(void **state) {
    struct child *c = *state;
    SPAWN(c, with_secret, "--log-level=debug");
    child_wait_ready(c);
    assert_int_equal(check_health(c), PL_OK);
    child_read_until(c, "\"event\":\"call\"");
    kill(c->pid, SIGTERM);
    assert_int_equal(child_wait_end(c), 0);
    assert_holds(&c->err, "\"event\":\"call\",\"trace\":\"");
    assert_holds(&c->err, "\"method\":\"/grpc.health.v1.Health/Check\",\"code\":\"OK\",\"ms\":");
}

static void answers_404_and_405_on_the_admin_port(void **state) {
    struct child *c = *state;
    SPAWN(c, with_secret);
    child_wait_ready(c);
    assert_int_equal(child_ask(c, "GET", "/", NULL, NULL), 404);
    assert_int_equal(child_ask(c, "POST", "/livez", NULL, NULL), 405);
}

static void serves_added_admin_routes_in_demonstrations_only(void **state) {
    struct child *c = *state;
    SPAWN(c, with_secret);
    child_wait_ready(c);
    assert_int_equal(child_ask(c, "POST", "/fail", NULL, NULL), 403);
}

static void refuses_web_pages_on_added_admin_routes(void **state) {
    struct child *c = *state;
    SPAWN(c, demo);
    child_wait_ready(c);
    pl_http_field origin = {PL_STR("origin"), PL_STR("http://evil.example")};
    assert_int_equal(child_ask(c, "POST", "/fail", NULL, &origin), 403);
}

static void a_failure_drains_and_exits_with_1(void **state) {
    struct child *c = *state;
    SPAWN(c, demo);
    child_wait_ready(c);
    assert_int_equal(child_ask(c, "POST", "/fail", NULL, NULL), 202);
    assert_int_equal(child_wait_end(c), 1);
    assert_holds(&c->err, "\"event\":\"failed\",\"error\":\"asked to fail: now\"");
    assert_holds(&c->err, "\"event\":\"sample_stop\"");
}

static void says_why_it_cannot_start(void **state) {
    struct child *c = *state;
    SPAWN(c, with_secret, "--fail-start");
    assert_int_equal(child_wait_end(c), 1);
    assert_holds(&c->err, "\"event\":\"start_failed\",\"error\":\"database: cannot connect\"");
}

static void refuses_an_address_in_use(void **state) {
    struct child *c = *state;
    SPAWN(c, with_secret);
    child_wait_ready(c);
    void *other_state = NULL;
    child_setup(&other_state);
    struct child *other = other_state;
    SPAWN(other, with_secret, "--listen", c->grpc);
    int status = child_wait_end(other);
    bool named = strstr(other->err.p, c->grpc) != NULL;
    child_teardown(&other_state);
    assert_int_equal(status, 1);
    assert_true(named);
}

static void refuses_wrong_settings_with_exit_code_2(void **state) {
    struct child *c = *state;
    SPAWN(c, with_secret, "--workers=0");
    assert_int_equal(child_wait_end(c), 2);
    assert_string_equal(c->err.p, "test-sample: flag --workers: expected a whole number from 1 to "
                                  "1024, got '0'\n");
}

static void refuses_internal_methods_outside_of_a_demonstration(void **state) {
    struct child *c = *state;
    SPAWN(c, with_secret, "--internal");
    assert_int_equal(child_wait_end(c), 1);
    assert_holds(&c->err, "/sample.v1.SampleService/Peek is internal, and without identities");
    assert_holds(&c->err, "has DEMO=false and LISTEN=127.0.0.1:0");
}

static void refuses_internal_methods_beyond_loopback(void **state) {
    struct child *c = *state;
    SPAWN(c, demo, "--internal", "--listen=0.0.0.0:0");
    assert_int_equal(child_wait_end(c), 1);
    assert_holds(&c->err, "has DEMO=true and LISTEN=0.0.0.0:0");
}

static void serves_internal_methods_of_a_demonstration_on_loopback(void **state) {
    struct child *c = *state;
    SPAWN(c, demo, "--internal");
    child_wait_ready(c);
    kill(c->pid, SIGTERM);
    assert_int_equal(child_wait_end(c), 0);
    assert_null(strstr(c->err.p, "demo_exposed"));
}

static void warns_of_a_method_that_has_no_operation(void **state) {
    struct child *c = *state;
    SPAWN(c, demo, "--internal");
    child_wait_ready(c);
    kill(c->pid, SIGTERM);
    assert_int_equal(child_wait_end(c), 0);
    assert_holds(&c->err, "\"level\":\"warn\",\"service\":\"test-sample\","
                          "\"event\":\"method_without_operation\","
                          "\"method\":\"/sample.v1.SampleService/Peek\",\"operation\":\"peek\"");
}

static void warns_loudly_of_a_demonstration_beyond_loopback(void **state) {
    struct child *c = *state;
    SPAWN(c, demo, "--listen=0.0.0.0:0");
    child_wait_ready(c);
    kill(c->pid, SIGTERM);
    assert_int_equal(child_wait_end(c), 0);
    assert_holds(&c->err,
                 "\"level\":\"warn\",\"service\":\"test-sample\",\"event\":\"demo_exposed\"");
}

static void warns_of_misspelt_variables(void **state) {
    struct child *c = *state;
    static const char *const env[] = {"SAMPLE_URL=x", "READY_FIL=/", NULL};
    SPAWN(c, env);
    child_wait_ready(c);
    kill(c->pid, SIGTERM);
    assert_int_equal(child_wait_end(c), 0);
    assert_holds(&c->err, "READY_FIL, did you mean READY_FILE?");
}

static void a_misspelt_variable_is_named_beside_what_is_missing(void **state) {
    struct child *c = *state;
    static const char *const env[] = {"SAMPLE_ULR=x", NULL};
    SPAWN(c, env);
    assert_int_equal(child_wait_end(c), 2);
    assert_holds(&c->err, "test-sample: SAMPLE_URL: required and not set");
    assert_holds(&c->err, "warning: environment variable SAMPLE_ULR, did you mean SAMPLE_URL?");
}

static void hides_its_secret_from_proc(void **state) {
    struct child *c = *state;
    SPAWN(c, with_secret);
    child_wait_ready(c);
    char path[64];
    snprintf(path, sizeof path, "/proc/%ld/environ", (long)c->pid);
    int fd = open(path, O_RDONLY);
    if (fd < 0)
        skip();
    char text[4096];
    ssize_t n = read(fd, text, sizeof text);
    close(fd);
    assert_true(n > 0);
    for (ssize_t i = 0; i + 7 <= n; i++)
        assert_memory_not_equal(text + i, "hunter2", 7);
}

static void prints_help(void **state) {
    struct child *c = *state;
    static const char *const empty[] = {NULL};
    SPAWN(c, empty, "--help");
    assert_int_equal(child_wait_end(c), 0);
    assert_holds(&c->out, "test-sample 1.2.3: does nothing\n");
    assert_holds(&c->out, "  --drain-grace DURATION 0ms..5m  (default 10s)\n");
    assert_holds(&c->out, "  --listen TEXT  (default 127.0.0.1:0)\n");
}

static void prints_its_version(void **state) {
    struct child *c = *state;
    static const char *const empty[] = {NULL};
    SPAWN(c, empty, "--version");
    assert_int_equal(child_wait_end(c), 0);
    assert_string_equal(c->out.p, "test-sample 1.2.3\n");
}

static void prints_its_configuration_without_secrets(void **state) {
    struct child *c = *state;
    SPAWN(c, with_secret, "--print-config");
    assert_int_equal(child_wait_end(c), 0);
    assert_holds(&c->out, "SAMPLE_URL: \"***\"  # environment\n");
    assert_holds(&c->out, "LOG_FORMAT: json  # default\n");
}

static void migrates_and_ends(void **state) {
    struct child *c = *state;
    SPAWN(c, with_secret, "--migrate");
    assert_int_equal(child_wait_end(c), 0);
    assert_holds(&c->err, "\"event\":\"migrated\"");
}

static void a_migration_that_fails_exits_with_1(void **state) {
    struct child *c = *state;
    static const char *const empty[] = {NULL};
    SPAWN(c, empty, "--migrate");
    assert_int_equal(child_wait_end(c), 1);
    assert_holds(&c->err, "\"event\":\"migrate_failed\",\"error\":\"SAMPLE_URL: not set\"");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, child_setup, child_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(serves_until_sigterm_and_exits_with_0),
        TEST(a_service_without_grpc_announces_its_own_ports),
        TEST(sigint_ends_it_as_well),
        TEST(a_second_signal_ends_it_at_once),
        TEST(is_not_ready_while_a_check_fails),
        TEST(a_call_in_progress_ends_before_the_service_does),
        TEST(a_call_that_goes_on_after_the_grace_is_cut),
        TEST(what_a_handler_logs_carries_the_trace_of_its_call),
        TEST(shows_metrics_of_calls_and_process),
        TEST(logs_each_call_with_its_trace),
        TEST(answers_404_and_405_on_the_admin_port),
        TEST(serves_added_admin_routes_in_demonstrations_only),
        TEST(refuses_web_pages_on_added_admin_routes),
        TEST(a_failure_drains_and_exits_with_1),
        TEST(says_why_it_cannot_start),
        TEST(refuses_an_address_in_use),
        TEST(refuses_wrong_settings_with_exit_code_2),
        TEST(refuses_internal_methods_outside_of_a_demonstration),
        TEST(refuses_internal_methods_beyond_loopback),
        TEST(serves_internal_methods_of_a_demonstration_on_loopback),
        TEST(warns_of_a_method_that_has_no_operation),
        TEST(warns_loudly_of_a_demonstration_beyond_loopback),
        TEST(warns_of_misspelt_variables),
        TEST(a_misspelt_variable_is_named_beside_what_is_missing),
        TEST(hides_its_secret_from_proc),
        TEST(prints_help),
        TEST(prints_its_version),
        TEST(prints_its_configuration_without_secrets),
        TEST(migrates_and_ends),
        TEST(a_migration_that_fails_exits_with_1),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
