/* Patterns: PCRE2 with limits, so that no pattern can stall a process.
 *
 * A pattern is UTF-8 and must match the whole text ("^" and "$" are not needed), unless
 * it was made for searching.
 * Matching is bounded in steps, depth and memory. A compiled pattern is immutable:
 * any number of threads may match with it.
 *
 *     pl_pattern *p = NULL;
 *     if (pl_pattern_new(pl_str_c("[A-Z]{3}"), &p, &err)) ...
 *     bool yes;
 *     if (pl_pattern_match(p, text, &yes, &err)) ...
 *     pl_pattern_free(p);
 */
#ifndef PARLEY_SCHEMA_PATTERN_H
#define PARLEY_SCHEMA_PATTERN_H

#include "parley/base/error.h"
#include "parley/base/str.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Greatest pattern and text, in bytes. */
#define PL_PATTERN_MAX      4096u
#define PL_PATTERN_TEXT_MAX (1u << 20)
/* Greatest number of match() steps and of backtracking depth, as PCRE2 counts. */
#define PL_PATTERN_STEPS_MAX 100000u
#define PL_PATTERN_DEPTH_MAX 1000u
/* Greatest heap of one match, in KiB. */
#define PL_PATTERN_HEAP_KIB 1024u

typedef struct pl_pattern pl_pattern;

/* PL_INVALID_ARGUMENT: malformed, with the offset and what is wrong, or longer than
 * PL_PATTERN_MAX; PL_RESOURCE_EXHAUSTED: no memory. */
PL_NODISCARD pl_code pl_pattern_new(pl_str text, pl_pattern **out_pattern, pl_error *err);
/* The same, but a part of the text is enough: "^" and "$" stand for its ends. */
PL_NODISCARD pl_code pl_pattern_new_search(pl_str text, pl_pattern **out_pattern, pl_error *err);
/* NULL is allowed. */
void pl_pattern_free(pl_pattern *pattern);

/* Whether the whole TEXT matches. PL_INVALID_ARGUMENT: TEXT is not UTF-8 or too long;
 * PL_RESOURCE_EXHAUSTED: a limit was reached. Thread-safe. */
PL_NODISCARD pl_code pl_pattern_match(const pl_pattern *pattern, pl_str text, bool *out_matches,
                                      pl_error *err);

#ifdef __cplusplus
}
#endif
#endif
