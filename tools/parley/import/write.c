/* Values as our notation has them: the proto says of which type they are. */
#include "common/yaml_text.h"
#include "import/import.h"

enum { VALUE_MAX = 1 << 20 };

static void ours_value(writer *w, const pl_field *field, const scc_value *value, int indent);

void ours_indent(pl_buf *out, int indent) {
    for (int i = 0; i < indent; i++)
        pl_buf_puts(out, "  ");
}

void ours_scalar(pl_buf *out, pl_str text) {
    yaml_put_text(text, out);
}

void ours_comment(pl_buf *out, pl_str text) {
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        pl_buf_putc(out, c < ' ' || c == 0x7f ? ' ' : text.p[i]);
    }
}

static void warn(writer *w, const scc_value *value, const char *rule, const char *format,
                 const char *name) {
    scc_finding(w->s, value->at, PL_FINDING_WARNING, rule, format, name);
}

/* ---- patterns -------------------------------------------------------------------------------- */

/* "A|B", also in brackets or with ends: nothing but texts. */
static bool alternatives(pl_str regex, pl_str *out) {
    pl_str r = regex;
    if (r.n > 1 && r.p[0] == '^' && r.p[r.n - 1] == '$')
        r = pl_str_make(r.p + 1, r.n - 2);
    if (r.n > 1 && r.p[0] == '(' && r.p[r.n - 1] == ')')
        r = pl_str_make(r.p + 1, r.n - 2);
    for (size_t i = 0; i < r.n; i++) {
        if (memchr("\\^$.?*+()[]{}", r.p[i], 13))
            return false;
    }
    *out = r;
    return pl_str_index(r, '|') < r.n;
}

static void put_one_of(writer *w, pl_str list, pl_str example) {
    pl_str one, rest = list;
    pl_buf_puts(w->out, " !one_of { values: [");
    for (const char *comma = ""; pl_str_split(&rest, '|', &one); comma = ", ") {
        pl_buf_puts(w->out, comma);
        ours_scalar(w->out, one);
    }
    pl_buf_puts(w->out, "], example: ");
    ours_scalar(w->out, example);
    pl_buf_puts(w->out, " }");
}

/* "|" stands outside of groups and classes. */
static bool is_choice(pl_str regex) {
    int depth = 0;
    bool class = false;
    for (size_t i = 0; i < regex.n; i++) {
        char c = regex.p[i];
        if (c == '\\')
            i++;
        else if (c == '[' || c == ']')
            class = c == '[';
        else if (!class && (c == '(' || c == ')'))
            depth += c == '(' ? 1 : -1;
        else if (!class && c == '|' && depth == 0)
            return true;
    }
    return false;
}

/* Theirs match the whole text, ours a part of it. */
static void put_regex(writer *w, pl_str regex, pl_str example) {
    bool choice = is_choice(regex);
    bool starts = !choice && regex.n && regex.p[0] == '^';
    bool ends = !choice && regex.n && regex.p[regex.n - 1] == '$';
    pl_buf whole = pl_buf_make(VALUE_MAX);
    pl_buf_printf(&whole, choice ? "^(?:%s%s%s)$" : "%s%s%s", starts || choice ? "" : "^", regex.p,
                  ends || choice ? "" : "$");
    pl_buf_puts(w->out, " !regex { pattern: ");
    ours_scalar(w->out, pl_buf_view(&whole));
    pl_buf_puts(w->out, ", example: ");
    ours_scalar(w->out, example);
    pl_buf_puts(w->out, " }");
    pl_buf_done(&whole);
}

static void put_text_regex(writer *w, const scc_value *value) {
    const scc_matcher *m = value->matcher;
    pl_str list;
    if (!scc_pattern_matches(w->s, m->regex, value->text)) {
        scc_finding(w->s, m->at, PL_FINDING_WARNING, "REGEX",
                    "'%.64s' does not match '%.64s', or the pattern is none here; it became !type",
                    value->text.p, m->regex.p);
        pl_buf_puts(w->out, " !type ");
        ours_scalar(w->out, value->text);
    } else if (m->known && *m->known->tag) {
        pl_buf_printf(w->out, " %s ", m->known->tag);
        ours_scalar(w->out, value->text);
    } else if (alternatives(m->regex, &list)) {
        put_one_of(w, list, value->text);
    } else {
        put_regex(w, m->regex, value->text);
    }
}

/* The least number that a pattern of digits takes; -1: another pattern. */
static int least(pl_str regex) {
    static const struct {
        const char *regex;
        int least;
    } digits[] = {
        {"[0-9]+", 0}, {"\\d+", 0}, {"[1-9][0-9]*", 1}, {"[1-9]\\d*", 1}, {"([1-9]\\d*)", 1}};
    for (size_t i = 0; i < PL_COUNT(digits); i++) {
        if (pl_str_eqc(regex, digits[i].regex))
            return digits[i].least;
    }
    return -1;
}

