#include "fixture_stubs.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>

#include "parley/contract/bundle.h"

enum { READ_STEP = 65536 };

static pl_code read_file(const char *path, pl_buf *out, pl_error *err) {
    FILE *file = fopen(path, "rb");
    size_t got = 1;
    if (!file)
        return pl_error_errno(err, errno, "%s (`ninja stubs` makes it)", path);
    while (got) {
        char *room = pl_buf_reserve(out, READ_STEP);
        got = room ? fread(room, 1, READ_STEP, file) : 0;
        pl_buf_wrote(out, got);
    }
    bool whole = !ferror(file) && !out->failed;
    (void)fclose(file);
    return whole ? PL_OK : pl_error_set(err, PL_RESOURCE_EXHAUSTED, "%s: cannot be read", path);
}

pl_code fixture_bundle(const char *folder, const char *provider, pl_contract_set **out_set,
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

pl_code fixture_stub_start(fixture_stub *stub, const char *folder, const char *provider,
                           const char *redis_url, pl_error *err) {
    pl_stub_opts opts = PL_STUB_OPTS_INIT;
    pl_server_opts server = PL_SERVER_OPTS_INIT;
    pl_code code = fixture_bundle(folder, provider, &stub->set, err);
    if (code == PL_OK)
        code = pl_stub_events_new(redis_url, &stub->events, err);
    opts.events = stub->events;
    if (code == PL_OK)
        code = pl_stub_new(stub->set, &provider, 1, &opts, &stub->stub, err);
    if (code == PL_OK)
        code = pl_server_new(&server, &stub->server, err);
    if (code == PL_OK)
        code = pl_server_add(stub->server, pl_stub_events_binding(stub->events), err);
    if (code == PL_OK)
        code = pl_stub_bind(stub->stub, stub->server, err);
    if (code == PL_OK)
        code = pl_server_start(stub->server, err);
    if (code == PL_OK)
        pl_server_set_serving(stub->server, NULL, true);
    return code;
}

void fixture_stub_done(fixture_stub *stub) {
    pl_server_free(stub->server);
    pl_stub_free(stub->stub);
    pl_stub_events_free(stub->events);
    pl_contract_set_free(stub->set);
    *stub = (fixture_stub){0};
}
