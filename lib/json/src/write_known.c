/* Well-known types to JSON. Field numbers are those of the files of google/protobuf,
 * which the pool has checked. */
#include <math.h>

#include "moment.h"
#include "writer.h"

static bool write_plain_text(writer *w, const char *text, size_t n) {
    return (pl_buf_putc(w->out, '"') && pl_buf_append(w->out, text, n) &&
            pl_buf_putc(w->out, '"')) ||
           write_full(w);
}

static bool write_moment(writer *w, const indexed *m) {
    char text[TIMESTAMP_SIZE > DURATION_SIZE ? TIMESTAMP_SIZE : DURATION_SIZE];
    int64_t seconds = (int64_t)index_scalar(w, m, 1).value;
    int32_t nanos = (int32_t)(uint32_t)index_scalar(w, m, 2).value;
    bool timestamp = m->type->well_known == PL_WELL_KNOWN_TIMESTAMP;
    size_t n = timestamp ? timestamp_print(seconds, nanos, text)
                         : duration_print(seconds, nanos, text);
    if (!n)
        return write_refuse(w, "%s is out of range: %lld seconds, %d nanos", m->type->full_name.p,
                            (long long)seconds, (int)nanos);
    return write_plain_text(w, text, n);
}

static bool write_mask(writer *w, const indexed *m) {
    pl_buf text = pl_buf_make(w->out->max);
    occurrences o = occurrences_of(w, m, &m->type->fields[0]);
    pl_wire_field f;
    bool ok = true;
    while (ok && occurrences_next(&o, &f)) {
        ok = (!text.n || pl_buf_putc(&text, ',')) && mask_path_to_json(f.bytes, &text);
        if (!ok && !text.failed)
            write_refuse(w, "the path \"%.*s\" has no JSON form", PL_FMT(pl_utf8_cut(f.bytes, 64)));
        else if (!ok)
            write_full(w);
    }
    ok = ok && write_string(w, pl_buf_view(&text));
    pl_buf_done(&text);
    return ok;
}

static bool write_value_type(writer *w, const indexed *m) {
    for (size_t i = 0; i < m->type->field_count; i++) {
        const pl_field *field = &m->type->fields[i];
        pl_buf pieces = pl_buf_make(PL_WIRE_SIZE_MAX);
        pl_wire_field value;
        if (!index_value(w, m, field, &pieces, &value))
            continue;
        double d;
        memcpy(&d, &value.value, sizeof(d));
        bool ok;
        if (field->kind == PL_KIND_DOUBLE && !isfinite(d))
            ok = write_refuse(w, "google.protobuf.Value cannot hold NaN or an infinity in JSON");
        else
            ok = pieces.failed ? write_full(w) : write_value(w, field, &value);
        pl_buf_done(&pieces);
        return ok;
    }
    return pl_buf_puts(w->out, "null") || write_full(w);
}

/* The members behind "@type" of what an Any holds. */
static bool write_any_content(writer *w, const pl_message_type *type, pl_str bytes) {
    bool comma = true;
    bool own_form = type->well_known && type->well_known != PL_WELL_KNOWN_EMPTY &&
                    type->well_known != PL_WELL_KNOWN_HTTP_BODY;
    if (!own_form)
        return write_members(w, type, bytes, &comma);
    return (pl_buf_puts(w->out, ",\"value\":") || write_full(w)) &&
           write_well_known(w, type, bytes);
}

static bool write_any(writer *w, const indexed *m) {
    pl_str url = index_scalar(w, m, 1).bytes, bytes = index_scalar(w, m, 2).bytes;
    if (!url.n && !bytes.n)
        return pl_buf_puts(w->out, "{}") || write_full(w);
    size_t slash = url.n;
    while (slash > 0 && url.p[slash - 1] != '/')
        slash--;
    const pl_message_type *type = pl_pool_message(m->type->pool,
                                                  pl_str_make(url.p + slash, url.n - slash));
    if (!type || !slash)
        return write_refuse(w, "google.protobuf.Any holds \"%.*s\", which is not known",
                            PL_FMT(pl_utf8_cut(url, 64)));
    if (w->depth >= PL_WIRE_DEPTH_MAX)
        return write_refuse(w, "messages are more than %d deep", PL_WIRE_DEPTH_MAX);
    w->depth++;
    bool ok = (pl_buf_puts(w->out, "{\"@type\":") || write_full(w)) && write_string(w, url) &&
              write_any_content(w, type, bytes) && (pl_buf_putc(w->out, '}') || write_full(w));
    w->depth--;
    return ok;
}

static bool write_wrapper(writer *w, const indexed *m) {
    pl_buf none = pl_buf_make(0);
    pl_wire_field value;
    const pl_field *field = &m->type->fields[0];
    return index_value(w, m, field, &none, &value) ? write_scalar(w, field, &value)
                                                   : write_default(w, field);
}

static bool write_form(writer *w, const indexed *m) {
    switch (m->type->well_known) {
    case PL_WELL_KNOWN_TIMESTAMP:
    case PL_WELL_KNOWN_DURATION:
        return write_moment(w, m);
    case PL_WELL_KNOWN_FIELD_MASK:
        return write_mask(w, m);
    case PL_WELL_KNOWN_WRAPPER:
        return write_wrapper(w, m);
    case PL_WELL_KNOWN_ANY:
        return write_any(w, m);
    case PL_WELL_KNOWN_VALUE:
        return write_value_type(w, m);
    default:
        return write_repeated(w, m, pl_message_field_by_number(m->type, 1));
    }
}

bool write_well_known(writer *w, const pl_message_type *type, pl_str message) {
    indexed m;
    if (type->well_known == PL_WELL_KNOWN_EMPTY || type->well_known == PL_WELL_KNOWN_HTTP_BODY)
        return write_message(w, type, message);
    w->embedded = false;
    if (!index_push(w, type, message, &m))
        return false;
    bool ok = write_form(w, &m);
    index_pop(w, &m);
    return ok;
}
