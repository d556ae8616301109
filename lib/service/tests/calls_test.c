/* Counting of calls, and which addresses are this machine. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "service_internal.h"

static const pl_method_desc methods[] = {{.name = "A", .path = "/x.X/A"},
                                         {.name = "B", .path = "/x.X/B"},
                                         {.name = "S", .path = "/x.X/S", .kind = PL_METHOD_BIDI}};
static const pl_service_desc desc = {
    .name = "x.X", .methods = methods, .method_count = PL_COUNT(methods)};

static int setup(void **state) {
    pl_service *service = calloc(1, sizeof *service);
    service->bindings[0] = (pl_service_binding){&desc, service};
    service->binding_count = 1;
    service->common.log_calls = LOG_CALLS_OFF;
    if (pl_metrics_new(&service->metrics, NULL) || pl_calls_new(service, &service->calls, NULL) ||
        pl_spans_new(service->metrics, &service->spans, NULL))
        return -1;
    *state = service;
    return 0;
}

static int teardown(void **state) {
    pl_service *service = *state;
    pl_calls_free(service->calls);
    pl_spans_free(service->spans);
    pl_metrics_free(service->metrics);
    free(service);
    return 0;
}

static void finish(pl_service *service, const pl_method_desc *method, const char *path,
                   pl_code code) {
    pl_call_record record = {.path = path, .method = method, .code = code, .duration_ns = 3000000};
    pl_calls_observe(service->calls, &record);
}

static double counted(pl_service *service, const char *method, const char *code) {
    return pl_metric_value(pl_metrics_counter(service->metrics, "parley_rpc_calls_total",
                                              "Finished calls by method and status.",
                                              PL_LABELS({"method", method}, {"code", code})));
}

static void counts_calls_by_method_and_code(void **state) {
    finish(*state, &methods[0], "/x.X/A", PL_OK);
    finish(*state, &methods[0], "/x.X/A", PL_OK);
    finish(*state, &methods[1], "/x.X/B", PL_NOT_FOUND);
    assert_true(counted(*state, "/x.X/A", "OK") == 2);
    assert_true(counted(*state, "/x.X/B", "OK") == 0);
    assert_true(counted(*state, "/x.X/B", "NOT_FOUND") == 1);
}

static void unknown_methods_share_one_series(void **state) {
    finish(*state, NULL, "/evil/1", PL_UNIMPLEMENTED);
    finish(*state, NULL, "/evil/2", PL_UNIMPLEMENTED);
    assert_true(counted(*state, "other", "UNIMPLEMENTED") == 2);
}

static void counts_the_messages_of_streams(void **state) {
    pl_service *service = *state;
    const pl_call_record record = {
        .path = "/x.X/S", .method = &methods[2], .requests = 3, .responses = 5};
    pl_calls_observe(service->calls, &record);
    assert_true(pl_metric_value(
                    pl_metrics_counter(service->metrics, "parley_rpc_stream_messages_total", "",
                                       PL_LABELS({"method", "/x.X/S"}, {"direction", "in"}))) == 3);
    assert_true(pl_metric_value(pl_metrics_counter(
                    service->metrics, "parley_rpc_stream_messages_total", "",
                    PL_LABELS({"method", "/x.X/S"}, {"direction", "out"}))) == 5);
}

static void measures_how_long_calls_take(void **state) {
    pl_service *service = *state;
    finish(service, &methods[1], "/x.X/B", PL_OK);
    pl_metric *seconds = pl_metrics_histogram(service->metrics, "parley_rpc_seconds", "",
                                              PL_LABELS({"method", "/x.X/B"}));
    assert_int_equal(pl_metric_observations(seconds), 1);
    assert_true(pl_metric_value(seconds) == 0.003);
}

static void end_span(pl_service *service, pl_span_kind kind, const char *peer, const char *name,
                     pl_code code) {
    const pl_span span = {
        .kind = kind, .peer = peer, .name = name, .code = code, .duration_ns = 1, .error = ""};
    pl_service_span(service, &span);
}

static void counts_calls_to_upstreams_and_events(void **state) {
    pl_service *service = *state;
    for (int i = 0; i < 2; i++)
        end_span(service, PL_SPAN_CLIENT, "payment", "/y.Y/Charge", PL_UNAVAILABLE);
    end_span(service, PL_SPAN_CONSUMER, "mall.orders", "mall.orders.v1.OrderPlaced", PL_OK);
    assert_true(pl_metric_value(
                    pl_metrics_counter(service->metrics, "parley_client_calls_total", "",
                                       PL_LABELS({"upstream", "payment"}, {"method", "/y.Y/Charge"},
                                                 {"code", "UNAVAILABLE"}))) == 2);
    assert_int_equal(pl_metric_observations(pl_metrics_histogram(
                         service->metrics, "parley_client_seconds", "",
                         PL_LABELS({"upstream", "payment"}, {"method", "/y.Y/Charge"}))),
                     2);
    assert_true(pl_metric_value(pl_metrics_counter(service->metrics, "parley_events_total", "",
                                                   PL_LABELS({"stream", "mall.orders"},
                                                             {"type", "mall.orders.v1.OrderPlaced"},
                                                             {"code", "OK"}))) == 1);
}

static void names_beyond_the_bound_share_one_series(void **state) {
    pl_service *service = *state;
    for (int i = 0; i < 2000; i++) {
        char name[32];
        snprintf(name, sizeof name, "/x.X/M%d", i);
        end_span(service, PL_SPAN_CLIENT, "x", name, PL_OK);
    }
    pl_metric *other = pl_metrics_counter(
        service->metrics, "parley_client_calls_total", "",
        PL_LABELS({"upstream", "other"}, {"method", "other"}, {"code", "other"}));
    assert_true(pl_metric_value(other) == 2000 - (int)PL_METRICS_MAX_SERIES + 1);
}

static void knows_which_addresses_are_this_machine(void **state) {
    (void)state;
    static const char *const local[] = {"127.0.0.1:80", "127.8.9.1:0", "[::1]:80",
                                        "localhost:80", "Localhost",   "unix:/run/x"};
    static const char *const other[] = {
        "0.0.0.0:80", "[::]:80", "10.0.0.1:80", "127.evil.com", "localhost.evil:1", "", ":80"};
    for (size_t i = 0; i < PL_COUNT(local); i++)
        assert_true(pl_address_is_loopback(local[i]));
    for (size_t i = 0; i < PL_COUNT(other); i++)
        assert_false(pl_address_is_loopback(other[i]));
}

static void puts_the_port_taken_into_an_address(void **state) {
    (void)state;
    char out[ADDRESS_SIZE];
    pl_address_with_port("127.0.0.1:0", 81, out);
    assert_string_equal(out, "127.0.0.1:81");
    pl_address_with_port("[::1]:0", 81, out);
    assert_string_equal(out, "[::1]:81");
    pl_address_with_port("unix:/x", 0, out);
    assert_string_equal(out, "unix:/x");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(counts_calls_by_method_and_code),
        TEST(unknown_methods_share_one_series),
        TEST(counts_the_messages_of_streams),
        TEST(measures_how_long_calls_take),
        TEST(counts_calls_to_upstreams_and_events),
        TEST(names_beyond_the_bound_share_one_series),
        cmocka_unit_test(knows_which_addresses_are_this_machine),
        cmocka_unit_test(puts_the_port_taken_into_an_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
