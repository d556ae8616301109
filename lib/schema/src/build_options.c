/* Options: those of google/protobuf/descriptor.proto we need, parley/options.proto and
 * google/api/http.proto. An option set in pieces is merged before it is read. */
#include "build.h"

enum {
    PARLEY_FIRST = 50001,  /* stream, event, json_name, limits, auth */
    PARLEY_SECOND = 50002, /* rest_defaults, resource, sensitive, call */
    PARLEY_THIRD = 50003,  /* rest */
    GOOGLE_API_HTTP = 72295728,
    MESSAGE_SET = 1,
    MESSAGE_DEPRECATED = 3,
    MESSAGE_MAP_ENTRY = 7,
    FIELD_PACKED = 2,
    FIELD_DEPRECATED = 3,
    VALUE_DEPRECATED = 1,
    METHOD_DEPRECATED = 33
};

/* Calls READ for each field of BYTES. */
typedef bool read_fn(build *b, const pl_wire_field *f, void *target);

static bool each(build *b, pl_str bytes, read_fn *read, void *target) {
    pl_wire_reader r = pl_wire_reader_make(bytes);
    pl_wire_field f;
    while (pl_wire_next(&r, &f))
        if (!read(b, &f, target))
            return false;
    return !r.failed || build_fail(b, "malformed: an option is cut off or damaged");
}

/* Merged content of message option NUMBER, each field of which is READ. */
static bool each_of(build *b, pl_str options, uint32_t number, read_fn *read, void *target) {
    pl_str content = {0};
    return build_merged(b, options, number, &content) && each(b, content, read, target);
}

bool build_bool_option(build *b, pl_str options, uint32_t number, bool *out_value) {
    pl_wire_field f;
    if (!pl_wire_find(options, number, &f))
        return true;
    if (!build_want(b, &f, PL_WIRE_VARINT))
        return false;
    *out_value = f.value != 0;
    return true;
}

static bool text_option(build *b, pl_str options, uint32_t number, pl_str *out_text) {
    pl_wire_field f;
    return !pl_wire_find(options, number, &f) || build_take_text(b, &f, out_text);
}

static bool read_limits(build *b, const pl_wire_field *f, void *target) {
    pl_limits_options *l = target;
    if (f->number == 6)
        return build_take_text(b, f, &l->pattern);
    if (!build_want(b, f, PL_WIRE_VARINT))
        return false;
    switch (f->number) {
    case 1:
        l->required = f->value != 0;
        break;
    case 2:
        l->min_length = (uint32_t)f->value;
        break;
    case 3:
        l->max_length = (uint32_t)f->value;
        break;
    case 4:
        l->has_min = true;
        l->min = (int64_t)f->value;
        break;
    case 5:
        l->has_max = true;
        l->max = (int64_t)f->value;
        break;
    case 7:
        l->min_items = (uint32_t)f->value;
        break;
    case 8:
        l->max_items = (uint32_t)f->value;
        break;
    default:
        break;
    }
    return true;
}

static bool read_auth(build *b, const pl_wire_field *f, void *target) {
    pl_auth_options *a = target;
    if (f->number < 1 || f->number > 5)
        return true;
    bool text = f->number == 3 || f->number == 4;
    if (text ? !build_take_text(b, f, &a->argument) : !build_want(b, f, PL_WIRE_VARINT))
        return false;
    if (text || f->value)
        a->kind = (pl_auth_kind)f->number;
    return true;
}

static bool read_call(build *b, const pl_wire_field *f, void *target) {
    pl_call_options *c = target;
    if (!build_want(b, f, PL_WIRE_VARINT))
        return false;
    switch (f->number) {
    case 1:
        c->run_inline = f->value != 0;
        break;
    case 2:
        c->idempotency = (pl_idempotency_option)(f->value & 3);
        break;
    case 3:
        c->max_request = (uint32_t)f->value;
        break;
    case 4:
        c->timeout_ms = (uint32_t)f->value;
        break;
    default:
        break;
    }
    return true;
}

