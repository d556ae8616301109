/* Serving: contracts compiled, a gRPC server and the stub's own interface, until a signal. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/bundles.h"
#include "common/protos.h"
#include "parley/stub/events.h"
#include "stub/provider.h"

/* Milliseconds that calls in flight get at the end. */
enum { GRACE_MS = 1000 };
/* Threads where every answer waits. */
enum { LATENCY_WORKERS = 256 };

typedef struct serving {
    stub_line *line;
    pl_loop *loop;
    pl_server *server;
    stub_provider *bound; /* the server knows its stub */
    stub_provider *now;   /* answers; the same, or what has taken its place */
    stub_provider *older; /* that may still be answering */
    stub_admin *admin;
    stub_watch *watch;
    char grpc[STUB_ADDRESS_MAX], http[STUB_ADDRESS_MAX];
    bool interrupted;
    bool lost; /* it could not begin anew */
} serving;

void stub_address_file(const workspace *space, char out[PATH_MAX]) {
    /* Systems have the other names in this folder. */
    (void)snprintf(out, PATH_MAX, "%s/.parley/.stub", space->root);
}

/* Best effort: without the file, --at says where the stub is. */
static void note_address(const serving *s) {
    char path[PATH_MAX];

    if (!s->now->contracts.space.root[0])
        return; /* of a bundle */
    if (workspace_make_state(&s->now->contracts.space, NULL) != PL_OK)
        return;
    stub_address_file(&s->now->contracts.space, path);
    FILE *file = fopen(path, "we");
    if (!file)
        return;
    (void)fprintf(file, "%s\n", s->http);
    (void)fclose(file);
}

/* Another stub may have been started since. */
static void forget_address(const serving *s) {
    char path[PATH_MAX], text[STUB_ADDRESS_MAX] = "";

    if (!s->now->contracts.space.root[0])
        return;
    stub_address_file(&s->now->contracts.space, path);
    FILE *file = fopen(path, "re");
    if (!file)
        return;
    if (fgets(text, sizeof text, file))
        text[strcspn(text, "\n")] = '\0';
    (void)fclose(file);
    if (strcmp(text, s->http) == 0)
        (void)unlink(path);
}

/* ADDRESS with the port that was taken. */
static void actual(const char *address, int port, char out[STUB_ADDRESS_MAX]) {
    const char *colon = strrchr(address, ':');
    int host = colon ? (int)(colon - address) : (int)strlen(address);

    (void)snprintf(out, STUB_ADDRESS_MAX, "%.*s:%d", host, address, port);
}

/* A server for ADDRESS that knows the stub of P, and does not listen yet. */
static pl_code make_server(const serving *s, stub_provider *p, const char *address,
                           pl_server **out_server, pl_error *err) {
    const stub_line *line = s->line;
    pl_server_opts opts = PL_SERVER_OPTS_INIT;
    pl_tls_opts tls = {.cert_file = line->tls_cert, .key_file = line->tls_key};
    pl_server *server = NULL;

    opts.listen = address;
    opts.domain = PL_STUB_DOMAIN;
    opts.reflection = true;
    opts.tls = line->tls_cert ? &tls : NULL;
    opts.workers = line->opts.latency_ms ? LATENCY_WORKERS : 0;
    pl_code code = pl_server_new(&opts, &server, err);
    if (code == PL_OK && line->opts.events)
        code = pl_server_add(server, pl_stub_events_binding(line->opts.events), err);
    if (code == PL_OK)
        code = pl_stub_bind(p->stub, server, err);
    if (code == PL_OK)
        *out_server = server;
    else
        pl_server_free(server);
    return code;
}

static pl_code listen_on(serving *s, pl_error *err) {
    pl_code code = pl_server_start(s->server, err);

    if (code == PL_OK)
        pl_server_set_serving(s->server, NULL, true);
    return code;
}

static pl_code start(serving *s, pl_error *err) {
    uint16_t port = 0;
    pl_code code = stub_provider_make(s->now, s->line, err);

    if (code == PL_OK)
        code = make_server(s, s->now, s->line->listen, &s->server, err);
    if (code == PL_OK)
        code = listen_on(s, err);
    if (code == PL_OK)
        code = stub_admin_new(s->loop, s->now->stub, s->line, &s->admin, &port, err);
    if (code != PL_OK)
        return code;
    s->bound = s->now;
    actual(s->line->listen, pl_server_port(s->server), s->grpc);
    actual(s->line->http, port, s->http);
    return PL_OK;
}

