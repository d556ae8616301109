/* SHA-256 (FIPS 180-4): a hash of contracts needs no cryptographic library. */
#ifndef CONTRACT_SHA256_H
#define CONTRACT_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_SIZE 32

typedef struct sha256 {
    uint32_t state[8];
    uint64_t size; /* bytes so far */
    uint8_t block[64];
} sha256;

void sha256_init(sha256 *s);
void sha256_add(sha256 *s, const void *data, size_t size);
void sha256_end(sha256 *s, uint8_t out[SHA256_SIZE]);

#endif
