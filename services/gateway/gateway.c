#include "gateway.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "parley/base/log.h"
#include "serve.h"
#include "worker.h"

/* How often the descriptor file is looked at. */
#define WATCH_MS     1000
#define PROBLEMS_MAX (64u << 10)

struct gateway {
    gateway_opts opts;
    gateway_worker workers[GATEWAY_MAX_LOOPS];
    pthread_t threads[GATEWAY_MAX_LOOPS];
    size_t worker_count, thread_count;
    uint16_t ports[GATEWAY_MAX_LISTENERS];
    pl_timer watch; /* of the first loop */
    struct stat seen;
};

static pl_code load(const gateway *gw, gateway_routes **out_routes, pl_error *err) {
    pl_buf problems = pl_buf_make(PROBLEMS_MAX);
    pl_code code = gateway_routes_load(gw->opts.descriptors, gw->opts.config, out_routes, &problems,
                                       err);
    pl_str rest = pl_buf_view(&problems);
    pl_str line;
    while (rest.n > 0 && pl_str_split(&rest, '\n', &line)) {
        if (line.n)
            pl_log(PL_LOG_ERROR, "route refused", PL_LOG_TEXTN("problem", line));
    }
    pl_buf_done(&problems);
    return code;
}

pl_code gateway_reload(gateway *gw, pl_error *err) {
    gateway_routes *routes = NULL;
    pl_code code = load(gw, &routes, err);
    if (code)
        return code;
    for (size_t i = 0; i < gw->worker_count; i++)
        worker_set_routes(&gw->workers[i], routes);
    gateway_routes_unref(routes);
    return PL_OK;
}

/* ---- changes of the descriptor file ---- */

static void reload_and_log(gateway *gw) {
    pl_error err = PL_ERROR_INIT;
    if (gateway_reload(gw, &err))
        pl_log(PL_LOG_ERROR, "routes kept", PL_LOG_STR("reason", err.message));
    else
        pl_log(PL_LOG_INFO, "routes replaced", PL_LOG_STR("descriptors", gw->opts.descriptors));
}

