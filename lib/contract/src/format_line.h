/* Spaces within one line of a contract file. */
#ifndef CONTRACT_FORMAT_LINE_H
#define CONTRACT_FORMAT_LINE_H

#include "parley/base/str.h"

/* Appends LINE, which has no indentation: one space behind a key and a dash, brackets as
 * `{ a: 1 }` and `[1, 2]`, one space before a comment, none at the end. Texts stay as they are,
 * and so does a line whose brackets end on another one. */
void format_line(pl_str line, pl_buf *out);

#endif
