/* Log lines: JSON ones as people read them, and when a line was written. */
#ifndef PARLEY_TOOL_PRETTY_H
#define PARLEY_TOOL_PRETTY_H

#include <stdbool.h>

#include "parley/base/clock.h"
#include "parley/base/str.h"

/* Appends "12:34:56.789 info  event key=value ..."; false, with nothing appended, where
 * LINE is no JSON log line. */
bool log_line_pretty(pl_str line, pl_buf *out);

/* When LINE was written, as RFC 3339 in UTC: of a JSON log line, of PostgreSQL ("2026-11-21
 * 12:34:56.789 UTC") and of Redis ("123:M 21 Nov 2026 12:34:56.789"). False, with nothing
 * written, for another line. */
bool log_line_time(pl_str line, char out_time[PL_RFC3339_SIZE]);

#endif
