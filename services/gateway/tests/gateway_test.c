/* The gateway over real HTTP, in front of a gRPC server with generated mocks. */
#include "gateway_fixture.h"

#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "parley/base/log.h"
#include "parley/rest/rest.h"

/* Bytes of the mall's descriptors, at most. */
#define DESCRIPTORS_MAX (1u << 20)

static void places_an_order(void **state) {
    fixture *f = *state;
    mall_orders_v1_OrderService_mock_place_order_answer(f->orders, an_order());
    post(f, "/orders", order_json);
    expect(f, 201, "\"price\":10000");
    expect(f, 201, "\"state\":\"OrderPlaced\"");
    expect(f, 201,
           "\"delivery\":{\"href\":"
           "\"/deliveries/search/findByOrderIdOrderByDeliveryIdDesc?orderId=7\"}");
    assert_string_equal(header_of(f, "content-type"), "application/hal+json");
    assert_string_equal(header_of(f, "location"),
                        pl_arena_printf(&f->arena, "http://127.0.0.1:%u/orders/7",
                                        (unsigned)gateway_port(f->gateway, MAIN)));
    const mall_orders_v1_PlaceOrderRequest *request =
        mall_orders_v1_OrderService_mock_place_order_last(f->orders);
    assert_int_equal(request->quantity, 3);
    assert_string_equal(request->customer_id, "1@uengine.org");
}

static char seen_demo[16], seen_key[16], seen_cookie[16];

static pl_code keep_metadata(void *self, pl_call *call,
                             const mall_orders_v1_PlaceOrderRequest *request,
                             mall_orders_v1_Order **out_order) {
    (void)self;
    (void)request;
    snprintf(seen_demo, sizeof seen_demo, "%.*s", PL_FMT(pl_call_metadata(call, "x-parley-demo")));
    snprintf(seen_key, sizeof seen_key, "%.*s", PL_FMT(pl_call_metadata(call, "idempotency-key")));
    snprintf(seen_cookie, sizeof seen_cookie, "%.*s", PL_FMT(pl_call_metadata(call, "cookie")));
    *out_order = mall_orders_v1_Order_new(pl_call_arena(call));
    return *out_order ? PL_OK : PL_RESOURCE_EXHAUSTED;
}

static void passes_listed_headers_and_who_the_caller_is(void **state) {
    fixture *f = *state;
    static const mall_orders_v1_OrderService_ops ops = {.place_order = keep_metadata};
    const mall_orders_v1_OrderService keeper = {NULL, &ops};
    mall_orders_v1_OrderService_mock_place_order_handle(f->orders, &keeper);
    const pl_http_field fields[] = {
        {PL_STR("idempotency-key"), PL_STR("k1")},
        {PL_STR("x-parley-demo"), PL_STR("somebody")},
        {PL_STR("cookie"), PL_STR("a=b")},
    };
    pl_http_call call = call_of(f, MAIN, "POST", "/orders");
    call.content_type = pl_str_c("application/json");
    call.body = pl_str_c(order_json);
    call.fields = fields;
    call.field_count = PL_COUNT(fields);
    fetch(f, &call);
    expect(f, 201, "\"id\":0");
    assert_string_equal(seen_demo, "admin");
    assert_string_equal(seen_key, "k1");
    assert_string_equal(seen_cookie, "");
}

static char seen_trace[PL_TRACEPARENT_SIZE];
static char seen_state[64];

static pl_code keep_trace(void *self, pl_call *call,
                          const mall_orders_v1_PlaceOrderRequest *request,
                          mall_orders_v1_Order **out_order) {
    (void)self;
    (void)request;
    snprintf(seen_trace, sizeof seen_trace, "%.*s", PL_FMT(pl_call_metadata(call, "traceparent")));
    snprintf(seen_state, sizeof seen_state, "%.*s", PL_FMT(pl_call_tracestate(call)));
    *out_order = mall_orders_v1_Order_new(pl_call_arena(call));
    return *out_order ? PL_OK : PL_RESOURCE_EXHAUSTED;
}

