/* parley contract schema: a JSON Schema of the contracts with one provider, so that editors
 * complete methods, events and fields and show their comments. Tags are matchers, which a JSON
 * Schema cannot tell from values: what a value must be is said by `parley contract check`. */
#include <stdio.h>
#include <string.h>

#include "common/protos.h"
#include "contract/contract.h"

enum { OUTPUT_MAX = 64 << 20, TYPES_MAX = 8192, DOC_MAX = 2000 };

typedef struct schema {
    pl_buf *out;
    const pl_pool *pool;
    pl_str provider;
    const pl_message_type *types[TYPES_MAX]; /* to be defined, in the order they were met */
    size_t type_count;
} schema;

static void key(schema *s, const char *name) {
    pl_buf_json(s->out, pl_str_c(name));
    pl_buf_putc(s->out, ':');
}

static void ref(schema *s, const pl_message_type *type) {
    size_t i = 0;
    while (i < s->type_count && s->types[i] != type)
        i++;
    if (i == s->type_count && i < TYPES_MAX)
        s->types[s->type_count++] = type;
    pl_buf_printf(s->out, "\"$ref\":\"#/definitions/%s\"", type->full_name.p);
}

static void doc(schema *s, pl_str text) {
    text = pl_utf8_cut(pl_str_trim(text), DOC_MAX);
    if (!text.n)
        return;
    key(s, "description");
    pl_buf_json(s->out, text);
    pl_buf_putc(s->out, ',');
}

/* Names that may be completed; anything else is allowed beside them. */
static void put_enum(schema *s, const pl_enum_type *type) {
    pl_buf_puts(s->out, "\"anyOf\":[{\"enum\":[");
    for (size_t i = 0; i < type->value_count; i++) {
        pl_buf_puts(s->out, i ? "," : "");
        pl_buf_json(s->out, type->values[i].name);
    }
    pl_buf_puts(s->out, "]},{}]");
}

static void put_field(schema *s, const pl_field *field) {
    bool message = field->message && !field->map &&
                   field->message->well_known == PL_WELL_KNOWN_NONE;
    pl_buf_json(s->out, field->name);
    pl_buf_puts(s->out, ":{");
    doc(s, field->doc);
    if (field->repeated && !field->map) {
        pl_buf_puts(s->out, "\"items\":{");
        if (message)
            ref(s, field->message);
        else if (field->enumeration)
            put_enum(s, field->enumeration);
        pl_buf_puts(s->out, "}}");
        return;
    }
    if (message) {
        pl_buf_puts(s->out, "\"anyOf\":[{");
        ref(s, field->message);
        pl_buf_puts(s->out, "},{}]");
    } else if (field->enumeration) {
        put_enum(s, field->enumeration);
    } else {
        pl_buf_puts(s->out, "\"title\":");
        pl_buf type = pl_buf_make(256);
        pl_field_describe(field, &type);
        pl_buf_json(s->out, pl_buf_view(&type));
        pl_buf_done(&type);
    }
    pl_buf_putc(s->out, '}');
}

static void put_message(schema *s, const pl_message_type *type) {
    pl_buf_json(s->out, type->full_name);
    pl_buf_puts(s->out, ":{");
    doc(s, type->doc);
    pl_buf_puts(s->out, "\"type\":\"object\",\"properties\":{");
    for (size_t i = 0; i < type->field_count; i++) {
        pl_buf_puts(s->out, i ? "," : "");
        put_field(s, &type->fields[i]);
    }
    pl_buf_puts(s->out, "}}");
}

/* ---- methods and events ---------------------------------------------------------------------- */

typedef void (*on_method)(schema *s, const pl_method_type *method, const char *name, size_t index);
typedef void (*on_event)(schema *s, const pl_message_type *event, size_t index);

static size_t each_method(schema *s, on_method visit) {
    size_t count = 0;
    for (size_t f = 0; f < pl_pool_file_count(s->pool); f++) {
        const pl_file *file = pl_pool_file_at(s->pool, f);
        for (size_t i = 0; pl_str_eq(file->package, s->provider) && i < file->service_count; i++) {
            for (size_t m = 0; m < file->services[i]->method_count; m++) {
                const pl_method_type *method = &file->services[i]->methods[m];
                visit(s, method, method->full_name.p + file->package.n + 1, count++);
            }
        }
    }
    return count;
}

