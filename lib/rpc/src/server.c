#include "parley/rpc/server.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "core.h"
#include "parley/base/assert.h"
#include "parley/base/cond.h"
#include "parley/base/log.h"
#include "server_internal.h"

/* Bounds of the options; beyond them is a mistake. */
#define WORKERS_MAX 1024
#define QUEUE_MAX   65536
#define MESSAGE_MAX (256u << 20)

static pl_code check_opts(const pl_server_opts *opts, pl_error *err) {
    if (!opts->listen || !*opts->listen)
        return pl_error_set(err, PL_INVALID_ARGUMENT,
                            "listen: expected an address like "
                            "\"127.0.0.1:9081\", got nothing");
    if (opts->workers > WORKERS_MAX || opts->streams > WORKERS_MAX || opts->queue > QUEUE_MAX ||
        opts->max_message > MESSAGE_MAX)
        return pl_error_set(
            err, PL_INVALID_ARGUMENT, "workers %u, queue %u, max_message %u: at most %u, %u and %u",
            opts->workers, opts->queue, opts->max_message, WORKERS_MAX, QUEUE_MAX, MESSAGE_MAX);
    if (opts->allow_internal_loopback && !opts->demo)
        return pl_error_set(err, PL_INVALID_ARGUMENT,
                            "allow_internal_loopback is for demo mode only");
    return PL_OK;
}

static void set_defaults(pl_server_opts *opts) {
    if (!opts->workers)
        opts->workers = PL_SERVER_WORKERS;
    if (!opts->queue)
        opts->queue = PL_SERVER_QUEUE;
    if (!opts->arena_budget)
        opts->arena_budget = PL_CALL_ARENA_BUDGET;
    if (!opts->max_message)
        opts->max_message = PL_SERVER_MAX_MESSAGE;
    if (!opts->max_streams)
        opts->max_streams = PL_SERVER_MAX_STREAMS;
    if (!opts->memory)
        opts->memory = PL_SERVER_MEMORY;
    if (!opts->keepalive_ms)
        opts->keepalive_ms = PL_SERVER_KEEPALIVE_MS;
    if (!opts->deadline_ms)
        opts->deadline_ms = PL_SERVER_DEADLINE_MS;
    if (!opts->streams)
        opts->streams = PL_SERVER_STREAMS;
    if (!opts->stall_ms)
        opts->stall_ms = PL_SERVER_STALL_MS;
}

static void init_locks(pl_server *server) {
    pthread_mutex_init(&server->mu, NULL);
    pthread_mutex_init(&server->draining, NULL);
    pl_cond_init(&server->changed);
}

pl_code pl_server_new(const pl_server_opts *opts, pl_server **out_server, pl_error *err) {
    pl_server *server;
    pl_code code = check_opts(opts, err);

    if (code != PL_OK)
        return code;
    server = calloc(1, sizeof *server);
    if (!server)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "no memory for a server");
    pl_core_init();
    init_locks(server);
    server->opts = *opts;
    server->look_ns = PL_NEVER;
    set_defaults(&server->opts);
    server->listen = strdup(opts->listen);
    server->domain = strdup(opts->domain ? opts->domain : "");
    if (!server->listen || !server->domain || pl_health_new(server, &server->health) != PL_OK ||
        pl_workers_new(server->opts.workers, server->opts.queue, &server->workers) != PL_OK ||
        pl_workers_new(server->opts.streams, server->opts.streams, &server->stream_workers) !=
            PL_OK) {
        pl_server_free(server);
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "no memory for a server");
    }
    if (opts->tls)
        code = pl_tls_new(opts->tls, true, opts->notice, opts->notice_self, &server->tls, err);
    if (code != PL_OK) {
        pl_server_free(server);
        return code;
    }
    *out_server = server;
    return PL_OK;
}

void pl_server_free(pl_server *server) {
    if (!server)
        return;
    if (server->started)
        (void)pl_server_drain(server, 0);
    pl_workers_free(server->workers);
    pl_workers_free(server->stream_workers);
    pl_server_free_spare(server);
    pl_reflection_free(server->reflection);
    pl_health_free(server->health);
    free(server->methods);
    pl_tls_free(server->tls);
    free(server->domain);
    free(server->listen);
    pthread_cond_destroy(&server->changed);
    pthread_mutex_destroy(&server->draining);
    pthread_mutex_destroy(&server->mu);
    free(server);
    pl_core_shutdown();
}

