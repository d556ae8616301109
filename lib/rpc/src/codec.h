/* Bytes to protobuf-c messages and back, by protobuf-c's descriptors.
 *
 * protobuf-c's own unpacking trusts its input: no recursion limit, no UTF-8 check. Ours checks
 * and unpacks in one pass, into an arena with a budget. The structures are protobuf-c's, but not
 * for protobuf_c_message_free_unpacked: they go with the arena.
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

/* Unpacks BYTES, which may be anything, as Protobuf has it: packed values or not, the last of what
 * can be there once, messages given twice merged, unknown fields kept. Everything is copied into
 * ARENA. PL_INVALID_ARGUMENT names the field, also as one of VIOLATIONS (NULL: not wanted):
 * malformed, wrong wire type, a group, nested too deep, a string that is not UTF-8 or holds a NUL.
 * PL_RESOURCE_EXHAUSTED beyond ARENA's budget. proto2's required fields may be missing. */
pl_code pl_message_unpack(const ProtobufCMessageDescriptor *type, pl_str bytes, pl_arena *arena,
                          pl_violations *violations, ProtobufCMessage **out_message, pl_error *err);

/* Packs MESSAGE into a slice that the caller unrefs. PL_INTERNAL over MAX bytes;
 * PL_RESOURCE_EXHAUSTED without memory. */
pl_code pl_message_pack(const ProtobufCMessage *message, size_t max, grpc_slice *out_slice,
                        pl_error *err);

#endif