/* ---- beginning anew -------------------------------------------------------------------------- */

/* Frees what answers nobody any more. */
static void sweep(serving *s) {
    for (stub_provider **at = &s->older; *at;) {
        stub_provider *p = *at;
        if (pl_stub_calls(p->stub)) {
            at = &p->older;
            continue;
        }
        *at = p->older;
        stub_provider_free(p);
    }
}

static void put_away(serving *s, stub_provider *p) {
    p->older = s->older;
    s->older = p;
}

/* NEXT answers from now on, on the same connections. */
static pl_code turn(serving *s, stub_provider *next, pl_error *err) {
    pl_code code = pl_stub_turn(s->bound->stub, next->stub, err);

    if (code != PL_OK)
        return code;
    stub_admin_turn(s->admin, next->stub);
    if (s->now != s->bound)
        put_away(s, s->now);
    s->now = next;
    sweep(s);
    return PL_OK;
}

/* The protos have changed: another server at the same address; callers connect again. */
static pl_code replace(serving *s, stub_provider *next, pl_error *err) {
    pl_server *server = NULL;
    pl_code code = make_server(s, next, s->grpc, &server, err);

    if (code != PL_OK)
        return code;
    (void)pl_server_drain(s->server, GRACE_MS);
    pl_server_free(s->server);
    stub_admin_turn(s->admin, next->stub);
    put_away(s, s->now);
    if (s->bound != s->now)
        put_away(s, s->bound);
    sweep(s);
    s->server = server;
    s->bound = s->now = next;
    code = listen_on(s, err);
    s->lost = code != PL_OK;
    return code;
}

static pl_code take(serving *s, stub_provider *next, pl_error *err) {
    pl_code code = stub_provider_make(next, s->line, err);

    if (code == PL_OK)
        code = turn(s, next, err);
    return code == PL_FAILED_PRECONDITION ? replace(s, next, err) : code;
}

/* Watches the folders of P's contracts and of the workspace's protos. */
static pl_code watch(const serving *s, const stub_provider *p, pl_error *err) {
    const contracts *c = &p->contracts;
    pl_code code = PL_OK;

    for (size_t i = 0; code == PL_OK && i < c->provider_count; i++)
        code = stub_watch_add(s->watch, c->folders[i], err);
    for (size_t i = 0; code == PL_OK && i < pl_pool_file_count(c->pool); i++) {
        char path[PATH_MAX], folder[2 * PATH_MAX];
        if (!protos_path(&c->space, pl_pool_file_at(c->pool, i)->name, path))
            continue;
        (void)snprintf(folder, sizeof folder, "%s%s%s", *path == '/' ? "" : c->space.root,
                       *path == '/' ? "" : "/", path);
        *strrchr(folder, '/') = '\0';
        code = stub_watch_add(s->watch, folder, err);
    }
    return code;
}

/* A contract or a proto has changed. Where something is wrong now, it is said, and the stub goes on
 * as it was.
 */
static void reload(void *self) {
    serving *s = self;
    stub_provider *next = NULL;
    pl_error err = PL_ERROR_INIT;
    pl_code code = stub_provider_load(s->line, &next, &err);
    bool wrong = code == PL_OK && pl_findings_errors(next->contracts.findings);

    if (wrong) {
        (void)contracts_report(&next->contracts, &s->line->args);
        (void)fflush(stdout);
    } else if (code == PL_OK) {
        code = take(s, next, &err);
    }
    if (code != PL_OK)
        (void)fprintf(stderr, "parley stub: %s\n", err.message);
    if (!s->lost && (wrong || code != PL_OK))
        (void)fprintf(stderr, "parley stub: goes on with the contracts from before\n");
    else if (!s->lost && !s->line->args.quiet)
        (void)fprintf(stderr, "contracts=%zu\n", pl_stub_contract_count(s->now->stub));
    if (s->now != next)
        stub_provider_free(next);
    else if (watch(s, next, &err) != PL_OK)
        (void)fprintf(stderr, "parley stub: %s\n", err.message);
    if (s->lost)
        pl_loop_stop(s->loop);
}

