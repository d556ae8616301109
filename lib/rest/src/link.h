/* Links: texts with fields in braces, "/orders/{id}", filled from a message. */
#ifndef PARLEY_REST_LINK_H
#define PARLEY_REST_LINK_H

#include "parley/base/arena.h"
#include "parley/base/error.h"
#include "parley/base/str.h"
#include "parley/schema/pool.h"

/* Greatest number of fields in one link. */
#define REST_LINK_FIELDS_MAX 8

/* Text, then a field behind it. */
typedef struct rest_link_piece {
    pl_str text;
    const pl_field *const *fields; /* the way to the value; NULL: the text is all */
    size_t depth;
} rest_link_piece;

typedef struct rest_link {
    pl_str rel;
    bool absolute; /* begins with "/" and is to be made absolute */
    const rest_link_piece *pieces;
    size_t count;
} rest_link;

/* Takes HREF apart over the fields of TYPE. PL_INVALID_ARGUMENT: a brace without its
 * partner, a field that does not exist or has no text; PL_RESOURCE_EXHAUSTED. */
PL_NODISCARD pl_code rest_link_parse(pl_arena *arena, pl_str rel, pl_str href, bool relative,
                                     const pl_message_type *type, rest_link *out_link,
                                     pl_error *err);

/* Appends the link filled from MESSAGE (of the type it was parsed for), after BASE
 * ("http://host") where it is absolute. */
PL_NODISCARD pl_code rest_link_write(const rest_link *link, pl_str base, pl_str message,
                                     pl_buf *out, pl_error *err);

#endif
