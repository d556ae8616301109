/* Metrics: the text, the limits, the callbacks. */
#include "parley/service/metrics.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static int setup(void **state) {
    pl_metrics *metrics;
    if (pl_metrics_new(&metrics, NULL))
        return -1;
    *state = metrics;
    return 0;
}

static int teardown(void **state) {
    pl_metrics_free(*state);
    return 0;
}

static void assert_shows(pl_metrics *metrics, const char *expected) {
    pl_buf out = pl_buf_make(PL_METRICS_MAX_TEXT);
    pl_metrics_text(metrics, &out);
    if (!strstr(out.p, expected))
        fail_msg("no <<%s>> in <<%s>>", expected, out.p);
    pl_buf_done(&out);
}

static void shows_families_in_order_of_their_names(void **state) {
    pl_metrics *m = *state;
    pl_metric_set(pl_metrics_gauge(m, "b_now", "B.", PL_NO_LABELS), 2.5);
    pl_metric_add(pl_metrics_counter(m, "a_total", "A\nb.", PL_LABELS({"x", "1"})), 3);
    pl_buf out = pl_buf_make(4096);
    pl_metrics_text(m, &out);
    assert_string_equal(out.p, "# HELP a_total A\\nb.\n# TYPE a_total counter\na_total{x=\"1\"} 3\n"
                               "# HELP b_now B.\n# TYPE b_now gauge\nb_now 2.5\n");
    pl_buf_done(&out);
}

static void the_same_labels_are_the_same_series(void **state) {
    pl_metric *one = pl_metrics_counter(*state, "a", "A.", PL_LABELS({"x", "1"}, {"y", "2"}));
    pl_metric *two = pl_metrics_counter(*state, "a", "A.", PL_LABELS({"x", "1"}, {"y", "2"}));
    pl_metric *other = pl_metrics_counter(*state, "a", "A.", PL_LABELS({"x", "1"}, {"y", "3"}));
    assert_ptr_equal(one, two);
    assert_ptr_not_equal(one, other);
}

static void escapes_label_values(void **state) {
    pl_metric_add(pl_metrics_counter(*state, "a", "A.", PL_LABELS({"x", "q\"b\\n\n"})), 1);
    assert_shows(*state, "a{x=\"q\\\"b\\\\n\\n\"} 1\n");
}

static void a_histogram_cumulates_its_buckets(void **state) {
    pl_metric *h = pl_metrics_histogram(*state, "t", "T.", PL_LABELS({"m", "x"}));
    pl_metric_observe(h, 0.0001);
    pl_metric_observe(h, 0.001);
    pl_metric_observe(h, 60);
    assert_int_equal(pl_metric_observations(h), 3);
    assert_shows(*state, "t_bucket{m=\"x\",le=\"0.0005\"} 1\n");
    assert_shows(*state, "t_bucket{m=\"x\",le=\"0.001\"} 2\n");
    assert_shows(*state, "t_bucket{m=\"x\",le=\"10\"} 2\n");
    assert_shows(*state, "t_bucket{m=\"x\",le=\"+Inf\"} 3\n");
    assert_shows(*state, "t_sum{m=\"x\"} 60.0011\nt_count{m=\"x\"} 3\n");
}

static void openmetrics_names_a_trace_of_a_bucket(void **state) {
    pl_metric *h = pl_metrics_histogram(*state, "t_seconds", "T.", PL_LABELS({"m", "x"}));
    pl_metric_add(pl_metrics_counter(*state, "c_total", "C.", PL_NO_LABELS), 1);
    pl_trace sampled, not_sampled;
    pl_trace_begin(&sampled, pl_str_c("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"));
    pl_trace_begin(&not_sampled,
                   pl_str_c("00-0af7651916cd43dd8448eb211c80319d-b7ad6b7169203331-00"));
    pl_metric_observe_traced(h, 0.002, &sampled, 1);
    pl_metric_observe_traced(h, 7, &not_sampled, 1);
    pl_buf out = pl_buf_make(PL_METRICS_MAX_TEXT);
    pl_metrics_openmetrics(*state, &out);
    assert_non_null(strstr(out.p, "# TYPE c counter\nc_total 1\n"));
    assert_non_null(strstr(out.p, "t_seconds_bucket{m=\"x\",le=\"0.0025\"} 1 # "
                                  "{trace_id=\"0af7651916cd43dd8448eb211c80319c\"} 0.002 1"));
    assert_non_null(strstr(out.p, "t_seconds_bucket{m=\"x\",le=\"10.0\"} 2\n"));
    assert_string_equal(out.p + out.n - 6, "# EOF\n");
    pl_buf_done(&out);
    assert_shows(*state, "t_seconds_bucket{m=\"x\",le=\"0.0025\"} 1\n"); /* no exemplar there */
}

