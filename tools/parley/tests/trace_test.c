/* A trace as a tree, from lines of logs. */
#include "ctl/trace.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "check.h"

#define TRACE "0af7651916cd43dd8448eb211c80319c"

static trace t;

/* A span's line: it ended at second SECONDS and took MS. */
static void take(const char *service, const char *id, const char *span, const char *parent,
                 int seconds, int ms) {
    char line[512];
    (void)snprintf(
        line, sizeof line,
        "{\"time\":\"2026-11-21T10:00:%02d.000000Z\",\"level\":\"info\",\"service\":\"x\","
        "\"event\":\"call\",\"trace\":\"%s\",\"span\":\"%s\",\"kind\":\"server\","
        "\"method\":\"/a.v1.S/M%s\",\"code\":\"OK\",\"ms\":%d,\"parent\":\"%s\"}",
        seconds, id, span, span, ms, parent);
    assert_true(trace_take(&t, service, pl_str_c(line)));
}

static void a_child_stands_below_its_parent_whichever_line_came_first(void **state) {
    (void)state;
    assert_true(trace_init(&t, TRACE));
    take("payment", TRACE, "00000000000000b1", "00000000000000a1", 3, 500);
    take("orders", TRACE, "00000000000000a1", "", 4, 3000);
    assert_true(trace_build(&t));
    const trace_span *top = t.root->first;
    assert_string_equal(top->id, "00000000000000a1");
    assert_string_equal(top->service, "orders");
    assert_null(top->next);
    assert_string_equal(top->first->name, "S/M00000000000000b1");
    assert_int_equal(top->first->start_us - top->start_us, 1500000);
    assert_int_equal(t.missing, 0);
    trace_done(&t);
}

static void children_stand_in_the_order_of_their_beginning(void **state) {
    (void)state;
    assert_true(trace_init(&t, TRACE));
    take("a", TRACE, "00000000000000a1", "", 9, 9000);
    take("b", TRACE, "00000000000000b2", "00000000000000a1", 5, 1);
    take("b", TRACE, "00000000000000b1", "00000000000000a1", 6, 5000);
    assert_true(trace_build(&t));
    assert_string_equal(t.root->first->first->id, "00000000000000b1");
    assert_string_equal(t.root->first->first->next->id, "00000000000000b2");
    trace_done(&t);
}

static void a_parent_without_a_line_is_shown_as_missing(void **state) {
    (void)state;
    assert_true(trace_init(&t, TRACE));
    take("b", TRACE, "00000000000000b1", "00000000000000a1", 5, 1);
    take("b", TRACE, "00000000000000b2", "00000000000000a1", 6, 1);
    assert_true(trace_build(&t));
    assert_int_equal(t.missing, 1);
    assert_null(t.root->first->name);
    assert_string_equal(t.root->first->first->next->id, "00000000000000b2");
    trace_done(&t);
}

static void spans_that_name_each_other_are_all_shown(void **state) {
    (void)state;
    assert_true(trace_init(&t, TRACE));
    take("a", TRACE, "00000000000000a1", "00000000000000b1", 5, 1);
    take("b", TRACE, "00000000000000b1", "00000000000000a1", 6, 1);
    take("c", TRACE, "00000000000000c1", "00000000000000c1", 7, 1);
    assert_true(trace_build(&t));
    assert_string_equal(t.root->first->id, "00000000000000b1");
    assert_string_equal(t.root->first->first->id, "00000000000000a1");
    assert_string_equal(t.root->first->next->id, "00000000000000c1");
    trace_done(&t);
}

static void what_a_handler_logs_belongs_to_its_span(void **state) {
    (void)state;
    assert_true(trace_init(&t, TRACE));
    take("orders", TRACE, "00000000000000a1", "", 4, 3000);
    assert_true(trace_take(
        &t, "orders",
        pl_str_c("{\"time\":\"2026-11-21T10:00:03.000000Z\",\"level\":\"warn\",\"service\":\"x\","
                 "\"event\":\"odd\",\"trace\":\"" TRACE "\",\"span\":\"00000000000000a1\"}")));
    assert_true(trace_build(&t));
    assert_int_equal(t.count, 1);
    assert_non_null(strstr(t.root->first->lines->text, "\"odd\""));
    trace_done(&t);
}

