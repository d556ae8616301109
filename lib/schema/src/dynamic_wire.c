/* Dynamic messages from and to the wire. Bytes are checked as a whole before they are
 * decoded, so that decoding fails for want of memory only. */
#include "dynamic_node.h"

/* Greatest memory of pl_wire_normalize, as a multiple of its input. */
#define NORMALIZE_FACTOR 64

static bool decode_into(pl_dynamic *m, pl_str bytes);

/* Later entries of a map replace earlier ones with the same key. */
static bool same_key(const pl_dynamic *a, const pl_dynamic *b) {
    const pl_field *key = &a->type->fields[0];
    pl_dynamic_value x = {0}, y = {0};
    pl_dynamic_get(a, key, &x);
    pl_dynamic_get(b, key, &y);
    return key->kind == PL_KIND_STRING ? pl_str_eq(x.text, y.text) : x.bits == y.bits;
}

static bool put_entry(pl_dynamic *m, const pl_field *field, pl_dynamic *entry) {
    dynamic_slot *slot = &m->slots[field->index];
    pl_dynamic_value value = {.message = entry};
    for (size_t i = 0; i < slot->count; i++) {
        if (!same_key(slot->many[i].message, entry))
            continue;
        slot->many[i] = value;
        return true;
    }
    return pl_dynamic_set(m, field, value);
}

static bool decode_sub(pl_dynamic *m, const pl_field *field, pl_str bytes) {
    pl_dynamic_value value = {0};
    if (!pl_dynamic_get(m, field, &value))
        value.message = pl_dynamic_new(field->message, m->arena);
    if (!value.message || !decode_into(value.message, bytes))
        return false;
    return field->map ? put_entry(m, field, value.message) : pl_dynamic_set(m, field, value);
}

static bool decode_field(pl_dynamic *m, const pl_field *field, const pl_wire_field *w) {
    pl_dynamic_value value = {0};
    if (field->message)
        return decode_sub(m, field, w->bytes);
    if (field->kind == PL_KIND_STRING || field->kind == PL_KIND_BYTES) {
        char *copy = pl_arena_strndup(m->arena, w->bytes.n ? w->bytes.p : "", w->bytes.n);
        value.text = pl_str_make(copy, w->bytes.n);
        return copy && pl_dynamic_set(m, field, value);
    }
    if (w->type != PL_WIRE_BYTES) {
        value.bits = pl_wire_canonical(field->kind, w->value);
        return pl_dynamic_set(m, field, value);
    }
    pl_wire_reader r = pl_wire_reader_make(w->bytes);
    while (pl_wire_scalar(&r, field->kind, &value.bits)) {
        value.bits = pl_wire_canonical(field->kind, value.bits);
        if (!pl_dynamic_set(m, field, value))
            return false;
    }
    return true;
}

static bool keep_unknown(pl_dynamic *m, const char *start, const char *end) {
    size_t n = (size_t)(end - start);
    unknown_piece *piece = PL_ARENA_NEW(m->arena, unknown_piece);
    char *copy = piece ? pl_arena_strndup(m->arena, start, n) : NULL;
    if (!copy)
        return false;
    piece->bytes = pl_str_make(copy, n);
    if (m->last_unknown)
        m->last_unknown->next = piece;
    else
        m->unknown = piece;
    m->last_unknown = piece;
    return true;
}

static bool decode_into(pl_dynamic *m, pl_str bytes) {
    pl_wire_reader r = pl_wire_reader_make(bytes);
    pl_wire_field w;
    const char *start = (const char *)r.p;
    for (; pl_wire_next(&r, &w); start = (const char *)r.p) {
        const pl_field *field = pl_message_field_by_number(m->type, w.number);
        if (field ? !decode_field(m, field, &w) : !keep_unknown(m, start, (const char *)r.p))
            return false;
    }
    return true;
}

