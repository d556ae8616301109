#include "server_internal.h"

#include <stdlib.h>
#include <string.h>

#include "clock_grpc.h"
#include "parley/base/assert.h"

static void on_requested(pl_op *op, bool ok);
static void on_closed(pl_op *op, bool ok);

static pl_server_call *call_new(pl_server *server) {
    pl_server_call *call = calloc(1, sizeof *call);

    if (!call || pl_call_init(&call->call, server->opts.arena_budget) != PL_OK) {
        free(call);
        return NULL;
    }
    call->server = server;
    return call;
}

static void call_free(pl_server_call *call) {
    pl_call_done(&call->call);
    free(call);
}

static pl_server_call *take_spare(pl_server *server) {
    pl_server_call *call;

    pthread_mutex_lock(&server->mu);
    call = server->spare;
    if (call) {
        server->spare = call->next;
        server->spare_count--;
    }
    pthread_mutex_unlock(&server->mu);
    return call;
}

/* Ends CALL: its memory is kept for the next one, or freed. */
static void put_spare(pl_server_call *call) {
    pl_server *server = call->server;
    bool kept;

    pthread_mutex_lock(&server->mu);
    server->live--;
    if (server->live == 0)
        pthread_cond_broadcast(&server->changed);
    kept = server->spare_count < PL_SERVER_SPARE_MAX;
    if (kept) {
        call->next = server->spare;
        server->spare = call;
        server->spare_count++;
    }
    pthread_mutex_unlock(&server->mu);
    if (!kept)
        call_free(call);
}

void pl_server_free_spare(pl_server *server) {
    pl_server_call *call;

    while ((call = take_spare(server)) != NULL)
        call_free(call);
}

/* Posts one request; false without memory, or where the server has stopped. */
static bool post_one(pl_server *server) {
    pl_server_call *call = take_spare(server);
    grpc_call_error error;

    if (!call)
        call = call_new(server);
    if (!call)
        return false;
    grpc_call_details_init(&call->details);
    grpc_metadata_array_init(&call->metadata);
    call->requested.done = on_requested;
    PL_OP_PUBLISH(&call->requested);
    error = grpc_server_request_call(server->grpc, &call->call.grpc, &call->details,
                                     &call->metadata, server->queue, server->queue,
                                     &call->requested);
    PL_ASSERT(error == GRPC_CALL_OK);
    return true;
}

void pl_server_post(pl_server *server) {
    while (!atomic_load(&server->stopping)) {
        if (atomic_fetch_add(&server->posted, 1) >= PL_SERVER_POSTED || !post_one(server)) {
            atomic_fetch_sub(&server->posted, 1);
            return;
        }
    }
}

static void release_request(pl_server_call *call) {
    grpc_metadata_array_destroy(&call->metadata);
    grpc_call_details_destroy(&call->details);
    call->call.grpc = NULL;
}

void pl_server_call_unref(pl_server_call *call) {
    pl_server *server = call->server;

    if (atomic_fetch_sub(&call->refs, 1) != 1)
        return;
    /* First, because the poller cancels streams that it finds in the server's list. */
    if (call->streaming)
        pl_server_stream_free(call->streaming);
    call->streaming = NULL;
    grpc_call_unref(call->call.grpc);
    release_request(call);
    grpc_byte_buffer_destroy(call->message);
    call->message = NULL;
    grpc_byte_buffer_destroy(call->reply);
    call->reply = NULL;
    grpc_slice_unref(call->request);
    grpc_slice_unref(call->status_text);
    grpc_slice_unref(call->details_bytes);
    call->request = call->status_text = call->details_bytes = grpc_empty_slice();
    pl_call_reset(&call->call);
    /* A request that could not be posted for want of memory is posted now; before the
     * call ends, because the server may be freed after. */
    pl_server_post(server);
    put_spare(call);
}

