/* Values of leaves: read from and written to dynamic messages, compared, printed. */
#include "leaf.h"

#include <float.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "parley/json/base64.h"
#include "parley/json/proto_json.h"

enum { SHOWN_BYTES = 64, TIME_WIRE_MAX = 64 };

static const pl_field text_field = {
    .name = PL_STR("text"), .full_name = PL_STR("text"), .number = 1, .kind = PL_KIND_STRING};
static const pl_field bytes_field = {
    .name = PL_STR("bytes"), .full_name = PL_STR("bytes"), .number = 1, .kind = PL_KIND_BYTES};

const pl_field *pl_text_field(void) {
    return &text_field;
}

const pl_field *pl_bytes_field(void) {
    return &bytes_field;
}

static pl_leaf leaf_of_message(const pl_field *field) {
    if (field->message->well_known == PL_WELL_KNOWN_TIMESTAMP)
        return PL_LEAF_TIME;
    return field->message->well_known == PL_WELL_KNOWN_DURATION ? PL_LEAF_DURATION : PL_LEAF_NONE;
}

pl_leaf pl_leaf_of(const pl_field *field) {
    switch (field->kind) {
    case PL_KIND_DOUBLE:
    case PL_KIND_FLOAT:
        return PL_LEAF_FLOAT;
    case PL_KIND_BOOL:
        return PL_LEAF_BOOL;
    case PL_KIND_ENUM:
        return PL_LEAF_ENUM;
    case PL_KIND_STRING:
        return PL_LEAF_STRING;
    case PL_KIND_BYTES:
        return PL_LEAF_BYTES;
    case PL_KIND_UINT32:
    case PL_KIND_UINT64:
    case PL_KIND_FIXED32:
    case PL_KIND_FIXED64:
        return PL_LEAF_UNSIGNED;
    case PL_KIND_MESSAGE:
    case PL_KIND_GROUP:
        return leaf_of_message(field);
    default:
        return PL_LEAF_SIGNED;
    }
}

double leaf_double(const pl_leaf_value *value) {
    double number;
    memcpy(&number, &value->bits, sizeof number);
    return number;
}

pl_leaf_value leaf_of_double(double number) {
    pl_leaf_value value = {0};
    memcpy(&value.bits, &number, sizeof number);
    return value;
}

static double double_of_float(uint64_t bits) {
    uint32_t word = (uint32_t)bits;
    float number;
    memcpy(&number, &word, sizeof number);
    return (double)number;
}

static pl_leaf_value read_moment(const pl_dynamic *message) {
    pl_leaf_value value = {0};
    const pl_message_type *type = pl_dynamic_type(message);
    const pl_field *seconds = pl_message_field_by_number(type, NUMBER_SECONDS);
    const pl_field *nanos = pl_message_field_by_number(type, NUMBER_NANOS);
    pl_dynamic_value part;
    if (seconds && pl_dynamic_get(message, seconds, &part))
        value.bits = part.bits;
    if (nanos && pl_dynamic_get(message, nanos, &part))
        value.nanos = (int32_t)part.bits;
    return value;
}

pl_leaf_value leaf_read(const pl_field *field, pl_dynamic_value from) {
    pl_leaf_value value = {0};
    switch (field->kind) {
    case PL_KIND_STRING:
    case PL_KIND_BYTES:
        value.text = from.text;
        break;
    case PL_KIND_FLOAT:
        value = leaf_of_double(double_of_float(from.bits));
        break;
    case PL_KIND_SINT32:
    case PL_KIND_SINT64:
        value.bits = (uint64_t)pl_zigzag_decode(from.bits);
        break;
    case PL_KIND_SFIXED32:
        value.bits = (uint64_t)(int64_t)(int32_t)(uint32_t)from.bits;
        break;
    case PL_KIND_MESSAGE:
    case PL_KIND_GROUP:
        value = read_moment(from.message);
        break;
    default:
        value.bits = from.bits;
    }
    return value;
}

