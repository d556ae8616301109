#include "mutate.h"

#include "parley/schema/wire.h"

/* The messages of descriptor.proto on the way to a field or value. */
typedef enum level { NONE, SET, FILE_PROTO, MESSAGE, ENUM, FIELD, VALUE } level;

enum {
    NAME = 1,
    VALUE_NUMBER = 2,
    FIELD_NUMBER = 3,
    FIELD_LABEL = 4,
    FIELD_TYPE = 5,
    FIELD_TYPE_NAME = 6,
    FIELD_JSON_NAME = 10,
    LABEL_OPTIONAL = 1,
    LABEL_REPEATED = 3,
    NUMBER_ADDED = 1000,
    SIZE_MAX_SET = 16 << 20
};

static level below(level at, uint32_t number) {
    static const struct {
        level at;
        uint32_t number;
        level below;
    } ways[] = {{SET, 1, FILE_PROTO}, {FILE_PROTO, 4, MESSAGE}, {FILE_PROTO, 5, ENUM},
                {MESSAGE, 2, FIELD},  {MESSAGE, 3, MESSAGE},    {MESSAGE, 4, ENUM},
                {ENUM, 2, VALUE}};
    for (size_t i = 0; i < PL_COUNT(ways); i++) {
        if (ways[i].at == at && ways[i].number == number)
            return ways[i].below;
    }
    return NONE;
}

static void put(const pl_wire_field *f, pl_buf *out) {
    if (f->type == PL_WIRE_BYTES) {
        pl_wire_put_bytes(out, f->number, f->bytes);
        return;
    }
    pl_wire_put_tag(out, f->number, f->type);
    if (f->type == PL_WIRE_VARINT)
        pl_wire_put_varint(out, f->value);
    else if (f->type == PL_WIRE_FIXED64)
        pl_wire_put_fixed64(out, f->value);
    else
        pl_wire_put_fixed32(out, (uint32_t)f->value);
}

static void change_type(pl_wire_field *f, uint64_t type) {
    if (f->number == FIELD_TYPE)
        f->value = type;
    else if (f->number == FIELD_TYPE_NAME)
        f->number = 0;
}

/* Number 0: the part goes. */
static void change_part(level at, mutation_kind kind, pl_wire_field *f, pl_buf *name) {
    bool is_name = f->number == NAME || (at == FIELD && f->number == FIELD_JSON_NAME);
    bool is_number = f->number == (at == FIELD ? FIELD_NUMBER : VALUE_NUMBER);
    if (kind == MUTATE_NAME && is_name) {
        pl_buf_clear(name);
        pl_buf_printf(name, "%.*s%s", PL_FMT(f->bytes), at == FIELD ? "x" : "_X");
        f->bytes = pl_buf_view(name);
    } else if (kind == MUTATE_NUMBER && is_number && f->type == PL_WIRE_VARINT) {
        f->value += NUMBER_ADDED;
    } else if (at == FIELD && kind == MUTATE_STRING) {
        change_type(f, PL_KIND_STRING);
    } else if (at == FIELD && kind == MUTATE_INT32) {
        change_type(f, PL_KIND_INT32);
    } else if (at == FIELD && kind == MUTATE_FIXED64) {
        change_type(f, PL_KIND_FIXED64);
    } else if (at == FIELD && kind == MUTATE_BYTES) {
        change_type(f, PL_KIND_BYTES);
    } else if (at == FIELD && f->number == FIELD_LABEL && kind == MUTATE_REPEATED) {
        f->value = LABEL_REPEATED;
    } else if (at == FIELD && f->number == FIELD_LABEL && kind == MUTATE_SINGLE) {
        f->value = LABEL_OPTIONAL;
    }
}

static void change(level at, mutation_kind kind, pl_str bytes, pl_buf *out) {
    pl_wire_reader reader = pl_wire_reader_make(bytes);
    pl_wire_field f;
    pl_buf name = pl_buf_make(4096);
    while (pl_wire_next(&reader, &f)) {
        change_part(at, kind, &f, &name);
        if (f.number)
            put(&f, out);
    }
    pl_buf_done(&name);
}

static void walk(level at, pl_str bytes, const char *file, mutation *m, pl_buf *out);

/* One part that leads on, or is a field or value. */
static void descend(level to, const pl_wire_field *f, const char *file, mutation *m, pl_buf *out) {
    pl_wire_field name;
    bool leaf = to == FIELD || to == VALUE;
    bool hit = leaf && m->seen++ == m->target;
    bool foreign = to == FILE_PROTO &&
                   !(pl_wire_find(f->bytes, NAME, &name) && pl_str_eqc(name.bytes, file));
    if (hit && m->kind == MUTATE_DROP)
        return;
    if (foreign || (leaf && !hit)) {
        put(f, out);
        return;
    }
    pl_buf inner = pl_buf_make(SIZE_MAX_SET);
    if (hit)
        change(to, m->kind, f->bytes, &inner);
    else
        walk(to, f->bytes, file, m, &inner);
    pl_wire_put_bytes(out, f->number, pl_buf_view(&inner));
    pl_buf_done(&inner);
}

static void walk(level at, pl_str bytes, const char *file, mutation *m, pl_buf *out) {
    pl_wire_reader reader = pl_wire_reader_make(bytes);
    pl_wire_field f;
    while (pl_wire_next(&reader, &f)) {
        level to = f.type == PL_WIRE_BYTES ? below(at, f.number) : NONE;
        if (to == NONE)
            put(&f, out);
        else
            descend(to, &f, file, m, out);
    }
}

void mutate(pl_str bytes, const char *file, mutation *m, pl_buf *out) {
    m->seen = 0;
    walk(SET, bytes, file, m, out);
}
