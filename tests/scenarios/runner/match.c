/* Expected YAML against actual JSON. */
#include <stdio.h>
#include <stdlib.h>

#include "parley/schema/pattern.h"
#include "runner.h"

/* A YAML scalar as the JSON value it is meant to be, or a string. */
static bool looks_like_json(const pl_yaml_node *node, pl_str text, pl_arena *arena) {
    const pl_json_value *value = NULL;
    if (pl_yaml_style_of(node) != PL_YAML_PLAIN || text.n == 0)
        return false;
    return pl_json_parse(text, NULL, arena, &value, NULL) == PL_OK && value->kind <= PL_JSON_NUMBER;
}

static bool scalar_json(context *c, const pl_yaml_node *node, pl_buf *out) {
    const char *text = text_of(c, node);
    if (!text)
        return false;
    if (pl_yaml_is_null(node))
        pl_buf_puts(out, "null");
    else if (looks_like_json(node, pl_str_c(text), c->arena))
        pl_buf_puts(out, text);
    else
        pl_buf_json(out, pl_str_c(text));
    return true;
}

bool json_of(context *c, const pl_yaml_node *node, pl_buf *out) {
    pl_yaml_kind kind = pl_yaml_kind_of(node);
    if (kind == PL_YAML_SCALAR)
        return scalar_json(c, node, out);
    bool mapping = kind == PL_YAML_MAPPING;
    pl_buf_putc(out, mapping ? '{' : '[');
    for (size_t i = 0; i < count_of(node); i++) {
        if (i)
            pl_buf_putc(out, ',');
        if (mapping) {
            pl_buf_json(out, pl_yaml_text(pl_yaml_key_at(node, i)));
            pl_buf_putc(out, ':');
        }
        if (!json_of(c, pl_yaml_at(node, i), out))
            return false;
    }
    pl_buf_putc(out, mapping ? '}' : ']');
    return true;
}

static bool differs(context *c, const pl_yaml_node *expected, const pl_json_value *actual,
                    const char *path, const char *wanted) {
    pl_buf got = pl_buf_make(TEXT_BYTES_MAX);
    if (actual)
        pl_json_print(actual, 0, &got);
    blame(c->failure, expected, "%s: expected %s, got %s", path, wanted,
          actual ? got.p : "nothing");
    pl_buf_done(&got);
    return false;
}

static bool match_regex(context *c, const pl_yaml_node *expected, const pl_json_value *actual,
                        const char *text, const char *path) {
    pl_error err = PL_ERROR_INIT;
    pl_pattern *pattern = NULL;
    bool yes = false;
    char wanted[512];
    (void)snprintf(wanted, sizeof wanted, "a text like %s", text);
    if (!actual || (actual->kind != PL_JSON_STRING && actual->kind != PL_JSON_NUMBER))
        return differs(c, expected, actual, path, wanted);
    pl_code code = pl_pattern_new(pl_str_c(text), &pattern, &err);
    if (code == PL_OK)
        code = pl_pattern_match(pattern, actual->text, &yes, &err);
    pl_pattern_free(pattern);
    if (code != PL_OK)
        return blame_error(c->failure, expected, &err);
    return yes || differs(c, expected, actual, path, wanted);
}

/* Tags that take a text. */
static bool match_tag(context *c, const pl_yaml_node *expected, const pl_json_value *actual,
                      const char *tag, const char *path) {
    char wanted[256];
    int64_t limit = 0;
    int64_t number = 0;
    const char *text = text_of(c, expected);
    if (!text)
        return false;
    if (strcmp(tag, "!absent") == 0)
        return !actual || differs(c, expected, actual, path, "nothing");
    if (strcmp(tag, "!regex") == 0)
        return match_regex(c, expected, actual, text, path);
    (void)snprintf(wanted, sizeof wanted, "%s %s", tag + 1, text);
    if (strcmp(tag, "!type") == 0)
        return (actual && strcmp(pl_json_kind_name(actual->kind), text) == 0) ||
               differs(c, expected, actual, path, wanted);
    if (!pl_str_i64(pl_str_c(text), &limit))
        return blame(c->failure, expected, "%s: expected a number, got '%s'", tag, text);
    if (strcmp(tag, "!length") == 0)
        return (actual && actual->count == (size_t)limit) ||
               differs(c, expected, actual, path, wanted);
    bool is_number = pl_json_i64(actual, &number);
    if (strcmp(tag, "!at_least") == 0)
        return (is_number && number >= limit) || differs(c, expected, actual, path, wanted);
    if (strcmp(tag, "!at_most") == 0)
        return (is_number && number <= limit) || differs(c, expected, actual, path, wanted);
    return blame(c->failure, expected, "%s is no matcher", tag);
}

