/* Resolving names, once all files are read: dependencies, types of fields, oneofs,
 * methods, REST bindings. */
#include "build.h"

static bool add_symbol(build *b, pl_str name, symbol_kind kind, const void *thing, void *node) {
    if (symtab_find(&b->pool->names, name))
        return build_fail(b, "%s is declared twice", name.p);
    symbol s = {name, kind, thing, node};
    return symtab_add(&b->pool->names, b->arena, s) || build_no_memory(b);
}

static pl_well_known well_known(pl_str name) {
    static const struct {
        const char *name;
        pl_well_known what;
    } table[] = {
        {"google.protobuf.Any", PL_WELL_KNOWN_ANY},
        {"google.protobuf.Timestamp", PL_WELL_KNOWN_TIMESTAMP},
        {"google.protobuf.Duration", PL_WELL_KNOWN_DURATION},
        {"google.protobuf.FieldMask", PL_WELL_KNOWN_FIELD_MASK},
        {"google.protobuf.Struct", PL_WELL_KNOWN_STRUCT},
        {"google.protobuf.Value", PL_WELL_KNOWN_VALUE},
        {"google.protobuf.ListValue", PL_WELL_KNOWN_LIST_VALUE},
        {"google.protobuf.DoubleValue", PL_WELL_KNOWN_WRAPPER},
        {"google.protobuf.FloatValue", PL_WELL_KNOWN_WRAPPER},
        {"google.protobuf.Int64Value", PL_WELL_KNOWN_WRAPPER},
        {"google.protobuf.UInt64Value", PL_WELL_KNOWN_WRAPPER},
        {"google.protobuf.Int32Value", PL_WELL_KNOWN_WRAPPER},
        {"google.protobuf.UInt32Value", PL_WELL_KNOWN_WRAPPER},
        {"google.protobuf.BoolValue", PL_WELL_KNOWN_WRAPPER},
        {"google.protobuf.StringValue", PL_WELL_KNOWN_WRAPPER},
        {"google.protobuf.BytesValue", PL_WELL_KNOWN_WRAPPER},
        {"google.protobuf.Empty", PL_WELL_KNOWN_EMPTY},
        {"google.api.HttpBody", PL_WELL_KNOWN_HTTP_BODY},
    };
    for (size_t i = 0; i < PL_COUNT(table); i++)
        if (pl_str_eqc(name, table[i].name))
            return table[i].what;
    return PL_WELL_KNOWN_NONE;
}

/* The well-known types are read by field number; a set may bring its own idea of them. */
static bool check_well_known(build *b, const message_node *m) {
    static const struct {
        pl_well_known what;
        uint32_t number;
        pl_kind kind;
        bool repeated;
    } table[] = {
        {PL_WELL_KNOWN_ANY, 1, PL_KIND_STRING, false},
        {PL_WELL_KNOWN_ANY, 2, PL_KIND_BYTES, false},
        {PL_WELL_KNOWN_TIMESTAMP, 1, PL_KIND_INT64, false},
        {PL_WELL_KNOWN_TIMESTAMP, 2, PL_KIND_INT32, false},
        {PL_WELL_KNOWN_DURATION, 1, PL_KIND_INT64, false},
        {PL_WELL_KNOWN_DURATION, 2, PL_KIND_INT32, false},
        {PL_WELL_KNOWN_FIELD_MASK, 1, PL_KIND_STRING, true},
        {PL_WELL_KNOWN_STRUCT, 1, PL_KIND_MESSAGE, true},
        {PL_WELL_KNOWN_LIST_VALUE, 1, PL_KIND_MESSAGE, true},
        {PL_WELL_KNOWN_VALUE, 1, PL_KIND_ENUM, false},
        {PL_WELL_KNOWN_VALUE, 2, PL_KIND_DOUBLE, false},
        {PL_WELL_KNOWN_VALUE, 3, PL_KIND_STRING, false},
        {PL_WELL_KNOWN_VALUE, 4, PL_KIND_BOOL, false},
        {PL_WELL_KNOWN_VALUE, 5, PL_KIND_MESSAGE, false},
        {PL_WELL_KNOWN_VALUE, 6, PL_KIND_MESSAGE, false},
    };
    bool ok = true;
    for (size_t i = 0; i < PL_COUNT(table); i++) {
        if (table[i].what != m->pub.well_known)
            continue;
        const pl_field *f = pl_message_field_by_number(&m->pub, table[i].number);
        ok = ok && f && f->kind == table[i].kind && f->repeated == table[i].repeated;
    }
    if (m->pub.well_known == PL_WELL_KNOWN_WRAPPER)
        ok = m->pub.field_count == 1 && m->fields[0].number == 1 && !m->fields[0].repeated &&
             m->fields[0].kind != PL_KIND_MESSAGE && m->fields[0].kind != PL_KIND_GROUP;
    return ok || build_fail(b, "%s is not declared as protobuf does", m->pub.full_name.p);
}