static void an_exemplar_is_replaced_after_a_second(void **state) {
    pl_metric *h = pl_metrics_histogram(*state, "t", "T.", PL_NO_LABELS);
    pl_trace trace;
    pl_trace_begin(&trace, pl_str_c(""));
    pl_metric_observe_traced(h, 0.002, &trace, 1);
    pl_metric_observe_traced(h, 0.0021, &trace, 900000000);
    pl_metric_observe_traced(h, 0.0022, &trace, 1100000000);
    pl_buf out = pl_buf_make(PL_METRICS_MAX_TEXT);
    pl_metrics_openmetrics(*state, &out);
    assert_non_null(strstr(out.p, "\"} 0.0022 "));
    pl_buf_done(&out);
}

static void too_many_label_values_become_other(void **state) {
    for (int i = 0; i < 2000; i++) {
        char value[16];
        snprintf(value, sizeof value, "%d", i);
        pl_metric_add(pl_metrics_counter(*state, "a", "A.", PL_LABELS({"x", value})), 1);
    }
    char expected[64];
    snprintf(expected, sizeof expected, "a{x=\"other\"} %d\n",
             2000 - (int)PL_METRICS_MAX_SERIES + 1);
    assert_shows(*state, expected);
}

static void too_many_families_are_counted_and_not_shown(void **state) {
    for (unsigned i = 0; i <= PL_METRICS_MAX_FAMILIES; i++) {
        char name[16];
        snprintf(name, sizeof name, "f%u", i);
        pl_metric_observe(pl_metrics_histogram(*state, name, "F.", PL_NO_LABELS), 1);
    }
    assert_shows(*state, "f255_count 1\n");
}

static void cuts_long_label_values(void **state) {
    char value[200];
    memset(value, 'v', sizeof value - 1);
    value[sizeof value - 1] = 0;
    pl_metric *one = pl_metrics_gauge(*state, "a", "A.", PL_LABELS({"x", value}));
    assert_ptr_equal(one, pl_metrics_gauge(*state, "a", "A.", PL_LABELS({"x", value})));
    value[PL_METRICS_MAX_LABEL_VALUE] = 0;
    char expected[160];
    snprintf(expected, sizeof expected, "a{x=\"%s\"} 0\n", value);
    assert_shows(*state, expected);
}

static void sample(void *self, pl_metrics *metrics) {
    int *calls = self;
    pl_metrics_sample(metrics, PL_METRIC_GAUGE, "lag", "L.", PL_LABELS({"s", "a"}), ++*calls);
}

static void asks_callbacks_at_each_scrape(void **state) {
    int calls = 0;
    assert_int_equal(pl_metrics_on_scrape(*state, sample, &calls), PL_OK);
    assert_shows(*state, "lag{s=\"a\"} 1\n");
    assert_shows(*state, "lag{s=\"a\"} 2\n");
    pl_metrics_forget(*state, &calls);
    assert_shows(*state, "lag{s=\"a\"} 2\n");
    assert_int_equal(calls, 2);
}

static void *count(void *metric) {
    for (int i = 0; i < 10000; i++)
        pl_metric_add(metric, 1);
    return NULL;
}

static void loses_no_count_of_two_threads(void **state) {
    pl_metric *metric = pl_metrics_counter(*state, "a", "A.", PL_NO_LABELS);
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count, metric), 0);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    assert_true(pl_metric_value(metric) == 20000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(shows_families_in_order_of_their_names),
        TEST(the_same_labels_are_the_same_series),
        TEST(escapes_label_values),
        TEST(a_histogram_cumulates_its_buckets),
        TEST(openmetrics_names_a_trace_of_a_bucket),
        TEST(an_exemplar_is_replaced_after_a_second),
        TEST(too_many_label_values_become_other),
        TEST(too_many_families_are_counted_and_not_shown),
        TEST(cuts_long_label_values),
        TEST(asks_callbacks_at_each_scrape),
        TEST(loses_no_count_of_two_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