void pl_server_call_leave(pl_server *server) {
    pthread_mutex_lock(&server->mu);
    server->in_flight--;
    if (server->in_flight == 0)
        pthread_cond_broadcast(&server->changed);
    pthread_mutex_unlock(&server->mu);
}

/* Whether the caller is on this machine: its address is read from the socket. */
static bool from_loopback(pl_call *call) {
    pl_str peer = pl_str_c(pl_call_peer(call));

    return pl_str_starts(peer, pl_str_c("127.")) || pl_str_starts(peer, pl_str_c("[::1]")) ||
           pl_str_starts(peer, pl_str_c("%5B::1%5D")) || pl_str_starts(peer, pl_str_c("unix:"));
}

static pl_str incoming(const pl_server_call *call, const char *key) {
    return pl_call_metadata(&call->call, key);
}

/* The traceparent; more than one count as none, as W3C Trace Context has it. */
static pl_str incoming_trace(const pl_server_call *call) {
    pl_str found = {NULL, 0};

    for (size_t i = 0; i < call->metadata.count; i++) {
        const grpc_metadata *entry = &call->metadata.metadata[i];
        if (grpc_slice_str_cmp(entry->key, PL_KEY_TRACEPARENT) != 0)
            continue;
        if (found.p)
            return pl_str_make(NULL, 0);
        found = pl_str_make((const char *)GRPC_SLICE_START_PTR(entry->value),
                            GRPC_SLICE_LENGTH(entry->value));
    }
    return found;
}

/* x-parley-demo, which pl_call_metadata itself hides. */
static pl_str incoming_demo(const grpc_metadata_array *metadata) {
    pl_str none = {NULL, 0};

    for (size_t i = 0; i < metadata->count; i++) {
        const grpc_metadata *entry = &metadata->metadata[i];
        if (grpc_slice_str_cmp(entry->key, PL_KEY_DEMO) == 0)
            return pl_str_make((const char *)GRPC_SLICE_START_PTR(entry->value),
                               GRPC_SLICE_LENGTH(entry->value));
    }
    return none;
}

/* Fills the pl_call from what arrived. */
static void begin(pl_server_call *call) {
    pl_server *server = call->server;
    int64_t asked = pl_from_gpr(call->details.deadline);
    int64_t granted = call->arrived_ns + (int64_t)server->opts.deadline_ms * PL_NS_PER_MS;
    pl_call *c = &call->call;

    c->incoming = &call->metadata;
    c->domain = server->domain;
    c->stopping = &server->stopping;
    c->deadline = asked < granted ? asked : granted;
    c->authorization = incoming(call, PL_KEY_AUTHORIZATION);
    pl_call_begin_span(c, incoming_trace(call), incoming(call, PL_KEY_TRACESTATE));
    if (server->opts.demo) {
        pl_str demo = incoming_demo(&call->metadata);
        if (demo.n && from_loopback(c))
            c->demo = demo;
    }
    call->path = pl_arena_strndup(&c->arena,
                                  (const char *)GRPC_SLICE_START_PTR(call->details.method),
                                  GRPC_SLICE_LENGTH(call->details.method));
}

static pl_code refuse_internal(pl_server_call *call) {
    const pl_server_opts *opts = &call->server->opts;

    if (opts->demo && opts->allow_internal_loopback && from_loopback(&call->call))
        return PL_OK;
    return pl_call_fail(&call->call, PL_PERMISSION_DENIED, "INTERNAL_METHOD",
                        "%s: an internal method, for other services of the system only",
                        call->path);
}

static bool is_implemented(const pl_method_desc *desc) {
    return desc->kind == PL_METHOD_UNARY ? desc->dispatch || desc->answer : desc->stream != NULL;
}

