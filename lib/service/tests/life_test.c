/* The life of a service, seen from outside: a child process, its admin port, its
 * log, its exit code. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "parley/base/clock.h"
#include "parley/http/client.h"
#include "parley/rpc/channel.h"

enum { DEADLINE_MS = 20000, MAX_ARGS = 16, OUTPUT_MAX = 1 << 20 };

struct child {
    pid_t pid;
    int ready_fd, out_fd, err_fd;
    pl_buf out, err;
    char ready[256]; /* the ready line */
    char grpc[64], admin[64];
    char file[40]; /* READY_FILE of a test; "" */
};

/* ---- starting and watching it ---- */

static void become_sample(const int *ready, const int *out, const int *err, char *const *argv,
                          char *const *env) {
    enum { READY_FD = 5 };
    dup2(out[1], STDOUT_FILENO);
    dup2(err[1], STDERR_FILENO);
    int high = fcntl(ready[1], F_DUPFD, 20); /* READY_FD may be one of the pipes */
    dup2(high, READY_FD);
    for (int fd = READY_FD + 1; fd < 64; fd++)
        close(fd);
    execve(SAMPLE, argv, env);
    _exit(127);
}

/* "TSAN_OPTIONS=..." of this process, or one that nobody reads. */
static char *sanitizer_options(void) {
    char text[512];
    const char *options = getenv("TSAN_OPTIONS");
    snprintf(text, sizeof text, "TSAN_OPTIONS=%s", options ? options : "");
    return strdup(text);
}

/* Starts the sample with NULL-terminated ARGS and ENV; READY_FD=5 is added. */
static void spawn(struct child *c, const char *const *args, const char *const *env) {
    int ready[2], out[2], err[2];
    char *argv[MAX_ARGS] = {strdup("sample")};
    char *environment[MAX_ARGS] = {strdup("READY_FD=5"), sanitizer_options()};
    for (size_t i = 0; args[i]; i++)
        argv[i + 1] = strdup(args[i]);
    for (size_t i = 0; env[i]; i++)
        environment[i + 2] = strdup(env[i]);
    assert_int_equal(pipe(ready) | pipe(out) | pipe(err), 0);
    c->pid = fork();
    assert_true(c->pid >= 0);
    if (c->pid == 0)
        become_sample(ready, out, err, argv, environment);
    close(ready[1]);
    close(out[1]);
    close(err[1]);
    c->ready_fd = ready[0];
    c->out_fd = out[0];
    c->err_fd = err[0];
    for (size_t i = 0; i < MAX_ARGS; i++) {
        free(argv[i]);
        free(environment[i]);
    }
}

#define SPAWN(c, env, ...) spawn((c), (const char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL}, (env))

static const char *const with_secret[] = {"SAMPLE_URL=hunter2", NULL};
static const char *const demo[] = {"SAMPLE_URL=hunter2", "DEMO=true", NULL};

/* Appends what FD has, waiting until DEADLINE; false at its end. */
static bool read_some(int fd, pl_buf *out, int64_t deadline) {
    struct pollfd p = {.fd = fd, .events = POLLIN};
    int n = poll(&p, 1, pl_remaining_ms(deadline));
    if (n < 0 && errno == EINTR)
        return true;
    if (n == 0)
        fail_msg("nothing more in time; so far: %s", out->p);
    char *room = pl_buf_reserve(out, 4096);
    assert_non_null(room);
    ssize_t got = read(fd, room, 4096);
    if (got > 0)
        pl_buf_wrote(out, (size_t)got);
    return got > 0;
}

static void read_until(int fd, pl_buf *out, const char *text) {
    int64_t deadline = pl_deadline_ms(DEADLINE_MS);
    while (!strstr(out->p, text)) {
        if (!read_some(fd, out, deadline))
            fail_msg("ended without '%s': %s", text, out->p);
    }
}

static void copy_address(const char *line, const char *name, char out[64]) {
    const char *at = strstr(line, name);
    assert_non_null(at);
    snprintf(out, 64, "%.*s", (int)strcspn(at + strlen(name), " \n"), at + strlen(name));
}

static void wait_ready(struct child *c) {
    pl_buf line = pl_buf_make(sizeof c->ready - 1);
    int64_t deadline = pl_deadline_ms(DEADLINE_MS);
    while (!strchr(line.p, '\n')) {
        struct pollfd p = {.fd = c->ready_fd, .events = POLLIN};
        assert_true(poll(&p, 1, pl_remaining_ms(deadline)) > 0);
        char byte;
        if (read(c->ready_fd, &byte, 1) != 1) {
            while (read_some(c->err_fd, &c->err, deadline))
                continue;
            fail_msg("not ready: %s", c->err.p);
        }
        pl_buf_putc(&line, byte);
    }
    snprintf(c->ready, sizeof c->ready, "%s", line.p);
    copy_address(line.p, "grpc=", c->grpc);
    copy_address(line.p, "admin=", c->admin);
    pl_buf_done(&line);
}

