#include "model.h"

#include "names.h"
#include "options.h"
#include "source.h"

/* Field numbers in descriptor.proto, for source paths. */
enum {
    FILE_MESSAGE = 4,
    FILE_ENUM = 5,
    FILE_SERVICE = 6,
    MESSAGE_FIELD = 2,
    MESSAGE_NESTED = 3,
    MESSAGE_ENUM = 4,
    ENUM_VALUE = 2,
    SERVICE_METHOD = 2
};

#define OPTIONS_PROTO "parley/options.proto"

static const ProtobufCMessage *base_of(const void *options) {
    return options;
}

static pl_code no_memory(pl_error *err) {
    return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "out of memory");
}

/* SCOPE.NAME, or NAME where SCOPE is empty. */
static const char *join(pl_arena *arena, const char *scope, const char *name) {
    return scope[0] ? pl_arena_printf(arena, "%s.%s", scope, name) : pl_arena_strdup(arena, name);
}

static pl_code load_values(pl_gen *gen, pl_gen_enum *e, const char *scope, pl_error *err) {
    const char *pb_upper = pl_name_pbc_upper(gen->arena, e->full);
    const char *prefix = pl_name_flat(gen->arena, scope);
    e->value_count = e->proto->n_value;
    e->values = pl_arena_calloc(gen->arena, e->value_count + 1, sizeof(*e->values));
    if (!e->values || !pb_upper || !prefix)
        return no_memory(err);
    for (size_t i = 0; i < e->value_count; i++) {
        pl_gen_value *v = &e->values[i];
        v->proto = e->proto->value[i];
        v->place = pl_gen_place_in(&e->place, ENUM_VALUE, (int32_t)i);
        v->comment = pl_gen_comment_of(
            &v->place, v->proto->options && v->proto->options->deprecated, gen->arena);
        v->c = pl_arena_printf(gen->arena, "%s%s%s", prefix, prefix[0] ? "_" : "", v->proto->name);
        v->pb = pl_arena_printf(gen->arena, "%s__%s", pb_upper, v->proto->name);
        if (!v->c || !v->pb)
            return no_memory(err);
        pl_code code = pl_option_string(gen->arena, base_of(v->proto->options), PL_OPTION_JSON_NAME,
                                        &v->text, err);
        if (code)
            return code;
        if (!v->text)
            v->text = v->proto->name;
        for (size_t k = 0; k < i; k++)
            v->alias = v->alias || e->values[k].proto->number == v->proto->number;
    }
    return PL_OK;
}

static pl_code load_enum(pl_gen *gen, pl_gen_file *file, const pl_enum_proto *proto,
                         const char *scope, const pl_gen_place *place, pl_error *err) {
    pl_gen_enum *e = &file->enums[file->enum_count++];
    e->proto = proto;
    e->file = file;
    e->place = *place;
    e->comment = pl_gen_comment_of(place, proto->options && proto->options->deprecated, gen->arena);
    e->full = join(gen->arena, scope, proto->name);
    if (!e->full)
        return no_memory(err);
    e->c = pl_name_flat(gen->arena, e->full);
    e->pb = pl_name_pbc_type(gen->arena, e->full);
    e->pb_lower = pl_name_pbc_lower(gen->arena, e->full);
    if (!e->c || !e->pb || !e->pb_lower)
        return no_memory(err);
    return load_values(gen, e, scope, err);
}

static pl_code load_oneof(pl_gen *gen, pl_gen_field *f, pl_error *err) {
    const char *oneof = f->message->proto->oneof_decl[f->proto->oneof_index]->name;
    const char *lower = pl_name_pbc_oneof(gen->arena, oneof);
    f->case_member = lower ? pl_arena_printf(gen->arena, "%s_case", lower) : NULL;
    f->case_constant = pl_name_pbc_case(gen->arena, f->message->pb_upper, oneof, f->name);
    f->case_none = pl_name_pbc_case(gen->arena, f->message->pb_upper, oneof, "_not_set");
    const char *choice = f->optional ? "HAS" : pl_name_upper(gen->arena, oneof);
    const char *field = pl_name_upper(gen->arena, f->name);
    if (choice && field)
        f->case_c = pl_arena_printf(gen->arena, "%s_%s_%s", f->message->c_upper, choice, field);
    return f->case_member && f->case_constant && f->case_none && f->case_c ? PL_OK : no_memory(err);
}

