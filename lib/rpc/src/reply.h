/* Building a pl_bytes_reply. */
#ifndef PARLEY_RPC_REPLY_H
#define PARLEY_RPC_REPLY_H

#include "attempt.h"
#include "parley/rpc/channel.h"

/* What an attempt brought (code PL_OK or the upstream's), or ERR where ATTEMPT is NULL:
 * a failure of our own. NULL without memory. */
pl_bytes_reply *pl_reply_new(pl_attempt *attempt, const char *upstream, const char *path,
                             const pl_error *err);

/* What a handler of this process has answered: CALL's error, violations, headers and trailers, and
 * BODY, which is copied. NULL without memory. */
pl_bytes_reply *pl_reply_of_call(const pl_call *call, pl_code code, pl_str body);

#endif
