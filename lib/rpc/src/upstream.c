#include "upstream.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file_version.h"
#include "parley/base/clock.h"
#include "target.h"
#include "tls.h"

struct pl_upstream {
    char *target;
    char *name;           /* in messages: a path would mean nothing to the callers of our callers */
    pl_channel_opts opts; /* without texts */
    pthread_mutex_t mu;
    /* guarded by mu */
    pl_tls *tls;                           /* NULL: plain text */
    grpc_channel_credentials *credentials; /* of the next connections */
    pl_core_channel *channel;              /* NULL: no address yet */
    char *resolved;                        /* what it was built for */
    int64_t looked_ns;
    pl_file_version version;
    pl_error missing; /* why there is no channel */
};

/* The name that a server's certificate must have; NULL: the host of the target. */
static const char *server_name(const pl_upstream *upstream, const char *resolved) {
    if (!upstream->tls)
        return NULL;
    if (pl_tls_server_name(upstream->tls))
        return pl_tls_server_name(upstream->tls);
    return pl_target_file(upstream->target) || strncmp(resolved, "unix:", 5) == 0 ||
                   strchr(resolved, ',')
               ? upstream->name
               : NULL;
}

static pl_core_channel *connect_to(const pl_upstream *upstream, const char *resolved) {
    return pl_core_channel_new(resolved, &upstream->opts, upstream->credentials,
                               server_name(upstream, resolved));
}

/* Goes over to new certificates, under mu. Without memory the old channel does it once more. */
static void renew(pl_upstream *upstream) {
    grpc_channel_credentials *credentials = pl_tls_channel_credentials(upstream->tls);
    pl_core_channel *channel;

    if (!credentials)
        return;
    grpc_channel_credentials_release(upstream->credentials);
    upstream->credentials = credentials;
    channel = upstream->channel ? connect_to(upstream, upstream->resolved) : NULL;
    if (!channel)
        return;
    pl_core_channel_unref(upstream->channel);
    upstream->channel = channel;
}

static bool is_broken(pl_core_channel *channel) {
    return grpc_channel_check_connectivity_state(pl_core_channel_grpc(channel), 0) ==
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

static pl_code read_file(const char *name, const char *path, pl_buf *out,
                         pl_file_version *out_version, pl_error *err) {
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
    *out_version = pl_file_version_of(&info);
    return PL_OK;
}

/* Looks at the address file where it is time to, under mu. A file that is gone or
 * unreadable leaves the last addresses in force. */
static void look(pl_upstream *upstream, const char *path) {
    pl_buf lines, resolved;
    int64_t now = pl_now_ns();
    struct stat info;
    pl_file_version version;

    if (upstream->channel && now - upstream->looked_ns < PL_UPSTREAM_LOOK_MS * PL_NS_PER_MS)
        return;
    upstream->looked_ns = now;
    if (upstream->channel &&
        (stat(path, &info) != 0 || pl_file_version_is(&upstream->version, &info)))
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
    upstream->opts = *opts;
    upstream->target = strdup(opts->target);
    upstream->name = strdup(opts->name ? opts->name : opts->target);
    if (!upstream->target || !upstream->name)
        code = pl_error_set(err, PL_RESOURCE_EXHAUSTED, "no memory for a channel");
    else if (opts->tls)
        code = pl_tls_new(opts->tls, false, opts->notice, opts->notice_self, &upstream->tls, err);
    if (code == PL_OK)
        upstream->credentials = upstream->tls ? pl_tls_channel_credentials(upstream->tls)
                                              : grpc_insecure_credentials_create();
    if (code == PL_OK && !pl_target_file(upstream->target))
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
    if (upstream->credentials)
        grpc_channel_credentials_release(upstream->credentials);
    pl_tls_free(upstream->tls);
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
    if (upstream->tls)
        renew(upstream);
    if (path)
        look(upstream, path);
    if (upstream->channel) {
        pl_core_channel_ref(upstream->channel);
        *out_channel = upstream->channel;
    } else {
        code = upstream->missing.code;
        if (err)
            *err = upstream->missing;
    }
    pthread_mutex_unlock(&upstream->mu);
    return code;
}

const char *pl_upstream_connection(pl_upstream *upstream) {
    static const char *const names[] = {"IDLE", "CONNECTING", "READY", "TRANSIENT_FAILURE",
                                        "SHUTDOWN"};
    const char *name = "NO_ADDRESS";

    pthread_mutex_lock(&upstream->mu);
    if (upstream->channel) {
        unsigned state = (unsigned)grpc_channel_check_connectivity_state(
            pl_core_channel_grpc(upstream->channel), 0);
        name = state < PL_COUNT(names) ? names[state] : "UNKNOWN";
    }
    pthread_mutex_unlock(&upstream->mu);
    return name;
}
