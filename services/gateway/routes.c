#include "routes.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "parley/schema/pool.h"

/* Services one listener shows. */
#define SERVICES_MAX 64

struct gateway_routes {
    atomic_uint references;
    pl_pool *pool;
    pl_rest *tables[GATEWAY_MAX_LISTENERS];
};

/* The full names of the services that NAME means. */
static size_t services_of(const pl_pool *pool, const char *name,
                          const char *out_services[SERVICES_MAX]) {
    size_t count = 0;
    for (size_t f = 0; f < pl_pool_file_count(pool); f++) {
        const pl_file *file = pl_pool_file_at(pool, f);
        for (size_t s = 0; s < file->service_count && count < SERVICES_MAX; s++) {
            if (gateway_name_means(name, file->services[s]->full_name.p))
                out_services[count++] = file->services[s]->full_name.p;
        }
    }
    return count;
}

static pl_code make_table(const gateway_routes *routes, const gateway_listener *listener,
                          pl_rest **out_table, pl_buf *problems, pl_error *err) {
    const char *services[SERVICES_MAX];
    pl_rest_opts opts = PL_REST_OPTS_INIT;
    opts.pool = routes->pool;
    opts.problems = problems;
    if (listener->name[0]) {
        opts.services = services;
        opts.service_count = services_of(routes->pool, listener->name, services);
        if (opts.service_count == 0)
            return pl_error_set(err, PL_NOT_FOUND,
                                "SERVICE_LISTEN: %s: no such service among the descriptors",
                                listener->name);
    }
    return pl_rest_new(&opts, out_table, err);
}

pl_code gateway_routes_load(const char *path, const gateway_config *config,
                            gateway_routes **out_routes, pl_buf *problems, pl_error *err) {
    gateway_routes *routes = calloc(1, sizeof *routes);
    if (!routes)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "routes: out of memory");
    atomic_init(&routes->references, 1);
    pl_pool_opts opts = PL_POOL_OPTS_INIT;
    opts.name = path;
    pl_code code = pl_pool_load(path, &opts, &routes->pool, err);
    for (size_t i = 0; i < config->listener_count && !code; i++) /* the first one finds all */
        code = make_table(routes, &config->listeners[i], &routes->tables[i],
                          i == 0 ? problems : NULL, err);
    if (code) {
        gateway_routes_unref(routes);
        return code;
    }
    *out_routes = routes;
    return PL_OK;
}

gateway_routes *gateway_routes_ref(gateway_routes *routes) {
    atomic_fetch_add_explicit(&routes->references, 1, memory_order_relaxed);
    return routes;
}

void gateway_routes_unref(gateway_routes *routes) {
    if (!routes || atomic_fetch_sub_explicit(&routes->references, 1, memory_order_acq_rel) > 1)
        return;
    for (size_t i = 0; i < GATEWAY_MAX_LISTENERS; i++)
        pl_rest_free(routes->tables[i]);
    pl_pool_free(routes->pool);
    free(routes);
}

const pl_rest *gateway_routes_of(const gateway_routes *routes, size_t listener) {
    return routes->tables[listener];
}
