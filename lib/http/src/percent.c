/* Percent-encoding (RFC 3986 section 2.1). */
#include "chars.h"
#include "parley/http/parser.h"

/* The byte of the escape at TEXT[AT], or -1 where it is broken. */
static int escape(pl_str text, size_t at) {
    if (text.n - at < 3)
        return -1;
    int high = pl_http_hex(text.p[at + 1]), low = pl_http_hex(text.p[at + 2]);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

bool pl_http_percent_decode(pl_str text, pl_http_decode mode, pl_buf *out) {
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (c == '+' && mode == PL_HTTP_DECODE_FORM) {
            c = ' ';
        } else if (c == '%') {
            int byte = escape(text, i);
            if (byte <= 0)
                return false;
            if (byte == '/' && mode == PL_HTTP_DECODE_KEEP_SLASH) {
                if (!pl_buf_append(out, text.p + i, 3))
                    return false;
                i += 2;
                continue;
            }
            c = (char)byte;
            i += 2;
        }
        if (!pl_buf_putc(out, c))
            return false;
    }
    return true;
}

static bool encode(pl_str text, char kept, pl_buf *out) {
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        char coded[3] = {'%', digits[c >> 4], digits[c & 15]};
        if (pl_http_is(text.p[i], PL_CHAR_UNRESERVED) || text.p[i] == kept)
            pl_buf_putc(out, text.p[i]);
        else
            pl_buf_append(out, coded, sizeof(coded));
    }
    return !out->failed;
}

bool pl_http_percent_encode(pl_str text, pl_buf *out) {
    return encode(text, '-', out); /* which is unreserved anyhow */
}

bool pl_http_percent_encode_path(pl_str path, pl_buf *out) {
    return encode(path, '/', out);
}
