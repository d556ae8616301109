/* Messages as people write them in contracts. */
#include <string.h>

#include "common/yaml_text.h"
#include "contract/skeleton.h"
#include "parley/base/clock.h"
#include "parley/json/json.h"
#include "parley/json/proto_json.h"
#include "stub/record.h"

enum { ARENA_MAX = 16 << 20, JSON_MAX = 8 << 20, WIDTH = 96 };

static const char timestamp_form[] = "0000-00-00T00:00:00";

typedef struct writer {
    record_side side;
    pl_buf *out;
} writer;

/* Where a value stands. */
typedef enum place { OF_FIELD, OF_ENTRY, OF_ITEM } place;

static void put_value(const writer *w, const pl_field *field, const pl_json_value *value, place at,
                      int indent);

/* ---- what a value is ------------------------------------------------------------------------- */

/* "2026-11-21T17:43:43Z", whatever follows the seconds. */
static bool is_time(pl_str text) {
    size_t n = sizeof timestamp_form - 1;

    if (text.n <= n || (text.p[text.n - 1] != 'Z' && text.n < n + 6))
        return false;
    for (size_t i = 0; i < n; i++) {
        bool digit = text.p[i] >= '0' && text.p[i] <= '9';
        if (timestamp_form[i] == '0' ? !digit : text.p[i] != timestamp_form[i])
            return false;
    }
    return true;
}

static bool is_uuid(pl_str text) {
    uint8_t bytes[16];

    return pl_uuid_parse(text, bytes);
}

/* The matcher of a value that is plainly another one the next time; "": none. */
static const char *volatile_tag(const pl_field *field, const pl_json_value *value) {
    if (value->kind != PL_JSON_STRING)
        return "";
    if (field->message && field->message->well_known == PL_WELL_KNOWN_TIMESTAMP)
        return "!timestamp ";
    if (field->kind != PL_KIND_STRING)
        return "";
    return is_uuid(value->text) ? "!uuid " : is_time(value->text) ? "!timestamp " : "";
}

static void put_redacted(const pl_field *field, pl_buf *out) {
    if (field->kind == PL_KIND_STRING && !field->repeated) {
        pl_buf_puts(out, "!non_empty ");
        skeleton_text(field->limits, out);
    } else {
        pl_buf_puts(out, "!any");
    }
}

static bool has_sensitive(const pl_message_type *type, const pl_json_value *value);

/* The message type that the JSON of an Any names, or NULL. */
static const pl_message_type *type_in(const pl_pool *pool, const pl_json_value *any) {
    const pl_json_value *url = pl_json_at(any, "@type");
    pl_str name = url ? url->text : pl_str_make("", 0);

    for (size_t slash; (slash = pl_str_index(name, '/')) < name.n;)
        name = pl_str_make(name.p + slash + 1, name.n - slash - 1);
    return pl_pool_message(pool, name);
}

/* VALUE, which stands at FIELD, is sensitive or has something in it that is. */
static bool is_sensitive(const pl_field *field, const pl_json_value *value) {
    if (field->sensitive || !field->message)
        return field->sensitive;
    if (value->kind == PL_JSON_ARRAY) {
        for (const pl_json_value *one = value->children; one; one = one->next) {
            if (is_sensitive(field, one))
                return true;
        }
        return false;
    }
    return has_sensitive(field->message, value);
}

/* VALUE is the JSON of a message of TYPE, or of a map with such entries. */
static bool has_sensitive(const pl_message_type *type, const pl_json_value *value) {
    if (type->well_known == PL_WELL_KNOWN_ANY)
        type = type_in(type->pool, value);
    if (!type || type->well_known != PL_WELL_KNOWN_NONE || value->kind != PL_JSON_OBJECT)
        return false;
    for (const pl_json_value *one = value->children; one; one = one->next) {
        const pl_field *field = type->map_entry ? &type->fields[1]
                                                : pl_message_field_by_json(type, one->key);
        if (field && is_sensitive(field, one))
            return true;
    }
    return false;
}

/* Nobody sees what an Any with something sensitive holds: its fields are not told apart here. */
static bool is_hidden(const pl_field *field, const pl_json_value *value) {
    return field->sensitive || (field->message && field->message->well_known == PL_WELL_KNOWN_ANY &&
                                has_sensitive(field->message, value));
}

/* ---- values ---------------------------------------------------------------------------------- */

/* Of a type that only JSON knows: Struct, Value, Any. */
static void put_json(const pl_json_value *value, pl_buf *out) {
    bool object = value->kind == PL_JSON_OBJECT;

    if (!object && value->kind != PL_JSON_ARRAY) {
        pl_json_print(value, 0, out);
        return;
    }
    pl_buf_putc(out, object ? '{' : '[');
    for (const pl_json_value *one = value->children; one; one = one->next) {
        pl_buf_puts(out, one == value->children ? (object ? " " : "") : ", ");
        if (object)
            pl_buf_json(out, one->key), pl_buf_puts(out, ": ");
        put_json(one, out);
    }
    pl_buf_puts(out, object ? (value->children ? " }" : "}") : "]");
}

static bool is_message(const pl_field *field) {
    return field->message && field->message->well_known == PL_WELL_KNOWN_NONE && !field->map;
}

