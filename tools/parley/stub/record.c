/* parley stub --record: passes calls on to a real server, and writes a contract file of them. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "call/reflect.h"
#include "common/protos.h"
#include "common/whole_file.h"
#include "parley/base/clock.h"
#include "parley/contract/format.h"
#include "stub/record.h"

/* Milliseconds that calls in flight get at the end, between looks whether something is to be
 * written, and for the questions of reflection. */
enum { GRACE_MS = 1000, WRITE_MS = 200, REFLECTION_MS = 5000 };
/* Calls that wait for the real server at once. */
enum { WORKERS = 64 };

typedef struct recording {
    const stub_line *line;
    const char *provider;
    char consumer[256];
    pl_loop *loop;
    pl_timer timer;
    pl_pool *pool;
    pl_channel *channel;
    pl_server *server;
    record_seen *seen;
    record_proxy *proxy;
    size_t count;
    bool interrupted;
    pl_error lost; /* the file cannot be written */
} recording;

/* ---- descriptors ----------------------------------------------------------------------------- */

static bool has_package(const pl_pool *pool, const char *package) {
    for (size_t i = 0; pool && i < pl_pool_file_count(pool); i++) {
        const pl_file *file = pl_pool_file_at(pool, i);
        if (file->service_count && pl_str_eqc(file->package, package))
            return true;
    }
    return false;
}

/* The workspace's protos, where they have the provider. */
static bool load_protos(recording *r) {
    pl_findings *findings = pl_findings_new();
    workspace space;
    bool found = findings && workspace_find(&space, NULL) == PL_OK &&
                 protos_load(&space, findings, &r->pool, NULL) == PL_OK &&
                 has_package(r->pool, r->provider);

    pl_findings_free(findings);
    if (!found) {
        pl_pool_free(r->pool);
        r->pool = NULL;
    }
    return found;
}

/* What the server says of itself. */
static pl_code load_reflection(recording *r, pl_error *err) {
    static reflection asked;
    pl_str prefix = pl_str_c(r->provider);

    reflection_init(&asked, r->channel, pl_deadline_ms(REFLECTION_MS));
    pl_code code = reflection_list(&asked, err);
    for (size_t i = 0; code == PL_OK && i < asked.service_count; i++) {
        pl_str name = pl_str_c(asked.services[i]);
        if (!pl_str_starts(name, prefix) || name.p[prefix.n] != '.')
            continue;
        /* Each pool has the files of those before, too. */
        pl_pool_free(r->pool);
        r->pool = NULL;
        code = reflection_load(&asked, asked.services[i], &r->pool, err);
    }
    reflection_done(&asked);
    if (code != PL_OK)
        return pl_error_wrap(err, err, "%s is in no proto of this workspace, and %s", r->provider,
                             r->line->record);
    return has_package(r->pool, r->provider)
               ? PL_OK
               : pl_error_set(err, PL_NOT_FOUND, "neither the workspace nor %s has a service of %s",
                              r->line->record, r->provider);
}

/* ---- the file -------------------------------------------------------------------------------- */

/* A file without contracts would be none. */
static pl_code write_file(recording *r, pl_error *err) {
    pl_buf text = pl_buf_make(RECORD_FILE_MAX), laid_out = pl_buf_make(RECORD_FILE_MAX);

    r->count = record_seen_put(r->seen, &text);
    /* Where YAML is too much for the layout, it is written as it is. */
    bool neat = pl_contract_format(pl_buf_view(&text), r->line->out, &laid_out, NULL) == PL_OK;
    pl_code code = text.failed ? pl_error_set(err, PL_RESOURCE_EXHAUSTED, "%s: more than %u MiB",
                                              r->line->out, RECORD_FILE_MAX >> 20)
                   : r->count
                       ? whole_file_write(r->line->out, pl_buf_view(neat ? &laid_out : &text), err)
                       : PL_OK;
    pl_buf_done(&laid_out);
    pl_buf_done(&text);
    return code;
}

static void on_timer(void *self) {
    recording *r = self;

    if (record_seen_changed(r->seen) && write_file(r, &r->lost) != PL_OK) {
        pl_loop_stop(r->loop);
        return;
    }
    pl_timer_start(r->loop, &r->timer, pl_deadline_ms(WRITE_MS), on_timer, r);
}

/* ---- serving --------------------------------------------------------------------------------- */

static void on_signal(void *self, int signo) {
    recording *r = self;

    r->interrupted = signo == SIGINT;
    pl_loop_stop(r->loop);
}

static pl_code connect_target(recording *r, pl_error *err) {
    pl_channel_opts opts = PL_CHANNEL_OPTS_INIT;
    /* The own certificate is one, whoever asks for it. */
    pl_tls_opts tls = {.cert_file = r->line->tls_cert,
                       .key_file = r->line->tls_key,
                       .ca_file = r->line->tls_ca,
                       .server_name = r->line->server_name};

    opts.target = r->line->record;
    opts.tls = r->line->tls_ca ? &tls : NULL;
    opts.attempts = 1;
    opts.no_breaker = true;
    opts.bulkhead = 4 * WORKERS;
    return pl_channel_new(&opts, &r->channel, err);
}

