#include "upstream.h"

#include <errno.h>
#include <fcntl.h>
#include <grpc/grpc_security.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "parley/base/clock.h"
#include "target.h"

struct pl_core_channel {
    grpc_channel *grpc;
    atomic_int refs;
};

/* Tells one version of a file from the next: rename brings another inode. */
typedef struct file_version {
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec changed;
} file_version;

struct pl_upstream {
    char *target;
    char *name; /* in messages: a path would mean nothing to the callers of our callers */
    uint32_t max_message;
    pthread_mutex_t mu;
    /* guarded by mu */
    pl_core_channel *channel; /* NULL: no address yet */
    char *resolved;           /* what it was built for */
    int64_t looked_ns;
    file_version version;
    pl_error missing; /* why there is no channel */
};

grpc_channel *pl_core_channel_grpc(pl_core_channel *channel) {
    return channel->grpc;
}

void pl_core_channel_unref(pl_core_channel *channel) {
    if (!channel || atomic_fetch_sub(&channel->refs, 1) != 1)
        return;
    grpc_channel_destroy(channel->grpc);
    free(channel);
}

static grpc_arg int_arg(const char *key, int value) {
    grpc_arg arg = {.type = GRPC_ARG_INTEGER, .key = (char *)(uintptr_t)key};

    arg.value.integer = value;
    return arg;
}

static pl_core_channel *connect_to(const pl_upstream *upstream, const char *resolved) {
    pl_core_channel *channel = malloc(sizeof *channel);
    grpc_channel_credentials *plain;
    grpc_arg list[] = {
        int_arg(GRPC_ARG_ENABLE_RETRIES, 0), /* ours have a budget and know what is idempotent */
        /* Identity alone: core unpacks without bound before it looks at the size. */
        int_arg(GRPC_COMPRESSION_CHANNEL_ENABLED_ALGORITHMS_BITSET, 1),
        int_arg(GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH, (int)upstream->max_message),
        int_arg(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, PL_UPSTREAM_BACKOFF_MS),
        int_arg(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, PL_UPSTREAM_BACKOFF_MAX_MS),
        int_arg(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, PL_UPSTREAM_CONNECT_MS),
        int_arg(GRPC_ARG_KEEPALIVE_TIME_MS, PL_UPSTREAM_KEEPALIVE_MS),
        int_arg(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, PL_UPSTREAM_KEEPALIVE_WAIT_MS),
        int_arg(GRPC_ARG_DNS_MIN_TIME_BETWEEN_RESOLUTIONS_MS, PL_UPSTREAM_RESOLVE_MS),
        int_arg(GRPC_ARG_ENABLE_HTTP_PROXY, 0),
        /* A new channel makes new connections, not those that another has given up for now. */
        int_arg(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1),
        int_arg(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1),
        {.type = GRPC_ARG_STRING, .key = (char *)(uintptr_t)GRPC_ARG_LB_POLICY_NAME},
    };
    grpc_channel_args args = {PL_COUNT(list), list};
    char policy[] = "round_robin";

    if (!channel)
        return NULL;
    list[PL_COUNT(list) - 1].value.string = policy;
    plain = grpc_insecure_credentials_create();
    channel->grpc = grpc_channel_create(resolved, plain, &args);
    grpc_channel_credentials_release(plain);
    atomic_init(&channel->refs, 1);
    return channel;
}

static bool is_broken(const pl_core_channel *channel) {
    return grpc_channel_check_connectivity_state(channel->grpc, 0) ==
           GRPC_CHANNEL_TRANSIENT_FAILURE;
}

/* Goes over to RESOLVED where it differs, under mu. Where it does not, but was written again, the
 * upstream is back at the same place: nobody waits for core to try again. */
static pl_code follow(pl_upstream *upstream, const char *resolved) {
    pl_core_channel *channel;
    char *copy;

    if (upstream->resolved && strcmp(upstream->resolved, resolved) == 0 &&
        !is_broken(upstream->channel))
        return PL_OK;
    copy = strdup(resolved);
    channel = copy ? connect_to(upstream, resolved) : NULL;
    if (!channel) {
        free(copy);
        return pl_error_set(&upstream->missing, PL_RESOURCE_EXHAUSTED, "%s: no memory",
                            upstream->target);
    }
    pl_core_channel_unref(upstream->channel);
    free(upstream->resolved);
    upstream->channel = channel;
    upstream->resolved = copy;
    return PL_OK;
}