static bool read_rest(build *b, const pl_wire_field *f, void *target) {
    pl_rest_options *o = target;
    if (f->number == 1)
        return build_take_text(b, f, &o->binding);
    if (f->number == 3)
        return build_take_text(b, f, &o->created);
    if (!build_want(b, f, PL_WIRE_VARINT))
        return false;
    switch (f->number) {
    case 2:
        o->plain = f->value != 0;
        break;
    case 4:
        o->no_content = f->value != 0;
        break;
    case 5:
        o->int64_numbers = f->value != 0;
        break;
    case 6:
        o->defaults = f->value != 0;
        break;
    case 7:
        o->consumes = f->value == 1 ? PL_REST_CONSUMES_FORM : PL_REST_CONSUMES_JSON;
        break;
    case 8:
        o->errors = f->value == 1 ? PL_REST_ERRORS_OAUTH2 : PL_REST_ERRORS_PLAIN;
        break;
    case 9:
        o->set_cookie = f->value != 0;
        break;
    case 10:
        o->page = f->value != 0;
        break;
    default:
        break;
    }
    return true;
}

static bool read_link(build *b, const pl_wire_field *f, void *target) {
    pl_link_options *l = target;
    switch (f->number) {
    case 1:
        return build_take_text(b, f, &l->rel);
    case 2:
        return build_take_text(b, f, &l->href);
    case 3:
        l->relative = f->value != 0;
        return true;
    default:
        return true;
    }
}

typedef struct resource_build {
    pl_resource_options pub;
    pl_link_options *links;
} resource_build;

static bool read_resource(build *b, const pl_wire_field *f, void *target) {
    resource_build *r = target;
    switch (f->number) {
    case 1:
        return build_take_text(b, f, &r->pub.rel);
    case 2:
        return build_take_text(b, f, &r->pub.self);
    case 3:
        return build_want(b, f, PL_WIRE_BYTES) &&
               each(b, f->bytes, read_link, &r->links[r->pub.link_count++]);
    case 4:
        return build_take_text(b, f, &r->pub.id_alias);
    case 5:
        return build_take_text(b, f, &r->pub.etag);
    default:
        return true;
    }
}

bool build_file_options(build *b, pl_str options, pl_file *file) {
    pl_rest_options *defaults = build_calloc(b, 1, sizeof(*defaults));
    if (!defaults)
        return false;
    file->rest_defaults = defaults;
    defaults->source = file->source;
    return text_option(b, options, PARLEY_FIRST, &file->stream) &&
           each_of(b, options, PARLEY_SECOND, read_rest, defaults);
}

bool build_message_options(build *b, pl_str options, message_node *node) {
    pl_str event = {0}, resource = {0};
    if (!build_bool_option(b, options, MESSAGE_SET, &node->pub.message_set) ||
        !build_bool_option(b, options, MESSAGE_DEPRECATED, &node->pub.deprecated) ||
        !build_bool_option(b, options, MESSAGE_MAP_ENTRY, &node->pub.map_entry) ||
        !build_merged(b, options, PARLEY_FIRST, &event) ||
        !build_merged(b, options, PARLEY_SECOND, &resource))
        return false;
    node->pub.is_event = build_count(options, PARLEY_FIRST) > 0;
    if (!text_option(b, event, 1, &node->pub.event_aggregate))
        return false;
    if (build_count(options, PARLEY_SECOND) == 0)
        return true;
    resource_build *r = build_calloc(b, 1, sizeof(*r));
    if (!r || !(r->links = build_calloc(b, build_count(resource, 3), sizeof(*r->links))) ||
        !each(b, resource, read_resource, r))
        return false;
    r->pub.links = r->links;
    node->pub.resource = &r->pub;
    return true;
}

