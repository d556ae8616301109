/* Reading compiled contracts: the state that matchers and contracts share. */
#ifndef CONTRACT_WIRE_GET_H
#define CONTRACT_WIRE_GET_H

#include "wire.h"

typedef struct reader {
    pl_contract_set *set;
    pl_arena *arena;
    pl_error *err;
    pl_code code; /* of the first thing that was wrong */
    bool outline; /* messages of steps are left out */
} reader;

/* Notes what is wrong; always false. */
bool reader_fail(reader *r, const char *what, pl_str name);
void *reader_alloc(reader *r, size_t count, size_t size);
/* A NUL-terminated copy. */
pl_str reader_text(reader *r, pl_str text);
/* How often field NUMBER stands in MESSAGE. */
size_t reader_count(pl_str message, uint32_t number);
pl_contract_at reader_at(pl_str bytes);

/* A matcher for FIELD, or, where FIELD is NULL, a MESSAGE of TYPE. NULL: it is wrong. */
const pl_matcher *reader_matcher(reader *r, pl_str bytes, const pl_field *field,
                                 const pl_message_type *type);
/* A TYPED matcher that stands by itself: a status detail, a header. */
const pl_matcher *reader_typed(reader *r, pl_str bytes);

#endif
