/* JSON to wire: messages, members, lists and maps; the entries of proto_json.h. */
#include <stdlib.h>

#include "reader.h"

/* Bits of which fields and oneofs were given, for messages that need no more. */
#define SMALL_WORDS 4

bool read_put_tag(reader *r, const pl_field *field) {
    pl_wire_type type = (pl_wire_type)pl_kind_wire_type(field->kind);
    return pl_wire_put_tag(r->out, field->number, type) || read_full(r);
}

bool read_begin(reader *r, size_t *out_start) {
    if (!pl_buf_putc(r->out, '\0'))
        return read_full(r);
    *out_start = r->out->n;
    return true;
}

bool read_end(reader *r, size_t start) {
    size_t size = r->out->n - start, extra = pl_varint_size(size) - 1;
    if (extra) {
        if (!pl_buf_reserve(r->out, extra))
            return read_full(r);
        pl_buf_wrote(r->out, extra);
        memmove(r->out->p + start + extra, r->out->p + start, size);
    }
    pl_varint_put((uint8_t *)r->out->p + start - 1, size);
    return true;
}

bool read_name(reader *r, json_string *out_name, pl_str *out_text) {
    if (json_peek(&r->in) != '"')
        return read_refuse(r, r->in.p, "expected a name in quotes, got %s",
                           json_what(&r->in, r->in.p));
    if (!json_string_take(&r->in, out_name))
        return read_malformed(r);
    *out_text = out_name->raw;
    if (out_name->escaped) {
        pl_buf_clear(&r->scratch);
        if (!json_unescape_to(out_name->raw, &r->scratch))
            return read_full(r);
        *out_text = pl_buf_view(&r->scratch);
    }
    return true;
}

static bool take_colon(reader *r) {
    return json_take(&r->in, ':') || read_refuse(r, r->in.p, "expected ':' behind the name");
}

/* Behind an item: true with *OUT_MORE, or the end is taken. */
static bool take_comma(reader *r, char close, bool *out_more) {
    *out_more = json_take(&r->in, ',');
    if (*out_more || json_take(&r->in, close))
        return true;
    return read_refuse(r, r->in.p, "expected ',' or '%c', got %s", close,
                       json_what(&r->in, r->in.p));
}

bool read_takes_null(const pl_field *field) {
    return (field->message && field->message->well_known == PL_WELL_KNOWN_VALUE) ||
           (field->enumeration && field->enumeration->null_value);
}

static bool take_null(reader *r) {
    if (json_peek(&r->in) != 'n')
        return false;
    const char *p = r->in.p;
    if (json_word_take(&r->in, "null"))
        return true;
    r->in.p = p;
    return false;
}

static bool read_sub_message(reader *r, const pl_field *field, bool tagged) {
    size_t start = 0;
    if (r->depth >= PL_WIRE_DEPTH_MAX)
        return read_refuse(r, r->in.p, "messages are more than %d deep", PL_WIRE_DEPTH_MAX);
    if (tagged && !read_put_tag(r, field))
        return false;
    bool group = field->kind == PL_KIND_GROUP;
    if (!group && !read_begin(r, &start))
        return false;
    r->depth++;
    bool ok = field->message->well_known ? read_well_known(r, field->message)
                                         : read_message(r, field->message, false);
    r->depth--;
    if (!ok)
        return false;
    if (!group)
        return read_end(r, start);
    return pl_wire_put_tag(r->out, field->number, PL_WIRE_GROUP_END) || read_full(r);
}

bool read_value(reader *r, const pl_field *field, bool tagged) {
    return field->message ? read_sub_message(r, field, tagged) : read_scalar(r, field, tagged);
}

static bool read_list_items(reader *r, const pl_field *field, frame *f) {
    bool more = !json_take(&r->in, ']');
    for (; more; f->index++) {
        size_t before = r->out->n;
        if (json_peek(&r->in) == 'n' && !read_takes_null(field))
            return read_unexpected(r, r->in.p, field);
        if (!read_value(r, field, !field->packed))
            return false;
        if (r->dropped)
            pl_buf_cut(r->out, before);
        r->dropped = false;
        if (!take_comma(r, ']', &more))
            return false;
    }
    return true;
}

static bool read_list(reader *r, const pl_field *field) {
    size_t before = r->out->n, start = 0;
    frame f = {.up = r->frame, .kind = FRAME_INDEX};
    if (!json_take(&r->in, '['))
        return read_refuse(r, r->in.p, "expected an array, got %s", json_what(&r->in, r->in.p));
    if (field->packed && !(pl_wire_put_tag(r->out, field->number, PL_WIRE_BYTES) || read_full(r)))
        return false;
    if (field->packed && !read_begin(r, &start))
        return false;
    r->frame = &f;
    if (!read_list_items(r, field, &f))
        return false;
    r->frame = f.up;
    if (!field->packed)
        return true;
    if (r->out->n == start) {
        pl_buf_cut(r->out, before);
        return true;
    }
    return read_end(r, start);
}

