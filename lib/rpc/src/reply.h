/* Building a pl_bytes_reply. */
#ifndef PARLEY_RPC_REPLY_H
#define PARLEY_RPC_REPLY_H

#include "attempt.h"
#include "parley/rpc/channel.h"

/* What an attempt brought (code PL_OK or the upstream's), or ERR where ATTEMPT is NULL:
 * a failure of our own. NULL without memory. */
pl_bytes_reply *pl_reply_new(pl_attempt *attempt, const char *upstream, const char *path,
                             const pl_error *err);

#endif