static size_t each_event(schema *s, on_event visit) {
    size_t count = 0;
    for (size_t f = 0; f < pl_pool_file_count(s->pool); f++) {
        const pl_file *file = pl_pool_file_at(s->pool, f);
        for (size_t i = 0; pl_str_eq(file->package, s->provider) && i < file->message_count; i++) {
            if (file->messages[i]->is_event)
                visit(s, file->messages[i], count++);
        }
    }
    return count;
}

static void put_method_name(schema *s, const pl_method_type *method, const char *name,
                            size_t index) {
    (void)method;
    pl_buf_puts(s->out, index ? "," : "");
    pl_buf_json(s->out, pl_str_c(name));
}

static void put_event_name(schema *s, const pl_message_type *event, size_t index) {
    pl_buf_puts(s->out, index ? "," : "");
    pl_buf_json(s->out, event->name);
}

static void put_method_rule(schema *s, const pl_method_type *method, const char *name,
                            size_t index) {
    (void)index;
    pl_buf_puts(s->out, ",{\"if\":{\"required\":[\"call\"],\"properties\":{\"call\":{\"const\":");
    pl_buf_json(s->out, pl_str_c(name));
    pl_buf_puts(s->out, "}}},\"then\":{\"properties\":{\"http\":{\"enum\":[");
    for (size_t i = 0; i < method->http_count; i++)
        pl_buf_printf(s->out, "%s\"%s %s\"", i ? "," : "", method->http[i].verb.p,
                      method->http[i].path.p);
    pl_buf_puts(s->out, "]},\"request\":{");
    ref(s, method->input);
    pl_buf_puts(s->out, "},\"response\":{");
    ref(s, method->output);
    pl_buf_puts(s->out, "},\"steps\":{\"items\":{\"properties\":{\"recv\":{");
    ref(s, method->input);
    pl_buf_puts(s->out, "},\"send\":{");
    ref(s, method->output);
    pl_buf_puts(s->out, "}}}}}}}");
}

static void put_event_rule(schema *s, const pl_message_type *event, size_t index) {
    (void)index;
    pl_buf_puts(s->out, ",{\"if\":{\"required\":[\"event\"],\"properties\":{\"event\":{\"const\":");
    pl_buf_json(s->out, event->name);
    pl_buf_puts(s->out, "}}},\"then\":{\"properties\":{\"stream\":{\"const\":");
    pl_buf_json(s->out, event->file->stream);
    pl_buf_puts(s->out, "},\"payload\":{");
    ref(s, event);
    pl_buf_puts(s->out, "}}}}");
}

/* ---- the whole ------------------------------------------------------------------------------- */

static void put_status(schema *s) {
    pl_buf_puts(s->out, "\"code\":{\"enum\":[");
    for (int code = 0; code < PL_CODE_COUNT; code++)
        pl_buf_printf(s->out, "%s\"%s\"", code ? "," : "", pl_code_name((pl_code)code));
    pl_buf_puts(s->out, "]},\"status\":{\"anyOf\":[{\"$ref\":\"#/definitions/code\"},{\"type\":"
                        "\"object\",\"required\":[\"code\"],\"additionalProperties\":false,"
                        "\"properties\":{\"code\":{\"$ref\":\"#/definitions/code\"},\"message\":{},"
                        "\"details\":{\"type\":\"array\"}}}]},");
}

