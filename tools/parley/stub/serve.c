/* Serving: contracts compiled, a gRPC server and the stub's own interface, until a signal. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/protos.h"
#include "stub/stub.h"

/* Milliseconds that calls in flight get at the end. */
enum { GRACE_MS = 1000 };
/* Threads where every answer waits. */
enum { LATENCY_WORKERS = 256 };

typedef struct serving {
    stub_line *line;
    contracts contracts;
    pl_loop *loop;
    pl_stub *stub;
    pl_server *server;
    stub_admin *admin;
    char grpc[STUB_ADDRESS_MAX], http[STUB_ADDRESS_MAX];
    bool interrupted;
} serving;

void stub_address_file(const workspace *space, char out[PATH_MAX]) {
    /* Systems have the other names in this folder. */
    (void)snprintf(out, PATH_MAX, "%s/.parley/.stub", space->root);
}

/* Best effort: without the file, --at says where the stub is. */
static void note_address(const serving *s) {
    char path[PATH_MAX], folder[PATH_MAX + 16];

    (void)snprintf(folder, sizeof folder, "%s/.parley", s->contracts.space.root);
    (void)mkdir(folder, 0777);
    stub_address_file(&s->contracts.space, path);
    FILE *file = fopen(path, "we");
    if (!file)
        return;
    (void)fprintf(file, "%s\n", s->http);
    (void)fclose(file);
}

/* Another stub may have been started since. */
static void forget_address(const serving *s) {
    char path[PATH_MAX], text[STUB_ADDRESS_MAX] = "";

    stub_address_file(&s->contracts.space, path);
    FILE *file = fopen(path, "re");
    if (!file)
        return;
    if (fgets(text, sizeof text, file))
        text[strcspn(text, "\n")] = '\0';
    (void)fclose(file);
    if (strcmp(text, s->http) == 0)
        (void)unlink(path);
}

/* The contracts with the providers; a provider has a folder. */
static pl_code load(serving *s, pl_error *err) {
    char all[PATH_MAX], folder[PATH_MAX];
    pl_code code = contracts_init(&s->contracts, err);

    if (code == PL_OK)
        code = workspace_contracts(&s->contracts.space, all, err);
    for (size_t i = 0; code == PL_OK && i < s->line->word_count; i++) {
        int n = snprintf(folder, sizeof folder, "%s/%s", all, s->line->words[i]);
        if (n < 0 || (size_t)n >= sizeof folder || access(folder, F_OK) != 0)
            return pl_error_set(err, PL_NOT_FOUND, "%s: no contracts, there is no folder %s/%s",
                                s->line->words[i], all, s->line->words[i]);
        code = contracts_add(&s->contracts, folder, err);
    }
    return code == PL_OK ? contracts_compile(&s->contracts, err) : code;
}

/* ADDRESS with the port that was taken. */
static void actual(const char *address, int port, char out[STUB_ADDRESS_MAX]) {
    const char *colon = strrchr(address, ':');
    int host = colon ? (int)(colon - address) : (int)strlen(address);

    (void)snprintf(out, STUB_ADDRESS_MAX, "%.*s:%d", host, address, port);
}

static pl_code start(serving *s, pl_error *err) {
    pl_server_opts opts = PL_SERVER_OPTS_INIT;
    pl_tls_opts tls = {.cert_file = s->line->tls_cert, .key_file = s->line->tls_key};
    uint16_t port = 0;
    pl_code code;

    opts.listen = s->line->listen;
    opts.domain = "parley";
    opts.reflection = true;
    opts.tls = s->line->tls_cert ? &tls : NULL;
    opts.workers = s->line->opts.latency_ms ? LATENCY_WORKERS : 0;
    code = pl_stub_new(s->contracts.set, s->line->words, s->line->word_count, &s->line->opts,
                       &s->stub, err);
    if (code == PL_OK)
        code = pl_server_new(&opts, &s->server, err);
    if (code == PL_OK)
        code = pl_stub_bind(s->stub, s->server, err);
    if (code == PL_OK)
        code = pl_server_start(s->server, err);
    if (code == PL_OK)
        code = stub_admin_new(s->loop, s->stub, s->line->http, &s->admin, &port, err);
    if (code != PL_OK)
        return code;
    actual(s->line->listen, pl_server_port(s->server), s->grpc);
    actual(s->line->http, port, s->http);
    pl_server_set_serving(s->server, NULL, true);
    return PL_OK;
}

static void say_ready(const serving *s) {
    const char *format =
        s->line->args.json ? "{\"ready\":true,\"grpc\":\"%s\",\"http\":\"%s\",\"contracts\":%zu}\n"
                           : "ready grpc=%s http=%s contracts=%zu\n";

    (void)printf(format, s->grpc, s->http, pl_stub_contract_count(s->stub));
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
    if (code == PL_OK)
        code = start(s, err);
    if (code != PL_OK)
        return code;
    note_address(s);
    say_ready(s);
    code = pl_loop_run(s->loop, err);
    forget_address(s);
    (void)pl_server_drain(s->server, GRACE_MS);
    return code;
}

static void done(serving *s) {
    stub_admin_free(s->admin);
    pl_server_free(s->server);
    pl_stub_free(s->stub);
    pl_loop_free(s->loop);
    contracts_done(&s->contracts);
}

int stub_serve(stub_line *line) {
    static serving s;
    pl_error err = PL_ERROR_INIT;
    int exit_code = TOOL_EXIT_OK;

    s.line = line;
    pl_code code = load(&s, &err);
    if (code == PL_OK && pl_findings_errors(s.contracts.findings))
        exit_code = contracts_report(&s.contracts, &line->args);
    else if (code == PL_OK)
        code = run(&s, &err);
    if (code != PL_OK) {
        (void)fprintf(stderr, "parley stub: %s\n", err.message);
        exit_code = TOOL_EXIT_FAILED;
    }
    if (s.interrupted)
        exit_code = TOOL_EXIT_INTERRUPTED;
    done(&s);
    return exit_code;
}
