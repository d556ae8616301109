#include "new/edit.h"

#include <string.h>

#include "parley/yaml/yaml.h"

static pl_code full(const char *file, pl_error *err) {
    return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "%s: too large", file);
}

static pl_code no_place(const char *file, const char *what, pl_error *err) {
    return pl_error_set(err, PL_FAILED_PRECONDITION, "%s: %s; add the service by hand", file, what);
}

/* ---- system.yaml --------------------------------------------------------------------- */

/* Where line LINE, counted from 1, begins. */
static size_t line_start(pl_str text, uint32_t line) {
    size_t at = 0;
    for (uint32_t i = 1; i < line && at < text.n; i++)
        at += pl_str_index(pl_str_make(text.p + at, text.n - at), '\n') + 1;
    return at < text.n ? at : text.n;
}

/* The end of the services: the next key at the top, without the empty lines and comments above
 * it. */
static size_t services_end(pl_str text, const pl_yaml_node *root) {
    uint32_t next = 0;
    for (size_t i = 0; i + 1 < pl_yaml_count(root); i++) {
        if (pl_str_eqc(pl_yaml_text(pl_yaml_key_at(root, i)), "services"))
            next = pl_yaml_line(pl_yaml_key_at(root, i + 1));
    }
    if (next == 0)
        return text.n;
    for (;;) {
        size_t above = line_start(text, next - 1);
        if (next == 1 || (text.p[above] != '\n' && text.p[above] != '#'))
            return line_start(text, next);
        next--;
    }
}

static bool put_indented(pl_str entry, size_t indent, pl_buf *out) {
    bool fits = true;
    pl_str line;
    while (fits && entry.n && pl_str_split(&entry, '\n', &line)) {
        for (size_t i = 0; fits && i < indent; i++)
            fits = pl_buf_putc(out, ' ');
        fits = fits && pl_buf_str(out, line) && pl_buf_putc(out, '\n');
    }
    return fits;
}

/* `services: {}` becomes a block. */
static pl_code add_first(pl_str text, const char *file, pl_str entry, const pl_yaml_node *services,
                         pl_buf *out, pl_error *err) {
    enum { INDENT = 2 };
    size_t at = line_start(text, pl_yaml_line(services)) + pl_yaml_column(services) - 1;
    size_t end = at + 2;
    if (end > text.n || memcmp(text.p + at, "{}", 2) != 0)
        return no_place(file, "expected services: {}", err);
    while (at > 0 && text.p[at - 1] == ' ')
        at--;
    while (end < text.n && text.p[end] != '\n')
        end++;
    bool fits = pl_buf_append(out, text.p, at) && pl_buf_putc(out, '\n') &&
                put_indented(entry, INDENT, out) &&
                pl_buf_append(out, text.p + end + 1, text.n > end ? text.n - end - 1 : 0);
    return fits ? PL_OK : full(file, err);
}

static pl_code add_last(pl_str text, const char *file, pl_str entry, const pl_yaml_node *root,
                        const pl_yaml_node *services, pl_buf *out, pl_error *err) {
    const pl_yaml_node *first = pl_yaml_key_at(services, 0);
    uint32_t column = pl_yaml_column(first);
    size_t end = services_end(text, root);
    size_t start = line_start(text, pl_yaml_line(first));
    for (uint32_t i = 0; i + 1 < column; i++) {
        if (column < 2 || text.p[start + i] != ' ')
            return no_place(file, "the services are not one a line", err);
    }
    bool fits = pl_buf_append(out, text.p, end);
    if (end > 0 && text.p[end - 1] != '\n')
        fits = fits && pl_buf_putc(out, '\n');
    fits = fits && pl_buf_putc(out, '\n') && put_indented(entry, column - 1, out) &&
           pl_buf_append(out, text.p + end, text.n - end);
    return fits ? PL_OK : full(file, err);
}

pl_code edit_services(pl_str text, const char *file, pl_str entry, pl_buf *out, pl_error *err) {
    pl_yaml_doc *doc = NULL;
    const pl_yaml_node *services = NULL;
    pl_code code = pl_yaml_parse(text, file, &doc, err);
    if (code != PL_OK)
        return code;
    const pl_yaml_node *root = pl_yaml_root(doc);
    code = pl_yaml_require(root, "services", &services, err);
    if (code == PL_OK)
        code = pl_yaml_expect(services, PL_YAML_MAPPING, err);
    if (code == PL_OK)
        code = pl_yaml_count(services) == 0 ? add_first(text, file, entry, services, out, err)
                                            : add_last(text, file, entry, root, services, out, err);
    pl_yaml_free(doc);
    return code;
}

/* ---- CMakeLists.txt ------------------------------------------------------------------ */

/* Where WHAT stands at or after FROM, comments left out; TEXT.n where it does not. */
static size_t find_code(pl_str text, size_t from, const char *what) {
    size_t n = strlen(what);
    for (size_t i = from; i + n <= text.n; i++) {
        if (text.p[i] == '#')
            i += pl_str_index(pl_str_make(text.p + i, text.n - i), '\n');
        else if (memcmp(text.p + i, what, n) == 0)
            return i;
    }
    return text.n;
}

pl_code edit_pl_system(pl_str text, const char *file, const char *service, pl_buf *out,
                       pl_error *err) {
    size_t call = find_code(text, 0, "pl_system(");
    size_t close = find_code(text, call, ")");
    if (call == text.n || close == text.n || find_code(text, call, "SERVICES") > close)
        return no_place(file, "expected pl_system(NAME SERVICES ...)", err);
    size_t line = close;
    while (line > 0 && text.p[line - 1] == ' ')
        line--;
    bool alone = line > 0 && text.p[line - 1] == '\n';
    size_t at = alone ? line : close;
    bool fits = pl_buf_append(out, text.p, at) &&
                pl_buf_printf(out, alone ? "    %s\n" : " %s", service) &&
                pl_buf_append(out, text.p + at, text.n - at);
    return fits ? PL_OK : full(file, err);
}
