/* Finding, comparing and printing values of a tree. */
#include "number.h"
#include "parley/json/json.h"

const pl_json_value *pl_json_member(const pl_json_value *object, pl_str key) {
    if (!object || object->kind != PL_JSON_OBJECT)
        return NULL;
    const pl_json_value *v = object->children;
    while (v && !pl_str_eq(v->key, key))
        v = v->next;
    return v;
}

const pl_json_value *pl_json_item(const pl_json_value *array, size_t index) {
    if (!array || array->kind != PL_JSON_ARRAY || index >= array->count)
        return NULL;
    const pl_json_value *v = array->children;
    while (index-- > 0)
        v = v->next;
    return v;
}

static const pl_json_value *item_named(const pl_json_value *array, pl_str text) {
    uint64_t index;
    return pl_str_u64(text, &index) && index < SIZE_MAX ? pl_json_item(array, (size_t)index) : NULL;
}

/* RFC 6901: ~1 is "/", ~0 is "~". */
static bool pointer_name_is(pl_str escaped, pl_str name) {
    size_t k = 0;
    for (size_t i = 0; i < escaped.n; i++, k++) {
        char c = escaped.p[i];
        if (c == '~' && i + 1 < escaped.n)
            c = escaped.p[++i] == '1' ? '/' : '~';
        if (k >= name.n || name.p[k] != c)
            return false;
    }
    return k == name.n;
}

static const pl_json_value *at_pointer(const pl_json_value *v, pl_str path) {
    pl_str piece, rest = pl_str_make(path.p + 1, path.n - 1);
    while (v && pl_str_split(&rest, '/', &piece)) {
        if (v->kind == PL_JSON_ARRAY) {
            v = item_named(v, piece);
            continue;
        }
        for (v = v->kind == PL_JSON_OBJECT ? v->children : NULL;
             v && !pointer_name_is(piece, v->key);)
            v = v->next;
    }
    return v;
}

const pl_json_value *pl_json_at(const pl_json_value *value, const char *path) {
    if (*path == '/')
        return at_pointer(value, pl_str_c(path));
    while (value && *path) {
        if (*path == '[') {
            const char *close = strchr(path, ']');
            if (!close)
                return NULL;
            value = item_named(value, pl_str_make(path + 1, (size_t)(close - path - 1)));
            path = close + 1;
        } else {
            size_t n = strcspn(path, ".[");
            value = pl_json_member(value, pl_str_make(path, n));
            path += n;
        }
        if (*path == '.' && *++path == '\0')
            return NULL;
    }
    return value;
}

bool pl_json_i64(const pl_json_value *value, int64_t *out_number) {
    return value && value->kind == PL_JSON_NUMBER && json_number_i64(value->text, out_number);
}

bool pl_json_double(const pl_json_value *value, double *out_number) {
    return value && value->kind == PL_JSON_NUMBER && json_number_double(value->text, out_number);
}

bool pl_json_is(const pl_json_value *value, const char *text) {
    return value && value->kind == PL_JSON_STRING && pl_str_eqc(value->text, text);
}

static bool numbers_equal(pl_str a, pl_str b) {
    int64_t i, k;
    uint64_t u, w;
    double x, y;
    if (pl_str_eq(a, b))
        return true;
    bool ai = json_number_i64(a, &i), bi = json_number_i64(b, &k);
    bool au = json_number_u64(a, &u), bu = json_number_u64(b, &w);
    if ((ai || au) && (bi || bu))
        return (ai && bi && i == k) || (au && bu && u == w);
    return json_number_double(a, &x) && json_number_double(b, &y) && x == y;
}

bool pl_json_equal(const pl_json_value *a, const pl_json_value *b) {
    if (!a || !b || a->kind != b->kind || a->count != b->count)
        return !a && !b;
    switch (a->kind) {
    case PL_JSON_NULL:
        return true;
    case PL_JSON_BOOL:
        return a->boolean == b->boolean;
    case PL_JSON_NUMBER:
        return numbers_equal(a->text, b->text);
    case PL_JSON_STRING:
        return pl_str_eq(a->text, b->text);
    default:
        break;
    }
    const pl_json_value *x = a->children, *y = b->children;
    for (; x; x = x->next, y = y->next)
        if (!pl_json_equal(x, a->kind == PL_JSON_OBJECT ? pl_json_member(b, x->key) : y))
            return false;
    return true;
}

const char *pl_json_kind_name(pl_json_kind kind) {
    static const char *const names[] = {"null", "bool", "number", "string", "array", "object"};
    return names[kind];
}

static bool new_line(unsigned indent, unsigned level, pl_buf *out) {
    bool ok = indent == 0 || pl_buf_putc(out, '\n');
    for (unsigned i = 0; ok && i < indent * level; i++)
        ok = pl_buf_putc(out, ' ');
    return ok;
}

static bool print(const pl_json_value *v, unsigned indent, unsigned level, pl_buf *out) {
    switch (v->kind) {
    case PL_JSON_NULL:
        return pl_buf_puts(out, "null");
    case PL_JSON_BOOL:
        return pl_buf_puts(out, v->boolean ? "true" : "false");
    case PL_JSON_NUMBER:
        return pl_buf_str(out, v->text);
    case PL_JSON_STRING:
        return pl_buf_json(out, v->text);
    default:
        break;
    }
    bool object = v->kind == PL_JSON_OBJECT;
    bool ok = pl_buf_putc(out, object ? '{' : '[');
    for (const pl_json_value *c = v->children; ok && c; c = c->next) {
        ok = new_line(indent, level + 1, out);
        if (object)
            ok = ok && pl_buf_json(out, c->key) && pl_buf_puts(out, indent ? ": " : ":");
        ok = ok && print(c, indent, level + 1, out) && (!c->next || pl_buf_putc(out, ','));
    }
    if (v->count)
        ok = ok && new_line(indent, level, out);
    return ok && pl_buf_putc(out, object ? '}' : ']');
}

bool pl_json_print(const pl_json_value *value, unsigned indent, pl_buf *out) {
    return print(value, indent, 0, out);
}
