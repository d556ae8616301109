/* The canonical layout of contract files; comments stay where they are.
 *
 * Lines keep their content and order: what changes is indentation (two spaces a level, items
 * below the key they belong to), spaces within brackets (`{ a: 1, b: [1, 2] }`), empty lines
 * (one between contracts) and ends of lines. It is YAML alone: a file need not compile. The
 * result means exactly what the text meant, which is checked, and formatting it again changes
 * nothing.
 */
#ifndef PARLEY_CONTRACT_FORMAT_H
#define PARLEY_CONTRACT_FORMAT_H

#include "parley/base/error.h"
#include "parley/base/str.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Appends TEXT in canonical layout; NAME stands for it in messages.
 * PL_INVALID_ARGUMENT: TEXT is no YAML, "NAME:LINE:COL: ..."; PL_RESOURCE_EXHAUSTED: no memory;
 * PL_INTERNAL: the layout would change what the text means. */
PL_NODISCARD pl_code pl_contract_format(pl_str text, const char *name, pl_buf *out, pl_error *err);

#ifdef __cplusplus
}
#endif
#endif
