/* UTF-8 as RFC 3629 has it. */
#include <stdint.h>

#include "parley/base/str.h"

static bool continuation(unsigned char c) {
    return (c & 0xC0) == 0x80;
}

bool pl_utf8_valid(pl_str text) {
    const unsigned char *p = (const unsigned char *)text.p;
    size_t i = 0;
    while (i < text.n) {
        /* Most text is ASCII: eight bytes at once. */
        uint64_t word;
        if (text.n - i >= sizeof word) {
            memcpy(&word, p + i, sizeof word);
            if ((word & UINT64_C(0x8080808080808080)) == 0) {
                i += sizeof word;
                continue;
            }
        }
        unsigned char c = p[i];
        size_t left = text.n - i;
        if (c < 0x80) {
            i += 1;
        } else if (c >= 0xC2 && c <= 0xDF && left >= 2 && continuation(p[i + 1])) {
            i += 2;
        } else if (c >= 0xE0 && c <= 0xEF && left >= 3 && continuation(p[i + 1]) &&
                   continuation(p[i + 2])) {
            if ((c == 0xE0 && p[i + 1] < 0xA0) || (c == 0xED && p[i + 1] >= 0xA0))
                return false; /* overlong; surrogate */
            i += 3;
        } else if (c >= 0xF0 && c <= 0xF4 && left >= 4 && continuation(p[i + 1]) &&
                   continuation(p[i + 2]) && continuation(p[i + 3])) {
            if ((c == 0xF0 && p[i + 1] < 0x90) || (c == 0xF4 && p[i + 1] >= 0x90))
                return false; /* overlong; beyond U+10FFFF */
            i += 4;
        } else {
            return false;
        }
    }
    return true;
}

size_t pl_utf8_length(pl_str text) {
    size_t characters = 0;
    for (size_t i = 0; i < text.n; i++)
        characters += !continuation((unsigned char)text.p[i]);
    return characters;
}

pl_str pl_utf8_cut(pl_str text, size_t max) {
    size_t n = text.n < max ? text.n : max;
    /* Back to the start of the last character, which stays only where it is whole. */
    size_t start = n;
    while (start > 0 && n - start < 4 && continuation((unsigned char)text.p[start - 1]))
        start--;
    if (start > 0 && (unsigned char)text.p[start - 1] >= 0xC0) {
        unsigned char lead = (unsigned char)text.p[start - 1];
        size_t wanted = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
        if (n - (start - 1) < wanted)
            n = start - 1;
    }
    return pl_str_make(text.p, n);
}
