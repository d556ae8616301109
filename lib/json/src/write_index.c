/* The index of a message's fields; see writer.h. */
#include <stdlib.h>

#include "writer.h"

#define FIRST_ROOM 64

static bool grow(void **list, size_t *cap, size_t needed, size_t size) {
    if (needed <= *cap)
        return true;
    size_t room = *cap ? *cap : FIRST_ROOM;
    while (room < needed)
        room *= 2;
    void *bigger = realloc(*list, room * size);
    if (!bigger)
        return false;
    *list = bigger;
    *cap = room;
    return true;
}

/* Room for NEEDED runs. */
static bool grow_runs(writer *w, size_t needed) {
    void *list = w->runs;
    bool ok = needed <= JSON_INDEX_MAX && grow(&list, &w->run_cap, needed, sizeof(*w->runs));
    w->runs = list;
    return ok || write_full(w);
}

static bool grow_fields(writer *w, size_t needed) {
    void *list = w->fields;
    bool ok = grow(&list, &w->field_cap, needed, sizeof(*w->fields));
    w->fields = list;
    return ok || write_full(w);
}

static bool wire_type_fits(const pl_field *field, pl_wire_type type) {
    if ((uint32_t)type == pl_kind_wire_type(field->kind))
        return true;
    return type == PL_WIRE_BYTES && field->repeated && pl_kind_packable(field->kind);
}

/* A singular value of a closed enum that the enum lacks is an unknown field. */
static bool is_unknown(const pl_field *field, const pl_wire_field *f) {
    return field->enumeration && field->enumeration->closed && !field->repeated &&
           !pl_enum_by_number(field->enumeration, (int32_t)(uint32_t)f->value);
}

static bool note(writer *w, const indexed *m, const pl_field *field, const char *start,
                 const char *end) {
    field_runs *runs = &w->fields[m->base + field->index];
    if (runs->last != NO_RUN && w->runs[runs->last].end == start) {
        w->runs[runs->last].end = end;
        return true;
    }
    if (field->oneof && runs->first == NO_RUN)
        for (size_t i = 0; i < field->oneof->field_count; i++)
            w->fields[m->base + field->oneof->fields[i]->index] = (field_runs){NO_RUN, NO_RUN};
    if (!grow_runs(w, w->run_count + 1))
        return false;
    uint32_t at = (uint32_t)w->run_count++;
    w->runs[at] = (run){start, end, NO_RUN};
    if (runs->last == NO_RUN)
        runs->first = at;
    else
        w->runs[runs->last].next = at;
    runs->last = at;
    return true;
}

bool index_push(writer *w, const pl_message_type *type, pl_str message, indexed *out_indexed) {
    indexed m = {type, w->field_count, w->run_count};
    if (!grow_fields(w, w->field_count + type->field_count))
        return false;
    if (type->field_count)
        memset(&w->fields[m.base], 0xff, type->field_count * sizeof(*w->fields));
    w->field_count += type->field_count;
    pl_wire_reader r = pl_wire_reader_make(message);
    pl_wire_field f;
    const char *start = (const char *)r.p;
    for (; pl_wire_next(&r, &f); start = (const char *)r.p) {
        const pl_field *field = pl_message_field_by_number(type, f.number);
        if (!field || is_unknown(field, &f))
            continue;
        place here = {w->place, field, 0};
        if (!wire_type_fits(field, f.type)) {
            w->place = &here;
            return write_refuse(w, "malformed: wire type %d", (int)f.type);
        }
        if (!note(w, &m, field, start, (const char *)r.p))
            return false;
    }
    if (r.failed)
        return write_refuse(w, "malformed: %s is cut off or damaged", type->full_name.p);
    *out_indexed = m;
    return true;
}

void index_pop(writer *w, const indexed *m) {
    w->field_count = m->base;
    w->run_count = m->run_base;
}

static pl_wire_reader run_reader(const writer *w, uint32_t at) {
    const run *r = &w->runs[at];
    return pl_wire_reader_make(pl_str_make(r->start, (size_t)(r->end - r->start)));
}

occurrences occurrences_of(const writer *w, const indexed *m, const pl_field *field) {
    occurrences o = {.w = w, .field = field};
    o.run = w->fields[m->base + field->index].first;
    if (o.run != NO_RUN)
        o.reader = run_reader(w, o.run);
    return o;
}

bool occurrences_next(occurrences *o, pl_wire_field *out_value) {
    for (;;) {
        if (o->in_packed && pl_wire_scalar(&o->packed, o->field->kind, &out_value->value))
            return true;
        o->in_packed = false;
        if (o->run == NO_RUN)
            return false;
        if (pl_wire_next(&o->reader, out_value)) {
            bool packed = out_value->type == PL_WIRE_BYTES && pl_kind_packable(o->field->kind);
            if (!packed)
                return true;
            o->packed = pl_wire_reader_make(out_value->bytes);
            o->in_packed = true;
            continue;
        }
        o->run = o->w->runs[o->run].next;
        if (o->run != NO_RUN)
            o->reader = run_reader(o->w, o->run);
    }
}

bool index_value(writer *w, const indexed *m, const pl_field *field, pl_buf *pieces,
                 pl_wire_field *out_value) {
    occurrences o = occurrences_of(w, m, field);
    pl_wire_field f;
    if (!occurrences_next(&o, out_value))
        return false;
    while (occurrences_next(&o, &f)) {
        if (field->message && !pieces->n)
            pl_buf_str(pieces, out_value->bytes);
        *out_value = f;
        /* Messages one after the other are the message merged. */
        if (field->message && pl_buf_str(pieces, f.bytes))
            out_value->bytes = pl_buf_view(pieces);
    }
    return true;
}

pl_wire_field index_scalar(writer *w, const indexed *m, uint32_t number) {
    pl_wire_field value = {0};
    pl_buf none = pl_buf_make(0);
    const pl_field *field = pl_message_field_by_number(m->type, number);
    if (field)
        index_value(w, m, field, &none, &value);
    return value;
}