static pl_code load_field(pl_gen *gen, const pl_gen_message *message, size_t index, pl_gen_field *f,
                          pl_error *err) {
    f->proto = message->proto->field[index];
    f->message = message;
    f->name = f->proto->name;
    f->member = pl_name_pbc_member(gen->arena, f->name);
    f->place = pl_gen_place_in(&message->place, MESSAGE_FIELD, (int32_t)index);
    f->comment = pl_gen_comment(&f->place, gen->arena);
    f->repeated = f->proto->label ==
                  GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__LABEL__LABEL_REPEATED;
    f->optional = f->proto->proto3_optional;
    f->deprecated = f->proto->options && f->proto->options->deprecated;
    if (!f->member)
        return no_memory(err);
    pl_code code = f->proto->has_oneof_index ? load_oneof(gen, f, err) : PL_OK;
    if (code)
        return code;
    return pl_option_message(gen->arena, base_of(f->proto->options), PL_OPTION_LIMITS,
                             &parley__limits__descriptor, (const void **)&f->limits, err);
}

static pl_code name_message(pl_gen *gen, pl_gen_message *m, const char *scope, pl_error *err) {
    pl_arena *a = gen->arena;
    const char *flat_scope = pl_name_flat(a, scope);
    const char *inner = m->proto->name;
    m->full = join(a, scope, inner);
    if (!m->full || !flat_scope)
        return no_memory(err);
    m->c = pl_name_flat(a, m->full);
    m->pb = pl_name_pbc_type(a, m->full);
    m->pb_lower = pl_name_pbc_lower(a, m->full);
    m->pb_upper = pl_name_pbc_upper(a, m->full);
    /* Only the part below the package is in upper case: mall_orders_v1_ORDER_LINE. */
    const char *below = m->full + strlen(m->file->package) + (m->file->package[0] ? 1 : 0);
    const char *flat = pl_name_flat(a, below);
    const char *upper = flat ? pl_name_upper(a, flat) : NULL;
    m->c_upper = upper ? pl_arena_printf(a, "%s%s", m->file->prefix, upper) : NULL;
    return m->c && m->pb && m->pb_lower && m->pb_upper && m->c_upper ? PL_OK : no_memory(err);
}

static pl_code load_message(pl_gen *gen, pl_gen_file *file, const pl_message_proto *proto,
                            const char *scope, const pl_gen_place *place, pl_error *err) {
    pl_gen_message *m = &file->messages[file->message_count++];
    m->proto = proto;
    m->file = file;
    m->place = *place;
    m->comment = pl_gen_comment_of(place, proto->options && proto->options->deprecated, gen->arena);
    m->map_entry = proto->options && proto->options->map_entry;
    pl_code code = name_message(gen, m, scope, err);
    if (!code)
        code = pl_option_message(gen->arena, base_of(proto->options), PL_OPTION_EVENT,
                                 &parley__event__descriptor, (const void **)&m->event, err);
    if (!code)
        code = pl_option_message(gen->arena, base_of(proto->options), PL_OPTION_RESOURCE,
                                 &parley__resource__descriptor, (const void **)&m->resource, err);
    m->field_count = proto->n_field;
    m->fields = pl_arena_calloc(gen->arena, m->field_count + 1, sizeof(*m->fields));
    if (!code && !m->fields)
        code = no_memory(err);
    for (size_t i = 0; !code && i < m->field_count; i++)
        code = load_field(gen, m, i, &m->fields[i], err);
    for (size_t i = 0; !code && i < proto->n_enum_type; i++) {
        pl_gen_place inner = pl_gen_place_in(place, MESSAGE_ENUM, (int32_t)i);
        code = load_enum(gen, file, proto->enum_type[i], m->full, &inner, err);
    }
    for (size_t i = 0; !code && i < proto->n_nested_type; i++) {
        pl_gen_place inner = pl_gen_place_in(place, MESSAGE_NESTED, (int32_t)i);
        code = load_message(gen, file, proto->nested_type[i], m->full, &inner, err);
    }
    return code;
}

