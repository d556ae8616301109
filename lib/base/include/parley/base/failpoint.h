/* Failpoints: named places between two durable steps where a test may crash, stall
 * or fail the program.
 *
 * In builds for tests (PL_DEV or PL_FAILPOINTS defined when a source is compiled)
 * PL_FAILPOINT("relay.after_assign") does what the environment variable FAILPOINT
 * or pl_failpoint_set asks for that name, and is true where the caller is to fail;
 * in all other builds it is false and costs nothing.
 *
 *     if (PL_FAILPOINT("orders.after_charge"))
 *         return pl_call_fail(call, PL_UNAVAILABLE, NULL, "failpoint");
 *
 * FAILPOINT="name=action[;name=action...]", action one of
 *     crash         ends the process at once, as kill -9 does, with status 86
 *     stall:MS      blocks the thread for MS milliseconds
 *     error         true
 * each optionally followed by *N (only the first N times) and +K (not the first K
 * times): "relay.after_assign=error*1+2".
 */
#ifndef PARLEY_BASE_FAILPOINT_H
#define PARLEY_BASE_FAILPOINT_H

#include <stdbool.h>
#include <stdint.h>

#include "parley/base/error.h"

#ifdef __cplusplus
extern "C" {
#endif

#define PL_FAILPOINTS_MAX     64
#define PL_FAILPOINT_NAME_MAX 64
#define PL_FAILPOINT_STATUS   86

#if defined(PL_DEV) || defined(PL_FAILPOINTS)
#define PL_FAILPOINTS_ON   1
#define PL_FAILPOINT(name) pl_failpoint_hit(name)
#else
#define PL_FAILPOINTS_ON   0
static inline bool pl_failpoint_off(void) {
    return false;
}
#define PL_FAILPOINT(name) pl_failpoint_off()
#endif

/* Does what is asked for NAME; true: fail. Any thread. */
bool pl_failpoint_hit(const char *name);

/* Replaces what is asked for by SPEC ("" or NULL: nothing), also what the environment asked,
 * and sets the counts to 0. PL_INVALID_ARGUMENT names the part that is malformed. Any thread. */
pl_code pl_failpoint_set(const char *spec, pl_error *err);

/* How often NAME was passed while something was asked for it. */
uint64_t pl_failpoint_hits(const char *name);

#ifdef __cplusplus
}
#endif
#endif
