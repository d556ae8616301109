/* YAML documents with positions and limits, over libyaml.
 *
 * A document is read completely, checked, and then only looked at: nodes are
 * views that live as long as the document. Scalars keep their text and style;
 * what type they have is decided by who reads them (pl_yaml_get_i64 ...), so
 * `version: 1.10` is never silently 1.1 and `country: no` never false. Anchors,
 * aliases and merges (<<) are resolved; what they expand to counts against the
 * limits. Refused, with "FILE:LINE:COL: what, what was expected": duplicate keys,
 * tabs in indentation, more than one document, text that is not UTF-8, keys that
 * are not scalars, aliases of themselves.
 *
 * It does not write YAML, keep comments, or apply a schema. Lines and columns
 * count from 1, columns in characters. A document may be read by many threads.
 *
 *     pl_yaml_doc *doc;
 *     if (pl_yaml_load("system.yaml", &doc, &err)) ...
 *     const pl_yaml_node *port = pl_yaml_find(pl_yaml_root(doc), "port");
 *     if (port && pl_yaml_get_i64(port, 1, 65535, &value, &err)) ...
 *     pl_yaml_free(doc);
 */
#ifndef PARLEY_YAML_YAML_H
#define PARLEY_YAML_YAML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "parley/base/error.h"
#include "parley/base/macros.h"
#include "parley/base/str.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Greatest document in bytes, depth of nesting, nodes as written (keys count), nodes that its
 * aliases and merges stand for, and keys of one mapping. */
#define PL_YAML_MAX_SIZE     (4u << 20)
#define PL_YAML_MAX_DEPTH    64u
#define PL_YAML_MAX_NODES    200000u
#define PL_YAML_MAX_EXPANDED 10000u
#define PL_YAML_MAX_ENTRIES  2000u

typedef struct pl_yaml_doc pl_yaml_doc;
typedef struct pl_yaml_node pl_yaml_node;

typedef enum pl_yaml_kind { PL_YAML_SCALAR, PL_YAML_SEQUENCE, PL_YAML_MAPPING } pl_yaml_kind;

/* How a scalar was written. Only a plain one can be a number, a bool or null. */
typedef enum pl_yaml_style {
    PL_YAML_PLAIN,
    PL_YAML_SINGLE_QUOTED,
    PL_YAML_DOUBLE_QUOTED,
    PL_YAML_LITERAL, /* | */
    PL_YAML_FOLDED   /* > */
} pl_yaml_style;

/* Reads TEXT, which NAME stands for in messages; both are copied. An empty
 * document has a null root (a plain, empty scalar).
 * PL_INVALID_ARGUMENT: "NAME:LINE:COL: ..."; PL_RESOURCE_EXHAUSTED: no memory. */
pl_code pl_yaml_parse(pl_str text, const char *name, pl_yaml_doc **out_doc,
                      pl_error *err) PL_NODISCARD;

/* The same for the file PATH. Also PL_NOT_FOUND, PL_PERMISSION_DENIED, ... as errno says. */
pl_code pl_yaml_load(const char *path, pl_yaml_doc **out_doc, pl_error *err) PL_NODISCARD;

/* Frees the document and all its nodes. NULL is allowed. */
void pl_yaml_free(pl_yaml_doc *doc);

/* Never NULL. */
const pl_yaml_node *pl_yaml_root(const pl_yaml_doc *doc);
const char *pl_yaml_name(const pl_yaml_doc *doc);
/* The text of a line, without its end, for a message that shows it; empty beyond the end. */
pl_str pl_yaml_source_line(const pl_yaml_doc *doc, uint32_t line);

/* A node: what it is, and where its text begins. An aliased node says where its
 * anchor stands. */
