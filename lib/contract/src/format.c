/* Canonical layout: every line is given the indentation that its place in the tree has. */
#include "parley/contract/format.h"

#include <stdlib.h>

#include "format_line.h"
#include "parley/yaml/yaml.h"

enum { STEP = 2 };

typedef struct line {
    pl_str text; /* without indentation and end */
    int had;     /* indentation as it was */
    int wanted;  /* -1: it follows the line before it */
    bool blank, comment;
    bool verbatim; /* of a text in a block (| or >) */
    bool begins;   /* a contract: an empty line stands before it */
} line;

typedef struct layout {
    line *lines;
    size_t count;
} layout;

/* ---- lines ----------------------------------------------------------------------------------- */

static bool split(pl_str text, layout *l) {
    size_t room = 2;
    for (size_t i = 0; i < text.n; i++)
        room += text.p[i] == '\n';
    l->lines = calloc(room, sizeof *l->lines);
    if (!l->lines)
        return false;
    for (pl_str piece; text.n && pl_str_split(&text, '\n', &piece);) {
        line *one = &l->lines[l->count++];
        if (piece.n && piece.p[piece.n - 1] == '\r')
            piece.n--;
        while ((size_t)one->had < piece.n && piece.p[one->had] == ' ')
            one->had++;
        one->text = pl_str_make(piece.p + one->had, piece.n - (size_t)one->had);
        one->wanted = -1;
        one->blank = pl_str_trim(one->text).n == 0;
        one->comment = one->text.n > 0 && one->text.p[0] == '#';
    }
    return true;
}

static line *line_at(layout *l, uint32_t number) {
    return number >= 1 && number <= l->count ? &l->lines[number - 1] : NULL;
}

/* What stands at a node, behind its tag and anchor: '{' or '[' for a flow collection. */
static char opening(layout *l, const pl_yaml_node *node) {
    line *at = line_at(l, pl_yaml_line(node));
    size_t i = 0, column = 1 + (size_t)(at ? at->had : 0);
    if (!at)
        return 0;
    for (; i < at->text.n && column < pl_yaml_column(node); column++) {
        for (i++; i < at->text.n && ((unsigned char)at->text.p[i] & 0xC0) == 0x80; i++)
            ;
    }
    while (i < at->text.n && (at->text.p[i] == '!' || at->text.p[i] == '&')) {
        while (i < at->text.n && at->text.p[i] != ' ')
            i++;
        while (i < at->text.n && at->text.p[i] == ' ')
            i++;
    }
    return i < at->text.n ? at->text.p[i] : 0;
}

/* ---- the tree -------------------------------------------------------------------------------- */

static bool before(const pl_yaml_node *a, uint32_t line_number, uint32_t column) {
    return pl_yaml_line(a) < line_number ||
           (pl_yaml_line(a) == line_number && pl_yaml_column(a) < column);
}

static void want(layout *l, uint32_t number, int indent) {
    line *at = line_at(l, number);
    if (at && at->wanted < 0)
        at->wanted = indent;
}

static void place(layout *l, const pl_yaml_node *node, int indent, uint32_t last);

static void mark_verbatim(layout *l, const pl_yaml_node *node, uint32_t last) {
    pl_yaml_style style = pl_yaml_style_of(node);
    if (pl_yaml_kind_of(node) != PL_YAML_SCALAR ||
        (style != PL_YAML_LITERAL && style != PL_YAML_FOLDED))
        return;
    for (uint32_t n = pl_yaml_line(node) + 1; n <= last; n++) {
        line *at = line_at(l, n);
        if (at)
            at->verbatim = true;
    }
}

/* The item's dash stands on a line of its own before it, or on the same. */
static uint32_t dash_line(layout *l, const pl_yaml_node *item, uint32_t after) {
    for (uint32_t n = pl_yaml_line(item); n > after && n >= 1; n--) {
        line *at = line_at(l, n);
        bool own = n == pl_yaml_line(item) && at && at->had + 1 >= (int)pl_yaml_column(item);
        if (at && !at->blank && !at->comment && !own && at->text.p[0] == '-')
            return n;
    }
    return pl_yaml_line(item);
}

