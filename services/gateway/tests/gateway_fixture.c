#include "gateway_fixture.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

const char *descriptors;
char seen_request[64];

static uint16_t port_of(int fd) {
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    return ntohs(address.sin_port);
}

static int listen_deaf(void) {
    const struct sockaddr_in address = {.sin_family = AF_INET,
                                        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(fd, 8), 0);
    return fd;
}

void copy_file(const char *from, const char *to) {
    char bytes[4096];
    FILE *in = fopen(from, "rb");
    FILE *out = fopen(to, "wb");
    assert_non_null(in);
    assert_non_null(out);
    for (size_t n; (n = fread(bytes, 1, sizeof bytes, in)) > 0;)
        assert_int_equal(fwrite(bytes, 1, n, out), n);
    fclose(in);
    fclose(out);
}

static void make_folder(fixture *f) {
    snprintf(f->folder, sizeof f->folder, "/tmp/gateway-test-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    snprintf(f->descriptors, sizeof f->descriptors, "%s/mall.binpb", f->folder);
    copy_file(descriptors, f->descriptors);
}

static void start_server(fixture *f) {
    pl_error err = PL_ERROR_INIT;
    pl_server_opts opts = PL_SERVER_OPTS_INIT;
    opts.domain = "mall";
    opts.demo = true;
    f->orders = mall_orders_v1_OrderService_mock_new();
    f->orders_service = mall_orders_v1_OrderService_mock_service(f->orders);
    if (pl_server_new(&opts, &f->server, &err) ||
        pl_server_add(f->server, mall_orders_v1_OrderService_bind(&f->orders_service), &err) ||
        pl_server_start(f->server, &err))
        fail_msg("%s", err.message);
    pl_server_set_serving(f->server, NULL, true);
    const char *address = pl_arena_printf(&f->arena, "127.0.0.1:%d", pl_server_port(f->server));
    if (pl_test_proxy_start(address, &f->line, &err))
        fail_msg("%s", err.message);
}

static void hear(void *self, const pl_span *span) {
    (void)self;
    if (span->kind == PL_SPAN_SERVER)
        snprintf(seen_request, sizeof seen_request, "%s", span->name);
}

static void start_gateway(fixture *f, unsigned loops) {
    pl_error err = PL_ERROR_INIT;
    const char *upstreams = pl_arena_printf(&f->arena,
                                            "mall.orders.v1.OrderService=%s,payment=127.0.0.1:%u,"
                                            "delivery=127.0.0.1:1",
                                            pl_test_proxy_address(f->line),
                                            (unsigned)port_of(f->deaf));
    assert_int_equal(gateway_config_upstreams(&f->config, upstreams, NULL), PL_OK);
    assert_int_equal(gateway_config_listeners(&f->config, "127.0.0.1:0",
                                              "orders=127.0.0.1:0,products=127.0.0.1:0", NULL),
                     PL_OK);
    assert_int_equal(
        gateway_config_folders(&f->config,
                               pl_arena_printf(&f->arena, "/goods/img=%s;nocase", f->folder), NULL),
        PL_OK);
    const gateway_opts opts = {.descriptors = f->descriptors,
                               .config = &f->config,
                               .loops = loops,
                               .demo_admin = true,
                               .observer = hear,
                               .export_requests = true};
    if (gateway_start(&opts, &f->gateway, &err))
        fail_msg("%s", err.message);
}

static int set_up_with(void **state, unsigned loops) {
    fixture *f = test_calloc(1, sizeof *f);
    f->arena = pl_arena_make(8 << 20);
    f->deaf = listen_deaf();
    make_folder(f);
    start_server(f);
    start_gateway(f, loops);
    *state = f;
    return 0;
}

int set_up(void **state) {
    return set_up_with(state, 1);
}

int set_up_two_loops(void **state) {
    return set_up_with(state, 2);
}

int tear_down(void **state) {
    fixture *f = *state;
    pl_http_answer_free(f->answer);
    gateway_stop(f->gateway, 1000);
    pl_test_proxy_free(f->line);
    pl_server_free(f->server);
    mall_orders_v1_OrderService_mock_free(f->orders);
    close(f->deaf);
    unlink(f->descriptors);
    unlink(pl_arena_printf(&f->arena, "%s/TV.svg", f->folder));
    rmdir(f->folder);
    pl_arena_done(&f->arena);
    test_free(f);
    return 0;
}

/* ---- requests ---- */

pl_http_call call_of(fixture *f, size_t listener, const char *method, const char *target) {
    pl_http_call call = PL_HTTP_CALL_INIT;
    call.address = pl_arena_printf(&f->arena, "127.0.0.1:%u",
                                   (unsigned)gateway_port(f->gateway, listener));
    call.method = pl_str_c(method);
    call.target = pl_str_c(target);
    return call;
}

void fetch(fixture *f, const pl_http_call *call) {
    pl_error err = PL_ERROR_INIT;
    pl_http_answer_free(f->answer);
    f->answer = NULL;
    if (pl_http_fetch(call, &f->answer, &err))
        fail_msg("%.*s %.*s: %s", PL_FMT(call->method), PL_FMT(call->target), err.message);
}

void get(fixture *f, size_t listener, const char *target) {
    const pl_http_call call = call_of(f, listener, "GET", target);
    fetch(f, &call);
}

void post(fixture *f, const char *target, const char *body) {
    pl_http_call call = call_of(f, MAIN, "POST", target);
    call.content_type = pl_str_c("application/json");
    call.body = pl_str_c(body);
    fetch(f, &call);
}

const char *body_of(fixture *f) {
    return pl_arena_cstr(&f->arena, f->answer->body);
}

const char *header_of(fixture *f, const char *name) {
    pl_str value;
    return pl_http_head_find(f->answer->head, name, &value) ? pl_arena_cstr(&f->arena, value)
                                                            : NULL;
}

void expect(fixture *f, int status, const char *text) {
    if (f->answer->head->status != status || !strstr(body_of(f), text))
        fail_msg("expected %d with \"%s\", got %d: %s", status, text, f->answer->head->status,
                 body_of(f));
}

const mall_orders_v1_Order *an_order(void) {
    static char name[] = "TV", customer[] = "1@uengine.org";
    static mall_orders_v1_Order order = mall_orders_v1_ORDER_INIT;
    order.id = 7;
    order.product_id = 1;
    order.product_name = name;
    order.quantity = 3;
    order.price = 10000;
    order.customer_id = customer;
    order.state = mall_orders_v1_ORDER_STATE_PLACED;
    return &order;
}

const char order_json[] =
    "{\"productId\":1,\"quantity\":\"3\",\"price\":1,\"customerId\":\"1@uengine.org\"}";
