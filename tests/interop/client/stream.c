/* The cases with streams. */
#include "client/run.h"

#include "client/samples.h"
#include "parley/base/macros.h"

typedef grpc_testing_TestService_full_duplex_call_client duplex;
typedef grpc_testing_StreamingOutputCallResponse output_response;

static const int32_t response_sizes[] = {31415, 9, 2653, 58979};
static const int32_t request_sizes[] = {27182, 8, 1828, 45904};
enum { TURNS = PL_COUNT(response_sizes), REQUEST_SIZES_SUM = 74922, NONE = -1 };

bool interop_client_streaming(interop_run *run) {
    grpc_testing_TestService_streaming_input_call_client *client = NULL;
    const grpc_testing_StreamingInputCallResponse *response = NULL;
    int64_t size = NONE;
    pl_code code = grpc_testing_TestService_streaming_input_call_open(&run->test, run->call,
                                                                      &client),
            closed;

    for (size_t i = 0; i < TURNS && code == PL_OK; i++) {
        grpc_testing_Payload payload = interop_payload(run, request_sizes[i]);
        grpc_testing_StreamingInputCallRequest request =
            grpc_testing_STREAMING_INPUT_CALL_REQUEST_INIT;
        request.payload = &payload;
        code = grpc_testing_TestService_streaming_input_call_client_send(client, &request);
    }
    if (code == PL_OK)
        code = grpc_testing_TestService_streaming_input_call_client_answer(client, &response);
    if (code == PL_OK)
        size = response->aggregated_payload_size;
    closed = grpc_testing_TestService_streaming_input_call_client_close(client);
    return interop_expect_code(run, "StreamingInputCall", PL_OK, code) &&
           interop_expect_code(run, "StreamingInputCall: end", PL_OK, closed) &&
           interop_expect_int(run, "aggregated_payload_size", REQUEST_SIZES_SUM, size);
}

bool interop_server_streaming(interop_run *run) {
    grpc_testing_StreamingOutputCallRequest request =
        grpc_testing_STREAMING_OUTPUT_CALL_REQUEST_INIT;
    grpc_testing_TestService_streaming_output_call_client *client = NULL;
    grpc_testing_ResponseParameters parameters[TURNS], *list[TURNS];
    const output_response *response = NULL;
    size_t count = 0;
    bool same = true;
    pl_code code, closed;

    for (size_t i = 0; i < TURNS; i++) {
        parameters[i] = (grpc_testing_ResponseParameters)grpc_testing_RESPONSE_PARAMETERS_INIT;
        parameters[i].size = response_sizes[i];
        list[i] = &parameters[i];
    }
    request.response_parameters = list;
    request.n_response_parameters = TURNS;
    code = grpc_testing_TestService_streaming_output_call_open(&run->test, run->call, &request,
                                                               &client);
    while (code == PL_OK && same) {
        code = grpc_testing_TestService_streaming_output_call_client_recv(client, &response);
        if (code != PL_OK || !response)
            break;
        if (count < TURNS)
            same = interop_expect_payload(run, "payload", response_sizes[count], response->payload);
        count++;
    }
    closed = grpc_testing_TestService_streaming_output_call_client_close(client);
    return same && interop_expect_code(run, "StreamingOutputCall", PL_OK, code) &&
           interop_expect_code(run, "StreamingOutputCall: end", PL_OK, closed) &&
           interop_expect_int(run, "answers", TURNS, (int64_t)count);
}

static pl_code open_duplex(const interop_run *run, duplex **out_client) {
    return grpc_testing_TestService_full_duplex_call_open(&run->test, run->call, out_client);
}

/* Sends BODY zeros and asks for RESPONSE_SIZE back, unless that is NONE. */
static pl_code send_duplex(const interop_run *run, duplex *client, int32_t body,
                           int32_t response_size) {
    grpc_testing_StreamingOutputCallRequest request =
        grpc_testing_STREAMING_OUTPUT_CALL_REQUEST_INIT;
    grpc_testing_ResponseParameters parameters = grpc_testing_RESPONSE_PARAMETERS_INIT;
    grpc_testing_ResponseParameters *list[] = {&parameters};
    grpc_testing_Payload payload = interop_payload(run, body);

    parameters.size = response_size;
    request.response_parameters = list;
    request.n_response_parameters = response_size == NONE ? 0 : 1;
    request.payload = &payload;
    return grpc_testing_TestService_full_duplex_call_client_send(client, &request);
}

/* A request went out with CODE PL_OK, else CLIENT is closed: then the call knows why. */
static bool expect_sent(interop_run *run, duplex *client, pl_code code) {
    if (code != PL_OK)
        (void)grpc_testing_TestService_full_duplex_call_client_close(client);
    return interop_expect_code(run, "FullDuplexCall: request", PL_OK, code);
}

