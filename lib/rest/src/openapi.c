/* The table as an OpenAPI 3.1 document. */
#include "parley/rest/openapi.h"

#include <stdio.h>
#include <string.h>

#include "schema.h"
#include "table.h"

enum {
    TEXT_MAX = 4096,     /* bytes of a path or of a parameter's name */
    DOC_MAX = 4000,      /* bytes of a comment */
    QUERY_DEPTH_MAX = 4, /* of fields in messages that stand in a query */
};

typedef struct document {
    const pl_rest *rest;
    pl_buf *out;
    rest_schemas schemas;
} document;

static const char error_parts[] =
    "\"Error\":{\"type\":\"object\",\"required\":[\"code\",\"status\",\"message\",\"details\"],"
    "\"properties\":{\"code\":{\"type\":\"integer\",\"description\":\"the gRPC code\"},"
    "\"status\":{\"type\":\"string\",\"description\":\"its name\"},"
    "\"message\":{\"type\":\"string\"},"
    "\"details\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":"
    "{\"@type\":{\"type\":\"string\"}}}},"
    "\"timestamp\":{\"type\":\"string\",\"format\":\"date-time\"},"
    "\"path\":{\"type\":\"string\"}}},"
    "\"Links\":{\"type\":\"object\",\"additionalProperties\":{\"type\":\"object\","
    "\"required\":[\"href\"],\"properties\":{\"href\":{\"type\":\"string\"}}}}";

static const char more_components[] =
    "\"responses\":{\"Error\":{\"description\":\"an error\",\"content\":{\"application/json\":"
    "{\"schema\":{\"$ref\":\"#/components/schemas/Error\"}}}}},"
    "\"securitySchemes\":{\"bearer\":{\"type\":\"http\",\"scheme\":\"bearer\"}}";

static void put_doc(document *d, pl_str doc) {
    doc = pl_utf8_cut(pl_str_trim(doc), DOC_MAX);
    if (!doc.n)
        return;
    pl_buf_puts(d->out, ",\"description\":");
    pl_buf_json(d->out, doc);
}

/* ---- paths ----------------------------------------------------------------------------------- */

/* The variable that begins at SEGMENT, or NULL. */
static const pl_rest_variable *variable_at(const pl_rest_template *tmpl, size_t segment) {
    for (size_t i = 0; i < tmpl->variable_count; i++) {
        if (tmpl->variables[i].first == segment)
            return &tmpl->variables[i];
    }
    return NULL;
}

/* Appends a path as OpenAPI has it, its variables with their names or without; false: it has a
 * wildcard without a name, for which there is no word. */
static bool put_path(const pl_rest_template *tmpl, bool names, pl_buf *out) {
    for (size_t i = 0; i < tmpl->segment_count; i++) {
        const pl_rest_variable *variable = variable_at(tmpl, i);
        pl_buf_putc(out, '/');
        if (variable) {
            pl_buf_printf(out, "{%.*s}", names ? (int)variable->field.n : 0, variable->field.p);
            i += variable->count - 1;
        } else if (tmpl->segments[i].kind == PL_REST_LITERAL) {
            pl_buf_str(out, tmpl->segments[i].literal);
        } else {
            return false;
        }
    }
    if (!tmpl->segment_count)
        pl_buf_putc(out, '/');
    if (tmpl->verb.n)
        pl_buf_printf(out, ":%.*s", PL_FMT(tmpl->verb));
    return !out->failed;
}

/* Whether A and B have one path, whatever the names in it are. */
static bool same_path(const rest_binding *a, const rest_binding *b) {
    pl_buf left = pl_buf_make(TEXT_MAX), right = pl_buf_make(TEXT_MAX);
    bool same = put_path(&a->tmpl, false, &left) && put_path(&b->tmpl, false, &right) &&
                pl_str_eq(pl_buf_view(&left), pl_buf_view(&right));

    pl_buf_done(&left);
    pl_buf_done(&right);
    return same;
}

/* The verb as a key of a path, or NULL where OpenAPI has none. */
static const char *key_of(const rest_binding *binding) {
    static const char *const verbs[][2] = {
        {"GET", "get"},     {"PUT", "put"},         {"POST", "post"}, {"DELETE", "delete"},
        {"PATCH", "patch"}, {"OPTIONS", "options"}, {"HEAD", "head"}, {"TRACE", "trace"}};

    for (size_t i = 0; i < PL_COUNT(verbs); i++) {
        if (pl_str_eqc(binding->route.http_method, verbs[i][0]))
            return verbs[i][1];
    }
    return NULL;
}

