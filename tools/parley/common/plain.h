/* Text from elsewhere - servers, logs - on its way to a terminal, which would obey the control
 * characters in it. */
#ifndef PARLEY_TOOL_PLAIN_H
#define PARLEY_TOOL_PLAIN_H

#include <stdio.h>

#include "parley/base/str.h"

typedef enum tool_plain {
    TOOL_PLAIN_LINE,  /* newlines count as control characters, tabs do not */
    TOOL_PLAIN_LINES, /* newlines and tabs do not */
    TOOL_PLAIN_JSON   /* the same, of a JSON text: it stays one */
} tool_plain;

/* Appends TEXT with its control characters (ASCII's, and C1, also as single bytes) as \x1b, in JSON
 * as \u001b. False where it does not fit. */
bool tool_put_plain(pl_buf *out, pl_str text, tool_plain kind);

/* As fprintf; the whole is TOOL_PLAIN_LINES. */
void tool_print_plain(FILE *file, const char *format, ...) PL_PRINTF(2, 3);

#endif
