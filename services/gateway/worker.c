#include "worker.h"

#include <stdlib.h>

#include "serve.h"

static pl_code make_channels(gateway_worker *worker, pl_error *err) {
    const gateway_config *config = worker->opts->config;
    for (size_t i = 0; i < config->upstream_count; i++) {
        pl_channel_opts opts = PL_CHANNEL_OPTS_INIT;
        if (worker->opts->channel)
            opts = *worker->opts->channel;
        opts.name = config->upstreams[i].name;
        opts.target = config->upstreams[i].target;
        opts.bulkhead = WORKER_BULKHEAD;
        pl_code code = pl_channel_new(&opts, &worker->channels[i], err);
        if (code)
            return code;
        pl_channel_observe(worker->channels[i], worker->opts->observer,
                           worker->opts->observer_self);
    }
    return PL_OK;
}

pl_code worker_init(gateway_worker *worker, const gateway_opts *opts, gateway_routes *routes,
                    pl_error *err) {
    worker->opts = opts;
    worker->routes = gateway_routes_ref(routes);
    pl_code code = pl_loop_new(&worker->loop, err);
    if (code)
        return code;
    pl_http_server_opts http = PL_HTTP_SERVER_OPTS_INIT;
    http.on_request = serve_request;
    http.on_error = serve_refused;
    http.self = worker;
    if (opts->max_body)
        http.max_body = (int64_t)opts->max_body;
    code = pl_http_server_new(worker->loop, &http, &worker->server, err);
    return code ? code : make_channels(worker, err);
}

void worker_done(gateway_worker *worker) {
    pl_http_server_free(worker->server);
    if (worker->loop)
        (void)!pl_loop_run_once(worker->loop, 0, NULL); /* takes routes that were posted last */
    for (size_t i = 0; i < GATEWAY_MAX_UPSTREAMS; i++)
        pl_channel_free(worker->channels[i]);
    serve_free_spare(worker);
    pl_loop_free(worker->loop);
    gateway_routes_unref(worker->routes);
}

pl_code worker_listen(gateway_worker *worker, const char *address, size_t listener, bool shared,
                      uint16_t *out_port, pl_error *err) {
    const pl_http_listen_opts opts = {
        .address = address, .listener = (int)listener, .reuse_port = shared};
    return pl_http_server_listen(worker->server, &opts, out_port, err);
}

/* New routes on their way to a loop. */
typedef struct routes_task {
    pl_task task;
    gateway_worker *worker;
    gateway_routes *routes;
} routes_task;

static void set_routes(pl_task *task) {
    routes_task *change = PL_CONTAINER_OF(task, routes_task, task);
    gateway_routes_unref(change->worker->routes);
    change->worker->routes = change->routes;
    free(change);
}

void worker_set_routes(gateway_worker *worker, gateway_routes *routes) {
    routes_task *change = malloc(sizeof *change);
    if (!change)
        return; /* the old routes go on; the next change tries again */
    *change = (routes_task){{set_routes, NULL}, worker, gateway_routes_ref(routes)};
    pl_loop_post(worker->loop, &change->task);
}

/* A request whose client was cut off still waits for its upstream, which was told. */
static void drained(void *self) {
    gateway_worker *worker = self;
    worker->ending = true;
    if (worker->in_progress == 0)
        pl_loop_stop(worker->loop);
}

static void start_drain(pl_task *task) {
    gateway_worker *worker = PL_CONTAINER_OF(task, gateway_worker, drain_task);
    pl_http_server_drain(worker->server, worker->drain_grace_ms, drained, worker);
}

void worker_drain(gateway_worker *worker, int64_t grace_ms) {
    worker->drain_grace_ms = grace_ms;
    worker->drain_task.run = start_drain;
    pl_loop_post(worker->loop, &worker->drain_task);
}

pl_channel *worker_channel(const gateway_worker *worker, const char *service) {
    const gateway_config *config = worker->opts->config;
    for (size_t i = 0; i < config->upstream_count; i++) {
        if (gateway_name_means(config->upstreams[i].name, service))
            return worker->channels[i];
    }
    return NULL;
}
