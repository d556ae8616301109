/* The cases made by UnaryCall and by FullDuplexCall. */
#include "client/samples.h"

#include <stdio.h>

static const char initial_key[] = "x-grpc-test-echo-initial";
static const char initial_value[] = "test_initial_metadata_value";
static const char trailing_key[] = "x-grpc-test-echo-trailing-bin";
static const char trailing_value[] = "\xab\xab\xab";

void interop_send_metadata(interop_run *run) {
    pl_call_set_outgoing(run->call, initial_key, pl_str_c(initial_value));
    pl_call_set_outgoing(run->call, trailing_key, pl_str_c(trailing_value));
}

bool interop_expect_metadata(interop_run *run, const char *method) {
    char initial[64], trailing[64];

    (void)snprintf(initial, sizeof initial, "%s: initial metadata", method);
    (void)snprintf(trailing, sizeof trailing, "%s: trailing metadata", method);
    return interop_expect_text(run, initial, pl_str_c(initial_value),
                               pl_call_received(run->call, initial_key)) &&
           interop_expect_text(run, trailing, pl_str_c(trailing_value),
                               pl_call_received(run->call, trailing_key));
}

bool interop_custom_metadata(interop_run *run) {
    return interop_metadata_unary(run) && interop_metadata_duplex(run);
}

bool interop_status_code_and_message(interop_run *run) {
    static const char message[] = "test status message";

    return interop_status_unary(run, message) && interop_status_duplex(run, message);
}