static pl_code read_file(const char *name, const char *path, pl_buf *out, file_version *out_version,
                         pl_error *err) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat info;
    ssize_t n = 0;
    char *room;

    if (fd < 0 || fstat(fd, &info) != 0) {
        int why = errno;
        if (fd >= 0)
            close(fd);
        pl_error_errno(err, why, "%s: has no address yet", name);
        err->code = PL_UNAVAILABLE; /* it is not there yet, whatever the errno */
        return PL_UNAVAILABLE;
    }
    room = pl_buf_reserve(out, PL_ADDRESS_FILE_MAX);
    if (room)
        n = read(fd, room, PL_ADDRESS_FILE_MAX);
    close(fd);
    if (!room || n < 0)
        return pl_error_set(err, PL_UNAVAILABLE, "%s: its address cannot be read", name);
    pl_buf_wrote(out, (size_t)n);
    out_version->device = info.st_dev;
    out_version->inode = info.st_ino;
    out_version->size = info.st_size;
    out_version->changed = info.st_mtim;
    return PL_OK;
}

static bool is_version(const file_version *version, const struct stat *info) {
    return version->inode == info->st_ino && version->device == info->st_dev &&
           version->size == info->st_size && version->changed.tv_sec == info->st_mtim.tv_sec &&
           version->changed.tv_nsec == info->st_mtim.tv_nsec;
}

/* Looks at the address file where it is time to, under mu. A file that is gone or
 * unreadable leaves the last addresses in force. */
static void look(pl_upstream *upstream, const char *path) {
    pl_buf lines, resolved;
    int64_t now = pl_now_ns();
    struct stat info;
    file_version version;

    if (upstream->channel && now - upstream->looked_ns < PL_UPSTREAM_LOOK_MS * PL_NS_PER_MS)
        return;
    upstream->looked_ns = now;
    if (upstream->channel && (stat(path, &info) != 0 || is_version(&upstream->version, &info)))
        return;
    lines = pl_buf_make(PL_ADDRESS_FILE_MAX);
    resolved = pl_buf_make(2 * PL_ADDRESS_FILE_MAX);
    if (read_file(upstream->name, path, &lines, &version, &upstream->missing) == PL_OK &&
        pl_target_from_lines(upstream->name, pl_buf_view(&lines), &resolved, &upstream->missing) ==
            PL_OK &&
        !resolved.failed && follow(upstream, resolved.p) == PL_OK)
        upstream->version = version;
    pl_buf_done(&resolved);
    pl_buf_done(&lines);
}

static pl_code resolve_once(pl_upstream *upstream, pl_error *err) {
    pl_buf resolved = pl_buf_make(PL_ADDRESS_FILE_MAX);
    pl_code code = pl_target_resolve(upstream->target, &resolved, err);

    if (code == PL_OK && (resolved.failed || follow(upstream, resolved.p) != PL_OK))
        code = pl_error_set(err, PL_RESOURCE_EXHAUSTED, "%.64s: no memory", upstream->target);
    pl_buf_done(&resolved);
    return code;
}

pl_code pl_upstream_new(const pl_channel_opts *opts, pl_upstream **out_upstream, pl_error *err) {
    pl_upstream *upstream = calloc(1, sizeof *upstream);
    pl_code code = PL_OK;

    if (!upstream)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "no memory for a channel");
    pthread_mutex_init(&upstream->mu, NULL);
    upstream->max_message = opts->max_message;
    upstream->target = strdup(opts->target);
    upstream->name = strdup(opts->name ? opts->name : opts->target);
    if (!upstream->target || !upstream->name)
        code = pl_error_set(err, PL_RESOURCE_EXHAUSTED, "no memory for a channel");
    else if (!pl_target_file(upstream->target))
        code = resolve_once(upstream, err);
    if (code != PL_OK) {
        pl_upstream_free(upstream);
        return code;
    }
    *out_upstream = upstream;
    return PL_OK;
}

void pl_upstream_free(pl_upstream *upstream) {
    if (!upstream)
        return;
    pl_core_channel_unref(upstream->channel);
    free(upstream->resolved);
    free(upstream->target);
    free(upstream->name);
    pthread_mutex_destroy(&upstream->mu);
    free(upstream);
}

pl_code pl_upstream_get(pl_upstream *upstream, pl_core_channel **out_channel, pl_error *err) {
    const char *path = pl_target_file(upstream->target);
    pl_code code = PL_OK;

    pthread_mutex_lock(&upstream->mu);
    if (path)
        look(upstream, path);
    if (upstream->channel) {
        atomic_fetch_add(&upstream->channel->refs, 1);
        *out_channel = upstream->channel;
    } else {
        code = upstream->missing.code;
        if (err)
            *err = upstream->missing;
    }
    pthread_mutex_unlock(&upstream->mu);
    return code;
}
