#include "parley/backing/access.h"

#include <stdio.h>

#include "parley/base/clock.h"
#include "parley/rpc/call.h"

pl_access pl_access_of(pl_call *call) {
    pl_access access = {.deadline_ns = pl_call_deadline(call), .arena = pl_call_arena(call)};
    access.context.traceparent = pl_str_c(pl_call_traceparent(call));
    access.context.tracestate = pl_call_tracestate(call);
    return access;
}

pl_pages pl_pages_of(pl_call *call) {
    return (pl_pages){.call = call, .arena = pl_arena_make(PL_PAGES_MEMORY)};
}

const pl_access *pl_pages_next(pl_pages *pages) {
    int64_t deadline_ns = pl_deadline_ms(PL_PAGES_TIMEOUT_MS);

    pl_arena_clear(&pages->arena);
    pages->access = pl_access_of(pages->call);
    pages->access.arena = &pages->arena;
    if (deadline_ns < pages->access.deadline_ns)
        pages->access.deadline_ns = deadline_ns;
    return &pages->access;
}

void pl_pages_done(pl_pages *pages) {
    pl_arena_done(&pages->arena);
}

void pl_process_of(const pl_access *access, int64_t id, pl_process *out) {
    (void)snprintf(out->id, sizeof out->id, "%lld", (long long)id);
    out->context = access->context;
    out->context.correlation_id = pl_str_c(out->id);
}
