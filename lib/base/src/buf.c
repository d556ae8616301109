#include "parley/base/str.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { FIRST_CAPACITY = 64 };

static char empty_text[1];

pl_buf pl_buf_make(size_t max) {
    pl_buf buf = {.p = empty_text, .n = 0, .cap = 0, .max = max, .failed = false};
    return buf;
}

void pl_buf_done(pl_buf *buf) {
    if (!buf)
        return;
    if (buf->cap)
        free(buf->p);
    *buf = pl_buf_make(buf->max);
}

void pl_buf_clear(pl_buf *buf) {
    buf->n = 0;
    buf->failed = false;
    if (buf->cap)
        buf->p[0] = '\0';
}

char *pl_buf_reserve(pl_buf *buf, size_t size) {
    if (buf->n > buf->max || size > buf->max - buf->n || size > SIZE_MAX - buf->n - 1) {
        buf->failed = true;
        return NULL;
    }
    size_t needed = buf->n + size + 1;
    if (needed <= buf->cap)
        return buf->p + buf->n;
    size_t cap = buf->cap ? buf->cap : FIRST_CAPACITY;
    while (cap < needed)
        cap = cap > SIZE_MAX / 2 ? needed : cap * 2;
    if (cap - 1 > buf->max)
        cap = buf->max + 1;
    char *p = realloc(buf->cap ? buf->p : NULL, cap);
    if (!p) {
        buf->failed = true;
        return NULL;
    }
    buf->p = p;
    buf->cap = cap;
    buf->p[buf->n] = '\0';
    return buf->p + buf->n;
}

void pl_buf_wrote(pl_buf *buf, size_t size) {
    buf->n += size;
    if (buf->cap)
        buf->p[buf->n] = '\0';
}

bool pl_buf_append_growing(pl_buf *buf, const void *data, size_t size) {
    if (size == 0)
        return true;
    char *p = pl_buf_reserve(buf, size);
    if (!p)
        return false;
    memcpy(p, data, size);
    pl_buf_wrote(buf, size);
    return true;
}

bool pl_buf_vprintf(pl_buf *buf, const char *format, va_list args) {
    va_list again;
    va_copy(again, args);
    char small[256];
    int n = vsnprintf(small, sizeof small, format, args);
    bool ok = false;
    if (n >= 0 && (size_t)n < sizeof small) {
        ok = pl_buf_append(buf, small, (size_t)n);
    } else if (n >= 0) {
        char *p = pl_buf_reserve(buf, (size_t)n);
        if (p && vsnprintf(p, (size_t)n + 1, format, again) == n) {
            pl_buf_wrote(buf, (size_t)n);
            ok = true;
        }
    } else {
        buf->failed = true;
    }
    va_end(again);
    return ok;
}

bool pl_buf_printf(pl_buf *buf, const char *format, ...) {
    va_list args;
    va_start(args, format);
    bool ok = pl_buf_vprintf(buf, format, args);
    va_end(args);
    return ok;
}

bool pl_buf_u64(pl_buf *buf, uint64_t value) {
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    return pl_buf_append(buf, digits + at, sizeof digits - at);
}

bool pl_buf_i64(pl_buf *buf, int64_t value) {
    if (value >= 0)
        return pl_buf_u64(buf, (uint64_t)value);
    char digits[21];
    size_t at = sizeof digits;
    uint64_t rest = 0 - (uint64_t)value;
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    digits[--at] = '-';
    return pl_buf_append(buf, digits + at, sizeof digits - at);
}

static bool put_escape(pl_buf *buf, unsigned char c) {
    switch (c) {
    case '"':
        return pl_buf_append(buf, "\\\"", 2);
    case '\\':
        return pl_buf_append(buf, "\\\\", 2);
    case '\n':
        return pl_buf_append(buf, "\\n", 2);
    case '\r':
        return pl_buf_append(buf, "\\r", 2);
    case '\t':
        return pl_buf_append(buf, "\\t", 2);
    case '\b':
        return pl_buf_append(buf, "\\b", 2);
    case '\f':
        return pl_buf_append(buf, "\\f", 2);
    default:
        return pl_buf_printf(buf, "\\u%04x", c);
    }
}

/* The length of the well-formed character at TEXT, 0 where there is none. */
static size_t character_at(pl_str text) {
    size_t n = text.n < 4 ? text.n : 4;
    for (size_t length = 1; length <= n; length++) {
        if (pl_utf8_valid(pl_str_make(text.p, length)))
            return length;
    }
    return 0;
}

/* How many of the first bytes of TEXT are ASCII that stands for itself in JSON: eight at a time.
 * https://graphics.stanford.edu/~seander/bithacks.html#ValueInWord */
static size_t plain_prefix(pl_str text) {
    const uint64_t ones = UINT64_C(0x0101010101010101), highs = ones * 0x80;
    size_t i = 0;
    for (; text.n - i >= sizeof(uint64_t); i += sizeof(uint64_t)) {
        uint64_t word;
        memcpy(&word, text.p + i, sizeof word);
        uint64_t quote = word ^ (ones * '"'), backslash = word ^ (ones * '\\');
        uint64_t odd = (word - ones * 0x20) | (quote - ones) | (backslash - ones) | word;
        if (odd & highs) /* or a byte that only follows one: the loop below decides */
            break;
    }
    while (i < text.n && (unsigned char)text.p[i] >= 0x20 && (unsigned char)text.p[i] < 0x80 &&
           text.p[i] != '"' && text.p[i] != '\\')
        i++;
    return i;
}

bool pl_buf_json(pl_buf *buf, pl_str text) {
    if (!pl_buf_putc(buf, '"'))
        return false;
    size_t plain = 0; /* start of the run that needs no escape */
    size_t i = plain_prefix(text);
    while (i < text.n) {
        unsigned char c = (unsigned char)text.p[i];
        size_t length = c < 0x80 ? 1 : character_at(pl_str_make(text.p + i, text.n - i));
        if (length && c >= 0x20 && c != '"' && c != '\\') {
            i += length;
            continue;
        }
        if (!pl_buf_append(buf, text.p + plain, i - plain))
            return false;
        if (!(length ? put_escape(buf, c) : pl_buf_append(buf, "\xef\xbf\xbd", 3)))
            return false;
        plain = ++i;
    }
    return pl_buf_append(buf, text.p + plain, text.n - plain) && pl_buf_putc(buf, '"');
}

void pl_buf_consume(pl_buf *buf, size_t size) {
    if (size >= buf->n) {
        buf->n = 0;
    } else {
        memmove(buf->p, buf->p + size, buf->n - size);
        buf->n -= size;
    }
    if (buf->cap)
        buf->p[buf->n] = '\0';
}

char *pl_buf_take(pl_buf *buf, size_t *out_size) {
    if (!buf->cap && !pl_buf_reserve(buf, 0))
        return NULL;
    char *content = buf->p;
    if (out_size)
        *out_size = buf->n;
    *buf = pl_buf_make(buf->max);
    return content;
}