static bool write_moment(const pl_field *field, const pl_leaf_value *value, pl_arena *arena,
                         pl_dynamic_value *out) {
    pl_dynamic *message = pl_dynamic_new(field->message, arena);
    const pl_field *seconds = pl_message_field_by_number(field->message, NUMBER_SECONDS);
    const pl_field *nanos = pl_message_field_by_number(field->message, NUMBER_NANOS);
    if (!message || !seconds || !nanos)
        return false;
    pl_dynamic_value part = {.bits = value->bits};
    bool done = value->bits == 0 || pl_dynamic_set(message, seconds, part);
    part.bits = (uint64_t)(int64_t)value->nanos;
    done = done && (value->nanos == 0 || pl_dynamic_set(message, nanos, part));
    out->message = message;
    return done;
}

bool leaf_write(const pl_field *field, const pl_leaf_value *value, pl_arena *arena,
                pl_dynamic_value *out) {
    switch (field->kind) {
    case PL_KIND_STRING:
    case PL_KIND_BYTES:
        out->text = value->text;
        return true;
    case PL_KIND_FLOAT: {
        float number = (float)leaf_double(value);
        uint32_t word;
        memcpy(&word, &number, sizeof word);
        out->bits = word;
        return true;
    }
    case PL_KIND_SINT32:
        out->bits = (uint32_t)pl_zigzag_encode((int64_t)value->bits);
        return true;
    case PL_KIND_SINT64:
        out->bits = pl_zigzag_encode((int64_t)value->bits);
        return true;
    case PL_KIND_SFIXED32:
        out->bits = (uint32_t)value->bits;
        return true;
    case PL_KIND_MESSAGE:
    case PL_KIND_GROUP:
        return write_moment(field, value, arena, out);
    default:
        out->bits = value->bits;
        return true;
    }
}

pl_leaf_value leaf_default(const pl_field *field) {
    pl_leaf_value value = {0, 0, {"", 0}};
    if (field->kind == PL_KIND_ENUM && field->enumeration->value_count > 0)
        value.bits = (uint64_t)(int64_t)field->enumeration->values[0].number;
    return value;
}

bool leaf_is_default(const pl_field *field, const pl_leaf_value *value) {
    pl_leaf_value other = leaf_default(field);
    return pl_leaf_compare(pl_leaf_of(field), value, &other) == 0;
}

int pl_leaf_compare(pl_leaf leaf, const pl_leaf_value *a, const pl_leaf_value *b) {
    switch (leaf) {
    case PL_LEAF_STRING:
    case PL_LEAF_BYTES:
        return pl_str_cmp(a->text, b->text);
    case PL_LEAF_UNSIGNED:
    case PL_LEAF_BOOL:
        return a->bits < b->bits ? -1 : a->bits > b->bits;
    case PL_LEAF_FLOAT: {
        double x = leaf_double(a), y = leaf_double(b);
        if (x != x || y != y)
            return x != x && y != y ? 0 : 2;
        return x < y ? -1 : x > y;
    }
    default: {
        int64_t x = (int64_t)a->bits, y = (int64_t)b->bits;
        if (x != y)
            return x < y ? -1 : 1;
        return a->nanos < b->nanos ? -1 : a->nanos > b->nanos;
    }
    }
}

size_t leaf_size(pl_leaf leaf, const pl_leaf_value *value) {
    return leaf == PL_LEAF_STRING ? pl_utf8_length(value->text) : value->text.n;
}

/* Howard Hinnant's days_from_civil, the other way round. */
static void civil(int64_t days, int64_t *year, unsigned *month, unsigned *day) {
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    unsigned doe = (unsigned)(days - era * 146097);
    unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    unsigned mp = (5 * doy + 2) / 153;
    *day = doy - (153 * mp + 2) / 5 + 1;
    *month = mp < 10 ? mp + 3 : mp - 9;
    *year = (int64_t)yoe + era * 400 + (*month <= 2);
}

static void print_nanos(int32_t nanos, pl_buf *out) {
    char digits[16];
    if (nanos == 0)
        return;
    /* Anybody's bytes may have the least of all numbers here. */
    uint32_t size = nanos < 0 ? 0u - (uint32_t)nanos : (uint32_t)nanos;
    snprintf(digits, sizeof digits, ".%09" PRIu32, size);
    size_t n = strlen(digits);
    while (digits[n - 1] == '0')
        n--;
    pl_buf_append(out, digits, n);
}

