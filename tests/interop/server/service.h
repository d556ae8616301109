/* grpc.testing.TestService as the public description of gRPC's interoperability tests wants it:
 * EmptyCall, UnaryCall, StreamingOutputCall, StreamingInputCall and FullDuplexCall, with
 * Echo Status and Echo Metadata. Its other methods are UNIMPLEMENTED.
 *
 *     interop_service service;
 *     if (interop_service_init(&service)) { pl_server_add(server,
 * grpc_testing_TestService_bind(&service.table), &err); ... } interop_service_done(&service);
 */
#ifndef INTEROP_SERVICE_H
#define INTEROP_SERVICE_H

#include <stdbool.h>

#include "grpc/testing/test.parley.h"

/* Bytes of a payload that is sent, at most. */
#define INTEROP_PAYLOAD_MAX (4 << 20)

typedef struct interop_service {
    grpc_testing_TestService table;
    uint8_t *zeros; /* what every payload sent is made of */
} interop_service;

/* False without memory. The service must not move afterwards. */
bool interop_service_init(interop_service *service);
void interop_service_done(interop_service *service);

#endif
