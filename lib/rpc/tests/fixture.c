#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "call_internal.h"
#include "parley/base/assert.h"

static echo_server *server_of(const void *impl) {
    return *(echo_server *const *)impl;
}

static unsigned note_call(echo_server *echo) {
    unsigned calls;

    pthread_mutex_lock(&echo->mu);
    calls = ++echo->calls;
    pthread_mutex_unlock(&echo->mu);
    return calls;
}

static pl_code answer(pl_call *call, const echo_request *request, const char *seen,
                      ProtobufCMessage **out_response) {
    echo_response *response = PL_ARENA_NEW(pl_call_arena(call), echo_response);

    if (!response)
        return pl_call_fail(call, PL_RESOURCE_EXHAUSTED, NULL, "no memory");
    parley__test__echo__v1__echo_response__init(response);
    response->text = request->text;
    response->number = request->number;
    response->seen = pl_arena_strdup(pl_call_arena(call), seen);
    *out_response = &response->base;
    return PL_OK;
}

static pl_code plain(const void *impl, pl_call *call, const ProtobufCMessage *request,
                     ProtobufCMessage **out_response) {
    note_call(server_of(impl));
    return answer(call, (const echo_request *)request, pl_call_traceparent(call), out_response);
}

static pl_code block(const void *impl, pl_call *call, const ProtobufCMessage *request,
                     ProtobufCMessage **out_response) {
    echo_server *echo = server_of(impl);
    bool asks = ((const echo_request *)request)->number == 0;
    bool cancelled = false;

    note_call(echo);
    pthread_mutex_lock(&echo->mu);
    echo->entered++;
    pthread_cond_broadcast(&echo->changed);
    while (!echo->open && !cancelled) {
        struct timespec soon;
        clock_gettime(CLOCK_REALTIME, &soon);
        soon.tv_nsec += 5000000;
        if (soon.tv_nsec >= 1000000000) {
            soon.tv_nsec -= 1000000000;
            soon.tv_sec++;
        }
        pthread_cond_timedwait(&echo->changed, &echo->mu, &soon);
        cancelled = asks ? pl_call_cancelled(call) : atomic_load(&call->cancelled);
    }
    echo->cancellations += cancelled;
    pthread_cond_broadcast(&echo->changed);
    pthread_mutex_unlock(&echo->mu);
    return answer(call, (const echo_request *)request, "", out_response);
}

static pl_code failing(const void *impl, pl_call *call, const ProtobufCMessage *request,
                       ProtobufCMessage **out_response) {
    const echo_request *asked = (const echo_request *)request;
    echo_server *echo = server_of(impl);
    unsigned calls = note_call(echo);

    if (echo->fail_first && calls > echo->fail_first)
        return answer(call, asked, "", out_response);
    /* Without a text it is as where the server could not be reached, or is going away. */
    if (!asked->text[0] && asked->number == PL_UNAVAILABLE)
        return pl_call_fail(call, PL_CANCELLED, NULL, "failed");
    if (!asked->text[0] || strcmp(asked->text, ECHO_BARE) == 0)
        return pl_call_fail(call, (pl_code)asked->number, NULL, "failed");
    pl_call_violation(call, "items[2].quantity", "must be at least %d", 1);
    pl_call_violation(call, "text", "is required");
    pl_call_retry_after(call, 1500);
    return pl_call_fail(call, (pl_code)asked->number, "OUT_OF_STOCK", "%s: no more", asked->text);
}

/* As pl_call_metadata, one by one. */
static pl_str find_metadata(const pl_call *call, const char *wanted) {
    pl_str key, value;

    for (size_t i = 0; pl_call_metadata_at(call, i, &key, &value); i++) {
        if (pl_str_eqc(key, wanted))
            return value;
    }
    return pl_str_make(NULL, 0);
}

static pl_code meta(const void *impl, pl_call *call, const ProtobufCMessage *request,
                    ProtobufCMessage **out_response) {
    const echo_request *asked = (const echo_request *)request;
    pl_str value = pl_call_metadata(call, asked->text);
    char text[256];

    note_call(server_of(impl));
    snprintf(text, sizeof text, "%.*s", PL_FMT(value));
    if (!pl_str_eq(value, find_metadata(call, asked->text)))
        return pl_call_fail(call, PL_INTERNAL, NULL, "one by one it is another value");
    if (pl_call_send_metadata(call, "x-seen", value) != PL_OK)
        return pl_call_fail(call, PL_INTERNAL, NULL, "metadata refused");
    return answer(call, asked, text, out_response);
}

