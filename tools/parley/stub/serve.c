/* Serving: contracts compiled, a gRPC server and the stub's own interface, until a signal. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/bundles.h"
#include "parley/stub/events.h"
#include "stub/stub.h"

/* Milliseconds that calls in flight get at the end. */
enum { GRACE_MS = 1000 };
/* Threads where every answer waits. */
enum { LATENCY_WORKERS = 256 };

/* A stub and what it answers from. */
typedef struct provider {
    contracts contracts;
    pl_stub *stub;
    pl_server *server;
} provider;

typedef struct serving {
    stub_line *line;
    pl_loop *loop;
    provider now;
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
    char path[PATH_MAX], folder[PATH_MAX + 16];

    if (!s->now.contracts.space.root[0])
        return; /* of a bundle */
    (void)snprintf(folder, sizeof folder, "%s/.parley", s->now.contracts.space.root);
    (void)mkdir(folder, 0777);
    stub_address_file(&s->now.contracts.space, path);
    FILE *file = fopen(path, "we");
    if (!file)
        return;
    (void)fprintf(file, "%s\n", s->http);
    (void)fclose(file);
}

/* Another stub may have been started since. */
static void forget_address(const serving *s) {
    char path[PATH_MAX], text[STUB_ADDRESS_MAX] = "";

    if (!s->now.contracts.space.root[0])
        return;
    stub_address_file(&s->now.contracts.space, path);
    FILE *file = fopen(path, "re");
    if (!file)
        return;
    if (fgets(text, sizeof text, file))
        text[strcspn(text, "\n")] = '\0';
    (void)fclose(file);
    if (strcmp(text, s->http) == 0)
        (void)unlink(path);
}

/* The contracts with the providers; what is wrong with them is in their findings. */
static pl_code load(const serving *s, provider *p, pl_error *err) {
    return contracts_open_soon(&p->contracts, s->line->words, s->line->word_count, err);
}

/* ADDRESS with the port that was taken. */
static void actual(const char *address, int port, char out[STUB_ADDRESS_MAX]) {
    const char *colon = strrchr(address, ':');
    int host = colon ? (int)(colon - address) : (int)strlen(address);

    (void)snprintf(out, STUB_ADDRESS_MAX, "%.*s:%d", host, address, port);
}

/* A server of P's contracts for ADDRESS, which does not listen yet. */
static pl_code prepare(const serving *s, provider *p, const char *address, pl_error *err) {
    const stub_line *line = s->line;
    pl_server_opts opts = PL_SERVER_OPTS_INIT;
    pl_tls_opts tls = {.cert_file = line->tls_cert, .key_file = line->tls_key};

    opts.listen = address;
    opts.domain = "parley";
    opts.reflection = true;
    opts.tls = line->tls_cert ? &tls : NULL;
    opts.workers = line->opts.latency_ms ? LATENCY_WORKERS : 0;
    pl_code code = pl_stub_new(p->contracts.set, p->contracts.providers,
                               p->contracts.provider_count, &line->opts, &p->stub, err);
    if (code == PL_OK)
        code = pl_server_new(&opts, &p->server, err);
    if (code == PL_OK && line->opts.events)
        code = pl_server_add(p->server, pl_stub_events_binding(line->opts.events), err);
    return code == PL_OK ? pl_stub_bind(p->stub, p->server, err) : code;
}

static void provider_done(provider *p) {
    pl_server_free(p->server);
    pl_stub_free(p->stub);
    contracts_done(&p->contracts);
    memset(p, 0, sizeof *p);
}

static pl_code start(serving *s, pl_error *err) {
    uint16_t port = 0;
    pl_code code = prepare(s, &s->now, s->line->listen, err);

    if (code == PL_OK)
        code = pl_server_start(s->now.server, err);
    if (code == PL_OK)
        code = stub_admin_new(s->loop, s->now.stub, s->line, &s->admin, &port, err);
    if (code != PL_OK)
        return code;
    actual(s->line->listen, pl_server_port(s->now.server), s->grpc);
    actual(s->line->http, port, s->http);
    pl_server_set_serving(s->now.server, NULL, true);
    return PL_OK;
}