/* Patterns that every value of a number's type matches. */
static bool is_any_number(const scc_matcher *m) {
    static const char *const any[] = {".+", ".*", "-?\\d+", "-?(\\d+)", "-?[0-9]+"};
    static const char *const known[] = {"number", "integer", "double", "nonEmpty", "nonBlank"};
    for (size_t i = 0; i < PL_COUNT(any); i++) {
        if (pl_str_eqc(m->regex, any[i]))
            return true;
    }
    for (size_t i = 0; m->known && i < PL_COUNT(known); i++) {
        if (strcmp(m->known->name, known[i]) == 0)
            return true;
    }
    return false;
}

/* A pattern of what is no text here. */
static void put_other_regex(writer *w, const pl_field *field, pl_leaf leaf, const scc_value *value,
                            pl_str text) {
    const scc_matcher *m = value->matcher;
    bool number = leaf == PL_LEAF_SIGNED || leaf == PL_LEAF_UNSIGNED || leaf == PL_LEAF_FLOAT;
    pl_str list;
    if (number && least(m->regex) >= 0) {
        pl_buf_printf(w->out, " !range { min: %d, example: %s }", least(m->regex), text.p);
        return;
    }
    if (leaf == PL_LEAF_ENUM && alternatives(m->regex, &list)) {
        put_one_of(w, list, text);
        return;
    }
    bool any = (number && is_any_number(m)) || leaf == PL_LEAF_BOOL || leaf == PL_LEAF_TIME;
    if (!any)
        scc_finding(w->s, m->at, PL_FINDING_WARNING, "REGEX",
                    "the pattern of '%.64s' became !type, for it is %s", field->name.p,
                    number ? "a number" : pl_kind_name(field->kind));
    pl_buf_puts(w->out, leaf == PL_LEAF_TIME ? " !timestamp " : " !type ");
    ours_scalar(w->out, text);
}

/* ---- scalars --------------------------------------------------------------------------------- */

static bool is_scalar(const scc_value *value) {
    return value->kind == SCC_BOOL || value->kind == SCC_NUMBER || value->kind == SCC_TEXT;
}

/* The text of a value of FIELD: of numbers without ".0", which JSON may have. */
static pl_str scalar_text(writer *w, const pl_field *field, const scc_value *value) {
    pl_leaf leaf = pl_leaf_of(field);
    pl_str text = value->text;
    if (leaf == PL_LEAF_STRING && value->kind != SCC_TEXT && !w->request)
        warn(w, value, "TYPE", "'%.64s' is a text in the proto: it was put in quotes",
             field->name.p);
    if (leaf != PL_LEAF_SIGNED && leaf != PL_LEAF_UNSIGNED)
        return text;
    size_t dot = pl_str_index(text, '.');
    for (size_t i = dot + 1; i < text.n; i++) {
        if (text.p[i] != '0')
            return text;
    }
    return dot < text.n ? scc_copy(w->s, pl_str_make(text.p, dot)) : text;
}

static void put_leaf(writer *w, const pl_field *field, const scc_value *value) {
    const scc_matcher *m = value->matcher;
    pl_leaf leaf = pl_leaf_of(field);
    pl_str text = scalar_text(w, field, value);
    if (m && m->kind == SCC_REGEX && leaf == PL_LEAF_STRING) {
        put_text_regex(w, value);
    } else if (m && m->kind == SCC_REGEX) {
        put_other_regex(w, field, leaf, value, text);
    } else {
        bool type = m && (m->kind == SCC_TYPE || m->kind == SCC_COMMAND);
        if (m && m->kind == SCC_COMMAND)
            scc_finding(w->s, m->at, PL_FINDING_WARNING, "COMMAND",
                        "the command of '%.64s' became !type: nothing is run here", field->name.p);
        pl_buf_puts(w->out, type ? " !type " : " ");
        if (value->kind == SCC_NUMBER && leaf != PL_LEAF_STRING)
            pl_buf_str(w->out, text);
        else
            ours_scalar(w->out, text);
    }
}

void ours_text(writer *w, const scc_value *value) {
    const scc_matcher *m = value->matcher;
    if (m && m->kind == SCC_REGEX) {
        put_text_regex(w, value);
        return;
    }
    pl_buf_puts(w->out, m && m->kind != SCC_EQUAL ? " !type " : " ");
    ours_scalar(w->out, value->text);
}

/* ---- lists and maps -------------------------------------------------------------------------- */

