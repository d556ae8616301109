/* Findings: what is wrong with contracts, where, and what to do about it.
 *
 * A list that every check appends to, so that a reader sees all of what is wrong and
 * not the first of it. It is printed as compilers do: "file:line:col: error: message
 * [RULE]", the source line, a caret under the character, and a hint. Texts are copied.
 * One thread at a time.
 *
 *     pl_findings *list = pl_findings_new();
 *     pl_findings_add(list, &where, PL_FINDING_ERROR, "FIELD_UNKNOWN", "no field '%s'", name);
 *     pl_findings_hint(list, "did you mean 'price'?");
 *     pl_findings_print(list, false, &out);
 *     pl_findings_free(list);
 */
#ifndef PARLEY_CONTRACT_FINDINGS_H
#define PARLEY_CONTRACT_FINDINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "parley/base/error.h"
#include "parley/base/macros.h"
#include "parley/base/str.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Greatest number that is kept; further ones are counted and dropped. */
#define PL_FINDINGS_MAX 10000u
/* Bytes of a list's texts. */
#define PL_FINDINGS_MEMORY_MAX (16u << 20)

typedef enum pl_severity { PL_FINDING_ERROR, PL_FINDING_WARNING, PL_FINDING_NOTE } pl_severity;

typedef struct pl_finding {
    pl_severity severity;
    const char *rule; /* "FIELD_UNKNOWN" */
    const char *file;
    uint32_t line, column; /* from 1, column in characters; line 0: of the file as a whole */
    const char *message;
    const char *hint;        /* "": none */
    const char *source_line; /* "": not known */
    /* What it stands against, of a finding about two places; file "": of one. */
    const char *other_file;
    uint32_t other_line;
} pl_finding;

/* Where a finding is. */
typedef struct pl_finding_place {
    const char *file;
    uint32_t line, column;
    pl_str source_line;
} pl_finding_place;

typedef struct pl_findings pl_findings;

/* NULL: no memory. */
pl_findings *pl_findings_new(void);
/* NULL is allowed. */
void pl_findings_free(pl_findings *list);

/* Appends; RULE must be static. What does not fit is dropped, and pl_findings_dropped says so. */
void pl_findings_add(pl_findings *list, const pl_finding_place *place, pl_severity severity,
                     const char *rule, const char *format, ...) PL_PRINTF(5, 6);
void pl_findings_addv(pl_findings *list, const pl_finding_place *place, pl_severity severity,
                      const char *rule, const char *format, va_list args);
/* Gives the finding added last its hint. */
void pl_findings_hint(pl_findings *list, const char *format, ...) PL_PRINTF(2, 3);
/* Gives it the place that it stands against. */
void pl_findings_other(pl_findings *list, const char *file, uint32_t line);
/* Makes a finding of an error "FILE:LINE:COL: message"; other texts are put at line 0 of FILE. */
void pl_findings_error(pl_findings *list, const char *file, const char *rule, const pl_error *err,
                       pl_str text);

/* By file, line, column and rule; what is said twice is said once. */
void pl_findings_sort(pl_findings *list);

size_t pl_findings_count(const pl_findings *list);
const pl_finding *pl_findings_at(const pl_findings *list, size_t index);
/* How many are errors. */
size_t pl_findings_errors(const pl_findings *list);
/* How many did not fit. */
size_t pl_findings_dropped(const pl_findings *list);

/* "error", "warning", "note". */
const char *pl_severity_name(pl_severity severity);

/* Appends one finding as text, with ends of lines; COLOR: for a terminal. False: OUT is full. */
bool pl_finding_print(const pl_finding *finding, bool color, pl_buf *out);
/* Appends {"file","line","column","severity","rule","message","hint"}. */
bool pl_finding_json(const pl_finding *finding, pl_buf *out);

#ifdef __cplusplus
}
#endif
#endif
