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

/* The business process that events of one operation belong to. A value; context's texts point into
 * it and into what the access was made of. */
typedef struct pl_process {
    char id[24];
    pl_event_context context;
} pl_process;

/* Fills *out: the context of ACCESS, with the aggregate's ID as correlation id. */
void pl_process_of(const pl_access *access, int64_t id, pl_process *out);

#ifdef __cplusplus
}
#endif
#endif
