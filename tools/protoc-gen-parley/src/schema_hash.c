#include "schema_hash.h"

#include <openssl/evp.h>

#define HASH_BYTES 8

pl_code pl_gen_schema_hash(const pl_gen_message *message, pl_arena *arena, uint64_t *out_hash) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    pl_str bytes;
    pl_code code = pl_plugin_pack(&message->proto->base, arena, &bytes, NULL);
    if (code)
        return code;
    if (!EVP_Digest(bytes.p, bytes.n, digest, &size, EVP_sha256(), NULL) || size < HASH_BYTES)
        return PL_RESOURCE_EXHAUSTED;
    uint64_t hash = 0;
    for (size_t i = 0; i < HASH_BYTES; i++)
        hash = hash << 8 | digest[i];
    *out_hash = hash;
    return PL_OK;
}