static bool publish_enum(build *b, enum_node *e) {
    return add_symbol(b, e->pub.full_name, SYMBOL_ENUM, &e->pub, e) && index_enum(b, e);
}

/* Enters a message and all within it, and makes the public lists. */
static bool publish_message(build *b, message_node *m) {
    const pl_message_type **messages = build_calloc(b, m->pub.message_count, sizeof(*messages));
    const pl_enum_type **enums = build_calloc(b, m->pub.enum_count, sizeof(*enums));
    if (!messages || !enums || !add_symbol(b, m->pub.full_name, SYMBOL_MESSAGE, &m->pub, m))
        return false;
    m->pub.well_known = well_known(m->pub.full_name);
    m->pub.fields = m->fields;
    for (size_t i = 0; i < m->pub.message_count; i++) {
        messages[i] = &m->messages[i]->pub;
        if (!publish_message(b, m->messages[i]))
            return false;
    }
    for (size_t i = 0; i < m->pub.enum_count; i++) {
        enums[i] = &m->enums[i]->pub;
        if (!publish_enum(b, m->enums[i]))
            return false;
    }
    m->pub.messages = messages;
    m->pub.enums = enums;
    return true;
}

static bool publish_service(build *b, service_node *s) {
    if (!add_symbol(b, s->pub.full_name, SYMBOL_SERVICE, &s->pub, s))
        return false;
    for (size_t i = 0; i < s->pub.method_count; i++)
        if (!add_symbol(b, s->methods[i].full_name, SYMBOL_METHOD, &s->methods[i], NULL))
            return false;
    return true;
}

static bool publish_file(build *b, file_node *file) {
    const pl_message_type **messages = build_calloc(b, file->pub.message_count, sizeof(*messages));
    const pl_enum_type **enums = build_calloc(b, file->pub.enum_count, sizeof(*enums));
    const pl_service_type **services = build_calloc(b, file->pub.service_count, sizeof(*services));
    const pl_file **deps = build_calloc(b, file->pub.dependency_count, sizeof(*deps));
    if (!messages || !enums || !services || !deps)
        return false;
    bool ok = true;
    for (size_t i = 0; ok && i < file->pub.message_count; i++) {
        messages[i] = &file->messages[i]->pub;
        ok = publish_message(b, file->messages[i]);
    }
    for (size_t i = 0; ok && i < file->pub.enum_count; i++) {
        enums[i] = &file->enums[i]->pub;
        ok = publish_enum(b, file->enums[i]);
    }
    for (size_t i = 0; ok && i < file->pub.service_count; i++) {
        services[i] = &file->services[i]->pub;
        ok = publish_service(b, file->services[i]);
    }
    for (size_t i = 0; ok && i < file->pub.dependency_count; i++) {
        const symbol *s = symtab_find(&b->pool->files, file->dependency_names[i]);
        ok = s || build_fail(b, "imports %s, which the set lacks; make it with --include_imports",
                             file->dependency_names[i].p);
        deps[i] = s ? s->thing : NULL;
    }
    file->pub.messages = messages;
    file->pub.enums = enums;
    file->pub.services = services;
    file->pub.dependencies = deps;
    return ok;
}

/* The thing that a full name with a leading dot stands for. */
static const symbol *resolve(build *b, pl_str name) {
    if (name.n < 2 || name.p[0] != '.')
        return NULL;
    return symtab_find(&b->pool->names, pl_str_make(name.p + 1, name.n - 1));
}

