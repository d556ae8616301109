#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "home.h"
#include "parley/base/clock.h"
#include "parley/base/str.h"
#include "parley/pg/pg.h"
#include "parley/test/servers.h"
#include "process.h"
#include "template.h"
#include "tree.h"

#define READY_MS 30000
#define STOP_MS  10000
/* A server whose supervisor was killed is on its way out: the next one waits for it. */
#define PREDECESSOR_MS 10000
#define RETRY_MS       10
#define ADMIN_MS       30000
#define ARGS_MAX       40
#define ARG_SIZE       96

struct pl_test_postgres {
    server_user user;
    server_home home;
    server_process process;
    char log[96];
    char conninfo[PATH_MAX];
    char *argv[ARGS_MAX];
    char connections[ARG_SIZE];
    pl_test_command command;
    pl_pg *admin; /* of the superuser, to database postgres */
};

/* ---- preparing ------------------------------------------------------------------- */

static void set_command(pl_test_postgres *server, const pl_test_postgres_opts *opts) {
    static char binary[] = POSTGRES_BIN "/postgres";
    static char flag_c[] = "-c", flag_data[] = "-D", flag_sockets[] = "-k";
    static char no_port[] = "listen_addresses=", private_socket[] = "unix_socket_permissions=0700",
                no_jit[] = "jit=off", stderr_log[] = "logging_collector=off",
                quiet[] = "log_checkpoints=off", no_fsync[] = "fsync=off",
                no_pages[] = "full_page_writes=off", small[] = "shared_buffers=32MB",
                /* After a kill: one call in place of an fsync of each of some thousand files. */
        one_sync[] = "recovery_init_sync_method=syncfs";
    snprintf(server->connections, sizeof server->connections, "max_connections=%u",
             opts->max_connections ? opts->max_connections : PL_TEST_POSTGRES_CONNECTIONS);
    char *settings[] = {no_port,
                        private_socket,
                        no_jit,
                        stderr_log,
                        quiet,
                        one_sync,
                        server->connections,
                        opts->no_fsync ? no_fsync : NULL,
                        opts->no_fsync ? no_pages : NULL,
                        opts->dir ? NULL : small};
    size_t n = 0;
    server->argv[n++] = binary;
    server->argv[n++] = flag_data;
    server->argv[n++] = server->home.data;
    server->argv[n++] = flag_sockets;
    server->argv[n++] = server->home.run;
    for (size_t i = 0; i < PL_COUNT(settings); i++) {
        if (!settings[i])
            continue;
        server->argv[n++] = flag_c;
        server->argv[n++] = settings[i];
    }
    server->argv[n] = NULL;
    server->command = (pl_test_command){
        .argv = server->argv,
        .env = server_environment,
        .cwd = "/",
        .switch_user = server->user.switched,
        .uid = server->user.uid,
        .gid = server->user.gid,
        .stop_signal = SIGINT,
        /* Nobody wants what a throwaway server would still write. */
        .death_signal = opts->dir ? SIGINT : SIGQUIT};
}

/* The first line of a small file, or false. */
static bool read_line(const char *folder, const char *name, char *out, size_t size) {
    char path[PATH_MAX + 32];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "re");
    bool got = file && fgets(out, (int)size, file);
    if (file)
        fclose(file);
    if (got)
        out[strcspn(out, "\n")] = 0;
    return got;
}

/* Waits for a server that still uses the data to end. */
static pl_code wait_for_predecessor(const char *data, pl_error *err) {
    char text[32], path[64], name[32];
    int64_t pid;
    if (!read_line(data, "postmaster.pid", text, sizeof text) ||
        !pl_str_i64(pl_str_c(text), &pid) || pid <= 1)
        return PL_OK;
    snprintf(path, sizeof path, "/proc/%lld", (long long)pid);
    if (!read_line(path, "comm", name, sizeof name) || strcmp(name, "postgres") != 0)
        return PL_OK;
    if (server_pid_wait((pid_t)pid, pl_deadline_ms(PREDECESSOR_MS)))
        return PL_OK;
    return pl_error_set(err, PL_FAILED_PRECONDITION,
                        "%s: a PostgreSQL (process %lld) runs in it; stop that first", data,
                        (long long)pid);
}

static pl_code make_data(pl_test_postgres *server, const pl_test_postgres_opts *opts,
                         pl_error *err) {
    const char *data = server->home.data;
    if (server->home.throwaway)
        return template_make(data, &server->user, opts->own_identity, false, server->log, err);
    /* A cluster gets its name when it is complete, so that a crash leaves no half of one. */
    char temporary[PATH_MAX + 8];
    snprintf(temporary, sizeof temporary, "%s.new", data);
    pl_code code = tree_remove(temporary, err);
    if (!code)
        code = server_folder_make(temporary, &server->user, err);
    if (!code)
        code = template_make(temporary, &server->user, opts->own_identity, !opts->no_fsync,
                             server->log, err);
    if (!code && rename(temporary, data) != 0)
        code = pl_error_errno(err, errno, "cannot make %s; it must be empty", data);
    return code;
}

