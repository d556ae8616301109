/* Our monotonic nanoseconds and core's. */
#ifndef PARLEY_RPC_CLOCK_GRPC_H
#define PARLEY_RPC_CLOCK_GRPC_H

#include <grpc/support/time.h>

#include "parley/base/clock.h"

static inline gpr_timespec pl_to_gpr(int64_t ns) {
    if (ns == PL_NEVER)
        return gpr_inf_future(GPR_CLOCK_MONOTONIC);
    return gpr_time_from_nanos(ns, GPR_CLOCK_MONOTONIC);
}

/* A caller may set a deadline ten thousand years ahead, beyond what nanoseconds hold. */
static inline int64_t pl_from_gpr(gpr_timespec time) {
    if (gpr_time_cmp(time, gpr_inf_future(time.clock_type)) == 0)
        return PL_NEVER;
    time = gpr_convert_clock_type(time, GPR_CLOCK_MONOTONIC);
    if (time.tv_sec >= PL_NEVER / PL_NS_PER_S)
        return PL_NEVER;
    return time.tv_sec * PL_NS_PER_S + time.tv_nsec;
}

#endif
