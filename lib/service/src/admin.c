/* The admin port: /livez, /readyz, /metrics and what main.c adds, on a thread and a
 * loop of its own, so that a service whose workers are all busy still answers. */
#include <stdlib.h>
#include <string.h>

#include "parley/base/clock.h"
#include "parley/http/server.h"
#include "parley/loop/loop.h"
#include "service_internal.h"

enum { STACK_SIZE = 256 * 1024, MAX_CONNECTIONS = 64, MAX_BODY = 256 * 1024, MAX_ANSWER = 1 << 20 };

struct pl_admin {
    pl_service *service;
    pl_loop *loop;
    pl_http_server *server;
    pthread_t thread;
    bool running;
};

static void answer(pl_http_request *request, int status, const char *type, pl_str body) {
    pl_http_reply reply = {.status = status, .content_type = pl_str_c(type), .body = body};
    pl_http_respond(request, &reply);
}

/* ---- readiness ---- */

static const pl_error *ask(check *c) {
    int64_t now = pl_now_ns();
    if (c->asked_ns && now - c->asked_ns < PL_SERVICE_CHECK_CACHE_MS * PL_NS_PER_MS)
        return &c->error;
    pl_error err = PL_ERROR_INIT;
    pl_code code = c->fn(c->self, &err);
    err.code = code;
    c->error = err;
    c->asked_ns = pl_now_ns();
    return &c->error;
}

static bool put_checks(pl_service *service, pl_buf *out) {
    bool ready = true;
    for (size_t i = 0; i < service->check_count; i++) {
        check *c = &service->checks[i];
        const pl_error *err = ask(c);
        pl_buf_puts(out, i ? ",{\"name\":" : "{\"name\":");
        pl_buf_json(out, pl_str_c(c->name));
        pl_buf_printf(out, ",\"ok\":%s", err->code ? "false" : "true");
        if (err->code) {
            pl_buf_puts(out, ",\"error\":");
            pl_buf_json(out, pl_str_c(err->message));
            ready = false;
        }
        pl_buf_putc(out, '}');
    }
    return ready;
}

static void answer_ready(pl_service *service, pl_http_request *request) {
    static const char *const phases[] = {"starting", "serving", "draining"};
    pl_buf checks = pl_buf_make(MAX_ANSWER), body = pl_buf_make(MAX_ANSWER);
    int now = atomic_load(&service->phase);
    bool ready = put_checks(service, &checks) && now == PHASE_SERVING;
    pl_buf_printf(&body, "{\"ready\":%s,\"state\":\"%s\",\"checks\":[%s]}\n",
                  ready ? "true" : "false", phases[now], checks.p);
    answer(request, ready ? 200 : 503, "application/json", pl_buf_view(&body));
    pl_buf_done(&checks);
    pl_buf_done(&body);
}

/* Who can read OpenMetrics names it in Accept, whatever it likes more. */
static bool wants_openmetrics(const pl_http_request *request) {
    pl_str accept, piece;
    if (!pl_http_head_find(pl_http_request_head(request), "accept", &accept))
        return false;
    while (pl_str_split(&accept, ',', &piece)) {
        while (piece.n && piece.p[0] == ' ')
            piece = pl_str_make(piece.p + 1, piece.n - 1);
        if (pl_str_starts(piece, pl_str_c("application/openmetrics-text")))
            return true;
    }
    return false;
}

static void answer_metrics(pl_service *service, pl_http_request *request) {
    pl_buf body = pl_buf_make(PL_METRICS_MAX_TEXT);
    const char *type = "text/plain; version=0.0.4";
    if (wants_openmetrics(request)) {
        type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
        pl_metrics_openmetrics(service->metrics, &body);
    } else {
        pl_metrics_text(service->metrics, &body);
    }
    answer(request, body.failed ? 500 : 200, type, pl_buf_view(&body));
    pl_buf_done(&body);
}

/* ---- routes of main.c ---- */

static bool is_local_peer(const pl_http_request *request) {
    const char *peer = pl_http_request_peer(request);
    return strcmp(peer, "unix") == 0 || pl_address_is_loopback(peer);
}