/* One entry; its key goes to KEYS, as offset and size of its bytes in the output. */
static bool read_entry(reader *r, const pl_field *field, frame *f, json_keys *keys) {
    const pl_field *value = &field->message->fields[1];
    size_t before = r->out->n, start = 0;
    json_string name;
    pl_str text;
    json_skip_space(&r->in);
    const char *at = r->in.p;
    if (!read_name(r, &name, &text))
        return false;
    f->name = name.raw;
    r->frame = f;
    if (!read_put_tag(r, field) || !read_begin(r, &start))
        return false;
    if (!read_map_key(r, &field->message->fields[0], text, at))
        return false;
    size_t key_size = r->out->n - start;
    if (!take_colon(r))
        return false;
    if (json_peek(&r->in) == 'n' && !read_takes_null(value))
        return read_unexpected(r, r->in.p, value);
    if (!read_value(r, value, true))
        return false;
    r->frame = f->up;
    if (r->dropped) {
        r->dropped = false;
        pl_buf_cut(r->out, before);
        return true;
    }
    /* read_end moves the content up by what its length needs beyond the byte kept. */
    size_t offset = start + pl_varint_size(r->out->n - start) - 1;
    json_key key = {.text = {NULL, key_size}, .offset = offset, .at = at};
    return read_end(r, start) && (json_keys_add(keys, key) || read_full(r));
}

/* Offsets become texts, now that the output of the map stays where it is. */
static bool check_keys(reader *r, json_keys *keys) {
    for (size_t i = 0; i < keys->count; i++)
        keys->list[i].text.p = r->out->p + keys->list[i].offset;
    const json_key *twice = json_keys_check(keys);
    if (!twice)
        return true;
    json_string name = {{NULL, 0}, false};
    r->in.p = twice->at;
    json_string_take(&r->in, &name);
    frame f = {.up = r->frame, .kind = FRAME_KEY, .name = name.raw};
    r->frame = &f;
    return read_refuse(r, twice->at, "the key stands twice in the map");
}

static bool read_map(reader *r, const pl_field *field) {
    frame f = {.up = r->frame, .kind = FRAME_KEY};
    json_keys keys = {0};
    bool more, ok = true;
    if (!json_take(&r->in, '{'))
        return read_refuse(r, r->in.p, "expected an object, got %s", json_what(&r->in, r->in.p));
    if (r->depth >= PL_WIRE_DEPTH_MAX)
        return read_refuse(r, r->in.p, "messages are more than %d deep", PL_WIRE_DEPTH_MAX);
    r->depth++;
    more = !json_take(&r->in, '}');
    while (ok && more)
        ok = read_entry(r, field, &f, &keys) && take_comma(r, '}', &more);
    ok = ok && check_keys(r, &keys);
    json_keys_done(&keys);
    r->depth--;
    return ok;
}

static size_t print_proto_path(const frame *f, pl_buf *out) {
    if (!f)
        return 1;
    if (f->kind != FRAME_MEMBER || !f->field || !print_proto_path(f->up, out))
        return 0;
    pl_buf_puts(out, out->n ? "." : "");
    return pl_buf_str(out, f->field->name);
}

/* Tells the caller that a field was given, unless it is below a list or map. */
static bool report(reader *r, const pl_field *field) {
    pl_buf path = pl_buf_make(16384);
    if (print_proto_path(r->frame, &path))
        r->opts->on_field(r->opts->self, pl_buf_view(&path), field);
    bool ok = !path.failed || read_full(r);
    pl_buf_done(&path);
    return ok;
}

bool read_repeated(reader *r, const pl_field *field) {
    return field->map ? read_map(r, field) : read_list(r, field);
}

bool read_member(reader *r, const pl_field *field) {
    bool null = json_peek(&r->in) == 'n' && !(!field->repeated && read_takes_null(field));
    bool leaf = null || field->repeated || !field->message || field->message->well_known;
    if (r->opts->on_field && leaf && !r->mute && !report(r, field))
        return false;
    if (null)
        return take_null(r) || read_unexpected(r, r->in.p, field);
    if (field->repeated)
        return read_repeated(r, field);
    size_t before = r->out->n;
    if (!read_value(r, field, true))
        return false;
    if (r->dropped)
        pl_buf_cut(r->out, before);
    r->dropped = false;
    return true;
}