static pl_code prepare(pl_test_postgres *server, const pl_test_postgres_opts *opts, pl_error *err) {
    char version[16];
    pl_code code = server_home_init(&server->home, opts->dir, &server->user, err);
    if (code)
        return code;
    snprintf(server->log, sizeof server->log, "%s/server.log", server->home.run);
    if (!read_line(server->home.data, "PG_VERSION", version, sizeof version))
        return make_data(server, opts, err);
    if (strcmp(version, POSTGRES_MAJOR) != 0)
        return pl_error_set(err, PL_FAILED_PRECONDITION,
                            "%s: data of PostgreSQL %s, but this is " POSTGRES_MAJOR
                            "; dump it with the old version or remove it",
                            server->home.data, version);
    return wait_for_predecessor(server->home.data, err);
}

pl_code pl_test_postgres_new(const pl_test_postgres_opts *opts, pl_test_postgres **out_server,
                             pl_error *err) {
    static const pl_test_postgres_opts standard = {.no_fsync = true};
    if (!opts)
        opts = &standard;
    server_user user;
    pl_code code = server_user_find("postgres", &user, err);
    if (code)
        return code;
    pl_test_postgres *server = calloc(1, sizeof *server);
    if (!server)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "no memory for a server");
    server->user = user;
    server->home.lock_fd = server->process.pidfd = -1;
    code = prepare(server, opts, err);
    if (code) {
        pl_test_postgres_free(server);
        return code;
    }
    set_command(server, opts);
    *out_server = server;
    return PL_OK;
}

const pl_test_command *pl_test_postgres_command(const pl_test_postgres *server) {
    return &server->command;
}

/* ---- running --------------------------------------------------------------------- */

pl_code pl_test_postgres_run(pl_test_postgres *server, pl_error *err) {
    if (server->process.pid)
        return pl_error_set(err, PL_FAILED_PRECONDITION, "PostgreSQL in %s runs already",
                            server->home.data);
    return server_process_start(&server->process, &server->command, server->log, err);
}

static pl_code open_admin(pl_test_postgres *server, pl_error *err) {
    if (server->admin)
        return PL_OK;
    pl_pg_opts opts = PL_PG_OPTS_INIT;
    opts.conninfo = pl_test_postgres_conninfo(server, "postgres", NULL);
    opts.name = "parley-servers";
    opts.max_connections = 1;
    opts.statement_timeout_ms = ADMIN_MS;
    return pl_pg_new(&opts, &server->admin, err);
}

pl_code pl_test_postgres_probe(pl_test_postgres *server, int64_t deadline_ns, pl_error *err) {
    pl_code code = open_admin(server, err);
    return code ? code : pl_pg_ping(server->admin, deadline_ns, err);
}

static pl_code ended(pl_test_postgres *server, pl_error *err) {
    char end[SERVER_LOG_END];
    server_log_end(server->log, end);
    return pl_error_set(err, PL_UNAVAILABLE, "PostgreSQL ended at its start: %s", end);
}

pl_code pl_test_postgres_ready(pl_test_postgres *server, int64_t deadline_ns, pl_error *err) {
    pl_error own = PL_ERROR_INIT;
    while (pl_test_postgres_probe(server, deadline_ns, &own) != PL_OK) {
        int timeout = pl_remaining_ms(deadline_ns);
        if (timeout == 0) {
            own.code = PL_DEADLINE_EXCEEDED;
            return pl_error_wrap(err, &own, "PostgreSQL is not ready");
        }
        /* Until it ends or the next look is due. */
        struct pollfd fd = {.fd = server->process.pidfd, .events = POLLIN};
        int n = poll(&fd, 1, timeout < RETRY_MS ? timeout : RETRY_MS);
        (void)n;
        if (server->process.pid && server_process_wait(&server->process, 0))
            return ended(server, err);
    }
    return PL_OK;
}

pl_code pl_test_postgres_start(const pl_test_postgres_opts *opts, pl_test_postgres **out_server,
                               pl_error *err) {
    pl_test_postgres *server;
    pl_code code = pl_test_postgres_new(opts, &server, err);
    if (code)
        return code;
    code = pl_test_postgres_run(server, err);
    if (!code)
        code = pl_test_postgres_ready(server, pl_deadline_ms(READY_MS), err);
    if (code)
        pl_test_postgres_free(server);
    else
        *out_server = server;
    return code;
}

