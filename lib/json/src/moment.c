#include "moment.h"

#include <stdio.h>

#include "parley/base/clock.h"

#define NANOS_PER_SECOND 1000000000
/* 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z. */
#define TIMESTAMP_MIN   INT64_C(-62135596800)
#define TIMESTAMP_MAX   INT64_C(253402300799)
#define DURATION_MAX    INT64_C(315576000000)
#define SECONDS_PER_DAY 86400

/* Two digits of VALUE at P. */
static void put2(char *p, unsigned value) {
    p[0] = (char)('0' + value / 10 % 10);
    p[1] = (char)('0' + value % 10);
}

/* ".789", with 3, 6 or 9 digits, or nothing; its size. */
static size_t put_fraction(char *p, uint32_t nanos) {
    if (nanos == 0)
        return 0;
    size_t digits = nanos % 1000000 == 0 ? 3 : nanos % 1000 == 0 ? 6 : 9;
    for (size_t skip = digits; skip < 9; skip++)
        nanos /= 10;
    p[0] = '.';
    for (size_t i = digits; i > 0; i--, nanos /= 10)
        p[i] = (char)('0' + nanos % 10);
    return digits + 1;
}

/* Days since 1970 to a date of the proleptic Gregorian calendar (Hinnant, "chrono-
 * compatible low-level date algorithms": eras of 400 years, years that begin in March). */
static void civil(int64_t days, unsigned *year, unsigned *month, unsigned *day) {
    uint32_t z = (uint32_t)(days + 719468);
    uint32_t era = z / 146097, doe = z % 146097;
    uint32_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    uint32_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    uint32_t mp = (5 * doy + 2) / 153;
    *day = doy - (153 * mp + 2) / 5 + 1;
    *month = mp < 10 ? mp + 3 : mp - 9;
    *year = yoe + era * 400 + (*month <= 2);
}

size_t timestamp_print(int64_t seconds, int32_t nanos, char out[TIMESTAMP_SIZE]) {
    if (seconds < TIMESTAMP_MIN || seconds > TIMESTAMP_MAX || nanos < 0 ||
        nanos >= NANOS_PER_SECOND)
        return 0;
    int64_t since = seconds - TIMESTAMP_MIN;
    unsigned year, month, day, rest = (unsigned)(since % SECONDS_PER_DAY);
    civil(since / SECONDS_PER_DAY + TIMESTAMP_MIN / SECONDS_PER_DAY, &year, &month, &day);
    memcpy(out, "0000-00-00T00:00:00", 19);
    put2(out, year / 100);
    put2(out + 2, year % 100);
    put2(out + 5, month);
    put2(out + 8, day);
    put2(out + 11, rest / 3600);
    put2(out + 14, rest / 60 % 60);
    put2(out + 17, rest % 60);
    size_t n = 19 + put_fraction(out + 19, (uint32_t)nanos);
    out[n++] = 'Z';
    out[n] = '\0';
    return n;
}

bool timestamp_parse(pl_str text, int64_t *out_seconds, int32_t *out_nanos) {
    int64_t seconds;
    int32_t nanos;
    /* RFC 3339 lets t and z be small; ProtoJSON does not. */
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] == 't' || text.p[i] == 'z')
            return false;
    if (!pl_rfc3339_parse(text, &seconds, &nanos) || seconds < TIMESTAMP_MIN ||
        seconds > TIMESTAMP_MAX)
        return false;
    *out_seconds = seconds;
    *out_nanos = nanos;
    return true;
}

size_t duration_print(int64_t seconds, int32_t nanos, char out[DURATION_SIZE]) {
    if (seconds < -DURATION_MAX || seconds > DURATION_MAX || nanos <= -NANOS_PER_SECOND ||
        nanos >= NANOS_PER_SECOND || (seconds < 0 && nanos > 0) || (seconds > 0 && nanos < 0))
        return 0;
    bool negative = seconds < 0 || nanos < 0;
    size_t n = (size_t)snprintf(out, DURATION_SIZE, "%s%lld", negative ? "-" : "",
                                (long long)(seconds < 0 ? -seconds : seconds));
    n += put_fraction(out + n, (uint32_t)(nanos < 0 ? -nanos : nanos));
    out[n++] = 's';
    out[n] = '\0';
    return n;
}

bool duration_parse(pl_str text, int64_t *out_seconds, int32_t *out_nanos) {
    if (text.n < 2 || text.p[text.n - 1] != 's')
        return false;
    pl_str rest = pl_str_make(text.p, text.n - 1), whole;
    bool negative = rest.p[0] == '-';
    if (negative)
        rest = pl_str_make(rest.p + 1, rest.n - 1);
    size_t dot = pl_str_index(rest, '.');
    whole = pl_str_make(rest.p, dot);
    uint64_t seconds = 0;
    int32_t nanos = 0;
    if (!pl_str_u64(whole, &seconds) || seconds > DURATION_MAX)
        return false;
    if (dot < rest.n) {
        size_t digits = rest.n - dot - 1;
        if (digits < 1 || digits > 9)
            return false;
        for (size_t i = 0; i < 9; i++) {
            char c = i < digits ? rest.p[dot + 1 + i] : '0';
            if (c < '0' || c > '9')
                return false;
            nanos = nanos * 10 + (c - '0');
        }
    }
    *out_seconds = negative ? -(int64_t)seconds : (int64_t)seconds;
    *out_nanos = negative ? -nanos : nanos;
    return true;
}

static bool is_lower(char c) {
    return c >= 'a' && c <= 'z';
}
static bool is_upper(char c) {
    return c >= 'A' && c <= 'Z';
}

bool mask_path_to_json(pl_str path, pl_buf *out) {
    for (size_t i = 0; i < path.n; i++) {
        char c = path.p[i];
        if (is_upper(c))
            return false;
        if (c == '_') {
            if (++i == path.n || !is_lower(path.p[i]))
                return false;
            c = (char)(path.p[i] - 'a' + 'A');
        }
        if (!pl_buf_putc(out, c))
            return false;
    }
    return true;
}

bool mask_path_from_json(pl_str path, pl_buf *out) {
    for (size_t i = 0; i < path.n; i++) {
        char c = path.p[i];
        bool known = is_lower(c) || is_upper(c) || c == '.' || (c >= '0' && c <= '9');
        if (!known || (is_upper(c) && !pl_buf_putc(out, '_')) ||
            !pl_buf_putc(out, is_upper(c) ? (char)(c - 'A' + 'a') : c))
            return false;
    }
    return path.n > 0;
}