/* The next answer has a payload of SIZE, else CLIENT is closed. */
static bool expect_answer(interop_run *run, duplex *client, int32_t size) {
    const output_response *response = NULL;
    pl_code code = grpc_testing_TestService_full_duplex_call_client_recv(client, &response);
    bool good = interop_expect_code(run, "FullDuplexCall: answer", PL_OK, code) &&
                interop_expect_int(run, "FullDuplexCall: answers before the end", 1,
                                   response != NULL) &&
                interop_expect_payload(run, "FullDuplexCall: payload", size, response->payload);

    if (!good)
        (void)grpc_testing_TestService_full_duplex_call_client_close(client);
    return good;
}

/* No answer is left, and the call ends with EXPECTED. CLIENT is closed. */
static bool expect_end(interop_run *run, duplex *client, pl_code expected) {
    const output_response *response = NULL;
    pl_code code = grpc_testing_TestService_full_duplex_call_client_recv(client, &response);
    bool more = response != NULL;
    pl_code closed = grpc_testing_TestService_full_duplex_call_client_close(client);

    return interop_expect_code(run, "FullDuplexCall: after the last answer", expected, code) &&
           interop_expect_int(run, "FullDuplexCall: answers too many", 0, more) &&
           interop_expect_code(run, "FullDuplexCall: end", expected, closed);
}

/* Sends COUNT requests, each after the answer to the one before, and ends. */
static bool play(interop_run *run, const int32_t *bodies, const int32_t *sizes, size_t count) {
    duplex *client = NULL;

    if (!interop_expect_code(run, "FullDuplexCall", PL_OK, open_duplex(run, &client)))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!expect_sent(run, client, send_duplex(run, client, bodies[i], sizes[i])) ||
            !expect_answer(run, client, sizes[i]))
            return false;
    }
    grpc_testing_TestService_full_duplex_call_client_end(client);
    return expect_end(run, client, PL_OK);
}

bool interop_ping_pong(interop_run *run) {
    return play(run, request_sizes, response_sizes, TURNS);
}

bool interop_empty_stream(interop_run *run) {
    return play(run, NULL, NULL, 0);
}

bool interop_metadata_duplex(interop_run *run) {
    static const int32_t body = LARGE_REQUEST, size = LARGE_RESPONSE;

    interop_send_metadata(run);
    return play(run, &body, &size, 1) && interop_expect_metadata(run, "FullDuplexCall");
}

bool interop_status_duplex(interop_run *run, const char *message) {
    grpc_testing_StreamingOutputCallRequest request =
        grpc_testing_STREAMING_OUTPUT_CALL_REQUEST_INIT;
    grpc_testing_EchoStatus status = grpc_testing_ECHO_STATUS_INIT;
    duplex *client = NULL;

    status.code = PL_UNKNOWN;
    status.message = message;
    request.response_status = &status;
    if (!interop_expect_code(run, "FullDuplexCall", PL_OK, open_duplex(run, &client)))
        return false;
    if (!expect_sent(run, client,
                     grpc_testing_TestService_full_duplex_call_client_send(client, &request)))
        return false;
    grpc_testing_TestService_full_duplex_call_client_end(client);
    return expect_end(run, client, PL_UNKNOWN) &&
           interop_expect_text(run, "FullDuplexCall: message", pl_str_c(message),
                               pl_str_c(pl_call_error(run->call)->message));
}

bool interop_cancel_after_begin(interop_run *run) {
    grpc_testing_TestService_streaming_input_call_client *client = NULL;
    pl_code code = grpc_testing_TestService_streaming_input_call_open(&run->test, run->call,
                                                                      &client);

    if (!interop_expect_code(run, "StreamingInputCall", PL_OK, code))
        return false;
    grpc_testing_TestService_streaming_input_call_client_cancel(client);
    code = grpc_testing_TestService_streaming_input_call_client_close(client);
    return interop_expect_code(run, "StreamingInputCall: end", PL_CANCELLED, code);
}

bool interop_cancel_after_first_response(interop_run *run) {
    duplex *client = NULL;

    if (!interop_expect_code(run, "FullDuplexCall", PL_OK, open_duplex(run, &client)))
        return false;
    if (!expect_sent(run, client, send_duplex(run, client, request_sizes[0], response_sizes[0])) ||
        !expect_answer(run, client, response_sizes[0]))
        return false;
    grpc_testing_TestService_full_duplex_call_client_cancel(client);
    return expect_end(run, client, PL_CANCELLED);
}

/* The deadline may pass as early as before the first request has gone out. */
bool interop_timeout_on_sleeping_server(interop_run *run) {
    duplex *client = NULL;
    pl_code code = open_duplex(run, &client);

    if (code != PL_OK)
        return interop_expect_code(run, "FullDuplexCall", PL_DEADLINE_EXCEEDED, code);
    code = send_duplex(run, client, request_sizes[0], NONE);
    if (code == PL_DEADLINE_EXCEEDED || expect_sent(run, client, code))
        return expect_end(run, client, PL_DEADLINE_EXCEEDED);
    return false;
}
