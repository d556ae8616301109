#include "stream_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parley/base/assert.h"

#define TEXT_MAX 70000
/* What has not changed for so long will not. */
#define SETTLED_MS 150

static pl_code dispatch(const void *impl, pl_call *call, const ProtobufCMessage *request,
                        pl_stream *stream, ProtobufCMessage **out_response) {
    stream_impl *self = *(stream_impl *const *)impl;
    pl_code code;

    stream_note(self, &self->entered);
    code = self->handle(self, call, (const echo_request *)request, stream, out_response);
    pthread_mutex_lock(&self->mu);
    self->ended = code;
    pthread_mutex_unlock(&self->mu);
    stream_note(self, &self->left);
    return code;
}

static pl_code limited(const ProtobufCMessage *request, pl_violations *out) {
    static const pl_text_limits limits = {true, 1, 5, NULL};

    pl_check_text(out, "text", ((const echo_request *)request)->text, &limits);
    return out->count ? PL_INVALID_ARGUMENT : PL_OK;
}

#define METHOD(name_, kind_, auth_)                                                                \
    .name = name_, .path = "/" STREAM_SERVICE "/" name_, .kind = kind_,                            \
    .request = &parley__test__echo__v1__echo_request__descriptor,                                  \
    .response = &parley__test__echo__v1__echo_response__descriptor, .stream = dispatch,            \
    .auth = auth_, .auth_arg = ""

const pl_method_desc stream_methods[STREAM_METHODS] = {
    [STREAM_WATCH] = {METHOD("Watch", PL_METHOD_SERVER_STREAM, PL_AUTH_RULE_PUBLIC)},
    [STREAM_UPLOAD] = {METHOD("Upload", PL_METHOD_CLIENT_STREAM, PL_AUTH_RULE_PUBLIC)},
    [STREAM_CHAT] = {METHOD("Chat", PL_METHOD_BIDI, PL_AUTH_RULE_PUBLIC)},
    [STREAM_LIMITED] = {METHOD("Limited", PL_METHOD_BIDI, PL_AUTH_RULE_PUBLIC), .validate = limited,
                        .max_request = 100},
    [STREAM_INTERNAL] = {METHOD("Internal", PL_METHOD_SERVER_STREAM, PL_AUTH_RULE_INTERNAL)},
    [STREAM_TIMED] = {METHOD("Timed", PL_METHOD_BIDI, PL_AUTH_RULE_PUBLIC), .timeout_ms = 500},
};

const pl_service_desc stream_service_desc = {PL_RPC_ABI,     STREAM_SERVICE, stream_methods,
                                             STREAM_METHODS, NULL,           NULL};

static void observe(void *self, const pl_call_record *record) {
    stream_impl *impl = self;

    pthread_mutex_lock(&impl->mu);
    impl->last_code = record->code;
    impl->requests = record->requests;
    impl->responses = record->responses;
    pthread_mutex_unlock(&impl->mu);
    stream_note(impl, &impl->finished);
}

void stream_impl_init(stream_impl *impl, stream_handler *handle) {
    memset(impl, 0, sizeof *impl);
    pthread_mutex_init(&impl->mu, NULL);
    pthread_cond_init(&impl->changed, NULL);
    impl->handle = handle;
}

static void start_server(stream_impl *impl, const pl_server_opts *opts) {
    pl_server_opts own = PL_SERVER_OPTS_INIT;
    pl_error err = PL_ERROR_INIT;
    stream_impl **self = malloc(sizeof(stream_impl *));
    pl_service_binding binding = {&stream_service_desc, self};

    if (opts)
        own = *opts;
    PL_ASSERT(self);
    *self = impl;
    impl->self = self;
    own.observer = observe;
    own.observer_self = impl;
    own.domain = "test";
    if (pl_server_new(&own, &impl->server, &err) != PL_OK ||
        pl_server_add(impl->server, binding, &err) != PL_OK ||
        pl_server_start(impl->server, &err) != PL_OK) {
        fprintf(stderr, "server: %s\n", err.message);
        abort();
    }
    pl_server_set_serving(impl->server, NULL, true);
}

void stream_impl_start(stream_impl *impl, stream_handler *handle, const pl_server_opts *opts) {
    pl_channel_opts channel = PL_CHANNEL_OPTS_INIT;
    char address[32];

    stream_impl_init(impl, handle);
    start_server(impl, opts);
    channel.name = "streams";
    channel.target = stream_impl_address(impl, address);
    channel.bulkhead = 1000;
    PL_ASSERT(pl_channel_new(&channel, &impl->channel, NULL) == PL_OK);
}

void stream_impl_stop(stream_impl *impl) {
    stream_open_gate(impl);
    pl_channel_free(impl->channel);
    pl_server_free(impl->server);
    free(impl->self);
    pthread_cond_destroy(&impl->changed);
    pthread_mutex_destroy(&impl->mu);
}

const char *stream_impl_address(const stream_impl *impl, char out[32]) {
    snprintf(out, 32, "127.0.0.1:%d", pl_server_port(impl->server));
    return out;
}