static pl_code relay(const void *impl, pl_call *call, const ProtobufCMessage *request,
                     ProtobufCMessage **out_response) {
    const echo_request *asked = (const echo_request *)request;
    echo_server *echo = server_of(impl);
    echo_response *response = NULL;
    pl_code code;

    note_call(echo);
    code = echo_call(echo->upstream, call, (int)asked->number, asked->text, 0, &response);
    if (code == PL_OK)
        *out_response = &response->base;
    return code;
}

static pl_code limited(const ProtobufCMessage *request, pl_violations *out) {
    static const pl_text_limits limits = {true, 1, 5, NULL};

    pl_check_text(out, "text", ((const echo_request *)request)->text, &limits);
    return out->count ? PL_INVALID_ARGUMENT : PL_OK;
}

#define METHOD(name_, dispatch_, auth_, idempotency_, inline_, validate_, max_)                    \
    {                                                                                              \
        .name = name_, .path = "/" ECHO_SERVICE "/" name_, .kind = PL_METHOD_UNARY,                \
        .request = &parley__test__echo__v1__echo_request__descriptor,                              \
        .response = &parley__test__echo__v1__echo_response__descriptor, .dispatch = dispatch_,     \
        .validate = validate_, .auth = auth_, .auth_arg = "", .run_inline = inline_,               \
        .idempotency = idempotency_, .max_request = max_                                           \
    }

static const pl_method_desc methods[ECHO_METHODS] = {
    [ECHO_PLAIN] = METHOD("Plain", plain, PL_AUTH_RULE_PUBLIC, PL_IDEMPOTENCY_ALWAYS, false, NULL,
                          0),
    [ECHO_INLINE] = METHOD("Inline", plain, PL_AUTH_RULE_PUBLIC, PL_IDEMPOTENCY_ALWAYS, true, NULL,
                           0),
    [ECHO_BLOCK] = METHOD("Block", block, PL_AUTH_RULE_PUBLIC, PL_IDEMPOTENCY_NONE, false, NULL, 0),
    [ECHO_FAIL] = METHOD("Fail", failing, PL_AUTH_RULE_PUBLIC, PL_IDEMPOTENCY_ALWAYS, false, NULL,
                         0),
    [ECHO_META] = METHOD("Meta", meta, PL_AUTH_RULE_PUBLIC, PL_IDEMPOTENCY_NONE, false, NULL, 0),
    [ECHO_INTERNAL] = METHOD("Internal", plain, PL_AUTH_RULE_INTERNAL, PL_IDEMPOTENCY_NONE, false,
                             NULL, 0),
    [ECHO_LIMITED] = METHOD("Limited", plain, PL_AUTH_RULE_PUBLIC, PL_IDEMPOTENCY_NONE, false,
                            limited, 100),
    [ECHO_ONCE] = METHOD("Once", failing, PL_AUTH_RULE_PUBLIC, PL_IDEMPOTENCY_NONE, false, NULL, 0),
    [ECHO_KEYED] = METHOD("Keyed", failing, PL_AUTH_RULE_PUBLIC, PL_IDEMPOTENCY_IF_KEY, false, NULL,
                          0),
    [ECHO_RELAY] = METHOD("Relay", relay, PL_AUTH_RULE_PUBLIC, PL_IDEMPOTENCY_NONE, false, NULL, 0),
};

/* FileDescriptorProto { name, package, message_type { name }, service { name, method { name } } }
 */
static const char file_bytes[] = "\x0a\x0a"
                                 "echo.proto"
                                 "\x12\x13"
                                 "parley.test.echo.v1"
                                 "\x22\x0d\x0a\x0b"
                                 "EchoRequest"
                                 "\x32\x16\x0a\x0b"
                                 "EchoService"
                                 "\x12\x07\x0a\x05"
                                 "Plain";
static const pl_file_desc file = {"echo.proto", (const uint8_t *)file_bytes, sizeof file_bytes - 1,
                                  NULL, 0};

const pl_service_desc echo_service_desc = {PL_RPC_ABI,   ECHO_SERVICE, methods,
                                           ECHO_METHODS, &file,        NULL};

