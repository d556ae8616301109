/* parley call: JSON in, JSON out. */
#include <stdio.h>
#include <string.h>

#include "call/call.h"
#include "call/exchange.h"
#include "common/plain.h"

/* Why a connection failed, in the words of the transport. */
static void print_notice(void *self, pl_log_level level, const char *event, const char *text) {
    (void)self;
    (void)level;
    tool_print_plain(stderr, "%s: %s\n", event, text);
}

pl_code call_open(const call_request *request, const call_target *target, pl_channel **out_channel,
                  reflection *out_reflection, pl_error *err) {
    pl_channel_opts opts = PL_CHANNEL_OPTS_INIT;
    opts.name = target->name;
    opts.target = target->address;
    opts.attempts = 1;
    opts.no_breaker = true;
    opts.max_message = CALL_MESSAGE_MAX;
    opts.compression = true;
    if (request->tls.ca_file)
        opts.tls = &request->tls;
    if (request->args->verbose)
        opts.notice = print_notice;
    pl_code code = pl_channel_new(&opts, out_channel, err);
    if (code == PL_OK) {
        reflection_init(out_reflection, *out_channel, request->deadline_ns);
        out_reflection->metadata = request->metadata;
        out_reflection->metadata_count = request->metadata_count;
    }
    return code;
}

/* Looks for the method's service on each of the targets: the first that has it is called. */
static pl_code find_service(const call_request *request, pl_str name, pl_channel **out_channel,
                            reflection *r, const char **out_service, pl_error *err) {
    static call_target targets[CALL_TARGETS_MAX];
    size_t count = 0;
    pl_error wrong_name = PL_ERROR_INIT;
    pl_code code = call_targets(request->target, targets, &count, err);
    for (size_t i = 0; code == PL_OK && i < count; i++) {
        code = call_open(request, &targets[i], out_channel, r, err);
        if (code != PL_OK)
            break;
        code = reflection_list(r, err);
        if (code == PL_OK)
            code = reflection_find(r, name, out_service, err);
        if (code == PL_OK)
            return PL_OK;
        reflection_done(r);
        pl_channel_free(*out_channel);
        *out_channel = NULL;
        if (code == PL_NOT_FOUND && (!wrong_name.code || strstr(err->message, "did you mean")))
            wrong_name = *err;
        if (code == PL_NOT_FOUND && i + 1 < count)
            code = PL_OK;
    }
    if (code == PL_NOT_FOUND && wrong_name.code)
        *err = wrong_name;
    return code;
}

static pl_code find_method(const pl_pool *pool, const char *service_name, pl_str name,
                           const pl_method_type **out_method, pl_error *err) {
    const pl_service_type *service = pl_pool_service(pool, pl_str_c(service_name));
    const char *known[REFLECTION_SERVICES_MAX];
    size_t count = 0;
    if (!service)
        return pl_error_set(err, PL_INTERNAL, "the server's reflection lacks %s", service_name);
    const pl_method_type *method = pl_service_method(service, name);
    if (!method) {
        for (; count < service->method_count && count < PL_COUNT(known); count++)
            known[count] = service->methods[count].name.p;
        const char *near = pl_str_nearest(name, known, count);
        return pl_error_set(err, PL_NOT_FOUND, "%s has no method '%.*s'%s%s; parley ls lists them",
                            service_name, PL_FMT(pl_utf8_cut(name, 64)),
                            near ? ", did you mean " : "", near ? near : "");
    }
    *out_method = method;
    return PL_OK;
}

int call_method(const call_request *request) {
    pl_error err = PL_ERROR_INIT;
    pl_channel *channel = NULL;
    pl_pool *pool = NULL;
    reflection r;
    const char *service = NULL;
    const pl_method_type *method = NULL;
    pl_str whole = pl_str_c(request->method);
    size_t cut = whole.n;
    while (cut > 0 && whole.p[cut - 1] != '.' && whole.p[cut - 1] != '/')
        cut--;
    if (cut < 2 || cut == whole.n)
        tool_usage(request->args, "expected Service.Method, got '%s'", request->method);
    pl_str name = pl_str_make(whole.p, cut - 1);
    if (name.p[0] == '/' && name.n > 1)
        name = pl_str_make(name.p + 1, name.n - 1);
    pl_code code = find_service(request, name, &channel, &r, &service, &err);
    if (code == PL_OK)
        code = reflection_load(&r, service, &pool, &err);
    if (code == PL_OK)
        code = find_method(pool, service, pl_str_make(whole.p + cut, whole.n - cut), &method, &err);
    int status = code == PL_OK ? call_exchange(request, channel, method)
                               : call_fail(request, &err, NULL);
    pl_pool_free(pool);
    if (channel)
        reflection_done(&r);
    pl_channel_free(channel);
    return status;
}
