/* The part of pl_mock that streams. */
#include <stdio.h>
#include <stdlib.h>

#include "mock_internal.h"
#include "parley/rpc/stream.h"

pl_code pl_mock_script(pl_mock *mock, size_t method, const ProtobufCMessage *const *responses,
                       size_t count) {
    mock_method *m = &mock->methods[method];
    grpc_slice *script = count <= PL_MOCK_MESSAGES_MAX ? calloc(count + 1, sizeof *script) : NULL;
    mock_method made = {.script = script};
    pl_code code = PL_OK;

    if (!script)
        return PL_RESOURCE_EXHAUSTED;
    for (size_t i = 0; i < count && code == PL_OK; i++) {
        code = pl_message_pack(responses[i], PL_MOCK_KEPT_MAX, &script[i], NULL);
        made.script_count += code == PL_OK;
    }
    if (code != PL_OK) {
        pl_mock_drop_script(&made);
        return code;
    }
    pthread_mutex_lock(&mock->mu);
    pl_mock_drop_script(m);
    m->script = script;
    m->script_count = count;
    m->set = true;
    m->code = PL_OK;
    m->stream_handler = NULL;
    pthread_mutex_unlock(&mock->mu);
    return PL_OK;
}

void pl_mock_handle_stream(pl_mock *mock, size_t method, pl_stream_fn *handler, const void *impl) {
    mock_method *m = &mock->methods[method];

    pthread_mutex_lock(&mock->mu);
    m->set = true;
    m->stream_handler = handler;
    m->impl = impl;
    pthread_mutex_unlock(&mock->mu);
}

size_t pl_mock_request_count(pl_mock *mock, size_t method) {
    size_t count;

    pthread_mutex_lock(&mock->mu);
    count = mock->methods[method].request_count;
    pthread_mutex_unlock(&mock->mu);
    return count;
}

const ProtobufCMessage *pl_mock_request(pl_mock *mock, size_t method, size_t index) {
    const mock_method *m = &mock->methods[method];
    const ProtobufCMessage *request = NULL;

    pthread_mutex_lock(&mock->mu);
    if (m->requests && index < m->request_count && index < PL_MOCK_MESSAGES_MAX)
        request = m->requests[index];
    pthread_mutex_unlock(&mock->mu);
    return request;
}

/* Message INDEX of the script into *OUT_MESSAGE, which lives in the call's arena; NULL behind the
 * last one. */
static pl_code scripted(pl_mock *mock, size_t method, size_t index, pl_call *call,
                        ProtobufCMessage **out_message) {
    const pl_method_desc *desc = &mock->service->methods[method];
    mock_method *m = &mock->methods[method];
    grpc_slice slice = grpc_empty_slice();
    pl_error why = PL_ERROR_INIT;
    pl_code code;

    *out_message = NULL;
    pthread_mutex_lock(&mock->mu);
    bool more = index < m->script_count;
    if (more)
        slice = grpc_slice_ref(m->script[index]);
    pthread_mutex_unlock(&mock->mu);
    if (!more)
        return PL_OK;
    code = pl_message_unpack(desc->response, pl_mock_text(&slice), pl_call_arena(call), NULL,
                             out_message, &why);
    grpc_slice_unref(slice);
    return code == PL_OK ? PL_OK : pl_call_fail_error(call, &why);
}

/* Takes requests until their end and keeps them. */
static pl_code take(pl_mock *mock, size_t method, pl_stream *stream) {
    const pl_method_desc *desc = &mock->service->methods[method];
    mock_method *m = &mock->methods[method];
    const ProtobufCMessage *request;
    pl_code code;

    while ((code = pl_stream_recv(stream, &request)) == PL_OK && request) {
        pthread_mutex_lock(&mock->mu);
        pl_mock_keep(m, desc, request);
        if (!m->requests)
            m->requests = pl_arena_calloc(&m->arena, PL_MOCK_MESSAGES_MAX, sizeof *m->requests);
        if (m->requests && m->request_count < PL_MOCK_MESSAGES_MAX)
            m->requests[m->request_count] = m->last;
        m->request_count++;
        pthread_mutex_unlock(&mock->mu);
    }
    return code;
}

/* Begins a call: what it does of itself, or the handler that does it. */
static pl_stream_fn *begin(pl_mock *mock, size_t method, const ProtobufCMessage *request,
                           const void **out_impl, bool *out_fails) {
    mock_method *m = &mock->methods[method];
    pl_stream_fn *handler;

    pthread_mutex_lock(&mock->mu);
    pl_mock_begin(m);
    if (request)
        pl_mock_keep(m, &mock->service->methods[method], request);
    handler = m->set ? m->stream_handler : NULL;
    *out_impl = m->impl;
    *out_fails = !m->set || m->code != PL_OK;
    pthread_mutex_unlock(&mock->mu);
    return handler;
}

/* The status that was set, or the answer to a stream of requests. */
static pl_code end(pl_mock *mock, size_t method, pl_call *call, ProtobufCMessage **out_response) {
    const pl_method_desc *desc = &mock->service->methods[method];
    mock_method *m = &mock->methods[method];
    pl_code code = PL_OK;

    pthread_mutex_lock(&mock->mu);
    if (out_response || !m->set || m->code != PL_OK)
        code = pl_mock_give(m, desc, call, out_response);
    pthread_mutex_unlock(&mock->mu);
    return code;
}

pl_code pl_mock_stream(pl_mock *mock, size_t method, pl_call *call, const ProtobufCMessage *request,
                       pl_stream *stream, ProtobufCMessage **out_response) {
    ProtobufCMessage *message = NULL;
    const void *impl;
    bool fails;
    pl_code code;

    pl_call_error_clear(call);
    pl_stream_fn *handler = begin(mock, method, request, &impl, &fails);
    if (handler)
        return handler(impl, call, request, stream, out_response);
    for (size_t i = 0;; i++) {
        code = scripted(mock, method, i, call, &message);
        if (code != PL_OK || !message)
            break;
        code = pl_stream_send(stream, message);
        if (code != PL_OK)
            break;
    }
    if (code == PL_OK && !request && !fails)
        code = take(mock, method, stream);
    return code == PL_OK ? end(mock, method, call, out_response) : code;
}
