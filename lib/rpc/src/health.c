/* grpc.health.v1: Check, and Watch as a stream.
 *
 * A watcher is a call with at most one message on its way; when the status changes
 * meanwhile, the new one follows it.
 * https://github.com/grpc/grpc/blob/master/doc/health-checking.md
 */
#include <grpc/byte_buffer.h>
#include <stdlib.h>
#include <string.h>

#include "parley/schema/wire.h"
#include "server_internal.h"

#define HEALTH_SERVICE "grpc.health.v1.Health"
/* Watch streams a server keeps; one more is refused. */
#define WATCHERS_MAX 64

typedef enum serving_status {
    STATUS_NONE, /* nothing sent yet; never on the wire */
    STATUS_SERVING = 1,
    STATUS_NOT_SERVING = 2,
    STATUS_SERVICE_UNKNOWN = 3
} serving_status;

typedef struct watcher {
    pl_server_call *call;
    size_t service; /* index, or SERVICE_UNKNOWN */
    serving_status sent;
    bool writing;  /* a message is on its way */
    bool finished; /* the stream is over; freed when nothing is on its way */
    struct watcher *next;
    pl_op wrote;
    grpc_byte_buffer *message;
} watcher;

#define SERVICE_UNKNOWN SIZE_MAX

struct pl_health {
    pl_server *server;
    pthread_mutex_t mu;
    /* guarded by mu */
    bool serving[PL_SERVER_SERVICES_MAX + 1]; /* of bindings[i]; the last: the server */
    watcher *watchers;
    unsigned watcher_count;
    bool stopped; /* draining: nothing is sent to watchers any more */
};

pl_code pl_health_new(pl_server *server, pl_health **out_health) {
    pl_health *health = calloc(1, sizeof *health);

    if (!health)
        return PL_RESOURCE_EXHAUSTED;
    health->server = server;
    pthread_mutex_init(&health->mu, NULL);
    *out_health = health;
    return PL_OK;
}

void pl_health_free(pl_health *health) {
    if (!health)
        return;
    pthread_mutex_destroy(&health->mu);
    free(health);
}

static size_t find_service(const pl_server *server, pl_str name) {
    if (name.n == 0)
        return PL_SERVER_SERVICES_MAX;
    for (size_t i = 0; i < server->binding_count; i++) {
        if (pl_str_eqc(name, server->bindings[i].desc->name))
            return i;
    }
    return pl_str_eqc(name, HEALTH_SERVICE) ? PL_SERVER_SERVICES_MAX : SERVICE_UNKNOWN;
}

static serving_status status_of(const pl_health *health, size_t service) {
    if (service == SERVICE_UNKNOWN)
        return STATUS_SERVICE_UNKNOWN;
    return health->serving[service] ? STATUS_SERVING : STATUS_NOT_SERVING;
}

/* HealthCheckResponse { status = 1 } */
static grpc_slice pack_status(serving_status status) {
    const char bytes[] = {1 << 3 | PL_WIRE_VARINT, (char)status};

    return grpc_slice_from_copied_buffer(bytes, sizeof bytes);
}

/* HealthCheckRequest { service = 1 } */
static pl_str requested_service(pl_server_call *call) {
    pl_str none = {NULL, 0};
    pl_wire_field field;
    pl_str bytes;

    /* What cannot be read asks for the server as a whole, as an empty request does. */
    if (pl_server_call_bytes(call, call->server->opts.max_message, &bytes) != PL_OK ||
        !pl_wire_find(bytes, 1, &field) || field.type != PL_WIRE_BYTES)
        return none;
    return field.bytes;
}

static void check_received(pl_server_call *call, bool came) {
    pl_health *health = call->server->health;
    pl_str name = {NULL, 0};
    serving_status status;

    if (came)
        name = requested_service(call);
    pthread_mutex_lock(&health->mu);
    status = status_of(health, find_service(call->server, name));
    pthread_mutex_unlock(&health->mu);
    if (status == STATUS_SERVICE_UNKNOWN)
        pl_server_reply(call,
                        pl_call_fail(&call->call, PL_NOT_FOUND, NULL,
                                     "%.*s: this server has no such service", PL_FMT(name)),
                        NULL);
    else
        pl_server_reply_slice(call, pack_status(status));
}

void pl_health_check(pl_server_call *call) {
    pl_server_receive(call, check_received);
}

/* ---- Watch ---- */

static void on_wrote(pl_op *op, bool ok);