pl_yaml_kind pl_yaml_kind_of(const pl_yaml_node *node);
uint32_t pl_yaml_line(const pl_yaml_node *node);
uint32_t pl_yaml_column(const pl_yaml_node *node);
const pl_yaml_doc *pl_yaml_document(const pl_yaml_node *node);
/* The explicit tag ("!regex", "tag:yaml.org,2002:str"), or "". */
const char *pl_yaml_tag(const pl_yaml_node *node);
/* "a mapping", "a sequence", "text 'x'", "null": for messages. Cut at 64 bytes. */
#define PL_YAML_DESCRIBE_SIZE 96
const char *pl_yaml_describe(const pl_yaml_node *node, char out[PL_YAML_DESCRIBE_SIZE]);

/* Scalars: text (NUL-terminated as well; empty for other kinds) and style. */
pl_str pl_yaml_text(const pl_yaml_node *node);
pl_yaml_style pl_yaml_style_of(const pl_yaml_node *node);
/* Plain and empty, ~, or null. */
bool pl_yaml_is_null(const pl_yaml_node *node);

/* Entries of a mapping or elements of a sequence; 0 for a scalar. */
size_t pl_yaml_count(const pl_yaml_node *node);
/* Element or value at INDEX < count. */
const pl_yaml_node *pl_yaml_at(const pl_yaml_node *node, size_t index);
/* Key of the entry at INDEX < count: a scalar. Merged entries follow the written ones. */
const pl_yaml_node *pl_yaml_key_at(const pl_yaml_node *mapping, size_t index);
/* The value of KEY; NULL where there is none, where NODE is no mapping, or is NULL. */
const pl_yaml_node *pl_yaml_find(const pl_yaml_node *node, const char *key);

/* Readers. Each answers PL_INVALID_ARGUMENT with "FILE:LINE:COL: expected X, got Y"
 * and writes *out only on success. ERR may be NULL. */
/* Any scalar but null. Borrowed from the document. */
pl_code pl_yaml_get_str(const pl_yaml_node *, pl_str *out, pl_error *err) PL_NODISCARD;
/* A plain decimal number within MIN and MAX. */
pl_code pl_yaml_get_i64(const pl_yaml_node *, int64_t min, int64_t max, int64_t *out,
                        pl_error *err) PL_NODISCARD;
/* A plain, finite number. */
pl_code pl_yaml_get_f64(const pl_yaml_node *, double *out, pl_error *err) PL_NODISCARD;
/* A plain true or false (YAML 1.2: yes and on are text). */
pl_code pl_yaml_get_bool(const pl_yaml_node *, bool *out, pl_error *err) PL_NODISCARD;
/* 250ms, 2s, 5m, 1h, or a number of milliseconds; not negative. */
pl_code pl_yaml_get_duration_ms(const pl_yaml_node *, int64_t *out, pl_error *err) PL_NODISCARD;
/* One of COUNT words; *out is its index. */
pl_code pl_yaml_get_choice(const pl_yaml_node *, const char *const *words, size_t count,
                           size_t *out, pl_error *err) PL_NODISCARD;
/* The node is of this kind. */
pl_code pl_yaml_expect(const pl_yaml_node *, pl_yaml_kind kind, pl_error *err) PL_NODISCARD;
/* The mapping's value of KEY; PL_INVALID_ARGUMENT "missing key" where there is none. */
pl_code pl_yaml_require(const pl_yaml_node *mapping, const char *key, const pl_yaml_node **out,
                        pl_error *err) PL_NODISCARD;
/* NODE is a mapping and each of its keys is one of COUNT known ones; otherwise
 * "unknown key 'x', did you mean 'y'?". */
pl_code pl_yaml_check_keys(const pl_yaml_node *, const char *const *known, size_t count,
                           pl_error *err) PL_NODISCARD;

/* Sets ERR to "FILE:LINE:COL: message" for NODE; returns PL_INVALID_ARGUMENT. */
pl_code pl_yaml_fail(const pl_yaml_node *node, pl_error *err, const char *format, ...)
    PL_PRINTF(3, 4);

#ifdef __cplusplus
}
#endif
#endif
