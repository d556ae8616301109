/* A server that passes every call on, as bytes, and notes what goes by. */
#include <stdlib.h>
#include <string.h>

#include "parley/base/clock.h"
#include "parley/rpc/stream.h"
#include "parley/schema/wire.h"
#include "parley/stub/files.h"
#include "stub/record.h"

enum { ARENA_MAX = 64 << 20 };

typedef struct proxied {
    record_proxy *proxy;
    pl_service_desc desc;
    const pl_service_type *type;
} proxied;

struct record_proxy {
    const pl_pool *pool;
    pl_channel *channel;
    record_seen *seen;
    record_calls *calls;
    pl_arena arena;
    proxied *services;
    size_t service_count;
    pl_file_desc *files; /* of the pool, in its order */
};

/* A call in both directions. */
typedef struct passing {
    const record_proxy *proxy;
    pl_call *call;
    pl_stream *up;   /* to the real server */
    pl_stream *down; /* to the client; NULL: it is unary */
    size_t answers;  /* of the real server */
    pthread_mutex_t mu;
    record_call noted; /* guarded by mu */
} passing;

/* ---- metadata -------------------------------------------------------------------------------- */

typedef enum pass {
    PASS_NOT,
    PASS_QUIETLY, /* passed on, not written down */
    PASS_NOTED,
    PASS_HIDDEN, /* passed on, and written down without its value */
    PASS_SECRET  /* not passed on, and written down without its value */
} pass;

/* Its name says that the value is a secret. */
static bool is_secret(pl_str key) {
    static const char *const parts[] = {"token", "secret", "password", "key"};

    for (size_t i = 0; i < PL_COUNT(parts); i++) {
        for (size_t at = 0; at < key.n; at++) {
            if (pl_str_starts(pl_str_make(key.p + at, key.n - at), pl_str_c(parts[i])))
                return true;
        }
    }
    return false;
}

/* What becomes of metadata KEY. */
static pass pass_of(pl_str key) {
    static const struct {
        const char *key;
        pass pass;
    } known[] = {
        {"authorization", PASS_SECRET},       {"cookie", PASS_SECRET},
        {"proxy-authorization", PASS_SECRET}, {"traceparent", PASS_QUIETLY},
        {"tracestate", PASS_QUIETLY},         {"baggage", PASS_QUIETLY},
        {"x-request-id", PASS_QUIETLY},       {"idempotency-key", PASS_QUIETLY},
        {"x-parley-demo", PASS_NOT},          {"user-agent", PASS_NOT},
        {"content-type", PASS_NOT},           {"te", PASS_NOT},
        {"accept-encoding", PASS_NOT},        {"host", PASS_NOT},
    };

    for (size_t i = 0; i < PL_COUNT(known); i++) {
        if (pl_str_eqc(key, known[i].key))
            return known[i].pass;
    }
    if (pl_str_starts(key, pl_str_c("grpc-")) || pl_str_starts(key, pl_str_c(":")))
        return PASS_NOT;
    if (pl_str_ends(key, pl_str_c("-bin")))
        return PASS_QUIETLY;
    return is_secret(key) ? PASS_HIDDEN : PASS_NOTED;
}

/* The metadata that go on; how many. */
static size_t take_metadata(passing *p, pl_metadata out[PL_CALL_METADATA_MAX]) {
    pl_str key, value;
    size_t count = 0;

    for (size_t i = 0; pl_call_metadata_at(p->call, i, &key, &value); i++) {
        pass what = pass_of(key);
        const char *name = pl_arena_cstr(pl_call_arena(p->call), key);
        if (what == PASS_NOTED)
            record_call_metadata(&p->noted, key, value);
        if (what == PASS_SECRET || what == PASS_HIDDEN)
            record_call_metadata(&p->noted, key, pl_str_make(NULL, 0));
        if (what != PASS_NOT && what != PASS_SECRET && name && count < PL_CALL_METADATA_MAX)
            out[count++] = (pl_metadata){name, value};
    }
    return count;
}

/* Types and messages of the details in a google.rpc.Status go on as details. */
static void give_details(passing *p, pl_str status) {
    pl_wire_reader in = pl_wire_reader_make(status);
    pl_wire_field any, type, value;

    while (pl_wire_next(&in, &any)) {
        if (any.number != 3 || !pl_wire_find(any.bytes, 1, &type))
            continue;
        pl_str name = type.bytes;
        size_t slash = pl_str_index(name, '/');
        if (slash < name.n)
            name = pl_str_make(name.p + slash + 1, name.n - slash - 1);
        const char *text = pl_arena_cstr(pl_call_arena(p->call), name);
        const pl_message_type *known = pl_pool_message(p->proxy->pool, name);
        pl_str bytes = pl_wire_find(any.bytes, 2, &value) ? value.bytes : pl_str_c("");
        /* What does not fit is left out: the message of the status says enough. */
        if (known)
            record_call_detail(&p->noted, known, bytes);
        if (!text || pl_call_detail(p->call, text, bytes) != PL_OK)
            return;
    }
}

