/* Where generated text is collected: lines in the house's width, doc comments, C
 * strings. Like pl_buf it remembers a failure, to be asked once at the end. */
#ifndef PL_GEN_OUT_H
#define PL_GEN_OUT_H

#include "parley/base/str.h"

/* Columns of a line. */
#define PL_OUT_COLUMNS 100
/* Greatest length of one line before it is wrapped. */
#define PL_OUT_LINE_MAX 4096
/* Greatest size of one generated file. */
#define PL_OUT_MAX (32u << 20)

typedef struct pl_out {
    pl_buf buf;
} pl_out;

pl_out pl_out_make(void);
void pl_out_done(pl_out *out);

/* One line; a "\n" is added. What is longer than PL_OUT_COLUMNS is wrapped as the house's
 * formatter does: behind commas, below the opening parenthesis or brace. */
void pl_out_line(pl_out *out, const char *format, ...) PL_PRINTF(2, 3);
/* The line that LINE holds, which is emptied and freed. */
void pl_out_built(pl_out *out, pl_buf *line);
/* Text as it is. */
void pl_out_raw(pl_out *out, const char *format, ...) PL_PRINTF(2, 3);
/* An empty line. */
void pl_out_gap(pl_out *out);
/* TEXT as a comment, INDENT spaces in; nothing where TEXT is NULL. */
void pl_out_comment(pl_out *out, int indent, const char *text);
/* One comment, its words filled into lines. */
void pl_out_prose(pl_out *out, int indent, const char *format, ...) PL_PRINTF(3, 4);
/* TEXT as a C string literal in quotes. */
void pl_out_string(pl_out *out, const char *text);
/* SIZE bytes as the items of an array initialiser. */
void pl_out_bytes(pl_out *out, const uint8_t *bytes, size_t size);

#endif
