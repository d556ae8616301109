#include "server_internal.h"

#include <stdlib.h>
#include <string.h>

/* FNV-1a */
static size_t hash(pl_str text) {
    uint64_t h = UINT64_C(14695981039346656037);

    for (size_t i = 0; i < text.n; i++)
        h = (h ^ (uint8_t)text.p[i]) * UINT64_C(1099511628211);
    return (size_t)(h ^ h >> 32);
}

static void insert(pl_server *server, const pl_bound_method *method) {
    size_t slot = hash(pl_str_c(method->path)) & (server->method_slots - 1);

    while (server->methods[slot].path)
        slot = (slot + 1) & (server->method_slots - 1);
    server->methods[slot] = *method;
}

static void insert_own(pl_server *server) {
    const pl_bound_method check = {"/grpc.health.v1.Health/Check", NULL, NULL, pl_health_check};
    const pl_bound_method watch = {"/grpc.health.v1.Health/Watch", NULL, NULL, pl_health_watch};
    const pl_bound_method info = {"/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", NULL,
                                  NULL, pl_reflection_info};

    insert(server, &check);
    insert(server, &watch);
    if (server->opts.reflection)
        insert(server, &info);
}

pl_code pl_server_methods_build(pl_server *server, pl_error *err) {
    size_t count = 3; /* our own */

    for (size_t i = 0; i < server->binding_count; i++)
        count += server->bindings[i].desc->method_count;
    /* Half empty, so that an unknown method is soon known to be one. */
    for (server->method_slots = 8; server->method_slots < 2 * count;)
        server->method_slots *= 2;
    server->methods = calloc(server->method_slots, sizeof *server->methods);
    if (!server->methods)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "no memory for %zu methods", count);
    insert_own(server);
    for (size_t i = 0; i < server->binding_count; i++) {
        const pl_service_desc *service = server->bindings[i].desc;
        for (size_t m = 0; m < service->method_count; m++) {
            const pl_bound_method method = {service->methods[m].path, &service->methods[m],
                                            server->bindings[i].impl, NULL};
            insert(server, &method);
        }
    }
    return PL_OK;
}

const pl_bound_method *pl_server_find_method(const pl_server *server, pl_str path) {
    size_t slot = hash(path) & (server->method_slots - 1);

    for (; server->methods[slot].path; slot = (slot + 1) & (server->method_slots - 1)) {
        if (pl_str_eqc(path, server->methods[slot].path))
            return &server->methods[slot];
    }
    return NULL;
}
