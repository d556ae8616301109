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

/* Memory of a page, and how long it may take to be read, in milliseconds. */
#define PL_PAGES_MEMORY     (256u << 10)
#define PL_PAGES_TIMEOUT_MS 1000

/* What a handler that streams reads its store with, page by page. The stream may be long and its
 * caller slow: each page has a deadline of its own and the memory of the one before. One thread.
 *
 *     pl_pages pages = pl_pages_of(call);
 *     while (code == PL_OK && there may be more) {
 *         const pl_access *access = pl_pages_next(&pages);
 *         ... read a page, send it
 *     }
 *     pl_pages_done(&pages);
 */
typedef struct pl_pages {
    pl_call *call;
    pl_arena arena;
    pl_access access;
} pl_pages;

/* CALL is borrowed until done. */
pl_pages pl_pages_of(pl_call *call);
/* Forgets the page before; borrowed until the next one. */
const pl_access *pl_pages_next(pl_pages *pages);
void pl_pages_done(pl_pages *pages);

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