static bool link_type(build *b, pl_field *field, const field_refs *refs) {
    bool wants_message = field->kind == PL_KIND_MESSAGE || field->kind == PL_KIND_GROUP;
    if (!wants_message && field->kind != PL_KIND_ENUM && field->kind != 0)
        return true;
    const symbol *s = resolve(b, refs->type_name);
    if (s && s->kind == SYMBOL_MESSAGE && (wants_message || field->kind == 0)) {
        field->message = s->thing;
        field->kind = field->kind ? field->kind : PL_KIND_MESSAGE;
        field->map = field->repeated && field->message->map_entry;
        return true;
    }
    if (s && s->kind == SYMBOL_ENUM && !wants_message) {
        field->enumeration = s->thing;
        field->kind = PL_KIND_ENUM;
        return true;
    }
    return build_fail(b, "field %s has type \"%.100s\", which the set lacks", field->full_name.p,
                      refs->type_name.n ? refs->type_name.p : "");
}

static bool link_oneof(build *b, message_node *m, pl_field *field, const field_refs *refs) {
    if (!refs->has_oneof)
        return true;
    if (refs->oneof_index >= m->oneof_count || field->repeated || field->required)
        return build_fail(b, "field %s is in a oneof that cannot hold it", field->full_name.p);
    if (!refs->proto3_optional) {
        field->oneof = &m->oneofs[refs->oneof_index];
        m->oneofs[refs->oneof_index].field_count++;
    }
    return true;
}

static bool link_field(build *b, message_node *m, size_t index) {
    pl_field *field = &m->fields[index];
    const field_refs *refs = &m->refs[index];
    bool proto2 = m->pub.file->proto2;
    if (!link_type(b, field, refs) || !link_oneof(b, m, field, refs))
        return false;
    field->presence = !field->repeated && (proto2 || refs->has_oneof || field->message);
    field->packed = field->repeated && pl_kind_packable(field->kind) &&
                    (refs->packed < 0 ? !proto2 : refs->packed == 1);
    return true;
}

static bool check_map_entry(build *b, const message_node *m) {
    if (!m->pub.map_entry)
        return true;
    const pl_field *f = m->fields;
    bool ok = m->pub.field_count == 2 && f[0].number == 1 && f[1].number == 2 && !f[0].repeated &&
              !f[1].repeated && !f[0].message && !f[0].enumeration && f[0].kind != PL_KIND_DOUBLE &&
              f[0].kind != PL_KIND_FLOAT && f[0].kind != PL_KIND_BYTES &&
              f[1].kind != PL_KIND_GROUP;
    return ok || build_fail(b, "%s is no map entry", m->pub.full_name.p);
}

/* Real oneofs move to the front; the synthetic ones, which end up empty, fall away. */
static bool link_oneofs(build *b, message_node *m) {
    for (size_t i = 0; i < m->oneof_count; i++) {
        pl_oneof *o = &m->oneofs[i];
        const pl_field **fields = build_calloc(b, o->field_count, sizeof(*fields));
        if (!fields)
            return false;
        size_t n = 0;
        for (size_t k = 0; k < m->pub.field_count; k++)
            if (m->fields[k].oneof == o)
                fields[n++] = &m->fields[k];
        o->fields = fields;
        /* protoc puts synthetic oneofs behind the real ones. */
        if (n)
            m->pub.oneof_count = i + 1;
    }
    m->pub.oneofs = m->oneofs;
    return true;
}

static bool link_message(build *b, message_node *m) {
    for (size_t i = 0; i < m->pub.field_count; i++)
        if (!link_field(b, m, i))
            return false;
    for (size_t i = 0; i < m->pub.message_count; i++)
        if (!link_message(b, m->messages[i]))
            return false;
    return link_oneofs(b, m) && check_map_entry(b, m) && index_message(b, m) &&
           check_well_known(b, m);
}

static void merge_rest(pl_rest_options *into, const pl_rest_options *from) {
    into->binding = from->binding.n ? from->binding : into->binding;
    into->created = from->created.n ? from->created : into->created;
    into->plain |= from->plain;
    into->no_content |= from->no_content;
    into->int64_numbers |= from->int64_numbers;
    into->defaults |= from->defaults;
    into->consumes = from->consumes ? from->consumes : into->consumes;
    into->errors = from->errors ? from->errors : into->errors;
    into->set_cookie |= from->set_cookie;
    into->page |= from->page;
    into->source = from->source;
}