static bool unknown_field(reader *r, const pl_message_type *type, pl_str name, const char *at) {
    const char *names[64];
    size_t n = 0;
    for (; n < type->field_count && n < PL_COUNT(names); n++)
        names[n] = type->fields[n].json_name.p;
    const char *near = pl_str_nearest(name, names, n);
    return read_refuse(r, at, "%s has no such field%s%s%s", type->full_name.p,
                       near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

/* Marks bit INDEX; false where it was marked. */
static bool mark(uint64_t *bits, size_t index) {
    uint64_t bit = UINT64_C(1) << (index % 64);
    bool was = bits[index / 64] & bit;
    bits[index / 64] |= bit;
    return !was;
}

/* Refuses what was given before; BITS has one bit a field, then one a oneof,
 * then one for "@type". */
static bool mark_field(reader *r, const pl_field *field, uint64_t *bits, const char *at) {
    if (!mark(bits, field->index))
        return read_refuse(r, at, "the field is given twice");
    if (!field->oneof)
        return true;
    json_in in = r->in;
    if (json_take(&in, ':') && json_peek(&in) == 'n' && !read_takes_null(field))
        return true;
    if (mark(bits, field->parent->field_count + field->oneof->index))
        return true;
    return read_refuse(r, at, "another field of oneof %s is given too", field->oneof->name.p);
}

/* One member. GUESS is the field that comes next when the names come in the order of
 * declaration, as they mostly do. */
static bool read_one(reader *r, const pl_message_type *type, bool any, uint64_t *bits,
                     size_t *guess) {
    json_string name;
    pl_str text;
    json_skip_space(&r->in);
    const char *at = r->in.p;
    if (!read_name(r, &name, &text))
        return false;
    const pl_field *field = *guess < type->field_count ? &type->fields[*guess] : NULL;
    if (!field || !pl_str_eq(field->json_name, text))
        field = pl_message_field_by_json(type, text);
    frame f = {.up = r->frame, .kind = FRAME_MEMBER, .name = name.raw, .field = field};
    r->frame = &f;
    bool type_url = !field && any && pl_str_eqc(text, "@type");
    bool skip = type_url || (!field && r->opts->ignore_unknown);
    if (type_url && !mark(bits, type->field_count + type->oneof_count))
        return read_refuse(r, at, "the field is given twice");
    if (!field && !skip)
        return unknown_field(r, type, text, at);
    if (field && !mark_field(r, field, bits, at))
        return false;
    if (!take_colon(r))
        return false;
    if (skip) {
        if (!json_value_skip(&r->in, PL_WIRE_DEPTH_MAX))
            return read_malformed(r);
    } else {
        *guess = field->index + 1;
        if (!read_member(r, field))
            return false;
    }
    r->frame = f.up;
    return true;
}

bool read_message(reader *r, const pl_message_type *type, bool any) {
    uint64_t small[SMALL_WORDS] = {0}, *bits = small;
    size_t words = (type->field_count + type->oneof_count + 64) / 64, guess = 0;
    bool more, ok = true;
    if (!json_take(&r->in, '{'))
        return read_refuse(r, r->in.p, "expected an object (%s), got %s", type->full_name.p,
                           json_what(&r->in, r->in.p));
    if (words > SMALL_WORDS && !(bits = calloc(words, sizeof(*bits))))
        return read_full(r);
    more = !json_take(&r->in, '}');
    while (ok && more)
        ok = read_one(r, type, any, bits, &guess) && take_comma(r, '}', &more);
    if (bits != small)
        free(bits);
    return ok;
}

static reader reader_make(pl_str text, const pl_json_read_opts *opts, pl_buf *out, pl_error *err) {
    static const pl_json_read_opts defaults = PL_JSON_READ_OPTS_INIT;
    reader r = {.in = json_in_make(text),
                .opts = opts ? opts : &defaults,
                .out = out,
                .scratch = pl_buf_make(text.n + 1),
                .err = err,
                .depth = 1};
    return r;
}

/* Frees what reading needed; the output is cut back to BEFORE where it failed. */
static pl_code reader_end(reader *r, bool ok, size_t before) {
    pl_buf_done(&r->scratch);
    if (ok)
        return PL_OK;
    pl_buf_cut(r->out, before);
    return r->code;
}

static bool at_end(reader *r) {
    json_skip_space(&r->in);
    return r->in.p == r->in.end || read_refuse(r, r->in.p, "expected the end of the text, got %s",
                                               json_what(&r->in, r->in.p));
}

pl_code pl_json_to_wire(const pl_message_type *type, pl_str text, const pl_json_read_opts *opts,
                        pl_buf *out, pl_error *err) {
    reader r = reader_make(text, opts, out, err);
    size_t before = out->n;
    bool ok = type->well_known ? read_well_known(&r, type) : read_message(&r, type, false);
    return reader_end(&r, ok && at_end(&r), before);
}

pl_code pl_json_field_to_wire(const pl_field *field, pl_str text, const pl_json_read_opts *opts,
                              pl_buf *out, pl_error *err) {
    reader r = reader_make(text, opts, out, err);
    size_t before = out->n;
    /* There is no name to report for the whole value. */
    pl_json_read_opts quiet = *r.opts;
    if (field->repeated || !field->message || field->message->well_known)
        quiet.on_field = NULL;
    r.opts = &quiet;
    bool ok = read_member(&r, field);
    return reader_end(&r, ok && at_end(&r), before);
}

pl_code pl_json_text_to_wire(const pl_field *field, pl_str text, const pl_json_read_opts *opts,
                             pl_buf *out, pl_error *err) {
    reader r = reader_make(text, opts, out, err);
    frame f = {.kind = FRAME_MEMBER, .name = field->name, .field = field};
    size_t before = out->n;
    r.plain = true;
    r.frame = &f;
    return reader_end(&r, read_text(&r, field, text, r.in.p, true), before);
}