/* Places an order with FIELDS, whose trace the service keeps. */
static void place_traced(fixture *f, const pl_http_field *fields, size_t count) {
    static const mall_orders_v1_OrderService_ops ops = {.place_order = keep_trace};
    const mall_orders_v1_OrderService keeper = {NULL, &ops};
    mall_orders_v1_OrderService_mock_place_order_handle(f->orders, &keeper);
    pl_http_call call = call_of(f, MAIN, "POST", "/orders");
    call.content_type = pl_str_c("application/json");
    call.body = pl_str_c(order_json);
    call.fields = fields;
    call.field_count = count;
    fetch(f, &call);
}

static void a_request_goes_on_with_the_trace_of_its_client(void **state) {
    fixture *f = *state;
    const pl_http_field fields[] = {
        {PL_STR("traceparent"), PL_STR("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00")},
        {PL_STR("tracestate"), PL_STR("vendor=1")},
        {PL_STR("tracestate"), PL_STR("other=b c")},
    };
    pl_str id;
    place_traced(f, fields, PL_COUNT(fields));
    assert_true(pl_http_head_find(f->answer->head, "x-trace-id", &id));
    assert_true(pl_str_eqc(id, "0af7651916cd43dd8448eb211c80319c"));
    assert_memory_equal(seen_trace, "00-0af7651916cd43dd8448eb211c80319c-", PL_SPAN_ID_AT);
    assert_memory_not_equal(seen_trace + PL_SPAN_ID_AT, "b7ad6b7169203331", PL_SPAN_ID_LENGTH);
    assert_string_equal(seen_trace + PL_SPAN_ID_AT + PL_SPAN_ID_LENGTH, "-00");
    assert_string_equal(seen_state, "vendor=1,other=b c");
    assert_string_equal(seen_request, "POST /orders");
}

static void two_traceparents_begin_a_new_trace(void **state) {
    fixture *f = *state;
    const pl_http_field fields[] = {
        {PL_STR("traceparent"), PL_STR("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")},
        {PL_STR("traceparent"), PL_STR("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")},
        {PL_STR("tracestate"), PL_STR("vendor=1")},
    };
    pl_str id;
    place_traced(f, fields, PL_COUNT(fields));
    assert_true(pl_http_head_find(f->answer->head, "x-trace-id", &id));
    assert_false(pl_str_eqc(id, "0af7651916cd43dd8448eb211c80319c"));
    assert_memory_equal(seen_trace + PL_TRACE_ID_AT, id.p, id.n);
    assert_string_equal(seen_state, "");
}

static void a_malformed_trace_is_replaced_together_with_its_state(void **state) {
    fixture *f = *state;
    const pl_http_field fields[] = {
        {PL_STR("traceparent"), PL_STR("00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01")},
        {PL_STR("tracestate"), PL_STR("vendor=1")},
    };
    pl_str id;
    place_traced(f, fields, PL_COUNT(fields));
    assert_true(pl_http_head_find(f->answer->head, "x-trace-id", &id));
    assert_int_equal(id.n, PL_TRACE_ID_LENGTH);
    assert_false(pl_str_eqc(id, "0af7651916cd43dd8448eb211c80319c"));
    assert_memory_equal(seen_trace + PL_TRACE_ID_AT, id.p, id.n);
    assert_string_equal(seen_state, "");
}

static void shows_the_services_refusal_with_its_details(void **state) {
    fixture *f = *state;
    mall_orders_v1_OrderService_mock_place_order_fail(f->orders, PL_FAILED_PRECONDITION,
                                                      "OUT_OF_STOCK", "No Available stock!");
    post(f, "/orders", order_json);
    expect(f, 400,
           "{\"code\":9,\"status\":\"FAILED_PRECONDITION\",\"message\":\"No Available "
           "stock!\"");
    expect(f, 400, "\"reason\":\"OUT_OF_STOCK\",\"domain\":\"mall\"");
    expect(f, 400, "\"path\":\"/orders\"");
}

static pl_code refuse_with_metadata(void *self, pl_call *call,
                                    const mall_orders_v1_PlaceOrderRequest *request,
                                    mall_orders_v1_Order **out_response) {
    (void)self;
    (void)request;
    (void)out_response;
    (void)pl_call_error_metadata(call, "available", "%d", 2);
    return pl_call_fail(call, PL_FAILED_PRECONDITION, "OUT_OF_STOCK", "No Available stock!");
}

