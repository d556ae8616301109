/* Inside the library: where the elements of a pool stand in its descriptors, each found by binary
 * search. Made whole by the first question, because a schema has many elements and a comparison
 * asks about most of them. */
#ifndef PL_BREAKING_RAW_INDEX_H
#define PL_BREAKING_RAW_INDEX_H

#include "parley/schema/pool.h"

/* A message, enum, service, method or field that is no extension; of a file its options. */
typedef struct raw_entry {
    const void *element;
    pl_str bytes;
    uint32_t index; /* among its like, in what it is declared in */
} raw_entry;

/* A location of SourceCodeInfo. */
typedef struct raw_location {
    const pl_file *file;
    pl_str path; /* packed, as it stands */
    pl_str span;
} raw_location;

typedef struct raw_index {
    raw_entry *entries;
    size_t entry_count, entry_room;
    raw_location *locations;
    size_t location_count, location_room;
    bool made, failed; /* failed: there was no memory */
} raw_index;

/* NULL: it is not there, or no memory. ELEMENT and FILE are of POOL. */
const raw_entry *raw_index_entry(raw_index *x, const pl_pool *pool, const void *element);
/* The first of FILE that has PATH. */
const raw_location *raw_index_location(raw_index *x, const pl_pool *pool, const pl_file *file,
                                       pl_str path);
void raw_index_done(raw_index *x);

#endif
