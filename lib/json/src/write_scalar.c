/* Numbers, texts, bytes, enums, bools and map keys to JSON. */
#include <math.h>

#include "in.h"
#include "number.h"
#include "parley/json/base64.h"
#include "writer.h"

/* One byte that may not stand in a string as it is. */
static bool write_escape(writer *w, unsigned char c) {
    static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
    const char *which = memchr(from, c, sizeof(from) - 1);
    if (!which)
        return pl_buf_printf(w->out, "\\u%04x", c);
    return pl_buf_putc(w->out, '\\') && pl_buf_putc(w->out, to[which - from]);
}

bool write_string(writer *w, pl_str text) {
    const char *p = text.n ? text.p : "", *end = p + text.n, *from = p;
    uint64_t high = 0;
    bool ok = pl_buf_putc(w->out, '"');
    while (ok && (p = json_plain_skip(p, end, &high)) < end) {
        unsigned char c = (unsigned char)*p++;
        high |= c;
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        ok = pl_buf_append(w->out, from, (size_t)(p - 1 - from)) && write_escape(w, c);
        from = p;
    }
    ok = ok && pl_buf_append(w->out, from, (size_t)(p - from)) && pl_buf_putc(w->out, '"');
    if (ok && (high & JSON_EACH(0x80)) && !pl_utf8_valid(text))
        return write_refuse(w, "the text is not UTF-8");
    return ok || write_full(w);
}

static bool write_wide(writer *w, bool negative, uint64_t magnitude, bool quoted) {
    bool ok = !quoted || pl_buf_putc(w->out, '"');
    ok = ok &&
         (negative ? pl_buf_i64(w->out, (int64_t)(~magnitude + 1)) : pl_buf_u64(w->out, magnitude));
    return (ok && (!quoted || pl_buf_putc(w->out, '"'))) || write_full(w);
}

static bool write_i64(writer *w, int64_t value, bool quoted) {
    return write_wide(w, value < 0, value < 0 ? ~(uint64_t)value + 1 : (uint64_t)value, quoted);
}

static bool write_double(writer *w, double value) {
    char text[JSON_NUMBER_SIZE];
    if (isnan(value))
        return pl_buf_puts(w->out, "\"NaN\"") || write_full(w);
    if (isinf(value))
        return pl_buf_puts(w->out, value < 0 ? "\"-Infinity\"" : "\"Infinity\"") || write_full(w);
    return pl_buf_append(w->out, text, json_double_print(value, text)) || write_full(w);
}

static bool write_float(writer *w, float value) {
    char text[JSON_NUMBER_SIZE];
    if (isnan(value) || isinf(value))
        return write_double(w, (double)value);
    return pl_buf_append(w->out, text, json_float_print(value, text)) || write_full(w);
}

static bool write_enum(writer *w, const pl_enum_type *type, int32_t number) {
    if (type->null_value)
        return pl_buf_puts(w->out, "null") || write_full(w);
    const pl_enum_value *v = w->opts->enum_numbers ? NULL : pl_enum_by_number(type, number);
    if (!v)
        return write_i64(w, number, false);
    if (w->opts->enum_json_names && v->json_name.n)
        return write_string(w, v->json_name);
    /* Names are identifiers: nothing to escape. */
    return (pl_buf_putc(w->out, '"') && pl_buf_str(w->out, v->name) && pl_buf_putc(w->out, '"')) ||
           write_full(w);
}

static bool write_bytes(writer *w, pl_str bytes) {
    return (pl_buf_putc(w->out, '"') && pl_base64_encode(bytes, w->out) &&
            pl_buf_putc(w->out, '"')) ||
           write_full(w);
}

/* Integers; WIDE_QUOTED: those of 64 bits in quotes. */
static bool write_integer(writer *w, pl_kind kind, uint64_t bits, bool wide_quoted) {
    switch (kind) {
    case PL_KIND_INT64:
    case PL_KIND_SFIXED64:
        return write_i64(w, (int64_t)bits, wide_quoted);
    case PL_KIND_SINT64:
        return write_i64(w, pl_zigzag_decode(bits), wide_quoted);
    case PL_KIND_UINT64:
    case PL_KIND_FIXED64:
        return write_wide(w, false, bits, wide_quoted);
    case PL_KIND_SINT32:
        return write_i64(w, (int32_t)pl_zigzag_decode((uint32_t)bits), false);
    case PL_KIND_UINT32:
    case PL_KIND_FIXED32:
        return write_wide(w, false, (uint32_t)bits, false);
    default:
        return write_i64(w, (int32_t)(uint32_t)bits, false);
    }
}

bool write_scalar(writer *w, const pl_field *field, const pl_wire_field *value) {
    double d;
    float f;
    uint32_t bits = (uint32_t)value->value;
    switch (field->kind) {
    case PL_KIND_DOUBLE:
        memcpy(&d, &value->value, sizeof(d));
        return write_double(w, d);
    case PL_KIND_FLOAT:
        memcpy(&f, &bits, sizeof(f));
        return write_float(w, f);
    case PL_KIND_BOOL:
        return pl_buf_puts(w->out, value->value ? "true" : "false") || write_full(w);
    case PL_KIND_STRING:
        return write_string(w, value->bytes);
    case PL_KIND_BYTES:
        return write_bytes(w, value->bytes);
    case PL_KIND_ENUM:
        return write_enum(w, field->enumeration, (int32_t)bits);
    default:
        return write_integer(w, field->kind, value->value, !w->opts->int64_numbers);
    }
}

bool write_default(writer *w, const pl_field *field) {
    pl_wire_field zero = {0};
    /* The first value of an enum is the default; of proto3 it is 0. */
    if (field->enumeration)
        zero.value = (uint64_t)(int64_t)field->enumeration->values[0].number;
    return write_scalar(w, field, &zero);
}

bool write_map_key(writer *w, const pl_field *key, const pl_wire_field *value) {
    if (key->kind == PL_KIND_STRING)
        return write_string(w, value->bytes);
    bool ok = pl_buf_putc(w->out, '"') || write_full(w);
    if (key->kind == PL_KIND_BOOL)
        ok = ok && write_scalar(w, key, value);
    else
        ok = ok && write_integer(w, key->kind, value->value, false);
    return ok && (pl_buf_putc(w->out, '"') || write_full(w));
}
