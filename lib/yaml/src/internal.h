/* What a document is made of. Everything hangs in the document's arena. */
#ifndef PARLEY_YAML_INTERNAL_H
#define PARLEY_YAML_INTERNAL_H

#include "parley/base/arena.h"
#include "parley/yaml/yaml.h"

enum { MAX_ANCHORS = 1000 };
/* Bytes of a document's arena: a scalar can be half as long again as its source
 * ("\L" is three bytes), beside it the source and the nodes. */
#define ARENA_BUDGET ((size_t)PL_YAML_MAX_SIZE * 3 + (size_t)PL_YAML_MAX_NODES * 160)

struct pl_yaml_node {
    const pl_yaml_doc *doc;
    pl_yaml_kind kind;
    pl_yaml_style style;
    uint32_t line, column;
    uint32_t expanded; /* nodes from here down, each alias counted as what it stands for */
    uint32_t height;   /* levels from here down */
    const char *tag;
    pl_str text;           /* scalar; NUL-terminated */
    size_t count;          /* entries or elements */
    pl_yaml_node **keys;   /* mapping: count keys */
    pl_yaml_node **values; /* count values or elements */
};

struct pl_yaml_doc {
    pl_arena arena;
    const char *name;
    pl_str source;
    pl_yaml_node *root;
};

/* Composes doc->root from doc->source. Fills ERR as pl_yaml_parse says. */
pl_code pl_yaml_build(pl_yaml_doc *doc, pl_error *err);

/* The line and column (from 1) of the byte at OFFSET, which need not be UTF-8 from there on. */
void pl_yaml_position(pl_str text, size_t offset, uint32_t *out_line, uint32_t *out_column);

#endif
