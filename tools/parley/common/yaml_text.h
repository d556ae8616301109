/* Texts as values in YAML. */
#ifndef PARLEY_TOOL_YAML_TEXT_H
#define PARLEY_TOOL_YAML_TEXT_H

#include "parley/base/str.h"

/* Appends TEXT, which is UTF-8, as a scalar in one line, within brackets or not: as it is where
 * contracts read it so, else quoted, with escapes where it has characters that YAML refuses or
 * takes for an end of line. */
void yaml_put_text(pl_str text, pl_buf *out);

#endif