static void print_time(const pl_leaf_value *value, pl_buf *out) {
    int64_t seconds = (int64_t)value->bits, year;
    int64_t days = seconds / 86400 - (seconds % 86400 < 0);
    unsigned month, day, rest = (unsigned)(seconds - days * 86400);
    civil(days, &year, &month, &day);
    pl_buf_printf(out, "%04" PRId64 "-%02u-%02uT%02u:%02u:%02u", year, month, day, rest / 3600,
                  rest / 60 % 60, rest % 60);
    print_nanos(value->nanos, out);
    pl_buf_putc(out, 'Z');
}

static void print_duration(const pl_leaf_value *value, pl_buf *out) {
    int64_t seconds = (int64_t)value->bits;
    bool negative = seconds < 0 || value->nanos < 0;
    pl_buf_printf(out, "%s%" PRIu64, negative ? "-" : "",
                  seconds < 0 ? (uint64_t)0 - (uint64_t)seconds : (uint64_t)seconds);
    print_nanos(value->nanos, out);
    pl_buf_putc(out, 's');
}

static void print_enum(const pl_field *field, const pl_leaf_value *value, pl_buf *out) {
    const pl_enum_value *named = field && field->enumeration
                                     ? pl_enum_by_number(field->enumeration, (int32_t)value->bits)
                                     : NULL;
    if (named)
        pl_buf_str(out, named->name);
    else
        pl_buf_i64(out, (int64_t)value->bits);
}

/* As people write it: the fewest digits that say the number, 10 and not 1e+01. */
static void print_double(const pl_field *field, double number, pl_buf *out) {
    bool single = field && field->kind == PL_KIND_FLOAT;
    int most = single ? FLT_DECIMAL_DIG : DBL_DECIMAL_DIG;
    char text[40];
    for (int digits = single ? FLT_DIG : DBL_DIG; digits <= most; digits++) {
        (void)snprintf(text, sizeof text, "%.*g", digits, number);
        if (single ? strtof(text, NULL) == (float)number : strtod(text, NULL) == number)
            break;
    }
    pl_buf_puts(out, text);
}

static void print_text(pl_str text, pl_buf *out) {
    pl_str shown = pl_utf8_cut(text, SHOWN_BYTES);
    pl_buf_putc(out, '\'');
    for (size_t i = 0; i < shown.n; i++) {
        if ((unsigned char)shown.p[i] < ' ')
            pl_buf_printf(out, "\\x%02x", (unsigned)(unsigned char)shown.p[i]);
        else
            pl_buf_putc(out, shown.p[i]);
    }
    pl_buf_puts(out, shown.n < text.n ? "...'" : "'");
}

void pl_leaf_print(pl_leaf leaf, const pl_field *field, const pl_leaf_value *value, pl_buf *out) {
    if (field && field->sensitive) {
        pl_buf_puts(out, "(hidden)");
        return;
    }
    switch (leaf) {
    case PL_LEAF_STRING:
        print_text(value->text, out);
        break;
    case PL_LEAF_BYTES:
        pl_buf_puts(out, "base64 ");
        pl_base64_encode(
            pl_str_make(value->text.p, value->text.n < SHOWN_BYTES ? value->text.n : SHOWN_BYTES),
            out);
        pl_buf_puts(out, value->text.n > SHOWN_BYTES ? "..." : "");
        break;
    case PL_LEAF_UNSIGNED:
        pl_buf_u64(out, value->bits);
        break;
    case PL_LEAF_BOOL:
        pl_buf_puts(out, value->bits ? "true" : "false");
        break;
    case PL_LEAF_FLOAT:
        print_double(field, leaf_double(value), out);
        break;
    case PL_LEAF_ENUM:
        print_enum(field, value, out);
        break;
    case PL_LEAF_TIME:
        print_time(value, out);
        break;
    case PL_LEAF_DURATION:
        print_duration(value, out);
        break;
    default:
        pl_buf_i64(out, (int64_t)value->bits);
    }
}