/* Reads all output to its end and returns the exit status, 128 + signal when killed. */
static int wait_end(struct child *c) {
    int64_t deadline = pl_deadline_ms(DEADLINE_MS);
    while (read_some(c->err_fd, &c->err, deadline))
        continue;
    while (read_some(c->out_fd, &c->out, deadline))
        continue;
    int status;
    assert_int_equal(waitpid(c->pid, &status, 0), c->pid);
    c->pid = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int setup(void **state) {
    struct child *c = calloc(1, sizeof *c);
    c->ready_fd = c->out_fd = c->err_fd = -1;
    c->out = pl_buf_make(OUTPUT_MAX);
    c->err = pl_buf_make(OUTPUT_MAX);
    *state = c;
    return 0;
}

static int teardown(void **state) {
    struct child *c = *state;
    if (c->pid > 0) {
        kill(c->pid, SIGKILL);
        waitpid(c->pid, NULL, 0);
    }
    close(c->ready_fd);
    close(c->out_fd);
    close(c->err_fd);
    if (*c->file)
        unlink(c->file);
    pl_buf_done(&c->out);
    pl_buf_done(&c->err);
    free(c);
    return 0;
}

/* ---- asking it ---- */

/* The status of METHOD PATH; the body goes to OUT (NULL: not wanted). */
static int ask(const struct child *c, const char *method, const char *path, pl_buf *out,
               const pl_http_field *field) {
    pl_http_call call = PL_HTTP_CALL_INIT;
    call.address = c->admin;
    call.method = pl_str_c(method);
    call.target = pl_str_c(path);
    call.body = pl_str_c(strcmp(method, "POST") == 0 ? "now" : "");
    call.fields = field;
    call.field_count = field ? 1 : 0;
    pl_http_answer *answer = NULL;
    pl_error err = PL_ERROR_INIT;
    if (pl_http_fetch(&call, &answer, &err))
        fail_msg("%s %s: %s", method, path, err.message);
    int status = answer->head->status;
    if (out) {
        pl_buf_clear(out);
        pl_buf_str(out, answer->body);
    }
    pl_http_answer_free(answer);
    return status;
}

static void assert_holds(const pl_buf *text, const char *expected) {
    if (!strstr(text->p, expected))
        fail_msg("no <<%s>> in <<%s>>", expected, text->p);
}

static pl_code check_health(const struct child *c) {
    pl_channel_opts opts = PL_CHANNEL_OPTS_INIT;
    opts.target = c->grpc;
    pl_channel *channel;
    assert_int_equal(pl_channel_new(&opts, &channel, NULL), PL_OK);
    pl_bytes_request request = {.path = "/grpc.health.v1.Health/Check",
                                .deadline_ns = pl_deadline_ms(DEADLINE_MS)};
    pl_bytes_reply *reply = NULL;
    pl_code code = pl_channel_call_bytes(channel, &request, &reply);
    if (!code) /* field 1, varint, SERVING */
        assert_true(pl_str_eq(reply->body, pl_str_make("\x08\x01", 2)));
    pl_bytes_reply_free(reply);
    pl_channel_free(channel);
    return code;
}

/* ---- tests ---- */

static void serves_until_sigterm_and_exits_with_0(void **state) {
    struct child *c = *state;
    SPAWN(c, with_secret);
    wait_ready(c);
    assert_int_equal(check_health(c), PL_OK);
    assert_int_equal(ask(c, "GET", "/livez", NULL, NULL), 200);
    assert_int_equal(ask(c, "GET", "/readyz", &c->out, NULL), 200);
    assert_string_equal(c->out.p, "{\"ready\":true,\"state\":\"serving\",\"checks\":"
                                  "[{\"name\":\"file\",\"ok\":true}]}\n");
    kill(c->pid, SIGTERM);
    assert_int_equal(wait_end(c), 0);
    assert_holds(&c->err, "\"service\":\"test-sample\",\"event\":\"ready\",\"version\":\"1.2.3\"");
    assert_holds(&c->err, "\"event\":\"draining\"");
    assert_holds(&c->err, "\"event\":\"sample_stop\"");
    assert_holds(&c->err, "\"event\":\"stopped\"");
    assert_null(strstr(c->err.p, "hunter2"));
}

static void sigint_ends_it_as_well(void **state) {
    struct child *c = *state;
    SPAWN(c, with_secret);
    wait_ready(c);
    kill(c->pid, SIGINT);
    assert_int_equal(wait_end(c), 0);
}

static void a_second_signal_ends_it_at_once(void **state) {
    struct child *c = *state;
    SPAWN(c, with_secret, "--hang-stop");
    wait_ready(c);
    kill(c->pid, SIGTERM);
    read_until(c->err_fd, &c->err, "sample_stop");
    kill(c->pid, SIGTERM);
    assert_int_equal(wait_end(c), 128 + SIGTERM);
}

static void is_not_ready_while_a_check_fails(void **state) {
    struct child *c = *state;
    snprintf(c->file, sizeof c->file, "/tmp/parley-life-XXXXXX");
    close(mkstemp(c->file));
    SPAWN(c, with_secret, "--ready-file", c->file);
    wait_ready(c);
    assert_int_equal(ask(c, "GET", "/readyz", NULL, NULL), 200);
    unlink(c->file);
    int64_t deadline = pl_deadline_ms(DEADLINE_MS); /* the answer is cached for a while */
    while (ask(c, "GET", "/readyz", &c->out, NULL) != 503)
        assert_true(pl_now_ns() < deadline);
    assert_holds(&c->out, "{\"ready\":false,\"state\":\"serving\",\"checks\":[{\"name\":\"file\","
                          "\"ok\":false,\"error\":\"/tmp/parley-life-");
    assert_int_equal(ask(c, "GET", "/livez", NULL, NULL), 200);
}

static void shows_metrics_of_calls_and_process(void **state) {
    struct child *c = *state;
    SPAWN(c, with_secret);
    wait_ready(c);
    assert_int_equal(check_health(c), PL_OK);
    int64_t deadline = pl_deadline_ms(DEADLINE_MS); /* it is counted after it is answered */
    static const char counted[] =
        "parley_rpc_calls_total{method=\"/grpc.health.v1.Health/Check\",code=\"OK\"} 1\n";
    do {
        assert_int_equal(ask(c, "GET", "/metrics", &c->out, NULL), 200);
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
    wait_ready(c);
    assert_int_equal(check_health(c), PL_OK);
    read_until(c->err_fd, &c->err, "\"event\":\"call\"");
    kill(c->pid, SIGTERM);
    assert_int_equal(wait_end(c), 0);
    assert_holds(&c->err, "\"event\":\"call\",\"trace\":\"");
    assert_holds(&c->err, "\"method\":\"/grpc.health.v1.Health/Check\",\"code\":\"OK\",\"ms\":");
}

static void answers_404_and_405_on_the_admin_port(void **state) {
    struct child *c = *state;
    SPAWN(c, with_secret);
    wait_ready(c);
    assert_int_equal(ask(c, "GET", "/", NULL, NULL), 404);
    assert_int_equal(ask(c, "POST", "/livez", NULL, NULL), 405);
}

static void serves_added_admin_routes_in_demonstrations_only(void **state) {
    struct child *c = *state;
    SPAWN(c, with_secret);
    wait_ready(c);
    assert_int_equal(ask(c, "POST", "/fail", NULL, NULL), 403);
}

static void refuses_web_pages_on_added_admin_routes(void **state) {
    struct child *c = *state;
    SPAWN(c, demo);
    wait_ready(c);
    pl_http_field origin = {PL_STR("origin"), PL_STR("http://evil.example")};
    assert_int_equal(ask(c, "POST", "/fail", NULL, &origin), 403);
}

static void a_failure_drains_and_exits_with_1(void **state) {
    struct child *c = *state;
    SPAWN(c, demo);
    wait_ready(c);
    assert_int_equal(ask(c, "POST", "/fail", NULL, NULL), 202);
    assert_int_equal(wait_end(c), 1);
    assert_holds(&c->err, "\"event\":\"failed\",\"error\":\"asked to fail: now\"");
    assert_holds(&c->err, "\"event\":\"sample_stop\"");
}

static void says_why_it_cannot_start(void **state) {
    struct child *c = *state;
    SPAWN(c, with_secret, "--fail-start");
    assert_int_equal(wait_end(c), 1);
    assert_holds(&c->err, "\"event\":\"start_failed\",\"error\":\"database: cannot connect\"");
}

static void refuses_an_address_in_use(void **state) {
    struct child *c = *state;
    SPAWN(c, with_secret);
    wait_ready(c);
    void *other_state = NULL;
    setup(&other_state);
    struct child *other = other_state;
    SPAWN(other, with_secret, "--listen", c->grpc);
    int status = wait_end(other);
    bool named = strstr(other->err.p, c->grpc) != NULL;
    teardown(&other_state);
    assert_int_equal(status, 1);
    assert_true(named);
}

static void refuses_wrong_settings_with_exit_code_2(void **state) {
    struct child *c = *state;
    SPAWN(c, with_secret, "--workers=0");
    assert_int_equal(wait_end(c), 2);
    assert_string_equal(c->err.p, "test-sample: flag --workers: expected a whole number from 1 to "
                                  "1024, got '0'\n");
}

static void refuses_internal_methods_outside_of_a_demonstration(void **state) {
    struct child *c = *state;
    SPAWN(c, with_secret, "--internal");
    assert_int_equal(wait_end(c), 1);
    assert_holds(&c->err, "/sample.v1.SampleService/Peek is internal, and without identities");
    assert_holds(&c->err, "has DEMO=false and LISTEN=127.0.0.1:0");
}

static void refuses_internal_methods_beyond_loopback(void **state) {
    struct child *c = *state;
    SPAWN(c, demo, "--internal", "--listen=0.0.0.0:0");
    assert_int_equal(wait_end(c), 1);
    assert_holds(&c->err, "has DEMO=true and LISTEN=0.0.0.0:0");
}

static void serves_internal_methods_of_a_demonstration_on_loopback(void **state) {
    struct child *c = *state;
    SPAWN(c, demo, "--internal");
    wait_ready(c);
    kill(c->pid, SIGTERM);
    assert_int_equal(wait_end(c), 0);
    assert_null(strstr(c->err.p, "demo_exposed"));
}

static void warns_loudly_of_a_demonstration_beyond_loopback(void **state) {
    struct child *c = *state;
    SPAWN(c, demo, "--listen=0.0.0.0:0");
    wait_ready(c);
    kill(c->pid, SIGTERM);
    assert_int_equal(wait_end(c), 0);
    assert_holds(&c->err,
                 "\"level\":\"warn\",\"service\":\"test-sample\",\"event\":\"demo_exposed\"");
}

static void warns_of_misspelt_variables(void **state) {
    struct child *c = *state;
    static const char *const env[] = {"SAMPLE_URL=x", "READY_FIL=/", NULL};
    SPAWN(c, env);
    wait_ready(c);
    kill(c->pid, SIGTERM);
    assert_int_equal(wait_end(c), 0);
    assert_holds(&c->err, "READY_FIL, did you mean READY_FILE?");
}

static void hides_its_secret_from_proc(void **state) {
    struct child *c = *state;
    SPAWN(c, with_secret);
    wait_ready(c);
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
    assert_int_equal(wait_end(c), 0);
    assert_holds(&c->out, "test-sample 1.2.3: does nothing\n");
    assert_holds(&c->out, "  --drain-grace DURATION 0ms..5m  (default 10s)\n");
    assert_holds(&c->out, "  --listen TEXT  (default 127.0.0.1:0)\n");
}

static void prints_its_version(void **state) {
    struct child *c = *state;
    static const char *const empty[] = {NULL};
    SPAWN(c, empty, "--version");
    assert_int_equal(wait_end(c), 0);
    assert_string_equal(c->out.p, "test-sample 1.2.3\n");
}

static void prints_its_configuration_without_secrets(void **state) {
    struct child *c = *state;
    SPAWN(c, with_secret, "--print-config");
    assert_int_equal(wait_end(c), 0);
    assert_holds(&c->out, "SAMPLE_URL: \"***\"  # environment\n");
    assert_holds(&c->out, "LOG_FORMAT: json  # default\n");
}

static void migrates_and_ends(void **state) {
    struct child *c = *state;
    SPAWN(c, with_secret, "--migrate");
    assert_int_equal(wait_end(c), 0);
    assert_holds(&c->err, "\"event\":\"migrated\"");
}

static void a_migration_that_fails_exits_with_1(void **state) {
    struct child *c = *state;
    static const char *const empty[] = {NULL};
    SPAWN(c, empty, "--migrate");
    assert_int_equal(wait_end(c), 1);
    assert_holds(&c->err, "\"event\":\"migrate_failed\",\"error\":\"SAMPLE_URL: not set\"");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(serves_until_sigterm_and_exits_with_0),
        TEST(sigint_ends_it_as_well),
        TEST(a_second_signal_ends_it_at_once),
        TEST(is_not_ready_while_a_check_fails),
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
        TEST(warns_loudly_of_a_demonstration_beyond_loopback),
        TEST(warns_of_misspelt_variables),
        TEST(hides_its_secret_from_proc),
        TEST(prints_help),
        TEST(prints_its_version),
        TEST(prints_its_configuration_without_secrets),
        TEST(migrates_and_ends),
        TEST(a_migration_that_fails_exits_with_1),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
