/* parley contract openapi: the REST of a provider as an OpenAPI document. */
#include <stdio.h>
#include <string.h>

#include "common/protos.h"
#include "contract/contract.h"
#include "parley/rest/openapi.h"

enum { OUTPUT_MAX = 64 << 20, SERVICES_MAX = 256 };

/* The services in the package PROVIDER; how many. */
static size_t find_services(const pl_pool *pool, const char *provider, const char **out) {
    size_t count = 0;

    for (size_t i = 0; i < pl_pool_file_count(pool); i++) {
        const pl_file *file = pl_pool_file_at(pool, i);
        for (size_t s = 0; s < file->service_count && count < SERVICES_MAX; s++) {
            if (pl_str_eqc(file->package, provider))
                out[count++] = file->services[s]->full_name.p;
        }
    }
    return count;
}

/* "v1" of "mall.products.v1". */
static pl_str version_of(const char *provider) {
    const char *dot = strrchr(provider, '.');

    return pl_str_c(dot ? dot + 1 : provider);
}

static pl_code write_document(const pl_pool *pool, const char *provider, pl_buf *out,
                              pl_error *err) {
    const char *services[SERVICES_MAX];
    pl_rest_opts opts = PL_REST_OPTS_INIT;
    pl_rest *rest = NULL;

    opts.pool = pool;
    opts.services = services;
    opts.service_count = find_services(pool, provider, services);
    if (!opts.service_count)
        return pl_error_set(err, PL_NOT_FOUND,
                            "no proto of the workspace has a service in the package '%.128s'",
                            provider);
    pl_code code = pl_rest_new(&opts, &rest, err);
    if (code == PL_OK && !pl_rest_route_count(rest))
        code = pl_error_set(err, PL_NOT_FOUND,
                            "%.128s: no method has a google.api.http option, so there is no REST",
                            provider);
    if (code == PL_OK)
        code = pl_rest_openapi(rest, pl_str_c(provider), version_of(provider), out, err);
    pl_rest_free(rest);
    return code;
}

static int run(const verb_line *line, contracts *c) {
    pl_error err = PL_ERROR_INIT;
    pl_buf out = pl_buf_make(OUTPUT_MAX);
    pl_code code = contracts_init(c, &err);

    if (code == PL_OK)
        code = protos_load(&c->space, c->findings, &c->pool, &err);
    if (code != PL_OK && pl_findings_count(c->findings))
        return contracts_report(c, &line->args);
    if (code == PL_OK)
        code = write_document(c->pool, line->words[0], &out, &err);
    if (code == PL_OK)
        (void)printf("%.*s\n", PL_FMT(pl_buf_view(&out)));
    pl_buf_done(&out);
    return code == PL_OK ? TOOL_EXIT_OK : verb_failed(line, &err);
}

int verb_openapi(verb_line *line) {
    contracts c;

    if (line->word_count != 1)
        tool_usage(&line->args, "openapi takes one provider, such as mall.products.v1");
    int code = run(line, &c);
    contracts_done(&c);
    return code;
}