static void put_leaf(const writer *w, const pl_field *field, const pl_json_value *value) {
    const char *tag = w->side == RECORD_REQUEST ? "" : volatile_tag(field, value);

    pl_buf_puts(w->out, tag);
    if (*tag && w->side == RECORD_COMPARED)
        return;
    if (value->kind == PL_JSON_STRING)
        yaml_put_text(value->text, w->out);
    else
        put_json(value, w->out);
}

/* A key of a message or map, and which field it is. */
static const pl_field *put_key(const pl_message_type *type, const pl_json_value *member,
                               pl_buf *out) {
    const pl_field *field = type->map_entry ? &type->fields[1]
                                            : pl_message_field_by_json(type, member->key);

    yaml_put_text(member->key, out);
    pl_buf_putc(out, ':');
    return field;
}

/* The place of what is within a value of TYPE, a list where that is NULL. */
static place within(const pl_message_type *type) {
    return !type ? OF_ITEM : type->map_entry ? OF_ENTRY : OF_FIELD;
}

static void put_flow(const writer *w, const pl_field *field, const pl_message_type *type,
                     const pl_json_value *value) {
    pl_buf_puts(w->out, type ? "{" : "[");
    for (const pl_json_value *one = value->children; one; one = one->next) {
        pl_buf_puts(w->out, one == value->children ? (type ? " " : "") : ", ");
        const pl_field *of = type ? put_key(type, one, w->out) : field;
        pl_buf_puts(w->out, type ? " " : "");
        put_value(w, of, one, within(type), -1);
    }
    pl_buf_puts(w->out, type ? (value->children ? " }" : "}") : "]");
}

static void put_indent(int indent, pl_buf *out) {
    pl_buf_putc(out, '\n');
    for (int i = 0; i < indent; i++)
        pl_buf_puts(out, "  ");
}

/* Fits behind its key or dash. */
static bool is_short(const writer *w, const pl_field *field, const pl_message_type *type,
                     const pl_json_value *value, int indent) {
    pl_buf flow = pl_buf_make(WIDTH - (indent < 20 ? 2 * (size_t)indent : 40));
    writer trial = {w->side, &flow};

    /* A lack of memory must not look like a long text: equal requests are known by their texts. */
    if (!pl_buf_reserve(&flow, flow.max))
        w->out->failed = true;
    put_flow(&trial, field, type, value);
    bool fits = !flow.failed;
    pl_buf_done(&flow);
    return fits;
}

/* A message of TYPE, or a list where that is NULL, AT a place; INDENT -1: within brackets. */
static void put_lines(const writer *w, const pl_field *field, const pl_message_type *type,
                      const pl_json_value *value, place at, int indent) {
    if (indent < 0 || !value->children || is_short(w, field, type, value, indent)) {
        if (indent >= 0)
            pl_buf_putc(w->out, ' ');
        put_flow(w, field, type, value);
        return;
    }
    for (const pl_json_value *one = value->children; one; one = one->next) {
        if (at == OF_ITEM && one == value->children)
            pl_buf_putc(w->out, ' ');
        else
            put_indent(type ? indent : indent - 1, w->out);
        if (!type)
            pl_buf_putc(w->out, '-');
        const pl_field *of = type ? put_key(type, one, w->out) : field;
        /* Items of a list are as deep as the key of the list, and what is in them is deeper. */
        put_value(w, of, one, within(type), type ? indent + 1 : indent);
    }
}

static void put_value(const writer *w, const pl_field *field, const pl_json_value *value, place at,
                      int indent) {
    bool list = at == OF_FIELD && field->repeated && !field->map;
    bool map = at == OF_FIELD && field->map;
    const pl_message_type *type = map || (is_message(field) && !list) ? field->message : NULL;
    bool nested = value->kind == (type ? PL_JSON_OBJECT : PL_JSON_ARRAY) && (list || type);

    if (nested && !field->sensitive) {
        put_lines(w, field, type, value, at, indent);
        return;
    }
    if (indent >= 0)
        pl_buf_putc(w->out, ' ');
    if (is_hidden(field, value))
        put_redacted(field, w->out);
    else
        put_leaf(w, field, value);
}

bool record_put_message(const pl_message_type *type, pl_str message, record_side side, int indent,
                        pl_buf *out) {
    pl_json_write_opts opts = PL_JSON_WRITE_OPTS_INIT;
    pl_buf json = pl_buf_make(JSON_MAX);
    pl_arena arena = pl_arena_make(ARENA_MAX);
    const pl_json_value *root = NULL;
    writer w = {side, out};

    opts.proto_names = true;
    bool done = pl_wire_to_json(type, message, &opts, &json, NULL) == PL_OK &&
                pl_json_parse(pl_buf_view(&json), NULL, &arena, &root, NULL) == PL_OK;
    if (done && type->well_known == PL_WELL_KNOWN_NONE) {
        put_lines(&w, NULL, type, root, OF_FIELD, indent);
    } else if (done) {
        pl_buf_putc(out, ' ');
        put_json(root, out);
    }
    pl_arena_done(&arena);
    pl_buf_done(&json);
    return done && !out->failed;
}
