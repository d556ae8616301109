/* What a system and a service consist of: the templates, where they go, and what changes beside
 * them. Both only fill the plan. */
#ifndef PARLEY_NEW_MAKE_H
#define PARLEY_NEW_MAKE_H

#include "common/system.h"
#include "new/first.h"
#include "new/names.h"
#include "new/plan.h"

/* A system NAME. FRESH, or where the root cannot be built yet: it becomes a workspace of its own
 * first; what of its files is there already stays. */
PL_NODISCARD pl_code make_system(plan *p, const char *name, bool fresh, pl_error *err);

/* What was worked out for a service. */
typedef struct made_service {
    int port;
    int gateway_port;
    char things[NAMES_SIZE];
} made_service;

/* A service that is wanted. */
typedef struct wanted_service {
    const char *system;
    const char *name;
    const char *keeps; /* what it is about, one or many: its resource, routes, events and table */
    system_store store;
    const first_protos *from; /* its protos, which are there already; NULL: they are made too */
} wanted_service;

/* The service WANTED of the system in FILE (its system.yaml, below the root).
 * PL_ALREADY_EXISTS, PL_RESOURCE_EXHAUSTED (no free port), PL_INVALID_ARGUMENT (a malformed file),
 * and the codes of edit.h. */
PL_NODISCARD pl_code make_service(plan *p, const char *file, const wanted_service *wanted,
                                  made_service *out_made, pl_error *err);

#endif
