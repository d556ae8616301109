/* A unary method in bytes, called without a connection: what a server does with a request, on the
 * caller's thread. For services that are reached by other ways too, such as a stub's by REST.
 *
 *     pl_bytes_request request = {.path = method->path, .body = body, .deadline_ns = PL_NEVER};
 *     code = pl_local_call_bytes(method, impl, "parley", &request, &reply);
 *     pl_bytes_reply_free(reply);
 */
#ifndef PARLEY_RPC_LOCAL_H
#define PARLEY_RPC_LOCAL_H

#include "parley/rpc/channel.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Calls METHOD's `answer` with IMPL. DOMAIN is that of reasons, as a server's. The reply is one
 * that a channel would give: headers and trailers, with grpc-status-details-bin. *out_reply is set
 * whatever the code of the answer, which is returned; it is NULL only where there was no memory.
 * Metadata that are none are PL_INVALID_ARGUMENT, an answer beyond PL_SERVER_MAX_MESSAGE
 * PL_INTERNAL. Any thread. */
pl_code pl_local_call_bytes(const pl_method_desc *method, const void *impl, const char *domain,
                            const pl_bytes_request *request, pl_bytes_reply **out_reply);

#ifdef __cplusplus
}
#endif
#endif