void stream_open_gate(stream_impl *impl) {
    pthread_mutex_lock(&impl->mu);
    impl->open = true;
    pthread_cond_broadcast(&impl->changed);
    pthread_mutex_unlock(&impl->mu);
}

static void soon(struct timespec *out, int64_t ms) {
    clock_gettime(CLOCK_REALTIME, out);
    out->tv_nsec += ms % 1000 * 1000000;
    out->tv_sec += ms / 1000 + out->tv_nsec / 1000000000;
    out->tv_nsec %= 1000000000;
}

bool stream_pass_gate(stream_impl *impl, pl_call *call) {
    bool open;

    pthread_mutex_lock(&impl->mu);
    while (!impl->open && !pl_call_cancelled(call)) {
        struct timespec until;
        soon(&until, 5);
        pthread_cond_timedwait(&impl->changed, &impl->mu, &until);
    }
    open = impl->open;
    pthread_mutex_unlock(&impl->mu);
    return open;
}

void stream_note(stream_impl *impl, unsigned *counter) {
    pthread_mutex_lock(&impl->mu);
    ++*counter;
    pthread_cond_broadcast(&impl->changed);
    pthread_mutex_unlock(&impl->mu);
}

unsigned stream_read(stream_impl *impl, const unsigned *counter) {
    unsigned value;

    pthread_mutex_lock(&impl->mu);
    value = *counter;
    pthread_mutex_unlock(&impl->mu);
    return value;
}

bool stream_await(stream_impl *impl, const unsigned *counter, unsigned wanted) {
    struct timespec until;
    bool reached;
    int rc = 0;

    soon(&until, FIXTURE_PATIENCE_MS);
    pthread_mutex_lock(&impl->mu);
    while (*counter < wanted && rc == 0)
        rc = pthread_cond_timedwait(&impl->changed, &impl->mu, &until);
    reached = *counter >= wanted;
    pthread_mutex_unlock(&impl->mu);
    return reached;
}

unsigned stream_settled(stream_impl *impl, const unsigned *counter) {
    struct timespec until;
    unsigned before;
    int rc = 0;

    pthread_mutex_lock(&impl->mu);
    do {
        before = *counter;
        soon(&until, SETTLED_MS);
        rc = 0;
        while (*counter == before && rc == 0)
            rc = pthread_cond_timedwait(&impl->changed, &impl->mu, &until);
    } while (*counter != before);
    pthread_mutex_unlock(&impl->mu);
    return before;
}

pl_code stream_open_method(stream_impl *impl, int method, pl_call *call, const char *text,
                           int64_t number, pl_stream **out_stream) {
    const pl_method_desc *desc = &stream_methods[method];
    echo_request request = ECHO_REQUEST_INIT;
    char copy[TEXT_MAX];

    snprintf(copy, sizeof copy, "%s", text ? text : "");
    request.text = copy;
    request.number = number;
    impl->local = impl;
    return pl_stream_open(desc, impl->channel, &impl->local, call,
                          desc->kind == PL_METHOD_SERVER_STREAM ? &request.base : NULL, out_stream);
}

pl_code stream_send_request(pl_stream *stream, const char *text, int64_t number) {
    echo_request request = ECHO_REQUEST_INIT;
    char copy[TEXT_MAX];

    snprintf(copy, sizeof copy, "%s", text);
    request.text = copy;
    request.number = number;
    return pl_stream_send(stream, &request.base);
}

pl_code stream_send_response(pl_stream *stream, const char *text, int64_t number) {
    echo_response response = PARLEY__TEST__ECHO__V1__ECHO_RESPONSE__INIT;
    char copy[TEXT_MAX];

    snprintf(copy, sizeof copy, "%s", text);
    response.text = copy;
    response.number = number;
    return pl_stream_send(stream, &response.base);
}

pl_code stream_recv_response(pl_stream *stream, const echo_response **out) {
    const ProtobufCMessage *message = NULL;
    pl_code code = pl_stream_recv(stream, &message);

    *out = (const echo_response *)message;
    return code;
}

pl_code stream_recv_request(pl_stream *stream, const echo_request **out) {
    const ProtobufCMessage *message = NULL;
    pl_code code = pl_stream_recv(stream, &message);

    *out = (const echo_request *)message;
    return code;
}

/* ---- handlers ---- */

static pl_code watch(const echo_request *request, pl_stream *stream, stream_impl *impl) {
    pl_code code = PL_OK;

    for (int64_t i = 0; i < request->number && code == PL_OK; i++) {
        code = stream_send_response(stream, request->text, i);
        if (code == PL_OK)
            stream_note(impl, &impl->sent);
    }
    return code;
}

