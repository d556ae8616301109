/* Calls and events: methods, bindings, steps. */
#include <stdio.h>

#include "compiler.h"

enum { NAMES_MAX = 512, HINT_MAX = 64 * 1024 };

/* ---- methods --------------------------------------------------------------------------------- */

static bool in_package(const pl_file *file, pl_str package) {
    return pl_str_eq(file->package, package);
}

/* NAME is "Service.Method" of the provider's package, or the full name. */
static const pl_method_type *find_method(compiler *c, pl_str name, pl_buf *names) {
    pl_str package = c->file->provider;
    const pl_method_type *found = NULL;
    for (size_t f = 0; f < pl_pool_file_count(c->pool); f++) {
        const pl_file *file = pl_pool_file_at(c->pool, f);
        for (size_t s = 0; in_package(file, package) && s < file->service_count; s++) {
            const pl_service_type *service = file->services[s];
            for (size_t m = 0; m < service->method_count; m++) {
                const pl_method_type *method = &service->methods[m];
                size_t prefix = package.n + 1;
                pl_str part = pl_str_make(method->full_name.p + prefix,
                                          method->full_name.n - prefix);
                if (pl_str_eq(part, name) || pl_str_eq(method->full_name, name))
                    found = method;
                pl_buf_str(names, part);
                pl_buf_putc(names, '\0');
            }
        }
    }
    return found;
}

/* The names in BUF, each ended by NUL. */
static size_t split_names(const pl_buf *buf, const char *names[NAMES_MAX]) {
    size_t count = 0;
    for (size_t i = 0; i < buf->n && count < NAMES_MAX; i += strlen(buf->p + i) + 1)
        names[count++] = buf->p + i;
    return count;
}

/* Of a service that is there, a method that is not: one of its own that is written so, or all. */
static bool hint_of_service(compiler *c, pl_str name, const char *const *names, size_t count) {
    const char *methods[NAMES_MAX];
    size_t of_service = 0, prefix = pl_str_index(name, '.') + 1;
    for (size_t i = 0; i < count && prefix <= name.n; i++) {
        if (strncmp(names[i], name.p, prefix) == 0)
            methods[of_service++] = names[i] + prefix;
    }
    if (of_service == 0)
        return false;
    pl_str service = pl_str_make(name.p, prefix - 1);
    pl_str method = pl_str_make(name.p + prefix, name.n - prefix);
    const char *near = pl_str_nearest(method, methods, of_service);
    if (near) {
        compiler_hint(c, "did you mean '%.*s.%s'?", PL_FMT(service), near);
        return true;
    }
    pl_buf list = pl_buf_make(HINT_MAX);
    for (size_t i = 0; i < of_service; i++)
        pl_buf_printf(&list, "%s%s", i ? ", " : "", methods[i]);
    compiler_hint(c, "%.*s has %s", PL_FMT(service), list.p ? list.p : "no other");
    pl_buf_done(&list);
    return true;
}

static void hint_of_package(compiler *c, pl_str name, const char *const *names, size_t count) {
    const char *near = pl_str_nearest(name, names, count);
    if (near)
        compiler_hint(c, "did you mean '%s'?", near);
    else if (count == 0)
        compiler_hint(c, "no proto of the workspace has services in package %s",
                      c->file->provider.p);
    else
        compiler_hint(c, "it is written Service.Method, such as %s", names[0]);
}

static const pl_method_type *compile_method(compiler *c, const pl_yaml_node *node) {
    pl_str name;
    if (!compiler_text(c, node, &name))
        return NULL;
    pl_buf list = pl_buf_make(256 * 1024);
    const pl_method_type *method = find_method(c, name, &list);
    if (!method) {
        const char *names[NAMES_MAX];
        size_t count = split_names(&list, names);
        compiler_error(c, node, "METHOD_UNKNOWN", "%s has no method '%.128s'", c->file->provider.p,
                       name.p);
        if (!hint_of_service(c, name, names, count))
            hint_of_package(c, name, names, count);
    }
    pl_buf_done(&list);
    return method;
}

static bool is_binding(const pl_http_rule *rule, pl_str text) {
    return text.n == rule->verb.n + 1 + rule->path.n && pl_str_starts(text, rule->verb) &&
           text.p[rule->verb.n] == ' ' && pl_str_ends(text, rule->path);
}

