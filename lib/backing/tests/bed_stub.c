#include "bed_stub.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parley/contract/bundle.h"
#include "parley/rpc/server.h"
#include "parley/stub/stub.h"

enum { PIECE_SIZE = 65536, TARGET_SIZE = 32, TEXT_MAX = 1 << 20, TIMEOUT_MS = 10000 };

struct bed_stub {
    pl_contract_set *set;
    pl_stub *stub;
    pl_server *server;
    pl_channel *channel;
    pl_call *call;
};

static pl_code read_bundle(const char *path, pl_contract_set **out_set, pl_error *err) {
    char piece[PIECE_SIZE];
    pl_buf bytes = pl_buf_make(PL_BUNDLE_MAX);
    FILE *file = fopen(path, "rb");

    if (!file)
        return pl_error_set(err, PL_NOT_FOUND, "%s cannot be read", path);
    for (size_t got; (got = fread(piece, 1, sizeof piece, file)) > 0;)
        (void)pl_buf_append(&bytes, piece, got);
    (void)fclose(file);
    pl_code code = pl_bundle_read(pl_buf_view(&bytes), out_set, err);
    pl_buf_done(&bytes);
    return code;
}

static pl_code serve(bed_stub *s, const char *provider, const char *consumer, pl_error *err) {
    pl_stub_opts opts = PL_STUB_OPTS_INIT;
    pl_server_opts server = PL_SERVER_OPTS_INIT;

    opts.consumer = consumer;
    pl_code code = pl_stub_new(s->set, &provider, 1, &opts, &s->stub, err);
    if (code == PL_OK)
        code = pl_server_new(&server, &s->server, err);
    if (code == PL_OK)
        code = pl_stub_bind(s->stub, s->server, err);
    return code == PL_OK ? pl_server_start(s->server, err) : code;
}

static pl_code connect_to(bed_stub *s, const char *name, pl_error *err) {
    char target[TARGET_SIZE];
    pl_channel_opts channel = PL_CHANNEL_OPTS_INIT;
    pl_call_opts call = PL_CALL_OPTS_INIT;

    (void)snprintf(target, sizeof target, "127.0.0.1:%d", pl_server_port(s->server));
    channel.name = name;
    channel.target = target;
    call.timeout_ms = TIMEOUT_MS;
    pl_code code = pl_channel_new(&channel, &s->channel, err);
    return code == PL_OK ? pl_call_new(&call, &s->call, err) : code;
}

bed_stub *bed_stub_new(const char *bundles, const char *provider, const char *consumer) {
    char path[PATH_MAX];
    pl_error err = PL_ERROR_INIT;
    bed_stub *s = calloc(1, sizeof *s);

    assert_non_null(s);
    (void)snprintf(path, sizeof path, "%s/%s.stub", bundles, provider);
    pl_code code = read_bundle(path, &s->set, &err);
    if (code == PL_OK)
        code = serve(s, provider, consumer, &err);
    if (code == PL_OK)
        code = connect_to(s, provider, &err);
    if (code != PL_OK) {
        bed_stub_free(s);
        fail_msg("a stub of %s: %s", provider, err.message);
    }
    return s;
}

void bed_stub_free(bed_stub *s) {
    if (!s)
        return;
    pl_call_free(s->call);
    pl_channel_free(s->channel);
    pl_server_free(s->server);
    pl_stub_free(s->stub);
    pl_contract_set_free(s->set);
    free(s);
}

pl_channel *bed_stub_channel(const bed_stub *s) {
    return s->channel;
}

pl_call *bed_stub_call(const bed_stub *s) {
    return s->call;
}

void bed_stub_reached(bed_stub *s) {
    pl_buf unused = pl_buf_make(TEXT_MAX);

    assert_true(pl_stub_unused(s->stub, &unused));
    bool reached = pl_str_eqc(pl_buf_view(&unused), "{\"unused\":[]}");
    if (!reached)
        print_error("not reached: %s\n", unused.p);
    pl_buf_done(&unused);
    assert_true(reached);
}
