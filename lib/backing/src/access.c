#include "parley/backing/access.h"

#include "parley/rpc/call.h"

pl_access pl_access_of(pl_call *call) {
    pl_access access = {.deadline_ns = pl_call_deadline(call), .arena = pl_call_arena(call)};
    access.context.traceparent = pl_str_c(pl_call_traceparent(call));
    return access;
}
