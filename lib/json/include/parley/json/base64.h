/* Base64 as ProtoJSON has it: read in both alphabets, padded or not, written in the
 * standard one with padding (RFC 4648). No state: any thread. */
#ifndef PARLEY_JSON_BASE64_H
#define PARLEY_JSON_BASE64_H

#include "parley/base/str.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Writes at most 3 * (text.n / 4 + 1) bytes to OUT; false where TEXT is not base64. */
bool pl_base64_decode(pl_str text, char *out, size_t *out_size);
/* Appends; false where OUT is full. */
bool pl_base64_encode(pl_str bytes, pl_buf *out);

#ifdef __cplusplus
}
#endif
#endif
