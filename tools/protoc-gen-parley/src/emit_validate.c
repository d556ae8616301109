#include <inttypes.h>

#include "emit.h"

#define TYPE(x) GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_##x

/* What a check works on. */
typedef enum { KIND_TEXT, KIND_BYTES, KIND_I64, KIND_U64, KIND_F64, KIND_BOOL, KIND_ENUM, KIND_MESSAGE } kind;

static kind kind_of(const pl_gen_field *f) {
    switch (f->proto->type) {
    case TYPE(STRING):
        return KIND_TEXT;
    case TYPE(BYTES):
        return KIND_BYTES;
    case TYPE(UINT32):
    case TYPE(UINT64):
    case TYPE(FIXED32):
    case TYPE(FIXED64):
        return KIND_U64;
    case TYPE(FLOAT):
    case TYPE(DOUBLE):
        return KIND_F64;
    case TYPE(BOOL):
        return KIND_BOOL;
    case TYPE(ENUM):
        return KIND_ENUM;
    case TYPE(MESSAGE):
    case TYPE(GROUP):
        return KIND_MESSAGE;
    default:
        return KIND_I64;
    }
}

/* INT64_C(x), in a way that also the least number compiles. */
static void number(pl_out *out, int64_t value) {
    if (value == INT64_MIN)
        pl_out_raw(out, "INT64_MIN");
    else if (value >= INT32_MIN + INT64_C(1) && value <= INT32_MAX)
        pl_out_raw(out, "%" PRId64, value);
    else
        pl_out_raw(out, "INT64_C(%" PRId64 ")", value);
}

static bool has_number_limits(const Parley__Limits *l, bool required) {
    return required || l->_min_case || l->_max_case;
}

/* One static limits object, named after the field; nothing where the check needs none.
 * REQUIRED is that of a single value: for a list it speaks of the list. */
static void limits_object(pl_out *out, const pl_gen_field *f) {
    const Parley__Limits *l = f->limits;
    kind k = kind_of(f);
    bool required = l->required && !f->repeated && !f->case_member;
    if (k == KIND_TEXT && l->pattern && l->pattern[0]) {
        pl_out_raw(out, "    static pl_rpc_pattern %s_pattern = PL_RPC_PATTERN(", f->name);
        pl_out_string(out, l->pattern);
        pl_out_raw(out, ");\n");
    }
    if (k == KIND_TEXT || k == KIND_BYTES) {
        pl_out_raw(out, "    static const pl_text_limits %s_limits = {", f->name);
        pl_out_raw(out, ".required = %s", required ? "true" : "false");
        if (l->min_length)
            pl_out_raw(out, ", .min_length = %u", l->min_length);
        if (l->max_length)
            pl_out_raw(out, ", .max_length = %u", l->max_length);
        if (k == KIND_TEXT && l->pattern && l->pattern[0])
            pl_out_raw(out, ", .pattern = &%s_pattern", f->name);
        pl_out_raw(out, "};\n");
    } else if (k <= KIND_F64 && has_number_limits(l, required)) {
        pl_out_raw(out, "    static const pl_number_limits %s_limits = {", f->name);
        pl_out_raw(out, ".required = %s", required ? "true" : "false");
        if (l->_min_case) {
            pl_out_raw(out, ", .has_min = true, .min = ");
            number(out, l->min);
        }
        if (l->_max_case) {
            pl_out_raw(out, ", .has_max = true, .max = ");
            number(out, l->max);
        }
        pl_out_raw(out, "};\n");
    }
    if (f->repeated && (l->required || l->min_items || l->max_items))
        pl_out_line(out,
                    "    static const pl_item_limits %s_items = {.required = %s, .min_items = %u, "
                    ".max_items = %u};",
                    f->name, l->required ? "true" : "false", l->min_items, l->max_items);
}

/* The check of one value VALUE, called NAME below the current path. */
static void check_value(pl_out *out, int indent, const pl_gen_field *f, const char *name,
                        const char *value) {
    const Parley__Limits *l = f->limits;
    bool required = l && l->required && !f->repeated && !f->case_member;
    switch (kind_of(f)) {
    case KIND_TEXT:
        if (l)
            pl_out_line(out, "%*spl_check_text(out, \"%s\", %s, &%s_limits);", indent, "", name,
                        value, f->name);
        break;
    case KIND_BYTES:
        if (l)
            pl_out_line(out, "%*spl_check_bytes(out, \"%s\", %s.len, &%s_limits);", indent, "",
                        name, value, f->name);
        break;
    case KIND_I64:
    case KIND_U64:
    case KIND_F64:
        if (l && has_number_limits(l, required)) {
            static const char *const CHECK[] = {
                [KIND_I64] = "i64", [KIND_U64] = "u64", [KIND_F64] = "f64"};
            pl_out_line(out, "%*spl_check_%s(out, \"%s\", %s, &%s_limits);", indent, "",
                        CHECK[kind_of(f)], name, value, f->name);
        }
        break;
    case KIND_BOOL:
        if (required)
            pl_out_line(out, "%*spl_check_present(out, \"%s\", %s);", indent, "", name, value);
        break;
    case KIND_ENUM:
        if (required)
            pl_out_line(out, "%*spl_check_present(out, \"%s\", %s != 0);", indent, "", name, value);
        pl_out_line(out, "%*sif (!%s_name(%s))", indent, "", f->values->c, value);
        pl_out_line(out, "%*s    pl_violations_add(out, \"%s\", \"%%d is no %s\", (int)%s);",
                    indent, "", name, f->values->full, value);
        break;
    case KIND_MESSAGE:
        break;
    }
}

