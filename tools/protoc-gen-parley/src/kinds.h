/* What a field holds, as far as limits and checks tell types apart. */
#ifndef PL_GEN_KINDS_H
#define PL_GEN_KINDS_H

#include "model.h"

typedef enum pl_gen_kind {
    PL_KIND_TEXT,
    PL_KIND_BYTES,
    PL_KIND_I64, /* every signed integer */
    PL_KIND_U64, /* every unsigned integer */
    PL_KIND_F64, /* float and double */
    PL_KIND_BOOL,
    PL_KIND_ENUM,
    PL_KIND_MESSAGE
} pl_gen_kind;

/* Of one value of FIELD. */
pl_gen_kind pl_gen_kind_of(const pl_gen_field *field);

/* Whether it is a number, so that min and max mean something. */
bool pl_gen_is_number(const pl_gen_field *field);

/* Whether it is a map. */
bool pl_gen_is_map(const pl_gen_field *field);

#endif