static void place_sequence(layout *l, const pl_yaml_node *node, int indent, uint32_t last) {
    uint32_t above = pl_yaml_line(node) - 1;
    for (size_t i = 0; i < pl_yaml_count(node); i++) {
        const pl_yaml_node *item = pl_yaml_at(node, i);
        if (before(item, pl_yaml_line(node), pl_yaml_column(node)))
            continue; /* an alias */
        uint32_t dash = dash_line(l, item, above);
        uint32_t end = last;
        for (size_t k = i + 1; k < pl_yaml_count(node); k++) {
            if (before(item, pl_yaml_line(pl_yaml_at(node, k)),
                       pl_yaml_column(pl_yaml_at(node, k)))) {
                end = pl_yaml_line(pl_yaml_at(node, k)) - 1;
                break;
            }
        }
        want(l, dash, indent);
        place(l, item, indent + STEP, end);
        above = pl_yaml_line(item);
    }
}

/* A merge (<<) is no entry of the tree: it stands with the keys of its mapping. */
static void place_merge(layout *l, const pl_yaml_node *node, int indent, uint32_t last) {
    for (uint32_t n = pl_yaml_line(node); n <= last; n++) {
        line *at = line_at(l, n);
        if (at && !at->verbatim && at->had + 1 == (int)pl_yaml_column(node) &&
            pl_str_starts(at->text, pl_str_c("<<")))
            want(l, n, indent);
    }
}

static void place_mapping(layout *l, const pl_yaml_node *node, int indent, uint32_t last) {
    place_merge(l, node, indent, last);
    for (size_t i = 0; i < pl_yaml_count(node); i++) {
        const pl_yaml_node *key = pl_yaml_key_at(node, i), *value = pl_yaml_at(node, i);
        if (before(key, pl_yaml_line(node), pl_yaml_column(node)))
            continue; /* merged */
        uint32_t end = last;
        if (i + 1 < pl_yaml_count(node) && before(key, pl_yaml_line(pl_yaml_key_at(node, i + 1)),
                                                  pl_yaml_column(pl_yaml_key_at(node, i + 1))))
            end = pl_yaml_line(pl_yaml_key_at(node, i + 1)) - 1;
        want(l, pl_yaml_line(key), indent);
        if (before(value, pl_yaml_line(key), pl_yaml_column(key)))
            continue; /* an alias */
        bool below = pl_yaml_kind_of(value) == PL_YAML_SEQUENCE;
        place(l, value, below ? indent : indent + STEP, end);
    }
}

/* NODE's lines, of which the last one is LAST at most. */
static void place(layout *l, const pl_yaml_node *node, int indent, uint32_t last) {
    char c = opening(l, node);
    mark_verbatim(l, node, last);
    if (pl_yaml_kind_of(node) == PL_YAML_SCALAR || c == '{' || c == '[')
        return;
    if (pl_yaml_kind_of(node) == PL_YAML_SEQUENCE)
        place_sequence(l, node, indent, last);
    else
        place_mapping(l, node, indent, last);
}

static void mark_contracts(layout *l, const pl_yaml_node *root) {
    const pl_yaml_node *list = pl_yaml_find(root, "contracts");
    if (!list || pl_yaml_kind_of(list) != PL_YAML_SEQUENCE || opening(l, list) == '[')
        return;
    for (size_t i = 0; i < pl_yaml_count(list); i++) {
        uint32_t number = dash_line(l, pl_yaml_at(list, i), 0);
        if (i > 0 && line_at(l, number))
            line_at(l, number)->begins = true;
    }
}

/* ---- writing --------------------------------------------------------------------------------- */

/* Lines of no place of their own move with the one before them; comments stand with what
 * follows. */
static void settle(layout *l) {
    int shift = 0, next = 0;
    for (size_t i = 0; i < l->count; i++) {
        line *one = &l->lines[i];
        if (one->blank || (one->comment && !one->verbatim))
            continue;
        if (one->wanted >= 0)
            shift = one->wanted - one->had;
        else
            one->wanted = one->had + shift > 0 ? one->had + shift : 0;
    }
    for (size_t i = l->count; i-- > 0;) {
        line *one = &l->lines[i];
        if (one->blank || one->verbatim)
            continue;
        if (one->comment)
            one->wanted = next;
        next = one->wanted;
    }
}

