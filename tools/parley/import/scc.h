/* Contracts of Spring Cloud Contract, as they are read from YAML or Groovy.
 *
 * Both notations become the same tree, of which every part knows its place, so that what cannot be
 * carried over is told with line and column. Texts and parts live in the arena of the source.
 */
#ifndef PARLEY_IMPORT_SCC_H
#define PARLEY_IMPORT_SCC_H

#include "parley/base/arena.h"
#include "parley/contract/findings.h"

/* Bytes of a file, contracts of one, depth of what stands within another. */
#define SCC_FILE_MAX      (1 << 20)
#define SCC_CONTRACTS_MAX 1000
#define SCC_DEPTH_MAX     64

/* From 1; columns count characters. */
typedef struct scc_at {
    uint32_t line, column;
} scc_at;

/* A predefined pattern: nonEmpty(), anyUuid(), predefined: uuid. */
typedef struct scc_pattern {
    const char *name;    /* "uuid"; in YAML and Groovy it is spelled in several ways */
    const char *regex;   /* the whole text */
    const char *example; /* that matches it */
    const char *tag;     /* ours that says the same of a text, or "" */
} scc_pattern;

typedef enum scc_match { SCC_EQUAL, SCC_REGEX, SCC_TYPE, SCC_NOTHING, SCC_COMMAND } scc_match;

typedef struct scc_matcher {
    scc_match kind;
    scc_at at;
    pl_str regex;             /* SCC_REGEX */
    const scc_pattern *known; /* SCC_REGEX: that is predefined; NULL: written by hand */
    bool has_min, has_max;    /* SCC_TYPE of a list */
    uint32_t min, max;
} scc_matcher;

typedef enum scc_kind {
    SCC_NULL,
    SCC_BOOL,
    SCC_NUMBER,
    SCC_TEXT,
    SCC_LIST,
    SCC_MAP,
    SCC_UNKNOWN /* it is computed, and was told of */
} scc_kind;

/* A value, which is also the example where it has a matcher. */
typedef struct scc_value scc_value;
struct scc_value {
    scc_kind kind;
    scc_at at;
    pl_str text;   /* of scalars, as written; NUL-terminated */
    pl_str key;    /* of a map's entry */
    scc_at key_at; /* the value's where the key's is not known */
    scc_value *children, *last, *next;
    size_t count;
    const scc_matcher *matcher; /* NULL: equality */
};

/* A request, a response or a message. NULL: not said. */
typedef struct scc_part {
    bool present;
    scc_at at;
    scc_value *method, *url, *query, *status, *sent_to, *headers, *body;
} scc_part;

typedef struct scc_contract scc_contract;
struct scc_contract {
    scc_contract *next;
    scc_at at;
    pl_str name, description, label, triggered_by;
    scc_at priority_at;
    int64_t priority; /* 0: not said; 1 is the greatest */
    bool ignored, in_progress;
    scc_part request, response, output;
};

typedef struct scc_source {
    const char *path;
    pl_str text;
    pl_arena arena;
    pl_findings *findings;
    scc_contract *contracts, *last;
    size_t count;
    bool full; /* no memory, or more than the limits allow */
} scc_source;

/* Read a source's text into its contracts; what is not understood are findings. */
void scc_read_groovy(scc_source *s);
void scc_read_yaml(scc_source *s);

/* ---- parts (parts.c) ------------------------------------------------------------------------- */

/* NULL: no memory, or too many. */
scc_contract *scc_contract_new(scc_source *s, scc_at at);
scc_value *scc_value_new(scc_source *s, scc_kind kind, scc_at at, pl_str text);
scc_matcher *scc_matcher_new(scc_source *s, scc_match kind, scc_at at);
/* Appends CHILD, which may be NULL. */
void scc_value_add(scc_value *parent, scc_value *child);
/* The entry KEY of a map, or NULL. */
scc_value *scc_value_find(const scc_value *map, const char *key);
/* A NUL-terminated copy. */
pl_str scc_copy(scc_source *s, pl_str text);

void scc_finding(scc_source *s, scc_at at, pl_severity severity, const char *rule,
                 const char *format, ...) PL_PRINTF(5, 6);

/* A line of the source, for a message. */
pl_str scc_line(const scc_source *s, uint32_t line);
/* The value of JSON text that begins at AT, or NULL: it is none. */
scc_value *scc_json(scc_source *s, pl_str text, scc_at at);
/* Gives what PATH ("$.items[*].id") leads to in BODY the matcher; what it cannot is a finding. */
void scc_apply(scc_source *s, scc_value *body, pl_str path, scc_at at, const scc_matcher *matcher);

/* ---- patterns (patterns.c) ------------------------------------------------------------------- */

/* By its name in Groovy ("anyUuid", "nonEmpty") or YAML ("non_empty"); NULL: there is none. */
const scc_pattern *scc_pattern_find(pl_str name);
/* The whole of TEXT matches; false also where REGEX is no pattern of ours. */
bool scc_pattern_matches(scc_source *s, pl_str regex, pl_str text);
/* A text that the whole of REGEX matches, in the arena; empty: none was found. */
pl_str scc_pattern_example(scc_source *s, pl_str regex);

#endif