static void other_traces_and_broken_lines_are_left_alone(void **state) {
    (void)state;
    static const char *const lines[] = {"", "x " TRACE, "{" TRACE, "{\"trace\":\"" TRACE "\"}",
                                        "{\"trace\":7,\"span\":[],\"x\":\"" TRACE "\"}"};
    assert_true(trace_init(&t, TRACE));
    take("a", "1af7651916cd43dd8448eb211c80319c", "00000000000000a1", "", 5, 1);
    for (size_t i = 0; i < PL_COUNT(lines); i++)
        assert_true(trace_take(&t, "a", pl_str_c(lines[i])));
    assert_string_equal(t.id, "");
    trace_done(&t);
}

static void a_duration_that_cannot_be_is_none(void **state) {
    static const char *const numbers[] = {"1e300", "-1e300", "-1", "\"long\""};
    (void)state;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        char line[256];
        assert_true(trace_init(&t, TRACE));
        (void)snprintf(line, sizeof line,
                       "{\"time\":\"2026-11-21T10:00:01Z\",\"trace\":\"" TRACE "\","
                       "\"span\":\"00000000000000a1\",\"kind\":\"server\",\"ms\":%s}",
                       numbers[i]);
        assert_true(trace_take(&t, "a", pl_str_c(line)));
        assert_true(trace_build(&t));
        assert_int_equal(t.root->first->duration_us, 0);
        trace_done(&t);
    }
}

static void *print(void *unused) {
    (void)unused;
    trace_print(&t, false);
    (void)fflush(stdout);
    return NULL;
}

static void a_trace_is_printed_however_deep_it_is(void **state) {
    enum { DEEP = 2000, STACK = 256 * 1024 };
    char span[PL_SPAN_ID_LENGTH + 1], parent[PL_SPAN_ID_LENGTH + 1] = "";
    pthread_attr_t attr;
    pthread_t thread;
    (void)state;
    assert_true(trace_init(&t, TRACE));
    for (int i = 1; i <= DEEP; i++) {
        (void)snprintf(span, sizeof span, "%016x", (unsigned)i);
        take("a", TRACE, span, parent, 5, 1);
        memcpy(parent, span, sizeof parent);
    }
    assert_true(trace_build(&t));
    int out = dup(STDOUT_FILENO), null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    assert_true(out >= 0 && dup2(null, STDOUT_FILENO) >= 0);
    assert_int_equal(pthread_attr_init(&attr), 0);
    assert_int_equal(pthread_attr_setstacksize(&attr, STACK), 0);
    assert_int_equal(pthread_create(&thread, &attr, print, NULL), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(dup2(out, STDOUT_FILENO) >= 0);
    (void)pthread_attr_destroy(&attr);
    (void)close(out);
    (void)close(null);
    trace_done(&t);
}

static void two_traces_with_the_same_first_digits_are_told(void **state) {
    (void)state;
    assert_true(trace_init(&t, "0af765"));
    take("a", TRACE, "00000000000000a1", "", 5, 1);
    take("a", "0af7651916cd43dd8448eb211c80319d", "00000000000000a2", "", 5, 1);
    assert_string_equal(t.id, TRACE);
    assert_string_equal(t.other, "0af7651916cd43dd8448eb211c80319d");
    trace_done(&t);
}

static void an_id_is_hexadecimal_or_a_traceparent(void **state) {
    (void)state;
    assert_true(trace_init(&t, "00-" TRACE "-b7ad6b7169203331-01"));
    assert_string_equal(t.wanted, TRACE);
    trace_done(&t);
    static const char *const wrong[] = {"", "abc", "xyzw", TRACE "0", "00-" TRACE};
    for (size_t i = 0; i < PL_COUNT(wrong); i++) {
        assert_false(trace_init(&t, wrong[i]));
        trace_done(&t);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_child_stands_below_its_parent_whichever_line_came_first),
        cmocka_unit_test(children_stand_in_the_order_of_their_beginning),
        cmocka_unit_test(a_parent_without_a_line_is_shown_as_missing),
        cmocka_unit_test(spans_that_name_each_other_are_all_shown),
        cmocka_unit_test(what_a_handler_logs_belongs_to_its_span),
        cmocka_unit_test(other_traces_and_broken_lines_are_left_alone),
        cmocka_unit_test(a_duration_that_cannot_be_is_none),
        cmocka_unit_test(a_trace_is_printed_however_deep_it_is),
        cmocka_unit_test(two_traces_with_the_same_first_digits_are_told),
        cmocka_unit_test(an_id_is_hexadecimal_or_a_traceparent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
