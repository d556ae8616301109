#include "emit.h"

static void enum_header(pl_out *out, const pl_gen_enum *e) {
    pl_out_gap(out);
    pl_out_comment(out, 0, e->comment);
    pl_out_line(out, "typedef %s %s;", e->pb, e->c);
    for (size_t i = 0; i < e->value_count; i++) {
        const pl_gen_value *v = &e->values[i];
        pl_out_comment(out, 0, v->comment);
        pl_out_line(out, "#define %s %s", v->c, v->pb);
    }
    pl_out_line(out, "/* The name of VALUE in REST and in contracts; NULL: no such value. */");
    pl_out_line(out, "const char *%s_name(%s value);", e->c, e->c);
    pl_out_line(out, "/* The value of that name; false where there is none. */");
    pl_out_line(out, "bool %s_find(pl_str name, %s *out_value);", e->c, e->c);
}

static void message_header(pl_out *out, const pl_gen_message *m, bool validators) {
    pl_out_gap(out);
    pl_out_comment(out, 0, m->comment);
    pl_out_line(out, "typedef %s %s;", m->pb, m->c);
    pl_out_line(out, "#define %s_INIT %s__INIT", m->c_upper, m->pb_upper);
    pl_out_line(out, "/* An empty one in ARENA; NULL beyond its budget. */");
    pl_out_line(out, "%s *%s_new(pl_arena *arena);", m->c, m->c);
    if (validators && m->checked) {
        pl_out_line(out, "/* Checks the limits and adds what is wrong to OUT. PL_OK or "
                         "PL_INVALID_ARGUMENT. */");
        pl_out_line(out, "pl_code %s_validate(const %s *message, pl_violations *out);", m->c, m->c);
    }
}

void pl_emit_types_header(pl_out *out, const pl_gen_file *file, bool validators) {
    for (size_t i = 0; i < file->enum_count; i++)
        enum_header(out, &file->enums[i]);
    for (size_t i = 0; i < file->message_count; i++)
        message_header(out, &file->messages[i], validators);
}

static void enum_source(pl_out *out, const pl_gen_enum *e) {
    pl_out_gap(out);
    pl_out_line(out, "const char *%s_name(%s value) {", e->c, e->c);
    pl_out_line(out, "    switch ((int)value) {");
    for (size_t i = 0; i < e->value_count; i++) {
        const pl_gen_value *v = &e->values[i];
        if (v->alias)
            continue;
        pl_out_line(out, "    case %s:", v->c);
        pl_out_raw(out, "        return ");
        pl_out_string(out, v->text);
        pl_out_raw(out, ";\n");
    }
    pl_out_line(out, "    default:");
    pl_out_line(out, "        return NULL;");
    pl_out_line(out, "    }");
    pl_out_line(out, "}");
    pl_out_gap(out);
    pl_out_line(out, "bool %s_find(pl_str name, %s *out_value) {", e->c, e->c);
    for (size_t i = 0; i < e->value_count; i++) {
        const pl_gen_value *v = &e->values[i];
        pl_out_raw(out, "    if (pl_str_eqc(name, ");
        pl_out_string(out, v->text);
        pl_out_raw(out, ")) {\n");
        pl_out_line(out, "        *out_value = %s;", v->c);
        pl_out_line(out, "        return true;");
        pl_out_line(out, "    }");
    }
    pl_out_line(out, "    return false;");
    pl_out_line(out, "}");
}

static void message_source(pl_out *out, const pl_gen_message *m) {
    pl_out_gap(out);
    pl_out_line(out, "%s *%s_new(pl_arena *arena) {", m->c, m->c);
    pl_out_line(out, "    %s *message = pl_arena_alloc(arena, sizeof(*message));", m->c);
    pl_out_line(out, "    if (message)");
    pl_out_line(out, "        %s__init(message);", m->pb_lower);
    pl_out_line(out, "    return message;");
    pl_out_line(out, "}");
}

void pl_emit_types_source(pl_out *out, const pl_gen_file *file) {
    for (size_t i = 0; i < file->enum_count; i++)
        enum_source(out, &file->enums[i]);
    for (size_t i = 0; i < file->message_count; i++)
        message_source(out, &file->messages[i]);
}
