#include "emit.h"
#include "kinds.h"

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

/* The constant of the value 0 of an enum field. */
static const char *zero_of(const pl_gen_field *f) {
    for (size_t i = 0; i < f->values->value_count; i++)
        if (f->values->values[i].proto->number == 0)
            return f->values->values[i].pb;
    return "0";
}

/* The first field of oneof INDEX of M, which its union is initialised by. */
static const pl_gen_field *first_choice(const pl_gen_message *m, size_t index) {
    for (size_t i = 0; i < m->field_count; i++)
        if (m->fields[i].case_member && (size_t)m->fields[i].proto->oneof_index == index)
            return &m->fields[i];
    return NULL;
}

/* protobuf-c begins every union with {0}, which is no value of an enum in C++ and not all of one
 * of bytes: whether M has such a union. */
static bool has_odd_union(const pl_gen_message *m) {
    for (size_t i = 0; i < m->proto->n_oneof_decl; i++) {
        const pl_gen_field *first = first_choice(m, i);
        pl_gen_kind kind = first ? pl_gen_kind_of(first) : PL_KIND_BOOL;
        if (kind == PL_KIND_ENUM || kind == PL_KIND_BYTES)
            return true;
    }
    return false;
}

/* The default of a field outside of oneofs, as protobuf-c has it. */
static const char *default_of(const pl_gen_field *f) {
    if (f->repeated)
        return "0, NULL";
    switch (pl_gen_kind_of(f)) {
    case PL_KIND_TEXT:
        return "protobuf_c_empty_string";
    case PL_KIND_BYTES:
        return "{0, NULL}";
    case PL_KIND_ENUM:
        return zero_of(f);
    case PL_KIND_MESSAGE:
        return "NULL";
    default:
        return "0";
    }
}

/* The initialiser of M: protobuf-c's, or one that also compiles where that does not. */
static void initialiser(pl_out *out, const pl_gen_message *m) {
    if (!has_odd_union(m)) {
        pl_out_line(out, "#define %s_INIT %s__INIT", m->c_upper, m->pb_upper);
        return;
    }
    pl_out_raw(out, "#define %s_INIT \\\n    { PROTOBUF_C_MESSAGE_INIT(&%s__descriptor)",
               m->c_upper, m->pb_lower);
    for (size_t i = 0; i < m->field_count; i++)
        if (!m->fields[i].case_member)
            pl_out_raw(out, ", \\\n      %s", default_of(&m->fields[i]));
    for (size_t i = 0; i < m->proto->n_oneof_decl; i++) {
        const pl_gen_field *first = first_choice(m, i);
        if (!first)
            continue;
        bool bytes = pl_gen_kind_of(first) == PL_KIND_BYTES;
        bool values = pl_gen_kind_of(first) == PL_KIND_ENUM;
        pl_out_raw(out, ", \\\n      %s, {%s}", first->case_none,
                   bytes    ? "{0, NULL}"
                   : values ? zero_of(first)
                            : "0");
    }
    pl_out_raw(out, " }\n");
}

/* The constants of the oneofs of M. */
static void cases(pl_out *out, const pl_gen_message *m) {
    const char *before = "";
    for (size_t i = 0; i < m->field_count; i++) {
        const pl_gen_field *f = &m->fields[i];
        if (!f->case_member)
            continue;
        if (f->optional)
            pl_out_line(out, "/* %s is there when %s is this; 0: absent. */", f->name,
                        f->case_member);
        else if (strcmp(before, f->case_member) != 0)
            pl_out_line(out, "/* What %s says; 0: nothing is chosen. */", f->case_member);
        before = f->case_member;
        pl_out_line(out, "#define %s %s", f->case_c, f->case_constant);
    }
}

static void message_header(pl_out *out, const pl_gen_message *m, bool validators) {
    pl_out_gap(out);
    pl_out_comment(out, 0, m->comment);
    pl_out_line(out, "typedef %s %s;", m->pb, m->c);
    initialiser(out, m);
    cases(out, m);
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
