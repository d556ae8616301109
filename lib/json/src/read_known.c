/* Well-known types from JSON. Field numbers are those of the files of
 * google/protobuf, which the pool has checked. */
#include "moment.h"
#include "reader.h"

enum {
    ANY_TYPE_URL = 1,
    ANY_VALUE = 2,
    MOMENT_SECONDS = 1,
    MOMENT_NANOS = 2,
    MASK_PATHS = 1,
    VALUE_NULL = 1,
    VALUE_NUMBER = 2,
    VALUE_STRING = 3,
    VALUE_BOOL = 4,
    VALUE_STRUCT = 5,
    VALUE_LIST = 6
};

static bool put_moment(reader *r, int64_t seconds, int32_t nanos) {
    if (seconds && !(pl_wire_put_tag(r->out, MOMENT_SECONDS, PL_WIRE_VARINT) &&
                     pl_wire_put_varint(r->out, (uint64_t)seconds)))
        return read_full(r);
    if (nanos && !(pl_wire_put_tag(r->out, MOMENT_NANOS, PL_WIRE_VARINT) &&
                   pl_wire_put_varint(r->out, (uint64_t)(int64_t)nanos)))
        return read_full(r);
    return true;
}

static bool put_mask(reader *r, pl_str text, const char *at) {
    pl_str path;
    if (!text.n)
        return true;
    while (pl_str_split(&text, ',', &path)) {
        size_t start = 0;
        if (!pl_wire_put_tag(r->out, MASK_PATHS, PL_WIRE_BYTES))
            return read_full(r);
        if (!read_begin(r, &start))
            return false;
        if (!mask_path_from_json(path, r->out))
            return r->out->failed ? read_full(r)
                                  : read_refuse(r, at,
                                                "expected field paths such as "
                                                "\"name,order.customerId\"");
        if (!read_end(r, start))
            return false;
    }
    return true;
}

bool read_well_known_text(reader *r, const pl_message_type *type, pl_str text, const char *at) {
    int64_t seconds;
    int32_t nanos;
    switch (type->well_known) {
    case PL_WELL_KNOWN_TIMESTAMP:
        return timestamp_parse(text, &seconds, &nanos)
                   ? put_moment(r, seconds, nanos)
                   : read_refuse(r, at, "expected a time such as \"2026-01-31T12:00:00Z\"");
    case PL_WELL_KNOWN_DURATION:
        return duration_parse(text, &seconds, &nanos)
                   ? put_moment(r, seconds, nanos)
                   : read_refuse(r, at, "expected a duration such as \"1.5s\"");
    case PL_WELL_KNOWN_FIELD_MASK:
        return put_mask(r, text, at);
    case PL_WELL_KNOWN_WRAPPER:
        return read_text(r, &type->fields[0], text, at, true);
    default:
        return read_refuse(r, at, "%s cannot be given as text", type->full_name.p);
    }
}

static bool read_string_form(reader *r, const pl_message_type *type) {
    json_string string;
    if (json_peek(&r->in) != '"')
        return read_refuse(r, r->in.p, "expected a string (%s), got %s", type->full_name.p,
                           json_what(&r->in, r->in.p));
    const char *at = r->in.p;
    pl_str text;
    if (!read_name(r, &string, &text))
        return false;
    return read_well_known_text(r, type, text, at);
}

/* google.protobuf.Value: one field of its oneof. */
static bool read_any_json(reader *r, const pl_message_type *type) {
    uint32_t number = VALUE_NUMBER;
    switch (json_peek(&r->in)) {
    case 'n':
        number = VALUE_NULL;
        break;
    case '"':
        number = VALUE_STRING;
        break;
    case 't':
    case 'f':
        number = VALUE_BOOL;
        break;
    case '{':
        number = VALUE_STRUCT;
        break;
    case '[':
        number = VALUE_LIST;
        break;
    default:
        break;
    }
    return read_value(r, pl_message_field_by_number(type, number), true);
}

/* The text of "@type" of the object that is next, unescaped to the output; empty where
 * the object has no members. The place in the text is left as it was. */
static bool find_type(reader *r, pl_buf *out_type, const char **out_at) {
    json_in saved = r->in;
    json_string name;
    pl_str text;
    bool found = false, members = false;
    if (!json_take(&r->in, '{'))
        return read_refuse(r, r->in.p, "expected an object with \"@type\", got %s",
                           json_what(&r->in, r->in.p));
    while (!found && json_peek(&r->in) == '"') {
        members = true;
        if (!read_name(r, &name, &text))
            return false;
        found = pl_str_eqc(text, "@type");
        if (!json_take(&r->in, ':'))
            return read_refuse(r, r->in.p, "expected ':' behind the name");
        char c = json_peek(&r->in);
        *out_at = r->in.p;
        if (found && c != '"')
            return read_refuse(r, r->in.p, "expected a type URL in a string");
        if (found) {
            if (!read_name(r, &name, &text))
                return false;
            if (!pl_buf_str(out_type, text))
                return read_full(r);
        } else if (!json_value_skip(&r->in, PL_WIRE_DEPTH_MAX)) {
            return read_malformed(r);
        } else if (!json_take(&r->in, ',')) {
            break;
        }
    }
    *out_at = saved.p;
    r->in = saved;
    return found || !members || read_refuse(r, saved.p, "google.protobuf.Any needs \"@type\"");
}