/* Values whose type only JSON knows: Struct, Value, Any. */
static void put_json(writer *w, const scc_value *value) {
    const char *comma = "";
    if (value->kind == SCC_LIST || value->kind == SCC_MAP) {
        bool map = value->kind == SCC_MAP;
        pl_buf_putc(w->out, map ? '{' : '[');
        for (const scc_value *v = value->children; v; v = v->next, comma = ", ") {
            pl_buf_puts(w->out, comma);
            if (map) {
                pl_buf_json(w->out, v->key);
                pl_buf_puts(w->out, ": ");
            }
            put_json(w, v);
        }
        pl_buf_putc(w->out, map ? '}' : ']');
    } else if (value->kind == SCC_TEXT) {
        pl_buf_json(w->out, value->text);
    } else {
        pl_buf_str(w->out, value->kind == SCC_NULL ? pl_str_c("null") : value->text);
    }
}

static bool has_matchers(const scc_value *value) {
    for (const scc_value *v = value->children; v; v = v->next) {
        if (v->matcher || has_matchers(v))
            return true;
    }
    return false;
}

static void put_scalars(writer *w, const pl_field *field, const scc_value *list) {
    const char *comma = "";
    pl_buf_puts(w->out, " [");
    for (const scc_value *v = list->children; v; v = v->next, comma = ",") {
        pl_buf_puts(w->out, comma);
        put_leaf(w, field, v);
    }
    pl_buf_puts(w->out, " ]");
}

/* "- id: 1" and the other members below. */
static void put_item(writer *w, const pl_message_type *type, const scc_value *item, int indent) {
    pl_buf members = pl_buf_make(IMPORT_TEXT_MAX), *out = w->out;
    size_t skipped = 2 * (size_t)(indent + 1) + 1;
    w->out = &members;
    ours_message(w, type, item, indent + 1);
    w->out = out;
    pl_str text = pl_buf_view(&members);
    pl_buf_putc(out, '\n');
    ours_indent(out, indent);
    /* No comment stands behind the dash. */
    bool inline_first = text.n > skipped && text.p[0] == '\n' && text.p[skipped] != '#';
    pl_buf_puts(out, inline_first ? "- " : "-");
    if (inline_first)
        text = pl_str_make(text.p + skipped, text.n - skipped);
    if (members.failed || !pl_buf_str(out, text))
        w->s->full = true;
    pl_buf_done(&members);
}

static void put_messages(writer *w, const pl_field *field, const scc_value *list, int indent) {
    if (!list->count)
        pl_buf_puts(w->out, " []");
    for (const scc_value *v = list->children; v; v = v->next) {
        put_item(w, field->message, v, indent);
    }
}

static void put_size(writer *w, const scc_matcher *m) {
    pl_buf_puts(w->out, " !size {");
    if (m->has_min)
        pl_buf_printf(w->out, " min: %u%s", m->min, m->has_max ? "," : "");
    if (m->has_max)
        pl_buf_printf(w->out, " max: %u", m->max);
    pl_buf_puts(w->out, ", example:");
}

static bool all_scalars(const scc_value *list) {
    for (const scc_value *v = list->children; v; v = v->next) {
        if (!is_scalar(v))
            return false;
    }
    return true;
}

static void put_list(writer *w, const pl_field *field, const scc_value *list, int indent) {
    const scc_matcher *m = list->matcher;
    bool messages = pl_leaf_of(field) == PL_LEAF_NONE, type = m && m->kind == SCC_TYPE;
    bool sized = type && (m->has_min || m->has_max);
    if (!messages && !all_scalars(list)) {
        warn(w, list, "TYPE", "an item of '%.64s' is no scalar; the list is left out",
             field->name.p);
        pl_buf_puts(w->out, " !any");
    } else if (messages && type && list->count) {
        if (sized)
            scc_finding(w->s, m->at, PL_FINDING_WARNING, "OCCURRENCE",
                        "how many items '%.64s' has is left out: !each says what they are",
                        field->name.p);
        pl_buf_puts(w->out, " !each");
        ours_message(w, field->message, list->children, indent + 1);
    } else if (messages) {
        put_messages(w, field, list, indent);
    } else if (sized && !has_matchers(list)) {
        put_size(w, m);
        put_scalars(w, field, list);
        pl_buf_puts(w->out, " }");
    } else {
        pl_buf_puts(w->out, type ? " !type" : "");
        put_scalars(w, field, list);
    }
}

static void put_map(writer *w, const pl_field *field, const scc_value *map, int indent) {
    if (map->matcher && map->matcher->kind == SCC_TYPE)
        pl_buf_puts(w->out, " !type");
    if (!map->count)
        pl_buf_puts(w->out, " {}");
    for (const scc_value *v = map->children; v; v = v->next) {
        pl_buf_putc(w->out, '\n');
        ours_indent(w->out, indent + 1);
        ours_scalar(w->out, v->key);
        pl_buf_putc(w->out, ':');
        ours_value(w, &field->message->fields[1], v, indent + 1);
    }
}

/* ---- fields ---------------------------------------------------------------------------------- */

