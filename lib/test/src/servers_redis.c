#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "home.h"
#include "parley/base/clock.h"
#include "parley/redis/redis.h"
#include "parley/test/servers.h"
#include "process.h"

#define READY_MS     30000
#define STOP_MS      10000
#define RETRY_MS     5
#define ACL_SIZE_MAX 65536

struct pl_test_redis {
    server_user user;
    server_home home;
    server_process process;
    char log[96];
    char socket[96];
    char url[112];
    char acl[96];
    char *argv[32];
    pl_test_command command;
    pl_redis *admin;
};

/* ---- preparing ------------------------------------------------------------------- */

static void set_command(pl_test_redis *server, const pl_test_redis_opts *opts) {
    static char binary[] = "/usr/bin/redis-server", port[] = "--port", zero[] = "0",
                socket[] = "--unixsocket", mode[] = "--unixsocketperm", mode_700[] = "700",
                dir[] = "--dir", aof[] = "--appendonly", yes[] = "yes", fsync_[] = "--appendfsync",
                everysec[] = "everysec", save[] = "--save", none[] = "",
                policy[] = "--maxmemory-policy", noeviction[] = "noeviction", acl[] = "--aclfile";
    char *const fixed[] = {binary,
                           port,
                           zero,
                           socket,
                           server->socket,
                           mode,
                           mode_700,
                           dir,
                           server->home.data,
                           aof,
                           yes,
                           fsync_,
                           everysec,
                           save,
                           none,
                           policy,
                           noeviction};
    memcpy(server->argv, fixed, sizeof fixed);
    size_t n = PL_COUNT(fixed);
    if (opts->acl_file) {
        server->argv[n++] = acl;
        server->argv[n++] = server->acl;
    }
    server->argv[n] = NULL;
    server->command = (pl_test_command){.argv = server->argv,
                                        .env = server_environment,
                                        .cwd = "/",
                                        .switch_user = server->user.switched,
                                        .uid = server->user.uid,
                                        .gid = server->user.gid,
                                        .stop_signal = SIGTERM,
                                        .death_signal = opts->dir ? SIGTERM : SIGKILL};
}

/* The server's user may not be able to read the file where it lies. */
static pl_code copy_acl(pl_test_redis *server, const char *from, pl_error *err) {
    snprintf(server->acl, sizeof server->acl, "%s/users.acl", server->home.run);
    FILE *in = fopen(from, "re");
    if (!in)
        return pl_error_errno(err, errno, "cannot read %s", from);
    char *text = malloc(ACL_SIZE_MAX);
    size_t n = text ? fread(text, 1, ACL_SIZE_MAX, in) : 0;
    fclose(in);
    FILE *out = text && n < ACL_SIZE_MAX ? fopen(server->acl, "wex") : NULL;
    bool ok = out && fwrite(text, 1, n, out) == n && fchmod(fileno(out), 0600) == 0 &&
              (!server->user.switched ||
               fchown(fileno(out), server->user.uid, server->user.gid) == 0);
    if (out && fclose(out) != 0)
        ok = false;
    free(text);
    return ok ? PL_OK
              : pl_error_set(err, PL_RESOURCE_EXHAUSTED, "cannot copy %s (at most %d bytes)", from,
                             ACL_SIZE_MAX - 1);
}

static pl_code prepare(pl_test_redis *server, const pl_test_redis_opts *opts, pl_error *err) {
    pl_code code = server_home_init(&server->home, opts->dir, &server->user, err);
    if (!code)
        code = server_folder_make(server->home.data, &server->user, err);
    if (code)
        return code;
    snprintf(server->log, sizeof server->log, "%s/server.log", server->home.run);
    snprintf(server->socket, sizeof server->socket, "%s/redis.sock", server->home.run);
    snprintf(server->url, sizeof server->url, "unix://%s", server->socket);
    return opts->acl_file ? copy_acl(server, opts->acl_file, err) : PL_OK;
}