static pl_code load_method(pl_gen *gen, const pl_gen_service *service, size_t index,
                           pl_gen_method *m, pl_error *err) {
    pl_arena *a = gen->arena;
    m->proto = service->proto->method[index];
    m->name = m->proto->name;
    m->snake = pl_name_snake(a, m->name);
    m->upper = pl_name_upper(a, m->name);
    m->place = pl_gen_place_in(&service->place, SERVICE_METHOD, (int32_t)index);
    m->comment = pl_gen_comment_of(&m->place, m->proto->options && m->proto->options->deprecated,
                                   a);
    m->requests = m->proto->client_streaming;
    m->responses = m->proto->server_streaming;
    m->unary = !m->requests && !m->responses;
    m->request = pl_gen_find_message(gen, m->proto->input_type);
    m->response = pl_gen_find_message(gen, m->proto->output_type);
    m->op = m->snake ? pl_name_op(a, m->snake) : NULL;
    m->c = m->snake ? pl_name_function(a, service->c, m->snake) : NULL;
    if (!m->op || !m->c || !m->upper)
        return no_memory(err);
    if (!m->request || !m->response)
        return pl_error_set(err, PL_INVALID_ARGUMENT, "%s.%s: its messages are not in the request",
                            service->full, m->name);
    const ProtobufCMessage *options = base_of(m->proto->options);
    pl_code code = pl_option_message(a, options, PL_OPTION_AUTH, &parley__auth__descriptor,
                                     (const void **)&m->auth, err);
    if (!code)
        code = pl_option_message(a, options, PL_OPTION_CALL, &parley__call__descriptor,
                                 (const void **)&m->call, err);
    if (!code)
        code = pl_option_message(a, options, PL_OPTION_HTTP, &google__api__http_rule__descriptor,
                                 (const void **)&m->http, err);
    if (!code)
        code = pl_option_messages(a, options, PL_OPTION_REST, &parley__rest__descriptor,
                                  (const void ***)&m->rest, &m->rest_count, err);
    return code;
}

static pl_code load_service(pl_gen *gen, pl_gen_file *file, size_t index, pl_error *err) {
    pl_gen_service *s = &file->services[file->service_count++];
    pl_gen_place root = {.file = file};
    s->proto = file->proto->service[index];
    s->file = file;
    s->short_name = s->proto->name;
    s->place = pl_gen_place_in(&root, FILE_SERVICE, (int32_t)index);
    s->comment = pl_gen_comment_of(&s->place, s->proto->options && s->proto->options->deprecated,
                                   gen->arena);
    s->full = join(gen->arena, file->package, s->proto->name);
    s->c = s->full ? pl_name_flat(gen->arena, s->full) : NULL;
    s->method_count = s->proto->n_method;
    s->methods = pl_arena_calloc(gen->arena, s->method_count + 1, sizeof(*s->methods));
    if (!s->c || !s->methods)
        return no_memory(err);
    pl_code code = PL_OK;
    for (size_t i = 0; !code && i < s->method_count; i++)
        code = load_method(gen, s, i, &s->methods[i], err);
    return code;
}

static size_t count_messages(const pl_message_proto *m) {
    size_t n = 1;
    for (size_t i = 0; i < m->n_nested_type; i++)
        n += count_messages(m->nested_type[i]);
    return n;
}

