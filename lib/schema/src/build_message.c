/* DescriptorProto, FieldDescriptorProto, EnumDescriptorProto. */
#include "build.h"

enum {
    MESSAGE_NAME = 1,
    MESSAGE_FIELD = 2,
    MESSAGE_NESTED = 3,
    MESSAGE_ENUM = 4,
    MESSAGE_EXTENSION = 6,
    MESSAGE_OPTIONS = 7,
    MESSAGE_ONEOF = 8,
    FIELD_NAME = 1,
    FIELD_EXTENDEE = 2,
    FIELD_NUMBER = 3,
    FIELD_LABEL = 4,
    FIELD_TYPE = 5,
    FIELD_TYPE_NAME = 6,
    FIELD_DEFAULT = 7,
    FIELD_OPTIONS = 8,
    FIELD_ONEOF_INDEX = 9,
    FIELD_JSON_NAME = 10,
    FIELD_PROTO3_OPTIONAL = 17,
    LABEL_REQUIRED = 2,
    LABEL_REPEATED = 3,
    ENUM_NAME = 1,
    ENUM_VALUE = 2,
    ENUM_OPTIONS = 3,
    ENUM_DEPRECATED = 3,
    VALUE_NAME = 1,
    VALUE_NUMBER = 2,
    VALUE_OPTIONS = 3
};

static bool parse_field_number(build *b, const pl_wire_field *f, pl_field *field,
                               field_refs *refs) {
    if (!build_want(b, f, PL_WIRE_VARINT))
        return false;
    switch (f->number) {
    case FIELD_NUMBER:
        if (f->value == 0 || f->value > PL_WIRE_NUMBER_MAX)
            return build_fail(b, "field %s has number %llu, expected 1 to %u", field->name.p,
                              (unsigned long long)f->value, PL_WIRE_NUMBER_MAX);
        field->number = (uint32_t)f->value;
        return true;
    case FIELD_LABEL:
        field->required = f->value == LABEL_REQUIRED;
        field->repeated = f->value == LABEL_REPEATED;
        return true;
    case FIELD_TYPE:
        if (f->value == 0 || f->value > PL_KIND_LAST)
            return build_fail(b, "field %s has type %llu, which is not known", field->name.p,
                              (unsigned long long)f->value);
        field->kind = (pl_kind)f->value;
        return true;
    case FIELD_ONEOF_INDEX:
        refs->has_oneof = true;
        refs->oneof_index = f->value > UINT32_MAX ? UINT32_MAX : (uint32_t)f->value;
        return true;
    default:
        refs->proto3_optional = f->value != 0;
        return true;
    }
}