static bool same_file(const struct stat *a, const struct stat *b) {
    return a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static void look_at_file(void *self) {
    gateway *gw = self;
    struct stat now;
    pl_timer_start(gw->workers[0].loop, &gw->watch, pl_deadline_ms(WATCH_MS), look_at_file, gw);
    if (stat(gw->opts.descriptors, &now) || same_file(&now, &gw->seen))
        return;
    gw->seen = now;
    reload_and_log(gw);
}

static void on_hangup(void *self, int signo) {
    (void)signo;
    reload_and_log(self);
}

/* ---- start and stop ---- */

static pl_code check_listeners(const gateway_opts *opts, pl_error *err) {
    for (size_t i = 0; i < opts->config->listener_count && opts->demo_admin; i++) {
        const char *address = opts->config->listeners[i].address;
        if (!gateway_address_local(address))
            return pl_error_set(err, PL_FAILED_PRECONDITION,
                                "%s: without logins the gateway listens on loopback only: use "
                                "127.0.0.1 or AUTH=jwt",
                                address);
    }
    return PL_OK;
}

/* Finds out the port, and whether another process has it: sockets that share a port
 * would not notice. */
static pl_code claim(gateway_worker *first, const char *address, char *out, size_t size,
                     pl_error *err) {
    uint16_t port = 0;
    pl_http_server *probe = NULL;
    pl_http_server_opts opts = PL_HTTP_SERVER_OPTS_INIT;
    opts.on_request = serve_request; /* never called: no loop runs yet */
    pl_code code = pl_http_server_new(first->loop, &opts, &probe, err);
    if (!code)
        code = pl_http_server_listen(probe, &(pl_http_listen_opts){.address = address}, &port, err);
    pl_http_server_free(probe);
    if (code)
        return code;
    pl_str text = pl_str_c(address);
    while (text.n > 0 && text.p[text.n - 1] != ':')
        text.n--;
    snprintf(out, size, "%.*s%u", PL_FMT(text), (unsigned)port);
    return PL_OK;
}

static pl_code listen_on(gateway *gw, size_t listener, pl_error *err) {
    const char *wanted = gw->opts.config->listeners[listener].address;
    char address[GATEWAY_ADDRESS_MAX + 8];
    bool shared = gw->worker_count > 1;
    if (!shared)
        return worker_listen(&gw->workers[0], wanted, listener, false, &gw->ports[listener], err);
    pl_code code = claim(&gw->workers[0], wanted, address, sizeof address, err);
    for (size_t i = 0; i < gw->worker_count && !code; i++)
        code = worker_listen(&gw->workers[i], address, listener, true, &gw->ports[listener], err);
    return code;
}

static void *run(void *arg) {
    gateway_worker *worker = arg;
    pl_error err = PL_ERROR_INIT;
    if (pl_loop_run(worker->loop, &err))
        pl_log(PL_LOG_ERROR, "loop ended", PL_LOG_STR("reason", err.message));
    return NULL;
}

static unsigned loops_of(const gateway_opts *opts) {
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned loops = opts->loops ? opts->loops : cores > 0 ? (unsigned)cores : 1;
    return loops < GATEWAY_MAX_LOOPS ? loops : GATEWAY_MAX_LOOPS;
}

static pl_code make_workers(gateway *gw, gateway_routes *routes, pl_error *err) {
    unsigned loops = loops_of(&gw->opts);
    while (gw->worker_count < loops) {
        pl_code code = worker_init(&gw->workers[gw->worker_count++], &gw->opts, routes, err);
        if (code)
            return code;
    }
    for (size_t i = 0; i < gw->opts.config->listener_count; i++) {
        pl_code code = listen_on(gw, i, err);
        if (code)
            return code;
    }
    return PL_OK;
}

static pl_code start_threads(gateway *gw, pl_error *err) {
    pl_code code = pl_loop_on_signal(gw->workers[0].loop, SIGHUP, on_hangup, gw, err);
    if (code)
        return code;
    pl_timer_start(gw->workers[0].loop, &gw->watch, pl_deadline_ms(WATCH_MS), look_at_file, gw);
    while (gw->thread_count < gw->worker_count) {
        int failed = pthread_create(&gw->threads[gw->thread_count], NULL, run,
                                    &gw->workers[gw->thread_count]);
        if (failed)
            return pl_error_errno(err, failed, "starting a loop's thread");
        gw->thread_count++;
    }
    return PL_OK;
}

pl_code gateway_start(const gateway_opts *opts, gateway **out_gateway, pl_error *err) {
    pl_code code = check_listeners(opts, err);
    if (code)
        return code;
    gateway *gw = calloc(1, sizeof *gw);
    if (!gw)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "gateway: out of memory");
    gw->opts = *opts;
    (void)!stat(opts->descriptors, &gw->seen); /* a missing file is found by loading it */
    gateway_routes *routes = NULL;
    code = load(gw, &routes, err);
    if (!code)
        code = make_workers(gw, routes, err);
    gateway_routes_unref(routes);
    if (!code)
        code = start_threads(gw, err);
    if (code) {
        gateway_stop(gw, 0);
        return code;
    }
    *out_gateway = gw;
    return PL_OK;
}

void gateway_stop(gateway *gw, int64_t grace_ms) {
    if (!gw)
        return;
    for (size_t i = 0; i < gw->thread_count; i++)
        worker_drain(&gw->workers[i], grace_ms);
    for (size_t i = 0; i < gw->thread_count; i++)
        pthread_join(gw->threads[i], NULL);
    for (size_t i = 0; i < gw->worker_count; i++)
        worker_done(&gw->workers[i]);
    free(gw);
}

uint16_t gateway_port(const gateway *gw, size_t listener) {
    return gw->ports[listener];
}
