/* What is at the stub's HTTP address: its own interface below /__parley/, and REST. */
#include <stdlib.h>

#include "stub/clock.h"
#include "stub/rest.h"
#include "stub/stub.h"
#include "stub/trigger.h"

enum { ANSWER_MAX = 64 << 20 };
/* Paths below it are no provider's. */
#define OWN "/__parley/"

struct stub_admin {
    pl_stub *stub;
    int64_t clock_ms; /* what its clock was set to; 0: nothing */
    stub_rest *rest;
    pl_http_server *server;
};

static bool reset(pl_stub *stub, pl_buf *out) {
    pl_stub_reset(stub);
    return pl_buf_puts(out, "{}");
}

static const struct {
    const char *path;
    pl_http_method method;
    bool (*run)(pl_stub *stub, pl_buf *out);
} routes[] = {
    {"/__parley/journal", PL_HTTP_GET, pl_stub_journal},
    {"/__parley/unused", PL_HTTP_GET, pl_stub_unused},
    {"/__parley/reset", PL_HTTP_POST, reset},
};

static int route(stub_admin *admin, const pl_http_request *request, pl_buf *out) {
    const pl_http_head *head = pl_http_request_head(request);

    for (size_t i = 0; i < PL_COUNT(routes); i++) {
        if (!pl_str_eqc(head->path, routes[i].path))
            continue;
        if (head->method != routes[i].method) {
            pl_buf_printf(out, "{\"error\":\"expected %s\"}",
                          routes[i].method == PL_HTTP_GET ? "GET" : "POST");
            return 405;
        }
        if (routes[i].run(admin->stub, out))
            return 200;
        pl_buf_clear(out);
        pl_buf_puts(out, "{\"error\":\"the answer is too large\"}");
        return 500;
    }
    if (pl_str_eqc(head->path, STUB_CLOCK))
        return stub_clock_answer(admin->stub, &admin->clock_ms, request, out);
    if (pl_str_starts(head->path, pl_str_c(STUB_TRIGGERS))) {
        if (head->method == PL_HTTP_POST)
            return stub_trigger_answer(admin->stub, request, out);
        pl_buf_puts(out, "{\"error\":\"expected POST\"}");
        return 405;
    }
    pl_buf_puts(out, "{\"error\":\"no such path; there are /__parley/journal, /__parley/unused, "
                     "/__parley/reset, /__parley/clock and /__parley/triggers/NAME\"}");
    return 404;
}

static void on_request(void *self, pl_http_request *request) {
    stub_admin *admin = self;
    pl_buf body = pl_buf_make(ANSWER_MAX);
    pl_http_reply reply = {.content_type = PL_STR("application/json")};

    if (!pl_str_starts(pl_http_request_head(request)->path, pl_str_c(OWN))) {
        stub_rest_answer(admin->rest, request);
        return;
    }
    reply.status = route(admin, request, &body);
    pl_buf_putc(&body, '\n');
    reply.body = pl_buf_view(&body);
    pl_http_respond(request, &reply);
    pl_buf_done(&body);
}

pl_code stub_admin_new(pl_loop *loop, pl_stub *stub, const stub_line *line, stub_admin **out_admin,
                       uint16_t *out_port, pl_error *err) {
    pl_http_server_opts opts = PL_HTTP_SERVER_OPTS_INIT;
    pl_http_listen_opts listen = {.address = line->http};
    stub_admin *admin = calloc(1, sizeof *admin);

    if (!admin)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "no memory");
    admin->stub = stub;
    admin->clock_ms = line->opts.clock_ms;
    admin->rest = stub_rest_new(loop, stub, line->opts.latency_ms);
    opts.on_request = on_request;
    opts.on_error = stub_rest_refused;
    opts.self = admin;
    pl_code code = admin->rest ? pl_http_server_new(loop, &opts, &admin->server, err)
                               : pl_error_set(err, PL_RESOURCE_EXHAUSTED, "no memory");
    if (code == PL_OK)
        code = pl_http_server_listen(admin->server, &listen, out_port, err);
    if (code != PL_OK) {
        stub_admin_free(admin);
        return code;
    }
    *out_admin = admin;
    return PL_OK;
}

void stub_admin_turn(stub_admin *admin, pl_stub *stub) {
    admin->stub = stub;
    pl_stub_set_clock(stub, admin->clock_ms);
    stub_rest_turn(admin->rest, stub);
}

void stub_admin_free(stub_admin *admin) {
    if (!admin)
        return;
    stub_rest_free(admin->rest);
    pl_http_server_free(admin->server);
    free(admin);
}