/* ---- parameters ------------------------------------------------------------------------------ */

/* FIELD is bound by the path of SELF, or is its body. */
static bool is_elsewhere(const void *self, const pl_field *field) {
    const rest_binding *binding = self;

    for (size_t i = 0; i < binding->tmpl.variable_count; i++) {
        if (binding->variables[i].depth == 1 && binding->variables[i].fields[0] == field)
            return true;
    }
    return binding->body == REST_BODY_FIELD && field == binding->body_field;
}

static void begin_parameter(document *d, pl_str name, const char *in, bool *first) {
    pl_buf_puts(d->out, *first ? "{\"name\":" : ",{\"name\":");
    pl_buf_json(d->out, name);
    pl_buf_printf(d->out, ",\"in\":\"%s\"", in);
    *first = false;
}

static void put_path_parameters(document *d, const rest_binding *binding,
                                const rest_binding *named_by, bool *first) {
    for (size_t i = 0; i < binding->tmpl.variable_count; i++) {
        const rest_variable *variable = &binding->variables[i];
        begin_parameter(d, named_by->tmpl.variables[i].field, "path", first);
        if (binding->tmpl.variables[i].multi)
            pl_buf_puts(d->out, ",\"description\":\"may have several segments\"");
        pl_buf_puts(d->out, ",\"required\":true,\"schema\":");
        rest_schema_field(&d->schemas, variable->fields[variable->depth - 1]);
        pl_buf_putc(d->out, '}');
    }
}

static bool is_plain_message(const pl_field *field) {
    return field->message && field->message->well_known == PL_WELL_KNOWN_NONE;
}

/* The fields of TYPE that may stand in a query, below PREFIX. */
static void put_query(document *d, const rest_binding *binding, const pl_message_type *type,
                      const char *prefix, int depth, bool *first) {
    for (size_t i = 0; i < type->field_count && depth < QUERY_DEPTH_MAX; i++) {
        const pl_field *field = &type->fields[i];
        char name[TEXT_MAX];
        if (depth == 0 && is_elsewhere(binding, field))
            continue;
        (void)snprintf(name, sizeof name, "%s%s", prefix, field->json_name.p);
        if (is_plain_message(field) && !field->repeated) {
            (void)snprintf(name, sizeof name, "%s%s.", prefix, field->json_name.p);
            put_query(d, binding, field->message, name, depth + 1, first);
        } else if (!field->map && !is_plain_message(field)) {
            begin_parameter(d, pl_str_c(name), "query", first);
            pl_buf_puts(d->out, ",\"schema\":");
            rest_schema_field(&d->schemas, field);
            pl_buf_putc(d->out, '}');
        }
    }
}

static void put_parameters(document *d, const rest_binding *binding, const rest_binding *named_by) {
    rest_int64 usual = d->schemas.int64;
    bool first = true;

    d->schemas.int64 = REST_INT64_NUMBER; /* a text in any case */
    pl_buf_puts(d->out, ",\"parameters\":[");
    put_path_parameters(d, binding, named_by, &first);
    if (binding->body != REST_BODY_ALL)
        put_query(d, binding, binding->method->input, "", 0, &first);
    pl_buf_putc(d->out, ']');
    d->schemas.int64 = usual;
}

/* ---- bodies ---------------------------------------------------------------------------------- */

/* Whether the body is an object of which some fields stand elsewhere or need not be there. */
static bool is_partial(const rest_binding *binding) {
    const pl_field *field = binding->body_field;
    bool patch = pl_str_eqc(binding->route.http_method, "PATCH");

    if (binding->body == REST_BODY_ALL)
        return patch || binding->tmpl.variable_count;
    return patch && is_plain_message(field) && !field->repeated;
}