/* The client is given what came with the answer. */
static void give_metadata(passing *p, const pl_bytes_reply *reply) {
    for (size_t i = 0; i < reply->metadata_count; i++) {
        const pl_metadata *one = &reply->metadata[i];
        if (strcmp(one->key, "grpc-status-details-bin") == 0)
            give_details(p, one->value);
        else if (pass_of(pl_str_c(one->key)) != PASS_NOT)
            (void)pl_call_send_metadata(p->call, one->key, one->value);
    }
}

/* ---- messages -------------------------------------------------------------------------------- */

static void note(passing *p, void (*what)(record_call *, pl_str), pl_str message) {
    pthread_mutex_lock(&p->mu);
    what(&p->noted, message);
    pthread_mutex_unlock(&p->mu);
}

static void note_closed(passing *p) {
    pthread_mutex_lock(&p->mu);
    record_call_closed(&p->noted);
    pthread_mutex_unlock(&p->mu);
}

/* From the client to the server, until the client has said all. */
static void *pass_up(void *self) {
    passing *p = self;
    pl_str message;
    bool came = true;
    pl_code code = PL_OK;

    while (code == PL_OK) {
        code = pl_stream_recv_bytes(p->down, &message, &came);
        if (code != PL_OK || !came)
            break;
        note(p, record_call_asked, message);
        code = pl_stream_send_bytes(p->up, message);
    }
    if (code == PL_OK)
        note_closed(p);
    if (code == PL_OK)
        pl_stream_end(p->up);
    else
        pl_stream_cancel(p->up);
    return NULL;
}

/* More answers came than the method has. */
static bool is_too_many(const passing *p) {
    return p->answers > 1 && !p->noted.method->server_streaming;
}

/* From the server to the client, until the server has said all. A unary answer goes to RESPONSE. */
static void pass_down(passing *p, pl_buf *response) {
    pl_str message;
    bool came = true;

    while (pl_stream_recv_bytes(p->up, &message, &came) == PL_OK && came) {
        p->answers++;
        if (is_too_many(p)) {
            pl_stream_cancel(p->up);
            return;
        }
        note(p, record_call_answered, message);
        bool given = p->down ? pl_stream_send_bytes(p->down, message) == PL_OK
                             : pl_buf_str(response, message);
        if (!given) {
            pl_stream_cancel(p->up);
            return;
        }
    }
}

/* The end of a call says something of the server, and not of the moment. */
static bool is_telling(const passing *p, pl_code code) {
    return code != PL_UNAVAILABLE && code != PL_CANCELLED && code != PL_DEADLINE_EXCEEDED &&
           !pl_call_cancelled(p->call);
}

static pl_code finish(passing *p) {
    pl_bytes_reply *reply = NULL;

    pl_stream_close_bytes(p->up, &reply);
    if (!reply)
        return pl_call_no_memory(p->call);
    pl_code code = reply->code;
    if (is_too_many(p)) {
        pl_bytes_reply_free(reply);
        return pl_call_fail(p->call, PL_INTERNAL, NULL,
                            "the real server gives more than one answer to %s",
                            p->noted.method->full_name.p);
    }
    give_metadata(p, reply);
    if (is_telling(p, code))
        record_seen_add(p->proxy->seen, &p->noted, code, code == PL_OK ? "" : reply->error.message);
    if (code != PL_OK)
        code = pl_call_fail(p->call, code, NULL, "%s", reply->error.message);
    pl_bytes_reply_free(reply);
    return code;
}

/* REQUEST is the message of a unary call. */
static void talk(passing *p, pl_str request, pl_buf *response) {
    pthread_t sender;
    bool threaded = false;

    if (!p->down) {
        note(p, record_call_asked, request);
        if (pl_stream_send_bytes(p->up, request) == PL_OK)
            pl_stream_end(p->up);
    } else if (pthread_create(&sender, NULL, pass_up, p) == 0) {
        threaded = true;
    } else {
        pl_stream_cancel(p->up);
    }
    pass_down(p, response);
    if (threaded) {
        /* What the client may still say is for nobody. */
        pl_stream_cut(p->down);
        (void)pthread_join(sender, NULL);
    }
}

