/* Templates: text with @name@ in it, and what becomes of it.
 *
 * Names of any length leave the result as clang-format would: a statement stands in its template
 * on one line, however long, and is broken here; #include lines are put in order. Only what the
 * templates need is known: argument lists of declarations and calls, and one assignment. */
#ifndef PARLEY_NEW_RENDER_H
#define PARLEY_NEW_RENDER_H

#include <stddef.h>

#include "parley/base/error.h"
#include "parley/base/str.h"

/* Columns of a line. */
#define RENDER_COLUMNS 100

typedef struct render_var {
    const char *name; /* without the @ */
    const char *value;
} render_var;

/* Appends TEXT to OUT with VARS replaced, laid out as C where AS_C. PL_INTERNAL: TEXT has a name
 * that VARS have not; PL_RESOURCE_EXHAUSTED: OUT is full. */
PL_NODISCARD pl_code render(pl_str text, const render_var *vars, size_t count, bool as_c,
                            pl_buf *out, pl_error *err);

#endif
