#include <inttypes.h>

#include "emit.h"
#include "kinds.h"

/* Bytes of an expression that names a field. */
#define NAME_MAX_SIZE 512

/* ", .min = VALUE" in a way that also the least number compiles. */
static void number(pl_buf *text, const char *member, int64_t value) {
    if (value == INT64_MIN)
        pl_buf_printf(text, ", .%s = INT64_MIN", member);
    else if (value > INT32_MIN && value <= INT32_MAX)
        pl_buf_printf(text, ", .%s = %" PRId64, member, value);
    else
        pl_buf_printf(text, ", .%s = INT64_C(%" PRId64 ")", member, value);
}

static bool has_number_limits(const Parley__Limits *l, bool required) {
    return required || l->_min_case || l->_max_case;
}

static bool has_pattern(const pl_gen_field *f) {
    return pl_gen_kind_of(f) == PL_KIND_TEXT && f->limits->pattern && f->limits->pattern[0];
}

/* `required` of a single value; for a list it speaks of the list, for a field with presence
 * of the field. */
static bool value_required(const pl_gen_field *f) {
    return f->limits && f->limits->required && !f->repeated && !f->case_member;
}

/* There is something to check in one value of the field. */
static bool value_checked(const pl_gen_field *f) {
    const Parley__Limits *l = f->limits;
    switch (pl_gen_kind_of(f)) {
    case PL_KIND_MESSAGE:
        return f->sub->checked;
    case PL_KIND_ENUM:
        return true;
    case PL_KIND_BOOL:
        return value_required(f);
    case PL_KIND_I64:
    case PL_KIND_U64:
    case PL_KIND_F64:
        return l && has_number_limits(l, value_required(f));
    case PL_KIND_TEXT:
    case PL_KIND_BYTES:
        return l && (value_required(f) || l->min_length || l->max_length || has_pattern(f));
    }
    return false;
}

/* "static const TYPE NAME = {MEMBERS};", of which MEMBERS begins with ", ". */
static void object(pl_out *out, const char *type, const pl_gen_field *f, const char *suffix,
                   const pl_buf *members) {
    const char *list = members->n ? members->p + strlen(", ") : ".required = false";
    if (members->failed)
        out->buf.failed = true;
    pl_out_line(out, "    static const %s %s_%s = {%s};", type, f->name, suffix, list);
}

static void text_limits(pl_out *out, const pl_gen_field *f, pl_buf *members) {
    const Parley__Limits *l = f->limits;
    if (has_pattern(f)) {
        pl_out quoted = pl_out_make();
        pl_out_string(&quoted, l->pattern);
        pl_out_line(out, "    static pl_rpc_pattern %s_pattern = PL_RPC_PATTERN(%s);", f->name,
                    quoted.buf.p);
        out->buf.failed = out->buf.failed || quoted.buf.failed;
        pl_out_done(&quoted);
    }
    if (l->min_length)
        pl_buf_printf(members, ", .min_length = %u", l->min_length);
    if (l->max_length)
        pl_buf_printf(members, ", .max_length = %u", l->max_length);
    if (has_pattern(f))
        pl_buf_printf(members, ", .pattern = &%s_pattern", f->name);
    object(out, "pl_text_limits", f, "limits", members);
}

static void number_limits(pl_out *out, const pl_gen_field *f, pl_buf *members) {
    const Parley__Limits *l = f->limits;
    if (l->_min_case) {
        pl_buf_puts(members, ", .has_min = true");
        number(members, "min", l->min);
    }
    if (l->_max_case) {
        pl_buf_puts(members, ", .has_max = true");
        number(members, "max", l->max);
    }
    object(out, "pl_number_limits", f, "limits", members);
}

static void item_limits(pl_out *out, const pl_gen_field *f, pl_buf *members) {
    const Parley__Limits *l = f->limits;
    if (l->required)
        pl_buf_puts(members, ", .required = true");
    if (l->min_items)
        pl_buf_printf(members, ", .min_items = %u", l->min_items);
    if (l->max_items)
        pl_buf_printf(members, ", .max_items = %u", l->max_items);
    object(out, "pl_item_limits", f, "items", members);
}

static bool has_item_limits(const pl_gen_field *f) {
    const Parley__Limits *l = f->limits;
    return f->repeated && l && (l->required || l->min_items || l->max_items);
}

