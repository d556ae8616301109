#include "parley/base/clock.h"

#include <limits.h>
#include <stdio.h>
#include <time.h>

int64_t pl_now_ns(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * PL_NS_PER_S + now.tv_nsec;
}

int64_t pl_time_us(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t pl_deadline_ms(int64_t ms) {
    int64_t now = pl_now_ns();
    if (ms <= 0)
        return now;
    return ms > (INT64_MAX - now) / PL_NS_PER_MS ? PL_NEVER : now + ms * PL_NS_PER_MS;
}

int pl_remaining_ms(int64_t deadline_ns) {
    if (deadline_ns == PL_NEVER)
        return -1;
    int64_t left = deadline_ns - pl_now_ns();
    if (left <= 0)
        return 0;
    int64_t ms = (left - 1) / PL_NS_PER_MS + 1;
    return ms > INT_MAX ? INT_MAX : (int)ms;
}

void pl_rfc3339(int64_t time_us, char out[PL_RFC3339_SIZE]) {
    int64_t seconds = time_us / 1000000;
    int64_t micros = time_us % 1000000;
    if (micros < 0) {
        micros += 1000000;
        seconds--;
    }
    time_t t = (time_t)seconds;
    struct tm tm;
    if (!gmtime_r(&t, &tm) || tm.tm_year < -1899 || tm.tm_year > 8099) {
        (void)snprintf(out, PL_RFC3339_SIZE, "0001-01-01T00:00:00.000000Z");
        return;
    }
    /* The remainders tell the compiler what gmtime_r promises: no field is cut. */
    (void)snprintf(out, PL_RFC3339_SIZE, "%04u-%02u-%02uT%02u:%02u:%02u.%06uZ",
                   (unsigned)(tm.tm_year + 1900) % 10000u, (unsigned)(tm.tm_mon + 1) % 100u,
                   (unsigned)tm.tm_mday % 100u, (unsigned)tm.tm_hour % 100u,
                   (unsigned)tm.tm_min % 100u, (unsigned)tm.tm_sec % 100u,
                   (unsigned)micros % 1000000u);
}

/* COUNT digits at the front of *TEXT, which moves on. */
static bool take_digits(pl_str *text, size_t count, int *out_value) {
    int value = 0;
    if (text->n < count)
        return false;
    for (size_t i = 0; i < count; i++) {
        unsigned digit = (unsigned)(text->p[i] - '0');
        if (digit > 9)
            return false;
        value = value * 10 + (int)digit;
    }
    text->p += count;
    text->n -= count;
    *out_value = value;
    return true;
}

static bool take_char(pl_str *text, char c) {
    if (text->n == 0 || text->p[0] != c)
        return false;
    text->p++;
    text->n--;
    return true;
}

static bool leap(int year) {
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static bool date_valid(int year, int month, int day) {
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (year < 1 || month < 1 || month > 12 || day < 1)
        return false;
    return day <= days[month - 1] + (month == 2 && leap(year));
}

/* Days from 1970-01-01 in the proleptic Gregorian calendar (Hinnant, "chrono-Compatible
 * Low-Level Date Algorithms", days_from_civil). */
static int64_t days_since_epoch(int year, int month, int day) {
    int64_t y = year - (month <= 2);
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static bool take_fraction(pl_str *text, int32_t *out_nanos) {
    *out_nanos = 0;
    if (!take_char(text, '.'))
        return true;
    int32_t nanos = 0;
    int digits = 0;
    int digit;
    while (take_digits(text, 1, &digit)) {
        if (++digits > 9)
            return false;
        nanos = nanos * 10 + digit;
    }
    if (digits == 0)
        return false;
    for (; digits < 9; digits++)
        nanos *= 10;
    *out_nanos = nanos;
    return true;
}

static bool take_offset(pl_str *text, int *out_seconds) {
    if (take_char(text, 'Z') || take_char(text, 'z')) {
        *out_seconds = 0;
        return true;
    }
    int sign = take_char(text, '-') ? -1 : 1;
    int hours;
    int minutes;
    if (sign > 0 && !take_char(text, '+'))
        return false;
    if (!take_digits(text, 2, &hours) || !take_char(text, ':') || !take_digits(text, 2, &minutes))
        return false;
    *out_seconds = sign * (hours * 3600 + minutes * 60);
    return hours < 24 && minutes < 60;
}

bool pl_rfc3339_parse(pl_str text, int64_t *out_seconds, int32_t *out_nanos) {
    int year, month, day, hour, minute, second, offset;
    int32_t nanos;
    if (!take_digits(&text, 4, &year) || !take_char(&text, '-') || !take_digits(&text, 2, &month) ||
        !take_char(&text, '-') || !take_digits(&text, 2, &day))
        return false;
    if (!take_char(&text, 'T') && !take_char(&text, 't'))
        return false;
    if (!take_digits(&text, 2, &hour) || !take_char(&text, ':') ||
        !take_digits(&text, 2, &minute) || !take_char(&text, ':') ||
        !take_digits(&text, 2, &second))
        return false;
    if (!take_fraction(&text, &nanos) || !take_offset(&text, &offset) || text.n != 0)
        return false;
    if (!date_valid(year, month, day) || hour > 23 || minute > 59 || second > 59)
        return false;
    int64_t seconds = days_since_epoch(year, month, day) * 86400 + hour * 3600 + minute * 60 +
                      second - offset;
    if (seconds < INT64_C(-62135596800) || seconds > INT64_C(253402300799))
        return false; /* the offset leads out of the years 1 to 9999 */
    *out_seconds = seconds;
    *out_nanos = nanos;
    return true;
}

void pl_uuid7(uint8_t out[16]) {
    pl_random(out, 16);
    uint64_t ms = (uint64_t)(pl_time_us() / 1000);
    for (int i = 0; i < 6; i++)
        out[i] = (uint8_t)(ms >> (40 - 8 * i));
    out[6] = (uint8_t)(0x70 | (out[6] & 0x0F));
    out[8] = (uint8_t)(0x80 | (out[8] & 0x3F));
}

void pl_uuid_text(const uint8_t uuid[16], char out[PL_UUID_SIZE]) {
    static const char hex[] = "0123456789abcdef";
    size_t at = 0;
    for (size_t i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            out[at++] = '-';
        out[at++] = hex[uuid[i] >> 4];
        out[at++] = hex[uuid[i] & 15];
    }
    out[at] = '\0';
}

static int hex_digit(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool pl_uuid_parse(pl_str text, uint8_t out[16]) {
    uint8_t uuid[16];
    size_t at = 0;
    if (text.n != PL_UUID_SIZE - 1)
        return false;
    for (size_t i = 0; i < 16; i++) {
        if ((i == 4 || i == 6 || i == 8 || i == 10) && text.p[at++] != '-')
            return false;
        int high = hex_digit(text.p[at]);
        int low = hex_digit(text.p[at + 1]);
        if (high < 0 || low < 0)
            return false;
        uuid[i] = (uint8_t)(high << 4 | low);
        at += 2;
    }
    memcpy(out, uuid, sizeof uuid);
    return true;
}
