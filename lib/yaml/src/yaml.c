#include "parley/yaml/yaml.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"
#include "parley/base/assert.h"

static const char utf8_bom[] = "\xEF\xBB\xBF";

void pl_yaml_position(pl_str text, size_t offset, uint32_t *out_line, uint32_t *out_column) {
    uint32_t line = 1, column = 1;
    for (size_t i = 0; i < offset && i < text.n; i++) {
        if (text.p[i] == '\n') {
            line++;
            column = 1;
        } else if (((unsigned char)text.p[i] & 0xC0) != 0x80) { /* not within a character */
            column++;
        }
    }
    *out_line = line;
    *out_column = column;
}

/* The first byte at which TEXT stops being UTF-8. */
static size_t first_bad_byte(pl_str text) {
    size_t i = 0;
    while (i < text.n) {
        size_t length = 1;
        while (length <= 4 && i + length <= text.n &&
               !pl_utf8_valid(pl_str_make(text.p + i, length)))
            length++;
        if (length > 4 || i + length > text.n)
            return i;
        i += length;
    }
    return i;
}

static pl_code check_text(pl_str text, const char *name, pl_error *err) {
    if (text.n > PL_YAML_MAX_SIZE)
        return pl_error_set(err, PL_INVALID_ARGUMENT,
                            "%s:1:1: the document has %zu bytes, at most %u are read", name, text.n,
                            PL_YAML_MAX_SIZE);
    if (pl_utf8_valid(text))
        return PL_OK;
    uint32_t line, column;
    size_t bad = first_bad_byte(text);
    pl_yaml_position(text, bad, &line, &column);
    return pl_error_set(err, PL_INVALID_ARGUMENT,
                        "%s:%u:%u: byte 0x%02X is not UTF-8; save the file as UTF-8", name, line,
                        column, (unsigned)(unsigned char)text.p[bad]);
}

pl_code pl_yaml_parse(pl_str text, const char *name, pl_yaml_doc **out_doc, pl_error *err) {
    if (pl_str_starts(text, pl_str_c(utf8_bom)))
        text = pl_str_make(text.p + 3, text.n - 3);
    pl_code code = check_text(text, name, err);
    if (code)
        return code;
    pl_yaml_doc *doc = calloc(1, sizeof *doc);
    if (!doc)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "%s: no memory", name);
    doc->arena = pl_arena_make(ARENA_BUDGET);
    char *copy = pl_arena_strndup(&doc->arena, text.n ? text.p : "", text.n);
    doc->name = pl_arena_strdup(&doc->arena, name);
    if (!copy || !doc->name) {
        pl_yaml_free(doc);
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "%s: no memory", name);
    }
    doc->source = pl_str_make(copy, text.n);
    code = pl_yaml_build(doc, err);
    if (code) {
        pl_yaml_free(doc);
        return code;
    }
    *out_doc = doc;
    return PL_OK;
}

static pl_code read_all(int fd, const char *path, pl_buf *out, pl_error *err) {
    struct stat info;
    if (fstat(fd, &info) != 0)
        return pl_error_errno(err, errno, "%s", path);
    if (S_ISDIR(info.st_mode))
        return pl_error_errno(err, EISDIR, "%s", path);
    for (;;) {
        char *room = pl_buf_reserve(out, 16384);
        if (!room)
            return pl_error_set(err, PL_INVALID_ARGUMENT,
                                "%s:1:1: the document has more than %u bytes", path,
                                PL_YAML_MAX_SIZE);
        ssize_t n = read(fd, room, 16384);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return pl_error_errno(err, errno, "%s", path);
        if (n == 0)
            return PL_OK;
        pl_buf_wrote(out, (size_t)n);
    }
}

pl_code pl_yaml_load(const char *path, pl_yaml_doc **out_doc, pl_error *err) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return pl_error_errno(err, errno, "%s", path);
    pl_buf text = pl_buf_make(PL_YAML_MAX_SIZE + 16384);
    pl_code code = read_all(fd, path, &text, err);
    close(fd);
    if (!code)
        code = pl_yaml_parse(pl_buf_view(&text), path, out_doc, err);
    pl_buf_done(&text);
    return code;
}

void pl_yaml_free(pl_yaml_doc *doc) {
    if (!doc)
        return;
    pl_arena_done(&doc->arena);
    free(doc);
}

const pl_yaml_node *pl_yaml_root(const pl_yaml_doc *doc) {
    return doc->root;
}
const char *pl_yaml_name(const pl_yaml_doc *doc) {
    return doc->name;
}

pl_str pl_yaml_source_line(const pl_yaml_doc *doc, uint32_t line) {
    pl_str rest = doc->source, piece = {"", 0};
    for (uint32_t i = 0; i < line; i++) {
        if (!pl_str_split(&rest, '\n', &piece))
            return pl_str_make("", 0);
    }
    if (piece.n && piece.p[piece.n - 1] == '\r')
        piece.n--;
    return piece;
}

pl_yaml_kind pl_yaml_kind_of(const pl_yaml_node *node) {
    return node->kind;
}
uint32_t pl_yaml_line(const pl_yaml_node *node) {
    return node->line;
}
uint32_t pl_yaml_column(const pl_yaml_node *node) {
    return node->column;
}
const pl_yaml_doc *pl_yaml_document(const pl_yaml_node *node) {
    return node->doc;
}
const char *pl_yaml_tag(const pl_yaml_node *node) {
    return node->tag;
}
pl_str pl_yaml_text(const pl_yaml_node *node) {
    return node->text;
}
pl_yaml_style pl_yaml_style_of(const pl_yaml_node *node) {
    return node->style;
}
size_t pl_yaml_count(const pl_yaml_node *node) {
    return node->count;
}

bool pl_yaml_is_null(const pl_yaml_node *node) {
    return node->kind == PL_YAML_SCALAR && node->style == PL_YAML_PLAIN && !*node->tag &&
           (node->text.n == 0 || pl_str_eqc(node->text, "~") || pl_str_eqc(node->text, "null"));
}

const pl_yaml_node *pl_yaml_at(const pl_yaml_node *node, size_t index) {
    PL_ASSERT(index < node->count);
    return node->values[index];
}

const pl_yaml_node *pl_yaml_key_at(const pl_yaml_node *mapping, size_t index) {
    PL_ASSERT(mapping->kind == PL_YAML_MAPPING && index < mapping->count);
    return mapping->keys[index];
}

const pl_yaml_node *pl_yaml_find(const pl_yaml_node *node, const char *key) {
    if (!node || node->kind != PL_YAML_MAPPING)
        return NULL;
    for (size_t i = 0; i < node->count; i++) {
        if (pl_str_eqc(node->keys[i]->text, key))
            return node->values[i];
    }
    return NULL;
}
