#include "format_line.h"

static bool is_space(char c) {
    return c == ' ' || c == '\t';
}

/* Behind the quoted text that begins at I; line.n where it does not end here. */
static size_t skip_quoted(pl_str line, size_t i) {
    char quote = line.p[i++];
    for (; i < line.n; i++) {
        if (quote == '"' && line.p[i] == '\\') {
            i++;
        } else if (line.p[i] == quote) {
            if (quote == '\'' && i + 1 < line.n && line.p[i + 1] == '\'')
                i++;
            else
                return i + 1;
        }
    }
    return line.n;
}

static size_t skip_spaces(pl_str line, size_t i) {
    while (i < line.n && is_space(line.p[i]))
        i++;
    return i;
}

/* A comment begins at I. */
static bool at_comment(pl_str line, size_t i) {
    return line.p[i] == '#' && (i == 0 || is_space(line.p[i - 1]));
}

/* The brackets that open at I close on this line; *out_end is behind the last. */
static bool balanced(pl_str line, size_t i, size_t *out_end) {
    int depth = 0;
    while (i < line.n) {
        char c = line.p[i];
        bool token = i == 0 || memchr(" \t,{[:", line.p[i - 1], 6);
        if ((c == '"' || c == '\'') && token) {
            i = skip_quoted(line, i);
            if (i >= line.n && line.p[line.n - 1] != c)
                return false;
            continue;
        }
        if (at_comment(line, i))
            return false;
        depth += c == '{' || c == '[';
        depth -= c == '}' || c == ']';
        i++;
        if (depth == 0) {
            *out_end = i;
            return true;
        }
    }
    return false;
}

static void drop_spaces(pl_buf *out, size_t from) {
    while (out->n > from && is_space(out->p[out->n - 1]))
        pl_buf_cut(out, out->n - 1);
}

/* A tag would take the bracket or comma behind it for a part of itself. */
static void end_item(pl_buf *out, size_t from) {
    drop_spaces(out, from);
    size_t i = out->n;
    while (i > from && !memchr(" ,{[", out->p[i - 1], 4))
        i--;
    if (i < out->n && out->p[i] == '!')
        pl_buf_putc(out, ' ');
}

/* Brackets from I to END. */
static void put_flow(pl_str line, size_t i, size_t end, pl_buf *out) {
    size_t from = out->n;
    while (i < end) {
        char c = line.p[i];
        bool token = memchr(" \t,{[:", i ? line.p[i - 1] : ' ', 6) != NULL;
        if ((c == '"' || c == '\'') && token) {
            size_t behind = skip_quoted(line, i);
            pl_buf_append(out, line.p + i, behind - i);
            i = behind;
        } else if (c == '{' || c == '[') {
            pl_buf_putc(out, c);
            i = skip_spaces(line, i + 1);
            if (c == '{' && i < end && line.p[i] != '}')
                pl_buf_putc(out, ' ');
        } else if (c == '}' || c == ']') {
            end_item(out, from);
            if (c == '}' && out->p[out->n - 1] != '{' && !is_space(out->p[out->n - 1]))
                pl_buf_putc(out, ' ');
            pl_buf_putc(out, c);
            i++;
        } else if (c == ',') {
            end_item(out, from);
            pl_buf_puts(out, ", ");
            i = skip_spaces(line, i + 1);
        } else if (c == ':' && i + 1 < end && is_space(line.p[i + 1])) {
            pl_buf_puts(out, ": ");
            i = skip_spaces(line, i + 1);
        } else {
            pl_buf_putc(out, c);
            i++;
        }
    }
}

/* The rest of a line: a plain text with a comment perhaps. */
static void put_rest(pl_str line, size_t i, pl_buf *out) {
    size_t from = out->n;
    for (; i < line.n; i++) {
        if (at_comment(line, i)) {
            drop_spaces(out, from ? from - 1 : 0);
            pl_buf_puts(out, out->n ? " " : "");
            pl_buf_str(out, pl_str_make(line.p + i, line.n - i));
            break;
        }
        pl_buf_putc(out, line.p[i]);
    }
    while (out->n > 0 && is_space(out->p[out->n - 1]))
        pl_buf_cut(out, out->n - 1);
}

/* Tags and anchors, each with one space behind it. */
static size_t put_properties(pl_str line, size_t i, pl_buf *out) {
    while (i < line.n && (line.p[i] == '!' || line.p[i] == '&')) {
        while (i < line.n && !is_space(line.p[i]))
            pl_buf_putc(out, line.p[i++]);
        size_t next = skip_spaces(line, i);
        if (next > i && next < line.n)
            pl_buf_putc(out, ' ');
        i = next;
    }
    return i;
}

/* Where the value begins behind a plain or quoted key at I; I where there is no key. */
static size_t key_end(pl_str line, size_t i) {
    size_t k = i;
    if (k < line.n && (line.p[k] == '"' || line.p[k] == '\''))
        k = skip_quoted(line, k);
    else
        while (k < line.n && !memchr("{}[],#\"'", line.p[k], 8) &&
               !(line.p[k] == ':' && (k + 1 == line.n || is_space(line.p[k + 1]))))
            k++;
    return k < line.n && line.p[k] == ':' && (k + 1 == line.n || is_space(line.p[k + 1])) ? k + 1
                                                                                          : i;
}

void format_line(pl_str line, pl_buf *out) {
    size_t i = 0, end = 0;
    if (line.n && line.p[0] == '#') {
        pl_buf_str(out, pl_str_trim(line));
        return;
    }
    while (i + 1 < line.n && line.p[i] == '-' && is_space(line.p[i + 1])) {
        pl_buf_puts(out, "- ");
        i = skip_spaces(line, i + 1);
    }
    i = put_properties(line, i, out);
    size_t value = key_end(line, i);
    if (value > i) {
        pl_buf_str(out, pl_str_make(line.p + i, value - i));
        i = skip_spaces(line, value);
        if (i < line.n)
            pl_buf_putc(out, ' ');
        i = put_properties(line, i, out);
    }
    if (i < line.n && (line.p[i] == '"' || line.p[i] == '\'')) {
        end = skip_quoted(line, i);
        pl_buf_str(out, pl_str_make(line.p + i, end - i));
        i = end;
    } else if (i < line.n && (line.p[i] == '{' || line.p[i] == '[') && balanced(line, i, &end)) {
        put_flow(line, i, end, out);
        i = end;
    }
    put_rest(line, i, out);
}
