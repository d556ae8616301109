#include "percent.h"

static int hex_value(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* The byte of the escape at RAW[I], or -1. */
static int escape_at(pl_str raw, size_t i) {
    if (i + 2 >= raw.n)
        return -1;
    int high = hex_value(raw.p[i + 1]);
    int low = hex_value(raw.p[i + 2]);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

static bool has_escape(pl_str raw, percent_mode mode) {
    if (raw.n == 0)
        return false;
    return memchr(raw.p, '%', raw.n) || (mode == PERCENT_FORM && memchr(raw.p, '+', raw.n));
}

pl_code percent_decode(pl_arena *arena, pl_str raw, percent_mode mode, pl_str *out_text,
                       pl_error *err) {
    pl_str text = raw;
    if (has_escape(raw, mode)) {
        char *to = pl_arena_alloc(arena, raw.n);
        if (!to)
            return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "the request does not fit its memory");
        text = pl_str_make(to, 0);
        for (size_t i = 0; i < raw.n; i++) {
            int c = (unsigned char)raw.p[i];
            if (c == '%') {
                c = escape_at(raw, i);
                if (c <= 0)
                    return pl_error_set(err, PL_INVALID_ARGUMENT,
                                        "\"%.*s\": expected two hexadecimal digits, not 00, "
                                        "after '%%'",
                                        PL_FMT(pl_utf8_cut(raw, 64)));
                if (c == '/' && mode == PERCENT_KEEP_SLASH)
                    c = '%';
                else
                    i += 2;
            } else if (c == '+' && mode == PERCENT_FORM) {
                c = ' ';
            }
            to[text.n++] = (char)c;
        }
    }
    if (!pl_utf8_valid(text) || (text.n && memchr(text.p, 0, text.n)))
        return pl_error_set(err, PL_INVALID_ARGUMENT, "\"%.*s\": expected UTF-8 without NUL",
                            PL_FMT(pl_utf8_cut(raw, 64)));
    *out_text = text;
    return PL_OK;
}

/* The unreserved characters, and the '@' of addresses, which no part of a URL but its
 * authority uses. */
static bool unreserved(unsigned char c) {
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
        return true;
    return c == '-' || c == '.' || c == '_' || c == '~' || c == '@';
}

bool percent_encode(pl_buf *out, pl_str text, bool keep_slash) {
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if (unreserved(c) || (keep_slash && c == '/')) {
            pl_buf_putc(out, (char)c);
        } else {
            char escape[3] = {'%', digits[c >> 4], digits[c & 15]};
            pl_buf_append(out, escape, sizeof escape);
        }
    }
    return !out->failed;
}

bool percent_is_plain(pl_str text) {
    for (size_t i = 0; i < text.n; i++) {
        if (!unreserved((unsigned char)text.p[i]))
            return false;
    }
    return true;
}

bool percent_has_slash(pl_str raw) {
    for (size_t i = 0; i + 2 < raw.n; i++) {
        if (raw.p[i] == '%' && raw.p[i + 1] == '2' && (raw.p[i + 2] | 32) == 'f')
            return true;
    }
    return false;
}