pl_code pl_dynamic_decode(const pl_message_type *type, pl_str bytes, pl_arena *arena,
                          pl_dynamic **out_message, pl_error *err) {
    pl_code code = pl_wire_check(type, bytes, false, err);
    if (code)
        return code;
    pl_dynamic *m = pl_dynamic_new(type, arena);
    if (!m || !decode_into(m, bytes))
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "%s: needs more memory than its %zu bytes",
                            type->full_name.p, arena->budget);
    *out_message = m;
    return PL_OK;
}

static bool encode_sub(const pl_field *field, const pl_dynamic *sub, pl_buf *out) {
    if (field->kind == PL_KIND_GROUP)
        return pl_wire_put_tag(out, field->number, PL_WIRE_GROUP) && pl_dynamic_encode(sub, out) &&
               pl_wire_put_tag(out, field->number, PL_WIRE_GROUP_END);
    pl_buf inner = pl_buf_make(PL_WIRE_SIZE_MAX);
    bool ok = pl_dynamic_encode(sub, &inner) &&
              pl_wire_put_bytes(out, field->number, pl_buf_view(&inner));
    pl_buf_done(&inner);
    return ok;
}

static bool encode_value(const pl_field *field, pl_dynamic_value value, pl_buf *out) {
    if (field->message)
        return encode_sub(field, value.message, out);
    if (field->kind == PL_KIND_STRING || field->kind == PL_KIND_BYTES)
        return pl_wire_put_bytes(out, field->number, value.text);
    return pl_wire_put_tag(out, field->number, (pl_wire_type)pl_kind_wire_type(field->kind)) &&
           pl_wire_put_scalar(out, field->kind, value.bits);
}

static bool encode_packed(const pl_field *field, const dynamic_slot *slot, pl_buf *out) {
    pl_buf inner = pl_buf_make(PL_WIRE_SIZE_MAX);
    bool ok = true;
    for (size_t i = 0; ok && i < slot->count; i++)
        ok = pl_wire_put_scalar(&inner, field->kind, slot->many[i].bits);
    ok = ok && pl_wire_put_bytes(out, field->number, pl_buf_view(&inner));
    pl_buf_done(&inner);
    return ok;
}

/* A value that a field without presence has anyway. */
static bool is_default(const pl_field *field, pl_dynamic_value value) {
    if (field->presence || field->parent->map_entry)
        return false;
    bool text = field->kind == PL_KIND_STRING || field->kind == PL_KIND_BYTES;
    return text ? value.text.n == 0 : value.bits == 0;
}

static bool encode_field(const pl_field *field, const dynamic_slot *slot, pl_buf *out) {
    if (!field->repeated)
        return is_default(field, slot->one) || encode_value(field, slot->one, out);
    if (field->packed)
        return encode_packed(field, slot, out);
    for (size_t i = 0; i < slot->count; i++)
        if (!encode_value(field, slot->many[i], out))
            return false;
    return true;
}

bool pl_dynamic_encode(const pl_dynamic *message, pl_buf *out) {
    for (size_t i = 0; i < message->type->field_count; i++)
        if (message->slots[i].count &&
            !encode_field(&message->type->fields[i], &message->slots[i], out)) {
            out->failed = true;
            return false;
        }
    for (const unknown_piece *u = message->unknown; u; u = u->next)
        if (!pl_buf_str(out, u->bytes))
            return false;
    return true;
}

pl_code pl_wire_normalize(const pl_message_type *type, pl_str bytes, pl_buf *out, pl_error *err) {
    pl_arena arena = pl_arena_make((bytes.n + 4096) * NORMALIZE_FACTOR);
    pl_dynamic *m = NULL;
    pl_code code = pl_dynamic_decode(type, bytes, &arena, &m, err);
    if (!code && !pl_dynamic_encode(m, out))
        code = pl_error_set(err, PL_RESOURCE_EXHAUSTED, "%s: does not fit %zu bytes",
                            type->full_name.p, out->max);
    pl_arena_done(&arena);
    return code;
}