static void put_message(writer *w, const pl_field *field, const scc_value *value, int indent) {
    const pl_message_type *type = field->message;
    switch (type->well_known) {
    case PL_WELL_KNOWN_WRAPPER:
        ours_value(w, &type->fields[0], value, indent);
        return;
    case PL_WELL_KNOWN_ANY:
    case PL_WELL_KNOWN_STRUCT:
    case PL_WELL_KNOWN_VALUE:
    case PL_WELL_KNOWN_LIST_VALUE:
    case PL_WELL_KNOWN_FIELD_MASK:
        pl_buf_putc(w->out, ' ');
        put_json(w, value);
        return;
    default:
        if (value->matcher && value->matcher->kind == SCC_TYPE)
            pl_buf_puts(w->out, " !type");
        ours_message(w, type, value, indent + 1);
    }
}

/* What stands behind "name:". */
static void ours_value(writer *w, const pl_field *field, const scc_value *value, int indent) {
    if (field->map)
        put_map(w, field, value, indent);
    else if (value->kind == SCC_LIST && field->repeated)
        put_list(w, field, value, indent);
    else if (pl_leaf_of(field) == PL_LEAF_NONE)
        put_message(w, field, value, indent);
    else
        put_leaf(w, field, value);
}

/* Why a value cannot be FIELD's; NULL: it can. */
static const char *misfit(const pl_field *field, const scc_value *value) {
    bool loose = field->message && (field->message->well_known == PL_WELL_KNOWN_VALUE ||
                                    field->message->well_known == PL_WELL_KNOWN_WRAPPER ||
                                    field->message->well_known == PL_WELL_KNOWN_FIELD_MASK ||
                                    field->message->well_known == PL_WELL_KNOWN_LIST_VALUE);
    if (field->map)
        return value->kind == SCC_MAP ? NULL : "a map in the proto";
    if (field->repeated)
        return value->kind == SCC_LIST ? NULL : "a list in the proto";
    if (loose)
        return NULL;
    if (pl_leaf_of(field) == PL_LEAF_NONE)
        return value->kind == SCC_MAP ? NULL : "a message in the proto";
    return is_scalar(value) ? NULL : "no list or object in the proto";
}

/* A member that is kept as a comment. */
static void comment(pl_buf *out, const char *name, const char *why, int indent) {
    pl_buf_putc(out, '\n');
    ours_indent(out, indent);
    pl_buf_puts(out, "# ");
    ours_comment(out, pl_str_c(name));
    pl_buf_printf(out, ": left out, %s", why);
}

static bool may_be_absent(const pl_field *field) {
    return field->presence || field->repeated;
}

/* False: nothing but a comment was written, to COMMENTS. */
static bool ours_member(writer *w, const pl_message_type *type, const scc_value *v, int indent,
                        pl_buf *comments) {
    const pl_field *field = pl_message_field_by_json(type, v->key);
    const char *wrong = NULL;
    bool nothing = v->kind == SCC_NULL || (v->matcher && v->matcher->kind == SCC_NOTHING);
    if (!field)
        wrong = "the proto has no such field";
    else if (v->kind == SCC_UNKNOWN)
        wrong = "it is computed";
    else if (nothing && !may_be_absent(field))
        wrong = "null: the field is always there";
    else if (!nothing)
        wrong = misfit(field, v);
    if (wrong) {
        if (v->kind != SCC_UNKNOWN)
            scc_finding(w->s, field ? v->at : v->key_at, PL_FINDING_WARNING, "FIELD_LEFT_OUT",
                        "'%.64s' of %s is left out: %s", v->key.p, type->full_name.p, wrong);
        comment(comments, v->key.p, wrong, indent);
        return false;
    }
    if (nothing && w->request)
        return false;
    pl_buf_putc(w->out, '\n');
    ours_indent(w->out, indent);
    pl_buf_printf(w->out, "%s:", field->name.p);
    if (nothing)
        pl_buf_puts(w->out, " !absent");
    else
        ours_value(w, field, v, indent);
    return true;
}

void ours_message(writer *w, const pl_message_type *type, const scc_value *map, int indent) {
    pl_buf members = pl_buf_make(IMPORT_TEXT_MAX), comments = pl_buf_make(IMPORT_TEXT_MAX);
    pl_buf *out = w->out;
    size_t written = 0;
    w->out = &members;
    for (const scc_value *v = map ? map->children : NULL; v; v = v->next)
        written += ours_member(w, type, v, indent, &comments);
    w->out = out;
    /* Comments belong to what follows them. */
    pl_buf_puts(out, written ? "" : " {}");
    pl_buf_str(out, pl_buf_view(&comments));
    pl_buf_str(out, pl_buf_view(&members));
    w->s->full = w->s->full || members.failed || comments.failed || out->failed;
    pl_buf_done(&members);
    pl_buf_done(&comments);
}