static void put_body(document *d, const rest_binding *binding) {
    bool whole = binding->body == REST_BODY_ALL;
    rest_schema_omit omit = {is_elsewhere, binding};

    if (binding->body == REST_BODY_NONE)
        return;
    pl_buf_printf(d->out, ",\"requestBody\":{\"required\":true,\"content\":{\"%s\":{\"schema\":",
                  binding->rule->rest.consumes == PL_REST_CONSUMES_FORM
                      ? "application/x-www-form-urlencoded"
                      : "application/json");
    if (is_partial(binding)) {
        pl_buf_putc(d->out, '{');
        rest_schema_object(&d->schemas,
                           whole ? binding->method->input : binding->body_field->message,
                           !pl_str_eqc(binding->route.http_method, "PATCH"), whole ? &omit : NULL);
        pl_buf_putc(d->out, '}');
    } else if (whole) {
        pl_buf_putc(d->out, '{');
        rest_schema_type(&d->schemas, binding->method->input);
        pl_buf_putc(d->out, '}');
    } else {
        rest_schema_field(&d->schemas, binding->body_field);
    }
    pl_buf_puts(d->out, "}}}");
}

/* TYPE with what HAL adds. */
static void put_resource(document *d, const pl_message_type *type, const rest_resource *resource) {
    pl_buf_puts(d->out, "{\"allOf\":[{");
    rest_schema_type(&d->schemas, type);
    pl_buf_puts(d->out, "},{\"type\":\"object\",\"properties\":{");
    if (resource->id_alias.n) {
        pl_buf_json(d->out, resource->id_alias);
        pl_buf_putc(d->out, ':');
        rest_schema_field(&d->schemas, resource->id);
        pl_buf_putc(d->out, ',');
    }
    pl_buf_puts(d->out, "\"_links\":{\"$ref\":\"#/components/schemas/Links\"}}}]}");
}

static bool is_items(const void *self, const pl_field *field) {
    return field == self;
}

static void put_collection(document *d, const rest_binding *binding) {
    rest_schema_omit omit = {is_items, binding->items};

    pl_buf_puts(d->out, "{\"allOf\":[{");
    rest_schema_object(&d->schemas, binding->method->output, false, &omit);
    pl_buf_puts(d->out, "},{\"type\":\"object\",\"properties\":{\"_embedded\":{\"type\":\"object\","
                        "\"properties\":{");
    pl_buf_json(d->out, binding->items->json_name);
    pl_buf_puts(d->out, ":{\"type\":\"array\",\"items\":");
    put_resource(d, binding->items->message, binding->item);
    pl_buf_puts(d->out, "}}},\"_links\":{\"$ref\":\"#/components/schemas/Links\"}}}]}");
}

/* What is answered, as HAL or plain. */
static void put_answer(document *d, const rest_binding *binding, bool hal) {
    bool array = binding->rule->rest.page && binding->items;

    if (binding->response_field) {
        rest_schema_field(&d->schemas, binding->response_field);
        return;
    }
    if (array) {
        pl_buf_puts(d->out, "{\"description\":\"an array unless page or size is asked for\","
                            "\"anyOf\":[");
        rest_schema_field(&d->schemas, binding->items);
        pl_buf_putc(d->out, ',');
    }
    if (hal && binding->resource) {
        put_resource(d, binding->method->output, binding->resource);
    } else if (hal && binding->item) {
        put_collection(d, binding);
    } else {
        pl_buf_putc(d->out, '{');
        rest_schema_type(&d->schemas, binding->method->output);
        pl_buf_putc(d->out, '}');
    }
    if (array)
        pl_buf_puts(d->out, "]}");
}

static void put_responses(document *d, const rest_binding *binding) {
    const pl_rest_options *rest = &binding->rule->rest;
    bool hal = !rest->plain && (binding->resource || binding->item);

    pl_buf_puts(d->out, ",\"responses\":{");
    if (rest->no_content) {
        pl_buf_puts(d->out, "\"204\":{\"description\":\"done\"}");
    } else {
        pl_buf_printf(d->out, "\"%s\":{\"description\":\"%s\",\"content\":{",
                      binding->created ? "201" : "200", binding->created ? "created" : "done");
        if (hal) {
            pl_buf_puts(d->out, "\"application/hal+json\":{\"schema\":");
            put_answer(d, binding, true);
            pl_buf_puts(d->out, "},");
        }
        pl_buf_puts(d->out, "\"application/json\":{\"schema\":");
        put_answer(d, binding, hal);
        pl_buf_puts(d->out, "}}}");
    }
    pl_buf_puts(d->out, ",\"default\":{\"$ref\":\"#/components/responses/Error\"}}");
}

/* ---- operations ------------------------------------------------------------------------------ */

