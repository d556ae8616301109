#include "parley/base/trace.h"

#include "check.h"

static const char incoming[] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

static void a_child_keeps_the_trace_and_names_its_parent(void **state) {
    (void)state;
    pl_trace span;
    pl_trace_begin(&span, pl_str_c(incoming));
    assert_true(pl_str_eqc(pl_trace_id(&span), "0af7651916cd43dd8448eb211c80319c"));
    assert_string_equal(span.parent, "b7ad6b7169203331");
    assert_false(pl_str_eqc(pl_trace_span_id(&span), span.parent));
    assert_true(pl_trace_sampled(&span));
}

static void without_a_parent_a_sampled_trace_begins(void **state) {
    (void)state;
    pl_trace one, two;
    pl_trace_begin(&one, pl_str_c(""));
    pl_trace_begin(&two, pl_str_c("00-x"));
    assert_true(pl_traceparent_valid(pl_str_c(one.traceparent)));
    assert_string_equal(one.parent, "");
    assert_true(pl_trace_sampled(&one));
    assert_false(pl_str_eq(pl_trace_id(&one), pl_trace_id(&two)));
}

static void what_is_not_sampled_stays_so(void **state) {
    (void)state;
    pl_trace span;
    pl_trace_begin(&span, pl_str_c("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"));
    assert_false(pl_trace_sampled(&span));
}

static void flags_that_nobody_knows_are_not_passed_on(void **state) {
    (void)state;
    pl_trace span;
    pl_trace_begin(&span, pl_str_c("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-fd"));
    assert_string_equal(span.traceparent + 53, "01");
}

static void continuing_is_no_span_of_its_own(void **state) {
    (void)state;
    pl_trace same, child;
    pl_trace_continue(&same, pl_str_c(incoming));
    assert_string_equal(same.traceparent, incoming);
    pl_trace_begin(&child, pl_str_c(same.traceparent));
    assert_string_equal(child.parent, "b7ad6b7169203331");
}

static void a_span_can_have_an_id_from_elsewhere(void **state) {
    (void)state;
    pl_trace span;
    pl_trace_begin_as(&span, pl_str_c(incoming), "00000000000000aa");
    assert_string_equal(span.traceparent,
                        "00-0af7651916cd43dd8448eb211c80319c-00000000000000aa-01");
    assert_string_equal(span.parent, "b7ad6b7169203331");
}

static void malformed_contexts_are_refused(void **state) {
    (void)state;
    static const char *const wrong[] = {
        "",
        "00",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "0g-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0x",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
        "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01more",
    };
    for (size_t i = 0; i < PL_COUNT(wrong); i++)
        assert_false(pl_traceparent_valid(pl_str_c(wrong[i])));
}

/* Each byte in each place of both ids. */
static void an_id_has_lower_case_digits_only(void **state) {
    (void)state;
    char text[PL_TRACEPARENT_SIZE];
    for (int at = PL_TRACE_ID_AT; at < PL_SPAN_ID_AT + PL_SPAN_ID_LENGTH; at++) {
        if (at == PL_SPAN_ID_AT - 1)
            continue;
        for (int c = 0; c < 256; c++) {
            memcpy(text, incoming, sizeof text);
            text[at] = (char)c;
            bool digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
            assert_int_equal(pl_traceparent_valid(pl_str_make(text, sizeof text - 1)), digit);
        }
    }
}

static void a_later_version_is_read_as_far_as_it_is_known(void **state) {
    (void)state;
    pl_trace span;
    pl_trace_begin(&span, pl_str_c("01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more"));
    assert_string_equal(span.parent, "b7ad6b7169203331");
    assert_memory_equal(span.traceparent, "00-", 3);
}

static void a_tracestate_is_printable_and_short(void **state) {
    (void)state;
    static char longest[PL_TRACESTATE_MAX + 2];
    memset(longest, 'a', PL_TRACESTATE_MAX);
    assert_true(pl_tracestate_valid(pl_str_c("vendor=1,other=b c")));
    assert_true(pl_tracestate_valid(pl_str_c(longest)));
    longest[PL_TRACESTATE_MAX] = 'a';
    assert_false(pl_tracestate_valid(pl_str_c(longest)));
    assert_false(pl_tracestate_valid(pl_str_c("")));
    assert_false(pl_tracestate_valid(pl_str_c("a=\x01")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_child_keeps_the_trace_and_names_its_parent),
        cmocka_unit_test(without_a_parent_a_sampled_trace_begins),
        cmocka_unit_test(what_is_not_sampled_stays_so),
        cmocka_unit_test(flags_that_nobody_knows_are_not_passed_on),
        cmocka_unit_test(continuing_is_no_span_of_its_own),
        cmocka_unit_test(a_span_can_have_an_id_from_elsewhere),
        cmocka_unit_test(malformed_contexts_are_refused),
        cmocka_unit_test(an_id_has_lower_case_digits_only),
        cmocka_unit_test(a_later_version_is_read_as_far_as_it_is_known),
        cmocka_unit_test(a_tracestate_is_printable_and_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