static bool match_scalar(context *c, const pl_yaml_node *expected, const pl_json_value *actual,
                         const char *path) {
    pl_buf json = pl_buf_make(TEXT_BYTES_MAX);
    const pl_json_value *wanted = NULL;
    pl_error err = PL_ERROR_INIT;
    bool same = false;
    if (!scalar_json(c, expected, &json)) {
        pl_buf_done(&json);
        return false;
    }
    if (pl_json_parse(pl_buf_view(&json), NULL, c->arena, &wanted, &err) != PL_OK)
        blame_error(c->failure, expected, &err);
    else
        same = (actual && pl_json_equal(wanted, actual)) ||
               differs(c, expected, actual, path, json.p);
    pl_buf_done(&json);
    return same;
}

static bool match_mapping(context *c, const pl_yaml_node *expected, const pl_json_value *actual,
                          const char *path) {
    if (!actual || actual->kind != PL_JSON_OBJECT)
        return differs(c, expected, actual, path, "an object");
    for (size_t i = 0; i < count_of(expected); i++) {
        const char *key = text_of(c, pl_yaml_key_at(expected, i));
        if (!key)
            return false;
        const pl_json_value *value = pl_json_member(actual, pl_str_c(key));
        if (!value)
            value = pl_json_at(actual, key);
        const char *below = pl_arena_printf(c->arena, "%s.%s", path, key);
        if (!below || !match(c, pl_yaml_at(expected, i), value, below))
            return false;
    }
    return true;
}

/* Each expected one is met by an item of its own. */
static bool match_contains(context *c, const pl_yaml_node *expected, const pl_json_value *actual,
                           const char *path) {
    bool *used = pl_arena_calloc(c->arena, actual->count + 1, sizeof *used);
    for (size_t i = 0; used && i < count_of(expected); i++) {
        size_t at = 0;
        const pl_json_value *item = actual->children;
        for (; item; item = item->next, at++) {
            if (!used[at] && match(c, pl_yaml_at(expected, i), item, path))
                break;
        }
        if (!item) {
            pl_buf wanted = pl_buf_make(TEXT_BYTES_MAX);
            bool ok = json_of(c, pl_yaml_at(expected, i), &wanted);
            differs(c, pl_yaml_at(expected, i), actual, path, ok ? wanted.p : "another item");
            pl_buf_done(&wanted);
            return false;
        }
        used[at] = true;
    }
    return used != NULL;
}

static bool match_sequence(context *c, const pl_yaml_node *expected, const pl_json_value *actual,
                           const char *path) {
    const char *tag = pl_yaml_tag(expected);
    size_t count = count_of(expected);
    if (strcmp(tag, "!one_of") == 0) {
        for (size_t i = 0; i < count; i++) {
            if (match(c, pl_yaml_at(expected, i), actual, path))
                return true;
        }
        return differs(c, expected, actual, path, "one of several");
    }
    if (!actual || actual->kind != PL_JSON_ARRAY)
        return differs(c, expected, actual, path, "an array");
    if (strcmp(tag, "!contains") == 0)
        return match_contains(c, expected, actual, path);
    if (actual->count != count)
        return blame(c->failure, expected, "%s: expected %zu items, got %zu", path, count,
                     actual->count);
    if (strcmp(tag, "!any_order") == 0)
        return match_contains(c, expected, actual, path);
    for (size_t i = 0; i < count; i++) {
        const char *below = pl_arena_printf(c->arena, "%s[%zu]", path, i);
        if (!below || !match(c, pl_yaml_at(expected, i), pl_json_item(actual, i), below))
            return false;
    }
    return true;
}

bool match(context *c, const pl_yaml_node *expected, const pl_json_value *actual,
           const char *path) {
    const char *tag = pl_yaml_tag(expected);
    switch (pl_yaml_kind_of(expected)) {
    case PL_YAML_MAPPING:
        return match_mapping(c, expected, actual, path);
    case PL_YAML_SEQUENCE:
        return match_sequence(c, expected, actual, path);
    case PL_YAML_SCALAR:
        break;
    }
    return tag[0] == '!' && tag[1] ? match_tag(c, expected, actual, tag, path)
                                   : match_scalar(c, expected, actual, path);
}

bool match_text(context *c, const pl_yaml_node *expected, pl_str actual, bool there,
                const char *path) {
    const pl_json_value value = {.kind = PL_JSON_STRING, .text = actual};
    /* A header that reads 1 is the text "1". */
    if (there && pl_yaml_kind_of(expected) == PL_YAML_SCALAR && !*pl_yaml_tag(expected)) {
        const char *wanted = text_of(c, expected);
        if (!wanted)
            return false;
        return pl_str_eqc(actual, wanted) ||
               blame(c->failure, expected, "%s: expected %s, got %.*s", path, wanted,
                     PL_FMT(actual));
    }
    return match(c, expected, there ? &value : NULL, path);
}
