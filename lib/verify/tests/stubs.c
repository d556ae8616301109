#include "parley/verify/stubs.h"

#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parley/contract/bundle.h"
#include "parley/rpc/server.h"
#include "parley/stub/events.h"
#include "parley/stub/stub.h"

enum { READ_STEP = 65536, ADDRESS_SIZE = 32, UNUSED_MAX = 1 << 20 };

struct pl_contract_stub {
    char address[ADDRESS_SIZE];
    pl_contract_set *set;
    pl_stub_events *events;
    pl_stub *stub;
    pl_server *server;
};

static pl_code read_file(const char *path, pl_buf *out, pl_error *err) {
    FILE *file = fopen(path, "rb");
    size_t got = 1;
    if (!file)
        return pl_error_errno(err, errno, "%s", path);
    while (got) {
        char *room = pl_buf_reserve(out, READ_STEP);
        got = room ? fread(room, 1, READ_STEP, file) : 0;
        pl_buf_wrote(out, got);
    }
    bool whole = !ferror(file) && !out->failed;
    (void)fclose(file);
    return whole ? PL_OK : pl_error_set(err, PL_RESOURCE_EXHAUSTED, "%s: cannot be read", path);
}

pl_code pl_contract_bundle(const char *folder, const char *provider, pl_contract_set **out_set,
                           pl_error *err) {
    char path[PATH_MAX];
    pl_buf bytes = pl_buf_make(PL_BUNDLE_MAX);
    pl_error why = PL_ERROR_INIT;
    (void)snprintf(path, sizeof path, "%s/%s.stub", folder, provider);
    pl_code code = read_file(path, &bytes, err);
    if (code == PL_OK && (code = pl_bundle_read(pl_buf_view(&bytes), out_set, &why)) != PL_OK)
        (void)pl_error_wrap(err, &why, "%s", path);
    pl_buf_done(&bytes);
    return code;
}

static pl_code make_stub(pl_contract_stub *s, const pl_contract_stub_opts *opts, pl_error *err) {
    pl_stub_opts stub = PL_STUB_OPTS_INIT;
    pl_code code = pl_contract_bundle(opts->bundles, opts->provider, &s->set, err);
    if (code == PL_OK && opts->redis_url)
        code = pl_stub_events_new(opts->redis_url, &s->events, err);
    stub.consumer = opts->consumer;
    stub.events = s->events;
    return code == PL_OK ? pl_stub_new(s->set, &opts->provider, 1, &stub, &s->stub, err) : code;
}

static pl_code serve(pl_contract_stub *s, pl_error *err) {
    pl_server_opts server = PL_SERVER_OPTS_INIT;
    pl_code code = pl_server_new(&server, &s->server, err);
    if (code == PL_OK && s->events)
        code = pl_server_add(s->server, pl_stub_events_binding(s->events), err);
    if (code == PL_OK)
        code = pl_stub_bind(s->stub, s->server, err);
    if (code == PL_OK)
        code = pl_server_start(s->server, err);
    if (code != PL_OK)
        return code;
    pl_server_set_serving(s->server, NULL, true);
    (void)snprintf(s->address, sizeof s->address, "127.0.0.1:%d", pl_server_port(s->server));
    return PL_OK;
}

pl_code pl_contract_stub_start(const pl_contract_stub_opts *opts, pl_contract_stub **out_stub,
                               pl_error *err) {
    pl_contract_stub *s = calloc(1, sizeof *s);
    if (!s)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "no memory for a stub of %s",
                            opts->provider);
    pl_code code = make_stub(s, opts, err);
    if (code == PL_OK)
        code = serve(s, err);
    if (code != PL_OK) {
        pl_contract_stub_free(s);
        return code;
    }
    *out_stub = s;
    return PL_OK;
}

void pl_contract_stub_free(pl_contract_stub *s) {
    if (!s)
        return;
    pl_server_free(s->server);
    pl_stub_free(s->stub);
    pl_stub_events_free(s->events);
    pl_contract_set_free(s->set);
    free(s);
}

const char *pl_contract_stub_address(const pl_contract_stub *s) {
    return s->address;
}

void pl_contract_stub_all_used(pl_contract_stub *s) {
    pl_buf unused = pl_buf_make(UNUSED_MAX);
    bool whole = pl_stub_unused(s->stub, &unused);
    bool none = whole && strcmp(unused.p, "{\"unused\":[]}") == 0;
    if (!none)
        print_error("contracts that no call has reached: %s\n", unused.p);
    pl_buf_done(&unused);
    assert_true(none);
}
