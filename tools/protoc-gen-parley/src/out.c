#include "out.h"

#include <stdarg.h>

#define INDENT 4
/* Parentheses open at one place; deeper ones are not looked at. */
#define DEPTH_MAX    32
#define BYTES_A_LINE 16

pl_out pl_out_make(void) {
    pl_out out = {pl_buf_make(PL_OUT_MAX)};
    return out;
}

void pl_out_done(pl_out *out) {
    pl_buf_done(&out->buf);
}

/* Where to break LINE: behind the last ", " that fits, outside of strings and within a
 * parenthesis or brace; *column becomes that of the innermost one open there, and is the one
 * of the line before on entry (0: the first line). 0: nowhere. */
static size_t find_break(const char *line, size_t n, size_t *column) {
    size_t open[DEPTH_MAX] = {*column}, depth = *column ? 1 : 0, at = 0;
    bool quoted = false;
    for (size_t i = 0; i + 1 < n && i < PL_OUT_COLUMNS; i++) {
        if (line[i] == '"')
            quoted = !quoted;
        if (line[i] == '\\' && quoted)
            i++;
        if (quoted)
            continue;
        if ((line[i] == '(' || line[i] == '{') && depth < DEPTH_MAX)
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

static bool is_call(char before) {
    return before == ')' || before == '_' || (before >= '0' && before <= '9') ||
           (before >= 'a' && before <= 'z') || (before >= 'A' && before <= 'Z');
}

/* Behind what opens the first list: the brace of an initialiser, or the parenthesis of a call
 * or declaration, not that of a cast. */
static size_t find_list(const char *line, size_t n) {
    for (size_t i = 1; i + 1 < n && i < PL_OUT_COLUMNS; i++) {
        bool call = line[i] == '(' && is_call(line[i - 1]) && line[i + 1] != '*';
        if ((call || line[i] == '{') && line[i + 1] != ')')
            return i + 1;
    }
    return 0;
}

/* Behind the type of a declaration whose name alone fills the line. */
static size_t find_type(const char *line) {
    const char *star = strchr(line, '*');
    return star && line[0] != ' ' ? (size_t)(star + 1 - line) : 0;
}

/* Writes LINE in pieces: each piece of the list below the one before, or, not ALIGNED, the
 * whole list on lines of its own, one step in. False where a piece is too long. */
static bool lay(pl_buf *out, char *line, size_t n, bool aligned) {
    size_t column = 0, margin = strspn(line, " ") + INDENT;
    while (n > PL_OUT_COLUMNS) {
        size_t at = aligned || column ? find_break(line, n, &column) : find_list(line, n);
        if (!aligned)
            column = margin;
        if (!at && !aligned && (at = find_type(line)))
            column = 0;
        if (!at || column >= at)
            break;
        size_t end = line[at - 1] == ' ' ? at - 1 : at;
        pl_buf_append(out, line, end);
        pl_buf_putc(out, '\n');
        memmove(line + column, line + at, n - at + 1);
        memset(line, ' ', column);
        n = n - at + column;
    }
    pl_buf_append(out, line, n);
    pl_buf_putc(out, '\n');
    return n <= PL_OUT_COLUMNS;
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
    char copy[sizeof(line)];
    pl_buf aligned = pl_buf_make(PL_OUT_MAX);
    memcpy(copy, line, (size_t)n + 1);
    if (lay(&aligned, copy, (size_t)n, true))
        pl_buf_str(&out->buf, pl_buf_view(&aligned));
    else
        lay(&out->buf, line, (size_t)n, false);
    out->buf.failed = out->buf.failed || aligned.failed;
    pl_buf_done(&aligned);
}

void pl_out_built(pl_out *out, pl_buf *line) {
    if (line->failed)
        out->buf.failed = true;
    else
        pl_out_line(out, "%.*s", PL_FMT(pl_buf_view(line)));
    pl_buf_done(line);
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

void pl_out_prose(pl_out *out, int indent, const char *format, ...) {
    char text[PL_OUT_LINE_MAX + 1];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (n < 0 || n >= (int)sizeof(text)) {
        out->buf.failed = true;
        return;
    }
    pl_str rest = pl_str_make(text, (size_t)n), word;
    size_t column = (size_t)indent + strlen("/*");
    pl_out_raw(out, "%*s/*", indent, "");
    while (pl_str_split(&rest, ' ', &word)) {
        /* The end of the comment must fit behind the last word. */
        if (column + 1 + word.n + strlen(" */") > PL_OUT_COLUMNS) {
            pl_out_raw(out, "\n%*s *", indent, "");
            column = (size_t)indent + strlen(" *");
        }
        pl_out_raw(out, " %.*s", PL_FMT(word));
        column += 1 + word.n;
    }
    pl_out_raw(out, " */\n");
}

void pl_out_string(pl_out *out, const char *text) {
    pl_buf_putc(&out->buf, '"');
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        bool trigraph = *p == '?' && p > (const unsigned char *)text && p[-1] == '?';
        if (*p == '"' || *p == '\\' || trigraph)
            pl_out_raw(out, "\\%c", *p);
        else if (*p < 0x20 || *p == 0x7f)
            pl_out_raw(out, "\\%03o", *p);
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