static bool holds_something(const char *path) {
    struct stat info;

    return stat(path, &info) == 0 && S_ISREG(info.st_mode) && info.st_size > 0;
}

static pl_code start(recording *r, pl_error *err) {
    pl_server_opts opts = PL_SERVER_OPTS_INIT;
    pl_tls_opts tls = {.cert_file = r->line->tls_cert, .key_file = r->line->tls_key};

    opts.listen = r->line->listen;
    opts.reflection = true;
    opts.workers = WORKERS;
    opts.tls = r->line->tls_cert ? &tls : NULL;
    pl_code code = pl_server_new(&opts, &r->server, err);
    if (code == PL_OK)
        code = record_proxy_new(r->pool, r->provider, r->server, r->channel, r->seen, &r->proxy,
                                err);
    if (code == PL_OK && holds_something(r->line->out))
        code = pl_error_set(err, PL_ALREADY_EXISTS,
                            "%s is there already, and its contracts would be lost: name another "
                            "file with --out, or remove it",
                            r->line->out);
    if (code == PL_OK)
        code = whole_file_folders(r->line->out, err);
    if (code == PL_OK)
        code = whole_file_try(r->line->out, err);
    if (code == PL_OK)
        code = pl_server_start(r->server, err);
    if (code == PL_OK)
        pl_server_set_serving(r->server, NULL, true);
    return code;
}

static void say_ready(const recording *r) {
    const char *colon = strrchr(r->line->listen, ':');
    int host = colon ? (int)(colon - r->line->listen) : (int)strlen(r->line->listen);

    (void)printf(r->line->args.json ? "{\"ready\":true,\"grpc\":\"%.*s:%d\",\"contracts\":0}\n"
                                    : "ready grpc=%.*s:%d contracts=0\n",
                 host, r->line->listen, pl_server_port(r->server));
    (void)fflush(stdout);
}

static pl_code run(recording *r, pl_error *err) {
    /* Before the server's threads start: they inherit the mask. */
    pl_code code = pl_loop_new(&r->loop, err);

    if (code == PL_OK)
        code = pl_loop_on_signal(r->loop, SIGINT, on_signal, r, err);
    if (code == PL_OK)
        code = pl_loop_on_signal(r->loop, SIGTERM, on_signal, r, err);
    if (code == PL_OK)
        code = connect_target(r, err);
    if (code == PL_OK && !load_protos(r))
        code = load_reflection(r, err);
    if (code == PL_OK)
        code = start(r, err);
    if (code != PL_OK)
        return code;
    say_ready(r);
    pl_timer_start(r->loop, &r->timer, pl_deadline_ms(WRITE_MS), on_timer, r);
    code = pl_loop_run(r->loop, err);
    pl_timer_stop(&r->timer);
    (void)pl_server_drain(r->server, GRACE_MS);
    if (code == PL_OK && r->lost.code != PL_OK) {
        *err = r->lost;
        return r->lost.code;
    }
    return code == PL_OK ? write_file(r, err) : code;
}

static void done(recording *r) {
    pl_server_free(r->server);
    record_proxy_free(r->proxy);
    pl_channel_free(r->channel);
    record_seen_free(r->seen);
    pl_pool_free(r->pool);
    pl_loop_free(r->loop);
}

/* --consumer, or the file's name without its ending. */
static void name_consumer(recording *r) {
    const char *slash = strrchr(r->line->out, '/');
    const char *name = slash ? slash + 1 : r->line->out;
    const char *dot = strrchr(name, '.');

    if (r->line->opts.consumer)
        (void)snprintf(r->consumer, sizeof r->consumer, "%s", r->line->opts.consumer);
    else
        (void)snprintf(r->consumer, sizeof r->consumer, "%.*s",
                       dot ? (int)(dot - name) : (int)strlen(name), name);
}

int stub_record(stub_line *line) {
    static recording r;
    pl_error err = PL_ERROR_INIT;

    r.line = line;
    r.provider = line->words[0];
    name_consumer(&r);
    r.seen = record_seen_new(r.consumer, r.provider);
    pl_code code = r.seen ? run(&r, &err) : pl_error_set(&err, PL_RESOURCE_EXHAUSTED, "no memory");
    done(&r);
    if (code != PL_OK)
        return stub_failed(line, NULL, &err);
    if (!line->args.quiet)
        (void)fprintf(stderr, "%s: %zu contracts\n", line->out, r.count);
    return r.interrupted ? TOOL_EXIT_INTERRUPTED : TOOL_EXIT_OK;
}
