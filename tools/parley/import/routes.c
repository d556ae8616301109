/* Which method a request over HTTP is about. */
#include "import/import.h"

/* Those of Google and ours stand in every workspace. */
static bool is_foreign(pl_str package) {
    return pl_str_starts(package, pl_str_c("google.")) ||
           pl_str_starts(package, pl_str_c("parley.")) || pl_str_starts(package, pl_str_c("grpc."));
}

static pl_code add_rule(importer *i, const pl_method_type *method, const pl_http_rule *rule,
                        pl_error *err) {
    route *r = PL_ARENA_NEW(&i->c.arena, route);
    const void *other = NULL;
    if (!r)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "routes: no memory");
    r->method = method;
    r->rule = rule;
    pl_code code = pl_rest_template_parse(&i->c.arena, rule->path, &r->parts, err);
    if (code == PL_OK)
        code = pl_rest_router_add(i->router, rule->verb, &r->parts, r, &other, err);
    /* What is wrong with a route is not for an import to say; of two that match the same requests
     * the first counts. */
    return code == PL_RESOURCE_EXHAUSTED ? code : PL_OK;
}

pl_code routes_load(importer *i, pl_error *err) {
    pl_code code = PL_OK;
    i->router = pl_rest_router_new(&i->c.arena);
    if (!i->router)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "routes: no memory");
    for (size_t f = 0; f < pl_pool_file_count(i->c.pool); f++) {
        const pl_file *file = pl_pool_file_at(i->c.pool, f);
        bool wanted = i->provider ? pl_str_eqc(file->package, i->provider)
                                  : !is_foreign(file->package);
        for (size_t s = 0; wanted && s < file->service_count; s++) {
            const pl_service_type *service = file->services[s];
            for (size_t m = 0; m < service->method_count; m++) {
                const pl_method_type *method = &service->methods[m];
                for (size_t h = 0; code == PL_OK && h < method->http_count; h++)
                    code = add_rule(i, method, &method->http[h], err);
            }
        }
    }
    return code;
}
