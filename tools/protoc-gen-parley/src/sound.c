#include "sound.h"

#include "model.h"

#define TYPE(x)  GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_##x
#define LABEL(x) GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__LABEL__LABEL_##x

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* NAME is an identifier, or, DOTTED, several with "." between and perhaps before them. */
static bool is_name(const char *name, bool dotted) {
    if (!name || !name[0])
        return false;
    bool start = true;
    for (const char *p = name + (dotted && name[0] == '.'); *p; p++) {
        bool digit = *p >= '0' && *p <= '9';
        if (*p == '.' && dotted && !start)
            start = true;
        else if (is_letter(*p) || (digit && !start))
            start = false;
        else
            return false;
    }
    return !start;
}

/* What may stand in an #include and in a comment. */
static bool is_path(const char *path) {
    if (!path || !path[0])
        return false;
    for (const char *p = path; *p; p++)
        if ((unsigned char)*p < ' ' || *p == '"' || *p == '\\' || *p == '*' || *p == '?')
            return false;
    return true;
}

static bool sound_field(const pl_message_proto *m, const pl_field_proto *f) {
    bool typed = f->type == TYPE(MESSAGE) || f->type == TYPE(GROUP) || f->type == TYPE(ENUM);
    if (!is_name(f->name, false) || !f->has_type || f->type < TYPE(DOUBLE) ||
        f->type > TYPE(SINT64))
        return false;
    if (f->label < LABEL(OPTIONAL) || f->label > LABEL(REPEATED))
        return false;
    if (f->has_oneof_index && (f->oneof_index < 0 || (size_t)f->oneof_index >= m->n_oneof_decl ||
                               f->label == LABEL(REPEATED)))
        return false;
    return !typed || is_name(f->type_name, true);
}

static bool sound_enum(const pl_enum_proto *e) {
    if (!is_name(e->name, false) || e->n_value == 0)
        return false;
    for (size_t i = 0; i < e->n_value; i++)
        if (!is_name(e->value[i]->name, false))
            return false;
    return true;
}

static bool sound_message(const pl_message_proto *m, int depth) {
    bool sound = is_name(m->name, false) && depth <= PL_GEN_DEPTH_MAX;
    for (size_t i = 0; sound && i < m->n_oneof_decl; i++)
        sound = is_name(m->oneof_decl[i]->name, false);
    for (size_t i = 0; sound && i < m->n_field; i++)
        sound = sound_field(m, m->field[i]);
    for (size_t i = 0; sound && i < m->n_extension; i++)
        sound = is_name(m->extension[i]->name, false);
    for (size_t i = 0; sound && i < m->n_enum_type; i++)
        sound = sound_enum(m->enum_type[i]);
    for (size_t i = 0; sound && i < m->n_nested_type; i++)
        sound = sound_message(m->nested_type[i], depth + 1);
    return sound;
}

static bool sound_service(const pl_service_proto *s) {
    if (!is_name(s->name, false))
        return false;
    for (size_t i = 0; i < s->n_method; i++)
        if (!is_name(s->method[i]->name, false) || !is_name(s->method[i]->input_type, true) ||
            !is_name(s->method[i]->output_type, true))
            return false;
    return true;
}

static bool sound_file(const pl_file_proto *f) {
    bool sound = is_path(f->name) && (!f->package || !f->package[0] || is_name(f->package, true)) &&
                 (!f->package || f->package[0] != '.');
    for (size_t i = 0; sound && i < f->n_extension; i++)
        sound = is_name(f->extension[i]->name, false);
    for (size_t i = 0; sound && i < f->n_message_type; i++)
        sound = sound_message(f->message_type[i], 1);
    for (size_t i = 0; sound && i < f->n_enum_type; i++)
        sound = sound_enum(f->enum_type[i]);
    for (size_t i = 0; sound && i < f->n_service; i++)
        sound = sound_service(f->service[i]);
    return sound;
}

pl_code pl_gen_sound(const pl_plugin_request *request, pl_error *err) {
    for (size_t i = 0; i < request->n_proto_file; i++)
        if (!sound_file(request->proto_file[i]))
            return pl_error_set(err, PL_INVALID_ARGUMENT,
                                "%s: not as protoc describes a file (a name or type is missing or "
                                "malformed, or messages are nested deeper than %d)",
                                request->proto_file[i]->name ? request->proto_file[i]->name
                                                             : "a file without a name",
                                PL_GEN_DEPTH_MAX);
    return PL_OK;
}
