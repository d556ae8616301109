/* Text: pl_str, a borrowed piece of text, and pl_buf, a growing one with a maximum.
 *
 * Text from the wire is a pl_str; it is NUL-terminated only at the edges. A
 * pl_buf never holds more than its maximum: an append that does not fit, or for
 * which there is no memory, changes nothing, returns false and marks the buffer
 * as failed, so that a writer may append freely and ask once at the end. The
 * content always ends in a NUL that is not counted.
 *
 *     pl_buf b = pl_buf_make(64 * 1024);
 *     pl_buf_printf(&b, "hello %d", 1);
 *     if (b.failed) ...
 *     pl_buf_done(&b);
 */
#ifndef PARLEY_BASE_STR_H
#define PARLEY_BASE_STR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "parley/base/macros.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A borrowed text; p may be NULL where n is 0. */
typedef struct pl_str {
    const char *p;
    size_t n;
} pl_str;

/* A pl_str of a string literal, also in static initialisers. */
#define PL_STR(literal)                                                                            \
    { ("" literal), sizeof(literal) - 1 }

/* For printf's "%.*s". */
#define PL_FMT(str) (int)(str).n, (str).p ? (str).p : ""

static inline pl_str pl_str_make(const char *p, size_t n) {
    pl_str s = {p, n};
    return s;
}
/* NULL gives the empty text. */
static inline pl_str pl_str_c(const char *text) {
    pl_str s = {text, text ? strlen(text) : 0};
    return s;
}
static inline bool pl_str_eq(pl_str a, pl_str b) {
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}
static inline bool pl_str_eqc(pl_str a, const char *b) {
    return pl_str_eq(a, pl_str_c(b));
}

/* -1, 0 or 1: bytes in order, a prefix before what goes on. */
int pl_str_cmp(pl_str a, pl_str b);
bool pl_str_starts(pl_str text, pl_str prefix);
bool pl_str_ends(pl_str text, pl_str suffix);

/* The ASCII letters compared without case. */
bool pl_str_eq_nocase(pl_str a, pl_str b);

/* Index of the first C, or n where there is none. */
size_t pl_str_index(pl_str text, char c);

/* Cuts off the text before the next SEPARATOR and moves *REST behind it; false at
 * the end. An empty last piece after a separator is returned. */
bool pl_str_split(pl_str *rest, char separator, pl_str *out_piece);

/* Without the spaces and tabs at both ends. */
pl_str pl_str_trim(pl_str text);

/* The whole text as a decimal number; false on anything else and on overflow. */
bool pl_str_i64(pl_str text, int64_t *out_value);
bool pl_str_u64(pl_str text, uint64_t *out_value);

/* "250ms", "2s", "5m", "1h", or a plain number of milliseconds; false otherwise. */
bool pl_str_duration_ms(pl_str text, int64_t *out_ms);

/* Well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms, up to U+10FFFF). */
bool pl_utf8_valid(pl_str text);

/* Characters of a well-formed UTF-8 text. */
size_t pl_utf8_length(pl_str text);

/* At most MAX bytes of TEXT, not cut within a character. */
pl_str pl_utf8_cut(pl_str text, size_t max);

/* Edit distance, for "did you mean"; texts over 64 bytes count as far apart. */
size_t pl_str_distance(pl_str a, pl_str b);

/* The candidate nearest to WORD that is near enough to be meant, or NULL.
 * NAMES is an array of COUNT names. */
const char *pl_str_nearest(pl_str word, const char *const *names, size_t count);

/* A growing text. The fields may be read; only the functions change them. */
typedef struct pl_buf {
    char *p;     /* never NULL after pl_buf_make: points to "" until something is there */
    size_t n;    /* bytes, without the NUL */
    size_t cap;  /* bytes allocated */
    size_t max;  /* greatest n */
    bool failed; /* an append was refused since make or clear */
} pl_buf;

/* An empty buffer that holds at most MAX bytes. Allocates nothing yet. */
pl_buf pl_buf_make(size_t max);
/* Frees the content; the buffer may be used again. NULL is allowed. */
void pl_buf_done(pl_buf *buf);
/* Empties it, keeps the memory, forgets a failure. */
void pl_buf_clear(pl_buf *buf);
bool pl_buf_append_growing(pl_buf *buf, const void *data, size_t size); /* for pl_buf_append */
/* Inline because whoever writes text waits for it. */
static inline bool pl_buf_append(pl_buf *buf, const void *data, size_t size) {
    if (size == 0 || size >= buf->cap - buf->n)
        return pl_buf_append_growing(buf, data, size);
    memcpy(buf->p + buf->n, data, size);
    buf->n += size;
    buf->p[buf->n] = '\0';
    return true;
}
static inline bool pl_buf_str(pl_buf *buf, pl_str text) {
    return pl_buf_append(buf, text.p, text.n);
}
static inline bool pl_buf_puts(pl_buf *buf, const char *text) {
    return pl_buf_append(buf, text, strlen(text));
}
static inline bool pl_buf_putc(pl_buf *buf, char c) {
    return pl_buf_append(buf, &c, 1);
}
bool pl_buf_printf(pl_buf *buf, const char *format, ...) PL_PRINTF(2, 3);
bool pl_buf_vprintf(pl_buf *buf, const char *format, va_list args);
/* A decimal number, quicker than printf. */
bool pl_buf_i64(pl_buf *buf, int64_t value);
bool pl_buf_u64(pl_buf *buf, uint64_t value);
/* TEXT as a JSON string in quotes; bytes that are not UTF-8 become U+FFFD. */
bool pl_buf_json(pl_buf *buf, pl_str text);
/* Room for SIZE more bytes, of which the caller may write up to SIZE and then call
 * pl_buf_wrote; NULL where they do not fit. */
char *pl_buf_reserve(pl_buf *buf, size_t size);
void pl_buf_wrote(pl_buf *buf, size_t size);
/* Keeps the first SIZE bytes at most: takes back what was appended. */
static inline void pl_buf_cut(pl_buf *buf, size_t size) {
    if (size < buf->n) {
        buf->n = size;
        buf->p[size] = '\0';
    }
}
/* Removes the first SIZE bytes. */
void pl_buf_consume(pl_buf *buf, size_t size);
/* The content; the caller frees it with free(). The buffer is empty after it. NULL
 * where it is empty and nothing could be allocated. */
char *pl_buf_take(pl_buf *buf, size_t *out_size);
static inline pl_str pl_buf_view(const pl_buf *buf) {
    return pl_str_make(buf->p, buf->n);
}

#ifdef __cplusplus
}
#endif
#endif
