/* A channel of core, counted: it ends with the last of those who use it. */
#ifndef PARLEY_RPC_CORE_CHANNEL_H
#define PARLEY_RPC_CORE_CHANNEL_H

#include <grpc/grpc.h>
#include <grpc/grpc_security.h>

#include "parley/rpc/channel.h"

/* How core reconnects: quickly, because it only ever waits for a restart nearby. */
#define PL_UPSTREAM_BACKOFF_MS     50
#define PL_UPSTREAM_BACKOFF_MAX_MS 1000
#define PL_UPSTREAM_CONNECT_MS     2000
/* A name is looked up again after failures, at most this often. */
#define PL_UPSTREAM_RESOLVE_MS 5000

typedef struct pl_core_channel pl_core_channel;

/* A channel to RESOLVED, core's name of a target, with one reference. SERVER_NAME (NULL: the host)
 * is what a certificate must have. NULL without memory. */
pl_core_channel *pl_core_channel_new(const char *resolved, const pl_channel_opts *opts,
                                     grpc_channel_credentials *credentials,
                                     const char *server_name);
void pl_core_channel_ref(pl_core_channel *channel);
/* NULL is allowed. */
void pl_core_channel_unref(pl_core_channel *channel);
grpc_channel *pl_core_channel_grpc(pl_core_channel *channel);
/* Compressed answers were asked for. */
bool pl_core_channel_compression(const pl_core_channel *channel);
/* Bytes of an answer, when it is unpacked too. */
uint32_t pl_core_channel_max_message(const pl_core_channel *channel);

#endif
