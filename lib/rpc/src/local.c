#include "parley/rpc/local.h"

#include <string.h>

#include "call_internal.h"
#include "parley/rpc/server.h"
#include "reply.h"

/* The metadata of REQUEST as a server sees them; their texts stay REQUEST's. */
static pl_code take_metadata(const pl_bytes_request *request, grpc_metadata_array *out,
                             pl_error *err) {
    if (request->metadata_count > PL_CALL_METADATA_MAX)
        return pl_error_set(err, PL_INVALID_ARGUMENT, "%s: %zu metadata entries, at most %d",
                            request->path, request->metadata_count, PL_CALL_METADATA_MAX);
    for (size_t i = 0; i < request->metadata_count; i++) {
        const pl_metadata *item = &request->metadata[i];
        if (!pl_metadata_legal(item->key, item->value))
            return pl_error_set(
                err, PL_INVALID_ARGUMENT,
                "%s: metadata \"%.64s\": not a key, or its value no printable ASCII", request->path,
                item->key);
        out->metadata[out->count++] = (grpc_metadata){
            .key = grpc_slice_from_static_string(item->key),
            .value = grpc_slice_from_static_buffer(item->value.p ? item->value.p : "",
                                                   item->value.n),
        };
    }
    return PL_OK;
}

static pl_code answer(pl_call *call, const void *impl, const pl_bytes_request *request,
                      pl_buf *response) {
    pl_code code = call->method->answer(impl, call, request->body, response);

    if (code == PL_OK && response->failed)
        return pl_call_fail(call, PL_INTERNAL, NULL,
                            "%s: the answer is longer than %zu bytes, or there is no memory for it",
                            request->path, response->max);
    if (code != PL_OK && call->error.code != code)
        return pl_call_fail(call, code, NULL, "%s: %s", request->path, pl_code_name(code));
    return code;
}

pl_code pl_local_call_bytes(const pl_method_desc *method, const void *impl, const char *domain,
                            const pl_bytes_request *request, pl_bytes_reply **out_reply) {
    grpc_metadata items[PL_CALL_METADATA_MAX];
    grpc_metadata_array incoming = {.metadata = items};
    pl_buf response = pl_buf_make(PL_SERVER_MAX_MESSAGE);
    pl_call call;
    pl_code code = pl_call_init(&call, 0);

    *out_reply = NULL;
    if (code != PL_OK)
        return code;
    call.method = method;
    call.domain = domain;
    call.deadline = request->deadline_ns;
    code = take_metadata(request, &incoming, &call.error);
    call.incoming = &incoming;
    if (code == PL_OK) {
        pl_call_begin_span(&call, pl_call_metadata(&call, PL_KEY_TRACEPARENT),
                           pl_call_metadata(&call, PL_KEY_TRACESTATE));
        code = answer(&call, impl, request, &response);
    }
    *out_reply = pl_reply_of_call(&call, code, pl_buf_view(&response));
    pl_buf_done(&response);
    pl_call_done(&call);
    return *out_reply ? code : PL_RESOURCE_EXHAUSTED;
}
