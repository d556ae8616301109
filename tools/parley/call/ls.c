/* parley ls: services and methods. */
#include <stdio.h>

#include "call/call.h"
#include "common/plain.h"

enum { PRINT_MAX = 16 << 20 };

static const char *kind_of(const pl_method_type *method) {
    if (method->client_streaming)
        return method->server_streaming ? "bidi" : "client stream";
    return method->server_streaming ? "server stream" : "unary";
}

static void put_method(const pl_method_type *m, bool json, bool first, pl_buf *out) {
    if (json) {
        pl_buf_printf(out, "%s{\"name\":\"%s\",\"kind\":\"%s\",\"input\":\"%s\",", first ? "" : ",",
                      m->name.p, kind_of(m), m->input->full_name.p);
        pl_buf_printf(out, "\"output\":\"%s\"}", m->output->full_name.p);
        return;
    }
    pl_buf_printf(out, "    %s(%s%s) returns (%s%s)\n", m->name.p,
                  m->client_streaming ? "stream " : "", m->input->full_name.p,
                  m->server_streaming ? "stream " : "", m->output->full_name.p);
}

static pl_code put_service(reflection *r, const char *name, bool json, bool first, pl_buf *out,
                           pl_error *err) {
    pl_pool *pool = NULL;
    pl_code code = reflection_load(r, name, &pool, err);
    if (code != PL_OK)
        return code;
    const pl_service_type *service = pl_pool_service(pool, pl_str_c(name));
    pl_buf_printf(out, json ? "%s{\"name\":\"%s\",\"methods\":[" : "%s  %s\n",
                  json && !first ? "," : "", name);
    for (size_t i = 0; service && i < service->method_count; i++)
        put_method(&service->methods[i], json, i == 0, out);
    if (json)
        pl_buf_puts(out, "]}");
    pl_pool_free(pool);
    return PL_OK;
}

static pl_code put_server(const call_request *request, const call_target *target, bool first,
                          pl_buf *out, pl_error *err) {
    bool json = request->args->json;
    pl_channel *channel = NULL;
    reflection r;
    pl_code code = call_open(request, target, &channel, &r, err);
    if (code != PL_OK)
        return code;
    code = reflection_list(&r, err);
    if (json)
        pl_buf_printf(out, "%s{\"name\":\"%s\",\"grpc\":\"%s\",\"services\":[", first ? "" : ",",
                      target->name, target->address);
    else
        pl_buf_printf(out, "%s%s\n", target->name, strchr(target->name, ':') ? "" : ":");
    for (size_t i = 0; code == PL_OK && i < r.service_count; i++)
        code = put_service(&r, r.services[i], json, i == 0, out, err);
    if (json)
        pl_buf_puts(out, "]}");
    reflection_done(&r);
    pl_channel_free(channel);
    return code;
}

int call_list(const call_request *request) {
    static call_target targets[CALL_TARGETS_MAX];
    size_t count = 0;
    pl_error err = PL_ERROR_INIT;
    pl_code code = call_targets(request->target, targets, &count, &err);
    pl_buf out = pl_buf_make(PRINT_MAX);
    if (request->args->json)
        pl_buf_puts(&out, "{\"servers\":[");
    for (size_t i = 0; code == PL_OK && i < count; i++)
        code = put_server(request, &targets[i], i == 0, &out, &err);
    if (request->args->json)
        pl_buf_puts(&out, "]}\n");
    pl_buf plain = pl_buf_make(PRINT_MAX);
    if (!request->args->json)
        tool_put_plain(&plain, pl_buf_view(&out), TOOL_PLAIN_LINES);
    plain.failed = plain.failed || out.failed;
    int status = TOOL_EXIT_OK;
    if (code == PL_OK)
        status = tool_print(request->args, request->args->json ? &out : &plain, TOOL_EXIT_OK);
    pl_buf_done(&plain);
    pl_buf_done(&out);
    return code == PL_OK ? status : call_fail(request, &err, NULL);
}
