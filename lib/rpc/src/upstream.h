/* Where calls go: a core channel that follows its address file.
 *
 * A file is looked at when a call is made, at most every PL_UPSTREAM_LOOK_MS; when it
 * was replaced, a channel to the new addresses is built, and the old one is closed
 * when its last call has ended. Certificates that were replaced have the same effect. Thread-safe.
 */
#ifndef PARLEY_RPC_UPSTREAM_H
#define PARLEY_RPC_UPSTREAM_H

#include "core_channel.h"
#include "parley/base/error.h"

#define PL_UPSTREAM_LOOK_MS 20

typedef struct pl_upstream pl_upstream;

pl_code pl_upstream_new(const pl_channel_opts *opts, pl_upstream **out_upstream, pl_error *err);
void pl_upstream_free(pl_upstream *upstream);

/* The channel to call through now, to be given back with pl_core_channel_unref.
 * PL_UNAVAILABLE: there is no address. */
pl_code pl_upstream_get(pl_upstream *upstream, pl_core_channel **out_channel, pl_error *err);

/* As pl_channel_connection. */
const char *pl_upstream_connection(pl_upstream *upstream);

#endif