static pl_code check_service(const pl_service_desc *desc, pl_error *err) {
    if (desc->abi != PL_RPC_ABI)
        return pl_error_set(err, PL_INVALID_ARGUMENT,
                            "%s: generated for ABI %u, this library has %d; generate it again",
                            desc->name, desc->abi, PL_RPC_ABI);
    for (size_t i = 0; i < desc->method_count; i++) {
        if (desc->methods[i].auth == PL_AUTH_RULE_UNSET)
            return pl_error_set(err, PL_INVALID_ARGUMENT,
                                "%s: no rule says who may call it; add option (parley.auth)",
                                desc->methods[i].path);
    }
    return PL_OK;
}

pl_code pl_server_add(pl_server *server, pl_service_binding binding, pl_error *err) {
    pl_code code = check_service(binding.desc, err);

    if (code != PL_OK)
        return code;
    if (server->started)
        return pl_error_set(err, PL_FAILED_PRECONDITION, "%s: the server has started",
                            binding.desc->name);
    if (server->binding_count == PL_SERVER_SERVICES_MAX)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "%s: a server has at most %d services",
                            binding.desc->name, PL_SERVER_SERVICES_MAX);
    for (size_t i = 0; i < server->binding_count; i++) {
        if (strcmp(server->bindings[i].desc->name, binding.desc->name) == 0)
            return pl_error_set(err, PL_ALREADY_EXISTS, "%s: bound already", binding.desc->name);
    }
    server->bindings[server->binding_count++] = binding;
    return PL_OK;
}

const char *pl_server_internal_method(const pl_server *server) {
    for (size_t i = 0; i < server->binding_count; i++) {
        const pl_service_desc *desc = server->bindings[i].desc;
        for (size_t m = 0; m < desc->method_count; m++) {
            if (desc->methods[m].auth == PL_AUTH_RULE_INTERNAL)
                return desc->methods[m].path;
        }
    }
    return NULL;
}

/* Does what was put off until there is nothing else to do, so that it is done once for many calls:
 * workers are woken, lines of the log are written. */
static void catch_up(pl_server *server) {
    if (server->unwoken)
        pl_workers_wake(server->workers);
    server->unwoken = 0;
    pl_log_flush();
}

static void *poll_main(void *arg) {
    pl_server *server = arg;
    pl_log_held held = {0}; /* of the observer, call by call */
    pl_op_taken taken = PL_OP_DONE;

    pl_log_hold(&held);
    while (taken != PL_OP_OVER) {
        if (taken == PL_OP_DONE && (server->unwoken || pl_log_is_held())) {
            taken = pl_op_try(server->queue);
        } else {
            catch_up(server);
            taken = pl_op_next(server->queue, pl_server_lines_due(server));
        }
        if (server->unwoken >= PL_SERVER_UNWOKEN_MAX)
            catch_up(server);
        pl_server_lines_look(server);
    }
    pl_log_hold(NULL);
    return NULL;
}

static pl_code refuse_listen(pl_server *server, pl_error *err) {
    const char *why = pl_core_last_os_error();

    grpc_server_destroy(server->grpc);
    grpc_completion_queue_shutdown(server->queue);
    pl_op_poll(server->queue);
    grpc_completion_queue_destroy(server->queue);
    return pl_error_set(err, PL_UNAVAILABLE, "%s: cannot listen: %s", server->listen,
                        *why ? why : "not an address of this machine");
}

static int time_or_never(uint32_t ms) {
    return ms && ms < INT_MAX ? (int)ms : INT_MAX;
}

