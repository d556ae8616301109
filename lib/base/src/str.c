#include "parley/base/str.h"

#include <stdint.h>

enum { DISTANCE_MAX = 64 };

int pl_str_cmp(pl_str a, pl_str b) {
    size_t n = a.n < b.n ? a.n : b.n;
    int order = n ? memcmp(a.p, b.p, n) : 0;
    if (order == 0)
        return (a.n > b.n) - (a.n < b.n);
    return order < 0 ? -1 : 1;
}

bool pl_str_starts(pl_str text, pl_str prefix) {
    return text.n >= prefix.n && (prefix.n == 0 || memcmp(text.p, prefix.p, prefix.n) == 0);
}

bool pl_str_ends(pl_str text, pl_str suffix) {
    return text.n >= suffix.n &&
           (suffix.n == 0 || memcmp(text.p + (text.n - suffix.n), suffix.p, suffix.n) == 0);
}

static unsigned char lower(char c) {
    unsigned char u = (unsigned char)c;
    return u >= 'A' && u <= 'Z' ? (unsigned char)(u + ('a' - 'A')) : u;
}

bool pl_str_eq_nocase(pl_str a, pl_str b) {
    if (a.n != b.n)
        return false;
    for (size_t i = 0; i < a.n; i++) {
        if (lower(a.p[i]) != lower(b.p[i]))
            return false;
    }
    return true;
}

size_t pl_str_index(pl_str text, char c) {
    const char *at = text.n ? memchr(text.p, c, text.n) : NULL;
    return at ? (size_t)(at - text.p) : text.n;
}

bool pl_str_split(pl_str *rest, char separator, pl_str *out_piece) {
    if (!rest->p)
        return false;
    size_t at = pl_str_index(*rest, separator);
    *out_piece = pl_str_make(rest->p, at);
    if (at < rest->n)
        *rest = pl_str_make(rest->p + at + 1, rest->n - at - 1);
    else
        *rest = pl_str_make(NULL, 0);
    return true;
}

static bool blank(char c) {
    return c == ' ' || c == '\t';
}

pl_str pl_str_trim(pl_str text) {
    while (text.n && blank(text.p[0])) {
        text.p++;
        text.n--;
    }
    while (text.n && blank(text.p[text.n - 1]))
        text.n--;
    return text;
}

bool pl_str_u64(pl_str text, uint64_t *out_value) {
    uint64_t value = 0;
    if (text.n == 0)
        return false;
    for (size_t i = 0; i < text.n; i++) {
        unsigned digit = (unsigned)(text.p[i] - '0');
        if (digit > 9 || value > (UINT64_MAX - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    *out_value = value;
    return true;
}

bool pl_str_i64(pl_str text, int64_t *out_value) {
    bool negative = text.n > 1 && text.p[0] == '-';
    uint64_t magnitude;
    if (!pl_str_u64(negative ? pl_str_make(text.p + 1, text.n - 1) : text, &magnitude))
        return false;
    if (magnitude > (uint64_t)INT64_MAX + (negative ? 1 : 0))
        return false;
    *out_value = negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
    return true;
}

bool pl_str_duration_ms(pl_str text, int64_t *out_ms) {
    static const struct {
        const char *suffix;
        int64_t ms;
    } units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"", 1}};
    for (size_t i = 0; i < PL_COUNT(units); i++) {
        pl_str suffix = pl_str_c(units[i].suffix);
        int64_t number;
        if (!pl_str_ends(text, suffix) ||
            !pl_str_i64(pl_str_make(text.p, text.n - suffix.n), &number))
            continue;
        if (number < 0 || number > INT64_MAX / units[i].ms)
            return false;
        *out_ms = number * units[i].ms;
        return true;
    }
    return false;
}

size_t pl_str_distance(pl_str a, pl_str b) {
    if (a.n > DISTANCE_MAX || b.n > DISTANCE_MAX)
        return a.n > b.n ? a.n : b.n;
    size_t row[DISTANCE_MAX + 1];
    for (size_t j = 0; j <= b.n; j++)
        row[j] = j;
    for (size_t i = 1; i <= a.n; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.n; j++) {
            size_t above = row[j];
            size_t best = diagonal + (lower(a.p[i - 1]) != lower(b.p[j - 1]));
            if (above + 1 < best)
                best = above + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
            diagonal = above;
        }
    }
    return row[b.n];
}

const char *pl_str_nearest(pl_str word, const char *const *names, size_t count) {
    const char *best = NULL;
    size_t best_distance = word.n / 3 + 2; /* farther than this is another word */
    for (size_t i = 0; i < count; i++) {
        size_t distance = pl_str_distance(word, pl_str_c(names[i]));
        if (distance < best_distance) {
            best = names[i];
            best_distance = distance;
        }
    }
    return best;
}
