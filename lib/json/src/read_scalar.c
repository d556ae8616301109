/* Numbers, texts, bytes, enums, bools and map keys. */
#include "number.h"
#include "parley/json/base64.h"
#include "reader.h"

static bool put_scalar(reader *r, const pl_field *field, uint64_t bits, bool tagged) {
    if (tagged && !read_put_tag(r, field))
        return false;
    return pl_wire_put_scalar(r->out, field->kind, bits) || read_full(r);
}

/* The number TEXT, a valid JSON number, as the field's bits on the wire. */
static bool integer_bits(pl_str text, pl_kind kind, uint64_t *out_bits) {
    int64_t i = 0;
    uint64_t u = 0;
    switch (kind) {
    case PL_KIND_UINT64:
    case PL_KIND_FIXED64:
        return json_number_u64(text, out_bits);
    case PL_KIND_UINT32:
    case PL_KIND_FIXED32:
        if (!json_number_u64(text, &u) || u > UINT32_MAX)
            return false;
        *out_bits = u;
        return true;
    default:
        break;
    }
    bool wide = kind == PL_KIND_INT64 || kind == PL_KIND_SINT64 || kind == PL_KIND_SFIXED64;
    if (!json_number_i64(text, &i) || (!wide && (i < INT32_MIN || i > INT32_MAX)))
        return false;
    *out_bits = kind == PL_KIND_SINT64 || kind == PL_KIND_SINT32 ? pl_zigzag_encode(i)
                                                                 : (uint64_t)i;
    return true;
}

static uint64_t double_bits(double v) {
    uint64_t bits;
    memcpy(&bits, &v, sizeof(bits));
    return bits;
}

static uint64_t float_bits(float v) {
    uint32_t bits;
    memcpy(&bits, &v, sizeof(bits));
    return bits;
}

/* NaN and the infinities, which come in quotes. */
static bool special_bits(pl_str text, pl_kind kind, uint64_t *out_bits) {
    double v;
    if (pl_str_eqc(text, "NaN"))
        v = (double)__builtin_nanf("");
    else if (pl_str_eqc(text, "Infinity"))
        v = (double)__builtin_inff();
    else if (pl_str_eqc(text, "-Infinity"))
        v = -(double)__builtin_inff();
    else
        return false;
    *out_bits = kind == PL_KIND_DOUBLE ? double_bits(v) : float_bits((float)v);
    return true;
}

static bool number_bits(pl_str text, pl_kind kind, uint64_t *out_bits) {
    double d;
    float f;
    if (kind == PL_KIND_DOUBLE) {
        if (!json_number_double(text, &d))
            return false;
        *out_bits = double_bits(d);
        return true;
    }
    if (kind == PL_KIND_FLOAT) {
        if (!json_number_float(text, &f))
            return false;
        *out_bits = float_bits(f);
        return true;
    }
    return integer_bits(text, kind, out_bits);
}

static bool number_text_bits(pl_str text, pl_kind kind, uint64_t *out_bits) {
    bool real = kind == PL_KIND_DOUBLE || kind == PL_KIND_FLOAT;
    if (real && special_bits(text, kind, out_bits))
        return true;
    return json_number_valid(text) && number_bits(text, kind, out_bits);
}

/* An enum by name, or by its number in text form. */
static const pl_enum_value *enum_by_text(const reader *r, const pl_enum_type *type, pl_str text) {
    const pl_enum_value *v = pl_enum_by_name(type, text);
    if (!v && r->opts->enum_json_names)
        v = pl_enum_by_json_name(type, text);
    return v;
}

static bool enum_number(const pl_enum_type *type, pl_str text, uint64_t *out_bits) {
    int64_t n;
    if (!json_number_i64(text, &n) || n < INT32_MIN || n > INT32_MAX)
        return false;
    *out_bits = (uint64_t)n;
    return !type->closed || pl_enum_by_number(type, (int32_t)n);
}

/* Text that came in quotes, or plain. */
static bool read_enum_text(reader *r, const pl_field *field, pl_str text, const char *at,
                           bool tagged) {
    const pl_enum_value *v = enum_by_text(r, field->enumeration, text);
    uint64_t bits = 0;
    if (v)
        return put_scalar(r, field, (uint64_t)(int64_t)v->number, tagged);
    if (r->plain && json_number_valid(text) && enum_number(field->enumeration, text, &bits))
        return put_scalar(r, field, bits, tagged);
    if (!r->opts->ignore_unknown || r->plain)
        return read_unexpected(r, at, field);
    r->dropped = true;
    return true;
}

