/* Wire to JSON: messages, members, lists; what is said when bytes are refused. */
#include "writer.h"

static void print_path(const place *p, pl_buf *out) {
    if (!p)
        return;
    print_path(p->up, out);
    pl_buf_puts(out, out->n ? "." : "");
    pl_buf_str(out, p->field->name);
    if (p->field->repeated)
        pl_buf_printf(out, "[%zu]", p->index);
}

bool write_refuse(writer *w, const char *format, ...) {
    pl_buf path = pl_buf_make(16384), text = pl_buf_make(PL_ERROR_MESSAGE_MAX);
    va_list args;
    va_start(args, format);
    pl_buf_vprintf(&text, format, args);
    va_end(args);
    print_path(w->place, &path);
    w->code = pl_error_set(w->err, PL_INVALID_ARGUMENT, "%.*s%s%s",
                           PL_FMT(pl_utf8_cut(pl_buf_view(&path), PL_JSON_PATH_SIZE)),
                           path.n ? ": " : "", text.p);
    pl_buf_done(&path);
    pl_buf_done(&text);
    return false;
}

bool write_full(writer *w) {
    w->code = pl_error_set(w->err, PL_RESOURCE_EXHAUSTED,
                           "the text does not fit the %zu bytes allowed", w->out->max);
    return false;
}

static bool write_key(writer *w, const pl_field *field, bool *comma) {
    pl_str key = w->opts->proto_names ? field->proto_key : field->json_key;
    if (*comma && !pl_buf_putc(w->out, ','))
        return write_full(w);
    *comma = true;
    return pl_buf_str(w->out, key) || write_full(w);
}

bool write_value(writer *w, const pl_field *field, const pl_wire_field *value) {
    if (!field->message)
        return write_scalar(w, field, value);
    if (w->depth >= PL_WIRE_DEPTH_MAX)
        return write_refuse(w, "messages are more than %d deep", PL_WIRE_DEPTH_MAX);
    w->depth++;
    bool ok = field->message->well_known ? write_well_known(w, field->message, value->bytes)
                                         : write_message(w, field->message, value->bytes);
    w->depth--;
    return ok;
}

/* A value that the closed enum lacks is an unknown field, of which nothing is written. */
static bool is_unknown_item(const pl_field *field, uint64_t value) {
    return field->enumeration && field->enumeration->closed &&
           !pl_enum_by_number(field->enumeration, (int32_t)(uint32_t)value);
}

static bool write_list(writer *w, const indexed *m, const pl_field *field) {
    place here = {w->place, field, 0};
    pl_wire_field value = {0};
    bool comma = false, embedded = w->embedded;
    occurrences o = occurrences_of(w, m, field);
    if (!pl_buf_putc(w->out, '['))
        return write_full(w);
    w->place = &here;
    for (; occurrences_next(&o, &value); here.index++) {
        if (is_unknown_item(field, value.value))
            continue;
        if (comma && !pl_buf_putc(w->out, ','))
            return write_full(w);
        comma = true;
        w->embedded = embedded;
        if (!write_value(w, field, &value))
            return false;
    }
    w->embedded = false;
    w->place = here.up;
    if (o.packed.failed)
        return write_refuse(w, "malformed: %s is cut off", field->name.p);
    return pl_buf_putc(w->out, ']') || write_full(w);
}

bool write_repeated(writer *w, const indexed *m, const pl_field *field) {
    return field->map ? write_map(w, m, field) : write_list(w, m, field);
}

static bool write_embedded(writer *w, const indexed *m, const pl_field *field, bool *comma) {
    bool inner = false;
    if (*comma && !pl_buf_putc(w->out, ','))
        return write_full(w);
    *comma = true;
    if (!pl_buf_puts(w->out, "\"_embedded\":{"))
        return write_full(w);
    w->embedded = true;
    return write_key(w, field, &inner) && write_repeated(w, m, field) &&
           (pl_buf_putc(w->out, '}') || write_full(w));
}

/* A present value that is its default, in a field that cannot tell them apart. */
static bool is_default(const pl_field *field, const pl_wire_field *value) {
    if (field->presence)
        return false;
    return field->kind == PL_KIND_STRING || field->kind == PL_KIND_BYTES ? value->bytes.n == 0
                                                                         : value->value == 0;
}

static bool write_singular(writer *w, const indexed *m, const pl_field *field, bool *comma) {
    place here = {w->place, field, 0};
    pl_buf pieces = pl_buf_make(PL_WIRE_SIZE_MAX);
    pl_wire_field value = {0};
    bool there = index_value(w, m, field, &pieces, &value), ok = true;
    if (there && is_default(field, &value))
        there = false;
    w->place = &here;
    if (pieces.failed)
        ok = write_full(w);
    else if (there)
        ok = write_key(w, field, comma) && write_value(w, field, &value);
    else if (w->opts->defaults && !field->presence)
        ok = write_key(w, field, comma) && write_default(w, field);
    if (ok)
        w->place = here.up;
    pl_buf_done(&pieces);
    return ok;
}

static bool write_fields(writer *w, const indexed *m, const pl_field *embed, bool *comma) {
    for (size_t i = 0; i < m->type->field_count; i++) {
        const pl_field *field = &m->type->fields[i];
        bool there = w->fields[m->base + i].first != NO_RUN;
        bool ok = true;
        if (field == embed)
            ok = write_embedded(w, m, field, comma);
        else if (!field->repeated)
            ok = (!there && (field->presence || !w->opts->defaults)) ||
                 write_singular(w, m, field, comma);
        else if (there || w->opts->defaults)
            ok = write_key(w, field, comma) && write_repeated(w, m, field);
        if (!ok)
            return false;
    }
    return true;
}

bool write_members(writer *w, const pl_message_type *type, pl_str message, bool *comma) {
    const pl_json_hooks *hooks = w->hooks;
    pl_json_scope scope = {type, message, w->objects, w->embedded, false};
    const pl_field *embed = hooks && hooks->embed ? hooks->embed(hooks->self, type, w->objects)
                                                  : NULL;
    indexed m;
    w->embedded = false;
    if (!index_push(w, type, message, &m))
        return false;
    w->objects++;
    bool ok = write_fields(w, &m, embed, comma);
    w->objects--;
    index_pop(w, &m);
    if (!ok || !hooks || !hooks->message_end)
        return ok;
    scope.comma = *comma;
    w->code = hooks->message_end(hooks->self, &scope, w->out, w->err);
    *comma = scope.comma;
    if (w->code)
        return false;
    return !w->out->failed || write_full(w);
}

bool write_message(writer *w, const pl_message_type *type, pl_str message) {
    bool comma = false;
    return (pl_buf_putc(w->out, '{') || write_full(w)) && write_members(w, type, message, &comma) &&
           (pl_buf_putc(w->out, '}') || write_full(w));
}

bool pl_json_scope_key(pl_json_scope *scope, pl_str name, pl_buf *out) {
    bool ok = (!scope->comma || pl_buf_putc(out, ',')) && pl_buf_json(out, name) &&
              pl_buf_putc(out, ':');
    scope->comma = true;
    return ok;
}
