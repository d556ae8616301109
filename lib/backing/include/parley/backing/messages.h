/* Messages that many answers hold, made in the memory of a call. */
#ifndef PARLEY_BACKING_MESSAGES_H
#define PARLEY_BACKING_MESSAGES_H

#include <stdint.h>

#include "google/protobuf/timestamp.parley.h"
#include "parley/base/arena.h"
#include "parley/rest/v1/page.parley.h"

#ifdef __cplusplus
extern "C" {
#endif

/* TIME_US, microseconds since 1970 as stores keep them. NULL: the arena is used up. */
google_protobuf_Timestamp *pl_message_time(pl_arena *arena, int64_t time_us);

/* Where a page of at most LIMIT (not 0) items that begins at OFFSET stands among TOTAL. NULL: the
 * arena is used up. */
parley_rest_v1_Page *pl_message_page(pl_arena *arena, int64_t offset, int64_t limit, int64_t total);

#ifdef __cplusplus
}
#endif
#endif
