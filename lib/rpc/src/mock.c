#include "mock_internal.h"

#include <stdio.h>
#include <stdlib.h>

pl_mock *pl_mock_new(const pl_service_desc *service) {
    pl_mock *mock = calloc(1, sizeof *mock + service->method_count * sizeof mock->methods[0]);

    if (!mock)
        return NULL;
    mock->service = service;
    pthread_mutex_init(&mock->mu, NULL);
    for (size_t i = 0; i < service->method_count; i++)
        mock->methods[i].arena = pl_arena_make(PL_MOCK_KEPT_MAX);
    return mock;
}

void pl_mock_drop_script(mock_method *m) {
    for (size_t i = 0; i < m->script_count; i++)
        grpc_slice_unref(m->script[i]);
    free(m->script);
    m->script = NULL;
    m->script_count = 0;
}

static void forget(mock_method *m) {
    m->count = 0;
    m->set = false;
    m->handler = NULL;
    m->stream_handler = NULL;
    m->last = NULL;
    m->requests = NULL;
    m->request_count = 0;
    pl_arena_done(&m->arena);
    pl_mock_drop_script(m);
    grpc_slice_unref(m->response);
    m->response = grpc_empty_slice();
}

void pl_mock_clear(pl_mock *mock) {
    pthread_mutex_lock(&mock->mu);
    for (size_t i = 0; i < mock->service->method_count; i++)
        forget(&mock->methods[i]);
    pthread_mutex_unlock(&mock->mu);
}

void pl_mock_free(pl_mock *mock) {
    if (!mock)
        return;
    pl_mock_clear(mock);
    pthread_mutex_destroy(&mock->mu);
    free(mock);
}

pl_code pl_mock_answer(pl_mock *mock, size_t method, const ProtobufCMessage *response) {
    mock_method *m = &mock->methods[method];
    grpc_slice slice = grpc_empty_slice();
    pl_code code = response ? pl_message_pack(response, PL_MOCK_KEPT_MAX, &slice, NULL) : PL_OK;

    if (code != PL_OK)
        return code;
    pthread_mutex_lock(&mock->mu);
    grpc_slice_unref(m->response);
    m->response = slice;
    m->set = true;
    m->code = PL_OK;
    m->handler = NULL;
    m->stream_handler = NULL;
    pthread_mutex_unlock(&mock->mu);
    return PL_OK;
}

void pl_mock_fail(pl_mock *mock, size_t method, pl_code code, const char *reason,
                  const char *message) {
    mock_method *m = &mock->methods[method];

    pthread_mutex_lock(&mock->mu);
    m->set = true;
    m->code = code;
    m->handler = NULL;
    m->stream_handler = NULL;
    snprintf(m->reason, sizeof m->reason, "%s", reason ? reason : "");
    snprintf(m->message, sizeof m->message, "%s", message);
    pthread_mutex_unlock(&mock->mu);
}

void pl_mock_handle(pl_mock *mock, size_t method, pl_dispatch_fn *handler, const void *impl) {
    mock_method *m = &mock->methods[method];

    pthread_mutex_lock(&mock->mu);
    m->set = true;
    m->handler = handler;
    m->impl = impl;
    pthread_mutex_unlock(&mock->mu);
}

unsigned pl_mock_count(pl_mock *mock, size_t method) {
    unsigned count;

    pthread_mutex_lock(&mock->mu);
    count = mock->methods[method].count;
    pthread_mutex_unlock(&mock->mu);
    return count;
}

const ProtobufCMessage *pl_mock_last_request(pl_mock *mock, size_t method) {
    const ProtobufCMessage *last;

    pthread_mutex_lock(&mock->mu);
    last = mock->methods[method].last;
    pthread_mutex_unlock(&mock->mu);
    return last;
}

pl_str pl_mock_text(grpc_slice *slice) {
    return pl_str_make((const char *)GRPC_SLICE_START_PTR(*slice), GRPC_SLICE_LENGTH(*slice));
}

void pl_mock_begin(mock_method *m) {
    m->count++;
    m->last = NULL;
    m->requests = NULL;
    m->request_count = 0;
    pl_arena_clear(&m->arena);
}

void pl_mock_keep(mock_method *m, const pl_method_desc *desc, const ProtobufCMessage *request) {
    grpc_slice packed;

    m->last = NULL;
    if (pl_message_pack(request, PL_MOCK_KEPT_MAX, &packed, NULL) != PL_OK)
        return;
    (void)pl_message_unpack(desc->request, pl_mock_text(&packed), &m->arena, NULL, &m->last, NULL);
    grpc_slice_unref(packed);
}

pl_code pl_mock_give(mock_method *m, const pl_method_desc *desc, pl_call *call,
                     ProtobufCMessage **out_response) {
    pl_error why = PL_ERROR_INIT;
    pl_code code;

    if (!m->set)
        return pl_call_fail(call, PL_UNIMPLEMENTED, NULL, "%s: the mock was told no answer",
                            desc->path);
    if (m->code != PL_OK)
        return pl_call_fail(call, m->code, m->reason[0] ? m->reason : NULL, "%s", m->message);
    code = pl_message_unpack(desc->response, pl_mock_text(&m->response), pl_call_arena(call), NULL,
                             out_response, &why);
    return code == PL_OK ? PL_OK : pl_call_fail_error(call, &why);
}

pl_code pl_mock_call(pl_mock *mock, size_t method, pl_call *call, const ProtobufCMessage *request,
                     ProtobufCMessage **out_response) {
    const pl_method_desc *desc = &mock->service->methods[method];
    mock_method *m = &mock->methods[method];
    pl_dispatch_fn *handler;
    const void *impl;
    pl_code code = PL_OK;

    pl_call_error_clear(call);
    pthread_mutex_lock(&mock->mu);
    pl_mock_begin(m);
    pl_mock_keep(m, desc, request);
    handler = m->set ? m->handler : NULL;
    impl = m->impl;
    if (!handler)
        code = pl_mock_give(m, desc, call, out_response);
    pthread_mutex_unlock(&mock->mu);
    return handler ? handler(impl, call, request, out_response) : code;
}
