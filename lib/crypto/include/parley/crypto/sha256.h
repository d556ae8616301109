/* SHA-256 (FIPS 180-4) of bytes that are there at once.
 *
 *     uint8_t hash[PL_SHA256_SIZE];
 *     if (pl_sha256(bytes, hash, &err)) ...
 *
 * Thread-safe.
 */
#ifndef PARLEY_CRYPTO_SHA256_H
#define PARLEY_CRYPTO_SHA256_H

#include <stdint.h>

#include "parley/base/error.h"
#include "parley/base/str.h"

#ifdef __cplusplus
extern "C" {
#endif

#define PL_SHA256_SIZE 32

/* PL_RESOURCE_EXHAUSTED: no memory. */
PL_NODISCARD pl_code pl_sha256(pl_str bytes, uint8_t out[PL_SHA256_SIZE], pl_error *err);

#ifdef __cplusplus
}
#endif
#endif