pid_t pl_test_postgres_pid(const pl_test_postgres *server) {
    return server->process.pid;
}

void pl_test_postgres_signal(pl_test_postgres *server, int signo) {
    if (signo == SIGKILL)
        server_process_kill(&server->process);
    else
        server_process_signal(&server->process, signo);
}

void pl_test_postgres_stop(pl_test_postgres *server, int64_t deadline_ns) {
    server_process_stop(&server->process, server->command.stop_signal, deadline_ns);
}

void pl_test_postgres_free(pl_test_postgres *server) {
    if (!server)
        return;
    pl_pg_free(server->admin);
    bool throwaway = server->home.throwaway;
    server_process_stop(&server->process, throwaway ? SIGQUIT : SIGINT, pl_deadline_ms(STOP_MS));
    server_home_done(&server->home);
    free(server);
}

pl_code pl_test_postgres_erase(const char *dir, pl_error *err) {
    return server_data_erase(dir, err);
}

/* ---- what is in it --------------------------------------------------------------- */

const char *pl_test_postgres_conninfo(pl_test_postgres *server, const char *database,
                                      const char *user) {
    snprintf(server->conninfo, sizeof server->conninfo, "host=%s dbname=%s user=%s",
             server->home.run, database, user ? user : POSTGRES_SUPERUSER);
    return server->conninfo;
}

const char *pl_test_postgres_socket_dir(const pl_test_postgres *server) {
    return server->home.run;
}

const char *pl_test_postgres_data_dir(const pl_test_postgres *server) {
    return server->home.data;
}

/* The names go into statements that take no parameters, so nothing else may be in them. */
static pl_code check_name(const char *name, pl_error *err) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz_", more[] = "0123456789-";
    size_t n = strlen(name);
    bool ok = n >= 1 && n <= 63 && strchr(letters, name[0]) != NULL;
    for (size_t i = 0; ok && i < n; i++)
        ok = strchr(letters, name[i]) || strchr(more, name[i]);
    return ok ? PL_OK
              : pl_error_set(err, PL_INVALID_ARGUMENT,
                             "%.64s: a role or database is named [a-z_][a-z0-9_-]*, at most 63 "
                             "bytes",
                             name);
}

static pl_code statement(pl_test_postgres *server, pl_error *err, const char *format,
                         const char *first, const char *second) {
    char sql[512];
    snprintf(sql, sizeof sql, format, first, second);
    return pl_pg_once(server->admin, pl_deadline_ms(ADMIN_MS), sql, PL_PG_NO_ARGS, NULL, err);
}

/* Whether the query finds a row for NAME. */
static pl_code exists(pl_test_postgres *server, const char *sql, const char *name, bool *out_exists,
                      pl_error *err) {
    pl_code code = open_admin(server, err);
    pl_pg_rows *rows = NULL;
    if (!code)
        code = pl_pg_once(server->admin, pl_deadline_ms(ADMIN_MS), sql,
                          PL_PG_ARGS(pl_pg_cstr(name)), &rows, err);
    if (!code)
        *out_exists = pl_pg_count(rows) > 0;
    pl_pg_rows_free(rows);
    return code;
}

pl_code pl_test_postgres_role(pl_test_postgres *server, const char *role, pl_error *err) {
    bool there = false;
    pl_code code = check_name(role, err);
    if (!code)
        code = exists(server, "SELECT 1 FROM pg_roles WHERE rolname = $1", role, &there, err);
    if (!code && !there)
        code = statement(server, err, "CREATE ROLE \"%s\" LOGIN%s", role, "");
    return code;
}

pl_code pl_test_postgres_database(pl_test_postgres *server, const char *name, const char *owner,
                                  const char *data_role, pl_error *err) {
    bool there = false;
    if (!owner)
        owner = POSTGRES_SUPERUSER;
    pl_code code = check_name(name, err);
    if (!code)
        code = pl_test_postgres_role(server, owner, err);
    if (!code && data_role)
        code = pl_test_postgres_role(server, data_role, err);
    if (!code)
        code = exists(server, "SELECT 1 FROM pg_database WHERE datname = $1", name, &there, err);
    if (!code && !there)
        code = statement(server, err, "CREATE DATABASE \"%s\" OWNER \"%s\"", name, owner);
    if (!code)
        code = statement(server, err, "REVOKE CONNECT, TEMPORARY ON DATABASE \"%s\" FROM PUBLIC%s",
                         name, "");
    if (!code && data_role)
        code = statement(server, err, "GRANT CONNECT ON DATABASE \"%s\" TO \"%s\"", name,
                         data_role);
    return code;
}
