/* The inner loops of reading the wire, inline because everything else waits for them. */
#ifndef SCHEMA_WIRE_READ_H
#define SCHEMA_WIRE_READ_H

#include "parley/schema/wire.h"

static inline bool wire_read_varint(pl_wire_reader *r, uint64_t *out_value) {
    if (r->p == r->end)
        return false;
    const uint8_t *p = r->p;
    if (*p < 0x80) {
        *out_value = *p;
        r->p = p + 1;
        return true;
    }
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 70 && p < r->end; shift += 7, p++) {
        value |= (uint64_t)(*p & 0x7f) << shift;
        /* The tenth byte holds one bit; more is what other implementations drop silently. */
        if (*p < 0x80) {
            *out_value = value;
            r->p = p + 1;
            return true;
        }
    }
    r->failed = true;
    return false;
}

/* The content behind a tag whose type is not a group's. */
static inline bool wire_read_content(pl_wire_reader *r, uint32_t type, pl_wire_field *f) {
    uint64_t size = 0;
    switch (type) {
    case PL_WIRE_VARINT:
        return wire_read_varint(r, &f->value);
    case PL_WIRE_BYTES:
        if (!wire_read_varint(r, &size) || size > (uint64_t)(r->end - r->p))
            return false;
        f->bytes = pl_str_make((const char *)r->p, (size_t)size);
        r->p += size;
        return true;
    case PL_WIRE_FIXED32: {
        uint32_t v = 0;
        bool ok = pl_wire_fixed32(r, &v);
        f->value = v;
        return ok;
    }
    case PL_WIRE_FIXED64:
        return pl_wire_fixed64(r, &f->value);
    default:
        return false;
    }
}

/* The next field. False with !failed and p < end: a group, whose content begins at p. */
static inline bool wire_read_next(pl_wire_reader *r, pl_wire_field *f) {
    uint64_t tag = 0;
    if (r->p == r->end || r->failed)
        return false;
    if (!wire_read_varint(r, &tag) || tag >> 3 == 0 || tag > UINT32_MAX) {
        r->failed = true;
        return false;
    }
    f->number = (uint32_t)(tag >> 3);
    f->type = (pl_wire_type)(tag & 7);
    f->value = 0;
    f->bytes = pl_str_make(NULL, 0);
    if (f->type == PL_WIRE_GROUP) {
        /* A group needs at least its end tag. */
        if (r->p == r->end)
            r->failed = true;
        return false;
    }
    if (!wire_read_content(r, (uint32_t)f->type, f)) {
        r->failed = true;
        return false;
    }
    return true;
}

#endif
