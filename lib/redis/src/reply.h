/* Replies: trees in an arena of their own, built by hiredis' reader. */
#ifndef PARLEY_REDIS_REPLY_H
#define PARLEY_REDIS_REPLY_H

#include <hiredis/hiredis.h>

#include "parley/redis/redis.h"

/* What the reader calls to build a tree. Its privdata is a `const size_t *`: the bytes one tree may
 * take. A tree that needs more, or for which there is no memory, is the reader's REDIS_ERR_OOM. */
extern redisReplyObjectFunctions redis_reply_functions;

/* Fills ERR from a text such as "WRONGTYPE Operation against ...". */
pl_code redis_error_reply(pl_error *err, pl_str text);

#endif
