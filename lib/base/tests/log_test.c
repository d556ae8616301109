/* pread and pipes: the log writes to stderr, which the test redirects. */
#include "parley/base/log.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "check.h"

static char captured[16384];

/* Runs LOG with stderr in a file and returns what was written. */
static const char *capture(void (*log)(void)) {
    FILE *file = tmpfile();
    assert_non_null(file);
    int saved = dup(STDERR_FILENO);
    assert_true(dup2(fileno(file), STDERR_FILENO) >= 0);
    log();
    assert_true(dup2(saved, STDERR_FILENO) >= 0);
    close(saved);
    ssize_t n = pread(fileno(file), captured, sizeof captured - 1, 0);
    assert_true(n >= 0);
    captured[n] = '\0';
    fclose(file);
    return captured;
}

static void log_fields_of_each_kind(void) {
    (void)pl_log_trace("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    pl_log(PL_LOG_WARN, "started", PL_LOG_STR("name", "a\"b"), PL_LOG_I64("port", 8081),
           PL_LOG_BOOL("demo", true), PL_LOG_F64("ms", 1.5));
    (void)pl_log_trace(NULL);
}

static void log_a_huge_field(void) {
    static char huge[10000];
    memset(huge, 'x', sizeof huge - 1);
    pl_log(PL_LOG_ERROR, "huge", PL_LOG_I64("kept", 1), PL_LOG_STR("dropped", huge));
}

static void log_below_the_level(void) {
    pl_log(PL_LOG_DEBUG, "quiet", PL_LOG_I64("x", 1));
}

static void writes_one_json_object_a_line(void **state) {
    (void)state;
    pl_log_init("mall-orders", PL_LOG_INFO, PL_LOG_JSON);
    const char *line = capture(log_fields_of_each_kind);
    assert_non_null(strstr(line,
                           "\"level\":\"warn\",\"service\":\"mall-orders\",\"event\":\"started\","
                           "\"trace\":\"0af7651916cd43dd8448eb211c80319c\","
                           "\"span\":\"b7ad6b7169203331\",\"name\":\"a\\\"b\",\"port\":8081,"
                           "\"demo\":true,\"ms\":1.500}\n"));
    assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
}

static void leaves_out_a_field_that_does_not_fit(void **state) {
    (void)state;
    pl_log_init("x", PL_LOG_INFO, PL_LOG_JSON);
    const char *line = capture(log_a_huge_field);
    assert_non_null(strstr(line, "\"event\":\"huge\",\"kept\":1}\n"));
}

static void log_numbers(void) {
    pl_log(PL_LOG_ERROR, "numbers", PL_LOG_F64("a", -0.0004), PL_LOG_F64("b", -2.0006),
           PL_LOG_F64("c", 1e18), PL_LOG_F64("d", 0.0 / 0.0), PL_LOG_F64("e", 12.9996));
}

static void writes_numbers_with_three_places(void **state) {
    (void)state;
    pl_log_init("x", PL_LOG_INFO, PL_LOG_JSON);
    assert_non_null(strstr(capture(log_numbers), "\"a\":0.000,\"b\":-2.001,"
                                                 "\"c\":1000000000000000000.000,\"d\":null,"
                                                 "\"e\":13.000}\n"));
}

static void log_twice(void) {
    pl_log(PL_LOG_ERROR, "one", PL_LOG_I64("x", 1));
    pl_log(PL_LOG_ERROR, "two", PL_LOG_I64("x", 1));
}

static void the_times_of_lines_of_one_second_go_up(void **state) {
    (void)state;
    enum { TIME = sizeof "{\"time\":\"2026-11-21T12:34:56.789123Z" - 1 };
    pl_log_init("x", PL_LOG_INFO, PL_LOG_JSON);
    const char *one = capture(log_twice);
    const char *two = strchr(one, '\n') + 1;
    assert_true(memcmp(one, two, TIME) <= 0);
    assert_int_equal(two[TIME - 1], 'Z');
    assert_int_equal(two[TIME], '"');
}

static void is_quiet_below_the_least_level(void **state) {
    (void)state;
    pl_log_init("x", PL_LOG_INFO, PL_LOG_JSON);
    assert_string_equal(capture(log_below_the_level), "");
}

static void writes_text_for_people(void **state) {
    (void)state;
    pl_log_init("x", PL_LOG_DEBUG, PL_LOG_TEXT);
    assert_non_null(strstr(capture(log_fields_of_each_kind), "warn  started name=a\"b port=8081"));
}

static pl_log_held held;
static size_t written_before_the_flush;

static void log_and_hold(void) {
    pl_log_hold(&held);
    pl_log(PL_LOG_INFO, "one", PL_LOG_I64("x", 1));
    pl_log(PL_LOG_INFO, "two", PL_LOG_I64("x", 2));
    written_before_the_flush = (size_t)lseek(STDERR_FILENO, 0, SEEK_END);
    pl_log_flush();
    pl_log_hold(NULL);
}

static void keeps_lines_back_until_the_flush(void **state) {
    (void)state;
    pl_log_init("x", PL_LOG_INFO, PL_LOG_JSON);
    const char *lines = capture(log_and_hold);
    assert_int_equal(written_before_the_flush, 0);
    assert_true(strstr(lines, "\"event\":\"one\"") < strstr(lines, "\"event\":\"two\""));
    assert_non_null(strstr(lines, "\"event\":\"two\""));
}

static void hold_and_warn(void) {
    pl_log_hold(&held);
    pl_log(PL_LOG_INFO, "one", PL_LOG_I64("x", 1));
    pl_log(PL_LOG_WARN, "bad", PL_LOG_I64("x", 2));
    written_before_the_flush = (size_t)lseek(STDERR_FILENO, 0, SEEK_END);
    pl_log_hold(NULL);
}

static void a_warning_takes_along_what_was_kept_back(void **state) {
    (void)state;
    pl_log_init("x", PL_LOG_INFO, PL_LOG_JSON);
    const char *lines = capture(hold_and_warn);
    assert_int_equal(written_before_the_flush, strlen(lines));
    assert_non_null(strstr(lines, "\"event\":\"one\""));
}

static void hold_more_than_fits(void) {
    char text[1000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    pl_log_hold(&held);
    for (int i = 0; i < 10; i++)
        pl_log(PL_LOG_INFO, "long", PL_LOG_I64("i", i), PL_LOG_STR("text", text));
    log_a_huge_field();
    pl_log_hold(NULL);
}

static void lines_kept_back_stay_whole_and_in_order(void **state) {
    (void)state;
    pl_log_init("x", PL_LOG_INFO, PL_LOG_JSON);
    const char *lines = capture(hold_more_than_fits);
    const char *at = lines;
    for (int i = 0; i < 10; i++) {
        char wanted[32];
        (void)snprintf(wanted, sizeof wanted, "\"i\":%d,", i);
        at = strstr(at, wanted);
        assert_non_null(at);
    }
    assert_non_null(strstr(at, "xxx\"}\n{"));
    assert_non_null(strstr(at, "\"event\":\"huge\",\"kept\":1}\n"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_one_json_object_a_line),
        cmocka_unit_test(leaves_out_a_field_that_does_not_fit),
        cmocka_unit_test(writes_numbers_with_three_places),
        cmocka_unit_test(the_times_of_lines_of_one_second_go_up),
        cmocka_unit_test(is_quiet_below_the_least_level),
        cmocka_unit_test(writes_text_for_people),
        cmocka_unit_test(keeps_lines_back_until_the_flush),
        cmocka_unit_test(a_warning_takes_along_what_was_kept_back),
        cmocka_unit_test(lines_kept_back_stay_whole_and_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
