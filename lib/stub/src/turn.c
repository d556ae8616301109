/* Other contracts for a server that serves: the stub that is bound to it passes its calls on. */
#include <string.h>

#include "stub_internal.h"

stub_service *stub_enter(const stub_service *bound) {
    pl_stub *stub = bound->stub, *now;
    size_t index = (size_t)(bound - stub->services);

    /* Between looking and counting it must not be given up. */
    pthread_mutex_lock(&stub->turn);
    now = stub->now ? stub->now : stub;
    atomic_fetch_add(&now->calls, 1);
    pthread_mutex_unlock(&stub->turn);
    return &now->services[index];
}

void stub_leave(stub_service *service) {
    atomic_fetch_sub(&service->stub->calls, 1);
}

static bool is_same_method(const pl_method_desc *a, const pl_method_desc *b) {
    return strcmp(a->path, b->path) == 0 && a->kind == b->kind && a->run_inline == b->run_inline;
}

static bool is_same_service(const pl_service_desc *a, const pl_service_desc *b) {
    if (strcmp(a->name, b->name) != 0 || a->method_count != b->method_count)
        return false;
    for (size_t i = 0; i < a->method_count; i++) {
        if (!is_same_method(&a->methods[i], &b->methods[i]))
            return false;
    }
    return true;
}

/* Also by reflection. */
static bool is_same_file(const pl_file_desc *a, const pl_file_desc *b) {
    return strcmp(a->name, b->name) == 0 && a->size == b->size &&
           memcmp(a->bytes, b->bytes, a->size) == 0;
}

static bool looks_the_same(const pl_stub *a, const pl_stub *b) {
    size_t count = pl_pool_file_count(pl_contract_set_pool(a->set));

    if (a->service_count != b->service_count ||
        count != pl_pool_file_count(pl_contract_set_pool(b->set)))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!is_same_file(&a->files[i], &b->files[i]))
            return false;
    }
    for (size_t i = 0; i < a->service_count; i++) {
        if (!is_same_service(&a->services[i].desc, &b->services[i].desc))
            return false;
    }
    return true;
}

pl_code pl_stub_turn(pl_stub *bound, pl_stub *next, pl_error *err) {
    if (!looks_the_same(bound, next))
        return pl_error_set(err, PL_FAILED_PRECONDITION, "the protos have changed");
    pthread_mutex_lock(&bound->turn);
    bound->now = next;
    pthread_mutex_unlock(&bound->turn);
    return PL_OK;
}

size_t pl_stub_calls(const pl_stub *stub) {
    return atomic_load(&stub->calls);
}