static size_t count_enums(const pl_message_proto *m) {
    size_t n = m->n_enum_type;
    for (size_t i = 0; i < m->n_nested_type; i++)
        n += count_enums(m->nested_type[i]);
    return n;
}

static pl_code name_file(pl_gen *gen, pl_gen_file *file, pl_error *err) {
    pl_arena *a = gen->arena;
    pl_str name = pl_str_c(file->name);
    if (pl_str_ends(name, pl_str_c(".proto")))
        name.n -= strlen(".proto");
    file->base = pl_arena_cstr(a, name);
    if (!file->base)
        return no_memory(err);
    file->ident = pl_name_flat(a, file->base);
    file->guard = pl_name_guard(a, file->base);
    const char *flat = pl_name_flat(a, file->package);
    file->prefix = flat && flat[0] ? pl_arena_printf(a, "%s_", flat) : flat;
    return file->ident && file->guard && file->prefix ? PL_OK : no_memory(err);
}

static pl_code load_file(pl_gen *gen, const pl_file_proto *proto, pl_gen_file *file,
                         pl_error *err) {
    pl_gen_place root = {.file = file};
    size_t messages = 1, enums = proto->n_enum_type + 1;
    file->proto = proto;
    file->name = proto->name;
    file->package = proto->package ? proto->package : "";
    file->wanted = pl_plugin_wants(gen->request, proto->name);
    for (size_t i = 0; i < proto->n_dependency; i++)
        file->uses_options = file->uses_options || strcmp(proto->dependency[i], OPTIONS_PROTO) == 0;
    for (size_t i = 0; i < proto->n_message_type; i++) {
        messages += count_messages(proto->message_type[i]);
        enums += count_enums(proto->message_type[i]);
    }
    file->messages = pl_arena_calloc(gen->arena, messages, sizeof(*file->messages));
    file->enums = pl_arena_calloc(gen->arena, enums, sizeof(*file->enums));
    file->services = pl_arena_calloc(gen->arena, proto->n_service + 1, sizeof(*file->services));
    if (!file->messages || !file->enums || !file->services)
        return no_memory(err);
    pl_code code = name_file(gen, file, err);
    file->comment = pl_gen_file_comment(file, gen->arena);
    if (!code)
        code = pl_option_string(gen->arena, base_of(proto->options), PL_OPTION_STREAM,
                                &file->stream, err);
    for (size_t i = 0; !code && i < proto->n_enum_type; i++) {
        pl_gen_place place = pl_gen_place_in(&root, FILE_ENUM, (int32_t)i);
        code = load_enum(gen, file, proto->enum_type[i], file->package, &place, err);
    }
    for (size_t i = 0; !code && i < proto->n_message_type; i++) {
        pl_gen_place place = pl_gen_place_in(&root, FILE_MESSAGE, (int32_t)i);
        code = load_message(gen, file, proto->message_type[i], file->package, &place, err);
    }
    for (size_t i = 0; !code && i < proto->n_service; i++)
        code = load_service(gen, file, i, err);
    return code;
}

pl_code pl_gen_load(const pl_plugin_request *request, pl_arena *arena, pl_gen **out_gen,
                    pl_error *err) {
    pl_gen *gen = PL_ARENA_NEW(arena, pl_gen);
    if (!gen)
        return no_memory(err);
    gen->arena = arena;
    gen->request = request;
    gen->files = pl_arena_calloc(arena, request->n_proto_file + 1, sizeof(*gen->files));
    if (!gen->files)
        return no_memory(err);
    pl_code code = PL_OK;
    for (size_t i = 0; !code && i < request->n_proto_file; i++) {
        gen->file_count = i + 1;
        code = load_file(gen, request->proto_file[i], &gen->files[i], err);
    }
    if (!code)
        code = pl_gen_link(gen, err);
    if (!code)
        *out_gen = gen;
    return code;
}
