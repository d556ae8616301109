/* REST of a stub: the answers that the gateway in front of the provider would give, made of the
 * same contracts by the same transcoding (lib/rest), in process. A socket is the caller's.
 *
 * A contract answers requests of consumers that have `rest` in their access, and where it pins a
 * binding (`http:`) those that came by it. Answers and refusals have the headers x-contract and
 * x-contract-verified; what no contract covers is refused as over gRPC, in the shape of all errors.
 * An answer does not wait for the stub's latency: that is the caller's, too.
 *
 *     pl_arena arena = pl_arena_make(PL_STUB_REST_MEMORY);
 *     const pl_rest_response *response = pl_stub_rest(stub, &request, &arena);
 *     ...   pl_arena_done(&arena);
 */
#ifndef PARLEY_STUB_REST_H
#define PARLEY_STUB_REST_H

#include "parley/rest/rest.h"
#include "parley/stub/stub.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes that a request with its answer may take. */
#define PL_STUB_REST_MEMORY (32u << 20)

/* Answers REQUEST; never NULL. The response lives in ARENA. Any thread. */
const pl_rest_response *pl_stub_rest(pl_stub *stub, const pl_rest_request *request,
                                     pl_arena *arena);

#ifdef __cplusplus
}
#endif
#endif