static void put_contract(schema *s) {
    pl_buf_puts(s->out, "\"contract\":{\"type\":\"object\",\"required\":[\"name\"],"
                        "\"additionalProperties\":false,\"properties\":{"
                        "\"name\":{\"type\":\"string\"},\"given\":{},\"call\":{\"enum\":[");
    each_method(s, put_method_name);
    pl_buf_puts(s->out, "]},\"http\":{\"type\":\"string\"},\"metadata\":{\"type\":\"object\"},"
                        "\"trailers\":{\"type\":\"object\"},\"request\":{},\"response\":{},"
                        "\"status\":{\"$ref\":\"#/definitions/status\"},\"steps\":{\"type\":"
                        "\"array\"},\"trigger\":{\"type\":\"string\"},\"event\":{\"enum\":[");
    each_event(s, put_event_name);
    pl_buf_puts(
        s->out,
        "]},\"stream\":{\"type\":\"string\"},\"payload\":{},\"must_not_contain\":{\"type\":"
        "[\"array\",\"string\"]},\"within\":{\"type\":\"string\"},\"idempotent\":{\"type\":"
        "\"boolean\"},\"priority\":{\"type\":\"integer\"},\"scenario\":{\"type\":\"object\","
        "\"required\":[\"name\"],\"properties\":{\"name\":{\"type\":\"string\"},\"when\":{"
        "\"type\":\"string\"},\"then\":{\"type\":\"string\"}}},\"tags\":{\"type\":"
        "[\"array\",\"string\"]},\"ignored\":{\"$ref\":\"#/definitions/exemption\"},"
        "\"in_progress\":{\"$ref\":\"#/definitions/exemption\"}},\"allOf\":[{}");
    each_method(s, put_method_rule);
    each_event(s, put_event_rule);
    pl_buf_puts(s->out, "]}");
}

static void put_schema(schema *s) {
    pl_buf_puts(s->out, "{\"$schema\":\"http://json-schema.org/draft-07/schema#\",\"title\":");
    pl_buf_printf(s->out, "\"Contracts with %s\"", s->provider.p);
    pl_buf_puts(s->out, ",\"type\":\"object\",\"additionalProperties\":false,\"required\":["
                        "\"consumer\",\"provider\",\"access\",\"contracts\"],\"properties\":{"
                        "\"consumer\":{\"type\":\"string\"},\"provider\":{\"const\":");
    pl_buf_json(s->out, s->provider);
    pl_buf_puts(s->out, "},\"access\":{\"type\":\"array\",\"items\":{\"enum\":[\"grpc\",\"rest\","
                        "\"events\"]}},\"complete\":{\"type\":\"boolean\"},\"source\":{\"type\":"
                        "\"boolean\"},\"contracts\":{\"type\":\"array\",\"items\":{\"$ref\":"
                        "\"#/definitions/contract\"}}},\"definitions\":{\"exemption\":{\"type\":"
                        "\"object\",\"required\":[\"until\",\"because\"],\"properties\":{\"until\":"
                        "{\"type\":\"string\"},\"because\":{\"type\":\"string\"}}},");
    put_status(s);
    put_contract(s);
    for (size_t i = 0; i < s->type_count; i++) {
        pl_buf_putc(s->out, ',');
        put_message(s, s->types[i]);
    }
    pl_buf_puts(s->out, "}}\n");
}

static bool has_package(const pl_pool *pool, pl_str package) {
    for (size_t i = 0; i < pl_pool_file_count(pool); i++) {
        if (pl_str_eq(pl_pool_file_at(pool, i)->package, package))
            return true;
    }
    return false;
}

static int run(const verb_line *line, contracts *c) {
    static schema s;
    pl_error err = PL_ERROR_INIT;
    pl_buf out = pl_buf_make(OUTPUT_MAX);
    pl_code code = contracts_init(c, &err);
    if (code == PL_OK)
        code = protos_load(&c->space, c->findings, &c->pool, &err);
    if (code != PL_OK)
        return pl_findings_count(c->findings) ? contracts_report(c, &line->args)
                                              : verb_failed(line, &err);
    s.out = &out;
    s.pool = c->pool;
    s.provider = pl_str_c(line->words[0]);
    if (!has_package(c->pool, s.provider)) {
        pl_error_set(&err, PL_NOT_FOUND, "no proto of the workspace has the package '%.128s'",
                     line->words[0]);
        return verb_failed(line, &err);
    }
    put_schema(&s);
    return tool_print(&line->args, &out, TOOL_EXIT_OK);
}

int verb_schema(verb_line *line) {
    contracts c;
    if (line->word_count != 1)
        tool_usage(&line->args, "schema takes one provider, such as mall.products.v1");
    int code = run(line, &c);
    contracts_done(&c);
    return code;
}
