/* Lists, and the readers that are too long to be inline. */
#include "decode_internal.h"

const uint8_t *decode_long_varint(const uint8_t *p, const uint8_t *end, uint64_t *out) {
    pl_wire_reader reader = {p, end, false};

    return pl_wire_varint(&reader, out) ? reader.p : NULL;
}

void *decode_list_grow(decoder *d, const void *items, size_t count, size_t more, size_t size) {
    size_t room = more > count ? count + more : 2 * count;
    char *list = pl_arena_alloc(d->arena, DECODE_LIST_HEAD + room * size);

    if (!list)
        return NULL;
    memcpy(list, &room, sizeof room);
    if (count)
        memcpy(list + DECODE_LIST_HEAD, items, count * size);
    return list + DECODE_LIST_HEAD;
}

size_t decode_count_run(const uint8_t *p, const uint8_t *end, uint32_t number, pl_wire_type wire) {
    uint64_t tag = (uint64_t)number << 3 | (uint64_t)wire, next;
    content skipped = {.wire = wire};
    size_t count = 0;

    while (p < end && (p = read_varint(p, end, &next)) && next == tag &&
           (p = read_content(p, end, &skipped)))
        count++;
    return count;
}

static size_t count_packed(const field_shape *shape, pl_str bytes) {
    size_t count = 0;

    if (shape->wire != PL_WIRE_VARINT)
        return bytes.n / shape->size;
    for (size_t i = 0; i < bytes.n; i++)
        count += (uint8_t)bytes.p[i] < 0x80;
    return count;
}

pl_code decode_packed(decoder *d, const place *at, char **items, pl_str bytes) {
    const field_shape *shape = &field_shapes[at->field->type];
    const uint8_t *p = (const uint8_t *)bytes.p, *end = p + bytes.n;
    size_t *count = quantifier_of(at), added = *count;
    size_t more = count_packed(shape, bytes);
    content given = {.wire = (pl_wire_type)shape->wire};

    if (more > list_room(*items, *count) - *count) {
        *items = decode_list_grow(d, *items, *count, more, shape->size);
        if (!*items)
            return PL_RESOURCE_EXHAUSTED;
    }
    for (; p < end; added++) {
        p = read_content(p, end, &given);
        if (!p)
            return decode_refuse(d, at, "holds packed values that are malformed");
        put_scalar(*items + added * shape->size, at->field->type, given.value);
    }
    *count = added;
    return PL_OK;
}
