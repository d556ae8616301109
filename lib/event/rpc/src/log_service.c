#include <stdlib.h>

#include "parley/base/clock.h"
#include "parley/event/event_rpc.h"
#include "parley/event/v1/event_log.parley.h"

/* Deadline of a publication by hand, where the caller's is later. */
#define PUBLISH_MS 5000

struct pl_event_log_service {
    pl_log_reader reader;
    pl_event_store *store; /* NULL: nothing is published by hand */
    parley_event_v1_EventLogService log;
    parley_event_v1_EventAdminService admin;
};

static pl_code no_memory(pl_call *call) {
    return pl_call_fail(call, PL_RESOURCE_EXHAUSTED, NULL, "no memory for the answer");
}

static ProtobufCBinaryData copy_bytes(pl_arena *arena, pl_str bytes) {
    ProtobufCBinaryData data = {0, NULL};
    uint8_t *copy = pl_arena_alloc(arena, bytes.n);
    if (copy) {
        memcpy(copy, bytes.p, bytes.n);
        data.len = bytes.n;
        data.data = copy;
    }
    return data;
}

static parley_event_v1_ReadResponse *make_response(pl_arena *arena, const pl_log_batch *batch) {
    parley_event_v1_ReadResponse *response = parley_event_v1_ReadResponse_new(arena);
    if (!response)
        return NULL;
    response->head_gen = batch->head.gen;
    response->head_pos = batch->head.pos;
    if (batch->count == 0)
        return response;
    response->entries = pl_arena_calloc(arena, batch->count, sizeof *response->entries);
    if (!response->entries)
        return NULL;
    for (size_t i = 0; i < batch->count; i++) {
        const pl_log_entry *from = &batch->entries[i];
        parley_event_v1_LogEntry *to = parley_event_v1_LogEntry_new(arena);
        if (!to)
            return NULL;
        to->gen = from->at.gen;
        to->pos = from->at.pos;
        to->prev_gen = from->prev.gen;
        to->prev_pos = from->prev.pos;
        to->envelope = copy_bytes(arena, from->envelope);
        if (!to->envelope.data)
            return NULL;
        response->entries[i] = to;
    }
    response->n_entries = batch->count;
    return response;
}

static pl_code read_log(void *self, pl_call *call, const parley_event_v1_ReadRequest *request,
                        parley_event_v1_ReadResponse **out_response) {
    const pl_event_log_service *service = self;
    pl_event_pos after = {request->after_gen, request->after_pos};
    pl_error err = PL_ERROR_INIT;
    pl_log_batch batch;
    pl_log_batch_init(&batch);
    pl_code code = service->reader.read(service->reader.self, request->stream, request->part, after,
                                        request->max ? request->max : PL_EVENT_BATCH_MAX, &batch,
                                        &err);
    if (code == PL_OK) {
        parley_event_v1_ReadResponse *response = make_response(pl_call_arena(call), &batch);
        if (response)
            *out_response = response;
        else
            code = no_memory(call);
    } else {
        code = pl_call_fail_error(call, &err);
    }
    pl_log_batch_done(&batch);
    return code;
}

static int64_t publish_deadline(const pl_call *call) {
    int64_t own = pl_deadline_ms(PUBLISH_MS);
    int64_t callers = pl_call_deadline(call);
    return callers < own ? callers : own;
}

static pl_code publish_manual(pl_event_store *store, pl_call *call,
                              const parley_event_v1_PublishRequest *request,
                              uint8_t out_id[PL_EVENT_ID_SIZE], pl_error *err) {
    void *store_tx = NULL;
    pl_code code = store->ops->begin(store, publish_deadline(call), &store_tx, err);
    if (code)
        return code;
    pl_event_tx tx = {
        .store = store,
        .tx = store_tx,
        .context = {.traceparent = pl_str_c(pl_call_traceparent(call)),
                    .tracestate = pl_call_tracestate(call)},
    };
    code = pl_event_publish_manual(&tx, pl_str_c(request->type), request->payload.data,
                                   request->payload.len, out_id, err);
    if (code) {
        store->ops->rollback(store, store_tx);
        return code;
    }
    code = store->ops->commit(store, store_tx, err);
    if (code == PL_OK)
        pl_event_store_committed(store);
    return code;
}

static pl_code publish(void *self, pl_call *call, const parley_event_v1_PublishRequest *request,
                       parley_event_v1_PublishResponse **out_response) {
    const pl_event_log_service *service = self;
    uint8_t id[PL_EVENT_ID_SIZE];
    char text[PL_UUID_SIZE];
    pl_error err = PL_ERROR_INIT;
    if (!service->store || service->store->stream[0] == '\0')
        return pl_call_fail(call, PL_FAILED_PRECONDITION, NULL, "this service publishes no events");
    pl_code code = publish_manual(service->store, call, request, id, &err);
    if (code)
        return pl_call_fail_error(call, &err);
    parley_event_v1_PublishResponse *response = parley_event_v1_PublishResponse_new(
        pl_call_arena(call));
    pl_uuid_text(id, text);
    if (response)
        response->event_id = pl_arena_strdup(pl_call_arena(call), text);
    if (!response || !response->event_id)
        return no_memory(call);
    *out_response = response;
    return PL_OK;
}

pl_code pl_event_log_service_of(pl_log_reader reader, pl_event_log_service **out_service,
                                pl_error *err) {
    static const parley_event_v1_EventLogService_ops log_ops = {.read = read_log};
    static const parley_event_v1_EventAdminService_ops admin_ops = {.publish = publish};
    pl_event_log_service *service = calloc(1, sizeof *service);
    if (!service)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "event log service: no memory");
    service->reader = reader;
    service->log = (parley_event_v1_EventLogService){service, &log_ops};
    service->admin = (parley_event_v1_EventAdminService){service, &admin_ops};
    *out_service = service;
    return PL_OK;
}

pl_code pl_event_log_service_new(pl_event_store *store, pl_event_log_service **out_service,
                                 pl_error *err) {
    pl_code code = pl_event_log_service_of(pl_log_reader_store(store), out_service, err);
    if (code == PL_OK)
        (*out_service)->store = store;
    return code;
}

void pl_event_log_service_free(pl_event_log_service *service) {
    free(service);
}

pl_service_binding pl_event_log_service_binding(const pl_event_log_service *service) {
    return parley_event_v1_EventLogService_bind(&service->log);
}

pl_service_binding pl_event_admin_service_binding(const pl_event_log_service *service) {
    return parley_event_v1_EventAdminService_bind(&service->admin);
}
