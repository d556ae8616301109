/* Bundles: descriptor set, compiled contracts, positions and a hash, in one file
 * (parley.contract.v1.Bundle).
 *
 * The hash covers what contracts and their types mean, so reformatting a contract, or
 * moving it within its file, changes the bundle but not its hash.
 *
 *     pl_bundle_write(set, &out, &err);
 *     pl_bundle_read(bytes, &set, &err);
 */
#ifndef PARLEY_CONTRACT_BUNDLE_H
#define PARLEY_CONTRACT_BUNDLE_H

#include "parley/contract/contract.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The version of the format that is written, and the greatest that is read. */
#define PL_BUNDLE_VERSION 1u
/* Greatest bundle, in bytes. */
#define PL_BUNDLE_MAX (256u << 20)
#define PL_HASH_SIZE  32u

/* Appends the bundle of SET: the files that the contracts' providers need, and what they import.
 * PL_RESOURCE_EXHAUSTED: OUT is full or no memory. */
PL_NODISCARD pl_code pl_bundle_write(const pl_contract_set *set, pl_buf *out, pl_error *err);

/* Reads a bundle; the set owns a pool of its own. The bytes are not kept.
 * PL_INVALID_ARGUMENT: malformed, of a later version, or the hash is not that of the content;
 * PL_RESOURCE_EXHAUSTED: too large or no memory. */
PL_NODISCARD pl_code pl_bundle_read(pl_str bytes, pl_contract_set **out_set, pl_error *err);

/* Opens a bundle for who needs few of its contracts, and soon: those about unary calls are read one
 * by one by pl_contract_load. The set takes what BYTES hold where PL_OK is returned. The hash is
 * not checked. Codes of pl_bundle_read. */
PL_NODISCARD pl_code pl_bundle_open(pl_buf *bytes, pl_contract_set **out_set, pl_error *err);

/* Sets that were read from bundles as one, which owns a pool of its own. PL_FAILED_PRECONDITION:
 * they have different versions of a proto, or the same consumer's contracts with a provider;
 * PL_RESOURCE_EXHAUSTED: no memory. */
PL_NODISCARD pl_code pl_bundle_merge(const pl_contract_set *const *sets, size_t count,
                                     pl_contract_set **out_set, pl_error *err);

/* SHA-256 of what SET says; where it was opened, what its bundle says that it is.
 * PL_RESOURCE_EXHAUSTED: no memory. */
PL_NODISCARD pl_code pl_contract_set_hash(const pl_contract_set *set, uint8_t out[PL_HASH_SIZE],
                                          pl_error *err);
/* The same of its contracts with PROVIDER alone: the hash of that provider's bundle. Loads what is
 * unread of a set with several. */
PL_NODISCARD pl_code pl_contract_set_hash_of(const pl_contract_set *set, pl_str provider,
                                             uint8_t out[PL_HASH_SIZE], pl_error *err);

#ifdef __cplusplus
}
#endif
#endif
