/* The wire format; see wire.h. */
#include "parley/schema/wire.h"

#include "wire_read.h"

bool pl_wire_varint(pl_wire_reader *reader, uint64_t *out_value) {
    return wire_read_varint(reader, out_value);
}

static uint32_t load32(const uint8_t *p) {
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* The next SIZE bytes; NULL at the end, and where there are fewer. */
static const uint8_t *take(pl_wire_reader *reader, size_t size) {
    const uint8_t *p = reader->p;
    if (p == reader->end)
        return NULL;
    if ((size_t)(reader->end - p) < size) {
        reader->failed = true;
        return NULL;
    }
    reader->p = p + size;
    return p;
}

bool pl_wire_fixed32(pl_wire_reader *reader, uint32_t *out_value) {
    const uint8_t *p = take(reader, 4);
    if (p)
        *out_value = load32(p);
    return p != NULL;
}

bool pl_wire_fixed64(pl_wire_reader *reader, uint64_t *out_value) {
    const uint8_t *p = take(reader, 8);
    if (p)
        *out_value = (uint64_t)load32(p + 4) << 32 | load32(p);
    return p != NULL;
}

bool pl_wire_scalar(pl_wire_reader *reader, pl_kind kind, uint64_t *out_value) {
    switch (pl_kind_wire_type(kind)) {
    case PL_WIRE_VARINT:
        return pl_wire_varint(reader, out_value);
    case PL_WIRE_FIXED64:
        return pl_wire_fixed64(reader, out_value);
    default: {
        uint32_t v = 0;
        if (!pl_wire_fixed32(reader, &v))
            return false;
        *out_value = v;
        return true;
    }
    }
}

/* Moves the reader behind the end tag of group NUMBER; *OUT_END is where that tag begins. */
static bool skip_group(pl_wire_reader *r, uint32_t number, unsigned depth,
                       const uint8_t **out_end) {
    if (depth >= PL_WIRE_DEPTH_MAX)
        return false;
    for (;;) {
        const uint8_t *start = r->p;
        uint64_t tag = 0;
        if (!wire_read_varint(r, &tag) || tag >> 3 == 0 || tag > UINT32_MAX)
            return false;
        uint32_t type = (uint32_t)tag & 7;
        if (type == PL_WIRE_GROUP_END) {
            *out_end = start;
            return tag >> 3 == number;
        }
        if (type == PL_WIRE_GROUP) {
            const uint8_t *inner;
            if (!skip_group(r, (uint32_t)(tag >> 3), depth + 1, &inner))
                return false;
            continue;
        }
        pl_wire_field ignored;
        if (!wire_read_content(r, type, &ignored))
            return false;
    }
}

/* Apart from the others, which it would make slow: groups are rare. */
PL_COLD static bool take_group(pl_wire_reader *reader, pl_wire_field *out_field) {
    const uint8_t *start = reader->p, *end;
    if (!skip_group(reader, out_field->number, 1, &end)) {
        reader->failed = true;
        return false;
    }
    out_field->bytes = pl_str_make((const char *)start, (size_t)(end - start));
    return true;
}

bool pl_wire_next_of_any(pl_wire_reader *reader, pl_wire_field *out_field) {
    if (wire_read_next(reader, out_field))
        return true;
    if (reader->failed || reader->p == reader->end)
        return false;
    /* wire_read_next stops before the content of a group. */
    return take_group(reader, out_field);
}

bool pl_wire_find(pl_str message, uint32_t number, pl_wire_field *out_field) {
    pl_wire_reader r = pl_wire_reader_make(message);
    pl_wire_field f, last = {0};
    while (pl_wire_next(&r, &f))
        if (f.number == number)
            last = f;
    if (r.failed || last.number == 0)
        return false;
    *out_field = last;
    return true;
}

bool pl_wire_put_varint(pl_buf *out, uint64_t value) {
    if (value < 0x80)
        return pl_buf_putc(out, (char)value);
    uint8_t bytes[PL_WIRE_VARINT_SIZE];
    return pl_buf_append(out, bytes, pl_varint_put(bytes, value));
}

bool pl_wire_put_fixed32(pl_buf *out, uint32_t value) {
    uint8_t b[4];
    for (int i = 0; i < 4; i++)
        b[i] = (uint8_t)(value >> (8 * i));
    return pl_buf_append(out, b, sizeof(b));
}

bool pl_wire_put_fixed64(pl_buf *out, uint64_t value) {
    uint8_t b[8];
    for (int i = 0; i < 8; i++)
        b[i] = (uint8_t)(value >> (8 * i));
    return pl_buf_append(out, b, sizeof(b));
}

bool pl_wire_put_tag(pl_buf *out, uint32_t number, pl_wire_type type) {
    return pl_wire_put_varint(out, (uint64_t)number << 3 | (uint64_t)type);
}

bool pl_wire_put_bytes(pl_buf *out, uint32_t number, pl_str content) {
    return pl_wire_put_tag(out, number, PL_WIRE_BYTES) && pl_wire_put_varint(out, content.n) &&
           pl_buf_str(out, content);
}

bool pl_wire_put_scalar(pl_buf *out, pl_kind kind, uint64_t value) {
    switch (pl_kind_wire_type(kind)) {
    case PL_WIRE_VARINT:
        return pl_wire_put_varint(out, value);
    case PL_WIRE_FIXED64:
        return pl_wire_put_fixed64(out, value);
    default:
        return pl_wire_put_fixed32(out, (uint32_t)value);
    }
}
