/* The entries of proto_json.h that write. */
#include <stdlib.h>

#include "writer.h"

static writer writer_make(const pl_json_write_opts *opts, pl_buf *out, pl_error *err) {
    static const pl_json_write_opts defaults = PL_JSON_WRITE_OPTS_INIT;
    writer w = {.opts = opts ? opts : &defaults, .out = out, .err = err, .depth = 1};
    w.hooks = w.opts->hooks;
    return w;
}

static pl_code writer_end(writer *w, bool ok, size_t before) {
    free(w->runs);
    free(w->fields);
    if (ok)
        return PL_OK;
    pl_buf_cut(w->out, before);
    return w->code;
}

pl_code pl_wire_to_json(const pl_message_type *type, pl_str message, const pl_json_write_opts *opts,
                        pl_buf *out, pl_error *err) {
    writer w = writer_make(opts, out, err);
    size_t before = out->n;
    bool ok = type->well_known ? write_well_known(&w, type, message)
                               : write_message(&w, type, message);
    return writer_end(&w, ok, before);
}

static bool write_field_alone(writer *w, const pl_field *field, pl_str message) {
    indexed m;
    pl_buf pieces = pl_buf_make(PL_WIRE_SIZE_MAX);
    pl_wire_field value = {0};
    place here = {NULL, field, 0};
    if (!index_push(w, field->parent, message, &m))
        return false;
    w->objects++;
    bool ok;
    if (field->repeated) {
        ok = write_repeated(w, &m, field);
    } else {
        w->place = &here;
        bool there = index_value(w, &m, field, &pieces, &value);
        if (pieces.failed)
            ok = write_full(w);
        else if (there)
            ok = write_value(w, field, &value);
        else if (field->message)
            ok = pl_buf_puts(w->out, "null") || write_full(w);
        else
            ok = write_default(w, field);
    }
    pl_buf_done(&pieces);
    return ok;
}

pl_code pl_wire_field_to_json(const pl_field *field, pl_str message, const pl_json_write_opts *opts,
                              pl_buf *out, pl_error *err) {
    writer w = writer_make(opts, out, err);
    size_t before = out->n;
    return writer_end(&w, write_field_alone(&w, field, message), before);
}

pl_code pl_wire_field_to_text(const pl_field *field, pl_str message, const pl_json_write_opts *opts,
                              pl_buf *out, pl_error *err) {
    pl_wire_field value;
    if (field->repeated)
        return pl_error_set(err, PL_INVALID_ARGUMENT, "%s: a list has no text form",
                            field->full_name.p);
    if (field->kind == PL_KIND_STRING && pl_wire_find(message, field->number, &value) &&
        value.type == PL_WIRE_BYTES) {
        if (!pl_utf8_valid(value.bytes))
            return pl_error_set(err, PL_INVALID_ARGUMENT, "%s: not UTF-8", field->full_name.p);
        return pl_buf_str(out, value.bytes)
                   ? PL_OK
                   : pl_error_set(err, PL_RESOURCE_EXHAUSTED, "%s: too long", field->full_name.p);
    }
    pl_well_known known = field->message ? field->message->well_known : PL_WELL_KNOWN_NONE;
    if (field->message && known != PL_WELL_KNOWN_TIMESTAMP && known != PL_WELL_KNOWN_DURATION &&
        known != PL_WELL_KNOWN_FIELD_MASK)
        return pl_error_set(err, PL_INVALID_ARGUMENT, "%s: %s has no text form", field->full_name.p,
                            field->message->full_name.p);
    size_t before = out->n;
    pl_code code = pl_wire_field_to_json(field, message, opts, out, err);
    if (code || out->n == before)
        return code;
    if (field->message && out->p[before] == 'n') {
        pl_buf_cut(out, before);
    } else if (out->p[before] == '"') {
        /* None of these texts has anything to escape. */
        memmove(out->p + before, out->p + before + 1, out->n - before - 2);
        pl_buf_cut(out, out->n - 2);
    }
    return PL_OK;
}
