/* The export of spans to a collector: an HTTP server in this process that decodes what it gets. */
#include "otlp.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "parley/base/clock.h"
#include "parley/http/server.h"
#include "parley/json/proto_json.h"
#include "parley/loop/loop.h"

enum { WAIT_MS = 10000, ANSWERS_MAX = 8, BODY_MAX = 1 << 20 };

static pl_pool *pool;

typedef struct collector {
    pl_loop *loop;
    pl_http_server *server;
    pthread_t thread;
    uint16_t port;
    pthread_mutex_t mu;
    pthread_cond_t came;
    /* guarded by mu */
    int answers[ANSWERS_MAX]; /* statuses, in order; 0: 200 from here on */
    size_t requests;
    char path[64], type[64];
    pl_buf json; /* of all that were answered 200 */
} collector;

static void on_request(void *self, pl_http_request *request) {
    collector *c = self;
    const pl_http_head *head = pl_http_request_head(request);
    const pl_json_write_opts opts = {.int64_numbers = true};
    pl_str type = {NULL, 0};
    (void)pl_http_head_find(head, "content-type", &type);
    pthread_mutex_lock(&c->mu);
    int status = c->requests < ANSWERS_MAX ? c->answers[c->requests] : 0;
    c->requests++;
    (void)snprintf(c->path, sizeof c->path, "%.*s", PL_FMT(head->path));
    (void)snprintf(c->type, sizeof c->type, "%.*s", PL_FMT(type));
    if (status == 0 &&
        pl_wire_to_json(pl_pool_message(pool, pl_str_c("otlp.ExportTraceServiceRequest")),
                        pl_http_request_body(request), &opts, &c->json, NULL) != PL_OK)
        pl_buf_puts(&c->json, "not decodable");
    pthread_cond_broadcast(&c->came);
    pthread_mutex_unlock(&c->mu);
    pl_http_respond(request, &(pl_http_reply){.status = status ? status : 200});
}

static void *serve(void *self) {
    collector *c = self;
    return pl_loop_run(c->loop, NULL) == PL_OK ? NULL : c;
}

static int start(void **state) {
    collector *c = calloc(1, sizeof *c);
    pl_http_server_opts opts = PL_HTTP_SERVER_OPTS_INIT;
    pthread_condattr_t attr;
    opts.on_request = on_request;
    opts.self = c;
    c->json = pl_buf_make(BODY_MAX);
    pthread_mutex_init(&c->mu, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&c->came, &attr);
    *state = c;
    if (pl_loop_new(&c->loop, NULL) || pl_http_server_new(c->loop, &opts, &c->server, NULL) ||
        pl_http_server_listen(c->server, &(pl_http_listen_opts){.address = "127.0.0.1:0"}, &c->port,
                              NULL))
        return -1;
    return pthread_create(&c->thread, NULL, serve, c);
}

static int stop(void **state) {
    collector *c = *state;
    pl_loop_stop(c->loop);
    pthread_join(c->thread, NULL);
    pl_http_server_free(c->server);
    pl_loop_free(c->loop);
    pl_buf_done(&c->json);
    free(c);
    return 0;
}

static void await_requests(collector *c, size_t count) {
    int64_t until = pl_deadline_ms(WAIT_MS);
    const struct timespec at = {.tv_sec = until / PL_NS_PER_S, .tv_nsec = until % PL_NS_PER_S};
    int rc = 0;
    pthread_mutex_lock(&c->mu);
    while (c->requests < count && rc == 0)
        rc = pthread_cond_timedwait(&c->came, &c->mu, &at);
    pthread_mutex_unlock(&c->mu);
    assert_int_equal(rc, 0);
}

static pl_otlp *exporter(const collector *c) {
    char endpoint[64];
    pl_otlp *otlp;
    (void)snprintf(endpoint, sizeof endpoint, "http://127.0.0.1:%u", c->port);
    const pl_otlp_opts opts = {
        .endpoint = endpoint, .service = "mall-orders", .version = "1.2", .instance = "a:1"};
    assert_int_equal(pl_otlp_new(&opts, &otlp, NULL), PL_OK);
    return otlp;
}

static void add(pl_otlp *otlp, const char *flags) {
    char parent[PL_TRACEPARENT_SIZE];
    pl_trace trace;
    (void)snprintf(parent, sizeof parent, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-%s",
                   flags);
    pl_trace_begin_as(&trace, pl_str_c(parent), "00000000000000aa");
    const pl_span span = {.trace = &trace,
                          .kind = PL_SPAN_CLIENT,
                          .name = "/mall.payment.v1.PaymentService/Charge",
                          .peer = "payment",
                          .start_us = 1700000000000000,
                          .duration_ns = 2500000,
                          .code = PL_UNAVAILABLE,
                          .error = "payment: gone"};
    pl_otlp_add(otlp, &span);
}

static void flush(pl_otlp *otlp) {
    pl_otlp_free(otlp, pl_deadline_ms(WAIT_MS));
}

static void assert_got(const collector *c, const char *text) {
    if (!strstr(c->json.p, text))
        fail_msg("no <<%s>> in <<%s>>", text, c->json.p);
}

