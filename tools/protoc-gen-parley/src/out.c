#include "out.h"

#include <stdarg.h>

#define INDENT 4
#define BYTES_A_LINE 16

pl_out pl_out_make(void) {
    pl_out out = {pl_buf_make(PL_OUT_MAX)};
    return out;
}

void pl_out_done(pl_out *out) {
    pl_buf_done(&out->buf);
}

/* Where to break LINE: behind the last ", " that fits, and the column of the innermost
 * parenthesis or brace open there; *column is that of the line before. 0: nowhere. */
static size_t find_break(const char *line, size_t n, size_t *column) {
    size_t open[32] = {*column}, depth = *column ? 1 : 0, at = 0;
    bool quoted = false;
    for (size_t i = 0; i < n && i < PL_OUT_COLUMNS; i++) {
        if (line[i] == '\\' && quoted) {
            i++;
            continue;
        }
        if (line[i] == '"')
            quoted = !quoted;
        if (quoted)
            continue;
        if ((line[i] == '(' || line[i] == '{') && depth < PL_COUNT(open))
            open[depth++] = i + 1;
        if ((line[i] == ')' || line[i] == '}') && depth)
            depth--;
        if (line[i] == ',' && line[i + 1] == ' ' && depth) {
            at = i + 2;
            *column = open[depth - 1];
        }
    }
    return at;
}

/* Behind the first parenthesis, for a call whose first argument does not fit. */
static size_t find_paren(const char *line, size_t n) {
    for (size_t i = 0; i < n && i < PL_OUT_COLUMNS; i++)
        if (line[i] == '(' && line[i + 1] != ')' && line[i + 1] != '*')
            return i + 1;
    return 0;
}

static void wrap(pl_out *out, char *line, size_t n) {
    size_t margin = strspn(line, " "), column = 0;
    while (n > PL_OUT_COLUMNS) {
        size_t at = find_break(line, n, &column);
        if (!at) {
            at = find_paren(line, n);
            column = margin + INDENT;
        }
        if (!at || n - at + column >= PL_OUT_LINE_MAX || column >= at)
            break;
        size_t end = at;
        while (end && line[end - 1] == ' ')
            end--;
        pl_buf_append(&out->buf, line, end);
        pl_buf_putc(&out->buf, '\n');
        memmove(line + column, line + at, n - at);
        memset(line, ' ', column);
        n = n - at + column;
    }
    pl_buf_append(&out->buf, line, n);
    pl_buf_putc(&out->buf, '\n');
}

void pl_out_line(pl_out *out, const char *format, ...) {
    char line[PL_OUT_LINE_MAX + 1];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    if (n < 0 || n >= (int)sizeof(line)) {
        out->buf.failed = true;
        return;
    }
    wrap(out, line, (size_t)n);
}

void pl_out_raw(pl_out *out, const char *format, ...) {
    va_list args;
    va_start(args, format);
    pl_buf_vprintf(&out->buf, format, args);
    va_end(args);
}

void pl_out_gap(pl_out *out) {
    pl_buf_putc(&out->buf, '\n');
}

/* One line of a comment; the end of a comment within it is taken apart. */
static void comment_line(pl_out *out, pl_str line) {
    for (size_t i = 0; i < line.n; i++) {
        pl_buf_putc(&out->buf, line.p[i]);
        bool ends = line.p[i] == '*' && i + 1 < line.n && line.p[i + 1] == '/';
        bool begins = line.p[i] == '/' && i + 1 < line.n && line.p[i + 1] == '*';
        if (ends || begins)
            pl_buf_putc(&out->buf, ' ');
    }
}

void pl_out_comment(pl_out *out, int indent, const char *text) {
    pl_str rest = pl_str_c(text), line;
    bool first = true;
    if (!text)
        return;
    while (pl_str_split(&rest, '\n', &line)) {
        pl_out_raw(out, first ? "%*s/*" : "\n%*s *", indent, "");
        if (line.n)
            pl_buf_putc(&out->buf, ' ');
        comment_line(out, line);
        first = false;
    }
    pl_out_raw(out, " */\n");
}

void pl_out_string(pl_out *out, const char *text) {
    pl_buf_putc(&out->buf, '"');
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        if (*p == '"' || *p == '\\')
            pl_out_raw(out, "\\%c", *p);
        else if (*p < 0x20 || *p == 0x7f || *p == '?')
            pl_out_raw(out, *p == '?' ? "\\?" : "\\%03o", *p);
        else
            pl_buf_putc(&out->buf, (char)*p);
    }
    pl_buf_putc(&out->buf, '"');
}

void pl_out_bytes(pl_out *out, const uint8_t *bytes, size_t size) {
    for (size_t i = 0; i < size; i++) {
        pl_out_raw(out, i % BYTES_A_LINE == 0 ? "    %u," : " %u,", bytes[i]);
        if (i % BYTES_A_LINE == BYTES_A_LINE - 1 || i + 1 == size)
            pl_buf_putc(&out->buf, '\n');
    }
}