static void compile_http(compiler *c, const pl_yaml_node *node) {
    const pl_method_type *method = c->contract->method;
    pl_str text;
    if (!compiler_text(c, node, &text) || !method)
        return;
    if (!(c->file->access & PL_ACCESS_REST)) {
        compiler_error(c, node, "ACCESS", "http: without rest in the file's access");
        compiler_hint(c, "access: [rest]");
    }
    for (size_t i = 0; i < method->http_count; i++) {
        if (is_binding(&method->http[i], text)) {
            c->contract->http = &method->http[i];
            return;
        }
    }
    compiler_error(c, node, "HTTP_UNKNOWN", "%s has no binding '%.128s'", method->name.p, text.p);
    pl_buf list = pl_buf_make(4096);
    for (size_t i = 0; i < method->http_count; i++)
        pl_buf_printf(&list, "%s%s %s", i ? ", " : "", method->http[i].verb.p,
                      method->http[i].path.p);
    compiler_hint(c, list.n ? "it has %s" : "it has none%s", list.p);
    pl_buf_done(&list);
}

void compile_call(compiler *c, const pl_yaml_node *contract) {
    const pl_yaml_node *call = pl_yaml_find(contract, "call");
    const pl_yaml_node *http = pl_yaml_find(contract, "http");
    const pl_yaml_node *steps = pl_yaml_find(contract, "steps");
    static const char *const short_form[] = {"request", "response", "status"};
    pl_contract *out = c->contract;
    out->method = compile_method(c, call);
    if (!(c->file->access & (PL_ACCESS_GRPC | PL_ACCESS_REST))) {
        compiler_error(c, call, "ACCESS", "a call without grpc or rest in the file's access");
        compiler_hint(c, "add grpc or rest to access:");
    }
    if (http)
        compile_http(c, http);
    if (!out->method)
        return;
    check_forbidden_names(c, contract, out->method->output);
    for (size_t i = 0; steps && i < PL_COUNT(short_form); i++) {
        const pl_yaml_node *extra = pl_yaml_find(contract, short_form[i]);
        if (extra)
            compiler_error(c, extra, "STEPS_AND_BODY", "%s: stands beside steps:, which say it all",
                           short_form[i]);
    }
    if (steps) {
        compile_steps(c, contract);
        return;
    }
    if (out->method->client_streaming || out->method->server_streaming) {
        compiler_error(c, call, "STEPS_MISSING",
                       "%s streams: say what happens in steps:", out->method->name.p);
        compiler_hint(c, "steps: [ recv: {...}, send: {...}, status: OK ]");
        return;
    }
    compile_unary(c, contract);
}

/* ---- events ---------------------------------------------------------------------------------- */

static const pl_message_type *compile_event_type(compiler *c, const pl_yaml_node *node) {
    const char *names[NAMES_MAX];
    size_t count = 0;
    pl_str name;
    if (!compiler_text(c, node, &name))
        return NULL;
    for (size_t f = 0; f < pl_pool_file_count(c->pool); f++) {
        const pl_file *file = pl_pool_file_at(c->pool, f);
        for (size_t i = 0; in_package(file, c->file->provider) && i < file->message_count; i++) {
            const pl_message_type *type = file->messages[i];
            if (!type->is_event)
                continue;
            if (pl_str_eq(type->name, name) || pl_str_eq(type->full_name, name))
                return type;
            if (count < NAMES_MAX)
                names[count++] = type->name.p;
        }
    }
    compiler_error(c, node, "EVENT_UNKNOWN", "%s has no event '%.128s'", c->file->provider.p,
                   name.p);
    compiler_did_you_mean(c, name, names, count);
    return NULL;
}

void compile_event(compiler *c, const pl_yaml_node *contract) {
    const pl_yaml_node *event = pl_yaml_find(contract, "event");
    const pl_yaml_node *trigger = pl_yaml_find(contract, "trigger");
    const pl_yaml_node *stream = pl_yaml_find(contract, "stream");
    const pl_yaml_node *payload = pl_yaml_find(contract, "payload");
    pl_contract *out = c->contract;
    out->event = compile_event_type(c, event);
    if (!(c->file->access & PL_ACCESS_EVENTS)) {
        compiler_error(c, event, "ACCESS", "an event without events in the file's access");
        compiler_hint(c, "add events to access:");
    }
    if (!trigger)
        compiler_error(c, event, "KEY_MISSING", "an event has a trigger: what makes it happen");
    else if (compiler_text(c, trigger, &out->trigger))
        out->trigger = compiler_copy(c, out->trigger);
    if (out->event)
        out->stream = out->event->file->stream;
    pl_str name;
    if (stream && compiler_text(c, stream, &name) && out->event && !pl_str_eq(name, out->stream)) {
        compiler_error(c, stream, "STREAM_MISMATCH", "%s is published on '%s', not on '%.64s'",
                       out->event->name.p, out->stream.p, name.p);
    }
    if (!payload) {
        compiler_error(c, event, "KEY_MISSING",
                       "an event has a payload: nothing would be verified");
        return;
    }
    if (out->event) {
        out->payload = compile_whole(c, out->event, payload, LIMITS_EVENT);
        check_forbidden(c, contract, out->payload);
        check_forbidden_names(c, contract, out->event);
    }
}
