/* The bytes of a message as core hands it over: in pieces, perhaps compressed.
 *
 * Core's own decompression inflates whatever comes before anybody looks at the size: 64 KiB on
 * the wire become 64 MiB in memory. So core is told to leave compressed messages as they are, and
 * they are inflated here, never beyond the limit.
 */
#ifndef PARLEY_RPC_MESSAGE_H
#define PARLEY_RPC_MESSAGE_H

#include <grpc/grpc.h>
#include <stdbool.h>

#include "parley/base/error.h"

/* The bytes of BUFFER as one slice, which the caller unrefs; at most MAX. PL_RESOURCE_EXHAUSTED:
 * there are more, or no memory. PL_INTERNAL: they cannot be inflated, as gRPC wants it. BUFFER
 * stays the caller's; NULL is an empty message. */
PL_NODISCARD pl_code pl_message_read(grpc_byte_buffer *buffer, size_t max, grpc_slice *out_slice,
                                     pl_error *err);

/* BUFFER (NULL: none) holds a compressed message. */
bool pl_message_is_compressed(const grpc_byte_buffer *buffer);

#endif
