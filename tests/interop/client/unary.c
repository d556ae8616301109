/* The cases with one request and one answer. */
#include "client/run.h"

#include "client/samples.h"

static pl_code call_unary(const interop_run *run, const grpc_testing_SimpleRequest *request,
                          grpc_testing_SimpleResponse **out_response) {
    return run->test.ops->unary_call(run->test.self, run->call, request, out_response);
}

bool interop_empty_unary(interop_run *run) {
    grpc_testing_Empty request = grpc_testing_EMPTY_INIT, *response = NULL;
    pl_code code = run->test.ops->empty_call(run->test.self, run->call, &request, &response);

    return interop_expect_code(run, "EmptyCall", PL_OK, code);
}

/* The large request, and its answer. */
static bool large(interop_run *run) {
    grpc_testing_Payload payload = interop_payload(run, LARGE_REQUEST);
    grpc_testing_SimpleRequest request = grpc_testing_SIMPLE_REQUEST_INIT;
    grpc_testing_SimpleResponse *response = NULL;

    request.response_size = LARGE_RESPONSE;
    request.payload = &payload;
    return interop_expect_code(run, "UnaryCall", PL_OK, call_unary(run, &request, &response)) &&
           interop_expect_payload(run, "UnaryCall: payload", LARGE_RESPONSE, response->payload);
}

bool interop_large_unary(interop_run *run) {
    return large(run);
}

bool interop_metadata_unary(interop_run *run) {
    interop_send_metadata(run);
    return large(run) && interop_expect_metadata(run, "UnaryCall");
}

bool interop_status_unary(interop_run *run, const char *message) {
    grpc_testing_EchoStatus status = grpc_testing_ECHO_STATUS_INIT;
    grpc_testing_SimpleRequest request = grpc_testing_SIMPLE_REQUEST_INIT;
    grpc_testing_SimpleResponse *response = NULL;

    status.code = PL_UNKNOWN;
    status.message = message;
    request.response_status = &status;
    return interop_expect_code(run, "UnaryCall", PL_UNKNOWN,
                               call_unary(run, &request, &response)) &&
           interop_expect_text(run, "UnaryCall: message", pl_str_c(message),
                               pl_str_c(pl_call_error(run->call)->message));
}

bool interop_special_status_message(interop_run *run) {
    return interop_status_unary(run, "\t\ntest with whitespace\r\nand Unicode BMP \u263a and "
                                     "non-BMP \U0001f608\t\n");
}

bool interop_unimplemented_method(interop_run *run) {
    grpc_testing_Empty request = grpc_testing_EMPTY_INIT, *response = NULL;
    pl_code code = run->test.ops->unimplemented_call(run->test.self, run->call, &request,
                                                     &response);

    return interop_expect_code(run, "UnimplementedCall", PL_UNIMPLEMENTED, code);
}

bool interop_unimplemented_service(interop_run *run) {
    grpc_testing_Empty request = grpc_testing_EMPTY_INIT, *response = NULL;
    pl_code code = run->none.ops->unimplemented_call(run->none.self, run->call, &request,
                                                     &response);

    return interop_expect_code(run, "UnimplementedService", PL_UNIMPLEMENTED, code);
}