/* "GET /orders/{id}" names the rule with that verb and template. */
static bool names_rule(pl_str binding, const pl_http_rule *rule) {
    return binding.n == rule->verb.n + 1 + rule->path.n && pl_str_starts(binding, rule->verb) &&
           binding.p[rule->verb.n] == ' ' && pl_str_ends(binding, rule->path);
}

static void link_rest(pl_method_type *method, method_refs *refs) {
    for (size_t i = 0; i < method->http_count; i++) {
        pl_http_rule *rule = &refs->http[i];
        rule->rest = *method->service->file->rest_defaults;
        for (size_t k = 0; k < method->rest_count; k++) {
            if (!names_rule(refs->rest[k].binding, rule))
                continue;
            refs->rest[k].used = true;
            rule->has_rest = true;
            merge_rest(&rule->rest, &refs->rest[k]);
        }
    }
}

static bool link_method(build *b, service_node *s, size_t index) {
    pl_method_type *method = &s->methods[index];
    method_refs *refs = &s->refs[index];
    const symbol *in = resolve(b, refs->input), *out = resolve(b, refs->output);
    if (!in || in->kind != SYMBOL_MESSAGE || !out || out->kind != SYMBOL_MESSAGE)
        return build_fail(b, "method %s has a request or response type which the set lacks",
                          method->full_name.p);
    method->input = in->thing;
    method->output = out->thing;
    link_rest(method, refs);
    return true;
}

static bool link_file(build *b, file_node *file) {
    for (size_t i = 0; i < file->pub.message_count; i++)
        if (!link_message(b, file->messages[i]))
            return false;
    for (size_t i = 0; i < file->pub.service_count; i++)
        for (size_t k = 0; k < file->services[i]->pub.method_count; k++)
            if (!link_method(b, file->services[i], k))
                return false;
    return true;
}

/* Room for the extensions of a message behind its own fields. */
static bool make_room(build *b, message_node *m) {
    size_t count = m->pub.field_count, total = count + m->extension_count;
    pl_field *fields = build_calloc(b, total, sizeof(*fields));
    field_refs *refs = build_calloc(b, total, sizeof(*refs));
    if (!fields || !refs)
        return false;
    if (total > BUILD_FIELD_COUNT_MAX)
        return build_fail(b,
                          "message %s has %zu fields with its extensions, at most %d are allowed",
                          m->pub.full_name.p, total, BUILD_FIELD_COUNT_MAX);
    if (count) {
        memcpy(fields, m->fields, count * sizeof(*fields));
        memcpy(refs, m->refs, count * sizeof(*refs));
    }
    m->fields = fields;
    m->refs = refs;
    m->pub.fields = fields;
    m->extension_count = 0;
    return true;
}

/* Extensions become fields of what they extend. */
static bool link_extensions(build *b) {
    for (extension_node *e = b->extensions; e; e = e->next) {
        const symbol *s = resolve(b, e->extendee);
        b->file = e->file;
        if (!s || s->kind != SYMBOL_MESSAGE)
            return build_fail(b, "extension %s extends \"%.100s\", which the set lacks",
                              e->field.full_name.p, e->extendee.p);
        ((message_node *)s->node)->extension_count++;
    }
    for (extension_node *e = b->extensions; e; e = e->next) {
        message_node *m = resolve(b, e->extendee)->node;
        b->file = e->file;
        if (m->extension_count && !make_room(b, m))
            return false;
        size_t index = m->pub.field_count++;
        m->fields[index] = e->field;
        m->refs[index] = e->refs;
        m->fields[index].index = (uint32_t)index;
        m->fields[index].parent = &m->pub;
    }
    return true;
}

bool build_link(build *b) {
    for (size_t i = 0; i < b->file_count; i++) {
        b->file = b->files[i];
        if (!publish_file(b, b->file))
            return false;
    }
    if (!link_extensions(b))
        return false;
    for (size_t i = 0; i < b->file_count; i++) {
        b->file = b->files[i];
        if (!link_file(b, b->file))
            return false;
    }
    return true;
}
