/* One google.api.http rule, checked and compiled. */
#include "fields.h"
#include "table.h"

/* Where a problem of RULE is. */
static const pl_source *source_of(const pl_method_type *method, const pl_http_rule *rule) {
    return rule->source.line ? &rule->source : &method->source;
}

static bool http_token(pl_str verb) {
    for (size_t i = 0; i < verb.n; i++) {
        if (verb.p[i] < 'A' || verb.p[i] > 'Z')
            return false;
    }
    return verb.n > 0;
}

/* Why FIELD cannot be bound by a path, or NULL. */
static const char *unbindable(const pl_field *field) {
    if (field->map || field->repeated)
        return "is repeated; a path holds one value";
    if (field->kind == PL_KIND_MESSAGE || field->kind == PL_KIND_GROUP)
        return "is a message; bind one of its fields";
    return NULL;
}

static pl_code compile_variable(rest_builder *builder, rest_binding *binding, pl_str name,
                                rest_variable *variable) {
    const pl_method_type *method = binding->method;
    const pl_field *path[PL_FIELD_PATH_MAX];
    size_t depth = pl_message_field_path(method->input, name, path);
    const pl_source *source = source_of(method, binding->rule);
    if (depth == 0) {
        rest_builder_problem(builder, source, method, "template \"%s\": {%.*s} is no field of %s",
                             binding->rule->path.p, PL_FMT(name), method->input->full_name.p);
        return PL_OK;
    }
    const char *why = unbindable(path[depth - 1]);
    if (why) {
        rest_builder_problem(builder, source, method, "template \"%s\": {%.*s} %s",
                             binding->rule->path.p, PL_FMT(name), why);
        return PL_OK;
    }
    *variable = (rest_variable){rest_fields_keep(&builder->rest->arena, path, depth), depth};
    return variable->fields ? PL_OK : rest_builder_no_memory(builder);
}

static pl_code compile_template(rest_builder *builder, rest_binding *binding) {
    const pl_http_rule *rule = binding->rule;
    pl_error err = PL_ERROR_INIT;
    pl_arena *arena = &builder->rest->arena;
    pl_code code = pl_rest_template_parse(arena, rule->path, &binding->tmpl, &err);
    if (code == PL_INVALID_ARGUMENT) {
        rest_builder_problem(builder, source_of(binding->method, rule), binding->method, "%s",
                             err.message);
        return PL_OK;
    }
    rest_variable *variables =
        code ? NULL : pl_arena_calloc(arena, binding->tmpl.variable_count, sizeof *variables);
    if (!variables)
        return rest_builder_no_memory(builder);
    for (size_t i = 0; i < binding->tmpl.variable_count && !code; i++)
        code = compile_variable(builder, binding, binding->tmpl.variables[i].field, &variables[i]);
    binding->variables = variables;
    return code;
}

static bool bound_by_path(const rest_binding *binding, const pl_field *field) {
    for (size_t i = 0; i < binding->tmpl.variable_count; i++) {
        const rest_variable *variable = &binding->variables[i];
        if (variable->depth == 1 && variable->fields[0] == field)
            return true;
    }
    return false;
}

static void compile_body(rest_builder *builder, rest_binding *binding) {
    const pl_http_rule *rule = binding->rule;
    const pl_method_type *method = binding->method;
    if (rule->body.n == 0)
        return;
    const pl_source *source = source_of(method, rule);
    if (pl_str_eqc(rule->verb, "GET") || pl_str_eqc(rule->verb, "HEAD")) {
        rest_builder_problem(builder, source, method, "\"%s %s\" cannot have a body", rule->verb.p,
                             rule->path.p);
        return;
    }
    if (pl_str_eqc(rule->body, "*")) {
        binding->body = REST_BODY_ALL;
        return;
    }
    const pl_field *field = pl_message_field_by_name(method->input, rule->body);
    if (!field) {
        rest_builder_problem(builder, source, method, "body: \"%s\" is no field of %s",
                             rule->body.p, method->input->full_name.p);
    } else if (bound_by_path(binding, field)) {
        rest_builder_problem(builder, source, method, "body: \"%s\" is bound by the path as well",
                             rule->body.p);
    } else {
        binding->body = REST_BODY_FIELD;
        binding->body_field = field;
    }
}

/* A FieldMask named update_mask beside a body that is a message. */
static const pl_field *mask_of(const rest_binding *binding) {
    if (!pl_str_eqc(binding->rule->verb, "PATCH") || !binding->body_field ||
        !binding->body_field->message)
        return NULL;
    const pl_field *mask = pl_message_field_by_name(binding->method->input,
                                                    pl_str_c("update_mask"));
    bool fits = mask && !mask->repeated && mask->message &&
                mask->message->well_known == PL_WELL_KNOWN_FIELD_MASK;
    return fits ? mask : NULL;
}

static pl_code compile_response(rest_builder *builder, rest_binding *binding) {
    const pl_http_rule *rule = binding->rule;
    const pl_method_type *method = binding->method;
    const pl_source *source = source_of(method, rule);
    if (rule->response_body.n) {
        binding->response_field = pl_message_field_by_name(method->output, rule->response_body);
        if (!binding->response_field)
            rest_builder_problem(builder, source, method, "response_body: \"%s\" is no field of %s",
                                 rule->response_body.p, method->output->full_name.p);
    }
    if (!rule->rest.created.n)
        return PL_OK;
    rest_link *created = PL_ARENA_NEW(&builder->rest->arena, rest_link);
    if (!created)
        return rest_builder_no_memory(builder);
    pl_error err = PL_ERROR_INIT;
    pl_code code = rest_link_parse(&builder->rest->arena, pl_str_make(NULL, 0), rule->rest.created,
                                   false, method->output, created, &err);
    if (code == PL_INVALID_ARGUMENT)
        rest_builder_problem(builder, source, method, "created: %s", err.message);
    else if (code)
        return rest_builder_no_memory(builder);
    binding->created = created;
    return PL_OK;
}

static void fill_route(rest_binding *binding) {
    binding->route = (pl_rest_route){
        .http_method = binding->rule->verb,
        .path_template = binding->rule->path,
        .service = binding->method->service->full_name.p,
        .rpc_path = binding->method->path.p,
    };
}

pl_code rest_binding_compile(rest_builder *builder, const pl_method_type *method,
                             const pl_http_rule *rule, rest_binding **out_binding) {
    size_t before = builder->problems;
    rest_binding *binding = PL_ARENA_NEW(&builder->rest->arena, rest_binding);
    if (!binding)
        return rest_builder_no_memory(builder);
    binding->method = method;
    binding->rule = rule;
    if (!http_token(rule->verb))
        rest_builder_problem(builder, source_of(method, rule), method,
                             "\"%s\" is no HTTP method; write it in capitals", rule->verb.p);
    if (method->client_streaming || method->server_streaming)
        rest_builder_problem(builder, source_of(method, rule), method,
                             "a streaming method has no REST form");
    if (method->auth.kind == PL_AUTH_INTERNAL)
        rest_builder_problem(builder, source_of(method, rule), method,
                             "an internal method has no REST form; remove google.api.http");
    pl_code code = compile_template(builder, binding);
    if (code)
        return code;
    if (builder->problems > before)
        return PL_OK;
    fill_route(binding);
    compile_body(builder, binding);
    binding->mask = mask_of(binding);
    code = compile_response(builder, binding);
    if (!code)
        code = rest_binding_compile_answer(builder, binding);
    if (!code && builder->problems == before)
        *out_binding = binding;
    return code;
}
