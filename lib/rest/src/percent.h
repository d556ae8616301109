/* Percent-decoding (RFC 3986, and the form encoding of a query). */
#ifndef PARLEY_REST_PERCENT_H
#define PARLEY_REST_PERCENT_H

#include <stdbool.h>

#include "parley/base/arena.h"
#include "parley/base/error.h"
#include "parley/base/str.h"

typedef enum percent_mode {
    PERCENT_ALL,        /* everything */
    PERCENT_KEEP_SLASH, /* "%2F" stays: a variable of several segments */
    PERCENT_FORM        /* '+' is a space: a query or a form */
} percent_mode;

/* RAW decoded once, in ARENA or borrowed where there is nothing to decode.
 * PL_INVALID_ARGUMENT on a broken escape, a NUL or text that is not UTF-8. */
PL_NODISCARD pl_code percent_decode(pl_arena *arena, pl_str raw, percent_mode mode,
                                    pl_str *out_text, pl_error *err);

/* Appends TEXT with all but the unreserved characters and '@' (and '/', where KEEP_SLASH)
 * escaped. */
bool percent_encode(pl_buf *out, pl_str text, bool keep_slash);

/* Encoding would change nothing of TEXT. */
bool percent_is_plain(pl_str text);

/* RAW holds "%2F" in either case. */
bool percent_has_slash(pl_str raw);

#endif