/* Which of its method's bindings it is. */
static size_t number_of(const rest_binding *binding) {
    return (size_t)(binding->rule - binding->method->http) + 1;
}

static void put_operation(document *d, const rest_binding *binding, const rest_binding *named_by) {
    const pl_method_type *method = binding->method;

    pl_buf_printf(d->out, "\"%s\":{\"operationId\":\"%s.%s", key_of(binding),
                  method->service->name.p, method->name.p);
    if (number_of(binding) > 1)
        pl_buf_printf(d->out, ".%zu", number_of(binding));
    pl_buf_printf(d->out, "\",\"tags\":[\"%s\"]", method->service->full_name.p);
    put_doc(d, method->doc);
    if (method->deprecated)
        pl_buf_puts(d->out, ",\"deprecated\":true");
    if (method->auth.kind != PL_AUTH_UNSET && method->auth.kind != PL_AUTH_PUBLIC)
        pl_buf_puts(d->out, ",\"security\":[{\"bearer\":[]}]");
    put_parameters(d, binding, named_by);
    put_body(d, binding);
    put_responses(d, binding);
    pl_buf_putc(d->out, '}');
}

/* An earlier binding than I, from FROM on, has its path, and its verb where VERB is set. */
static bool is_known(const pl_rest *rest, size_t from, size_t i, bool verb) {
    const rest_binding *binding = rest->bindings[i];

    for (size_t k = from; k < i; k++) {
        if (same_path(rest->bindings[k], binding) &&
            (!verb || pl_str_eq(rest->bindings[k]->route.http_method, binding->route.http_method)))
            return true;
    }
    return false;
}

/* Those of one path are one item, under the names of the first. */
static void put_item(document *d, size_t first) {
    const pl_rest *rest = d->rest;
    const char *comma = "";

    for (size_t i = first; i < rest->binding_count; i++) {
        if (!key_of(rest->bindings[i]) || !same_path(rest->bindings[first], rest->bindings[i]) ||
            is_known(rest, first, i, true))
            continue;
        pl_buf_puts(d->out, comma);
        put_operation(d, rest->bindings[i], rest->bindings[first]);
        comma = ",";
    }
}

static void put_paths(document *d) {
    const char *comma = "";

    for (size_t i = 0; i < d->rest->binding_count; i++) {
        pl_buf path = pl_buf_make(TEXT_MAX);
        if (put_path(&d->rest->bindings[i]->tmpl, true, &path) && !is_known(d->rest, 0, i, false)) {
            pl_buf_puts(d->out, comma);
            pl_buf_json(d->out, pl_buf_view(&path));
            pl_buf_puts(d->out, ":{");
            put_item(d, i);
            pl_buf_putc(d->out, '}');
            comma = ",";
        }
        pl_buf_done(&path);
    }
}

/* As all bindings show 64-bit integers, or either way. */
static rest_int64 int64_of(const pl_rest *rest) {
    size_t numbers = 0;

    for (size_t i = 0; i < rest->binding_count; i++)
        numbers += rest->bindings[i]->rule->rest.int64_numbers;
    if (numbers && numbers < rest->binding_count)
        return REST_INT64_EITHER;
    return numbers ? REST_INT64_NUMBER : REST_INT64_STRING;
}

pl_code pl_rest_openapi(const pl_rest *rest, pl_str title, pl_str version, pl_buf *out,
                        pl_error *err) {
    document d = {rest, out, {.refs = "#/components/schemas/", .out = out}};

    d.schemas.int64 = int64_of(rest);
    pl_buf_puts(out, "{\"openapi\":\"3.1.0\",\"info\":{\"title\":");
    pl_buf_json(out, title);
    pl_buf_puts(out, ",\"version\":");
    pl_buf_json(out, version);
    pl_buf_puts(out, "},\"paths\":{");
    put_paths(&d);
    pl_buf_puts(out, "},\"components\":{\"schemas\":{");
    pl_buf_puts(out, error_parts);
    pl_buf_puts(out, d.schemas.count ? "," : "");
    rest_schema_types(&d.schemas);
    pl_buf_puts(out, "},");
    pl_buf_puts(out, more_components);
    pl_buf_puts(out, "}}");
    if (d.schemas.too_many || out->failed)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED,
                            "%.*s: more than %d message types, or its OpenAPI is too large",
                            PL_FMT(title), REST_SCHEMA_TYPES_MAX);
    return PL_OK;
}
