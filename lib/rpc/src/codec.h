/* Bytes to protobuf-c messages and back.
 *
 * protobuf-c trusts its input: no recursion limit, no UTF-8 check, no merging.
 * So nothing is unpacked that pl_message_check has not seen, and everything is
 * unpacked into an arena with a budget.
 */
#ifndef PARLEY_RPC_CODEC_H
#define PARLEY_RPC_CODEC_H

#include <grpc/slice.h>
#include <protobuf-c/protobuf-c.h>

#include "parley/base/arena.h"
#include "parley/base/error.h"
#include "parley/rpc/violations.h"

/* Deepest nesting of messages, as in other implementations of Protobuf. */
#define PL_MESSAGE_DEPTH_MAX 100

/* BYTES are well-formed and have the shape of TYPE. PL_INVALID_ARGUMENT names the field, also as
 * one of VIOLATIONS (NULL: not wanted): malformed, wrong wire type, nested too deep, a string that
 * is not UTF-8 or holds a NUL, a message field that stands there twice (protobuf-c would not merge
 * it). */
PL_NODISCARD pl_code pl_message_check(const ProtobufCMessageDescriptor *type, pl_str bytes,
                                      pl_violations *violations, pl_error *err);

/* Checks and unpacks into ARENA. Beside those: PL_RESOURCE_EXHAUSTED beyond its budget. */
pl_code pl_message_unpack(const ProtobufCMessageDescriptor *type, pl_str bytes, pl_arena *arena,
                          ProtobufCMessage **out_message, pl_error *err);

/* Packs MESSAGE into a slice that the caller unrefs. PL_INTERNAL over MAX bytes. */
pl_code pl_message_pack(const ProtobufCMessage *message, size_t max, grpc_slice *out_slice,
                        pl_error *err);

#endif
