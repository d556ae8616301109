/* A JSON log line as people read it. */
#ifndef PARLEY_TOOL_PRETTY_H
#define PARLEY_TOOL_PRETTY_H

#include <stdbool.h>

#include "parley/base/str.h"

/* Appends "12:34:56.789 info  event key=value ..."; false, with nothing appended, where
 * LINE is no JSON log line. */
bool log_line_pretty(pl_str line, pl_buf *out);

#endif
