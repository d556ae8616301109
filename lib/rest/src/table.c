#include "table.h"

#include <stdio.h>
#include <stdlib.h>

/* Bytes of one problem. */
#define PROBLEM_TEXT_MAX 1024

void rest_builder_problem(rest_builder *builder, const pl_source *source,
                          const pl_method_type *method, const char *format, ...) {
    char text[PROBLEM_TEXT_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    pl_buf line = pl_buf_make(2 * PROBLEM_TEXT_MAX);
    pl_source_print(source, &line);
    if (method)
        pl_buf_printf(&line, ": %s", method->full_name.p);
    pl_buf_printf(&line, ": %s", text);
    if (builder->problems++ == 0)
        (void)pl_error_set(builder->err, PL_INVALID_ARGUMENT, "%s", line.p);
    if (builder->opts->problems)
        pl_buf_printf(builder->opts->problems, "%s\n", line.p);
    pl_buf_done(&line);
}

pl_code rest_builder_no_memory(rest_builder *builder) {
    return pl_error_set(builder->err, PL_RESOURCE_EXHAUSTED,
                        "route table: more than %u bytes, or out of memory", REST_TABLE_MEMORY_MAX);
}

static bool service_wanted(const pl_rest_opts *opts, const pl_service_type *service) {
    for (size_t i = 0; i < opts->service_count; i++) {
        if (pl_str_eqc(service->full_name, opts->services[i]))
            return true;
    }
    return !opts->services;
}

static pl_code check_services(const pl_rest_opts *opts, pl_error *err) {
    for (size_t i = 0; i < opts->service_count; i++) {
        if (!pl_pool_service(opts->pool, pl_str_c(opts->services[i])))
            return pl_error_set(err, PL_NOT_FOUND,
                                "service %s: not among the descriptors; check its full name",
                                opts->services[i]);
    }
    return PL_OK;
}

static pl_code add_rule(rest_builder *builder, const pl_method_type *method,
                        const pl_http_rule *rule) {
    pl_rest *rest = builder->rest;
    rest_binding *binding = NULL;
    pl_code code = rest_binding_compile(builder, method, rule, &binding);
    if (code || !binding)
        return code;
    const void *other = NULL;
    code = pl_rest_router_add(rest->router, binding->route.http_method, &binding->tmpl, binding,
                              &other, NULL);
    if (code == PL_ALREADY_EXISTS) {
        const rest_binding *first = other;
        rest_builder_problem(builder, rule->source.line ? &rule->source : &method->source, method,
                             "\"%s %s\" matches the same as \"%s %s\" of %s", rule->verb.p,
                             rule->path.p, first->rule->verb.p, first->rule->path.p,
                             first->method->full_name.p);
        return PL_OK;
    }
    if (code)
        return rest_builder_no_memory(builder);
    rest->bindings[rest->binding_count++] = binding;
    return PL_OK;
}

static pl_code add_method(rest_builder *builder, const pl_method_type *method) {
    for (size_t i = 0; i < method->http_count; i++) {
        pl_code code = add_rule(builder, method, &method->http[i]);
        if (code)
            return code;
    }
    for (size_t i = 0; i < method->rest_count; i++) {
        const pl_rest_options *rest = &method->rest[i];
        if (!rest->used)
            rest_builder_problem(builder, rest->source.line ? &rest->source : &method->source,
                                 method, "(parley.http) \"%s\" names no binding of the method",
                                 rest->binding.p ? rest->binding.p : "");
    }
    return PL_OK;
}

/* Runs FN over every method that is wanted. */
static pl_code each_method(rest_builder *builder,
                           pl_code (*fn)(rest_builder *, const pl_method_type *)) {
    const pl_pool *pool = builder->opts->pool;
    for (size_t f = 0; f < pl_pool_file_count(pool); f++) {
        const pl_file *file = pl_pool_file_at(pool, f);
        for (size_t s = 0; s < file->service_count; s++) {
            const pl_service_type *service = file->services[s];
            if (!service_wanted(builder->opts, service))
                continue;
            for (size_t m = 0; m < service->method_count; m++) {
                pl_code code = fn(builder, &service->methods[m]);
                if (code)
                    return code;
            }
        }
    }
    return PL_OK;
}

static pl_code count_method(rest_builder *builder, const pl_method_type *method) {
    builder->rest->binding_count += method->http_count;
    return PL_OK;
}

static pl_code build(rest_builder *builder) {
    pl_rest *rest = builder->rest;
    pl_code code = each_method(builder, count_method);
    if (code)
        return code;
    rest->router = pl_rest_router_new(&rest->arena);
    rest->bindings = pl_arena_calloc(&rest->arena, rest->binding_count, sizeof(rest_binding *));
    builder->resource_cap = 2 * rest->binding_count;
    builder->resources = pl_arena_calloc(&rest->arena, builder->resource_cap,
                                         sizeof(rest_resource *));
    if (!rest->router || !rest->bindings || !builder->resources)
        return rest_builder_no_memory(builder);
    rest->binding_count = 0;
    code = each_method(builder, add_method);
    if (!code)
        code = rest_collections_build(builder);
    if (!code && builder->problems > 0)
        code = PL_INVALID_ARGUMENT;
    return code;
}

pl_code pl_rest_new(const pl_rest_opts *opts, pl_rest **out_rest, pl_error *err) {
    pl_code code = check_services(opts, err);
    if (code)
        return code;
    pl_rest *rest = calloc(1, sizeof *rest);
    if (!rest)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "route table: out of memory");
    rest->arena = pl_arena_make(REST_TABLE_MEMORY_MAX);
    rest->max_body = opts->max_body ? opts->max_body : PL_REST_MAX_BODY;
    rest->timeout_ms = opts->timeout_ms ? opts->timeout_ms : PL_REST_TIMEOUT_MS;
    rest_builder builder = {.rest = rest, .opts = opts, .err = err};
    code = build(&builder);
    if (code) {
        pl_rest_free(rest);
        return code;
    }
    *out_rest = rest;
    return PL_OK;
}

void pl_rest_free(pl_rest *rest) {
    if (!rest)
        return;
    pl_arena_done(&rest->arena);
    free(rest);
}

size_t pl_rest_route_count(const pl_rest *rest) {
    return rest->binding_count;
}

const pl_rest_route *pl_rest_route_at(const pl_rest *rest, size_t i) {
    return &rest->bindings[i]->route;
}