bool build_field_options(build *b, pl_str options, pl_field *field, field_refs *refs) {
    pl_wire_field f;
    if (!build_bool_option(b, options, FIELD_DEPRECATED, &field->deprecated) ||
        !build_bool_option(b, options, PARLEY_SECOND, &field->sensitive))
        return false;
    if (pl_wire_find(options, FIELD_PACKED, &f))
        refs->packed = f.value != 0;
    if (build_count(options, PARLEY_FIRST) == 0)
        return true;
    pl_limits_options *limits = build_calloc(b, 1, sizeof(*limits));
    field->limits = limits;
    return limits && each_of(b, options, PARLEY_FIRST, read_limits, limits);
}

bool build_enum_value_options(build *b, pl_str options, pl_enum_value *value) {
    return build_bool_option(b, options, VALUE_DEPRECATED, &value->deprecated) &&
           text_option(b, options, PARLEY_FIRST, &value->json_name);
}

static bool read_custom(build *b, const pl_wire_field *f, void *target) {
    pl_http_rule *rule = target;
    if (f->number == 1)
        return build_take_text(b, f, &rule->verb);
    return f->number != 2 || build_take_text(b, f, &rule->path);
}

static bool read_http(build *b, const pl_wire_field *f, void *target) {
    static const char *const verbs[] = {
        [2] = "GET", [3] = "PUT", [4] = "POST", [5] = "DELETE", [6] = "PATCH"};
    pl_http_rule *rule = target;
    switch (f->number) {
    case 2:
    case 3:
    case 4:
    case 5:
    case 6:
        rule->verb = pl_str_c(verbs[f->number]);
        return build_take_text(b, f, &rule->path);
    case 7:
        return build_take_text(b, f, &rule->body);
    case 8:
        return build_want(b, f, PL_WIRE_BYTES) && each(b, f->bytes, read_custom, rule);
    case 12:
        return build_take_text(b, f, &rule->response_body);
    default:
        return true;
    }
}

static bool http_rules(build *b, pl_str options, pl_method_type *method, method_refs *refs) {
    const uint32_t additional = 11;
    pl_str http = {0};
    if (build_count(options, GOOGLE_API_HTTP) == 0)
        return true;
    if (!build_merged(b, options, GOOGLE_API_HTTP, &http))
        return false;
    refs->http = build_calloc(b, 1 + build_count(http, additional), sizeof(*refs->http));
    if (!refs->http || !each(b, http, read_http, &refs->http[method->http_count++]))
        return false;
    pl_wire_reader r = pl_wire_reader_make(http);
    pl_wire_field f;
    while (pl_wire_next(&r, &f))
        if (f.number == additional &&
            !(build_want(b, &f, PL_WIRE_BYTES) &&
              each(b, f.bytes, read_http, &refs->http[method->http_count++])))
            return false;
    for (size_t i = 0; i < method->http_count; i++) {
        refs->http[i].source.file = b->file->pub.name;
        if (!refs->http[i].verb.n)
            return build_fail(b, "method %s has a google.api.http rule without a pattern",
                              method->full_name.p);
    }
    method->http = refs->http;
    return true;
}

bool build_method_options(build *b, pl_str options, pl_method_type *method, method_refs *refs) {
    if (!build_bool_option(b, options, METHOD_DEPRECATED, &method->deprecated) ||
        !each_of(b, options, PARLEY_FIRST, read_auth, &method->auth) ||
        !each_of(b, options, PARLEY_SECOND, read_call, &method->call) ||
        !http_rules(b, options, method, refs))
        return false;
    refs->rest = build_calloc(b, build_count(options, PARLEY_THIRD), sizeof(*refs->rest));
    if (!refs->rest)
        return false;
    pl_wire_reader r = pl_wire_reader_make(options);
    pl_wire_field f;
    while (pl_wire_next(&r, &f)) {
        if (f.number != PARLEY_THIRD)
            continue;
        pl_rest_options *rest = &refs->rest[method->rest_count++];
        rest->source.file = b->file->pub.name;
        if (!build_want(b, &f, PL_WIRE_BYTES) || !each(b, f.bytes, read_rest, rest))
            return false;
    }
    method->rest = refs->rest;
    return true;
}