static void shows_what_the_service_adds_to_its_refusal(void **state) {
    fixture *f = *state;
    static const mall_orders_v1_OrderService_ops ops = {.place_order = refuse_with_metadata};
    const mall_orders_v1_OrderService refusing = {NULL, &ops};
    mall_orders_v1_OrderService_mock_place_order_handle(f->orders, &refusing);
    post(f, "/orders", order_json);
    expect(f, 400,
           "\"reason\":\"OUT_OF_STOCK\",\"domain\":\"mall\",\"metadata\":{\"available\":\"2\"}");
}

static void shows_the_field_that_the_service_refuses(void **state) {
    fixture *f = *state;
    post(f, "/orders", "{\"productId\":1,\"quantity\":0,\"customerId\":\"a\"}");
    expect(f, 400, "\"field\":\"quantity\"");
    assert_int_equal(mall_orders_v1_OrderService_mock_place_order_count(f->orders), 0);
}

static void shows_the_member_that_does_not_exist(void **state) {
    fixture *f = *state;
    post(f, "/orders", "{\"productId\":1,\"quantiti\":1}");
    expect(f, 400, "\"field\":\"quantiti\"");
}

static void answers_404_and_405(void **state) {
    fixture *f = *state;
    get(f, MAIN, "/nothing");
    expect(f, 404, "\"path\":\"/nothing\"");
    const pl_http_call call = call_of(f, MAIN, "DELETE", "/orders");
    fetch(f, &call);
    expect(f, 405, "\"status\":\"UNIMPLEMENTED\"");
    assert_non_null(strstr(header_of(f, "allow"), "POST"));
}

static void answers_415_for_what_is_no_json(void **state) {
    fixture *f = *state;
    pl_http_call call = call_of(f, MAIN, "POST", "/orders");
    call.content_type = pl_str_c("text/plain");
    call.body = pl_str_c("{}");
    fetch(f, &call);
    expect(f, 415, "INVALID_ARGUMENT");
}

static void answers_413_for_a_body_over_the_limit(void **state) {
    fixture *f = *state;
    size_t size = PL_REST_MAX_BODY + 1;
    char *body = pl_arena_alloc(&f->arena, size);
    memset(body, ' ', size);
    pl_http_call call = call_of(f, MAIN, "POST", "/orders");
    call.content_type = pl_str_c("application/json");
    call.body = pl_str_make(body, size);
    fetch(f, &call);
    expect(f, 413, "\"status\":\"RESOURCE_EXHAUSTED\"");
}

static void answers_431_in_the_shape_of_all_errors(void **state) {
    fixture *f = *state;
    char *value = pl_arena_alloc(&f->arena, PL_HTTP_MAX_HEAD);
    memset(value, 'a', PL_HTTP_MAX_HEAD);
    const pl_http_field field = {PL_STR("x-long"), pl_str_make(value, PL_HTTP_MAX_HEAD)};
    pl_http_call call = call_of(f, MAIN, "GET", "/");
    call.fields = &field;
    call.field_count = 1;
    fetch(f, &call);
    expect(f, 431, "\"code\":8,\"status\":\"RESOURCE_EXHAUSTED\"");
}

static void answers_503_where_the_service_is_down(void **state) {
    fixture *f = *state;
    get(f, MAIN, "/deliveries");
    expect(f, 503, "\"status\":\"UNAVAILABLE\"");
    assert_non_null(header_of(f, "retry-after"));
}

static void answers_503_where_the_service_has_no_address(void **state) {
    fixture *f = *state;
    get(f, MAIN, "/products");
    expect(f, 503, "mall.products.v1.ProductService has no address here");
}

static void answers_504_where_the_service_does_not_answer(void **state) {
    fixture *f = *state;
    const pl_http_field timeout = {PL_STR("grpc-timeout"), PL_STR("200m")};
    pl_http_call call = call_of(f, MAIN, "GET", "/wallets/a");
    call.fields = &timeout;
    call.field_count = 1;
    fetch(f, &call);
    expect(f, 504, "\"status\":\"DEADLINE_EXCEEDED\"");
}

