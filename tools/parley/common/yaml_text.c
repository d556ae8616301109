#include "common/yaml_text.h"

#include "parley/base/macros.h"

/* The character at *AT, which goes on behind it. */
static uint32_t next_character(pl_str text, size_t *at) {
    unsigned char c = (unsigned char)text.p[*at];
    size_t size = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
    uint32_t character = size == 1 ? c : c & (0x7fu >> size);

    for (size_t i = 1; i < size && *at + i < text.n; i++)
        character = character << 6 | ((unsigned char)text.p[*at + i] & 0x3f);
    *at += size;
    return character;
}

/* Ends a line, or may not stand in YAML at all (https://yaml.org/spec/1.1, 5.1 and 5.4). */
static bool is_escaped(uint32_t c) {
    return c < ' ' || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029 || c == 0xfeff ||
           c == 0xfffe || c == 0xffff;
}

static bool needs_escapes(pl_str text) {
    for (size_t i = 0; i < text.n;) {
        if (is_escaped(next_character(text, &i)))
            return true;
    }
    return false;
}

/* Needs no quotes anywhere, also not within brackets. */
static bool is_plain(pl_str text) {
    static const char *const words[] = {"null", "Null", "NULL"};

    for (size_t i = 0; i < PL_COUNT(words); i++) {
        if (pl_str_eqc(text, words[i]))
            return false;
    }
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '_' || c == '/' || c == '.' || c >= 0x80;
        bool inner = c == ' ' || c == '-' || c == '+' || c == '@';
        if (!letter && (!inner || i == 0 || i + 1 == text.n))
            return false;
    }
    return text.n > 0;
}

static void put_escaped(pl_str text, pl_buf *out) {
    pl_buf_putc(out, '"');
    for (size_t i = 0; i < text.n;) {
        size_t begin = i;
        uint32_t c = next_character(text, &i);
        if (c == '\n')
            pl_buf_puts(out, "\\n");
        else if (c == '\t')
            pl_buf_puts(out, "\\t");
        else if (is_escaped(c))
            pl_buf_printf(out, "\\u%04X", (unsigned)c);
        else if (c == '"' || c == '\\')
            pl_buf_printf(out, "\\%c", (char)c);
        else
            pl_buf_append(out, text.p + begin, (i < text.n ? i : text.n) - begin);
    }
    pl_buf_putc(out, '"');
}

void yaml_put_text(pl_str text, pl_buf *out) {
    if (needs_escapes(text)) {
        put_escaped(text, out);
    } else if (is_plain(text)) {
        pl_buf_str(out, text);
    } else {
        pl_buf_putc(out, '\'');
        for (size_t i = 0; i < text.n; i++)
            pl_buf_puts(out, text.p[i] == '\'' ? "''" : (char[]){text.p[i], '\0'});
        pl_buf_putc(out, '\'');
    }
}
