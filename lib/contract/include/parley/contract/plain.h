/* Plain calls: what most contracts about a unary call say is a request and an answer that are
 * always the same. Both messages are made of a bundle's bytes, without reading the contract, which
 * takes many times the time and the memory.
 *
 *     pl_buf both = pl_buf_make(MAX);
 *     pl_plain_call call;
 *     if (pl_contract_plain(contract, &both, &call)) ...
 */
#ifndef PARLEY_CONTRACT_PLAIN_H
#define PARLEY_CONTRACT_PLAIN_H

#include "parley/contract/contract.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct pl_plain_call {
    size_t request_size; /* of the bytes that were appended; the others are the answer's */
    bool more;           /* than messages: pl_contract_load_outline */
} pl_plain_call;

/* Appends the examples of CONTRACT's request and, where it ends with OK, of its answer. Who asks
 * with the request's bytes, and with metadata that match, is answered by CONTRACT with these bytes,
 * its trailers, and its status; who asks with others may be, too. Where there is no `more`, no
 * metadata are compared, there are no trailers, and the call ends with OK. Fields stand in the
 * order of their numbers.
 *
 * False: only pl_contract_load can tell. It has been loaded already, an example is made when it is
 * used or has an Any, it is damaged, or OUT is full; what OUT has then means nothing. */
bool pl_contract_plain(const pl_contract *contract, pl_buf *out, pl_plain_call *out_call);

#ifdef __cplusplus
}
#endif
#endif