static pl_code listen_on(pl_server *server, pl_error *err) {
    const pl_server_opts *opts = &server->opts;
    grpc_arg list[] = {
        pl_core_int_arg(GRPC_ARG_ALLOW_REUSEPORT, 0), /* a second server would share the port */
        pl_core_int_arg(GRPC_COMPRESSION_CHANNEL_ENABLED_ALGORITHMS_BITSET,
                        pl_core_encodings(opts->compression)),
        /* message.c does it with a bound. */
        pl_core_int_arg(GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION, 0),
        pl_core_int_arg(GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH, (int)opts->max_message),
        pl_core_int_arg(GRPC_ARG_MAX_METADATA_SIZE, PL_SERVER_MAX_METADATA),
        pl_core_int_arg(GRPC_ARG_MAX_CONCURRENT_STREAMS, (int)opts->max_streams),
        /* Else windows grow to MiBs a stream: a sender would never learn that nobody reads. */
        pl_core_int_arg(GRPC_ARG_HTTP2_BDP_PROBE, 0),
        pl_core_int_arg(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, PL_CORE_WINDOW),
        pl_core_int_arg(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, PL_SERVER_PING_MS),
        pl_core_int_arg(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1),
        pl_core_int_arg(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0), /* as keepalive asks */
        pl_core_int_arg(GRPC_ARG_KEEPALIVE_TIME_MS, (int)opts->keepalive_ms),
        pl_core_int_arg(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, PL_SERVER_KEEPALIVE_WAIT_MS),
        pl_core_int_arg(GRPC_ARG_MAX_CONNECTION_IDLE_MS, time_or_never(opts->max_idle_ms)),
        pl_core_int_arg(GRPC_ARG_MAX_CONNECTION_AGE_MS, time_or_never(opts->max_age_ms)),
        pl_core_int_arg(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS, PL_SERVER_AGE_GRACE_MS),
        {.type = GRPC_ARG_POINTER, .key = (char *)(uintptr_t)GRPC_ARG_RESOURCE_QUOTA},
    };
    grpc_resource_quota *quota = grpc_resource_quota_create(NULL);
    grpc_channel_args args = {PL_COUNT(list), list};
    grpc_server_credentials *credentials;

    grpc_resource_quota_resize(quota, opts->memory);
    list[PL_COUNT(list) - 1].value.pointer.p = quota;
    list[PL_COUNT(list) - 1].value.pointer.vtable = grpc_resource_quota_arg_vtable();
    server->grpc = grpc_server_create(&args, NULL);
    grpc_resource_quota_unref(quota);
    server->queue = grpc_completion_queue_create_for_next(NULL);
    grpc_server_register_completion_queue(server->grpc, server->queue, NULL);
    credentials = server->tls ? pl_tls_server_credentials(server->tls)
                              : grpc_insecure_server_credentials_create();
    server->port = grpc_server_add_http2_port(server->grpc, server->listen, credentials);
    grpc_server_credentials_release(credentials);
    if (server->port == 0)
        return refuse_listen(server, err);
    return PL_OK;
}

/* What a start has made; another one may be tried, with other services too. */
static void forget_methods(pl_server *server) {
    pl_reflection_free(server->reflection);
    free(server->methods);
    server->reflection = NULL;
    server->methods = NULL;
}

pl_code pl_server_start(pl_server *server, pl_error *err) {
    pl_code code;

    if (server->started)
        return pl_error_set(err, PL_FAILED_PRECONDITION, "%s: started already", server->listen);
    code = pl_server_methods_build(server, err);
    if (code == PL_OK && server->opts.reflection)
        code = pl_reflection_new(server, &server->reflection);
    if (code == PL_OK)
        code = listen_on(server, err);
    if (code != PL_OK) {
        forget_methods(server);
        return code;
    }
    grpc_server_start(server->grpc);
    server->started = true;
    pl_server_post(server);
    /* Without its poller a server cannot even be stopped. */
    PL_ASSERT(pthread_create(&server->poller, NULL, poll_main, server) == 0);
    return PL_OK;
}

int pl_server_port(const pl_server *server) {
    return server->port;
}

void pl_server_read_stats(pl_server *server, pl_server_stats *out_stats) {
    pl_workers_stats workers;

    pl_workers_read_stats(server->workers, &workers);
    out_stats->workers = workers.threads;
    out_stats->workers_busy = workers.busy;
    out_stats->queued = workers.queued;
    pthread_mutex_lock(&server->mu);
    out_stats->in_flight = server->in_flight;
    pthread_mutex_unlock(&server->mu);
    out_stats->streams = atomic_load(&server->streams_running);
    out_stats->calls = atomic_load(&server->calls);
    out_stats->refused = atomic_load(&server->refused);
}
