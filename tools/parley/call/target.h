/* Which servers a call goes to. */
#ifndef PARLEY_CALL_TARGET_H
#define PARLEY_CALL_TARGET_H

#include <stddef.h>

#include "parley/base/error.h"

#define CALL_TARGETS_MAX 128

typedef struct call_target {
    char name[96];     /* "mall/orders", or the address */
    char address[160]; /* for pl_channel */
} call_target;

/* WORD is HOST:PORT, or a service of a system that runs here ("orders", "mall/orders",
 * "orders#2"); NULL: every service that has a gRPC address. Returns the number in *out_count.
 * PL_NOT_FOUND, PL_UNAVAILABLE: nothing runs, no such service, or it has no gRPC address now. */
PL_NODISCARD pl_code call_targets(const char *word, call_target out[CALL_TARGETS_MAX],
                                  size_t *out_count, pl_error *err);

#endif
