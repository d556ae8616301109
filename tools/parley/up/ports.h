/* Whether a system's ports are free. */
#ifndef PARLEY_UP_PORTS_H
#define PARLEY_UP_PORTS_H

#include "common/system.h"

/* Steps between port bases, and how many are tried. */
#define PORTS_STEP  100
#define PORTS_TRIES 40
/* The smallest and greatest base: above it an admin port would be beyond 65535. */
#define PORTS_BASE_MIN 1024
#define PORTS_BASE_MAX 53000

/* A port of SERVICE (documented where it is the gateway, gRPC, admin) that is not free on loopback
 * at port base BASE, or 0. */
int ports_own_taken(const system_service *service, int base);

/* The first port base from WANTED on, in steps of 100, at which every port of the system
 * (documented, gRPC, admin) is free on loopback. *out_taken is a port that was not free at
 * WANTED, 0 where all were. PL_RESOURCE_EXHAUSTED: none of PORTS_TRIES. */
PL_NODISCARD pl_code ports_choose(const system_model *model, int wanted, int *out_base,
                                  int *out_taken, pl_error *err);

#endif
