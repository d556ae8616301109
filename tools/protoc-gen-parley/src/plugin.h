/* The protoc plugin protocol: a CodeGeneratorRequest on stdin, a
 * CodeGeneratorResponse on stdout. Shared by the generator and by the shim in
 * front of protoc-gen-c.
 *
 * All memory comes from one arena; a request that does not fit or for which there
 * is no memory gives NULL, never a crash.
 */
#ifndef PL_GEN_PLUGIN_H
#define PL_GEN_PLUGIN_H

#include <protobuf-c/protobuf-c.h>

#include "google/protobuf/compiler/plugin.pb-c.h"
#include "parley/base/arena.h"
#include "parley/base/error.h"

/* Greatest request and greatest answer, in bytes. */
#define PL_PLUGIN_MAX (64u << 20)
/* Budget of the arena everything lives in. */
#define PL_PLUGIN_BUDGET ((size_t)512 << 20)

typedef Google__Protobuf__FileDescriptorProto pl_file_proto;
typedef Google__Protobuf__DescriptorProto pl_message_proto;
typedef Google__Protobuf__FieldDescriptorProto pl_field_proto;
typedef Google__Protobuf__EnumDescriptorProto pl_enum_proto;
typedef Google__Protobuf__EnumValueDescriptorProto pl_value_proto;
typedef Google__Protobuf__ServiceDescriptorProto pl_service_proto;
typedef Google__Protobuf__MethodDescriptorProto pl_method_proto;
typedef Google__Protobuf__Compiler__CodeGeneratorRequest pl_plugin_request;

/* An allocator over ARENA, for protobuf-c; free does nothing. */
ProtobufCAllocator pl_plugin_allocator(pl_arena *arena);

/* Everything readable from FD. PL_UNAVAILABLE: a read failed; PL_RESOURCE_EXHAUSTED: more
 * than PL_PLUGIN_MAX, or no memory. The bytes belong to ARENA. */
PL_NODISCARD pl_code pl_plugin_read(int fd, pl_arena *arena, pl_str *out_bytes, pl_error *err);

/* Writes all of BYTES to FD. PL_UNAVAILABLE: a write failed. */
PL_NODISCARD pl_code pl_plugin_write(int fd, pl_str bytes, pl_error *err);

/* Unpacks BYTES. PL_INVALID_ARGUMENT: it is no request, or there was no memory. */
PL_NODISCARD pl_code pl_plugin_unpack(pl_str bytes, pl_arena *arena,
                                      pl_plugin_request **out_request, pl_error *err);

/* Packs MESSAGE. PL_RESOURCE_EXHAUSTED: no memory. */
PL_NODISCARD pl_code pl_plugin_pack(const ProtobufCMessage *message, pl_arena *arena,
                                    pl_str *out_bytes, pl_error *err);

/* Whether NAME is among the files protoc wants code for. */
bool pl_plugin_wants(const pl_plugin_request *request, const char *name);

#endif
