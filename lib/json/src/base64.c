#include "parley/json/base64.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static int digit(char c) {
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+' || c == '-')
        return 62;
    return c == '/' || c == '_' ? 63 : -1;
}

bool pl_base64_decode(pl_str text, char *out, size_t *out_size) {
    size_t n = text.n, size = 0;
    uint32_t bits = 0;
    unsigned have = 0;
    if (n && n % 4 == 0 && text.p[n - 1] == '=')
        n -= text.p[n - 2] == '=' ? 2 : 1;
    if (n % 4 == 1)
        return false;
    for (size_t i = 0; i < n; i++) {
        int d = digit(text.p[i]);
        if (d < 0)
            return false;
        bits = bits << 6 | (uint32_t)d;
        have += 6;
        if (have >= 8) {
            have -= 8;
            out[size++] = (char)(bits >> have);
        }
    }
    *out_size = size;
    return true;
}

bool pl_base64_encode(pl_str bytes, pl_buf *out) {
    char *p = pl_buf_reserve(out, (bytes.n + 2) / 3 * 4);
    if (!p)
        return false;
    size_t n = 0;
    const unsigned char *b = (const unsigned char *)bytes.p;
    for (size_t i = 0; i < bytes.n; i += 3) {
        size_t left = bytes.n - i;
        uint32_t v = (uint32_t)b[i] << 16 | (left > 1 ? (uint32_t)b[i + 1] << 8 : 0) |
                     (left > 2 ? b[i + 2] : 0);
        p[n++] = alphabet[v >> 18];
        p[n++] = alphabet[v >> 12 & 63];
        p[n++] = left > 1 ? alphabet[v >> 6 & 63] : '=';
        p[n++] = left > 2 ? alphabet[v & 63] : '=';
    }
    pl_buf_wrote(out, n);
    return true;
}
