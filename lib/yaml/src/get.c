/* Readers: what type a scalar has is decided here, by who asks. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "internal.h"

enum { SHOWN_BYTES = 64 };

pl_code pl_yaml_fail(const pl_yaml_node *node, pl_error *err, const char *format, ...) {
    char message[PL_ERROR_MESSAGE_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    return pl_error_set(err, PL_INVALID_ARGUMENT, "%s:%u:%u: %s", node->doc->name, node->line,
                        node->column, message);
}

const char *pl_yaml_describe(const pl_yaml_node *node, char out[PL_YAML_DESCRIBE_SIZE]) {
    if (node->kind != PL_YAML_SCALAR) {
        snprintf(out, PL_YAML_DESCRIBE_SIZE, "%s",
                 node->kind == PL_YAML_MAPPING ? "a mapping" : "a sequence");
    } else if (pl_yaml_is_null(node)) {
        snprintf(out, PL_YAML_DESCRIBE_SIZE, "null");
    } else {
        pl_str shown = pl_utf8_cut(node->text, SHOWN_BYTES);
        snprintf(out, PL_YAML_DESCRIBE_SIZE, "%s'%.*s'%s",
                 node->style == PL_YAML_PLAIN ? "" : "text ", PL_FMT(shown),
                 shown.n < node->text.n ? "..." : "");
    }
    return out;
}

static pl_code expected(const pl_yaml_node *node, pl_error *err, const char *what) {
    char got[PL_YAML_DESCRIBE_SIZE];
    pl_yaml_describe(node, got);
    return pl_yaml_fail(node, err, "expected %s, got %s", what, got);
}

static bool is_plain(const pl_yaml_node *node) {
    return node->kind == PL_YAML_SCALAR && node->style == PL_YAML_PLAIN && !*node->tag;
}

pl_code pl_yaml_get_str(const pl_yaml_node *node, pl_str *out, pl_error *err) {
    if (node->kind != PL_YAML_SCALAR || pl_yaml_is_null(node))
        return expected(node, err, "a text");
    *out = node->text;
    return PL_OK;
}

pl_code pl_yaml_get_i64(const pl_yaml_node *node, int64_t min, int64_t max, int64_t *out,
                        pl_error *err) {
    int64_t value;
    if (!is_plain(node) || !pl_str_i64(node->text, &value))
        return expected(node, err, "a whole number");
    if (value < min || value > max) {
        char what[80];
        snprintf(what, sizeof what, "a whole number from %lld to %lld", (long long)min,
                 (long long)max);
        return expected(node, err, what);
    }
    *out = value;
    return PL_OK;
}

/* strtod also takes hexadecimal, "inf" and "nan". */
static bool looks_decimal(pl_str text) {
    for (size_t i = 0; i < text.n; i++) {
        if (!memchr("0123456789+-.eE", text.p[i], 15))
            return false;
    }
    return text.n > 0;
}

pl_code pl_yaml_get_f64(const pl_yaml_node *node, double *out, pl_error *err) {
    if (!is_plain(node) || !looks_decimal(node->text))
        return expected(node, err, "a number");
    char *end;
    double value = strtod(node->text.p, &end);
    if (end != node->text.p + node->text.n || !isfinite(value))
        return expected(node, err, "a number");
    *out = value;
    return PL_OK;
}

pl_code pl_yaml_get_bool(const pl_yaml_node *node, bool *out, pl_error *err) {
    if (is_plain(node) && pl_str_eqc(node->text, "true"))
        *out = true;
    else if (is_plain(node) && pl_str_eqc(node->text, "false"))
        *out = false;
    else
        return expected(node, err, "true or false");
    return PL_OK;
}

pl_code pl_yaml_get_duration_ms(const pl_yaml_node *node, int64_t *out, pl_error *err) {
    int64_t ms;
    if (node->kind != PL_YAML_SCALAR || !pl_str_duration_ms(node->text, &ms) || ms < 0)
        return expected(node, err, "a duration like 250ms, 2s, 5m or 1h");
    *out = ms;
    return PL_OK;
}

pl_code pl_yaml_get_choice(const pl_yaml_node *node, const char *const *words, size_t count,
                           size_t *out, pl_error *err) {
    for (size_t i = 0; node->kind == PL_YAML_SCALAR && i < count; i++) {
        if (pl_str_eqc(node->text, words[i])) {
            *out = i;
            return PL_OK;
        }
    }
    pl_buf what = pl_buf_make(256);
    pl_buf_puts(&what, count > 1 ? "one of " : "");
    for (size_t i = 0; i < count; i++)
        pl_buf_printf(&what, "%s%s", i ? ", " : "", words[i]);
    pl_code code = expected(node, err, what.p);
    pl_buf_done(&what);
    return code;
}

pl_code pl_yaml_expect(const pl_yaml_node *node, pl_yaml_kind kind, pl_error *err) {
    static const char *const names[] = {"a single value", "a sequence", "a mapping"};
    if (node->kind == kind)
        return PL_OK;
    if (kind == PL_YAML_SEQUENCE && node->kind == PL_YAML_SCALAR && !pl_yaml_is_null(node)) {
        pl_str shown = pl_utf8_cut(node->text, SHOWN_BYTES);
        return pl_yaml_fail(node, err, "expected a sequence, got '%.*s'; write [%.*s]",
                            PL_FMT(shown), PL_FMT(shown));
    }
    return expected(node, err, names[kind]);
}

pl_code pl_yaml_require(const pl_yaml_node *mapping, const char *key, const pl_yaml_node **out,
                        pl_error *err) {
    pl_code code = pl_yaml_expect(mapping, PL_YAML_MAPPING, err);
    if (code)
        return code;
    const pl_yaml_node *value = pl_yaml_find(mapping, key);
    if (!value)
        return pl_yaml_fail(mapping, err, "missing key '%s'", key);
    *out = value;
    return PL_OK;
}

static pl_code unknown_key(const pl_yaml_node *key, const char *const *known, size_t count,
                           pl_error *err) {
    pl_str shown = pl_utf8_cut(key->text, SHOWN_BYTES);
    const char *near = pl_str_nearest(key->text, known, count);
    if (near)
        return pl_yaml_fail(key, err, "unknown key '%.*s', did you mean '%s'?", PL_FMT(shown),
                            near);
    pl_buf list = pl_buf_make(256);
    for (size_t i = 0; i < count; i++)
        pl_buf_printf(&list, "%s%s", i ? ", " : "", known[i]);
    pl_code code = pl_yaml_fail(key, err, "unknown key '%.*s', expected one of: %s", PL_FMT(shown),
                                list.p);
    pl_buf_done(&list);
    return code;
}

pl_code pl_yaml_check_keys(const pl_yaml_node *node, const char *const *known, size_t count,
                           pl_error *err) {
    pl_code code = pl_yaml_expect(node, PL_YAML_MAPPING, err);
    if (code)
        return code;
    for (size_t i = 0; i < node->count; i++) {
        size_t k = 0;
        while (k < count && !pl_str_eqc(node->keys[i]->text, known[k]))
            k++;
        if (k == count)
            return unknown_key(node->keys[i], known, count, err);
    }
    return PL_OK;
}