/* Decides what becomes of a call whose headers are here. */
static void admit(pl_server_call *call) {
    const pl_bound_method *method = call->method;
    pl_str bad_key = {NULL, 0};

    if (!call->path) {
        pl_server_reply(call, pl_call_fail(&call->call, PL_RESOURCE_EXHAUSTED, NULL, "no memory"),
                        NULL);
    } else if (call->one_too_many) {
        pl_server_reply(call,
                        pl_call_fail(&call->call, PL_RESOURCE_EXHAUSTED, "TOO_MANY_CALLS",
                                     "%s: %d calls are not over, more are refused", call->path,
                                     PL_SERVER_CALLS_MAX),
                        NULL);
    } else if (!pl_metadata_array_legal(&call->metadata, &bad_key)) {
        pl_server_reply(call,
                        pl_call_fail(&call->call, PL_INVALID_ARGUMENT, NULL,
                                     "%s: metadata \"%.*s\": not a key, or its value no printable "
                                     "ASCII",
                                     call->path, PL_FMT(bad_key)),
                        NULL);
    } else if (atomic_load(&call->server->stopping)) {
        pl_server_reply(call,
                        pl_call_fail(&call->call, PL_UNAVAILABLE, NULL,
                                     "%s: the server is stopping", call->path),
                        NULL);
    } else if (!method || (method->desc && !is_implemented(method->desc))) {
        pl_server_reply(call,
                        pl_call_fail(&call->call, PL_UNIMPLEMENTED, NULL,
                                     "%s: this server has no such method", call->path),
                        NULL);
    } else if (method->own) {
        method->own(call);
    } else if (method->desc->auth == PL_AUTH_RULE_INTERNAL && refuse_internal(call) != PL_OK) {
        pl_server_reply(call, PL_PERMISSION_DENIED, NULL);
    } else if (method->desc->kind != PL_METHOD_UNARY) {
        pl_server_stream_start(call);
    } else {
        pl_server_unary_start(call);
    }
}

/* Whether the call must hear of its cancellation from the start: streams, and what is our own. */
static bool wants_watch(const pl_bound_method *method) {
    return method && !(method->desc && method->desc->kind == PL_METHOD_UNARY);
}

/* Cancellation shows only here. */
static void start_close(pl_server_call *call) {
    grpc_op op = {.op = GRPC_OP_RECV_CLOSE_ON_SERVER};

    op.data.recv_close_on_server.cancelled = &call->close_cancelled;
    call->closed.done = on_closed;
    pl_op_start(call->call.grpc, &op, 1, &call->closed);
}

void pl_server_call_watch(pl_server_call *call) {
    if (atomic_exchange(&call->watched, true))
        return;
    atomic_fetch_add(&call->refs, 1);
    start_close(call);
}

static void on_requested(pl_op *op, bool ok) {
    pl_server_call *call = PL_CONTAINER_OF(op, pl_server_call, requested);
    pl_server *server = call->server;

    atomic_fetch_sub(&server->posted, 1);
    if (!ok) {
        release_request(call);
        call_free(call);
        return;
    }
    pl_server_post(server);
    call->arrived_ns = pl_now_ns();
    call->queued_ns = 0;
    call->request_bytes = call->response_bytes = 0;
    call->requests = call->responses = 0;
    call->stream = NULL;
    call->on_closed = NULL;
    pthread_mutex_lock(&server->mu);
    server->in_flight++;
    call->one_too_many = ++server->live > PL_SERVER_CALLS_MAX;
    pthread_mutex_unlock(&server->mu);
    begin(call);
    call->method = call->path ? pl_server_find_method(server, pl_str_c(call->path)) : NULL;
    call->call.method = call->method ? call->method->desc : NULL;
    atomic_store(&call->watched, false);
    /* The answer, and whoever handles it */
    atomic_store(&call->refs, 2);
    if (wants_watch(call->method))
        pl_server_call_watch(call);
    admit(call);
}

static void on_closed(pl_op *op, bool ok) {
    pl_server_call *call = PL_CONTAINER_OF(op, pl_server_call, closed);

    if (!ok || call->close_cancelled)
        pl_call_cancel(&call->call);
    if (call->on_closed)
        call->on_closed(call);
    pl_server_call_unref(call);
}
