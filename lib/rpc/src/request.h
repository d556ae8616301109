/* From the bytes of a request to what a handler gets. */
#ifndef PARLEY_RPC_REQUEST_H
#define PARLEY_RPC_REQUEST_H

#include "parley/rpc/call.h"

/* Checks BYTES as METHOD says and unpacks them into ARENA: size, shape, limits. The error and the
 * violations are CALL's. PL_RESOURCE_EXHAUSTED: too long, or beyond ARENA's budget;
 * PL_INVALID_ARGUMENT. */
pl_code pl_request_unpack(const pl_method_desc *method, pl_call *call, pl_str bytes,
                          pl_arena *arena, ProtobufCMessage **out_request);

#endif