/* The static objects that the checks of a field refer to. */
static void limits_objects(pl_out *out, const pl_gen_field *f) {
    pl_buf members = pl_buf_make(PL_OUT_LINE_MAX);
    pl_gen_kind k = pl_gen_kind_of(f);
    if (value_required(f))
        pl_buf_puts(&members, ", .required = true");
    if (value_checked(f) && (k == PL_KIND_TEXT || k == PL_KIND_BYTES))
        text_limits(out, f, &members);
    else if (value_checked(f) && k <= PL_KIND_F64)
        number_limits(out, f, &members);
    pl_buf_clear(&members);
    if (has_item_limits(f))
        item_limits(out, f, &members);
    pl_buf_done(&members);
}

/* The check of one value VALUE, called NAME below the current path. */
static void check_value(pl_out *out, int indent, const pl_gen_field *f, const char *name,
                        const char *value) {
    static const char *const NUMBER[] = {
        [PL_KIND_I64] = "i64", [PL_KIND_U64] = "u64", [PL_KIND_F64] = "f64"};
    if (!value_checked(f))
        return;
    switch (pl_gen_kind_of(f)) {
    case PL_KIND_TEXT:
        pl_out_line(out, "%*spl_check_text(out, \"%s\", %s, &%s_limits);", indent, "", name, value,
                    f->name);
        break;
    case PL_KIND_BYTES:
        pl_out_line(out, "%*spl_check_bytes(out, \"%s\", %s.len, &%s_limits);", indent, "", name,
                    value, f->name);
        break;
    case PL_KIND_I64:
    case PL_KIND_U64:
    case PL_KIND_F64:
        pl_out_line(out, "%*spl_check_%s(out, \"%s\", %s, &%s_limits);", indent, "",
                    NUMBER[pl_gen_kind_of(f)], name, value, f->name);
        break;
    case PL_KIND_BOOL:
        pl_out_line(out, "%*spl_check_present(out, \"%s\", %s);", indent, "", name, value);
        break;
    case PL_KIND_ENUM:
        if (value_required(f))
            pl_out_line(out, "%*spl_check_present(out, \"%s\", %s != 0);", indent, "", name, value);
        pl_out_line(out, "%*sif (!%s_name(%s))", indent, "", f->values->c, value);
        pl_out_line(out, "%*s    pl_violations_add(out, \"%s\", \"%%d is no %s\", (int)%s);",
                    indent, "", name, f->values->full, value);
        break;
    case PL_KIND_MESSAGE:
        break;
    }
}

static void check_list(pl_out *out, const pl_gen_field *f, int indent) {
    char item[NAME_MAX_SIZE];
    if (has_item_limits(f))
        pl_out_line(out, "%*spl_check_items(out, \"%s\", message->n_%s, &%s_items);", indent, "",
                    f->name, f->member, f->name);
    if (!value_checked(f))
        return;
    snprintf(item, sizeof(item), "message->%s[i]", f->member);
    pl_out_line(out, "%*sfor (size_t i = 0; i < message->n_%s; i++) {", indent, "", f->member);
    pl_out_line(out, "%*s    size_t mark = pl_violations_enter_item(out, \"%s\", i);", indent, "",
                f->name);
    if (f->sub)
        pl_out_line(out, "%*s    (void)%s_validate(%s, out);", indent, "", f->sub->c, item);
    else
        check_value(out, indent + 4, f, "", item);
    pl_out_line(out, "%*s    pl_violations_leave(out, mark);", indent, "");
    pl_out_line(out, "%*s}", indent, "");
}

