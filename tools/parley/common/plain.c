#include "common/plain.h"

#include <stdarg.h>

enum { PRINT_MAX = 256 * 1024, GROWTH = 4, DELETE = 0x7f, C1_FIRST = 0x80, C1_LAST = 0x9f };

static bool is_c1(unsigned char c) {
    return c >= C1_FIRST && c <= C1_LAST;
}

/* Bytes that follow LEAD in UTF-8. */
static size_t following(unsigned char lead) {
    return lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : lead >= 0xc2 ? 1 : 0;
}

/* The length of the character at P, of at most N bytes, and whether it is a control character,
 * whose number is that of its last byte. Of what is no UTF-8 each byte is looked at. */
static size_t look(const char *p, size_t n, tool_plain kind, bool *out_control) {
    unsigned char c = (unsigned char)*p;
    size_t length = 1;
    bool kept = c == '\t' || (c == '\n' && kind != TOOL_PLAIN_LINE);
    *out_control = (c < ' ' && !kept) || c == DELETE || is_c1(c);
    for (size_t more = following(c); more && length < n && ((unsigned char)p[length] >> 6) == 2;
         more--)
        length++;
    if (c == 0xc2 && length == 2 && is_c1((unsigned char)p[1]))
        *out_control = true;
    return length;
}

bool tool_put_plain(pl_buf *out, pl_str text, tool_plain kind) {
    for (size_t i = 0; i < text.n;) {
        bool control;
        size_t length = look(text.p + i, text.n - i, kind, &control);
        i += length;
        if (!control)
            pl_buf_append(out, text.p + i - length, length);
        else
            pl_buf_printf(out, kind == TOOL_PLAIN_JSON ? "\\u%04x" : "\\x%02x",
                          (unsigned char)text.p[i - 1]);
    }
    return !out->failed;
}

void tool_print_plain(FILE *file, const char *format, ...) {
    pl_buf text = pl_buf_make(PRINT_MAX);
    pl_buf plain = pl_buf_make((size_t)PRINT_MAX * GROWTH);
    va_list args;
    va_start(args, format);
    pl_buf_vprintf(&text, format, args);
    va_end(args);
    tool_put_plain(&plain, pl_buf_view(&text), TOOL_PLAIN_LINES);
    (void)fwrite(plain.p, 1, plain.n, file);
    pl_buf_done(&text);
    pl_buf_done(&plain);
}