static bool value_checked(const pl_gen_field *f) {
    switch (kind_of(f)) {
    case KIND_MESSAGE:
        return f->sub->checked;
    case KIND_ENUM:
        return true;
    case KIND_BOOL:
        return false;
    case KIND_I64:
    case KIND_U64:
    case KIND_F64:
        return f->limits && has_number_limits(f->limits, false);
    case KIND_TEXT:
        return f->limits && (f->limits->min_length || f->limits->max_length ||
                             (f->limits->pattern && f->limits->pattern[0]));
    case KIND_BYTES:
        return f->limits && (f->limits->min_length || f->limits->max_length);
    }
    return false;
}

static void check_list(pl_out *out, const pl_gen_field *f) {
    const Parley__Limits *l = f->limits;
    if (l && (l->required || l->min_items || l->max_items))
        pl_out_line(out, "    pl_check_items(out, \"%s\", message->n_%s, &%s_items);", f->name,
                    f->member, f->name);
    if (!value_checked(f))
        return;
    char item[512];
    snprintf(item, sizeof(item), "message->%s[i]", f->member);
    pl_out_line(out, "    for (size_t i = 0; i < message->n_%s; i++) {", f->member);
    pl_out_line(out, "        size_t mark = pl_violations_enter_item(out, \"%s\", i);", f->name);
    if (f->sub)
        pl_out_line(out, "        (void)%s_validate(%s, out);", f->sub->c, item);
    else
        check_value(out, 8, f, "", item);
    pl_out_line(out, "        pl_violations_leave(out, mark);");
    pl_out_line(out, "    }");
}

static void check_message(pl_out *out, const pl_gen_field *f, int indent) {
    pl_out_line(out, "%*ssize_t mark = pl_violations_enter(out, \"%s\");", indent, "", f->name);
    pl_out_line(out, "%*s(void)%s_validate(message->%s, out);", indent, "", f->sub->c, f->member);
    pl_out_line(out, "%*spl_violations_leave(out, mark);", indent, "");
}

/* The condition under which a field that has presence is there; "" for others. protobuf-c
 * keeps a message in a oneof as case and pointer, and either may be missing. */
static void presence(const pl_gen_field *f, char *out, size_t size) {
    out[0] = '\0';
    if (f->case_member && f->sub)
        snprintf(out, size, "message->%s == %s && message->%s", f->case_member, f->case_constant,
                 f->member);
    else if (f->case_member)
        snprintf(out, size, "message->%s == %s", f->case_member, f->case_constant);
    else if (f->sub)
        snprintf(out, size, "message->%s", f->member);
}

static void check_field(pl_out *out, const pl_gen_field *f) {
    char present[1024], value[512];
    if (f->repeated) {
        check_list(out, f);
        return;
    }
    presence(f, present, sizeof(present));
    snprintf(value, sizeof(value), "message->%s", f->member);
    bool conditional = present[0] != '\0';
    if (conditional && f->limits && f->limits->required)
        pl_out_line(out, "    pl_check_present(out, \"%s\", %s%s);", f->name, present,
                    f->sub && !f->case_member ? " != NULL" : "");
    if (conditional && !value_checked(f))
        return;
    if (conditional)
        pl_out_line(out, "    if (%s) {", present);
    if (f->sub)
        check_message(out, f, 8);
    else
        check_value(out, conditional ? 8 : 4, f, f->name, value);
    if (conditional)
        pl_out_line(out, "    }");
}

static void validator(pl_out *out, const pl_gen_message *m) {
    pl_out_gap(out);
    pl_out_line(out, "pl_code %s_validate(const %s *message, pl_violations *out) {", m->c, m->c);
    for (size_t i = 0; i < m->field_count; i++)
        if (m->fields[i].limits)
            limits_object(out, &m->fields[i]);
    pl_out_line(out, "    size_t before = out->count;");
    for (size_t i = 0; i < m->field_count; i++)
        check_field(out, &m->fields[i]);
    pl_out_line(out, "    return out->count == before ? PL_OK : PL_INVALID_ARGUMENT;");
    pl_out_line(out, "}");
}

void pl_emit_validators(pl_out *out, const pl_gen_file *file) {
    for (size_t i = 0; i < file->message_count; i++)
        if (file->messages[i].checked)
            validator(out, &file->messages[i]);
}
