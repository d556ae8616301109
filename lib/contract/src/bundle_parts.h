/* Writing bundles: what both halves know. */
#ifndef CONTRACT_BUNDLE_PARTS_H
#define CONTRACT_BUNDLE_PARTS_H

#include "parley/contract/bundle.h"

/* Numbers of parley/contract/v1/bundle.proto and of FileDescriptorSet. */
enum { BUNDLE_VERSION = 1, BUNDLE_HASH = 2, BUNDLE_TYPES = 3, BUNDLE_FILES = 4, SET_FILE = 1 };

/* The files of a pool that a bundle holds. */
typedef struct needed {
    const pl_pool *pool;
    bool *marks; /* by the file's place in the pool; the caller frees them */
} needed;

/* The files of every provider's package, those of types that are named, and their imports. */
PL_NODISCARD pl_code needed_find(const pl_contract_set *set, needed *n, pl_error *err);
PL_NODISCARD pl_code needed_hash(const pl_contract_set *set, const needed *n,
                                 uint8_t out[PL_HASH_SIZE], pl_error *err);

/* Appends a file to a FileDescriptorSet, without comments and positions. */
bool put_plain_file(const pl_file *file, pl_buf *out);

#endif