/* ---- life ------------------------------------------------------------------------------------ */

static void say_ready(const serving *s) {
    size_t count = pl_stub_contract_count(s->now->stub);
    size_t silent = pl_stub_silent_count(s->now->stub);

    if (silent && !s->line->args.quiet)
        (void)fprintf(stderr,
                      "parley stub: %zu %s about events left out; --redis URL says where to "
                      "publish\n",
                      silent, silent == 1 ? "contract" : "contracts");
    if (s->line->args.json)
        (void)printf("{\"ready\":true,\"grpc\":\"%s\",\"http\":\"%s\",\"contracts\":%zu,"
                     "\"left_out\":%zu}\n",
                     s->grpc, s->http, count, silent);
    else
        (void)printf("ready grpc=%s http=%s contracts=%zu\n", s->grpc, s->http, count);
    (void)fflush(stdout);
}

static void on_signal(void *self, int signo) {
    serving *s = self;

    s->interrupted = signo == SIGINT;
    pl_loop_stop(s->loop);
}

static pl_code run(serving *s, pl_error *err) {
    /* Before the server's threads start: they inherit the mask. */
    pl_code code = pl_loop_new(&s->loop, err);

    if (code == PL_OK)
        code = pl_loop_on_signal(s->loop, SIGINT, on_signal, s, err);
    if (code == PL_OK)
        code = pl_loop_on_signal(s->loop, SIGTERM, on_signal, s, err);
    if (code == PL_OK && s->line->redis)
        code = pl_stub_events_new(s->line->redis, &s->line->opts.events, err);
    if (code == PL_OK)
        code = start(s, err);
    if (code == PL_OK && s->line->watch)
        code = stub_watch_new(s->loop, reload, s, &s->watch, err);
    if (code == PL_OK && s->line->watch)
        code = watch(s, s->now, err);
    if (code != PL_OK)
        return code;
    note_address(s);
    say_ready(s);
    code = pl_loop_run(s->loop, err);
    forget_address(s);
    (void)pl_server_drain(s->server, GRACE_MS);
    return code;
}

static pl_code save(const serving *s, pl_error *err) {
    const pl_contract_set *set = s->now->contracts.set;
    pl_code code = bundles_save(set, s->line->bundle, err);

    if (code == PL_OK && s->line->args.json)
        (void)printf("{\"contracts\":%zu}\n", pl_contract_set_count(set));
    else if (code == PL_OK && !s->line->args.quiet)
        (void)fprintf(stderr, "%s: %zu contracts\n", s->line->bundle, pl_contract_set_count(set));
    return code;
}

static void done(serving *s) {
    stub_watch_free(s->watch);
    stub_admin_free(s->admin);
    pl_server_free(s->server);
    sweep(s);
    if (s->now != s->bound)
        stub_provider_free(s->bound);
    stub_provider_free(s->now);
    pl_stub_events_free(s->line->opts.events);
    pl_loop_free(s->loop);
}

int stub_serve(stub_line *line) {
    static serving s;
    pl_error err = PL_ERROR_INIT;
    int exit_code = TOOL_EXIT_OK;

    s.line = line;
    pl_code code = stub_provider_load(line, &s.now, &err);
    if (code == PL_OK && pl_findings_errors(s.now->contracts.findings))
        exit_code = contracts_report(&s.now->contracts, &line->args);
    else if (code == PL_OK && line->bundle)
        code = save(&s, &err);
    else if (code == PL_OK)
        code = run(&s, &err);
    if (code != PL_OK)
        exit_code = stub_failed(line, NULL, &err);
    /* Nobody has contracts with this provider, or this consumer has none. */
    if (code == PL_NOT_FOUND && !bundles_is_one(line->words[0]))
        exit_code = TOOL_EXIT_USAGE;
    if (s.lost)
        exit_code = TOOL_EXIT_FAILED;
    if (s.interrupted)
        exit_code = TOOL_EXIT_INTERRUPTED;
    done(&s);
    return exit_code;
}
