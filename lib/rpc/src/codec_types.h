/* What the codec knows of protobuf-c's field types. */
#ifndef PARLEY_RPC_CODEC_TYPES_H
#define PARLEY_RPC_CODEC_TYPES_H

#include <assert.h>
#include <protobuf-c/protobuf-c.h>

#include "parley/schema/wire.h"

typedef struct field_shape {
    uint8_t wire; /* a pl_wire_type */
    uint8_t size; /* of one value in memory */
} field_shape;

static_assert(sizeof(protobuf_c_boolean) == 4, "booleans are stored as other values of 32 bits");

static const field_shape field_shapes[] = {
    [PROTOBUF_C_TYPE_INT32] = {PL_WIRE_VARINT, 4},
    [PROTOBUF_C_TYPE_SINT32] = {PL_WIRE_VARINT, 4},
    [PROTOBUF_C_TYPE_SFIXED32] = {PL_WIRE_FIXED32, 4},
    [PROTOBUF_C_TYPE_INT64] = {PL_WIRE_VARINT, 8},
    [PROTOBUF_C_TYPE_SINT64] = {PL_WIRE_VARINT, 8},
    [PROTOBUF_C_TYPE_SFIXED64] = {PL_WIRE_FIXED64, 8},
    [PROTOBUF_C_TYPE_UINT32] = {PL_WIRE_VARINT, 4},
    [PROTOBUF_C_TYPE_FIXED32] = {PL_WIRE_FIXED32, 4},
    [PROTOBUF_C_TYPE_UINT64] = {PL_WIRE_VARINT, 8},
    [PROTOBUF_C_TYPE_FIXED64] = {PL_WIRE_FIXED64, 8},
    [PROTOBUF_C_TYPE_FLOAT] = {PL_WIRE_FIXED32, 4},
    [PROTOBUF_C_TYPE_DOUBLE] = {PL_WIRE_FIXED64, 8},
    [PROTOBUF_C_TYPE_BOOL] = {PL_WIRE_VARINT, 4},
    [PROTOBUF_C_TYPE_ENUM] = {PL_WIRE_VARINT, 4},
    [PROTOBUF_C_TYPE_STRING] = {PL_WIRE_BYTES, sizeof(char *)},
    [PROTOBUF_C_TYPE_BYTES] = {PL_WIRE_BYTES, sizeof(ProtobufCBinaryData)},
    [PROTOBUF_C_TYPE_MESSAGE] = {PL_WIRE_BYTES, sizeof(ProtobufCMessage *)},
};

#endif