/* {"@type": ..., "value": ...} for types with a JSON form of their own. */
static bool read_any_value(reader *r, const pl_message_type *type) {
    json_string name;
    pl_str text;
    bool seen = false, seen_type = false, more = true;
    json_take(&r->in, '{');
    while (more) {
        if (!read_name(r, &name, &text))
            return false;
        bool is_type = pl_str_eqc(text, "@type");
        if ((is_type ? seen_type : seen) || (!is_type && !pl_str_eqc(text, "value")))
            return read_refuse(r, name.raw.p - 1, "expected \"@type\" and \"value\" once each");
        if (!json_take(&r->in, ':'))
            return read_refuse(r, r->in.p, "expected ':' behind the name");
        if (is_type) {
            seen_type = true;
            if (!json_value_skip(&r->in, 1))
                return read_malformed(r);
        } else {
            seen = true;
            if (!read_well_known(r, type))
                return false;
        }
        more = json_take(&r->in, ',');
    }
    if (!json_take(&r->in, '}'))
        return read_refuse(r, r->in.p, "expected ',' or '}'");
    return seen || read_refuse(r, r->in.p, "%s in an Any needs \"value\"", type->full_name.p);
}

static bool read_any_content(reader *r, const pl_pool *pool, pl_str url, const char *at) {
    size_t slash = url.n;
    while (slash > 0 && url.p[slash - 1] != '/')
        slash--;
    const pl_message_type *type = pl_pool_message(pool, pl_str_make(url.p + slash, url.n - slash));
    if (!type || slash == 0)
        return read_refuse(r, at,
                           "\"@type\": expected \"type.googleapis.com/\" and a known "
                           "message, got \"%.*s\"",
                           PL_FMT(pl_utf8_cut(url, 64)));
    size_t start = 0;
    if (!pl_wire_put_bytes(r->out, ANY_TYPE_URL, url) ||
        !pl_wire_put_tag(r->out, ANY_VALUE, PL_WIRE_BYTES))
        return read_full(r);
    if (!read_begin(r, &start))
        return false;
    bool own_form = type->well_known && type->well_known != PL_WELL_KNOWN_EMPTY &&
                    type->well_known != PL_WELL_KNOWN_HTTP_BODY;
    r->depth++;
    bool ok = r->depth <= PL_WIRE_DEPTH_MAX
                  ? (own_form ? read_any_value(r, type) : read_message(r, type, true))
                  : read_refuse(r, at, "messages are more than %d deep", PL_WIRE_DEPTH_MAX);
    r->depth--;
    return ok && read_end(r, start);
}

static bool read_any(reader *r, const pl_message_type *type) {
    pl_buf url = pl_buf_make(PL_ERROR_MESSAGE_MAX);
    const char *at = r->in.p;
    if (r->any_depth >= JSON_ANY_DEPTH_MAX)
        return read_refuse(r, at, "google.protobuf.Any is more than %d deep", JSON_ANY_DEPTH_MAX);
    r->any_depth++;
    json_skip_space(&r->in);
    bool ok = find_type(r, &url, &at);
    if (ok && url.n)
        ok = read_any_content(r, type->pool, pl_buf_view(&url), at);
    else if (ok)
        ok = json_take(&r->in, '{') &&
             (json_take(&r->in, '}') || read_refuse(r, at, "\"@type\" is empty"));
    r->any_depth--;
    pl_buf_done(&url);
    return ok;
}

static bool read_form(reader *r, const pl_message_type *type) {
    switch (type->well_known) {
    case PL_WELL_KNOWN_TIMESTAMP:
    case PL_WELL_KNOWN_DURATION:
    case PL_WELL_KNOWN_FIELD_MASK:
        return read_string_form(r, type);
    case PL_WELL_KNOWN_WRAPPER:
        return read_value(r, &type->fields[0], true);
    case PL_WELL_KNOWN_VALUE:
        return read_any_json(r, type);
    case PL_WELL_KNOWN_STRUCT:
    case PL_WELL_KNOWN_LIST_VALUE:
        return read_repeated(r, pl_message_field_by_number(type, 1));
    case PL_WELL_KNOWN_ANY:
        return read_any(r, type);
    default:
        return read_message(r, type, false);
    }
}

bool read_well_known(reader *r, const pl_message_type *type) {
    r->mute++;
    bool ok = read_form(r, type);
    r->mute--;
    return ok;
}
