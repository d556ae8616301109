/* Descriptor sets with one thing changed. */
#ifndef BREAKING_TESTS_MUTATE_H
#define BREAKING_TESTS_MUTATE_H

#include "parley/base/str.h"

/* What happens to a field or an enum value. */
typedef enum mutation_kind {
    MUTATE_DROP,
    MUTATE_STRING, /* its type */
    MUTATE_INT32,
    MUTATE_FIXED64,
    MUTATE_BYTES,
    MUTATE_NUMBER,
    MUTATE_REPEATED,
    MUTATE_SINGLE,
    MUTATE_NAME,
    MUTATE_KINDS
} mutation_kind;

typedef struct mutation {
    mutation_kind kind;
    size_t target; /* the how manyth field or value of the file */
    size_t seen;   /* how many there are; set by mutate */
} mutation;

/* Writes the set in BYTES to OUT, with M done to the file FILE. */
void mutate(pl_str bytes, const char *file, mutation *m, pl_buf *out);

#endif
