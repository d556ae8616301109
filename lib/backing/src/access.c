#include "parley/backing/access.h"

#include <stdio.h>

#include "parley/rpc/call.h"

pl_access pl_access_of(pl_call *call) {
    pl_access access = {.deadline_ns = pl_call_deadline(call), .arena = pl_call_arena(call)};
    access.context.traceparent = pl_str_c(pl_call_traceparent(call));
    access.context.tracestate = pl_call_tracestate(call);
    return access;
}

void pl_process_of(const pl_access *access, int64_t id, pl_process *out) {
    (void)snprintf(out->id, sizeof out->id, "%lld", (long long)id);
    out->context = access->context;
    out->context.correlation_id = pl_str_c(out->id);
}
