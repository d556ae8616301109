/* How the compiler reports, and reads the plain values of a contract's own keys. */
#include <stdio.h>
#include <stdlib.h>

#include "compiler.h"

enum { KEYS_SHOWN_MAX = 512 };

static void report(compiler *c, const pl_yaml_doc *doc, pl_contract_at at, pl_severity severity,
                   const char *rule, const char *format, va_list args) {
    pl_finding_place here = {c->path, at.line, at.column, pl_yaml_source_line(doc, at.line)};
    pl_findings_addv(c->findings, &here, severity, rule, format, args);
    c->problems += severity == PL_FINDING_ERROR;
}

void compiler_error(compiler *c, const pl_yaml_node *at, const char *rule, const char *format,
                    ...) {
    va_list args;
    va_start(args, format);
    report(c, pl_yaml_document(at), compiler_at(at), PL_FINDING_ERROR, rule, format, args);
    va_end(args);
}

void compiler_warning(compiler *c, const pl_yaml_node *at, const char *rule, const char *format,
                      ...) {
    va_list args;
    va_start(args, format);
    report(c, pl_yaml_document(at), compiler_at(at), PL_FINDING_WARNING, rule, format, args);
    va_end(args);
}

void compiler_error_at(compiler *c, const pl_yaml_doc *doc, pl_contract_at at, const char *rule,
                       const char *format, ...) {
    va_list args;
    va_start(args, format);
    report(c, doc, at, PL_FINDING_ERROR, rule, format, args);
    va_end(args);
}

void compiler_did_you_mean(compiler *c, pl_str word, const char *const *names, size_t count) {
    const char *near = pl_str_nearest(word, names, count);
    if (near)
        compiler_hint(c, "did you mean '%s'?", near);
}

void *compiler_alloc(compiler *c, size_t count, size_t size) {
    void *p = pl_arena_calloc(c->arena, count, size);
    if (!p)
        c->no_memory = true;
    return p;
}

pl_str compiler_copy(compiler *c, pl_str text) {
    char *copy = pl_arena_cstr(c->arena, text);
    if (!copy) {
        c->no_memory = true;
        return pl_str_make("", 0);
    }
    return pl_str_make(copy, text.n);
}

pl_contract_at compiler_at(const pl_yaml_node *node) {
    pl_contract_at at = {pl_yaml_line(node), pl_yaml_column(node)};
    return at;
}

static void list_keys(compiler *c, const char *const *known, size_t count) {
    pl_buf list = pl_buf_make(KEYS_SHOWN_MAX);
    for (size_t i = 0; i < count; i++)
        pl_buf_printf(&list, "%s%s", i ? ", " : "", known[i]);
    if (!list.failed)
        compiler_hint(c, count == 1 ? "its key is %s" : "its keys are %s", list.p);
    pl_buf_done(&list);
}

bool compiler_keys(compiler *c, const pl_yaml_node *node, const char *const *known, size_t count) {
    char got[PL_YAML_DESCRIBE_SIZE];
    if (pl_yaml_kind_of(node) != PL_YAML_MAPPING) {
        compiler_error(c, node, "TYPE_MISMATCH", "expected a mapping, got %s",
                       pl_yaml_describe(node, got));
        list_keys(c, known, count);
        return false;
    }
    for (size_t i = 0; i < pl_yaml_count(node); i++) {
        const pl_yaml_node *key = pl_yaml_key_at(node, i);
        size_t k = 0;
        while (k < count && !pl_str_eqc(pl_yaml_text(key), known[k]))
            k++;
        if (k < count)
            continue;
        compiler_error(c, key, "KEY_UNKNOWN", "no key '%.64s' here", pl_yaml_text(key).p);
        if (pl_str_nearest(pl_yaml_text(key), known, count))
            compiler_did_you_mean(c, pl_yaml_text(key), known, count);
        else
            list_keys(c, known, count);
    }
    return true;
}

static bool no_tag(compiler *c, const pl_yaml_node *node) {
    if (!*pl_yaml_tag(node))
        return true;
    compiler_error(c, node, "TAG_UNKNOWN", "the tag '%.64s' has no meaning here",
                   pl_yaml_tag(node));
    return false;
}

bool compiler_text(compiler *c, const pl_yaml_node *node, pl_str *out) {
    char got[PL_YAML_DESCRIBE_SIZE];
    if (pl_yaml_get_str(node, out, NULL) == PL_OK)
        return no_tag(c, node);
    compiler_error(c, node, "TYPE_MISMATCH", "expected a text, got %s",
                   pl_yaml_describe(node, got));
    return false;
}

bool compiler_number(compiler *c, const pl_yaml_node *node, int64_t min, int64_t max,
                     int64_t *out) {
    char got[PL_YAML_DESCRIBE_SIZE];
    if (pl_yaml_get_i64(node, min, max, out, NULL) == PL_OK)
        return true;
    int64_t any;
    const char *rule = pl_yaml_get_i64(node, INT64_MIN, INT64_MAX, &any, NULL) == PL_OK
                           ? "OUT_OF_RANGE"
                           : "TYPE_MISMATCH";
    compiler_error(c, node, rule, "expected a number %lld..%lld, got %s", (long long)min,
                   (long long)max, pl_yaml_describe(node, got));
    return false;
}

bool compiler_bool(compiler *c, const pl_yaml_node *node, bool *out) {
    char got[PL_YAML_DESCRIBE_SIZE];
    if (pl_yaml_get_bool(node, out, NULL) == PL_OK)
        return true;
    compiler_error(c, node, "TYPE_MISMATCH", "expected true or false, got %s",
                   pl_yaml_describe(node, got));
    return false;
}

static bool is_number(const pl_yaml_node *node) {
    int64_t number;
    return pl_str_i64(pl_yaml_text(node), &number);
}

bool compiler_duration(compiler *c, const pl_yaml_node *node, uint64_t *out_ms) {
    char got[PL_YAML_DESCRIBE_SIZE];
    int64_t ms;
    if (is_number(node)) {
        compiler_error(c, node, "TYPE_MISMATCH", "expected a duration like 200ms or 2s, got %s",
                       pl_yaml_describe(node, got));
        compiler_hint(c, "say the unit: %.20sms or %.20ss", pl_yaml_text(node).p,
                      pl_yaml_text(node).p);
        return false;
    }
    if (pl_yaml_get_duration_ms(node, &ms, NULL) != PL_OK) {
        compiler_error(c, node, "TYPE_MISMATCH", "expected a duration like 200ms or 2s, got %s",
                       pl_yaml_describe(node, got));
        return false;
    }
    if (ms == 0 || ms > PL_CONTRACT_TIME_MAX) {
        compiler_error(c, node, "OUT_OF_RANGE", "expected a duration of 1ms..1h, got %s",
                       pl_yaml_describe(node, got));
        return false;
    }
    *out_ms = (uint64_t)ms;
    return true;
}
