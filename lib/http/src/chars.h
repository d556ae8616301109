/* Classes of characters in RFC 9110 and RFC 3986. */
#ifndef PARLEY_HTTP_CHARS_H
#define PARLEY_HTTP_CHARS_H

#include <stdbool.h>
#include <stdint.h>

#include "parley/base/str.h"

enum {
    PL_CHAR_TOKEN = 1,      /* tchar */
    PL_CHAR_VALUE = 2,      /* field-vchar, space and tab */
    PL_CHAR_PATH = 4,       /* pchar and '/', '%' included */
    PL_CHAR_QUERY = 8,      /* query, and the few more that browsers send there */
    PL_CHAR_HOST = 16,      /* reg-name, '%' included */
    PL_CHAR_UNRESERVED = 32 /* need no encoding anywhere */
};

extern const uint8_t pl_http_chars[256];

static inline bool pl_http_is(char c, int classes) {
    return (pl_http_chars[(unsigned char)c] & classes) != 0;
}

/* Whether every character of TEXT is of one of CLASSES; true for the empty text. */
static inline bool pl_http_all(pl_str text, int classes) {
    for (size_t i = 0; i < text.n; i++)
        if (!pl_http_is(text.p[i], classes))
            return false;
    return true;
}

/* The value of a hexadecimal digit, or -1. */
static inline int pl_http_hex(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

#endif
