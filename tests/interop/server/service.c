#include "server/service.h"

#include <stdlib.h>

#include "grpc/testing/empty.parley.h"
#include "grpc/testing/messages.parley.h"

#define KEY_INITIAL  "x-grpc-test-echo-initial"
#define KEY_TRAILING "x-grpc-test-echo-trailing-bin"

typedef grpc_testing_StreamingOutputCallRequest output_request;
typedef grpc_testing_StreamingOutputCallResponse output_response;

/* Sends back the metadata that the caller sent for that. */
static pl_code echo_metadata(pl_call *call) {
    pl_str initial = pl_call_metadata(call, KEY_INITIAL);
    pl_str trailing = pl_call_metadata(call, KEY_TRAILING);
    pl_code code = PL_OK;

    if (initial.p)
        code = pl_call_send_header(call, KEY_INITIAL, initial);
    if (code == PL_OK && trailing.p)
        code = pl_call_send_metadata(call, KEY_TRAILING, trailing);
    return code == PL_OK ? PL_OK : pl_call_fail(call, code, NULL, "the metadata is too long");
}

/* Fails with the status that the caller asks for, if it does. */
static pl_code echo_status(pl_call *call, const grpc_testing_EchoStatus *status) {
    if (!status || status->code == PL_OK)
        return PL_OK;
    if (status->code < 0 || status->code >= PL_CODE_COUNT)
        return pl_call_fail(call, PL_INVALID_ARGUMENT, NULL,
                            "response_status.code: %d, expected 0 to %d", status->code,
                            PL_CODE_COUNT - 1);
    return pl_call_fail(call, (pl_code)status->code, NULL, "%s", status->message);
}

/* Makes PAYLOAD SIZE zeros. */
static pl_code fill(const interop_service *service, pl_call *call, int32_t size,
                    grpc_testing_Payload *payload) {
    if (size < 0 || size > INTEROP_PAYLOAD_MAX)
        return pl_call_fail(call, PL_INVALID_ARGUMENT, NULL, "size: %d, expected 0 to %d", size,
                            INTEROP_PAYLOAD_MAX);
    payload->type = grpc_testing_COMPRESSABLE;
    payload->body.data = service->zeros;
    payload->body.len = (size_t)size;
    return PL_OK;
}

static pl_code empty_call(void *self, pl_call *call, const grpc_testing_Empty *request,
                          grpc_testing_Empty **out_response) {
    (void)self;
    (void)request;
    *out_response = grpc_testing_Empty_new(pl_call_arena(call));
    return *out_response ? PL_OK : pl_call_no_memory(call);
}

static pl_code unary_call(void *self, pl_call *call, const grpc_testing_SimpleRequest *request,
                          grpc_testing_SimpleResponse **out_response) {
    grpc_testing_SimpleResponse *response = grpc_testing_SimpleResponse_new(pl_call_arena(call));
    grpc_testing_Payload *payload = grpc_testing_Payload_new(pl_call_arena(call));
    pl_code code = echo_metadata(call);

    if (!response || !payload)
        return pl_call_no_memory(call);
    if (code == PL_OK)
        code = echo_status(call, request->response_status);
    if (code == PL_OK)
        code = fill(self, call, request->response_size, payload);
    response->payload = payload;
    if (code == PL_OK)
        *out_response = response;
    return code;
}

/* Two methods stream the same answers: each has its own function to send one. */
typedef pl_code send_fn(void *stream, const output_response *response);

static pl_code send_output(void *stream, const output_response *response) {
    return grpc_testing_TestService_streaming_output_call_send(stream, response);
}

static pl_code send_duplex(void *stream, const output_response *response) {
    return grpc_testing_TestService_full_duplex_call_send(stream, response);
}

/* What REQUEST asks for: a status, or answers. */
static pl_code send_outputs(const interop_service *service, pl_call *call,
                            const output_request *request, send_fn *send, void *stream) {
    output_response response = grpc_testing_STREAMING_OUTPUT_CALL_RESPONSE_INIT;
    grpc_testing_Payload payload = grpc_testing_PAYLOAD_INIT;
    pl_code code = echo_status(call, request->response_status);

    response.payload = &payload;
    for (size_t i = 0; i < request->n_response_parameters && code == PL_OK; i++) {
        code = fill(service, call, request->response_parameters[i]->size, &payload);
        if (code == PL_OK)
            code = send(stream, &response);
    }
    return code;
}

static pl_code
streaming_output_call(void *self, pl_call *call, const output_request *request,
                      grpc_testing_TestService_streaming_output_call_stream *stream) {
    return send_outputs(self, call, request, send_output, stream);
}

static pl_code full_duplex_call(void *self, pl_call *call,
                                grpc_testing_TestService_full_duplex_call_stream *stream) {
    const output_request *request = NULL;
    pl_code code = echo_metadata(call);

    while (code == PL_OK) {
        code = grpc_testing_TestService_full_duplex_call_recv(stream, &request);
        if (code != PL_OK || !request)
            break;
        code = send_outputs(self, call, request, send_duplex, stream);
    }
    return code;
}

static pl_code streaming_input_call(void *self, pl_call *call,
                                    grpc_testing_TestService_streaming_input_call_stream *stream,
                                    grpc_testing_StreamingInputCallResponse **out_response) {
    grpc_testing_StreamingInputCallResponse *response = grpc_testing_StreamingInputCallResponse_new(
        pl_call_arena(call));
    const grpc_testing_StreamingInputCallRequest *request = NULL;
    size_t size = 0;
    pl_code code;

    (void)self;
    if (!response)
        return pl_call_no_memory(call);
    while ((code = grpc_testing_TestService_streaming_input_call_recv(stream, &request)) == PL_OK &&
           request)
        size += request->payload ? request->payload->body.len : 0;
    if (code == PL_OK && size > INT32_MAX)
        return pl_call_fail(call, PL_OUT_OF_RANGE, NULL, "%zu bytes came, at most %d are counted",
                            size, INT32_MAX);
    response->aggregated_payload_size = (int32_t)size;
    if (code == PL_OK)
        *out_response = response;
    return code;
}

static const grpc_testing_TestService_ops ops = {
    .empty_call = empty_call,
    .unary_call = unary_call,
    .streaming_output_call = streaming_output_call,
    .streaming_input_call = streaming_input_call,
    .full_duplex_call = full_duplex_call,
};

bool interop_service_init(interop_service *service) {
    service->zeros = calloc(1, INTEROP_PAYLOAD_MAX);
    service->table = (grpc_testing_TestService){.self = service, .ops = &ops};
    return service->zeros != NULL;
}

void interop_service_done(interop_service *service) {
    free(service->zeros);
}
