/* One case of the interoperability tests: what it needs, and what it may expect. The first
 * expectation that is not kept is noted with its name, what was expected and what came; each
 * returns whether it was kept. */
#ifndef INTEROP_RUN_H
#define INTEROP_RUN_H

#include "grpc/testing/empty.parley.h"
#include "grpc/testing/messages.parley.h"
#include "grpc/testing/test.parley.h"
#include "parley/rpc/channel.h"

/* What a call may take, in milliseconds. */
#define INTEROP_PATIENCE_MS 10000
/* Bytes of a payload, at most. */
#define INTEROP_PAYLOAD_MAX (1 << 20)

#define INTEROP_FAILURE_MAX 1024

typedef struct interop_run {
    grpc_testing_TestService test;
    grpc_testing_UnimplementedService none;
    pl_call *call;  /* for the calls of the case, one after another */
    uint8_t *zeros; /* what payloads are made of */
    char failure[INTEROP_FAILURE_MAX];
} interop_run;

typedef bool interop_case_fn(interop_run *run);

typedef struct interop_case {
    const char *name;
    interop_case_fn *run;
    int64_t timeout_ms; /* 0: INTEROP_PATIENCE_MS */
} interop_case;

/* Every case, in the order of the public description. */
extern const interop_case interop_cases[];
extern const unsigned interop_case_count;

/* A payload of SIZE zeros. */
grpc_testing_Payload interop_payload(const interop_run *run, int32_t size);

/* WHAT ended with CODE; the call knows why it did not. */
bool interop_expect_code(interop_run *run, const char *what, pl_code expected, pl_code got);
bool interop_expect_int(interop_run *run, const char *what, int64_t expected, int64_t got);
bool interop_expect_text(interop_run *run, const char *what, pl_str expected, pl_str got);
/* PAYLOAD is SIZE zeros. */
bool interop_expect_payload(interop_run *run, const char *what, int32_t size,
                            const grpc_testing_Payload *payload);

interop_case_fn interop_empty_unary, interop_large_unary, interop_client_streaming,
    interop_server_streaming, interop_ping_pong, interop_empty_stream, interop_custom_metadata,
    interop_status_code_and_message, interop_special_status_message, interop_unimplemented_method,
    interop_unimplemented_service, interop_cancel_after_begin, interop_cancel_after_first_response,
    interop_timeout_on_sleeping_server;

#endif
