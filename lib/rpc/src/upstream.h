/* Where calls go: a core channel that follows its address file.
 *
 * A file is looked at when a call is made, at most every PL_UPSTREAM_LOOK_MS; when it
 * was replaced, a channel to the new addresses is built, and the old one is closed
 * when its last call has ended. Thread-safe.
 */
#ifndef PARLEY_RPC_UPSTREAM_H
#define PARLEY_RPC_UPSTREAM_H

#include <grpc/grpc.h>

#include "parley/base/error.h"
#include "parley/rpc/channel.h"

#define PL_UPSTREAM_LOOK_MS 20
/* How core reconnects: quickly, because it only ever waits for a restart nearby. */
#define PL_UPSTREAM_BACKOFF_MS     50
#define PL_UPSTREAM_BACKOFF_MAX_MS 1000
#define PL_UPSTREAM_CONNECT_MS     2000
/* A name is looked up again after failures, at most this often. */
#define PL_UPSTREAM_RESOLVE_MS 5000
/* While calls wait, a connection whose other end is gone is noticed after both. */
#define PL_UPSTREAM_KEEPALIVE_MS      10000
#define PL_UPSTREAM_KEEPALIVE_WAIT_MS 2000

typedef struct pl_upstream pl_upstream;
typedef struct pl_core_channel pl_core_channel;

pl_code pl_upstream_new(const pl_channel_opts *opts, pl_upstream **out_upstream, pl_error *err);
void pl_upstream_free(pl_upstream *upstream);

/* The channel to call through now, to be given back with pl_core_channel_unref.
 * PL_UNAVAILABLE: there is no address. */
pl_code pl_upstream_get(pl_upstream *upstream, pl_core_channel **out_channel, pl_error *err);
grpc_channel *pl_core_channel_grpc(pl_core_channel *channel);
void pl_core_channel_unref(pl_core_channel *channel);

#endif