static bool read_bytes_text(reader *r, const pl_field *field, pl_str text, const char *at,
                            bool tagged) {
    size_t start = 0, size = 0;
    if ((tagged && !read_put_tag(r, field)) || !read_begin(r, &start))
        return false;
    char *p = pl_buf_reserve(r->out, 3 * (text.n / 4 + 1));
    if (!p)
        return read_full(r);
    if (!pl_base64_decode(text, p, &size))
        return read_unexpected(r, at, field);
    pl_buf_wrote(r->out, size);
    return read_end(r, start);
}

bool read_text(reader *r, const pl_field *field, pl_str text, const char *at, bool tagged) {
    uint64_t bits = 0;
    size_t start = 0;
    switch (field->kind) {
    case PL_KIND_STRING:
        if (r->plain && !pl_utf8_valid(text))
            return read_refuse(r, at, "the text is not UTF-8");
        if (tagged && !read_put_tag(r, field))
            return false;
        return (pl_wire_put_varint(r->out, text.n) && pl_buf_str(r->out, text)) || read_full(r);
    case PL_KIND_BYTES:
        return read_bytes_text(r, field, text, at, tagged);
    case PL_KIND_ENUM:
        return read_enum_text(r, field, text, at, tagged);
    case PL_KIND_BOOL:
        bits = pl_str_eqc(text, "true");
        if (!bits && !pl_str_eqc(text, "false"))
            return read_unexpected(r, at, field);
        return put_scalar(r, field, bits, tagged);
    case PL_KIND_MESSAGE:
        if (field->map || !field->message->well_known)
            return read_refuse(r, at, "%s cannot be given as text", field->message->full_name.p);
        if ((tagged && !read_put_tag(r, field)) || !read_begin(r, &start))
            return false;
        return read_well_known_text(r, field->message, text, at) && read_end(r, start);
    case PL_KIND_GROUP:
        return read_refuse(r, at, "%s cannot be given as text", field->message->full_name.p);
    default:
        if (!number_text_bits(text, field->kind, &bits))
            return read_unexpected(r, at, field);
        return put_scalar(r, field, bits, tagged);
    }
}

bool read_map_key(reader *r, const pl_field *key, pl_str text, const char *at) {
    return read_text(r, key, text, at, true);
}

static bool read_quoted(reader *r, const pl_field *field, bool tagged) {
    const char *at = r->in.p;
    json_string string;
    /* Only true and false are bools; their names in quotes are map keys and query values. */
    if (field->kind == PL_KIND_BOOL)
        return read_unexpected(r, at, field);
    if (!json_string_take(&r->in, &string))
        return read_malformed(r);
    if (!string.escaped)
        return read_text(r, field, string.raw, at, tagged);
    pl_buf_clear(&r->scratch);
    if (!json_unescape_to(string.raw, &r->scratch))
        return read_full(r);
    return read_text(r, field, pl_buf_view(&r->scratch), at, tagged);
}

static bool read_number(reader *r, const pl_field *field, bool tagged) {
    const char *at = r->in.p;
    pl_str text;
    uint64_t bits = 0;
    if (!json_number_take(&r->in, &text))
        return read_malformed(r);
    bool ok = false;
    if (field->kind == PL_KIND_ENUM)
        ok = enum_number(field->enumeration, text, &bits);
    else if (field->kind != PL_KIND_STRING && field->kind != PL_KIND_BYTES &&
             field->kind != PL_KIND_BOOL)
        ok = number_bits(text, field->kind, &bits);
    return ok ? put_scalar(r, field, bits, tagged) : read_unexpected(r, at, field);
}

bool read_scalar(reader *r, const pl_field *field, bool tagged) {
    char c = json_peek(&r->in);
    const char *at = r->in.p;
    if (c == '"')
        return read_quoted(r, field, tagged);
    if (c == '-' || (c >= '0' && c <= '9'))
        return read_number(r, field, tagged);
    if (field->kind == PL_KIND_BOOL && (c == 't' || c == 'f')) {
        if (!json_word_take(&r->in, c == 't' ? "true" : "false"))
            return read_malformed(r);
        return put_scalar(r, field, c == 't', tagged);
    }
    if (c == 'n' && read_takes_null(field)) {
        if (!json_word_take(&r->in, "null"))
            return read_malformed(r);
        return put_scalar(r, field, 0, tagged);
    }
    return read_unexpected(r, at, field);
}
