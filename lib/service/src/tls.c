/* TLS of the server and of all channels, as the settings say. */
#include "parley/base/log.h"
#include "parley/rpc/channel.h"
#include "service_internal.h"

static const char *or_null(const char *path) {
    return path && *path ? path : NULL;
}

bool pl_service_server_tls(const pl_service *service, pl_tls_opts *out_tls) {
    const common *c = &service->common;

    *out_tls = (pl_tls_opts)PL_TLS_OPTS_INIT;
    out_tls->cert_file = or_null(c->tls_cert);
    out_tls->key_file = or_null(c->tls_key);
    out_tls->ca_file = or_null(c->tls_ca);
    return out_tls->cert_file || out_tls->key_file || out_tls->ca_file;
}

void pl_service_notice(void *self, pl_log_level level, const char *event, const char *text) {
    (void)self;
    pl_log(level, event, PL_LOG_STR("text", text));
}

void pl_service_channel_opts(pl_service *service, pl_channel_opts *opts) {
    const common *c = &service->common;

    opts->notice = pl_service_notice;
    opts->keepalive_ms = (uint32_t)c->upstream_keepalive_ms;
    if (!or_null(c->upstream_ca))
        return;
    service->upstream_tls.cert_file = or_null(c->tls_cert);
    service->upstream_tls.key_file = or_null(c->tls_key);
    service->upstream_tls.ca_file = c->upstream_ca;
    opts->tls = &service->upstream_tls;
}
