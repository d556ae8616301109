#include "parley/crypto/sha256.h"

#include <openssl/evp.h>

pl_code pl_sha256(pl_str bytes, uint8_t out[PL_SHA256_SIZE], pl_error *err) {
    uint8_t hash[PL_SHA256_SIZE];
    if (!EVP_Digest(bytes.p, bytes.n, hash, NULL, EVP_sha256(), NULL))
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "SHA-256: no memory");
    memcpy(out, hash, sizeof hash);
    return PL_OK;
}
