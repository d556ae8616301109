/* Log lines as people read them, and when they were written. */
#include "common/plain.h"
#include "common/pretty.h"

#include "check.h"

enum { LINE_MAX_BYTES = 4096 };

static void check_pretty(const char *line, const char *expected) {
    pl_buf out = pl_buf_make(LINE_MAX_BYTES);
    assert_int_equal(log_line_pretty(pl_str_c(line), &out), expected != NULL);
    assert_string_equal(out.p, expected ? expected : "");
    pl_buf_done(&out);
}

static void check_time(const char *line, const char *expected) {
    char time[PL_RFC3339_SIZE] = "";
    assert_int_equal(log_line_time(pl_str_c(line), time), expected != NULL);
    if (expected)
        assert_string_equal(time, expected);
}

static void shows_clock_level_event_and_fields(void **state) {
    (void)state;
    check_pretty("{\"time\":\"2026-11-21T12:34:56.789123Z\",\"level\":\"warn\",\"service\":\"s\","
                 "\"event\":\"call\",\"code\":\"OK\",\"ms\":1.5,\"list\":[1,2]}",
                 "12:34:56.789 warn  call code=OK ms=1.5 list=[1,2]");
}

static void leaves_out_where_a_span_stands_in_its_trace(void **state) {
    (void)state;
    check_pretty(
        "{\"time\":\"2026-11-21T12:34:56.789123Z\",\"level\":\"info\",\"event\":\"handled\","
        "\"trace\":\"01a1ff00c86e7611bdb8533870896fde\",\"span\":\"cb515fee9ea969de\","
        "\"kind\":\"consumer\",\"type\":\"a.v1.E\",\"code\":\"OK\",\"ms\":3.625,"
        "\"parent\":\"bdb8533870896fde\",\"start\":\"2026-11-21T12:34:56.785498Z\"}",
        "12:34:56.789 info  handled type=a.v1.E code=OK ms=3.625");
}

static void keeps_the_trace_of_what_went_wrong(void **state) {
    (void)state;
    check_pretty("{\"time\":\"2026-11-21T12:34:56.789123Z\",\"level\":\"warn\",\"event\":\"call\","
                 "\"trace\":\"01a1ff00c86e7611bdb8533870896fde\",\"code\":\"UNAVAILABLE\"}",
                 "12:34:56.789 warn  call trace=01a1ff00c86e7611bdb8533870896fde code=UNAVAILABLE");
}

static void shows_control_characters_in_values(void **state) {
    (void)state;
    check_pretty("{\"time\":\"2026-11-21T12:34:56.789123Z\",\"level\":\"warn\","
                 "\"event\":\"\\u001b[2Jx\",\"a\":\"\\nb\\u0000\",\"c\":[\"\\u009b\"]}",
                 "12:34:56.789 warn  \\x1b[2Jx a=\\x0ab\\x00 c=[\"\\x9b\"]");
}

static void check_plain(tool_plain kind, const char *text, const char *expected) {
    pl_buf out = pl_buf_make(LINE_MAX_BYTES);
    assert_true(tool_put_plain(&out, pl_str_c(text), kind));
    assert_string_equal(out.p, expected);
    pl_buf_done(&out);
}

static void a_terminal_is_given_no_control_characters(void **state) {
    (void)state;
    check_plain(TOOL_PLAIN_LINE, "\033]0;x\a\r\177", "\\x1b]0;x\\x07\\x0d\\x7f");
    check_plain(TOOL_PLAIN_LINE, "a\tb\nc", "a\tb\\x0ac");
    check_plain(TOOL_PLAIN_LINES, "a\tb\nc\r", "a\tb\nc\\x0d");
    check_plain(TOOL_PLAIN_JSON, "{\n\"\302\233\177\"}", "{\n\"\\u009b\\u007f\"}");
}

static void only_c1_is_taken_out_of_utf_8(void **state) {
    (void)state;
    check_plain(TOOL_PLAIN_LINE, "\303\233 \342\202\254 \360\237\230\200",
                "\303\233 \342\202\254 \360\237\230\200");
    check_plain(TOOL_PLAIN_LINE, "\302\233x \233y \342\033[m", "\\x9bx \\x9by \342\\x1b[m");
}

static void leaves_other_lines_alone(void **state) {
    (void)state;
    check_pretty("plain text", NULL);
    check_pretty("", NULL);
    check_pretty("{\"not\":\"a log line\"}", NULL);
    check_pretty("{broken", NULL);
    check_pretty("{\"time\":\"short\",\"level\":\"info\",\"event\":\"x\"}", NULL);
}

static void knows_when_services_and_stores_wrote(void **state) {
    (void)state;
    check_time("{\"time\":\"2026-11-21T12:34:56.789123Z\",\"level\":\"info\"}",
               "2026-11-21T12:34:56.789123Z");
    check_time("2026-11-21 12:34:56.789 UTC [1] LOG:  ready", "2026-11-21T12:34:56.789000Z");
    check_time("4711:M 03 Jan 2026 01:02:03.004 * Ready", "2026-01-03T01:02:03.004000Z");
}

static void knows_no_time_where_there_is_none(void **state) {
    (void)state;
    check_time("", NULL);
    check_time("\tcontinued", NULL);
    check_time("1:M 03 Foo 2026 01:02:03.004 * Ready", NULL);
    check_time("2026-11-21", NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shows_clock_level_event_and_fields),
        cmocka_unit_test(leaves_out_where_a_span_stands_in_its_trace),
        cmocka_unit_test(keeps_the_trace_of_what_went_wrong),
        cmocka_unit_test(shows_control_characters_in_values),
        cmocka_unit_test(a_terminal_is_given_no_control_characters),
        cmocka_unit_test(only_c1_is_taken_out_of_utf_8),
        cmocka_unit_test(leaves_other_lines_alone),
        cmocka_unit_test(knows_when_services_and_stores_wrote),
        cmocka_unit_test(knows_no_time_where_there_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