/* NEXT takes the place of what is served. */
static pl_code replace(serving *s, provider *next, pl_error *err) {
    (void)pl_server_drain(s->now.server, GRACE_MS);
    stub_admin_turn(s->admin, next->stub);
    provider_done(&s->now);
    s->now = *next;
    memset(next, 0, sizeof *next);
    pl_code code = pl_server_start(s->now.server, err);
    if (code == PL_OK)
        pl_server_set_serving(s->now.server, NULL, true);
    return code;
}

/* A contract has changed. Where something is wrong now, it is said, and the stub goes on as it was.
 */
static void reload(void *self) {
    serving *s = self;
    provider next;
    pl_error err = PL_ERROR_INIT;

    memset(&next, 0, sizeof next);
    pl_code code = load(s, &next, &err);
    bool wrong = code == PL_OK && pl_findings_errors(next.contracts.findings);
    if (wrong) {
        (void)contracts_report(&next.contracts, &s->line->args);
        (void)fflush(stdout);
    } else if (code == PL_OK) {
        code = prepare(s, &next, s->grpc, &err);
    }
    if (code == PL_OK && !wrong) {
        code = replace(s, &next, &err);
        s->lost = code != PL_OK;
    }
    if (code != PL_OK)
        (void)fprintf(stderr, "parley stub: %s\n", err.message);
    else if (!wrong && !s->line->args.quiet)
        (void)fprintf(stderr, "contracts=%zu\n", pl_stub_contract_count(s->now.stub));
    provider_done(&next);
    if (s->lost)
        pl_loop_stop(s->loop);
}

static void say_ready(const serving *s) {
    const char *format =
        s->line->args.json ? "{\"ready\":true,\"grpc\":\"%s\",\"http\":\"%s\",\"contracts\":%zu}\n"
                           : "ready grpc=%s http=%s contracts=%zu\n";

    (void)printf(format, s->grpc, s->http, pl_stub_contract_count(s->now.stub));
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
        code = stub_watch_new(s->loop, s->now.contracts.folders, s->now.contracts.provider_count,
                              reload, s, &s->watch, err);
    if (code != PL_OK)
        return code;
    note_address(s);
    say_ready(s);
    code = pl_loop_run(s->loop, err);
    forget_address(s);
    (void)pl_server_drain(s->now.server, GRACE_MS);
    return code;
}

static pl_code save(const serving *s, pl_error *err) {
    const pl_contract_set *set = s->now.contracts.set;
    pl_code code = bundles_save(set, s->line->bundle, err);

    if (code == PL_OK && !s->line->args.quiet)
        (void)fprintf(stderr, "%s: %zu contracts\n", s->line->bundle, pl_contract_set_count(set));
    return code;
}

static void done(serving *s) {
    stub_watch_free(s->watch);
    stub_admin_free(s->admin);
    provider_done(&s->now);
    pl_stub_events_free(s->line->opts.events);
    pl_loop_free(s->loop);
}

int stub_serve(stub_line *line) {
    static serving s;
    pl_error err = PL_ERROR_INIT;
    int exit_code = TOOL_EXIT_OK;

    s.line = line;
    pl_code code = load(&s, &s.now, &err);
    if (code == PL_OK && pl_findings_errors(s.now.contracts.findings))
        exit_code = contracts_report(&s.now.contracts, &line->args);
    else if (code == PL_OK && line->bundle)
        code = save(&s, &err);
    else if (code == PL_OK)
        code = run(&s, &err);
    if (code != PL_OK)
        (void)fprintf(stderr, "parley stub: %s\n", err.message);
    if (code != PL_OK || s.lost)
        exit_code = TOOL_EXIT_FAILED;
    if (s.interrupted)
        exit_code = TOOL_EXIT_INTERRUPTED;
    done(&s);
    return exit_code;
}
