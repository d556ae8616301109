/* Plain calls: most contracts about a unary call are a request and an answer that are always the
 * same. Both messages are made of a bundle's bytes, without reading the contract, which takes
 * many times the time and the memory.
 *
 *     pl_buf both = pl_buf_make(MAX);
 *     size_t request;
 *     if (pl_contract_plain(contract, &both, &request)) ...
 */
#ifndef PARLEY_CONTRACT_PLAIN_H
#define PARLEY_CONTRACT_PLAIN_H

#include "parley/contract/contract.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Appends the examples of CONTRACT's request and of its answer; the first *out_request bytes are
 * the request's. Who asks with these very bytes and has no metadata to be compared is answered by
 * CONTRACT with OK, that answer, and no trailers; who asks otherwise may be, too. Fields stand in
 * the order of their numbers.
 *
 * False: only pl_contract_load can tell. It has been loaded already, metadata are compared or sent,
 * it ends with an error, an example is made when it is used or has an Any, it is damaged, or OUT is
 * full; what OUT has then means nothing. */
bool pl_contract_plain(const pl_contract *contract, pl_buf *out, size_t *out_request);

#ifdef __cplusplus
}
#endif
#endif
