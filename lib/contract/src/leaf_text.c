/* Texts of a form: RFC 3339, UUIDs, and what states return. */
#include "leaf.h"

#include <math.h>
#include <stdlib.h>

enum { UUID_TEXT_SIZE = 36, UUID_BYTES = 16, NANO_DIGITS = 9 };

static bool digits(const char **p, const char *end, int count, int *out) {
    int value = 0;
    for (int i = 0; i < count; i++, (*p)++) {
        if (*p == end || **p < '0' || **p > '9')
            return false;
        value = value * 10 + (**p - '0');
    }
    *out = value;
    return true;
}

static bool one(const char **p, const char *end, const char *of) {
    if (*p == end || !memchr(of, **p, strlen(of)))
        return false;
    (*p)++;
    return true;
}

static int days_in(int year, int month) {
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return month == 2 && leap ? 29 : days[month - 1];
}

/* Howard Hinnant's days_from_civil. */
static int64_t days_of(int year, int month, int day) {
    year -= month <= 2;
    int64_t era = year / 400;
    int yoe = (int)(year - era * 400);
    int doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static bool fraction(const char **p, const char *end, int32_t *out_nanos) {
    int32_t nanos = 0;
    int count = 0;
    for (; *p < end && **p >= '0' && **p <= '9' && count < NANO_DIGITS; (*p)++, count++)
        nanos = nanos * 10 + (**p - '0');
    if (count == 0)
        return false;
    for (; count < NANO_DIGITS; count++)
        nanos *= 10;
    *out_nanos = nanos;
    return true;
}

static bool offset(const char **p, const char *end, int64_t *out_seconds) {
    *out_seconds = 0;
    if (one(p, end, "Zz"))
        return true;
    int sign = *p < end && **p == '-' ? -1 : 1, hours, minutes;
    if (!one(p, end, "+-") || !digits(p, end, 2, &hours) || !one(p, end, ":") ||
        !digits(p, end, 2, &minutes) || hours > 23 || minutes > 59)
        return false;
    *out_seconds = sign * (hours * 3600 + minutes * 60);
    return true;
}

bool leaf_parse_time(pl_str text, pl_leaf_value *out) {
    const char *p = text.p, *end = text.p + text.n;
    int year, month, day, hour, minute, second;
    int32_t nanos = 0;
    int64_t shift;
    if (!text.n || !digits(&p, end, 4, &year) || !one(&p, end, "-") ||
        !digits(&p, end, 2, &month) || !one(&p, end, "-") || !digits(&p, end, 2, &day) ||
        !one(&p, end, "Tt") || !digits(&p, end, 2, &hour) || !one(&p, end, ":") ||
        !digits(&p, end, 2, &minute) || !one(&p, end, ":") || !digits(&p, end, 2, &second))
        return false;
    if (one(&p, end, ".") && !fraction(&p, end, &nanos))
        return false;
    if (!offset(&p, end, &shift) || p != end)
        return false;
    if (year < 1 || month < 1 || month > 12 || day < 1 || day > days_in(year, month) || hour > 23 ||
        minute > 59 || second > 59)
        return false;
    int64_t seconds = days_of(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
    pl_leaf_value value = {(uint64_t)(seconds - shift), nanos, {"", 0}};
    *out = value;
    return true;
}

/* "1.5", of at most the digits that a double has. */
static bool parse_double(pl_str text, double *out) {
    char copy[64], *end = NULL;
    if (text.n == 0 || text.n >= sizeof copy)
        return false;
    memcpy(copy, text.p, text.n);
    copy[text.n] = '\0';
    *out = strtod(copy, &end);
    return *end == '\0';
}

static bool parse_enum(const pl_enum_type *type, pl_str text, pl_leaf_value *out) {
    const pl_enum_value *value = pl_enum_by_name(type, text);
    int64_t number;
    if (!value)
        value = pl_enum_by_json_name(type, text);
    if (!value && !pl_str_i64(text, &number))
        return false;
    out->bits = (uint64_t)(value ? value->number : number);
    return true;
}

/* "1.5s" */
static bool parse_duration(pl_str text, pl_leaf_value *out) {
    double seconds;
    if (!pl_str_ends(text, pl_str_c("s")) ||
        !parse_double(pl_str_make(text.p, text.n - 1), &seconds) || !(fabs(seconds) < 1e12))
        return false;
    int64_t whole = (int64_t)seconds;
    out->bits = (uint64_t)whole;
    out->nanos = (int32_t)lround((seconds - (double)whole) * 1e9);
    return true;
}

bool leaf_parse_state(const pl_field *field, pl_str text, pl_leaf_value *out) {
    pl_leaf_value value = {0, 0, {"", 0}};
    int64_t number;
    double real;
    bool right = true;
    switch (pl_leaf_of(field)) {
    case PL_LEAF_STRING:
    case PL_LEAF_BYTES:
        value = leaf_of_text(text);
        break;
    case PL_LEAF_SIGNED:
        right = pl_str_i64(text, &number);
        value.bits = right ? (uint64_t)number : 0;
        break;
    case PL_LEAF_UNSIGNED:
        right = pl_str_u64(text, &value.bits);
        break;
    case PL_LEAF_FLOAT:
        right = parse_double(text, &real);
        if (right)
            value = leaf_of_double(field->kind == PL_KIND_FLOAT ? (double)(float)real : real);
        break;
    case PL_LEAF_BOOL:
        value.bits = pl_str_eqc(text, "true");
        right = value.bits || pl_str_eqc(text, "false");
        break;
    case PL_LEAF_ENUM:
        right = parse_enum(field->enumeration, text, &value);
        break;
    case PL_LEAF_TIME:
        right = leaf_parse_time(text, &value);
        break;
    case PL_LEAF_DURATION:
        right = parse_duration(text, &value);
        break;
    default:
        right = false;
    }
    if (right)
        *out = value;
    return right;
}

bool leaf_is_uuid(pl_leaf leaf, const pl_leaf_value *value) {
    pl_str text = value->text;
    if (leaf == PL_LEAF_BYTES)
        return text.n == UUID_BYTES;
    if (text.n != UUID_TEXT_SIZE)
        return false;
    for (size_t i = 0; i < text.n; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? text.p[i] != '-' : !memchr("0123456789abcdefABCDEF", text.p[i], 22))
            return false;
    }
    return true;
}