pl_code pl_test_redis_new(const pl_test_redis_opts *opts, pl_test_redis **out_server,
                          pl_error *err) {
    static const pl_test_redis_opts standard = PL_TEST_REDIS_OPTS_INIT;
    if (!opts)
        opts = &standard;
    if (access("/usr/bin/redis-server", X_OK) != 0)
        return pl_error_set(err, PL_FAILED_PRECONDITION,
                            "/usr/bin/redis-server: not found; install the Debian package "
                            "redis-server");
    server_user user;
    pl_code code = server_user_find("redis", &user, err);
    if (code)
        return code;
    pl_test_redis *server = calloc(1, sizeof *server);
    if (!server)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "no memory for a server");
    server->user = user;
    server->home.lock_fd = server->process.pidfd = -1;
    code = prepare(server, opts, err);
    if (code) {
        pl_test_redis_free(server);
        return code;
    }
    set_command(server, opts);
    *out_server = server;
    return PL_OK;
}

const pl_test_command *pl_test_redis_command(const pl_test_redis *server) {
    return &server->command;
}

/* ---- running --------------------------------------------------------------------- */

pl_code pl_test_redis_run(pl_test_redis *server, pl_error *err) {
    if (server->process.pid)
        return pl_error_set(err, PL_FAILED_PRECONDITION, "Redis in %s runs already",
                            server->home.data);
    return server_process_start(&server->process, &server->command, server->log, err);
}

pl_code pl_test_redis_probe(pl_test_redis *server, int64_t deadline_ns, pl_error *err) {
    pl_code code = PL_OK;
    if (!server->admin) {
        pl_redis_opts opts = PL_REDIS_OPTS_INIT;
        opts.url = server->url;
        code = pl_redis_new(&opts, &server->admin, err);
    }
    if (!code)
        code = PL_REDIS_CALL(server->admin, deadline_ns, NULL, err, "PING");
    /* With users of its own it may refuse us, which is an answer, too. */
    return code == PL_PERMISSION_DENIED ? PL_OK : code;
}

static pl_code ended(pl_test_redis *server, pl_error *err) {
    char end[SERVER_LOG_END];
    server_log_end(server->log, end);
    return pl_error_set(err, PL_UNAVAILABLE, "Redis ended at its start: %s", end);
}

pl_code pl_test_redis_ready(pl_test_redis *server, int64_t deadline_ns, pl_error *err) {
    pl_error own = PL_ERROR_INIT;
    while (pl_test_redis_probe(server, deadline_ns, &own) != PL_OK) {
        int timeout = pl_remaining_ms(deadline_ns);
        if (timeout == 0) {
            own.code = PL_DEADLINE_EXCEEDED;
            return pl_error_wrap(err, &own, "Redis is not ready");
        }
        struct pollfd fd = {.fd = server->process.pidfd, .events = POLLIN};
        int n = poll(&fd, 1, timeout < RETRY_MS ? timeout : RETRY_MS);
        (void)n;
        if (server->process.pid && server_process_wait(&server->process, 0))
            return ended(server, err);
    }
    return PL_OK;
}

pl_code pl_test_redis_start(const pl_test_redis_opts *opts, pl_test_redis **out_server,
                            pl_error *err) {
    pl_test_redis *server;
    pl_code code = pl_test_redis_new(opts, &server, err);
    if (code)
        return code;
    code = pl_test_redis_run(server, err);
    if (!code)
        code = pl_test_redis_ready(server, pl_deadline_ms(READY_MS), err);
    if (code)
        pl_test_redis_free(server);
    else
        *out_server = server;
    return code;
}

const char *pl_test_redis_url(const pl_test_redis *server) {
    return server->url;
}
const char *pl_test_redis_data_dir(const pl_test_redis *server) {
    return server->home.data;
}
pid_t pl_test_redis_pid(const pl_test_redis *server) {
    return server->process.pid;
}

void pl_test_redis_signal(pl_test_redis *server, int signo) {
    if (signo == SIGKILL)
        server_process_kill(&server->process);
    else
        server_process_signal(&server->process, signo);
}

void pl_test_redis_stop(pl_test_redis *server, int64_t deadline_ns) {
    server_process_stop(&server->process, server->command.stop_signal, deadline_ns);
}

void pl_test_redis_free(pl_test_redis *server) {
    if (!server)
        return;
    pl_redis_free(server->admin);
    server_process_stop(&server->process, server->home.throwaway ? SIGKILL : SIGTERM,
                        pl_deadline_ms(STOP_MS));
    server_home_done(&server->home);
    free(server);
}

pl_code pl_test_redis_erase(const char *dir, pl_error *err) {
    return server_data_erase(dir, err);
}
