/* The schema hash of an event, which its envelope carries. The only includer of
 * OpenSSL among the tools. */
#ifndef PL_GEN_SCHEMA_HASH_H
#define PL_GEN_SCHEMA_HASH_H

#include "model.h"

/* The first 8 bytes of the SHA-256 of MESSAGE's packed descriptor, big endian. It changes
 * with fields, types and options, not with comments. PL_RESOURCE_EXHAUSTED: no memory. */
PL_NODISCARD pl_code pl_gen_schema_hash(const pl_gen_message *message, pl_arena *arena,
                                        uint64_t *out_hash);

#endif