/* They change things, so only this machine's own programs may ask: not another
 * machine, and not a web page that this machine's browser shows. */
static bool may_ask(const pl_service *service, const pl_http_request *request) {
    const pl_http_head *head = pl_http_request_head(request);
    pl_str unused;
    return service->common.demo && is_local_peer(request) && pl_host_is_local(head->host) &&
           !pl_http_head_find(head, "origin", &unused) &&
           !pl_http_head_find(head, "sec-fetch-site", &unused);
}

static void answer_route(pl_service *service, const admin_route *route, pl_http_request *request) {
    if (!may_ask(service, request)) {
        answer(request, 403, "text/plain",
               pl_str_c("only for programs of this machine, with DEMO=true\n"));
        return;
    }
    pl_buf body = pl_buf_make(MAX_ANSWER);
    int status = route->fn(route->self, pl_http_request_head(request)->query,
                           pl_http_request_body(request), &body);
    answer(request, status, "application/json", pl_buf_view(&body));
    pl_buf_done(&body);
}

static const admin_route *find_route(const pl_service *service, const pl_http_head *head) {
    for (size_t i = 0; i < service->route_count; i++) {
        const admin_route *route = &service->routes[i];
        if (pl_str_eqc(head->path, route->path) && pl_str_eqc(head->method_text, route->method))
            return route;
    }
    return NULL;
}

static void on_request(void *self, pl_http_request *request) {
    pl_service *service = ((pl_admin *)self)->service;
    const pl_http_head *head = pl_http_request_head(request);
    const admin_route *route = find_route(service, head);
    if (route)
        answer_route(service, route, request);
    else if (head->method != PL_HTTP_GET && head->method != PL_HTTP_HEAD_METHOD)
        answer(request, 405, "text/plain", pl_str_c("only GET and HEAD\n"));
    else if (pl_str_eqc(head->path, "/livez"))
        answer(request, 200, "text/plain", pl_str_c("ok\n"));
    else if (pl_str_eqc(head->path, "/readyz"))
        answer_ready(service, request);
    else if (pl_str_eqc(head->path, "/metrics"))
        answer_metrics(service, request);
    else
        answer(request, 404, "text/plain", pl_str_c("there are /livez, /readyz and /metrics\n"));
}

/* ---- life cycle ---- */

static void *run(void *self) {
    pl_admin *admin = self;
    pl_error err = PL_ERROR_INIT;
    if (pl_loop_run(admin->loop, &err))
        pl_service_fail(admin->service, &err);
    return NULL;
}

static pl_code start_thread(pl_admin *admin, pl_error *err) {
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK_SIZE);
    int failed = pthread_create(&admin->thread, &attr, run, admin);
    pthread_attr_destroy(&attr);
    if (failed)
        return pl_error_errno(err, failed, "admin thread");
    admin->running = true;
    return PL_OK;
}

pl_code pl_admin_start(pl_service *service, pl_admin **out_admin, uint16_t *out_port,
                       pl_error *err) {
    pl_admin *admin = calloc(1, sizeof *admin);
    if (!admin)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "admin port: no memory");
    admin->service = service;
    pl_http_server_opts opts = PL_HTTP_SERVER_OPTS_INIT;
    opts.on_request = on_request;
    opts.self = admin;
    opts.max_connections = MAX_CONNECTIONS;
    opts.max_body = MAX_BODY;
    pl_http_listen_opts listen = {.address = service->common.admin_listen};
    pl_code code = pl_loop_new(&admin->loop, err);
    if (!code)
        code = pl_http_server_new(admin->loop, &opts, &admin->server, err);
    if (!code)
        code = pl_http_server_listen(admin->server, &listen, out_port, err);
    if (!code)
        code = start_thread(admin, err);
    if (code) {
        pl_admin_stop(admin);
        return code;
    }
    *out_admin = admin;
    return PL_OK;
}

void pl_admin_stop(pl_admin *admin) {
    if (!admin)
        return;
    if (admin->running) {
        pl_loop_stop(admin->loop);
        pthread_join(admin->thread, NULL);
    }
    pl_http_server_free(admin->server);
    pl_loop_free(admin->loop);
    free(admin);
}