/* Sends the status where it is news and nothing is on its way: under mu. */
static void write_status(pl_health *health, watcher *w) {
    serving_status now = status_of(health, w->service);
    grpc_op ops[2];
    size_t count = 0;
    grpc_slice slice;

    if (w->writing || w->finished || health->stopped || w->sent == now)
        return;
    memset(ops, 0, sizeof ops);
    if (w->sent == STATUS_NONE)
        ops[count++].op = GRPC_OP_SEND_INITIAL_METADATA;
    slice = pack_status(now);
    w->message = grpc_raw_byte_buffer_create(&slice, 1);
    grpc_slice_unref(slice);
    ops[count].op = GRPC_OP_SEND_MESSAGE;
    ops[count++].data.send_message.send_message = w->message;
    w->sent = now;
    w->writing = true;
    pl_op_start(w->call->call.grpc, ops, count, &w->wrote);
}

static void unlink_watcher(pl_health *health, watcher *gone) {
    watcher **at = &health->watchers;

    while (*at != gone)
        at = &(*at)->next;
    *at = gone->next;
    health->watcher_count--;
}

/* Forgets a watcher whose stream is over and of which nothing is on its way. */
static void release(pl_health *health, watcher *w) {
    pl_server_call *call = w->call;
    bool done;

    pthread_mutex_lock(&health->mu);
    done = w->finished && !w->writing;
    if (done)
        unlink_watcher(health, w);
    pthread_mutex_unlock(&health->mu);
    if (!done)
        return;
    grpc_byte_buffer_destroy(w->message);
    free(w);
    /* The references of the handler and of an answer that was never sent. */
    pl_server_call_unref(call);
    pl_server_call_unref(call);
}

static void on_wrote(pl_op *op, bool ok) {
    watcher *w = PL_CONTAINER_OF(op, watcher, wrote);
    pl_health *health = w->call->server->health;

    pthread_mutex_lock(&health->mu);
    grpc_byte_buffer_destroy(w->message);
    w->message = NULL;
    w->writing = false;
    if (ok)
        write_status(health, w);
    pthread_mutex_unlock(&health->mu);
    release(health, w);
}

static void on_stream_closed(pl_server_call *call) {
    pl_health *health = call->server->health;
    watcher *w = call->stream;

    pthread_mutex_lock(&health->mu);
    w->finished = true;
    pthread_mutex_unlock(&health->mu);
    release(health, w);
}

/* A new watcher among the others; NULL where there are too many, or no memory. */
static watcher *add_watcher(pl_health *health, pl_server_call *call, size_t service) {
    watcher *w = calloc(1, sizeof *w);

    if (!w)
        return NULL;
    w->call = call;
    w->service = service;
    w->wrote.done = on_wrote;
    pthread_mutex_lock(&health->mu);
    if (health->watcher_count == WATCHERS_MAX) {
        pthread_mutex_unlock(&health->mu);
        free(w);
        return NULL;
    }
    w->next = health->watchers;
    health->watchers = w;
    health->watcher_count++;
    pthread_mutex_unlock(&health->mu);
    return w;
}

static void watch_received(pl_server_call *call, bool came) {
    pl_health *health = call->server->health;
    watcher *w;

    /* The stream may have been closed before the request was seen. */
    if (!came || pl_call_cancelled(&call->call)) {
        pl_server_reply(call, PL_CANCELLED, NULL);
        return;
    }
    w = add_watcher(health, call, find_service(call->server, requested_service(call)));
    if (!w) {
        pl_server_reply(call,
                        pl_call_fail(&call->call, PL_RESOURCE_EXHAUSTED, NULL,
                                     "%s: %d streams watch already", call->path, WATCHERS_MAX),
                        NULL);
        return;
    }
    call->stream = w;
    call->on_closed = on_stream_closed;
    pl_server_call_leave(call->server);
    pthread_mutex_lock(&health->mu);
    write_status(health, w);
    pthread_mutex_unlock(&health->mu);
}

void pl_health_watch(pl_server_call *call) {
    pl_server_receive(call, watch_received);
}

void pl_server_set_serving(pl_server *server, const char *service, bool serving) {
    pl_health *health = server->health;
    size_t index = service ? find_service(server, pl_str_c(service)) : SERVICE_UNKNOWN;

    pthread_mutex_lock(&health->mu);
    for (size_t i = 0; i <= PL_SERVER_SERVICES_MAX; i++) {
        if (!service || i == index)
            health->serving[i] = serving;
    }
    for (watcher *w = health->watchers; w; w = w->next)
        write_status(health, w);
    pthread_mutex_unlock(&health->mu);
}

void pl_health_stop(pl_health *health) {
    pthread_mutex_lock(&health->mu);
    health->stopped = true;
    pthread_mutex_unlock(&health->mu);
}