/* The connection to orders breaks while it handles the call, and cannot be made again. */
static void break_line(pl_test_proxy *line) {
    pl_test_proxy_refuse(line);
    pl_test_proxy_reset(line);
}

static pl_code place_on_a_broken_line(void *self, pl_call *call,
                                      const mall_orders_v1_PlaceOrderRequest *request,
                                      mall_orders_v1_Order **out_order) {
    (void)request;
    break_line(self);
    *out_order = mall_orders_v1_Order_new(pl_call_arena(call));
    return PL_OK;
}

static pl_code get_on_a_broken_line(void *self, pl_call *call,
                                    const mall_orders_v1_GetOrderRequest *request,
                                    mall_orders_v1_Order **out_order) {
    (void)request;
    break_line(self);
    *out_order = mall_orders_v1_Order_new(pl_call_arena(call));
    return PL_OK;
}

static const mall_orders_v1_OrderService_ops broken_line_ops = {
    .place_order = place_on_a_broken_line, .get_order = get_on_a_broken_line};

static void answers_504_where_an_order_may_have_been_placed(void **state) {
    fixture *f = *state;
    const mall_orders_v1_OrderService broken = {f->line, &broken_line_ops};
    mall_orders_v1_OrderService_mock_place_order_handle(f->orders, &broken);
    post(f, "/orders", order_json);
    expect(f, 504, "it is not known whether it took effect");
}

static void answers_503_where_only_a_reading_was_lost(void **state) {
    fixture *f = *state;
    const mall_orders_v1_OrderService broken = {f->line, &broken_line_ops};
    mall_orders_v1_OrderService_mock_get_order_handle(f->orders, &broken);
    get(f, MAIN, "/orders/7");
    expect(f, 503, "\"status\":\"UNAVAILABLE\"");
}

static void shows_one_service_on_its_listener(void **state) {
    fixture *f = *state;
    mall_orders_v1_OrderService_mock_get_order_answer(f->orders, an_order());
    get(f, ORDERS, "/orders/7");
    expect(f, 200,
           pl_arena_printf(&f->arena, "\"self\":{\"href\":\"http://127.0.0.1:%u/orders/7\"}",
                           (unsigned)gateway_port(f->gateway, ORDERS)));
    get(f, ORDERS, "/");
    expect(f, 200, "/orders{?page,size,sort}");
    assert_null(strstr(body_of(f), "/products"));
    get(f, ORDERS, "/products");
    expect(f, 404, "NOT_FOUND");
    get(f, ORDERS, "/goods/img/TV.svg");
    expect(f, 404, "NOT_FOUND");
}

static void expect_403(fixture *f, const char *host, const char *name, const char *value) {
    const pl_http_field field = {pl_str_c(name), pl_str_c(value)};
    pl_http_call call = call_of(f, ORDERS, "GET", "/orders/7");
    call.host = pl_str_c(host);
    call.fields = &field;
    call.field_count = name ? 1 : 0;
    fetch(f, &call);
    expect(f, 403, "\"status\":\"PERMISSION_DENIED\"");
    assert_null(header_of(f, "access-control-allow-origin"));
}

static void refuses_other_sites(void **state) {
    fixture *f = *state;
    expect_403(f, "evil.example", NULL, NULL);
    expect_403(f, "", "origin", "http://evil.example");
    expect_403(f, "", "sec-fetch-site", "cross-site");
    assert_int_equal(mall_orders_v1_OrderService_mock_get_order_count(f->orders), 0);
}

static void serves_files(void **state) {
    fixture *f = *state;
    copy_file(descriptors, pl_arena_printf(&f->arena, "%s/TV.svg", f->folder));
    get(f, MAIN, "/goods/img/tv.SVG");
    assert_int_equal(f->answer->head->status, 200);
    assert_string_equal(header_of(f, "content-type"), "image/svg+xml");
    const pl_http_field tag = {PL_STR("if-none-match"), pl_str_c(header_of(f, "etag"))};
    pl_http_call call = call_of(f, MAIN, "GET", "/goods/img/TV.svg");
    call.fields = &tag;
    call.field_count = 1;
    fetch(f, &call);
    assert_int_equal(f->answer->head->status, 304);
    get(f, MAIN, "/goods/img/RADIO.svg");
    expect(f, 404, "\"path\":\"/goods/img/RADIO.svg\"");
    call = call_of(f, MAIN, "DELETE", "/goods/img/TV.svg");
    fetch(f, &call);
    expect(f, 405, "UNIMPLEMENTED");
    assert_string_equal(header_of(f, "allow"), "GET, HEAD");
}