static pl_code pass_on(const proxied *service, pl_call *call, pl_str request, pl_stream *down,
                       pl_buf *response) {
    size_t index = (size_t)(pl_call_method(call) - service->desc.methods);
    const pl_method_type *method = &service->type->methods[index];
    passing p = {.proxy = service->proxy, .call = call, .down = down};
    pl_metadata metadata[PL_CALL_METADATA_MAX];
    pl_error err = PL_ERROR_INIT;
    pl_bytes_request asked = {
        .path = method->path.p, .deadline_ns = pl_call_deadline(call), .metadata = metadata};

    (void)pthread_mutex_init(&p.mu, NULL);
    record_call_init(&p.noted, method);
    asked.metadata_count = take_metadata(&p, metadata);
    pl_code code = pl_stream_open_bytes(service->proxy->channel, &asked, &p.up, &err);
    if (code == PL_OK) {
        record_open open = {.call = call, .up = p.up};
        record_calls_add(service->proxy->calls, &open);
        talk(&p, request, response);
        record_calls_remove(service->proxy->calls, &open);
        code = finish(&p);
    } else {
        code = pl_call_fail_error(call, &err);
    }
    record_call_done(&p.noted);
    (void)pthread_mutex_destroy(&p.mu);
    return code;
}

static pl_code on_unary(const void *impl, pl_call *call, pl_str request, pl_buf *response) {
    return pass_on(impl, call, request, NULL, response);
}

static pl_code on_stream(const void *impl, pl_call *call, const ProtobufCMessage *request,
                         pl_stream *stream, ProtobufCMessage **out_response) {
    (void)request;
    (void)out_response;
    return pass_on(impl, call, pl_str_make(NULL, 0), stream, NULL);
}

/* ---- services -------------------------------------------------------------------------------- */

static pl_code no_memory(pl_error *err) {
    return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "no memory for the recording");
}

static pl_method_kind kind_of(const pl_method_type *type) {
    if (type->client_streaming)
        return type->server_streaming ? PL_METHOD_BIDI : PL_METHOD_CLIENT_STREAM;
    return type->server_streaming ? PL_METHOD_SERVER_STREAM : PL_METHOD_UNARY;
}

/* FILE is the index of its file. */
static pl_code add_service(record_proxy *proxy, const pl_service_type *type, size_t file,
                           pl_server *server, pl_error *err) {
    proxied *service = PL_ARENA_NEW(&proxy->arena, proxied);
    pl_method_desc *descs = pl_arena_calloc(&proxy->arena, type->method_count + 1, sizeof *descs);

    if (!service || !descs)
        return no_memory(err);
    for (size_t i = 0; i < type->method_count; i++) {
        pl_method_kind kind = kind_of(&type->methods[i]);
        descs[i] = (pl_method_desc){
            .name = type->methods[i].name.p,
            .path = type->methods[i].path.p,
            .kind = kind,
            .auth = PL_AUTH_RULE_PUBLIC,
            .auth_arg = "",
            .answer = kind == PL_METHOD_UNARY ? on_unary : NULL,
            .stream = kind == PL_METHOD_UNARY ? NULL : on_stream,
        };
    }
    *service = (proxied){.proxy = proxy, .type = type};
    service->desc = (pl_service_desc){.abi = PL_RPC_ABI,
                                      .name = type->full_name.p,
                                      .methods = descs,
                                      .method_count = type->method_count,
                                      .file = proxy->files + file};
    proxy->service_count++;
    return pl_server_add(server, (pl_service_binding){&service->desc, service}, err);
}

pl_code record_proxy_new(const pl_pool *pool, const char *provider, pl_server *server,
                         pl_channel *channel, record_seen *seen, record_proxy **out_proxy,
                         pl_error *err) {
    record_proxy *proxy = calloc(1, sizeof *proxy);
    pl_code code = PL_OK;

    if (!proxy)
        return no_memory(err);
    proxy->pool = pool;
    proxy->channel = channel;
    proxy->seen = seen;
    proxy->arena = pl_arena_make(ARENA_MAX);
    proxy->files = pl_stub_files(pool, &proxy->arena);
    proxy->calls = record_calls_new();
    if (!proxy->files || !proxy->calls)
        code = no_memory(err);
    for (size_t i = 0; code == PL_OK && i < pl_pool_file_count(pool); i++) {
        const pl_file *file = pl_pool_file_at(pool, i);
        for (size_t s = 0; code == PL_OK && s < file->service_count; s++) {
            if (pl_str_eqc(file->package, provider))
                code = add_service(proxy, file->services[s], i, server, err);
        }
    }
    if (code == PL_OK && !proxy->service_count)
        code = pl_error_set(err, PL_NOT_FOUND, "%s: no service is in this package", provider);
    if (code != PL_OK) {
        record_proxy_free(proxy);
        return code;
    }
    *out_proxy = proxy;
    return PL_OK;
}

void record_proxy_free(record_proxy *proxy) {
    if (!proxy)
        return;
    record_calls_free(proxy->calls);
    pl_arena_done(&proxy->arena);
    free(proxy);
}
