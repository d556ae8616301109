#include "link.h"

#include "fields.h"
#include "parley/json/proto_json.h"
#include "percent.h"

/* Bytes of one value in a link, escaped. */
#define LINK_VALUE_MAX (16u << 10)

static bool has_text(const pl_field *field) {
    if (field->repeated)
        return false;
    if (field->kind != PL_KIND_MESSAGE && field->kind != PL_KIND_GROUP)
        return true;
    pl_well_known type = field->message->well_known;
    return type == PL_WELL_KNOWN_TIMESTAMP || type == PL_WELL_KNOWN_DURATION;
}

/* The fields of one pair of braces. */
static pl_code find_fields(pl_arena *arena, pl_str name, const pl_message_type *type,
                           rest_link_piece *piece, pl_error *err) {
    const pl_field *path[PL_FIELD_PATH_MAX];
    size_t depth = pl_message_field_path(type, name, path);
    if (depth == 0)
        return pl_error_set(err, PL_INVALID_ARGUMENT, "{%.*s}: no such field in %s", PL_FMT(name),
                            type->full_name.p);
    if (!has_text(path[depth - 1]))
        return pl_error_set(err, PL_INVALID_ARGUMENT, "{%.*s}: %s cannot stand in a link",
                            PL_FMT(name), path[depth - 1]->full_name.p);
    piece->fields = rest_fields_keep(arena, path, depth);
    piece->depth = depth;
    return piece->fields ? PL_OK
                         : pl_error_set(err, PL_RESOURCE_EXHAUSTED, "route table: out of memory");
}

/* Links are written into JSON and headers as they stand. */
static bool clean(pl_str href) {
    for (size_t i = 0; i < href.n; i++) {
        unsigned char c = (unsigned char)href.p[i];
        if (c <= 0x20 || c >= 0x7f || c == '"' || c == '\\')
            return false;
    }
    return true;
}

pl_code rest_link_parse(pl_arena *arena, pl_str rel, pl_str href, bool relative,
                        const pl_message_type *type, rest_link *out_link, pl_error *err) {
    if (!clean(href))
        return pl_error_set(err, PL_INVALID_ARGUMENT,
                            "link \"%s\": expected ASCII without spaces and quotes", href.p);
    rest_link_piece pieces[REST_LINK_FIELDS_MAX + 1] = {{.depth = 0}};
    size_t count = 0;
    pl_str rest = href;
    while (rest.n > 0) {
        if (count > REST_LINK_FIELDS_MAX)
            return pl_error_set(err, PL_INVALID_ARGUMENT, "link \"%s\": more than %d fields",
                                href.p, REST_LINK_FIELDS_MAX);
        size_t open = pl_str_index(rest, '{');
        pieces[count].text = pl_str_make(rest.p, open);
        rest = pl_str_make(rest.p + open, rest.n - open);
        if (rest.n > 0) {
            size_t close = pl_str_index(rest, '}');
            if (close == rest.n)
                return pl_error_set(err, PL_INVALID_ARGUMENT, "link \"%s\": '{' without '}'",
                                    href.p);
            pl_str name = pl_str_make(rest.p + 1, close - 1);
            pl_code code = find_fields(arena, name, type, &pieces[count], err);
            if (code)
                return code;
            rest = pl_str_make(rest.p + close + 1, rest.n - close - 1);
        }
        count++;
    }
    rest_link_piece *kept = pl_arena_calloc(arena, count, sizeof *kept);
    if (!kept)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "route table: out of memory");
    memcpy(kept, pieces, count * sizeof *kept);
    *out_link = (rest_link){
        .rel = rel,
        .absolute = !relative && href.n > 0 && href.p[0] == '/',
        .pieces = kept,
        .count = count,
    };
    return PL_OK;
}

/* Escapes what was appended to OUT from START on; numbers and plain ids need nothing. */
static bool escape_tail(pl_buf *out, size_t start) {
    pl_str value = pl_str_make(out->p + start, out->n - start);
    if (percent_is_plain(value))
        return !out->failed;
    pl_buf escaped = pl_buf_make(LINK_VALUE_MAX);
    bool fits = percent_encode(&escaped, value, false);
    out->n = start;
    fits = fits && pl_buf_str(out, pl_buf_view(&escaped));
    pl_buf_done(&escaped);
    return fits;
}

static pl_code write_value(const rest_link_piece *piece, pl_str message, pl_buf *out,
                           pl_error *err) {
    static const pl_json_write_opts opts = {.enum_json_names = true};
    for (size_t i = 0; i + 1 < piece->depth; i++) {
        pl_wire_field field;
        bool found = pl_wire_find(message, piece->fields[i]->number, &field);
        message = found ? field.bytes : pl_str_make(NULL, 0);
    }
    size_t start = out->n;
    pl_code code = pl_wire_field_to_text(piece->fields[piece->depth - 1], message, &opts, out, err);
    if (!code && !escape_tail(out, start))
        code = pl_error_set(err, PL_RESOURCE_EXHAUSTED, "the answer does not fit its memory");
    return code;
}

pl_code rest_link_write(const rest_link *link, pl_str base, pl_str message, pl_buf *out,
                        pl_error *err) {
    if (link->absolute)
        pl_buf_str(out, base);
    for (size_t i = 0; i < link->count; i++) {
        pl_buf_str(out, link->pieces[i].text);
        if (!link->pieces[i].fields)
            continue;
        pl_code code = write_value(&link->pieces[i], message, out, err);
        if (code)
            return code;
    }
    return PL_OK;
}
