/* Whether a system's ports are free. */
#ifndef PARLEY_UP_PORTS_H
#define PARLEY_UP_PORTS_H

#include "common/system.h"

/* Steps between port bases, and how far to look. */
#define PORTS_STEP     100
#define PORTS_BASE_MAX 12000

/* The first port base from WANTED on, in steps of 100, at which every port of the system
 * (documented, gRPC, admin) is free on loopback. *out_taken is a port that was not free at
 * WANTED, 0 where all were. PL_RESOURCE_EXHAUSTED: none up to PORTS_BASE_MAX. */
PL_NODISCARD pl_code ports_choose(const system_model *model, int wanted, int *out_base,
                                  int *out_taken, pl_error *err);

#endif
