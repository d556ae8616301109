/* Base64 as ProtoJSON has it: read in both alphabets, padded or not, written in the
 * standard one with padding (RFC 4648). */
#ifndef JSON_BASE64_H
#define JSON_BASE64_H

#include "parley/base/str.h"

/* Writes at most 3 * (text.n / 4 + 1) bytes; false where TEXT is not base64. */
bool base64_decode(pl_str text, char *out, size_t *out_size);
/* Appends; false where OUT is full. */
bool base64_encode(pl_str bytes, pl_buf *out);

#endif
