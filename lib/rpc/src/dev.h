/* Dev builds (PL_DEV) end where a handler breaks a rule, with a message that names its method.
 * Other builds do the best they can, and cost nothing. */
#ifndef PARLEY_RPC_DEV_H
#define PARLEY_RPC_DEV_H

#include "parley/rpc/desc.h"

#ifdef PL_DEV
/* What the handler of METHOD left behind: CODE, RESPONSE (NULL: none), and what its thread holds.
 */
void pl_dev_check_handler(const pl_method_desc *method, pl_code code,
                          const ProtobufCMessage *response);
#else
static inline void pl_dev_check_handler(const pl_method_desc *method, pl_code code,
                                        const ProtobufCMessage *response) {
    (void)method;
    (void)code;
    (void)response;
}
#endif

#endif