static void answers_head_without_a_body(void **state) {
    fixture *f = *state;
    mall_orders_v1_OrderService_mock_get_order_answer(f->orders, an_order());
    const pl_http_call call = call_of(f, MAIN, "HEAD", "/orders/7");
    fetch(f, &call);
    assert_int_equal(f->answer->head->status, 200);
    assert_true(f->answer->head->content_length > 0);
    assert_int_equal(f->answer->body.n, 0);
}

static void keeps_its_routes_where_new_ones_are_wrong(void **state) {
    fixture *f = *state;
    FILE *file = fopen(f->descriptors, "wb");
    assert_non_null(file);
    fputs("not descriptors", file);
    fclose(file);
    assert_int_not_equal(gateway_reload(f->gateway, NULL), PL_OK);
    get(f, MAIN, "/products");
    expect(f, 503, "has no address here");
}

/* GET /nothing is 404 as long as the file has no such route; it gets one by a file of the
 * same routes under another name of a path. */
static void replaces_its_routes_when_the_file_changes(void **state) {
    fixture *f = *state;
    FILE *in = fopen(descriptors, "rb");
    assert_non_null(in);
    char *bytes = pl_arena_alloc(&f->arena, DESCRIPTORS_MAX);
    size_t size = fread(bytes, 1, DESCRIPTORS_MAX, in);
    fclose(in);
    static const char before[] = "/item/{product_id}", after[] = "/elem/{product_id}";
    size_t changes = 0;
    for (size_t i = 0; i + sizeof before <= size; i++) {
        if (memcmp(bytes + i, before, sizeof before - 1) == 0) {
            memcpy(bytes + i, after, sizeof after - 1);
            changes++;
        }
    }
    assert_true(changes > 0);
    get(f, MAIN, "/elem/1");
    expect(f, 404, "NOT_FOUND");
    const char *fresh = pl_arena_printf(&f->arena, "%s.new", f->descriptors);
    FILE *out = fopen(fresh, "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(bytes, 1, size, out), size);
    fclose(out);
    assert_int_equal(rename(fresh, f->descriptors), 0);
    int64_t deadline = pl_deadline_ms(PATIENCE_MS);
    do {
        get(f, MAIN, "/elem/1");
        poll(NULL, 0, 20); /* between two looks at the effect */
    } while (f->answer->head->status == 404 && pl_now_ns() < deadline);
    expect(f, 503, "has no address here");
    get(f, MAIN, "/item/1");
    expect(f, 404, "NOT_FOUND");
}

static void answers_on_every_loop(void **state) {
    fixture *f = *state;
    mall_orders_v1_OrderService_mock_get_order_answer(f->orders, an_order());
    for (int i = 0; i < 32; i++) {
        get(f, MAIN, "/orders/7");
        expect(f, 200, "\"id\":7");
    }
    assert_int_equal(mall_orders_v1_OrderService_mock_get_order_count(f->orders), 32);
}

static void refuses_to_listen_beyond_loopback_without_logins(void **state) {
    (void)state;
    static gateway_config config;
    assert_int_equal(gateway_config_listeners(&config, "0.0.0.0:0", "", NULL), PL_OK);
    const gateway_opts opts = {
        .descriptors = descriptors, .config = &config, .loops = 1, .demo_admin = true};
    gateway *gw = NULL;
    pl_error err = PL_ERROR_INIT;
    assert_int_equal(gateway_start(&opts, &gw, &err), PL_FAILED_PRECONDITION);
    assert_non_null(strstr(err.message, "loopback"));
}

static void refuses_a_port_that_is_taken(void **state) {
    fixture *f = *state;
    static gateway_config config;
    const char *address = pl_arena_printf(&f->arena, "127.0.0.1:%u",
                                          (unsigned)gateway_port(f->gateway, MAIN));
    assert_int_equal(gateway_config_listeners(&config, address, "", NULL), PL_OK);
    const gateway_opts opts = {
        .descriptors = descriptors, .config = &config, .loops = 2, .demo_admin = true};
    gateway *gw = NULL;
    assert_int_equal(gateway_start(&opts, &gw, NULL), PL_ALREADY_EXISTS);
}

/* ---- the log ---------------------------------------------------------------------- */

static int real_stderr;
static FILE *lines;

/* Lines go to a file; before the first thread starts. */
static int set_up_logged(void **state) {
    lines = tmpfile();
    real_stderr = dup(STDERR_FILENO);
    assert_non_null(lines);
    assert_true(dup2(fileno(lines), STDERR_FILENO) >= 0);
    pl_log_init("gateway-test", PL_LOG_INFO, PL_LOG_JSON);
    return set_up(state);
}

static int tear_down_logged(void **state) {
    int failed = tear_down(state);
    (void)dup2(real_stderr, STDERR_FILENO);
    close(real_stderr);
    fclose(lines);
    pl_log_init("gateway-test", PL_LOG_ERROR, PL_LOG_TEXT);
    return failed;
}

static void the_log_has_the_paths_of_routes_not_what_was_asked_for(void **state) {
    fixture *f = *state;
    char text[8192];
    get(f, MAIN, "/orders/4711");
    get(f, MAIN, "/orders/not-a-number-4711");
    get(f, MAIN, "/goods/img/4711.svg");
    get(f, MAIN, "/nobody/4711");
    gateway_stop(f->gateway, PATIENCE_MS); /* all is written */
    f->gateway = NULL;
    rewind(lines);
    text[fread(text, 1, sizeof text - 1, lines)] = '\0';
    const char *first = strstr(text, "\"path\":\"/orders/{order_id}\"");
    assert_non_null(first);
    assert_non_null(strstr(first + 1, "\"path\":\"/orders/{order_id}\",\"status\":400"));
    assert_non_null(strstr(text, "\"path\":\"/goods/img\",\"status\":404"));
    assert_non_null(strstr(text, "\"path\":\"\",\"status\":404"));
    assert_null(strstr(text, "4711"));
}

int main(int argc, char **argv) {
    assert_true(argc == 2);
    descriptors = argv[1];
    pl_log_init("gateway-test", PL_LOG_ERROR, PL_LOG_TEXT);
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(places_an_order),
        cmocka_unit_test_setup_teardown(the_log_has_the_paths_of_routes_not_what_was_asked_for,
                                        set_up_logged, tear_down_logged),
        T(passes_listed_headers_and_who_the_caller_is),
        T(a_request_goes_on_with_the_trace_of_its_client),
        T(two_traceparents_begin_a_new_trace),
        T(a_malformed_trace_is_replaced_together_with_its_state),
        T(shows_the_services_refusal_with_its_details),
        T(shows_what_the_service_adds_to_its_refusal),
        T(shows_the_field_that_the_service_refuses),
        T(shows_the_member_that_does_not_exist),
        T(answers_404_and_405),
        T(answers_415_for_what_is_no_json),
        T(answers_413_for_a_body_over_the_limit),
        T(answers_431_in_the_shape_of_all_errors),
        T(answers_503_where_the_service_is_down),
        T(answers_503_where_the_service_has_no_address),
        T(answers_504_where_the_service_does_not_answer),
        T(answers_504_where_an_order_may_have_been_placed),
        T(answers_503_where_only_a_reading_was_lost),
        T(shows_one_service_on_its_listener),
        T(refuses_other_sites),
        T(serves_files),
        T(answers_head_without_a_body),
        T(keeps_its_routes_where_new_ones_are_wrong),
        T(replaces_its_routes_when_the_file_changes),
        cmocka_unit_test_setup_teardown(answers_on_every_loop, set_up_two_loops, tear_down),
        cmocka_unit_test(refuses_to_listen_beyond_loopback_without_logins),
        cmocka_unit_test_setup_teardown(refuses_a_port_that_is_taken, set_up_two_loops, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