static void a_collector_gets_the_whole_span(void **state) {
    collector *c = *state;
    pl_otlp *otlp = exporter(c);
    add(otlp, "01");
    flush(otlp);
    assert_string_equal(c->path, "/v1/traces");
    assert_string_equal(c->type, "application/x-protobuf");
    assert_got(c, "{\"key\":\"service.name\",\"value\":{\"stringValue\":\"mall-orders\"}}");
    assert_got(c, "{\"key\":\"service.version\",\"value\":{\"stringValue\":\"1.2\"}}");
    assert_got(c, "\"spans\":[{\"traceId\":\"CvdlGRbNQ92ESOshHIAxnA==\",\"spanId\":"
                  "\"AAAAAAAAAKo=\",\"parentSpanId\":\"t61rcWkgMzE=\",\"name\":"
                  "\"mall.payment.v1.PaymentService/Charge\",\"kind\":\"SPAN_KIND_CLIENT\","
                  "\"startTimeUnixNano\":1700000000000000000,"
                  "\"endTimeUnixNano\":1700000000002500000");
    assert_got(c, "{\"key\":\"rpc.grpc.status_code\",\"value\":{\"intValue\":14}}");
    assert_got(c, "{\"key\":\"peer.service\",\"value\":{\"stringValue\":\"payment\"}}");
    assert_got(c, "\"status\":{\"message\":\"payment: gone\",\"code\":\"STATUS_CODE_ERROR\"},"
                  "\"flags\":1}");
}

static void what_is_not_sampled_is_not_sent(void **state) {
    collector *c = *state;
    pl_otlp *otlp = exporter(c);
    add(otlp, "00");
    flush(otlp);
    assert_int_equal(c->requests, 0);
}

static void a_busy_collector_is_asked_again(void **state) {
    collector *c = *state;
    c->answers[0] = 503;
    c->answers[1] = 429;
    pl_otlp *otlp = exporter(c);
    add(otlp, "01");
    await_requests(c, 3);
    flush(otlp);
    assert_int_equal(c->requests, 3);
    assert_got(c, "\"spans\":[{");
}

static void a_refused_batch_is_dropped_and_counted(void **state) {
    collector *c = *state;
    c->answers[0] = 400;
    pl_otlp *otlp = exporter(c);
    add(otlp, "01");
    await_requests(c, 1);
    int64_t until = pl_deadline_ms(WAIT_MS);
    while (pl_otlp_read_stats(otlp).dropped == 0)
        assert_true(pl_now_ns() < until);
    flush(otlp);
    assert_int_equal(c->requests, 1);
}

static void a_full_queue_drops_and_never_blocks(void **state) {
    (void)state;
    pl_otlp *otlp;
    /* Nobody listens there: the first batch is tried again and again. */
    const pl_otlp_opts opts = {
        .endpoint = "http://127.0.0.1:1", .service = "x", .version = "1", .instance = "a"};
    assert_int_equal(pl_otlp_new(&opts, &otlp, NULL), PL_OK);
    for (int i = 0; i < 2 * PL_OTLP_QUEUE; i++)
        add(otlp, "01");
    assert_in_range(pl_otlp_read_stats(otlp).dropped, PL_OTLP_QUEUE - PL_OTLP_BATCH, PL_OTLP_QUEUE);
    int64_t begun = pl_now_ns();
    pl_otlp_free(otlp, pl_deadline_ms(100));
    assert_true(pl_now_ns() - begun < 2 * PL_OTLP_TIMEOUT_MS * PL_NS_PER_MS);
}

static void *add_many(void *otlp) {
    for (int i = 0; i < 200; i++)
        add(otlp, "01");
    return NULL;
}

static void threads_share_the_queue(void **state) {
    collector *c = *state;
    pl_otlp *otlp = exporter(c);
    pthread_t threads[4];
    for (size_t i = 0; i < PL_COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, add_many, otlp), 0);
    for (size_t i = 0; i < PL_COUNT(threads); i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(pl_otlp_read_stats(otlp).dropped, 0);
    flush(otlp);
    size_t spans = 0;
    for (const char *at = c->json.p; (at = strstr(at, "\"traceId\"")); at++)
        spans++;
    assert_int_equal(spans, 800);
}

static void an_endpoint_is_http(void **state) {
    (void)state;
    static const char *const wrong[] = {"127.0.0.1:4318", "https://x:4318", "http://", "grpc://x"};
    for (size_t i = 0; i < PL_COUNT(wrong); i++) {
        pl_otlp *otlp;
        pl_error err = PL_ERROR_INIT;
        const pl_otlp_opts opts = {.endpoint = wrong[i], .service = "", .version = ""};
        assert_int_equal(pl_otlp_new(&opts, &otlp, &err), PL_INVALID_ARGUMENT);
        assert_non_null(strstr(err.message, "OTLP_ENDPOINT"));
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        TEST(a_collector_gets_the_whole_span),
        TEST(what_is_not_sampled_is_not_sent),
        TEST(a_busy_collector_is_asked_again),
        TEST(a_refused_batch_is_dropped_and_counted),
        TEST(threads_share_the_queue),
        cmocka_unit_test(a_full_queue_drops_and_never_blocks),
        cmocka_unit_test(an_endpoint_is_http),
    };
    if (argc != 2 || pl_pool_load(argv[1], NULL, &pool, NULL))
        return 2;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    pl_pool_free(pool);
    return failed;
}
