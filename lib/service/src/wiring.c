/* What main.c hands to the chassis while it starts, and asks of it later. */
#include <signal.h>
#include <stdio.h>

#include "parley/base/assert.h"
#include "parley/base/log.h"
#include "service_internal.h"

/* After the start the lists are read by other threads without a lock. */
static void expect_starting(const pl_service *service) {
    PL_ASSERT(atomic_load(&service->phase) == PHASE_STARTING);
}

/* A method that was forgotten is found when the service starts, not when somebody calls it. */
static void warn_of_lacks(pl_service_binding binding) {
    const pl_service_desc *desc = binding.desc;
    for (size_t i = 0; desc->lacks && i < desc->method_count; i++) {
        const char *field = desc->lacks(binding.impl, i);
        if (field)
            pl_log(PL_LOG_WARN, "method_without_operation",
                   PL_LOG_STR("method", desc->methods[i].path), PL_LOG_STR("operation", field),
                   PL_LOG_STR("answers", "UNIMPLEMENTED until its table of operations has it"));
    }
}

pl_code pl_service_add(pl_service *service, pl_service_binding binding) {
    expect_starting(service);
    PL_ASSERT(!service->def->no_rpc && binding.desc && binding.impl);
    if (service->binding_count == PL_SERVICE_MAX_BINDINGS)
        return PL_RESOURCE_EXHAUSTED;
    warn_of_lacks(binding);
    service->bindings[service->binding_count++] = binding;
    return PL_OK;
}

void pl_service_ready_check(pl_service *service, const char *name, pl_ready_fn *fn, void *self) {
    expect_starting(service);
    PL_ASSERT(service->check_count < PL_SERVICE_MAX_CHECKS);
    service->checks[service->check_count++] = (check){.name = name, .fn = fn, .self = self};
}

void pl_service_announce(pl_service *service, const char *name, const char *address) {
    expect_starting(service);
    PL_ASSERT(service->port_count < PL_SERVICE_MAX_PORTS);
    named_port *p = &service->ports[service->port_count++];
    snprintf(p->name, sizeof p->name, "%s", name);
    snprintf(p->address, sizeof p->address, "%s", address);
}

void pl_service_admin_route(pl_service *service, const char *method, const char *path,
                            pl_admin_fn *fn, void *self) {
    expect_starting(service);
    PL_ASSERT(service->route_count < PL_SERVICE_MAX_ADMIN_ROUTES);
    service->routes[service->route_count++] = (admin_route){method, path, fn, self};
}

pl_metrics *pl_service_metrics(pl_service *service) {
    return service->metrics;
}
const pl_service_def *pl_service_definition(const pl_service *service) {
    return service->def;
}
bool pl_service_demo(const pl_service *service) {
    return service->common.demo;
}
const char *pl_service_name(const pl_service *service) {
    return service->name;
}
const char *pl_service_instance(const pl_service *service) {
    return service->instance;
}

void pl_service_fail(pl_service *service, const pl_error *err) {
    pthread_mutex_lock(&service->mu);
    bool first = !service->failed;
    if (first)
        service->failure = *err;
    service->failed = true;
    pthread_mutex_unlock(&service->mu);
    if (first) /* the main thread waits for it with sigwait */
        pthread_kill(service->main_thread, PL_FAIL_SIGNAL);
}