/* "customer_id" becomes "customerId", as protoc does it. */
static bool default_json_name(build *b, pl_field *field) {
    char *p = pl_arena_alloc(b->arena, field->name.n + 1);
    if (!p)
        return build_no_memory(b);
    size_t n = 0;
    bool upper = false;
    for (size_t i = 0; i < field->name.n; i++) {
        char c = field->name.p[i];
        if (c != '_')
            p[n++] = (char)(upper && c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
        upper = c == '_';
    }
    p[n] = '\0';
    field->json_name = pl_str_make(p, n);
    return true;
}

static bool make_key(build *b, pl_str name, pl_str *out_key) {
    pl_buf buf = pl_buf_make(8 * name.n + 8);
    bool ok = pl_buf_json(&buf, name) && pl_buf_putc(&buf, ':');
    ok = ok ? build_text(b, pl_buf_view(&buf), out_key) : build_no_memory(b);
    pl_buf_done(&buf);
    return ok;
}

static bool parse_field(build *b, pl_str bytes, pl_str scope, pl_field *field, field_refs *refs) {
    pl_wire_reader r = pl_wire_reader_make(bytes);
    pl_wire_field f;
    pl_str options = {0};
    bool ok = build_merged(b, bytes, FIELD_OPTIONS, &options);
    field->source.file = b->file->pub.name;
    refs->packed = -1;
    while (ok && pl_wire_next(&r, &f)) {
        if (f.number == FIELD_NAME)
            ok = build_take_name(b, &f, "field", &field->name);
        else if (f.number == FIELD_TYPE_NAME)
            ok = build_take_text(b, &f, &refs->type_name);
        else if (f.number == FIELD_DEFAULT)
            ok = build_take_text(b, &f, &field->default_text);
        else if (f.number == FIELD_JSON_NAME)
            ok = build_take_text(b, &f, &field->json_name);
        else if (f.number == FIELD_NUMBER || f.number == FIELD_LABEL || f.number == FIELD_TYPE ||
                 f.number == FIELD_ONEOF_INDEX || f.number == FIELD_PROTO3_OPTIONAL)
            ok = parse_field_number(b, &f, field, refs);
    }
    if (!ok)
        return false;
    if (r.failed || !field->name.n || !field->number)
        return build_fail(b, "malformed: a field of %s lacks its name or number", scope.p);
    return (field->json_name.n || default_json_name(b, field)) &&
           build_join(b, scope, '.', field->name, &field->full_name) &&
           build_field_options(b, options, field, refs);
}

static bool make_keys(build *b, pl_field *field) {
    return make_key(b, field->json_name, &field->json_key) &&
           make_key(b, field->name, &field->proto_key);
}

static bool parse_own_field(build *b, pl_str bytes, message_node *node) {
    size_t index = node->pub.field_count++;
    pl_field *field = &node->fields[index];
    field->index = (uint32_t)index;
    field->parent = &node->pub;
    return parse_field(b, bytes, node->pub.full_name, field, &node->refs[index]) &&
           make_keys(b, field);
}

bool build_parse_extension(build *b, pl_str bytes, pl_str scope) {
    extension_node *e = build_calloc(b, 1, sizeof(*e));
    pl_wire_field f;
    if (!e || !parse_field(b, bytes, scope.n ? scope : pl_str_c(""), &e->field, &e->refs))
        return false;
    if (!pl_wire_find(bytes, FIELD_EXTENDEE, &f))
        return build_fail(b, "malformed: extension %s lacks what it extends", e->field.full_name.p);
    char *name = pl_arena_printf(b->arena, "[%s]", e->field.full_name.p);
    if (!name)
        return build_no_memory(b);
    e->field.name = e->field.json_name = pl_str_c(name);
    e->field.extension = true;
    e->file = b->file;
    /* What is packed is decided by the file that declares the extension. */
    if (e->refs.packed < 0)
        e->refs.packed = !b->file->pub.proto2;
    *b->last_extension = e;
    b->last_extension = &e->next;
    return build_take_text(b, &f, &e->extendee) && make_keys(b, &e->field);
}

static bool parse_oneof(build *b, pl_str bytes, pl_oneof *oneof, size_t index) {
    pl_wire_field f;
    oneof->index = (uint32_t)index;
    if (!pl_wire_find(bytes, 1, &f))
        return build_fail(b, "malformed: a oneof without a name");
    return build_take_name(b, &f, "oneof", &oneof->name);
}

static bool message_head(build *b, pl_str bytes, const message_node *parent, message_node *node) {
    pl_wire_field f;
    if (!pl_wire_find(bytes, MESSAGE_NAME, &f))
        return build_fail(b, "malformed: a message without a name");
    node->pub.file = &b->file->pub;
    node->pub.parent = parent ? &parent->pub : NULL;
    node->pub.pool = b->pool;
    node->pub.source.file = b->file->pub.name;
    pl_str options = {0};
    if (!build_take_name(b, &f, "message", &node->pub.name) ||
        !build_join(b, parent ? parent->pub.full_name : b->file->pub.package, '.', node->pub.name,
                    &node->pub.full_name) ||
        !build_merged(b, bytes, MESSAGE_OPTIONS, &options) ||
        !build_message_options(b, options, node))
        return false;
    size_t fields = build_count(bytes, MESSAGE_FIELD);
    if (fields > BUILD_FIELD_COUNT_MAX)
        return build_fail(b, "message %s has %zu fields, at most %d are allowed",
                          node->pub.full_name.p, fields, BUILD_FIELD_COUNT_MAX);
    node->fields = build_calloc(b, fields, sizeof(*node->fields));
    node->refs = build_calloc(b, fields, sizeof(*node->refs));
    node->oneofs = build_calloc(b, build_count(bytes, MESSAGE_ONEOF), sizeof(*node->oneofs));
    node->messages = build_calloc(b, build_count(bytes, MESSAGE_NESTED), sizeof(*node->messages));
    node->enums = build_calloc(b, build_count(bytes, MESSAGE_ENUM), sizeof(*node->enums));
    return node->fields && node->refs && node->oneofs && node->messages && node->enums;
}

static bool parse_part(build *b, const pl_wire_field *f, unsigned depth, message_node *node) {
    if (f->number == MESSAGE_FIELD)
        return parse_own_field(b, f->bytes, node);
    if (f->number == MESSAGE_EXTENSION)
        return build_parse_extension(b, f->bytes, node->pub.full_name);
    if (f->number == MESSAGE_ONEOF) {
        size_t index = node->oneof_count++;
        return parse_oneof(b, f->bytes, &node->oneofs[index], index);
    }
    if (f->number == MESSAGE_NESTED) {
        message_node *m = build_calloc(b, 1, sizeof(*m));
        node->messages[node->pub.message_count++] = m;
        return m && build_parse_message(b, f->bytes, node, depth + 1, m);
    }
    enum_node *e = build_calloc(b, 1, sizeof(*e));
    node->enums[node->pub.enum_count++] = e;
    return e && build_parse_enum(b, f->bytes, node, e);
}

bool build_parse_message(build *b, pl_str bytes, const message_node *parent, unsigned depth,
                         message_node *node) {
    if (depth >= PL_POOL_NESTING_MAX)
        return build_fail(b, "messages are declared more than %d deep within one another",
                          PL_POOL_NESTING_MAX);
    if (!message_head(b, bytes, parent, node))
        return false;
    pl_wire_reader r = pl_wire_reader_make(bytes);
    pl_wire_field f;
    while (pl_wire_next(&r, &f)) {
        if ((f.number < MESSAGE_FIELD || f.number > MESSAGE_ENUM) &&
            f.number != MESSAGE_EXTENSION && f.number != MESSAGE_ONEOF)
            continue;
        if (!build_want(b, &f, PL_WIRE_BYTES) || !parse_part(b, &f, depth, node))
            return false;
    }
    return true;
}

static bool parse_value(build *b, pl_str bytes, enum_node *node, pl_enum_value *value) {
    pl_wire_field f;
    pl_str options = {0};
    value->source.file = b->file->pub.name;
    if (!pl_wire_find(bytes, VALUE_NAME, &f))
        return build_fail(b, "malformed: a value of %s lacks its name", node->pub.full_name.p);
    if (!build_take_name(b, &f, "enum value", &value->name))
        return false;
    if (pl_wire_find(bytes, VALUE_NUMBER, &f)) {
        if (!build_want(b, &f, PL_WIRE_VARINT))
            return false;
        value->number = (int32_t)(uint32_t)f.value;
    }
    return build_merged(b, bytes, VALUE_OPTIONS, &options) &&
           build_enum_value_options(b, options, value);
}

bool build_parse_enum(build *b, pl_str bytes, const message_node *parent, enum_node *node) {
    pl_wire_field f;
    pl_str options = {0};
    node->pub.file = &b->file->pub;
    node->pub.parent = parent ? &parent->pub : NULL;
    node->pub.closed = b->file->pub.proto2;
    node->pub.source.file = b->file->pub.name;
    if (!pl_wire_find(bytes, ENUM_NAME, &f))
        return build_fail(b, "malformed: an enum without a name");
    if (!build_take_name(b, &f, "enum", &node->pub.name) ||
        !build_join(b, parent ? parent->pub.full_name : b->file->pub.package, '.', node->pub.name,
                    &node->pub.full_name) ||
        !build_merged(b, bytes, ENUM_OPTIONS, &options) ||
        !build_bool_option(b, options, ENUM_DEPRECATED, &node->pub.deprecated))
        return false;
    node->pub.null_value = pl_str_eqc(node->pub.full_name, "google.protobuf.NullValue");
    node->values = build_calloc(b, build_count(bytes, ENUM_VALUE), sizeof(*node->values));
    if (!node->values)
        return false;
    pl_wire_reader r = pl_wire_reader_make(bytes);
    while (pl_wire_next(&r, &f)) {
        if (f.number != ENUM_VALUE)
            continue;
        if (!build_want(b, &f, PL_WIRE_BYTES) ||
            !parse_value(b, f.bytes, node, &node->values[node->pub.value_count++]))
            return false;
    }
    if (!node->pub.value_count)
        return build_fail(b, "enum %s has no values", node->pub.full_name.p);
    node->pub.values = node->values;
    return true;
}
