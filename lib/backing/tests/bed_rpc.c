#include "bed_rpc.h"

#include <stdio.h>
#include <string.h>

pl_server *bed_serve(bed *b, const char *domain, pl_service_binding binding) {
    pl_server *server = NULL;
    pl_server_opts opts = PL_SERVER_OPTS_INIT;
    opts.domain = domain;
    opts.demo = true;
    opts.allow_internal_loopback = true;
    bed_must(b, pl_server_new(&opts, &server, &b->err));
    bed_must(b, pl_server_add(server, binding, &b->err));
    bed_must(b, pl_server_start(server, &b->err));
    pl_server_set_serving(server, NULL, true);
    return server;
}

pl_channel *bed_connect(bed *b, const char *name, const pl_server *server) {
    char target[32];
    pl_channel *channel = NULL;
    pl_channel_opts opts = PL_CHANNEL_OPTS_INIT;
    (void)snprintf(target, sizeof target, "127.0.0.1:%d", pl_server_port(server));
    opts.name = name;
    opts.target = target;
    bed_must(b, pl_channel_new(&opts, &channel, &b->err));
    return channel;
}

pl_call *bed_call(bed *b) {
    pl_call *call = NULL;
    pl_call_opts opts = PL_CALL_OPTS_INIT;
    opts.timeout_ms = BED_WAIT_MS;
    bed_must(b, pl_call_new(&opts, &call, &b->err));
    return call;
}

bed_api bed_api_open(bed *b, const char *domain, const char *name, pl_service_binding binding) {
    pl_server *server = bed_serve(b, domain, binding);
    return (bed_api){server, bed_connect(b, name, server), bed_call(b)};
}

void bed_api_close(bed_api *api) {
    pl_call_free(api->call);
    pl_channel_free(api->channel);
    pl_server_free(api->server);
}

void bed_code_at(const pl_call *call, pl_code got, pl_code wanted, const char *file, int line) {
    if (got == wanted)
        return;
    print_error("expected %s, got %s%s%s\n", pl_code_name(wanted), pl_code_name(got),
                got == PL_OK ? "" : ": ", got == PL_OK ? "" : pl_call_error(call)->message);
    _fail(file, line);
}

void bed_violates(const pl_call *call, pl_code code, const char *path) {
    const pl_violations *violations = pl_call_violations(call);
    assert_int_equal(pl_call_error(call)->code, code);
    for (size_t i = 0; i < violations->kept; i++) {
        if (strcmp(violations->items[i].field, path) == 0)
            return;
    }
    fail_msg("no violation of %s: %s", path, pl_call_error(call)->message);
}
