#include "new/render.h"

#include <stdlib.h>
#include <string.h>

#include "parley/base/macros.h"

enum { INCLUDES_MAX = 32, CONTINUATION = 4, FILE_BYTES_MAX = 64 * 1024 };

static pl_code full(pl_error *err) {
    return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "a file is larger than %d bytes",
                        FILE_BYTES_MAX);
}

/* ---- names --------------------------------------------------------------------------- */

/* The name that TEXT, which begins with @, begins with: letters and a second @; empty where it
 * is another @. */
static pl_str name_at(pl_str text) {
    size_t n = 1;
    while (n < text.n &&
           ((text.p[n] >= 'a' && text.p[n] <= 'z') || (text.p[n] >= 'A' && text.p[n] <= 'Z')))
        n++;
    return n < text.n && text.p[n] == '@' ? pl_str_make(text.p + 1, n - 1) : pl_str_make("", 0);
}

static const render_var *find_var(pl_str name, const render_var *vars, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (pl_str_eqc(name, vars[i].name))
            return &vars[i];
    }
    return NULL;
}

static pl_code substitute(pl_str text, const render_var *vars, size_t count, pl_buf *out,
                          pl_error *err) {
    bool fits = true;
    for (size_t i = 0; fits && i < text.n; i++) {
        pl_str name = {0};
        if (text.p[i] == '@')
            name = name_at(pl_str_make(text.p + i, text.n - i));
        if (name.n == 0) {
            fits = pl_buf_putc(out, text.p[i]);
            continue;
        }
        const render_var *var = find_var(name, vars, count);
        if (!var)
            return pl_error_set(err, PL_INTERNAL, "a template has @%.*s@, which nothing stands for",
                                PL_FMT(name));
        fits = pl_buf_puts(out, var->value);
        i += name.n + 1;
    }
    return fits ? PL_OK : full(err);
}

/* ---- layout -------------------------------------------------------------------------- */

/* Where the argument that begins at FROM ends: behind its comma, or at the end of LINE. */
static size_t argument_end(pl_str line, size_t from) {
    int depth = 0;
    for (size_t i = from; i < line.n; i++) {
        char c = line.p[i];
        depth += c == '(' || c == '{';
        depth -= c == ')' || c == '}';
        if (c == ',' && depth == 0)
            return i + 1;
    }
    return line.n;
}

static bool put_spaces(pl_buf *out, size_t n) {
    bool fits = pl_buf_putc(out, '\n');
    for (size_t i = 0; fits && i < n; i++)
        fits = pl_buf_putc(out, ' ');
    return fits;
}

/* The arguments of LINE from FROM on, as many on a line as fit, the others at COLUMN. False where
 * one alone does not fit. */
static bool put_arguments(pl_str line, size_t from, size_t column, pl_buf *out) {
    size_t at = column;
    for (size_t i = from; i < line.n;) {
        size_t end = argument_end(line, i);
        size_t space = at > column; /* before all but the first of a line */
        if (at + space + (end - i) > RENDER_COLUMNS && at > column) {
            put_spaces(out, column);
            at = column;
            space = 0;
        }
        if (at + space + (end - i) > RENDER_COLUMNS)
            return false;
        if (space)
            pl_buf_putc(out, ' ');
        pl_buf_append(out, line.p + i, end - i);
        at += space + (end - i);
        i = end;
        while (i < line.n && line.p[i] == ' ')
            i++;
    }
    return true;
}

/* A function's type on a line of its own, its arguments under each other. */
static bool put_definition(pl_str line, size_t open, pl_buf *out) {
    static const char type[] = "static pl_code ";
    size_t before = out->n, name = strlen(type);
    if (!pl_str_starts(line, pl_str_c(type)) || open < name)
        return false;
    pl_buf_append(out, line.p, name - 1);
    pl_buf_putc(out, '\n');
    pl_buf_append(out, line.p + name, open + 1 - name);
    if (put_arguments(line, open + 1, open + 1 - name, out))
        return true;
    pl_buf_cut(out, before);
    return false;
}

/* LINE, which is too long, as clang-format breaks it: its arguments under each other; else a
 * function's type by itself; else the arguments on lines of their own; else what is assigned. */
static bool put_broken(pl_str line, pl_buf *out) {
    size_t indent = 0;
    while (indent < line.n && line.p[indent] == ' ')
        indent++;
    size_t open = pl_str_index(line, '(');
    size_t before = out->n;
    if (open < line.n) {
        pl_buf_append(out, line.p, open + 1);
        if (open + 1 < RENDER_COLUMNS && put_arguments(line, open + 1, open + 1, out))
            return true;
        pl_buf_cut(out, before);
        if (put_definition(line, open, out))
            return true;
        size_t column = indent + CONTINUATION;
        pl_buf_append(out, line.p, open + 1);
        if (open + 1 <= RENDER_COLUMNS && put_spaces(out, column) &&
            put_arguments(line, open + 1, column, out))
            return true;
        pl_buf_cut(out, before);
    }
    size_t equals = pl_str_index(line, '=');
    if (equals + 2 >= line.n)
        return pl_buf_str(out, line);
    return pl_buf_append(out, line.p, equals + 1) && put_spaces(out, indent + CONTINUATION) &&
           pl_buf_append(out, line.p + equals + 2, line.n - equals - 2);
}

static int compare(const void *a, const void *b) {
    const pl_str *x = a;
    const pl_str *y = b;
    int order = memcmp(x->p, y->p, x->n < y->n ? x->n : y->n);
    return order ? order : (x->n > y->n) - (x->n < y->n);
}

static bool put_includes(pl_str *lines, size_t *count, pl_buf *out) {
    bool fits = true;
    qsort(lines, *count, sizeof *lines, compare);
    for (size_t i = 0; fits && i < *count; i++)
        fits = pl_buf_str(out, lines[i]) && pl_buf_putc(out, '\n');
    *count = 0;
    return fits;
}

static pl_code lay_out(pl_str text, pl_buf *out, pl_error *err) {
    pl_str includes[INCLUDES_MAX];
    size_t count = 0;
    pl_str line;
    bool fits = true;
    while (fits && text.n && pl_str_split(&text, '\n', &line)) {
        if (pl_str_starts(line, pl_str_c("#include ")) && count < INCLUDES_MAX) {
            includes[count++] = line;
            continue;
        }
        fits = put_includes(includes, &count, out);
        fits = fits && (line.n > RENDER_COLUMNS ? put_broken(line, out) : pl_buf_str(out, line)) &&
               pl_buf_putc(out, '\n');
    }
    return fits && put_includes(includes, &count, out) ? PL_OK : full(err);
}

pl_code render(pl_str text, const render_var *vars, size_t count, bool as_c, pl_buf *out,
               pl_error *err) {
    if (!as_c)
        return substitute(text, vars, count, out, err);
    pl_buf flat = pl_buf_make(FILE_BYTES_MAX);
    pl_code code = substitute(text, vars, count, &flat, err);
    if (code == PL_OK)
        code = lay_out(pl_buf_view(&flat), out, err);
    pl_buf_done(&flat);
    return code;
}
