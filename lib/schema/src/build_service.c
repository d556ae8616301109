/* ServiceDescriptorProto and MethodDescriptorProto. */
#include "build.h"

enum {
    SERVICE_NAME = 1,
    SERVICE_METHOD = 2,
    SERVICE_OPTIONS = 3,
    SERVICE_DEPRECATED = 33,
    METHOD_NAME = 1,
    METHOD_INPUT = 2,
    METHOD_OUTPUT = 3,
    METHOD_OPTIONS = 4,
    METHOD_CLIENT_STREAMING = 5,
    METHOD_SERVER_STREAMING = 6
};

static bool method_path(build *b, const service_node *node, pl_method_type *method) {
    char *p = pl_arena_printf(b->arena, "/%s/%s", node->pub.full_name.p, method->name.p);
    if (!p)
        return build_no_memory(b);
    method->path = pl_str_c(p);
    return true;
}

static bool parse_method(build *b, pl_str bytes, service_node *node, size_t index) {
    pl_method_type *method = &node->methods[index];
    method_refs *refs = &node->refs[index];
    pl_wire_reader r = pl_wire_reader_make(bytes);
    pl_wire_field f;
    pl_str options = {0};
    bool ok = build_merged(b, bytes, METHOD_OPTIONS, &options);
    method->service = &node->pub;
    method->source.file = b->file->pub.name;
    while (ok && pl_wire_next(&r, &f)) {
        if (f.number == METHOD_NAME)
            ok = build_take_name(b, &f, "method", &method->name);
        else if (f.number == METHOD_INPUT)
            ok = build_take_text(b, &f, &refs->input);
        else if (f.number == METHOD_OUTPUT)
            ok = build_take_text(b, &f, &refs->output);
        else if (f.number == METHOD_CLIENT_STREAMING)
            method->client_streaming = f.value != 0;
        else if (f.number == METHOD_SERVER_STREAMING)
            method->server_streaming = f.value != 0;
    }
    if (!ok)
        return false;
    if (!method->name.n)
        return build_fail(b, "malformed: a method of %s lacks its name", node->pub.full_name.p);
    return build_join(b, node->pub.full_name, '.', method->name, &method->full_name) &&
           method_path(b, node, method) && build_method_options(b, options, method, refs);
}

bool build_parse_service(build *b, pl_str bytes, service_node *node) {
    pl_wire_field f;
    pl_str options = {0};
    node->pub.file = &b->file->pub;
    node->pub.source.file = b->file->pub.name;
    if (!pl_wire_find(bytes, SERVICE_NAME, &f))
        return build_fail(b, "malformed: a service without a name");
    if (!build_take_name(b, &f, "service", &node->pub.name) ||
        !build_join(b, b->file->pub.package, '.', node->pub.name, &node->pub.full_name) ||
        !build_merged(b, bytes, SERVICE_OPTIONS, &options) ||
        !build_bool_option(b, options, SERVICE_DEPRECATED, &node->pub.deprecated))
        return false;
    size_t count = build_count(bytes, SERVICE_METHOD);
    node->methods = build_calloc(b, count, sizeof(*node->methods));
    node->refs = build_calloc(b, count, sizeof(*node->refs));
    if (!node->methods || !node->refs)
        return false;
    node->pub.methods = node->methods;
    pl_wire_reader r = pl_wire_reader_make(bytes);
    while (pl_wire_next(&r, &f)) {
        if (f.number != SERVICE_METHOD)
            continue;
        if (!build_want(b, &f, PL_WIRE_BYTES) ||
            !parse_method(b, f.bytes, node, node->pub.method_count++))
            return false;
    }
    return true;
}