/* An empty line is due before line I: of a contract, or of the comments above it. */
static bool starts_contract(const layout *l, size_t i) {
    while (i < l->count && l->lines[i].comment && !l->lines[i].verbatim)
        i++;
    return i < l->count && l->lines[i].begins;
}

static bool write_lines(const layout *l, pl_buf *out) {
    bool any = false, gap = false, in_comment = false;
    for (size_t i = 0; i < l->count; i++) {
        const line *one = &l->lines[i];
        bool verbatim_blank = one->verbatim && one->blank;
        if (one->blank && !verbatim_blank) {
            gap = any;
            in_comment = false;
            continue;
        }
        if (!in_comment && !one->verbatim && starts_contract(l, i))
            gap = any;
        if (gap)
            pl_buf_putc(out, '\n');
        gap = false;
        any = true;
        in_comment = one->comment && !one->verbatim;
        for (int k = 0; k < one->wanted && !one->blank; k++)
            pl_buf_putc(out, ' ');
        if (one->verbatim)
            pl_buf_str(out, one->blank ? pl_str_make("", 0) : one->text);
        else
            format_line(one->text, out);
        pl_buf_putc(out, '\n');
    }
    return !out->failed;
}

/* ---- the same meaning ------------------------------------------------------------------------ */

static bool same(const pl_yaml_node *a, const pl_yaml_node *b) {
    if (pl_yaml_kind_of(a) != pl_yaml_kind_of(b) || pl_yaml_count(a) != pl_yaml_count(b) ||
        strcmp(pl_yaml_tag(a), pl_yaml_tag(b)) != 0 || pl_yaml_style_of(a) != pl_yaml_style_of(b) ||
        !pl_str_eq(pl_yaml_text(a), pl_yaml_text(b)))
        return false;
    for (size_t i = 0; i < pl_yaml_count(a); i++) {
        if (pl_yaml_kind_of(a) == PL_YAML_MAPPING &&
            !same(pl_yaml_key_at(a, i), pl_yaml_key_at(b, i)))
            return false;
        if (!same(pl_yaml_at(a, i), pl_yaml_at(b, i)))
            return false;
    }
    return true;
}

static pl_code check_same(const pl_yaml_doc *doc, pl_str text, const char *name, pl_error *err) {
    pl_yaml_doc *other = NULL;
    pl_error inner = PL_ERROR_INIT;
    bool equal = pl_yaml_parse(text, name, &other, &inner) == PL_OK &&
                 same(pl_yaml_root(doc), pl_yaml_root(other));
    pl_yaml_free(other);
    return equal ? PL_OK
                 : pl_error_set(err, PL_INTERNAL,
                                "%s: cannot be laid out without a change of what it says", name);
}

pl_code pl_contract_format(pl_str text, const char *name, pl_buf *out, pl_error *err) {
    layout l = {0};
    pl_yaml_doc *doc = NULL;
    pl_buf made = pl_buf_make(2 * PL_YAML_MAX_SIZE);
    if (pl_str_starts(text, pl_str_c("\xEF\xBB\xBF")))
        text = pl_str_make(text.p + 3, text.n - 3);
    pl_code code = pl_yaml_parse(text, name, &doc, err);
    if (code == PL_OK && !split(text, &l))
        code = pl_error_set(err, PL_RESOURCE_EXHAUSTED, "%s: no memory", name);
    if (code == PL_OK) {
        place(&l, pl_yaml_root(doc), 0, (uint32_t)l.count);
        mark_contracts(&l, pl_yaml_root(doc));
        settle(&l);
        if (!write_lines(&l, &made))
            code = pl_error_set(err, PL_RESOURCE_EXHAUSTED, "%s: no memory", name);
    }
    if (code == PL_OK)
        code = check_same(doc, pl_buf_view(&made), name, err);
    if (code == PL_OK && !pl_buf_str(out, pl_buf_view(&made)))
        code = pl_error_set(err, PL_RESOURCE_EXHAUSTED, "%s: no memory", name);
    pl_yaml_free(doc);
    pl_buf_done(&made);
    free(l.lines);
    return code;
}
