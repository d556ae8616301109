/* Which trace a call belongs to. */
#include "call_internal.h"

void pl_call_begin_span(pl_call *call, pl_str parent, pl_str state) {
    pl_trace_begin(&call->trace, parent);
    /* The state belongs to the parent's trace: a new trace has none. */
    if (call->trace.parent[0] && pl_tracestate_valid(state))
        call->tracestate = state;
}

const pl_trace *pl_call_trace(const pl_call *call) {
    return &call->trace;
}

const char *pl_call_traceparent(const pl_call *call) {
    return call->trace.traceparent;
}

pl_str pl_call_tracestate(const pl_call *call) {
    return call->tracestate;
}
