/* What a store may use of the call it works for. */
#ifndef PARLEY_BACKING_ACCESS_H
#define PARLEY_BACKING_ACCESS_H

#include <stdint.h>

#include "parley/base/arena.h"
#include "parley/event/event.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct pl_call pl_call; /* parley/rpc/call.h */

/* A value; arena and texts are the call's. A test makes its own. */
typedef struct pl_access {
    int64_t deadline_ns;      /* until when */
    pl_arena *arena;          /* where results live */
    pl_event_context context; /* what events belong to: the call's trace */
} pl_access;

/* Any thread. */
pl_access pl_access_of(pl_call *call);

#ifdef __cplusplus
}
#endif
#endif