static pl_code upload(pl_call *call, pl_stream *stream, stream_impl *impl,
                      ProtobufCMessage **out_response) {
    echo_response *response = PL_ARENA_NEW(pl_call_arena(call), echo_response);
    const echo_request *request;
    int64_t sum = 0;
    pl_code code;

    while ((code = stream_recv_request(stream, &request)) == PL_OK && request) {
        sum += request->number;
        stream_note(impl, &impl->seen);
    }
    if (code != PL_OK)
        return code;
    if (!response)
        return pl_call_no_memory(call);
    parley__test__echo__v1__echo_response__init(response);
    response->number = sum;
    *out_response = &response->base;
    return PL_OK;
}

static pl_code chat(pl_stream *stream, stream_impl *impl) {
    const echo_request *request;
    pl_code code;

    while ((code = stream_recv_request(stream, &request)) == PL_OK && request) {
        stream_note(impl, &impl->seen);
        code = stream_send_response(stream, request->text, request->number);
        if (code != PL_OK)
            break;
        stream_note(impl, &impl->sent);
    }
    return code;
}

pl_code stream_plain(stream_impl *impl, pl_call *call, const echo_request *request,
                     pl_stream *stream, ProtobufCMessage **out_response) {
    if (request)
        return watch(request, stream, impl);
    return out_response ? upload(call, stream, impl, out_response) : chat(stream, impl);
}

pl_code stream_endless(stream_impl *impl, pl_call *call, const echo_request *request,
                       pl_stream *stream, ProtobufCMessage **out_response) {
    pl_code code = PL_OK;

    (void)call;
    (void)request;
    (void)out_response;
    for (int64_t i = 0; code == PL_OK; i++) {
        code = stream_send_response(stream, "more", i);
        if (code == PL_OK)
            stream_note(impl, &impl->sent);
    }
    return code;
}

pl_code stream_failing(stream_impl *impl, pl_call *call, const echo_request *request,
                       pl_stream *stream, ProtobufCMessage **out_response) {
    (void)impl;
    (void)request;
    (void)out_response;
    for (int64_t i = 0; i < 3; i++) {
        pl_code code = stream_send_response(stream, "before", i);
        if (code != PL_OK)
            return code;
    }
    pl_call_violation(call, "text", "is wrong");
    return pl_call_fail(call, PL_ABORTED, "HAD_ENOUGH", "no more");
}

pl_code stream_malformed(stream_impl *impl, pl_call *call, const echo_request *request,
                         pl_stream *stream, ProtobufCMessage **out_response) {
    pl_code code = pl_stream_send_bytes(stream, pl_str_c("\x07"));

    (void)request;
    (void)out_response;
    if (code == PL_OK)
        (void)stream_pass_gate(impl, call);
    return code == PL_OK ? PL_CANCELLED : code;
}

pl_code stream_taking(stream_impl *impl, pl_call *call, const echo_request *request,
                      pl_stream *stream, ProtobufCMessage **out_response) {
    const echo_request *message;
    pl_code code;

    (void)call;
    (void)request;
    (void)out_response;
    while ((code = stream_recv_request(stream, &message)) == PL_OK && message)
        stream_note(impl, &impl->seen);
    return code;
}

pl_code stream_meta(stream_impl *impl, pl_call *call, const echo_request *request,
                    pl_stream *stream, ProtobufCMessage **out_response) {
    pl_str value = pl_call_metadata(call, "x-in");

    (void)impl;
    (void)out_response;
    if (pl_call_send_header(call, "x-out", value) != PL_OK ||
        pl_call_send_metadata(call, "x-end", value) != PL_OK)
        return pl_call_fail(call, PL_INTERNAL, NULL, "metadata refused");
    if (request->text[0]) {
        pl_code code = stream_send_response(stream, request->text, 0);
        if (code != PL_OK)
            return code;
    }
    return request->number ? pl_call_fail(call, PL_ABORTED, NULL, "asked to") : PL_OK;
}

pl_code stream_until_stopping(stream_impl *impl, pl_call *call, const echo_request *request,
                              pl_stream *stream, ProtobufCMessage **out_response) {
    pl_code code = stream_send_response(stream, "begun", 0);

    (void)request;
    (void)out_response;
    while (code == PL_OK && !pl_call_stopping(call) && !pl_call_cancelled(call)) {
        struct timespec until;
        soon(&until, 5);
        pthread_mutex_lock(&impl->mu);
        pthread_cond_timedwait(&impl->changed, &impl->mu, &until);
        pthread_mutex_unlock(&impl->mu);
    }
    return code == PL_OK && !pl_call_stopping(call) ? PL_CANCELLED : code;
}

pl_code stream_gated(stream_impl *impl, pl_call *call, const echo_request *request,
                     pl_stream *stream, ProtobufCMessage **out_response) {
    if (!stream_pass_gate(impl, call))
        return pl_call_fail(call, PL_CANCELLED, NULL, "given up before the gate");
    return stream_plain(impl, call, request, stream, out_response);
}

pl_code stream_relaying(stream_impl *impl, pl_call *call, const echo_request *request,
                        pl_stream *stream, ProtobufCMessage **out_response) {
    return pl_stream_relay(pl_call_method(call), impl->upstream, call,
                           request ? &request->base : NULL, stream, out_response);
}