static void check_message(pl_out *out, const pl_gen_field *f, int indent) {
    pl_out_line(out, "%*ssize_t mark = pl_violations_enter(out, \"%s\");", indent, "", f->name);
    if (f->mask && f->sub->checked)
        pl_out_line(out, "%*s%s_check(message->%s, message->%s, out);", indent, "", f->sub->c,
                    f->member, f->mask->member);
    else
        pl_out_line(out, "%*s(void)%s_validate(message->%s, out);", indent, "", f->sub->c,
                    f->member);
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

static void check_field(pl_out *out, const pl_gen_field *f, int indent) {
    char present[2 * NAME_MAX_SIZE], value[NAME_MAX_SIZE];
    if (f->repeated) {
        check_list(out, f, indent);
        return;
    }
    presence(f, present, sizeof(present));
    snprintf(value, sizeof(value), "message->%s", f->member);
    bool conditional = present[0] != '\0';
    if (conditional && f->limits && f->limits->required)
        pl_out_line(out, "%*spl_check_present(out, \"%s\", %s%s);", indent, "", f->name, present,
                    f->sub ? " != NULL" : "");
    if (conditional && !value_checked(f))
        return;
    if (conditional)
        pl_out_line(out, "%*sif (%s) {", indent, "", present);
    if (f->sub)
        check_message(out, f, indent + 4);
    else
        check_value(out, conditional ? indent + 4 : indent, f, f->name, value);
    if (conditional)
        pl_out_line(out, "%*s}", indent, "");
}

/* There is any check of the field. */
static bool field_checked(const pl_gen_field *f) {
    bool presence_checked = f->limits && f->limits->required && (f->sub || f->case_member);
    return value_checked(f) || has_item_limits(f) || presence_checked;
}

static void limits(pl_out *out, const pl_gen_message *m) {
    for (size_t i = 0; i < m->field_count; i++)
        if (m->fields[i].limits)
            limits_objects(out, &m->fields[i]);
}

/* The checks of a message of which a mask may say what counts. */
static void masked_check(pl_out *out, const pl_gen_message *m) {
    pl_out_gap(out);
    pl_out_line(out,
                "static void %s_check(const %s *message, const google_protobuf_FieldMask *mask, "
                "pl_violations *out) {",
                m->c, m->c);
    limits(out, m);
    for (size_t i = 0; i < m->field_count; i++) {
        if (!field_checked(&m->fields[i]))
            continue;
        pl_out_line(out, "    if (in_mask(mask, \"%s\")) {", m->fields[i].name);
        check_field(out, &m->fields[i], 8);
        pl_out_line(out, "    }");
    }
    pl_out_line(out, "}");
}

static void validator(pl_out *out, const pl_gen_message *m) {
    pl_out_gap(out);
    pl_out_line(out, "pl_code %s_validate(const %s *message, pl_violations *out) {", m->c, m->c);
    if (!m->masked)
        limits(out, m);
    pl_out_line(out, "    size_t before = out->count;");
    if (m->masked)
        pl_out_line(out, "    %s_check(message, NULL, out);", m->c);
    for (size_t i = 0; !m->masked && i < m->field_count; i++)
        check_field(out, &m->fields[i], 4);
    pl_out_line(out, "    return out->count == before ? PL_OK : PL_INVALID_ARGUMENT;");
    pl_out_line(out, "}");
}

static const char IN_MASK[] =
    "\n"
    "/* Whether FIELD counts: MASK names it or something in it, or does not say. */\n"
    "static bool in_mask(const google_protobuf_FieldMask *mask, const char *field) {\n"
    "    size_t n = strlen(field);\n"
    "    for (size_t i = 0; mask && i < mask->n_paths; i++) {\n"
    "        const char *path = mask->paths[i];\n"
    "        if (strcmp(path, \"*\") == 0)\n"
    "            return true;\n"
    "        if (strncmp(path, field, n) == 0 && (path[n] == '\\0' || path[n] == '.'))\n"
    "            return true;\n"
    "    }\n"
    "    return !mask || mask->n_paths == 0;\n"
    "}\n";

/* Whether the checks read a member that protobuf-c marks as deprecated. */
static bool reads_deprecated(const pl_gen_file *file) {
    for (size_t i = 0; i < file->message_count; i++)
        for (size_t k = 0; file->messages[i].checked && k < file->messages[i].field_count; k++)
            if (file->messages[i].fields[k].deprecated &&
                field_checked(&file->messages[i].fields[k]))
                return true;
    return false;
}

void pl_emit_validators(pl_out *out, const pl_gen_file *file) {
    bool helper = false;
    if (reads_deprecated(file))
        pl_out_raw(out, "\n/* What is deprecated is checked as long as it comes. */\n"
                        "#pragma GCC diagnostic ignored \"-Wdeprecated-declarations\"\n");
    for (size_t i = 0; i < file->message_count; i++) {
        const pl_gen_message *m = &file->messages[i];
        if (!m->checked || !m->masked)
            continue;
        if (!helper)
            pl_out_raw(out, "%s", IN_MASK);
        helper = true;
        masked_check(out, m);
    }
    for (size_t i = 0; i < file->message_count; i++)
        if (file->messages[i].checked)
            validator(out, &file->messages[i]);
}