static void observe(void *self, const pl_call_record *record) {
    echo_server *echo = self;

    pthread_mutex_lock(&echo->mu);
    echo->last_code = record->code;
    snprintf(echo->last_peer, sizeof echo->last_peer, "%s", pl_call_peer(record->call));
    snprintf(echo->last_trace, sizeof echo->last_trace, "%s", pl_call_traceparent(record->call));
    snprintf(echo->last_identity, sizeof echo->last_identity, "%s",
             pl_call_peer_identity(record->call));
    echo->finished++;
    pthread_cond_broadcast(&echo->changed);
    pthread_mutex_unlock(&echo->mu);
}

void echo_server_start(echo_server *echo, const pl_server_opts *opts) {
    pl_server_opts own = PL_SERVER_OPTS_INIT;
    pl_error err = PL_ERROR_INIT;
    echo_server **impl = malloc(sizeof *impl);
    pl_service_binding binding = {&echo_service_desc, impl};

    if (opts)
        own = *opts;
    memset(echo, 0, sizeof *echo);
    pthread_mutex_init(&echo->mu, NULL);
    pthread_cond_init(&echo->changed, NULL);
    *impl = echo;
    own.observer = observe;
    own.observer_self = echo;
    own.domain = "test";
    if (pl_server_new(&own, &echo->server, &err) != PL_OK ||
        pl_server_add(echo->server, binding, &err) != PL_OK ||
        pl_server_start(echo->server, &err) != PL_OK) {
        fprintf(stderr, "server: %s\n", err.message);
        abort();
    }
    pl_server_set_serving(echo->server, NULL, true);
    echo->impl = impl;
}

void echo_server_open_gate(echo_server *echo) {
    pthread_mutex_lock(&echo->mu);
    echo->open = true;
    pthread_cond_broadcast(&echo->changed);
    pthread_mutex_unlock(&echo->mu);
}

void echo_server_stop(echo_server *echo) {
    echo_server_open_gate(echo);
    pl_server_free(echo->server);
    free(echo->impl);
    pthread_cond_destroy(&echo->changed);
    pthread_mutex_destroy(&echo->mu);
}

const char *echo_server_address(const echo_server *echo, char out[32]) {
    snprintf(out, 32, "127.0.0.1:%d", pl_server_port(echo->server));
    return out;
}

bool echo_server_await(echo_server *echo, const unsigned *counter, unsigned wanted) {
    struct timespec until;
    bool reached;
    int rc = 0;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += FIXTURE_PATIENCE_MS / 1000;
    pthread_mutex_lock(&echo->mu);
    while (*counter < wanted && rc == 0)
        rc = pthread_cond_timedwait(&echo->changed, &echo->mu, &until);
    reached = *counter >= wanted;
    pthread_mutex_unlock(&echo->mu);
    return reached;
}

unsigned echo_server_calls(echo_server *echo) {
    unsigned calls;

    pthread_mutex_lock(&echo->mu);
    calls = echo->calls;
    pthread_mutex_unlock(&echo->mu);
    return calls;
}

pl_channel *echo_channel(const char *target) {
    pl_channel_opts opts = PL_CHANNEL_OPTS_INIT;
    pl_channel *channel = NULL;

    opts.name = "echo";
    opts.target = target;
    PL_ASSERT(pl_channel_new(&opts, &channel, NULL) == PL_OK);
    return channel;
}

pl_code echo_call(pl_channel *channel, pl_call *call, int method, const char *text, int64_t number,
                  echo_response **out_response) {
    echo_request request = ECHO_REQUEST_INIT;
    ProtobufCMessage *response = NULL;
    char copy[256];
    pl_code code;

    snprintf(copy, sizeof copy, "%s", text);
    request.text = copy;
    request.number = number;
    code = pl_channel_call(channel, call, &methods[method], &request.base, &response);
    if (code == PL_OK && out_response)
        *out_response = (echo_response *)response;
    return code;
}

pl_call *echo_new_call(int64_t timeout_ms) {
    pl_call_opts opts = PL_CALL_OPTS_INIT;
    pl_call *call = NULL;

    opts.timeout_ms = timeout_ms;
    PL_ASSERT(pl_call_new(&opts, &call, NULL) == PL_OK);
    return call;
}

pl_code echo_once(pl_channel *channel, int method, const char *text, int64_t number) {
    pl_call *call = echo_new_call(FIXTURE_PATIENCE_MS);
    pl_code code = echo_call(channel, call, method, text, number, NULL);

    pl_call_free(call);
    return code;
}
