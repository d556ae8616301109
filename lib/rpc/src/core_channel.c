#include "core_channel.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "core.h"

struct pl_core_channel {
    grpc_channel *grpc;
    atomic_int refs;
    uint32_t max_message;
    bool compression;
};

/* Core's round_robin crashes where the only server there is speaks HTTP/1.1 unasked, and says 200:
 * it takes the connection's failure for OK. pick_first does not, so one address gets that. */
static const char *policy(const char *resolved) {
    bool one = strncmp(resolved, "dns:", 4) != 0 && !strchr(resolved, ',');
    return one ? "pick_first" : "round_robin";
}

pl_core_channel *pl_core_channel_new(const char *resolved, const pl_channel_opts *opts,
                                     grpc_channel_credentials *credentials,
                                     const char *server_name) {
    pl_core_channel *channel = malloc(sizeof *channel);
    grpc_arg list[] = {
        pl_core_int_arg(GRPC_ARG_ENABLE_RETRIES, 0), /* ours know what is idempotent */
        pl_core_int_arg(GRPC_COMPRESSION_CHANNEL_ENABLED_ALGORITHMS_BITSET,
                        pl_core_encodings(opts->compression)),
        /* message.c does it with a bound. */
        pl_core_int_arg(GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION, 0),
        pl_core_int_arg(GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH, (int)opts->max_message),
        pl_core_int_arg(GRPC_ARG_MAX_METADATA_SIZE, PL_CHANNEL_MAX_METADATA),
        pl_core_int_arg(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, PL_UPSTREAM_BACKOFF_MS),
        pl_core_int_arg(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, PL_UPSTREAM_BACKOFF_MAX_MS),
        pl_core_int_arg(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, PL_UPSTREAM_CONNECT_MS),
        pl_core_int_arg(GRPC_ARG_KEEPALIVE_TIME_MS, (int)opts->keepalive_ms),
        pl_core_int_arg(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, PL_CHANNEL_KEEPALIVE_WAIT_MS),
        pl_core_int_arg(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0), /* as often as keepalive asks */
        pl_core_int_arg(GRPC_ARG_DNS_MIN_TIME_BETWEEN_RESOLUTIONS_MS, PL_UPSTREAM_RESOLVE_MS),
        /* Else windows grow to MiBs a stream: a sender would never learn that nobody reads. */
        pl_core_int_arg(GRPC_ARG_HTTP2_BDP_PROBE, 0),
        pl_core_int_arg(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, PL_CORE_WINDOW),
        pl_core_int_arg(GRPC_ARG_ENABLE_HTTP_PROXY, 0),
        /* A new channel makes new connections, not those that another has given up for now. */
        pl_core_int_arg(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1),
        pl_core_int_arg(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1),
        pl_core_text_arg(GRPC_ARG_LB_POLICY_NAME, policy(resolved)),
        pl_core_text_arg(GRPC_SSL_TARGET_NAME_OVERRIDE_ARG, server_name),
    };
    grpc_channel_args args = {PL_COUNT(list) - (server_name ? 0 : 1), list};

    if (!channel)
        return NULL;
    channel->grpc = grpc_channel_create(resolved, credentials, &args);
    atomic_init(&channel->refs, 1);
    channel->max_message = opts->max_message;
    channel->compression = opts->compression;
    return channel;
}

void pl_core_channel_ref(pl_core_channel *channel) {
    atomic_fetch_add(&channel->refs, 1);
}

void pl_core_channel_unref(pl_core_channel *channel) {
    if (!channel || atomic_fetch_sub(&channel->refs, 1) != 1)
        return;
    grpc_channel_destroy(channel->grpc);
    free(channel);
}

grpc_channel *pl_core_channel_grpc(pl_core_channel *channel) {
    return channel->grpc;
}

uint32_t pl_core_channel_max_message(const pl_core_channel *channel) {
    return channel->max_message;
}

bool pl_core_channel_compression(const pl_core_channel *channel) {
    return channel->compression;
}
